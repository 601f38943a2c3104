package sandbox

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// laneWorkers bounds how many orders are told of at once.
const laneWorkers = 8

// lanes carries the queued calls to Ponte: an order's calls one after the other, different orders side by side. What
// is queued lies in the state; here is only who is due, so nothing here need survive.
type lanes struct {
	s      *Server
	sender *sender
	after  func(time.Duration, func()) (cancel func() bool) // tests supply their own clock

	mu       sync.Mutex
	due      sync.Cond
	ready    []int64         // orders to be served, first come first
	lanes    map[int64]*lane // orders with something in the queue
	stopping bool
	cancel   context.CancelFunc
	workers  sync.WaitGroup
}

type lane struct {
	busy   bool        // a worker has it
	listed bool        // it stands in ready
	more   bool        // work came while it was busy
	roused bool        // the address changed while it was busy
	failed int         // attempts since the last that settled
	cancel func() bool // of the wait for its next attempt; nil: it does not wait
	until  time.Time   // when that wait ends
}

func newLanes(s *Server) *lanes {
	l := &lanes{s: s, sender: newSender(s.cfg.CallTimeout), lanes: make(map[int64]*lane),
		after: func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }}
	l.due.L = &l.mu
	for _, o := range s.state.orders {
		if o.pending() != nil {
			l.wake(o.seq)
		}
	}
	return l
}

func (l *lanes) start(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping || l.cancel != nil {
		cancel()
		return
	}
	l.cancel = cancel
	context.AfterFunc(ctx, l.halt)
	for range laneWorkers {
		l.workers.Go(func() { l.work(ctx) })
	}
}

// halt tells the workers to end.
func (l *lanes) halt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	for _, e := range l.lanes {
		e.stopWaiting()
	}
	l.due.Broadcast()
}

// stop ends the workers and waits for them.
func (l *lanes) stop() {
	l.halt()
	l.mu.Lock()
	if l.cancel != nil {
		l.cancel()
	}
	l.mu.Unlock()
	l.workers.Wait()
	l.sender.close()
}

// wake tells of new work for an order. A lane that waits for its next attempt goes on waiting: Ponte may have asked
// for that.
func (l *lanes) wake(seq int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.lanes[seq]
	if e == nil {
		e = new(lane)
		l.lanes[seq] = e
	}
	switch {
	case e.busy:
		e.more = true
	case e.cancel == nil:
		l.list(seq, e)
	}
}

// rouse makes every lane due at once, waiting or not: the address changed, or the orders are gone.
func (l *lanes) rouse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for seq, e := range l.lanes {
		e.stopWaiting()
		if e.busy {
			e.roused = true
		} else {
			l.list(seq, e)
		}
	}
}

// waited ends a lane's wait for its next attempt.
func (l *lanes) waited(seq int64, e *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lanes[seq] == e && e.cancel != nil {
		e.cancel = nil
		l.list(seq, e)
	}
}

func (e *lane) stopWaiting() {
	if e.cancel != nil {
		e.cancel()
		e.cancel = nil
	}
}

// list puts a lane in line, once. The mutex is held.
func (l *lanes) list(seq int64, e *lane) {
	if !e.listed {
		e.listed = true
		l.ready = append(l.ready, seq)
		l.due.Signal()
	}
}

func (l *lanes) work(ctx context.Context) {
	for {
		l.mu.Lock()
		for len(l.ready) == 0 && !l.stopping {
			l.due.Wait()
		}
		if l.stopping {
			l.mu.Unlock()
			return
		}
		seq := l.ready[0]
		l.ready = l.ready[1:]
		e := l.lanes[seq]
		e.listed, e.busy, e.more, e.roused = false, true, false, false
		l.mu.Unlock()

		n := l.s.serveLane(ctx, seq)

		l.mu.Lock()
		l.settle(seq, e, n)
		l.mu.Unlock()
	}
}

// step is what a lane wants after it was served once.
type step int

const (
	laneEmpty step = iota // nothing is queued, or the order is gone
	laneMore              // look again at once
	laneRetry             // try the same call again, later
	laneWait              // nobody can be called now
)

type next struct {
	step
	atLeast time.Duration // of laneRetry: what Retry-After asked for
}

// settle acts on what a served lane wants. The mutex is held.
func (l *lanes) settle(seq int64, e *lane, n next) {
	e.busy = false
	if n.step != laneRetry {
		e.failed = 0
	}
	switch {
	case n.step == laneMore || e.roused || e.more && n.step == laneEmpty:
		l.list(seq, e)
	case n.step == laneEmpty:
		delete(l.lanes, seq)
	case n.step == laneRetry && !l.stopping:
		wait := l.backoff(e.failed, n.atLeast)
		e.failed++
		e.cancel, e.until = l.after(wait, func() { l.waited(seq, e) }), time.Now().Add(wait)
	}
}

// nextTry is how long an order's lane still waits before it tries the same call again. Not waiting: it is being tried, or
// nobody can be called now.
func (l *lanes) nextTry(seq int64) (left time.Duration, waiting bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.lanes[seq]
	if e == nil || e.cancel == nil {
		return 0, false
	}
	return max(time.Until(e.until), 0), true
}

// running says whether anybody is called at all: between Start and Stop.
func (l *lanes) running() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cancel != nil && !l.stopping
}

// backoff doubles from RetryMin to RetryMax, of which the half is random, and is never shorter than what was asked for.
func (l *lanes) backoff(failed int, atLeast time.Duration) time.Duration {
	d := l.s.cfg.RetryMax
	if failed < 30 {
		d = min(d, l.s.cfg.RetryMin<<failed)
	}
	return max(d/2+rand.N(d/2+1), atLeast)
}
