package outbox

import (
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"ponte/internal/connector"
	"ponte/internal/flow"
)

// A breaker opens after this many calls in a row that did not reach the field's tool, and probes with one call
// after a pause.
const (
	breakerFailures = 12
	breakerPause    = 5 * time.Second
)

// breaker pauses a route whose other side is down. Waiting for it is not failure: its time does not count
// towards a delivery's limit.
type breaker struct {
	cb circuitbreaker.CircuitBreaker[any]

	mu       sync.Mutex
	openedAt time.Time  // zero while closed
	pauses   []interval // past ones, oldest first
}

type interval struct{ from, to time.Time }

const pausesKept = 1000

func (b *Outbox) breaker(r flow.Route) *breaker {
	b.ways.Lock()
	defer b.ways.Unlock()
	if br, ok := b.breakers[r]; ok {
		return br
	}
	br := &breaker{}
	watch := func(open bool) {
		if b.Watch.Breaker != nil {
			b.Watch.Breaker(r, open)
		}
	}
	br.cb = circuitbreaker.NewBuilder[any]().WithFailureThreshold(breakerFailures).WithSuccessThreshold(1).WithDelay(breakerPause).
		OnOpen(func(circuitbreaker.StateChangedEvent) {
			b.Log.Warn("breaker open: the field's tool does not answer", "environment", r.Environment)
			watch(true)
		}).
		OnClose(func(circuitbreaker.StateChangedEvent) {
			b.Log.Info("breaker closed: the field's tool answers", "environment", r.Environment)
			watch(false)
			b.Wake()
		}).Build()
	b.breakers[r] = br
	return br
}

// allow answers how many lanes may be claimed now, and for how long none may. One that is claimed as a probe ends in
// record or unused.
func (br *breaker) allow(idle int) (limit int, wait time.Duration) {
	if br.cb.IsClosed() {
		return idle, 0
	}
	if br.cb.TryAcquirePermit() {
		return 1, 0
	}
	return 0, max(br.cb.RemainingDelay(), 100*time.Millisecond)
}

// unused gives a probe's permit back where nothing was asked by it: the breaker knows no more than before.
func (br *breaker) unused() {
	if !br.cb.IsClosed() {
		br.cb.RecordFailure()
	}
}

// record tells the breaker whether a call reached the other side.
func (br *breaker) record(ok bool, now time.Time) {
	if ok {
		br.cb.RecordSuccess()
	} else {
		br.cb.RecordFailure()
	}
	br.mu.Lock()
	defer br.mu.Unlock()
	switch open := !br.cb.IsClosed(); {
	case open && br.openedAt.IsZero():
		br.openedAt = now
	case !open && !br.openedAt.IsZero():
		br.pauses = append(br.pauses, interval{br.openedAt, now})
		if len(br.pauses) > pausesKept {
			br.pauses = br.pauses[1:]
		}
		br.openedAt = time.Time{}
	}
}

// pausedSince is how long the breaker has been open between from and now.
func (br *breaker) pausedSince(from, now time.Time) (sum time.Duration) {
	br.mu.Lock()
	defer br.mu.Unlock()
	add := func(i interval) {
		if i.from.Before(from) {
			i.from = from
		}
		if i.to.After(i.from) {
			sum += i.to.Sub(i.from)
		}
	}
	for _, p := range br.pauses {
		add(p)
	}
	if !br.openedAt.IsZero() {
		add(interval{br.openedAt, now})
	}
	return sum
}

// reached says whether an exchange reached a server that works. What a server answers, even a refusal, is
// reaching it.
func reached(ex connector.Exchange) bool {
	return ex.Answer != nil && ex.Answer.Status < 500
}
