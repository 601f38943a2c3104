package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// The panel's figures: each is a link to the list that it counts.

type figuresView struct {
	*flow.Figures
	now time.Time
}

// figuresOf reads what the URL asks the figures of.
func (s *site) figuresOf(r *request) (figuresView, error) {
	q := r.URL.Query()
	ask := flow.FiguresAsk{Development: q.Get("empreendimento"), Type: q.Get("tipo")}
	ask.Days, _ = strconv.Atoi(q.Get("periodo")) // what is none becomes the usual one
	data, err := s.flow.Figures(r.Context(), r.actor(), ask)
	return figuresView{Figures: data, now: time.Now()}, err
}

// spanQuery reads what a list's URL says of a stretch of time.
func spanQuery(q url.Values) flow.Span {
	s := flow.Span{Event: flow.Event(q.Get("evento")), From: dayOf(q.Get("de")), Until: dayOf(q.Get("ate")), Type: q.Get("tipo")}
	s.Unit, _ = strconv.ParseInt(q.Get("unidade"), 10, 64)
	if len(s.Type) > 50 || s.Unit < 0 {
		s.Type, s.Unit = "", 0
	}
	if !s.Set() {
		return flow.Span{}
	}
	return s
}

// dayOf is a day, or nothing.
func dayOf(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}

func setSpan(q url.Values, s flow.Span) {
	if !s.Set() {
		return
	}
	q.Set("evento", string(s.Event))
	for name, value := range map[string]string{"de": s.From, "ate": s.Until, "tipo": s.Type} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if s.Unit != 0 {
		q.Set("unidade", strconv.FormatInt(s.Unit, 10))
	}
}

// kept is what the filters' form keeps of the URL without showing fields for it.
func (v listView) kept() (out [][2]string) {
	q := url.Values{}
	setSpan(q, v.ask.Span)
	for _, name := range []string{"evento", "de", "ate", "tipo", "unidade"} {
		if q.Has(name) {
			out = append(out, [2]string{name, q.Get(name)})
		}
	}
	if v.ask.Span.Set() { // without an event the developments have a field of their own
		for _, code := range v.ask.Developments {
			out = append(out, [2]string{"empreendimento", code})
		}
	}
	return out
}

// spanText says what the list is narrowed to: "Abertas de 27/10 a 25/11 · AUR · hidraulica".
func (v listView) spanText(p *page) string {
	s := v.ask.Span
	text := ""
	if s.Set() {
		text = p.T("figures.event." + string(s.Event))
		switch {
		case s.From == s.Until && s.From != "":
			text = p.T("figures.on", "what", text, "day", p.shortDay(s.From))
		case s.From != "" && s.Until != "":
			text = p.T("figures.between", "what", text, "from", p.shortDay(s.From), "until", p.shortDay(s.Until))
		case s.From != "":
			text = p.T("figures.since", "what", text, "day", p.shortDay(s.From))
		case s.Until != "":
			text = p.T("figures.until", "what", text, "day", p.shortDay(s.Until))
		}
	}
	more := slices.Concat(v.ask.Developments, []string{s.Type})
	if s.Unit != 0 {
		more = append(more, p.T("figures.one_unit"))
	}
	for _, m := range more {
		if m != "" && text != "" {
			text += " · "
		}
		text += m
	}
	return text
}

// shortDay writes a day of a URL: 27/10, with the year where that is another one.
func (p *page) shortDay(text string) string {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text
	}
	return p.dayMonth(t)
}

// dayMonth is a day as narrow as a chart needs it, with its year only where that is another one.
func (p *page) dayMonth(t time.Time) string {
	if t.Year() != p.now.Year() {
		return t.Format(p.T("figures.day_layout_year"))
	}
	return t.Format(p.T("figures.day_layout"))
}

// lasts writes how long something took, as finely as it matters.
func (p *page) lasts(d time.Duration) string {
	switch hours := int(d.Round(time.Hour).Hours()); {
	case d < time.Hour:
		return p.T("figures.minutes", "n", int(d.Minutes()))
	case hours < 48:
		return p.T("figures.hours", "n", hours)
	case hours < 10*24 && hours%24 != 0:
		return p.T("figures.days_hours", "n", hours/24, "hours", hours%24)
	default:
		return p.T("figures.days", "n", p.Number(int64((hours+12)/24)))
	}
}

// list leads to what happened within the period, narrowed as the figures are.
func (v figuresView) list(e flow.Event) string {
	return v.listOf(e, v.From, v.Until, v.Development, v.Type, 0)
}

func (v figuresView) listOf(e flow.Event, from, until time.Time, development, typ string, unit int64) string {
	ask := flow.ListQuery{View: flow.ViewAll, Span: flow.Span{Event: e, From: dateOnly(from), Until: dateOnly(until), Type: typ, Unit: unit}}
	if development != "" {
		ask.Developments = []string{development}
	}
	return listPath(ask)
}

// aged leads to what is open of a band, in a status where one is given.
func (v figuresView) aged(b flow.Band, status string) string {
	ask := flow.ListQuery{View: flow.ViewOpen, Span: flow.Span{Event: flow.Opened, From: dateOnly(b.From), Until: dateOnly(b.Until), Type: v.Type}}
	if v.Development != "" {
		ask.Developments = []string{v.Development}
	}
	if status != "" {
		ask.Statuses = []string{status}
	}
	return listPath(ask)
}

// standing leads to all that is open in a status.
func (v figuresView) standing(s desk.Status) string { return v.aged(flow.Band{}, s.Code) }

func dateOnly(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// bandSum is how many are open of a band.
func (v figuresView) bandSum(i int) (n int64) {
	for _, l := range v.Backlog {
		n += l.Bands[i]
	}
	return n
}

func (v figuresView) waiting() (n int64) {
	for _, l := range v.Backlog {
		n += l.Total
	}
	return n
}

// inUse are the statuses in which something stands.
func (v figuresView) inUse() []flow.BacklogLine {
	return slices.DeleteFunc(slices.Clone(v.Backlog), func(l flow.BacklogLine) bool { return l.Total == 0 })
}
