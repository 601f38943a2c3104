package outbox

import "ponte/internal/flow"

// ramp lets a backlog drain gently after a pause: one call at a time at first, one more after every second that works, one
// fewer after each that does not, until there are as many as ever. So a tool that has just come back, and fails more than
// a third of its calls, gets fewer.
type ramp struct {
	at   int // calls at once; 0: as many as ever
	good int // that worked since it grew
}

// worked steps after a call, and says whether there is more room; full is as many as ever.
func (r *ramp) worked(ok bool, full int) (more bool) {
	switch {
	case r.at == 0:
		return false
	case !ok:
		r.at, r.good = max(1, r.at-1), 0
		return false
	}
	if r.good++; r.good < rampStep {
		return false
	}
	if r.at, r.good = r.at+1, 0; r.at >= full {
		r.at = 0
	}
	return true
}

const rampStep = 2

// met tells the ramp how a call went, and says whether there is more room now; workers is how many there are.
func (l *allowance) met(ok bool, workers int) (more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if most := l.is.Concurrent; most > 0 {
		workers = min(workers, most)
	}
	return l.ramp.worked(ok, workers)
}

// drain begins a ramp on a route that goes on.
func (b *Outbox) drain(r flow.Route) {
	b.ways.Lock()
	defer b.ways.Unlock()
	l, ok := b.allowances[r]
	if !ok {
		l = &allowance{}
		b.allowances[r] = l
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ramp = ramp{at: 1}
}
