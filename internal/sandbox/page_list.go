package sandbox

import (
	"cmp"
	"net/http"
	"slices"
)

const (
	listOpen   = 100 // how many open orders the list shows
	listClosed = 10  // and how many closed ones
)

// orderGroup is a part of the list, in its order.
type orderGroup struct {
	id, title string
	entries   []listEntry
}

// listEntry is an order as the list shows it.
type listEntry struct {
	id, title, place string
	number           string
	hour, day        string // of the visit; blank: none, or the day is today
	missing          string
	icon, kind       string
	emergency        bool
	trouble          string // a word about what Ponte has not taken
	waiting          string // or about what is still on its way

	o     *order
	start int64
}

// list is GET /: my orders, by when the visit is.
func (g *pages) list(q *pageRequest) error {
	p := g.page(q, q.T("shell.orders"))
	var v listView
	err := g.read(func(st *state) int64 {
		v = g.listView(p, st)
		return g.log.position()
	})
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, listPage(p, v))
}

type listView struct {
	groups       []orderGroup
	open, closed int
	shown        int // of the open ones
}

func (g *pages) listView(p *page, st *state) listView {
	var v listView
	groups := []orderGroup{{id: "anteriores", title: p.T("list.group.earlier")}, {id: "hoje", title: p.T("list.group.today")},
		{id: "depois", title: p.T("list.group.later")}, {id: "sem-data", title: p.T("list.group.undated")},
		{id: "encerradas", title: p.T("list.group.closed")}}
	for _, o := range slices.Backward(st.orders) { // newest first
		e := listEntry{o: o}
		place := &groups[4].entries
		if o.status == orderClosed {
			v.closed++
			e.start = o.closing.At
		} else {
			v.open++
			seen, _ := o.presentVisit()
			e.start = seen.Start
			place = &groups[groupOf(seen.Start, p.now)].entries
		}
		*place = append(*place, e)
	}
	for i := range groups {
		at := &groups[i]
		sortEntries(at.entries, i)
		limit := listOpen - v.shown
		if i == 4 {
			limit = listClosed
		}
		at.entries = at.entries[:min(limit, len(at.entries))]
		if i != 4 {
			v.shown += len(at.entries)
		}
		for j := range at.entries {
			g.fillEntry(p, st, &at.entries[j])
		}
	}
	v.groups = slices.DeleteFunc(groups, func(g orderGroup) bool { return len(g.entries) == 0 })
	return v
}

func groupOf(start, now int64) int {
	switch days := daysAhead(start, now); {
	case start == 0:
		return 3
	case days < 0:
		return 0
	case days == 0:
		return 1
	}
	return 2
}

// sortEntries puts dated orders by their hour, and closed ones by how fresh they are. Orders without a date stay as
// they came, newest first: what has just arrived is what a technician looks for.
func sortEntries(list []listEntry, group int) {
	switch group {
	case 3:
	case 4:
		slices.SortStableFunc(list, func(a, b listEntry) int { return cmp.Compare(b.start, a.start) })
	default:
		slices.SortStableFunc(list, func(a, b listEntry) int { return cmp.Compare(a.start, b.start) })
	}
}

func (g *pages) fillEntry(p *page, st *state, e *listEntry) {
	o := e.o
	f, how := st.facts(o), o.status.look()
	e.id, e.title, e.place, e.emergency = st.order(o.seq), f.title(), f.place(), f.emergency
	e.number = p.T("order.os", "number", o.numSolicitacao())
	e.missing, e.icon, e.kind = p.T("missing."+string(o.status)), how.missingIcon, how.missingKind
	if e.start != 0 {
		e.hour = hour(e.start)
		if daysAhead(e.start, p.now) != 0 {
			e.day = p.shortDay(e.start, p.now)
		}
	}
	switch n := g.noticesOf(p.words, st, o); {
	case n.opening:
		e.trouble = p.T("list.opening_refused")
	case n.refused > 0:
		e.trouble = p.N("list.refused", n.refused)
	case o.fromField && o.number == "":
		e.waiting = p.T("list.number_awaited")
	case n.stuck:
		e.waiting = p.T("list.stuck")
	}
}
