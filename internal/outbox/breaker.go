package outbox

import (
	"context"
	"sync"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// A route is paused after this many calls in a row, of this process, that did not reach the field's tool. Then it is asked
// with one call at a time.
const (
	breakerFailures = 12
	// askDown is how long nobody asks a tool that did not answer, unless Options say otherwise.
	askDown = 5 * time.Second
	// askDenied is how long nobody asks one that refused our credentials: whoever tries the same ones again and again is
	// locked out. Who changes them, or wants to know, has it asked at once.
	askDenied = 10 * time.Minute
	// askLease is how long a question may take before another process asks too.
	askLease = 30 * time.Second
)

// breaker is a route's pause as this process sees it. The pause itself is a row that all processes share (flow.Pause):
// it holds after a restart and for every replica, and its time does not count towards a delivery's limit.
type breaker struct {
	box   *Outbox
	route flow.Route

	looking sync.Mutex // what was read later is seen later

	mu      sync.Mutex
	pause   *flow.Pause // as last seen; nil: the route is open
	failed  int         // calls in a row that did not reach the tool
	failing time.Time   // the first of them

	confirming sync.Mutex // one question at a time about a credential that was refused
}

func (b *Outbox) breaker(r flow.Route) *breaker {
	b.ways.Lock()
	defer b.ways.Unlock()
	br, ok := b.breakers[r]
	if !ok {
		br = &breaker{box: b, route: r}
		b.breakers[r] = br
	}
	return br
}

// open says whether the route is paused, as far as this process has heard.
func (br *breaker) open() *flow.Pause {
	br.mu.Lock()
	defer br.mu.Unlock()
	return br.pause
}

// look reads whether the route is paused. What another process wrote is told here, where it is seen first.
func (br *breaker) look(ctx context.Context) (*flow.Pause, error) {
	br.looking.Lock()
	defer br.looking.Unlock()
	all, err := br.box.Flow.Pauses(ctx)
	if err != nil {
		return br.open(), err
	}
	var now *flow.Pause
	for i := range all {
		if all[i].Route == br.route {
			now = &all[i]
		}
	}
	br.see(now)
	return now, nil
}

// see takes in what the route is now.
func (br *breaker) see(now *flow.Pause) {
	br.mu.Lock()
	before := br.pause
	br.pause = now
	if now == nil && before != nil {
		br.failed = 0
	}
	br.mu.Unlock()
	switch {
	case before == nil && now == nil, before != nil && now != nil && before.Same(*now):
		return
	case before == nil:
		br.box.Log.Warn("route paused", "environment", br.route.Environment, "cause", now.Cause, "reason", now.Reason.Code)
	case now == nil:
		br.box.Log.Info("route goes on", "environment", br.route.Environment, "paused", br.box.Now().Sub(before.Began).String())
		br.box.drain(br.route)
	}
	if (before == nil) != (now == nil) && br.box.Watch.Breaker != nil {
		br.box.Watch.Breaker(br.route, now != nil)
	}
	br.box.Flow.PauseSeen()
	br.box.Wake()
}

// Health is what a call says of the route.
type Health int

const (
	// Silent: nothing was asked of the tool, so nothing is known.
	Silent Health = iota
	// Works: it answered, be it a refusal.
	Works
	// Down: it could not be reached, or answered that it can't work.
	Down
	// Denied: it does not accept our credentials.
	Denied
)

// record takes in what a call said of the route; ask is the question for everybody that the call was, or nil. A good
// answer to a call that was on its way when the pause began ends nothing: only what was asked since does.
func (br *breaker) record(ctx context.Context, h Health, why desk.Reason, ask *flow.Pause) {
	var err error
	f, now := br.box.Flow, br.box.Now()
	met := flow.Met{Cause: desk.PauseDown, Reason: why, Failing: now, AskIn: br.box.Pause}
	if h == Denied {
		met.Cause, met.AskIn = desk.PauseCredential, askDenied
	}
	switch {
	case ask != nil && h == Works:
		err = f.EndPause(ctx, *ask)
	case ask != nil && h == Silent:
		met.Cause, met.Reason = ask.Cause, ask.Reason
		err = f.StayPaused(ctx, *ask, met)
	case ask != nil:
		err = f.StayPaused(ctx, *ask, met)
	default:
		var pauses bool
		if met.Failing, pauses = br.count(h, now); !pauses {
			return
		}
		err = f.BeginPause(ctx, br.route, met)
	}
	if err == nil {
		_, err = br.look(ctx)
	}
	if err != nil {
		br.box.complain(ctx, "outbox: pause", err)
	}
}

// count counts failures in a row, and says whether they are enough for a pause.
func (br *breaker) count(h Health, now time.Time) (since time.Time, pauses bool) {
	br.mu.Lock()
	defer br.mu.Unlock()
	switch h {
	case Works:
		br.failed = 0
	case Down:
		if br.failed++; br.failed == 1 {
			br.failing = now
		}
		return br.failing, br.failed >= breakerFailures && br.pause == nil
	case Denied:
		return now, br.pause == nil
	}
	return now, false
}

// reached says whether an exchange reached a server that works. What a server answers, even a refusal, is
// reaching it.
func reached(ex connector.Exchange) bool {
	return ex.Answer != nil && ex.Answer.Status < 500
}
