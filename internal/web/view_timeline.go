package web

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// timelineFilters are what a timeline can be narrowed to; empty is everything.
var timelineFilters = []string{"", "campo", "envios"}

// dayView is a day of the timeline, newest entry first.
type dayView struct {
	id, label string
	entries   []entryView
}

// entryView is one thing that happened: people's words stand in boxes, facts are lines.
type entryView struct {
	id         string
	class      string // "mov", "com", "nota", "vis", "abertura"
	actor      string
	fromField  bool
	verb       string
	status     *desk.Status
	private    bool
	at         time.Time
	text       string
	reason     string
	visit      string
	dot        dotView
	files      []fileView
	deliveries []deliveryView
	letters    []flow.LetterFact
}

// moment is an entry with when it became known, which orders those of one time.
type moment struct {
	entry   entryView
	arrived time.Time
}

// dotView is the circle on the rail: a person's initials, or an icon.
type dotView struct {
	kind, icon, initials string
	small                bool
}

func viewOf(p *page, o *flow.OccurrencePage, filter string, d draft) occurrenceView {
	if !slices.Contains(timelineFilters, filter) {
		filter = ""
	}
	v := occurrenceView{OccurrencePage: o, filter: filter, draft: d}
	v.trouble = troubleOf(p, o)
	for _, m := range slices.Backward(momentsOf(p, o)) {
		e := m.entry
		if filter == "campo" && !e.fromField || filter == "envios" && len(e.deliveries) == 0 {
			continue
		}
		label := p.Day(e.at, p.now)
		if len(v.days) == 0 || v.days[len(v.days)-1].label != label {
			v.days = append(v.days, dayView{id: "d-" + e.at.Format("20060102"), label: label})
		}
		last := &v.days[len(v.days)-1]
		last.entries = append(last.entries, e)
	}
	v.tally = tallyOf(p, o)
	return v
}

// momentsOf is all that happened, oldest first, then by arrival.
func momentsOf(p *page, o *flow.OccurrencePage) []moment {
	all := aloneOf(p, o)
	deliveries, letters := deliveriesOf(p, o), lettersOf(o)
	for _, m := range o.Movements {
		e := entryOf(p, o, m)
		e.deliveries, e.letters = deliveries[m.ID], letters[m.ID]
		all = append(all, moment{e, m.ArrivedAt})
	}
	slices.SortStableFunc(all, func(a, b moment) int {
		return cmp.Or(a.entry.at.Compare(b.entry.at), a.arrived.Compare(b.arrived))
	})
	return all
}

// Kinds of movement, as the timeline tells them apart.
const (
	openingMovement = "abertura"
	moveMovement    = "movimentacao"
	commentMovement = "comentario"
	visitMovement   = "vistoria"
	noteMovement    = "nota"
)

func entryOf(p *page, o *flow.OccurrencePage, m flow.Movement) entryView {
	e := entryView{id: fmt.Sprintf("m-%d", m.ID), class: "com", actor: m.Actor, fromField: m.Origin == desk.Field,
		private: m.Internal, at: m.At, text: m.Comment, verb: p.T("timeline.commented"), files: filesOf(p, o.Number, m.Attachments)}
	e.dot = dotView{initials: initials(m.Actor)}
	if e.fromField {
		e.dot.kind = "onfield"
	}
	switch m.Kind {
	case openingMovement:
		e.class, e.verb, e.text = "abertura", p.T("timeline.opened"), o.Description
	case moveMovement:
		s := o.StatusOf(m.To)
		if s.Code == "" {
			s = desk.Status{Code: m.To, Name: m.To, Kind: desk.KindClosed} // the catalogue has lost it since
		}
		e.class, e.verb, e.status = "mov", p.T("timeline.moved"), &s
		if m.Origin == desk.System || m.Comment == "" {
			e.dot = dotView{kind: kindClass(s.Kind), icon: p.statusIcon(s), small: true}
		}
	case visitMovement:
		e.class = "vis"
		e.verb, e.visit, e.dot.icon = visitEntry(p, m)
	case noteMovement:
		e.class, e.verb, e.dot = "mov", p.T("timeline.remarked"), dotView{icon: "corner-down-right", small: true}
	}
	if m.Internal {
		e.class, e.verb, e.dot.kind = "nota", p.T("timeline.noted"), "wait"
	}
	switch m.Reason.Code {
	case desk.WhyCorrected:
		e.verb, e.dot.icon = p.T("timeline.corrected"), "arrows-exchange"
	case desk.WhyCancelled:
		e.verb = p.T("timeline.cancelled")
	}
	if m.Kind == commentMovement && m.Comment == "" && len(m.Attachments) > 0 {
		e.verb = attachedVerb(p, m.Attachments)
	}
	if m.Reason.Code != "" && m.Kind != visitMovement {
		e.reason = p.Reason(m.Reason)
	}
	return e
}

// visitEntry tells of an inspection as it was then: the visit itself may have changed since.
func visitEntry(p *page, m flow.Movement) (verb, when, icon string) {
	icon = "calendar-event"
	switch m.Reason.Code {
	case "vistoria_realizada":
		verb, icon = p.T("timeline.visited"), "calendar-check"
	case "vistoria_cancelada":
		verb, icon = p.T("timeline.visit_cancelled"), "ban"
	default:
		verb = p.T("timeline.visit_booked")
	}
	start, end := time.Time{}, time.Time{}
	if m.Visit != nil {
		start, end = m.Visit.Start, m.Visit.End
	}
	if text, ok := m.Reason.Args["inicio"].(string); ok {
		if t, err := time.Parse(time.RFC3339, text); err == nil && !t.Equal(start) {
			start, end = t.In(m.At.Location()), time.Time{}
		}
	}
	if !start.IsZero() {
		when = p.Span(start, end, p.now)
	}
	return verb, when, icon
}

// headVisit is the inspection that a header speaks of: the last one booked, else the last one there was.
func headVisit(o *flow.OccurrencePage) *flow.Visit {
	var best *flow.Visit
	for i := range o.Visits {
		v := &o.Visits[i]
		booked, other := v.State == "agendada", best != nil && best.State == "agendada"
		if best == nil || booked && !other || booked == other && v.Start.After(best.Start) {
			best = v
		}
	}
	return best
}
