package sandbox

import (
	"net/http"
	"net/url"
	"slices"
)

// orderPageView is an order as its own page shows it.
type orderPageView struct {
	id, number, former string // former: the number before Ponte gave its own
	occurrence         string
	title              string
	status             situation
	emergency          bool
	steps              []stepView

	when, whenNote  string
	goal            string
	place, inside   string
	people          string
	phone, dial     string
	route           string
	description     string
	described       int64
	told            []toldView
	houseFiles      []shotView
	deeds           []deed
	closing         *closing
	closedByHouse   bool
	fromField       bool
	awaits          bool // of an order from the field: Ponte's number has not come
	notices         notices
	main            actLink
	others          []actLink
	mayComment      bool
	houseAskedVisit bool
}

// toldView is what the house says.
type toldView struct {
	text, author string
	at           int64
}

// actLink leads to the form of an act.
type actLink struct{ href, label string }

// order is GET /ordens/{idMobuss}.
func (g *pages) order(q *pageRequest) error {
	p := g.page(q, "")
	var v *orderPageView
	err := g.read(func(st *state) int64 {
		o := st.byID(q.PathValue("id"))
		if o == nil {
			return 0
		}
		v = g.orderView(p, st, o)
		return o.lsn
	})
	if err != nil {
		return err
	}
	if v == nil {
		return errUnknownOrder()
	}
	p.title = q.T("order.os", "number", v.number)
	return q.show(http.StatusOK, orderPage(p, v))
}

func (g *pages) orderView(p *page, st *state, o *order) *orderPageView {
	f := st.facts(o)
	v := &orderPageView{id: st.order(o.seq), number: o.numSolicitacao(), occurrence: o.occurrence(), title: f.title(),
		status: o.status, emergency: f.emergency, steps: o.steps(p.words), place: f.placeInWords(p.words),
		inside: f.inside, people: f.people(p.words), phone: f.phone, dial: dial(f.phone),
		description: f.description, described: o.openedAt, deeds: o.deeds(p.words, p.now), closing: o.closing,
		fromField: o.fromField, awaits: o.fromField && o.number == "", notices: g.noticesOf(p.words, st, o)}
	if f.address != "" {
		v.route = "geo:0,0?q=" + url.PathEscape(f.address)
	}
	if o.number != "" && o.number != o.firstNumber() {
		v.former = o.firstNumber()
	}
	v.visitLine(p, o)
	for _, c := range slices.Backward(o.comments) {
		if !c.Field {
			v.told = append(v.told, toldView{c.Text, c.Author, c.At})
		}
	}
	for _, f := range o.files {
		if !f.Field {
			v.houseFiles = append(v.houseFiles, shotView{f.Name, f.SHA256, showable(f.Type)})
		}
	}
	closedHere := slices.ContainsFunc(o.calls, func(c call) bool { return c.Op == opClose })
	v.closedByHouse = o.status == orderClosed && !closedHere
	v.links(p.words)
	return v
}

// visitLine says when the visit is, in the words that fit where the order stands.
func (v *orderPageView) visitLine(p *page, o *order) {
	seen, found := o.presentVisit()
	switch {
	case o.status == orderClosed && o.closing != nil:
		v.when = p.T("order.closed_at", "when", p.when(o.closing.At, p.now))
	case found && seen.Situation == visitRequested && seen.Start == 0:
		v.when, v.houseAskedVisit = p.T("order.asked"), true
	case !found || seen.Start == 0:
		v.when = p.T("order.undated")
	default:
		v.when = sentence(p.span(seen.Start, seen.End, p.now))
		if seen.Situation == visitScheduled && max(seen.Start, seen.End) < p.now {
			v.whenNote = p.T("order.overdue")
		}
	}
	if found && o.status.rank() < orderInspected.rank() {
		v.goal = seen.Purpose
	}
}

// links are the acts that an order allows: the next step's as the main one, and what else is sensible.
func (v *orderPageView) links(w words) {
	to := func(act, label string) actLink {
		return actLink{href: "/ordens/" + v.id + "/" + act, label: label}
	}
	v.mayComment = v.status != orderClosed
	early := to("encerrar", w.T("act.encerrar.early"))
	switch v.status {
	case orderOpen:
		v.main = to("agendar", w.T("act.agendar"))
		v.others = []actLink{to("vistoriar", w.T("act.vistoriar.early")), to("executar", w.T("act.executar.early")), early}
	case orderScheduled:
		v.main = to("vistoriar", w.T("act.vistoriar"))
		v.others = []actLink{to("agendar", w.T("act.agendar.again")), to("executar", w.T("act.executar.early")), early}
	case orderInspected:
		v.main, v.others = to("executar", w.T("act.executar")), []actLink{early}
	case orderRepaired:
		v.main = to("encerrar", w.T("act.encerrar"))
	}
}

// resend is POST /ordens/{idMobuss}/reenviar: the refused calls go again, in their places.
func (g *pages) resend(q *pageRequest) error {
	if _, err := g.requeue(q.PathValue("id")); err != nil {
		return err
	}
	return q.goTo("/ordens/"+q.PathValue("id"), "reenviar")
}
