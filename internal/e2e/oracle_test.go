package e2e

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// findings is what the oracle holds against a run.
type findings struct {
	twice    []string // something arrived more than once
	problems []string // anything else: lost, out of order, stuck, unknown
}

func (f *findings) found(format string, args ...any) {
	f.problems = append(f.problems, fmt.Sprintf(format, args...))
}

func (f *findings) all() []string { return append(slices.Clone(f.twice), f.problems...) }

// books are what both sides say when all is over.
type books struct {
	Orders  []order              // the sandbox's
	Known   map[int64]occurrence // what Ponte tells, by number
	Pending int                  // messages that its lanes still hold
	Set     bool                 // the wall clock was set: what is shown by its dates is not as it was done
}

// books reads both sides.
func (l *load) books(ctx context.Context) (b *books, err error) {
	b = &books{Known: map[int64]occurrence{}, Set: l.clockSet}
	if b.Orders, err = l.field.orders(ctx); err != nil {
		return nil, err
	}
	for _, st := range l.stories {
		if b.Known[st.number], err = l.show(ctx, st.number); err != nil {
			return nil, err
		}
	}
	b.Pending = count(l.t, ledger(l.t, l.database), "SELECT CAST(COALESCE(sum(pending), 0) AS BIGINT) FROM lane")
	return b, nil
}

// judge compares what was acknowledged with the sandbox's books and with what Ponte tells. Nothing may be due.
func (l *load) judge(ctx context.Context) (*findings, error) {
	b, err := l.books(ctx)
	if err != nil {
		return nil, err
	}
	return b.judge(l.stories), nil
}

func (b *books) judge(stories []*story) *findings {
	byLegacy := map[string][]order{}
	for _, o := range b.Orders {
		byLegacy[o.Legacy] = append(byLegacy[o.Legacy], o)
	}
	f := &findings{}
	numbers := map[int64]string{}
	for _, st := range stories {
		if other, taken := numbers[st.number]; taken {
			f.found("%d: it was the answer to %s and to %s", st.number, other, st.id)
		}
		numbers[st.number] = st.id
		o, legacy := b.Known[st.number], strconv.FormatInt(st.number, 10)
		f.inTheField(st, o, byLegacy[legacy])
		f.atTheDesk(st, o, byLegacy[legacy], b.Set)
		delete(byLegacy, legacy)
	}
	if b.Pending != 0 {
		f.found("%d messages are still in their lanes", b.Pending)
	}
	for legacy, ghosts := range byLegacy {
		f.found("%d orders of idLegado %q, which no story opened", len(ghosts), legacy)
	}
	return f
}

// inTheField: one order, each comment and visit once and in order, closed as it was said.
func (f *findings) inTheField(st *story, known occurrence, orders []order) {
	if len(orders) == 0 {
		f.found("%d: it has no order", st.number)
		return
	}
	if len(orders) > 1 {
		f.twice = append(f.twice, fmt.Sprintf("%d: %d orders", st.number, len(orders)))
	}
	o := orders[max(0, slices.IndexFunc(orders, func(x order) bool { return x.MobussID == known.MobussID }))]
	var comments, reports []string
	for _, c := range o.Comments {
		if c.Legacy == "" {
			reports = append(reports, c.Text)
		} else {
			comments = append(comments, c.Text)
		}
	}
	f.compare(fmt.Sprintf("%d: comments in the field", st.number), comments, st.texts("40"))
	f.compare(fmt.Sprintf("%d: the technician's own comments", st.number), reports, st.reports)
	var visits []string
	for _, v := range o.Visits {
		visits = append(visits, v.Legacy)
	}
	if wanted := len(st.texts("30")); len(visits) != wanted {
		if len(visits) > wanted && len(slices.Compact(slices.Sorted(slices.Values(visits)))) <= wanted {
			f.twice = append(f.twice, fmt.Sprintf("%d: %d visits, want %d", st.number, len(visits), wanted))
		} else {
			f.found("%d: %d visits, want %d", st.number, len(visits), wanted)
		}
	}
	if o.State != "encerrada" || o.Solution != st.solution {
		f.found("%d: its order is %s with solution %q, want encerrada with %q", st.number, o.State, o.Solution, st.solution)
	}
}

func (st *story) texts(status string) (out []string) {
	for _, s := range st.steps {
		if s.status == status {
			out = append(out, s.comment)
		}
	}
	return out
}

// compare tells what came twice from what was lost or came out of order.
func (f *findings) compare(what string, got, want []string) {
	if slices.Equal(got, want) {
		return
	}
	var once []string
	for _, g := range got {
		if slices.Contains(once, g) {
			f.twice = append(f.twice, what+": twice: "+g)
		} else {
			once = append(once, g)
		}
	}
	if !slices.Equal(once, want) {
		f.found("%s are %q, want %q", what, got, want)
	}
}

// points is what a movement to a status sends.
var points = map[string]string{"20": "MOBUSS_ISA", "30": "MOBUSS_IVV", "40": "MOBUSS_ICSA", "80": "MOBUSS_SRSA"}

// atTheDesk: every acknowledged movement once, its delivery delivered, the order's number and the technician's word.
func (f *findings) atTheDesk(st *story, o occurrence, orders []order, set bool) {
	var deliveries, wanted []string
	for _, d := range o.Deliveries {
		deliveries = append(deliveries, strings.TrimSpace(d.Point+" "+d.State+" "+d.Error))
	}
	asked, told := []string{"10 "}, []string(nil)
	for _, s := range st.steps {
		wanted = append(wanted, points[s.status]+" entregue")
		asked = append(asked, s.status+" "+s.comment)
	}
	if !slices.Equal(deliveries, wanted) {
		f.found("%d: deliveries %q, want %q", st.number, deliveries, wanted)
	}
	var house []string
	for _, m := range o.Movements {
		switch m.Origin {
		case "casa":
			house = append(house, m.Status+" "+m.Comment)
		case "mobuss":
			told = append(told, m.Comment)
		}
	}
	reports := slices.Clone(st.reports)
	if set { // by date, and the dates are wrong: each has to be there, once
		for _, list := range [][]string{house, asked, told, reports} {
			slices.Sort(list)
		}
	}
	f.compare(fmt.Sprintf("%d: the house's movements", st.number), house, asked)
	f.compare(fmt.Sprintf("%d: the field's comments at the desk", st.number), told, reports)
	if o.Status != "90" {
		f.found("%d: its status is %s, want 90", st.number, o.Status)
	}
	if len(orders) > 0 && !slices.ContainsFunc(orders, func(x order) bool { return x.MobussID == o.MobussID && x.Number == o.Order }) {
		f.found("%d: it says order %s (%s), which is not among its orders", st.number, o.Order, o.MobussID)
	}
}

// TestControlOracle shows that each kind of wrong is found: twice, lost, out of order.
func TestControlOracle(t *testing.T) {
	want := []string{"a", "b", "c"}
	for _, c := range []struct {
		got             []string
		twice, problems int
	}{
		{[]string{"a", "b", "c"}, 0, 0}, {[]string{"a", "b", "b", "c"}, 1, 0}, {[]string{"a", "b", "c", "a", "a"}, 2, 0},
		{[]string{"a", "c", "b"}, 0, 1}, {[]string{"a", "b"}, 0, 1}, {nil, 0, 1}, {[]string{"a", "b", "c", "d"}, 0, 1},
		{[]string{"c", "c", "a", "b"}, 1, 1},
	} {
		f := &findings{}
		f.compare("it", c.got, want)
		if len(f.twice) != c.twice || len(f.problems) != c.problems {
			t.Errorf("%q: found %q and %q, want %d twice and %d problems", c.got, f.twice, f.problems, c.twice, c.problems)
		}
	}
}
