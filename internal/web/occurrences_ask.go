package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/flow"
)

// maxPicked is how many of one filter are read: nobody picks more, and more only costs.
const maxPicked = 50

// ages are what a list can be narrowed to, in days.
var ages = []string{"3", "7", "15", "30", "60", "90", "180"}

// picks are the filters that take several values, by their names in the URL.
func picks(ask *flow.ListQuery) []struct {
	name string
	into *[]string
} {
	return []struct {
		name string
		into *[]string
	}{{"status", &ask.Statuses}, {"empreendimento", &ask.Developments}, {"bloco", &ask.Blocks}, {"situacao", &ask.Situations},
		{"tipo", &ask.Types}, {"prioridade", &ask.Priorities}}
}

// switches are the filters that are on or off.
func switches(ask *flow.ListQuery) []struct {
	name string
	into *bool
} {
	return []struct {
		name string
		into *bool
	}{{"minhas", &ask.Mine}, {"emergencia", &ask.Emergency}, {"falhas", &ask.Trouble}}
}

// listQuery reads what stands in the URL; what makes no sense there is as good as absent.
func listQuery(q url.Values) flow.ListQuery {
	ask := flow.ListQuery{View: flow.View(q.Get(viewParam)), Text: searchText(q), After: q.Get(afterParam), Most: listed}
	if !slices.Contains(flow.Views, ask.View) {
		ask.View = flow.ViewOpen
	}
	for _, p := range picks(&ask) {
		*p.into = picked(q[p.name])
	}
	ask.Columns = picked(q[columnParam])
	for _, p := range switches(&ask) {
		*p.into = q.Get(p.name) != ""
	}
	ask.From, ask.To = dayStart(q.Get("de"), 0), dayStart(q.Get("ate"), 0)
	if n, err := strconv.Atoi(q.Get("idade")); err == nil && n > 0 && n < 10_000 {
		ask.OlderThan = n
	}
	if n, err := strconv.ParseInt(q.Get(savedParam), 10, 64); err == nil && n > 0 {
		ask.Saved = n
	}
	if span := spanQuery(q); span.Set() && ask.Text == "" { // whoever searches for somebody means all of them
		ask.Span, ask.Narrow = span, flow.Narrow{} // its days and its type are the event's
	}
	return ask
}

// picked are the values of a filter, each once and no more than anybody picks.
func picked(values []string) (out []string) {
	for _, v := range values {
		if v = strings.ToValidUTF8(v, ""); v != "" && len(v) <= 60 && !slices.Contains(out, v) && len(out) < maxPicked {
			out = append(out, v)
		}
	}
	return out
}

// searchText is what was written into a search box.
func searchText(q url.Values) string {
	text := strings.ToValidUTF8(strings.TrimSpace(q.Get(textParam)), "")
	if len(text) > maxQuery {
		text = strings.ToValidUTF8(text[:maxQuery], "")
	}
	return text
}

// listValues are what is not absent or usual of a question to the list.
func listValues(ask flow.ListQuery) url.Values {
	q := url.Values{}
	if ask.View != flow.ViewOpen {
		q.Set(viewParam, string(ask.View))
	}
	for _, p := range picks(&ask) {
		if len(*p.into) > 0 {
			q[p.name] = *p.into
		}
	}
	for _, p := range switches(&ask) {
		if *p.into {
			q.Set(p.name, "1")
		}
	}
	for name, v := range map[string]string{textParam: ask.Text, afterParam: ask.After, "de": dayText(ask.From), "ate": dayText(ask.To)} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if ask.OlderThan > 0 {
		q.Set("idade", strconv.Itoa(ask.OlderThan))
	}
	if len(ask.Columns) > 0 {
		q[columnParam] = ask.Columns
	}
	setSpan(q, ask.Span)
	if len(q) == 0 { // without anything it would be the place where somebody begins, or the saved view as it is
		q.Set(viewParam, string(flow.ViewOpen))
	}
	if ask.Saved > 0 {
		q.Set(savedParam, number(ask.Saved))
	}
	return q
}

// listPath is the one URL of a question to the list.
func listPath(ask flow.ListQuery) string { return pathTo("/ocorrencias", listValues(ask)) }

// dayText is how a day stands in a URL and in its field.
func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// chip is a filter that holds, in words, and the list without it.
type chip struct{ label, value, without string }

// chips are the filters that hold, in the order of their fields.
func (v listView) chips(p *page) (out []chip) {
	if v.ask.Span.Set() {
		return nil // it has one of its own, with the developments in it
	}
	add := func(label, value string, drop func(*flow.ListQuery)) {
		out = append(out, chip{label, value, v.with(drop)})
	}
	for i, pick := range picks(&v.ask) {
		for _, one := range *pick.into {
			add(p.T("list.f_"+pick.name), v.named(p, pick.name, one), func(q *flow.ListQuery) {
				into := picks(q)[i].into
				*into = slices.DeleteFunc(slices.Clone(*into), func(x string) bool { return x == one })
				if pick.name == "empreendimento" && len(*into) == 0 {
					q.Blocks = nil
				}
			})
		}
	}
	if !v.ask.From.IsZero() {
		add(p.T("list.f_de"), p.Date(v.ask.From, p.now), func(q *flow.ListQuery) { q.From = time.Time{} })
	}
	if !v.ask.To.IsZero() {
		add(p.T("list.f_ate"), p.Date(v.ask.To, p.now), func(q *flow.ListQuery) { q.To = time.Time{} })
	}
	if v.ask.OlderThan > 0 {
		add(p.T("list.f_idade"), p.N("list.age", v.ask.OlderThan), func(q *flow.ListQuery) { q.OlderThan = 0 })
	}
	for i, s := range switches(&v.ask) {
		if *s.into {
			add("", p.T("list.f_"+s.name), func(q *flow.ListQuery) { *switches(q)[i].into = false })
		}
	}
	return out
}

// named is a filter's value as people call it.
func (v listView) named(p *page, filter, value string) string {
	if value == flow.NoneLeft {
		return p.T("views.gone")
	}
	switch filter {
	case "status":
		for _, s := range v.Statuses {
			if s.Code == value {
				return s.Name
			}
		}
	case "empreendimento":
		for _, d := range v.Choices.Developments {
			if d.Code == value {
				return d.Name
			}
		}
	case "situacao":
		if id := "list.situation_" + value; p.Has(id) {
			return p.T(id)
		}
	case "tipo", "prioridade":
		return codeName(value)
	}
	return value
}

// codeName makes a code of the configuration readable where it has no name.
func codeName(code string) string { return sentence(strings.ReplaceAll(code, "_", " ")) }

// narrowed is how many filters hold beside view, text and statuses, which have fields of their own.
func (v listView) narrowed(p *page) int { return max(0, len(v.chips(p))-len(v.ask.Statuses)) }

// rest are the values of a filter after the first, which its field can't show.
func rest(values []string) []string { return values[min(1, len(values)):] }

func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func (v listView) placeCodes() (codes []string) {
	for _, d := range v.Choices.Developments {
		codes = append(codes, d.Code)
	}
	return codes
}
