package web

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// showPanel is GET /painel: what needs the desk now. With parte=1 it answers the live part alone, and nothing (204)
// while rev is still what the page has. The figures below are of the moment when the page was opened.
func (s *site) showPanel(r *request) error {
	data, err := s.flow.Panel(r.Context(), r.actor())
	if err != nil {
		return err
	}
	p := r.page(r.l.T("nav.panel"), "painel")
	v, err := s.panelOf(r, p, data)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	switch {
	case q.Get("parte") == "":
		figures, err := s.figuresOf(r)
		if err != nil {
			return err
		}
		return r.show(http.StatusOK, panel(p, v, figures))
	case r.unchanged(v.rev):
		return nil
	}
	return r.show(http.StatusOK, panelPart(p, v))
}

type panelView struct {
	*flow.Panel
	troubles []panelTrouble
	rev      string
}

// panelTrouble is an occurrence that waits for a decision, and why.
type panelTrouble struct {
	number  int64
	subject string
	what    string // the consequence; empty where no delivery waits
	reason  string
	since   time.Time
}

// panelOf puts what failed and what waits for a person together: an occurrence stands there once, with its reason.
func (s *site) panelOf(r *request, p *page, data *flow.Panel) (panelView, error) {
	v := panelView{Panel: data}
	seen := map[int64]bool{}
	for _, b := range data.Blocked {
		if !seen[b.Number] { // the first of a lane is what holds the others up
			seen[b.Number] = true
			v.troubles = append(v.troubles, panelTrouble{b.Number, b.Subject, p.T("trouble.unsure." + string(b.Point) + ".title"), p.Reason(b.Reason), b.Since})
		}
	}
	for _, a := range data.Failed {
		if seen[a.Number] {
			continue
		}
		t := panelTrouble{a.Number, a.Subject, "", p.T("panel.failed_before"), a.Since}
		o, err := s.flow.Page(r.Context(), r.actor(), a.Number) // few, and only while something is wrong
		if _, gone := understood(err); gone {
			continue
		}
		if err != nil {
			return v, err
		}
		if x := troubleOf(p, o); x != nil {
			t.what, t.reason, t.since = x.title, x.what, x.Since
		}
		v.troubles = append(v.troubles, t)
	}
	slices.SortStableFunc(v.troubles, func(a, b panelTrouble) int { return a.since.Compare(b.since) })
	h := fnv.New64a()
	fmt.Fprintf(h, "%+v %v %s", *data, v.troubles, p.now.Format(time.DateOnly))
	v.rev = fmt.Sprintf("%x", h.Sum64())
	return v, nil
}

// calm says that nobody needs to do anything now.
func (v panelView) calm() bool {
	return len(v.troubles) == 0 && len(v.Emergencies) == 0 && len(v.Stale) == 0 && len(v.Visits) == 0 && len(v.Overdue) == 0
}

// statusPath lists a status, whether it is open or not.
func statusPath(s desk.Status) string {
	ask := flow.ListQuery{View: flow.ViewOpen, Statuses: []string{s.Code}}
	if s.Kind == desk.KindClosed {
		ask.View = flow.ViewAll
	}
	return listPath(ask)
}
