package sandbox

import (
	"net/http"
	"slices"
)

// openOrder opens an order, always: the same request again is another order.
func (s *Server) openOrder(q *request) (any, error) {
	f := q.reader()
	a := opening{At: s.now(), Unit: f.required("idUnidade"), Legacy: f.text("idLegado"),
		Customer: document(f.text("cpfCnpjCliente"))}
	f.required("desSolicitacao")
	for _, name := range []string{"nomeSolicitante", "emailSolicitante", "telefoneSolicitante", "assunto", "local",
		"emergencia"} {
		f.text(name)
	}
	if err := f.failed(); err != nil {
		return nil, err
	}
	a.Data = q.compact()
	var out struct {
		IDMobuss       string `json:"idMobuss"`
		NumSolicitacao string `json:"numSolicitacao"`
	}
	err := s.update(func(t *tx) error {
		if !t.catalog.knowsUnit(a.Unit) {
			return invalidField("idUnidade", "unidade desconhecida")
		}
		o, err := t.open(a)
		if err == nil {
			out.IDMobuss, out.NumSolicitacao = t.order(o.seq), o.numSolicitacao()
		}
		return err
	})
	return out, err
}

// open writes a new order and answers it.
func (t *tx) open(a opening, calls ...call) (*order, error) {
	seq := t.next
	if err := t.write(record{Change: &change{Seq: seq, Open: &a, Calls: calls}}); err != nil {
		return nil, err
	}
	return t.bySeq(seq), nil
}

// findOrder answers an order by its id, or the first of those that carry an idLegado, with how many there are.
func (s *Server) findOrder(q *request) (any, error) {
	f := q.reader()
	id, legacy := f.text("idSolicitacaoAtendimento"), f.text("idLegado")
	if id == "" && legacy == "" {
		f.fail(invalidField("idSolicitacaoAtendimento", "obrigatório (ou idLegado)"))
	}
	if err := f.failed(); err != nil {
		return nil, err
	}
	var out *orderView
	err := s.read(func(st *state) int64 {
		o, many := st.byID(id), 0
		if id == "" {
			if same := st.byLegacy[legacy]; len(same) > 0 {
				o, many = same[0], len(same)
			}
		}
		if o == nil {
			return 0
		}
		v := st.view(o)
		v.Quantidade = many
		out = &v
		seen := o.lsn
		if many > 0 {
			seen = max(seen, st.byLegacy[legacy][many-1].lsn)
		}
		return seen
	})
	if err == nil && out == nil {
		err = errUnknownOrder()
	}
	return out, err
}

// onOrder changes the order that the request speaks of. decide sees it and says what changes.
func (s *Server) onOrder(id string, decide func(t *tx, o *order) (change, error)) error {
	return s.update(func(t *tx) error {
		o := t.byID(id)
		if o == nil {
			return errUnknownOrder()
		}
		c, err := decide(t, o)
		if err != nil {
			return err
		}
		c.Seq = o.seq
		return t.write(record{Change: &c})
	})
}

// addComment adds a comment, also to a closed order, and also the same one again. Assumed: no such method was seen.
func (s *Server) addComment(q *request) (any, error) {
	f := q.reader()
	id := f.required("idSolicitacaoAtendimento")
	c := comment{Text: f.required("comentario", "texto"), Author: f.text("autor"), At: f.momentOr("data", s.now()),
		Legacy: f.text("idLegado")}
	if err := f.failed(); err != nil {
		return nil, err
	}
	out := map[string]string{}
	err := s.onOrder(id, func(t *tx, o *order) (change, error) {
		out["idComentario"] = t.part("COM", o.seq, len(o.comments)+1)
		return change{Comments: []comment{c}}, nil
	})
	return out, err
}

// closeOrder closes an order, once. Assumed: no such method was seen.
func (s *Server) closeOrder(q *request) (any, error) {
	f := q.reader()
	id := f.required("idSolicitacaoAtendimento")
	z := closing{Solution: f.text("solucao"), At: f.momentOr("data", s.now())}
	if err := f.failed(); err != nil {
		return nil, err
	}
	out := map[string]any{}
	err := s.onOrder(id, func(t *tx, o *order) (change, error) {
		if o.status == orderClosed {
			return change{}, errAlreadyClosed()
		}
		out["idMobuss"], out["numSolicitacao"], out["situacao"] = t.order(o.seq), o.numSolicitacao(), orderClosed
		return change{Status: orderClosed, Closing: &z}, nil
	})
	return out, err
}

func errAlreadyClosed() *refusal {
	return &refusal{status: http.StatusConflict, code: "SAT-AT010", message: "Solicitação já encerrada"}
}

// registry is what the sandbox is told to know of the company. Empty: two developments by name, and every unit.
type registry struct {
	Obras    []development `json:"obras"`
	Unidades []string      `json:"unidades"` // ids; empty: any is taken
}

type development struct {
	ID   string `json:"id"`
	Nome string `json:"nome"`
}

func (r registry) knowsUnit(id string) bool {
	return len(r.Unidades) == 0 || slices.Contains(r.Unidades, id)
}

func (s *state) developments() []development {
	if len(s.catalog.Obras) > 0 {
		return s.catalog.Obras
	}
	return []development{{"AUR", "Residencial Aurora"}, {"PDA", "Parque das Águas"}}
}

// developments answers the company's developments; a call that changes nothing, good for trying a connection.
func (s *Server) developments(q *request) (any, error) {
	if q.broken != nil {
		return nil, q.broken
	}
	var list []development
	err := s.read(func(st *state) int64 {
		list = st.developments()
		return 0
	})
	return map[string]any{"obras": list}, err
}
