package outbox

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// field is Mobuss's side of one environment, in memory. Like the worst real server it recognises nothing: the same
// opening again is another order. What it did is told to history, which judges it.
type field struct {
	env    desk.Environment
	orders []*order
	did    []deed
	late   []late
}

// order is a service order as the technician sees it.
type order struct {
	ID, Legacy, Number, Unit string
	closed                   bool
	comments, visits         []string // their idLegado
	number                   int64    // Ponte's occurrence; 0 while the field does not know it
}

// deed is something that a delivery of ours made the field do.
type deed struct {
	delivery string
	point    desk.Point
	order    *order
	body     string
}

// late is a request that nobody waits for any more and that a slow server may act on until then.
type late struct {
	job   flow.Job
	until time.Time
}

func (f *field) byID(id string) *order {
	i := slices.IndexFunc(f.orders, func(o *order) bool { return o.ID == id && id != "" })
	if i < 0 {
		return nil
	}
	return f.orders[i]
}

func (f *field) byLegacy(legacy string) (all []*order) {
	for _, o := range f.orders {
		if o.Legacy == legacy {
			all = append(all, o)
		}
	}
	return all
}

// open makes an order, for us or by a technician.
func (f *field) open(legacy, unit string) *order {
	n := len(f.orders) + 1
	o := &order{ID: fmt.Sprintf("SAT-%s-%d", f.env[:1], n), Legacy: legacy, Number: fmt.Sprint(88000 + n), Unit: unit}
	f.orders = append(f.orders, o)
	return o
}

// has says whether the field did what a delivery asks for, which is what a person finds out by telephone.
func (f *field) has(delivery string) bool {
	return slices.ContainsFunc(f.did, func(d deed) bool { return d.delivery == delivery })
}

// handle is the API: what a request does, and the answer to it.
func (f *field) handle(j flow.Job, r *mapping.Request) connector.Exchange {
	var in map[string]any
	if err := json.Unmarshal([]byte(r.Body), &in); err != nil {
		return answer(400, `{}`)
	}
	text := func(name string) string { s, _ := in[name].(string); return s }
	o := f.byID(text("idSolicitacaoAtendimento"))
	method := path.Base(r.Path)
	switch method {
	case "incluirSolicitacaoAtendimento":
		o = f.open(text("idLegado"), text("idUnidade"))
	case "consultarSolicitacaoAtendimento":
		return f.show(o, text("idLegado"))
	}
	switch {
	case o == nil:
		return answer(404, unknown)
	case method == "incluirComentarioSolicitacaoAtendimento":
		o.comments = append(o.comments, text("idLegado"))
	case method == "incluirAgendamentoVisitaSolicitacao" && o.closed:
		return answer(409, `{"codigoInterno": "SAT-AT011", "mensagem": "encerrada não recebe visita"}`)
	case method == "incluirAgendamentoVisitaSolicitacao":
		o.visits = append(o.visits, text("idLegado"))
	case method == "encerrarSolicitacaoAtendimento" && o.closed:
		return answer(409, closedIt)
	case method == "encerrarSolicitacaoAtendimento":
		o.closed = true
	}
	f.did = append(f.did, deed{j.DeliveryID, j.Point, o, r.Body})
	return answer(200, fmt.Sprintf(`{"idMobuss": %q, "numSolicitacao": %q, "idVisita": "VIS-1"}`, o.ID, o.Number))
}

func (f *field) show(o *order, legacy string) connector.Exchange {
	if all := f.byLegacy(legacy); o == nil && legacy != "" && len(all) > 0 {
		o = all[0]
	}
	if o == nil {
		return answer(404, unknown)
	}
	type keyed struct {
		Legacy string `json:"idLegado"`
		Visit  string `json:"idVisita"`
	}
	view := struct {
		ID       string  `json:"idMobuss"`
		Number   string  `json:"numSolicitacao"`
		Legacy   string  `json:"idLegado"`
		State    string  `json:"situacao"`
		Comments []keyed `json:"comentarios"`
		Visits   []keyed `json:"visitas"`
	}{ID: o.ID, Number: o.Number, Legacy: o.Legacy, State: "aberta"}
	if o.closed {
		view.State = "encerrada"
	}
	for _, id := range o.comments {
		view.Comments = append(view.Comments, keyed{Legacy: id})
	}
	for i, id := range o.visits {
		view.Visits = append(view.Visits, keyed{id, fmt.Sprint("VIS-", i+1)})
	}
	body, err := json.Marshal(view)
	if err != nil {
		panic(err) // only strings
	}
	return answer(200, string(body))
}

// trouble is what can come between a request and its answer.
type trouble string

// The troubles of a send. What does the deed and tells nobody, or not at once, is what look-ups are for.
const (
	fine          trouble = "fine"
	notSent       trouble = "not sent"
	notTaken      trouble = "503"
	tooMany       trouble = "429"
	broken        trouble = "500, not done"
	brokenDone    trouble = "500, done"
	refusal       trouble = "422"
	dressed       trouble = "200 with ERRO"
	answerLost    trouble = "done, answer lost"
	answerGarbled trouble = "done, answer garbled"
	requestLost   trouble = "request lost"
	slow          trouble = "done after the caller gave up"
	unclear       trouble = "401"
)

var (
	sendTroubles = []trouble{fine, fine, fine, fine, notSent, notTaken, tooMany, broken, brokenDone, refusal, dressed, answerLost, answerLost,
		answerGarbled, requestLost, slow, slow}
	lookTroubles = []trouble{fine, fine, fine, fine, notSent, notTaken, broken, dressed, answerLost, answerGarbled, unclear}
)

// call is an exchange with trouble. giveUp is when the caller stops waiting, and until how late a slow server acts.
func (f *field) call(j flow.Job, t trouble, until time.Time) connector.Exchange {
	r := j.Request
	if j.LookUp {
		r = r.LookUp
	}
	switch t {
	case notSent:
		return unanswered(connector.ReasonRefused, true)
	case notTaken:
		return answer(503, ``, "retry-after", "3")
	case tooMany:
		return answer(429, ``)
	case broken:
		return answer(500, `{}`)
	case refusal:
		return answer(422, `{"mensagem": "em edição"}`)
	case dressed:
		return answer(200, `{"status": "ERRO", "mensagem": "x"}`)
	case unclear:
		return answer(401, `{}`)
	case requestLost:
		return unanswered(connector.ReasonTimeout, false)
	case slow:
		f.late = append(f.late, late{j, until})
		return unanswered(connector.ReasonTimeout, false)
	}
	x := f.handle(j, r)
	switch t {
	case brokenDone:
		return answer(500, `{}`)
	case answerLost:
		return unanswered(connector.ReasonCut, false)
	case answerGarbled:
		return answer(200, `{"idMobuss": <<<`)
	}
	return x
}

// settle lets the slow server act on what it can't leave for later.
func (f *field) settle(now time.Time) {
	f.late = slices.DeleteFunc(f.late, func(l late) bool {
		if now.Before(l.until) {
			return false
		}
		f.handle(l.job, l.job.Request)
		return true
	})
}

// waits says whether a request of a delivery may still be acted on.
func (f *field) waits(delivery string) bool {
	return slices.ContainsFunc(f.late, func(l late) bool { return l.job.DeliveryID == delivery })
}
