package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// addVisit books a visit, or, without dates, asks for one to be booked.
func (s *Server) addVisit(q *request) (any, error) {
	f := q.reader()
	id := f.required("idSolicitacaoAtendimento")
	v := visit{Kind: f.text("tipoVisita"), Purpose: f.text("objetivo"), Start: f.moment("dataInicioPrevisto"),
		End: f.moment("dataFimPrevisto"), Technician: f.text("idColaborador"), Legacy: f.text("idLegado"),
		Situation: visitRequested}
	if v.Kind == "" {
		v.Kind = "VISTORIA"
	}
	if v.Start == 0 && v.End != 0 {
		f.fail(invalidField("dataInicioPrevisto", "obrigatório quando há dataFimPrevisto"))
	}
	if v.End != 0 && v.End < v.Start {
		f.fail(invalidField("dataFimPrevisto", "anterior ao início"))
	}
	if err := f.failed(); err != nil {
		return nil, err
	}
	out := map[string]string{}
	err := s.onOrder(id, func(t *tx, o *order) (change, error) {
		if o.status == orderClosed {
			return change{}, &refusal{status: http.StatusConflict, code: "SAT-AT011",
				message: "Solicitação encerrada não recebe visita"}
		}
		v.N = len(o.visits) + 1
		c := change{}
		if v.Start != 0 {
			v.Situation, c.Status = visitScheduled, orderScheduled
		}
		c.Visits = []visit{v}
		out["idVisita"] = t.part("VIS", o.seq, v.N)
		return c, nil
	})
	return out, err
}

// cancelVisit cancels a visit that has not happened. An order that had nothing else booked is merely open again.
func (s *Server) cancelVisit(q *request) (any, error) {
	f := q.reader()
	id := f.required("idVisita")
	if err := f.failed(); err != nil {
		return nil, err
	}
	unknown := &refusal{status: http.StatusNotFound, code: "SAT-AT005", message: "Visita não encontrada"}
	err := s.update(func(t *tx) error {
		seq, n, ok := t.parsePart("VIS", id)
		o := t.bySeq(seq)
		if !ok || o == nil || n < 1 || n > len(o.visits) {
			return unknown
		}
		v := o.visits[n-1]
		if v.Situation == visitDone || v.Situation == visitCancelled {
			return &refusal{status: http.StatusConflict, code: "SAT-AT012",
				message: "Visita já " + v.Situation}
		}
		v.Situation = visitCancelled
		c := change{Seq: seq, Visits: []visit{v}}
		if o.status == orderScheduled && !o.bookedBeside(n) {
			c.Status = orderOpen
		}
		return t.write(record{Change: &c})
	})
	return map[string]string{"idVisita": id, "situacao": visitCancelled}, err
}

// bookedBeside says whether a visit other than the n-th is booked.
func (o *order) bookedBeside(n int) bool {
	for _, v := range o.visits {
		if v.N != n && v.Situation == visitScheduled {
			return true
		}
	}
	return false
}

type slot struct {
	Inicio      string `json:"dataHoraInicio"`
	Fim         string `json:"dataHoraFim"`
	Colaborador string `json:"idColaborador"`
}

// freeSlots answers free hours of one made-up technician: working days, 8 to 12 and 13 to 17, but for the hours that
// this order has already booked.
func (s *Server) freeSlots(q *request) (any, error) {
	f := q.reader()
	id := f.required("idSolicitacaoAtendimento")
	from := max(f.momentOr("dataHoraInicio", s.now()), s.now())
	want := 6
	if text := f.text("numDisponibilidades"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			f.fail(invalidField("numDisponibilidades", "esperava um número maior que zero"))
		}
		want = min(n, 50)
	}
	if err := f.failed(); err != nil {
		return nil, err
	}
	taken, found := map[int64]bool{}, false
	err := s.read(func(st *state) int64 {
		o := st.byID(id)
		if o == nil {
			return 0
		}
		found = true
		for _, v := range o.visits {
			if v.Situation == visitScheduled {
				taken[v.Start] = true
			}
		}
		return o.lsn
	})
	if err == nil && !found {
		err = errUnknownOrder()
	}
	if err != nil {
		return nil, err
	}
	free := make([]slot, 0, want)
	first := time.UnixMilli(from).In(saoPaulo()).Truncate(time.Hour)
	for at := first; len(free) < want; at = at.Add(time.Hour) {
		if at.UnixMilli() < from || !workingHour(at) || taken[at.UnixMilli()] {
			continue
		}
		free = append(free, slot{formatMoment(at.UnixMilli()), formatMoment(at.Add(time.Hour).UnixMilli()), "T-01"})
	}
	return map[string]any{"disponibilidades": free}, nil
}

func workingHour(at time.Time) bool {
	if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		return false
	}
	h := at.Hour()
	return h >= 8 && h < 17 && h != 12
}
