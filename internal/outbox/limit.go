package outbox

import (
	"sync"
	"time"

	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// allowance holds a route to what its connection allows, in this process. Permits are taken before lanes are claimed, so
// that one that has to wait stays as it is: no attempt is counted, no lease runs.
//
// A permit is good for one call. Counted is exactly: never more in any second, and in any minute, wherever that
// begins. A token bucket (x/time/rate) would let through twice as many around its refill, or none at once.
type allowance struct {
	mu      sync.Mutex
	is      mapping.Limits
	windows [2]window // of a second and of a minute
	running int       // calls on the wire, or about to be
	ramp    ramp
	waiting bool // as last told
}

// window remembers the last calls of a span, the oldest first.
type window struct {
	most  int // 0: no limit
	span  time.Duration
	calls []time.Time
}

// free answers how many calls may begin at now, and how long until one may where none may.
func (w *window) free(now time.Time, n int) (int, time.Duration) {
	if w.most == 0 {
		return n, 0
	}
	gone := 0
	for gone < len(w.calls) && now.Sub(w.calls[gone]) >= w.span {
		gone++
	}
	w.calls = w.calls[gone:]
	if left := w.most - len(w.calls); left > 0 {
		return min(n, left), 0
	}
	return 0, w.span - now.Sub(w.calls[len(w.calls)-w.most])
}

func (w *window) add(now time.Time, n int) {
	for range n {
		if w.most > 0 {
			w.calls = append(w.calls, now)
		}
	}
}

func (w *window) remove(n int) { w.calls = w.calls[:max(0, len(w.calls)-n)] }

// set takes over what the running configuration says. What was called counts on.
func (l *allowance) set(is mapping.Limits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.is = is
	for i, w := range []window{{most: is.PerSecond, span: time.Second}, {most: is.PerMinute, span: time.Minute}} {
		w.calls = l.windows[i].calls
		l.windows[i] = w
	}
}

// take answers how many of n calls may begin now, and for how long none may; zero where one that ends makes room. Each
// one taken ends in done or giveBack.
func (l *allowance) take(now time.Time, n int) (got int, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if most := l.most(); most > 0 {
		if n = min(n, most-l.running); n <= 0 {
			return 0, 0
		}
	}
	got, wait = l.rate(now, n)
	l.running += got
	return got, wait
}

func (l *allowance) rate(now time.Time, n int) (got int, wait time.Duration) {
	got = n
	for i := range l.windows {
		free, until := l.windows[i].free(now, n)
		got, wait = min(got, free), max(wait, until)
	}
	for i := range l.windows {
		l.windows[i].add(now, got)
	}
	return got, wait
}

// again takes a further call for a worker that goes on with its place.
func (l *allowance) again(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if most := l.most(); most > 0 && l.running > most { // it was too many at once
		return false
	}
	got, _ := l.rate(now, 1)
	return got == 1
}

// unasked gives back what again took and nothing used.
func (l *allowance) unasked() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.windows {
		l.windows[i].remove(1)
	}
}

// giveBack is for n that were taken and not used.
func (l *allowance) giveBack(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running -= n
	for i := range l.windows {
		l.windows[i].remove(n)
	}
}

// done says that a worker's calls have ended.
func (l *allowance) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
}

// allowance is a route's, as the running configuration has it.
func (b *Outbox) allowance(r flow.Route, is mapping.Limits) *allowance {
	b.ways.Lock()
	defer b.ways.Unlock()
	l, ok := b.allowances[r]
	if !ok {
		l = &allowance{}
		b.allowances[r] = l
	}
	l.set(is)
	return l
}

// most is how many calls may be on the wire at once: what the connection allows, and while a backlog drains the ramp. 0 is
// any number.
func (l *allowance) most() int {
	if at := l.ramp.at; at > 0 && (l.is.Concurrent == 0 || at < l.is.Concurrent) {
		return at
	}
	return l.is.Concurrent
}

// tell says whether lanes wait for a limit, where that changed.
func (b *Outbox) tell(r flow.Route, l *allowance, waiting bool) {
	if l.waiting != waiting && b.Watch.Limited != nil {
		b.Watch.Limited(r, waiting)
	}
	l.waiting = waiting
}
