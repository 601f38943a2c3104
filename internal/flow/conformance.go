package flow

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store/db"
)

// States of a conformance run, as the table conformance_state has them.
const (
	RunGoing   = "rodando"
	RunPassed  = "passou"
	RunFailed  = "falhou"
	RunStopped = "interrompida"
)

// CaseResult is what a case of a run came to, as the table conformance_result has them.
type CaseResult string

const (
	CaseGoing     CaseResult = "rodando"
	CasePassed    CaseResult = "passou"
	CaseReserved  CaseResult = "ressalva" // it works, and somebody must know of it
	CaseFailed    CaseResult = "falhou"
	CaseNotForUs  CaseResult = "nao_se_aplica"
	caseBeatStale            = 20 * time.Second
)

// CaseResults in the order in which they are told.
var CaseResults = []CaseResult{CaseFailed, CaseReserved, CasePassed, CaseNotForUs}

// Kinds of calls.
const (
	CallSent     = "envio"
	CallLookUp   = "consulta"
	CallReceived = "recebimento"
)

// TopicConformance is the name under which the pages of runs listen for news.
const TopicConformance = "conformidade"

// Why an act on a run is refused: the motivo of desk.ErrConformance.
const (
	runUnderWay   = "conformidade_em_curso"
	runOver       = "conformidade_acabou"
	runNotPassed  = "conformidade_nao_passou"
	runOther      = "conformidade_de_outra_versao"
	runElsewhere  = "conformidade_de_outro_endereco"
	runSigned     = "conformidade_ja_assinada"
	runOtherPaper = "conformidade_outro_resumo"
)

// MayConform says who runs conformance and signs for it.
func MayConform(a desk.Actor) bool { return a.Has(desk.Consultant) }

// ConformanceInput is what a run is made with. Unit and Customer 0: the first unit that can be.
type ConformanceInput struct {
	Unit, Customer       int64
	Subject, Description string // of the occurrence that is its test
	// Picture goes with the calls that carry an attachment; empty: none can be tried.
	Picture     []byte
	PictureName string
}

// Conformance is a run under way, with all that its calls are made of. Rules are those of its version, whatever is
// published meanwhile.
type Conformance struct {
	ID string
	// Mark is short and its own: what the run creates over there is called by it.
	Mark   string
	By     desk.Actor
	Route  Route
	Number int64 // the test occurrence
	Rules  *mapping.Compiled
	Facts  *mapping.Facts
}

// ConformanceExchange is one call of a case. Before it is sent it has only what is about to be.
type ConformanceExchange struct {
	Kind       string          `json:"tipo"` // CallSent...
	At         time.Time       `json:"em"`
	DurationMS int64           `json:"ms"`
	HTTPStatus int             `json:"http"`
	Outcome    string          `json:"veredito"` // a Verdict's text; of a received call "aceito" or "recusado"
	ReasonCode string          `json:"motivo,omitempty"`
	ReasonArgs json.RawMessage `json:"motivo_args,omitempty"`
	// Request and Response are as the connector wrote them down, or a door's call as it came.
	Request  string `json:"pedido"`
	Response string `json:"resposta"`
	// Extracted is what the rules took from the answer.
	Extracted map[string]string `json:"extraido,omitempty"`
	// Planned is the call as it is about to be sent; it stays where the process died over it.
	Planned *mapping.Request `json:"previsto,omitempty"`
}

// SetReason says why, as it is kept.
func (x *ConformanceExchange) SetReason(r desk.Reason) {
	x.ReasonCode, x.ReasonArgs = r.Code, nil
	if args := r.ArgsJSON(); args != "" {
		x.ReasonArgs = json.RawMessage(args)
	}
}

// Reason is what SetReason kept.
func (x *ConformanceExchange) Reason() desk.Reason {
	return desk.ParseReason(x.ReasonCode, string(x.ReasonArgs))
}

func casePlace(run string, seq int64) string {
	return fmt.Sprintf("conformance_case.exchanges:%s/%d", run, seq)
}

func (f *Flow) sealExchanges(run string, seq int64, all []ConformanceExchange) ([]byte, error) {
	plain, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	return f.Keys.Seal(casePlace(run, seq), plain), nil
}

// openExchanges answers the plain text too: the digest is of it.
func (f *Flow) openExchanges(c db.ConformanceCase) (plain []byte, all []ConformanceExchange, err error) {
	if len(c.Exchanges) == 0 {
		return nil, nil, nil
	}
	if plain, err = f.Keys.Open(casePlace(c.RunID, c.Seq), c.Exchanges); err != nil {
		return nil, nil, fmt.Errorf("open the calls of case %d: %w", c.Seq, err)
	}
	return plain, all, json.Unmarshal(plain, &all)
}

// runPlace are the addresses of an environment, as a run remembers them and as they can be compared.
type runPlace struct {
	BaseURL  string `json:"url"`
	URLs     string `json:"urls,omitempty"`
	TokenURL string `json:"token_url,omitempty"`
}

func provenPlace(row db.Endpoint) string {
	b, err := json.Marshal(runPlace{row.BaseUrl, row.Urls, row.TokenUrl})
	if err != nil {
		return "" // three texts can always be written
	}
	return string(b)
}

// markOf is a run's id, shortened to what people can read out: the random end of it.
func markOf(id string) string {
	digits := strings.ReplaceAll(id, "-", "")
	return strings.ToUpper(digits[len(digits)-6:])
}

func stale(beat int64, now time.Time) bool { return now.Sub(fromMillis(beat)) > caseBeatStale }
