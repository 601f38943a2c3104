package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// text is a JSON string, number or boolean: who scripts the controls may write 101 or "101".
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	s, ok := scalar(raw)
	if !ok {
		return errors.New("esperava texto, não objeto ou lista")
	}
	*t = text(strings.TrimSpace(s))
	return nil
}

// action is what a technician does: the body of both /acoes. Unknown members are ignored.
type action struct {
	Acao    text    `json:"acao"`
	Texto   text    `json:"texto"`
	Inicio  text    `json:"inicio"`
	Fim     text    `json:"fim"`
	Data    text    `json:"data"` // when it happened; blank: now. Phones may be offline
	Tecnico text    `json:"tecnico"`
	Anexos  []photo `json:"anexos"`

	Procedente text `json:"procedente"` // of closing only: T, also if blank, or F

	// Of an opening from the field only.
	Unidade             text `json:"unidade"`
	CodEmpreendimento   text `json:"cod_empreendimento"`
	CodBloco            text `json:"cod_bloco"`
	CPFCNPJ             text `json:"cpf_cnpj"`
	Assunto             text `json:"assunto"`
	Local               text `json:"local"`
	Emergencia          text `json:"emergencia"`
	NomeSolicitante     text `json:"nome_solicitante"`
	TelefoneSolicitante text `json:"telefone_solicitante"`

	start, end, at int64
	shots          []file
	from           []situation // where the order must stand for it; empty: anywhere but closed
}

// photo is a file that goes with an action.
type photo struct {
	Nome         text   `json:"nome"`
	TipoConteudo text   `json:"tipo_conteudo"`
	Conteudo     []byte `json:"conteudo"` // base64
}

func badAction(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "SAT-AT001", message: fmt.Sprintf(format, args...)}
}

// errOutOfStep is told to a page that is older than the order; the controls take any action at any time.
func errOutOfStep() *refusal {
	return &refusal{status: http.StatusConflict, code: "SAT-AT013", message: "A solicitação já passou dessa etapa"}
}

// allows says why something can't be done where an order stands: it must stand in one of the situations, if any are
// named, and not be closed.
func (o *order) allows(from []situation) error {
	switch {
	case o.status == orderClosed:
		return errAlreadyClosed()
	case len(from) > 0 && !slices.Contains(from, o.status):
		return errOutOfStep()
	}
	return nil
}

// parseAction reads a body and checks what concerns no order.
func (s *Server) parseAction(body []byte) (*action, error) {
	a := new(action)
	if err := json.Unmarshal(body, a); err != nil {
		return nil, badAction("esperava um objeto JSON com acao: %v", err)
	}
	for _, m := range []struct {
		name string
		raw  text
		ms   *int64
	}{{"inicio", a.Inicio, &a.start}, {"fim", a.Fim, &a.end}, {"data", a.Data, &a.at}} {
		ms, ok := parseMoment(string(m.raw))
		if !ok {
			return nil, badAction("%s: data inválida; use ISO 8601", m.name)
		}
		*m.ms = ms
	}
	if a.at == 0 {
		a.at = s.now()
	}
	if a.end != 0 && a.end < a.start {
		return nil, badAction("fim anterior ao início")
	}
	for i, p := range a.Anexos {
		if p.Nome == "" || len(p.Conteudo) == 0 {
			return nil, badAction("anexo %d: informe nome e conteudo (base64)", i+1)
		}
	}
	return a, nil
}

// keepPhotos makes the files of an action durable before the action itself.
func (s *Server) keepPhotos(a *action) error {
	for _, p := range a.Anexos {
		d, err := s.blobs.write(bytes.NewReader(p.Conteudo))
		if err != nil {
			return err
		}
		if err := s.blobs.keep(d); err != nil {
			d.discard()
			return err
		}
		a.shots = append(a.shots, file{Name: string(p.Nome), Type: string(p.TipoConteudo), Size: d.Size,
			SHA256: d.SHA256, At: a.at, Field: true})
	}
	return nil
}

// act does what a technician's button does to an order, and queues what Ponte is to be told.
func (s *Server) act(id string, a *action) (controlView, error) {
	press, ok := button(string(a.Acao))
	if !ok {
		return controlView{}, badAction("acao %q não existe; use comentar, agendar, vistoriar, executar ou encerrar",
			a.Acao)
	}
	if err := s.keepPhotos(a); err != nil {
		return controlView{}, err
	}
	var out controlView
	var seq int64
	err := s.update(func(t *tx) error {
		o := t.byID(id)
		if o == nil {
			return errUnknownOrder()
		}
		if err := o.allows(a.from); err != nil {
			return err
		}
		c, news, err := press(o, a)
		if err != nil {
			return err
		}
		seq, c.Seq, c.Files, c.Calls = o.seq, o.seq, a.shots, newCalls(len(o.calls), a, news)
		if err := t.write(record{Change: &c}); err != nil {
			return err
		}
		out = t.controlView(o)
		return nil
	})
	if err == nil {
		s.lanes.wake(seq)
	}
	return out, err
}

// openFromField opens an order that Ponte does not know yet, and queues its opening there.
func (s *Server) openFromField(a *action) (controlView, error) {
	if a.Acao != "abrir" {
		return controlView{}, badAction("acao %q não existe aqui; use abrir", a.Acao)
	}
	if a.Unidade == "" {
		return controlView{}, badAction("unidade é obrigatória")
	}
	if err := s.keepPhotos(a); err != nil {
		return controlView{}, err
	}
	data, err := plainJSON(a.asRequest())
	if err != nil {
		return controlView{}, err
	}
	var out controlView
	var seq int64
	err = s.update(func(t *tx) error {
		fresh := order{seq: t.next}
		news := a.tellOpening(t.order(fresh.seq), fresh.numSolicitacao())
		c := change{Seq: fresh.seq, Files: a.shots, Calls: newCalls(0, a, news),
			Open: &opening{At: a.at, FromField: true, Unit: string(a.Unidade),
				Customer: document(string(a.CPFCNPJ)), Data: data}}
		if err := t.write(record{Change: &c}); err != nil {
			return err
		}
		seq, out = c.Seq, t.controlView(t.bySeq(c.Seq))
		return nil
	})
	if err == nil {
		s.lanes.wake(seq)
	}
	return out, err
}

// news is what Ponte is to hear of an action: the operation and its parameters, in order.
type news struct {
	op     string
	params [][2]string
}

// newCalls freezes the calls that an action causes, after the calls an order has already. Photos follow their action,
// but go before a closing.
func newCalls(before int, a *action, n news) []call {
	calls := []call{{Op: n.op, Params: withoutBlanks(n.params)}}
	for _, f := range a.shots {
		calls = append(calls, call{Op: opFile, Blob: f.SHA256,
			Params: withoutBlanks([][2]string{{"nome", f.Name}, {"tipo_conteudo", f.Type}})})
	}
	if n.op == opClose {
		calls = append(calls[1:], calls[0])
	}
	for i := range calls {
		calls[i].N, calls[i].At, calls[i].State = before+i+1, a.at, callQueued
	}
	return calls
}

func withoutBlanks(params [][2]string) [][2]string {
	kept := make([][2]string, 0, len(params))
	for _, p := range params {
		if p[1] != "" {
			kept = append(kept, p)
		}
	}
	return kept
}

// requeue puts an order's refused calls back in the queue, in their places: for when Ponte can take them now.
func (s *Server) requeue(id string) (controlView, error) {
	var out controlView
	var seq int64
	err := s.update(func(t *tx) error {
		o := t.byID(id)
		if o == nil {
			return errUnknownOrder()
		}
		if err := t.write(record{Change: &change{Seq: o.seq, Requeue: true}}); err != nil {
			return err
		}
		seq, out = o.seq, t.controlView(o)
		return nil
	})
	if err == nil {
		s.lanes.wake(seq)
	}
	return out, err
}
