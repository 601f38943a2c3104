package mapping

import (
	"time"

	"ponte/internal/desk"
)

// Config is one configuration version: the whole document, readable by a consultant.
type Config struct {
	desk.Catalogue `yaml:",inline"`
	Integration    Integration `yaml:"integracao"`
	Files          Files       `yaml:"anexos,omitempty"`
}

// Files is what may come in as an attachment.
type Files struct {
	// Hosts are those from which a call may have an attachment fetched: "arquivos.exemplo.com.br",
	// "*.exemplo.com.br" for every host below that one, with ":8443" for a port that isn't the usual one. None:
	// nothing is fetched.
	Hosts []string `yaml:"hosts_permitidos,flow,omitempty"`
}

// Integration is how the field's tool is called. Where it is and who we are there (URL, credentials) belongs to
// an environment and lies outside the version.
type Integration struct {
	// Preset is where the document came from; a note, nothing depends on it.
	Preset string `yaml:"preset,omitempty"`
	Policy Policy `yaml:"politica"`
	Auth   Auth   `yaml:"autenticacao"`
	// Header is sent with every call. A value left empty is not sent, so that a preset can name what a client
	// has to fill in.
	Header map[string]string          `yaml:"cabecalhos,omitempty"`
	Points map[desk.Point]PointConfig `yaml:"pontos"`
	// Reconcile asks what the field's tool holds; nil: nothing is compared.
	Reconcile *Reconcile `yaml:"conciliacao,omitempty"`
	// Windows are by the code of the status that offers them.
	Windows map[string]Window `yaml:"janelas,omitempty"`
	// UnitLookUp is nil where the field's tool can't be asked about units.
	UnitLookUp *UnitLookUp `yaml:"consulta_de_unidade,omitempty"`
}

// Action is what an HTTP status means where the rules of a point don't say otherwise.
type Action string

const (
	ActRetry  Action = "repetir"   // nothing was done: send again
	ActLookUp Action = "consultar" // it may have been done: look up before sending again
	ActRefuse Action = "recusar"   // it was not done, and sending again would not help
)

// Policy is how patient Ponte is. What a document leaves out has the value of DefaultPolicy.
type Policy struct {
	Timeout    Duration  `yaml:"tempo_limite"`    // of one whole exchange
	FirstRetry Duration  `yaml:"primeira_espera"` // before the second attempt; doubles from there
	MaxRetry   Duration  `yaml:"espera_maxima"`   // between two attempts
	Jitter     float64   `yaml:"variacao"`        // the share of a wait that is left to chance, 0 to 1
	TotalLimit Duration  `yaml:"limite_total"`    // after which a delivery has failed
	Settling   Duration  `yaml:"assentamento"`    // before a look-up's "not found" counts
	BodyCap    int64     `yaml:"corpo_maximo"`    // bytes of an answer that are read
	HTTP       HTTPTable `yaml:"http"`
	Limits     Limits    `yaml:"limites,omitempty"`
}

// lateness is how many time limits longer than the one it missed an unanswered call may still be accepted.
const lateness = 5

// CountsAfter is how long after the outcome became unknown a look-up's "not found" counts: the settling time, and for a
// call that was not answered in time as much longer as a slow server may still be at it. (RULES.md, "Unknown outcome".)
func (p Policy) CountsAfter(late bool) time.Duration {
	if late {
		return p.Settling.Std() + lateness*p.Timeout.Std()
	}
	return p.Settling.Std()
}

// Limits are how often and how many at once the field's tool is called, by each process of ours. Zero is no limit.
// A lane that has to wait for them just waits: that is neither failure nor attempt.
type Limits struct {
	PerSecond  int `yaml:"chamadas_por_segundo,omitempty"`
	PerMinute  int `yaml:"chamadas_por_minuto,omitempty"`
	Concurrent int `yaml:"chamadas_simultaneas,omitempty"`
}

// HTTPTable is keyed by the status, "429". Others: 5xx consultar, everything else recusar.
type HTTPTable map[string]Action

// MaxTimeout is how long an exchange may last at the most. The outbox holds a lane for longer than that, so that
// nobody looks up what is still on its way.
const MaxTimeout = Duration(time.Minute)

// DefaultPolicy is what production starts from.
func DefaultPolicy() Policy {
	return Policy{
		Timeout: Duration(15 * time.Second), FirstRetry: Duration(2 * time.Second), MaxRetry: Duration(15 * time.Minute),
		Jitter: 0.2, TotalLimit: Duration(24 * time.Hour), Settling: Duration(30 * time.Second), BodyCap: 1 << 20,
		HTTP: HTTPTable{
			"408": ActLookUp, "429": ActRetry, "500": ActLookUp, "502": ActLookUp, "503": ActRetry, "504": ActLookUp,
		},
	}
}

// Retry is the part of the policy that desk works with.
func (p Policy) Retry() desk.RetryPolicy {
	return desk.RetryPolicy{First: p.FirstRetry.Std(), Max: p.MaxRetry.Std(), Jitter: p.Jitter, Limit: p.TotalLimit.Std()}
}

// BodyKind is how a call's values travel.
type BodyKind string

const (
	BodyJSON  BodyKind = "json"
	BodyForm  BodyKind = "form"  // application/x-www-form-urlencoded, UTF-8
	BodyQuery BodyKind = "query" // in the URL, no body
	BodyXML   BodyKind = "xml"   // in the frame of Call.XML: plain, or in an envelope of SOAP
	// BodyMultipart is for the one call that carries an attachment's bytes.
	BodyMultipart BodyKind = "multipart"
)

// AnswerKind is how an answer is read.
type AnswerKind string

const (
	AnswerJSON     AnswerKind = "json"
	AnswerJSONList AnswerKind = "json_ou_lista" // JSON; a list of one is taken as its one
	AnswerText     AnswerKind = "texto"         // anything; corpo is null
	AnswerXML      AnswerKind = "xml"           // XML, out of its SOAP envelope where there is one
)

// Envelope is what stands around an XML body.
type Envelope string

const (
	NoEnvelope Envelope = "nenhum" // as the empty text
	SOAP11     Envelope = "soap11" // text/xml, with the header SOAPAction
	SOAP12     Envelope = "soap12" // application/soap+xml, the action being a parameter of it
)

// XML is the frame of a body of kind BodyXML; the rows fill it.
type XML struct {
	// Root is the element that holds what the rows say, "ns:IncluirOS": the document's, or the envelope's body's.
	Root string `yaml:"raiz" json:"root"`
	// Namespaces are URIs by their prefix. The prefix "" is the namespace of names without one; where it is not
	// given, those are in none.
	Namespaces map[string]string `yaml:"espacos,omitempty" json:"namespaces,omitempty"`
	// Envelope is NoEnvelope where empty.
	Envelope Envelope `yaml:"envelope,omitempty" json:"envelope,omitempty"`
	// Action is SOAP's, without quotes; it may be empty.
	Action string `yaml:"acao,omitempty" json:"action,omitempty"`
}

// Call is one HTTP call: of a point, or of its look-up.
type Call struct {
	Method string `yaml:"metodo"`
	// Path begins with "/" and is appended to the environment's URL. {name} is filled by a row whose destino is
	// caminho:name.
	Path string `yaml:"caminho"`
	// Body is BodyJSON where empty, or BodyQuery for a GET or DELETE.
	Body BodyKind `yaml:"corpo,omitempty"`
	// XML is for BodyXML, which can't do without it.
	XML    *XML              `yaml:"xml,omitempty"`
	Header map[string]string `yaml:"cabecalhos,omitempty"`
	Params []Param           `yaml:"parametros"`
	// Answer is AnswerJSON where empty.
	Answer AnswerKind `yaml:"resposta,omitempty"`
}

// PointConfig is one integration point.
type PointConfig struct {
	Name string `yaml:"nome"`
	// Note is for the reader: what was assumed, and who has to confirm it.
	Note string `yaml:"observacao,omitempty"`
	Call `yaml:",inline"`
	// Success decides over an answer. It is asked for every status, so that an HTTP 409 can be a success.
	Success string `yaml:"sucesso"`
	// LookUpIf marks an answer that says neither yes nor no ("already registered"): the outcome is unknown.
	LookUpIf string `yaml:"consultar_se,omitempty"`
	// RefuseIf marks an answer that says no, whatever its status: SOAP 1.1 refuses with HTTP 500. RetryIf marks one
	// that says that nothing was done and that it is worth another try. Asked in this order, after LookUpIf; what
	// none of them marks is the policy's table's to say.
	RefuseIf string `yaml:"recusar_se,omitempty"`
	RetryIf  string `yaml:"repetir_se,omitempty"`
	// Message is the reason of a refusal, in the words of the field's tool.
	Message string `yaml:"mensagem,omitempty"`
	// Extract takes named texts from the answer of a success: id_mobuss, numero_os, id_visita...
	Extract map[string]string `yaml:"extrair,omitempty"`
	// Required are those without which a success is not believed.
	Required []string `yaml:"obrigatorio_na_resposta,flow,omitempty"`
	// LookUp names the strategy in use, of LookUps; empty: an unknown outcome is a person's to settle.
	LookUp  string            `yaml:"consulta,omitempty"`
	LookUps map[string]LookUp `yaml:"consultas,omitempty"`
}

// LookUp finds out whether a call whose outcome is unknown was done.
type LookUp struct {
	Note  string `yaml:"observacao,omitempty"`
	Call  `yaml:",inline"`
	Found string `yaml:"achado"`
	// NotFound must be said, not concluded: neither is "unclear", and a person decides.
	NotFound string `yaml:"nao_achado"`
	// RetryIf marks, where neither was said, an answer that is no answer (the tool's own failure dressed as
	// HTTP 200).
	RetryIf string            `yaml:"repetir_se,omitempty"`
	Extract map[string]string `yaml:"extrair,omitempty"`
}

// IfEmpty is what becomes of a row without a value.
type IfEmpty string

const (
	EmptyOmit   IfEmpty = "omitir"
	EmptyNull   IfEmpty = "nulo"
	EmptyText   IfEmpty = "vazio"
	EmptyRefuse IfEmpty = "recusar"
)

// Param is one row: where a value goes and where it comes from. The package documentation has the notation.
type Param struct {
	Target   string  `yaml:"destino"`
	Field    string  `yaml:"campo,omitempty"`
	Fixed    *Scalar `yaml:"fixo,omitempty"`
	CEL      string  `yaml:"cel,omitempty"`
	Ref      string  `yaml:"referencia,omitempty"`
	Type     Type    `yaml:"tipo,omitempty"`
	Format   string  `yaml:"formato,omitempty"`
	Required bool    `yaml:"obrigatorio,omitempty"`
	IfEmpty  IfEmpty `yaml:"se_vazio,omitempty"`
	Note     string  `yaml:"observacao,omitempty"`
}
