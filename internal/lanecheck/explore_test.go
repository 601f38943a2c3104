package lanecheck

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// exploration is every state that the rules allow, by breadth first: the way to each is a shortest one.
type exploration struct {
	rules
	states []state
	parent []int32
	by     []step
	index  map[state]int32
	edges  []edge
	found  map[wrong]finding
}

type edge struct {
	from, to int32
	step     step
}

// finding is the first time that something was wrong.
type finding struct {
	from int32
	last step
}

// explore tries everything. It goes on behind what is wrong, so that each kind of it is found.
func explore(r rules) *exploration {
	x := &exploration{rules: r, index: map[state]int32{}, found: map[wrong]finding{}}
	x.add(r.start(), -1, step{})
	for i := int32(0); int(i) < len(x.states); i++ {
		r.next(x.states[i], func(by step, n state, bad wrong) {
			to := x.add(r.normal(n), i, by)
			x.edges = append(x.edges, edge{i, to, by})
			x.note(bad, i, by)
			x.note(miscount(&x.states[to]), i, by)
		})
	}
	x.findLost()
	return x
}

func (x *exploration) add(s state, parent int32, by step) int32 {
	if i, ok := x.index[s]; ok {
		return i
	}
	i := int32(len(x.states)) //nolint:gosec // a few hundred thousand
	x.index[s] = i
	x.states, x.parent, x.by = append(x.states, s), append(x.parent, parent), append(x.by, by)
	return i
}

func (x *exploration) note(bad wrong, from int32, by step) {
	if _, known := x.found[bad]; bad != nothingWrong && !known {
		x.found[bad] = finding{from, by}
	}
}

func miscount(s *state) wrong {
	n := int8(0)
	for _, m := range s.msg {
		if m.waits() {
			n++
		}
	}
	if n != s.pending {
		return miscounted
	}
	return nothingWrong
}

// over says whether s is an end that may be: every message that was asked for is settled, or the lane shows that it
// is blocked, and a person will act.
func (x *exploration) over(s *state) bool {
	h := x.head(s)
	return h < 0 || s.msg[h].blocked()
}

// findLost looks for states from which, whatever happens, no such end is reached: something waits there that nobody
// will send.
func (x *exploration) findLost() {
	before := make([][]int32, len(x.states))
	for _, e := range x.edges {
		if e.step.act != enqueue && e.step.act != enqueueBroken { // a lane must not need another message to go on
			before[e.to] = append(before[e.to], e.from)
		}
	}
	reaches := make([]bool, len(x.states))
	var todo []int32
	for i := range x.states {
		if x.over(&x.states[i]) {
			reaches[i] = true
			todo = append(todo, int32(i)) //nolint:gosec // a few hundred thousand
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range before[i] {
			if !reaches[p] {
				reaches[p] = true
				todo = append(todo, p)
			}
		}
	}
	if i := slices.Index(reaches, false); i >= 0 {
		x.found[lost] = finding{x.parent[i], x.by[i]}
	}
}

// way is the steps from the beginning to state i.
func (x *exploration) way(i int32) (steps []step) {
	for ; x.parent[i] >= 0; i = x.parent[i] {
		steps = append(steps, x.by[i])
	}
	slices.Reverse(steps)
	return steps
}

// tell writes down how something wrong came about.
func (x *exploration) tell(bad wrong) string {
	f := x.found[bad]
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", bad)
	for _, s := range append(x.way(f.from), f.last) {
		b.WriteString(" " + s.String())
	}
	return b.String()
}

func (x *exploration) kinds() []wrong { return slices.Sorted(maps.Keys(x.found)) }
