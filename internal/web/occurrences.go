package web

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const (
	// listed is how many occurrences a page of the list shows.
	listed = 50
	// maxQuery is how much of a search is read, in bytes: nobody types more, and more only costs.
	maxQuery = 200
)

// listOccurrences is GET /ocorrencias. All that it is asked stands in the URL, so that a list can be kept as a
// bookmark and sent to somebody. With parte=1 it answers the live part alone, and nothing (204) while rev is still
// what the page has.
func (s *site) listOccurrences(r *request) error {
	if to, err := s.beginsAt(r); err != nil {
		return err
	} else if to != "" {
		return r.redirect(to)
	}
	saved, ask, err := s.savedViews(r, r.URL.Query())
	if err != nil {
		return err
	}
	list, err := s.flow.List(r.Context(), r.actor(), ask)
	if err != nil {
		return err
	}
	s.keepLayout(r, r.URL.Query().Get(layoutParam), layoutList)
	v := listView{List: list, ask: ask, saved: saved, rev: revOf(list, saved), mayOpen: mayOpen(r.actor()), mayExport: flow.MayExport(r.actor()), mayReveal: r.actor().MayReveal()}
	p := r.page(r.l.T("nav.occurrences"), "ocorrencias")
	p.crumbs = []crumb{{label: "CRM"}, {label: p.title}}
	return r.liveList(v.rev, listPath(ask), occurrences(p, v), occurrencesParts(p, v))
}

type listView struct {
	*flow.List
	ask     flow.ListQuery
	saved   savedViews
	board   *flow.Board // instead of rows
	rev     string
	mayOpen bool
	// mayExport: as a file, with masked documents; mayReveal: with whole ones, too
	mayExport, mayReveal bool
}

func mayOpen(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager) }

// partPath is where the live part asks for itself.
func (v listView) partPath() string {
	return v.path(v.ask) + "&parte=1&rev=" + v.rev
}

// with answers the list asked otherwise, from its first page.
func (v listView) with(change func(*flow.ListQuery)) string {
	ask := v.ask
	ask.After = ""
	change(&ask)
	return v.path(ask)
}

// path is where the question is asked as it is shown now: as rows, or as a board.
func (v listView) path(ask flow.ListQuery) string { return laidOut(ask, v.board != nil) }

// base is that place without a question.
func (v listView) base() string {
	if v.board != nil {
		return boardPath
	}
	return "/ocorrencias"
}

// cleared answers the view alone.
func (v listView) cleared() string {
	return v.path(flow.ListQuery{View: v.ask.View, Columns: v.ask.Columns})
}

// viewPath keeps what is asked but for the statuses: another view has others.
func (v listView) viewPath(view flow.View) string {
	return v.with(func(q *flow.ListQuery) { q.View, q.Statuses, q.Saved = view, nil, 0 })
}

func (v listView) nextPath() string {
	ask := v.ask
	ask.After = v.Next
	return listPath(ask)
}

// chosen names the statuses that the list is narrowed to; empty where it is not.
func (v listView) chosen() string {
	var names []string
	for _, s := range v.Statuses {
		if slices.Contains(v.ask.Statuses, s.Code) {
			names = append(names, s.Name)
		}
	}
	if len(names) > 2 {
		return fmt.Sprint(len(names))
	}
	return strings.Join(names, ", ")
}

// emptyKind says why there is nothing to see; it is part of message ids.
func (v listView) emptyKind() string {
	switch {
	case v.ask.Text != "":
		return "text"
	case len(v.ask.Statuses) > 0:
		return "filter"
	case v.ask.Span.Set():
		return "span"
	case !v.ask.Narrow.IsZero() || len(v.ask.Developments) > 0:
		return "filter"
	case v.ask.After != "":
		return "end"
	}
	return string(v.ask.View)
}

// news is what was last heard of an occurrence.
func (p *page) news(l flow.Line) string {
	bySystem := l.NewsBy == desk.Ponte().Name
	switch {
	case l.News == "" && bySystem && l.Status.Kind == desk.KindFail:
		return p.T("list.failed")
	case l.News == "" && bySystem && l.Status.Kind == desk.KindField:
		return p.T("list.arrived")
	case l.News == "":
		return p.T("list.updated_by", "who", l.NewsBy)
	case l.NewsBy == "":
		return l.News
	}
	return l.NewsBy + ": " + l.News
}

// countText writes a number that was not counted to its end.
func (p *page) countText(c flow.Count) string {
	if c.More {
		return p.Number(c.N) + "+"
	}
	return p.Number(c.N)
}

// revOf changes whenever what the list shows changes.
func revOf(l *flow.List, saved savedViews) string {
	h := fnv.New64a()
	for _, x := range saved.all {
		fmt.Fprintf(h, "%d\x00%s\x00%s\x00%t\n", x.ID, x.Name, x.Query, x.Shared)
	}
	for _, o := range l.Lines {
		fmt.Fprintf(h, "%d\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%d\x00%s\x00%t\n", o.Number, o.Subject, o.Status.Code,
			o.Status.Name, o.Unit, o.Customer, o.News, o.NewsBy, o.NewsAt.UnixMilli(), o.OrderNumber, o.Emergency)
	}
	for _, v := range flow.Views {
		fmt.Fprint(h, v, l.Counts[v])
	}
	fmt.Fprint(h, l.Next, l.Behind)
	return fmt.Sprintf("%x", h.Sum64())
}
