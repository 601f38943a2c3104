package outbox

import (
	"testing"
	"testing/synctest"
	"time"

	"ponte/internal/connector"
	"ponte/internal/flow"
)

// newBreaker is a route's breaker, with what it announces.
func newBreaker() (br *breaker, told *[]bool) {
	told = new([]bool)
	b := New(Options{Watch: Watcher{Breaker: func(_ flow.Route, open bool) { *told = append(*told, open) }}})
	return b.breaker(flow.Route{}), told
}

func (br *breaker) fail(n int) {
	for range n {
		br.record(false, time.Now())
	}
}

func wantAllowed(t *testing.T, what string, br *breaker, want int) {
	t.Helper()
	if got, wait := br.allow(32); got != want || got == 0 && (wait <= 0 || wait > breakerPause) {
		t.Errorf("%s: %d lanes may be claimed, the next in %v; want %d", what, got, wait, want)
	}
}

// TestBreakerProbesWithOne: it opens after enough failures in a row, asks with one call after a pause, and goes on or
// waits again by what that call meets.
func TestBreakerProbesWithOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br, told := newBreaker()
		br.fail(breakerFailures - 1)
		br.record(true, time.Now()) // not in a row
		br.fail(breakerFailures - 1)
		wantAllowed(t, "before the last failure", br, 32)
		br.fail(1)
		wantAllowed(t, "open", br, 0)
		time.Sleep(breakerPause - time.Millisecond)
		wantAllowed(t, "not yet", br, 0)
		time.Sleep(time.Millisecond)
		wantAllowed(t, "the probe", br, 1)
		wantAllowed(t, "while it is on its way", br, 0)
		br.fail(1)
		wantAllowed(t, "the probe failed", br, 0)
		time.Sleep(breakerPause)
		wantAllowed(t, "the next probe", br, 1)
		br.record(true, time.Now())
		wantAllowed(t, "it answered", br, 32)
		if len(*told) != 3 || !(*told)[0] || !(*told)[1] || (*told)[2] {
			t.Errorf("announced open: %v", *told)
		}
	})
}

// TestBreakerNeverRunsOutOfProbes: a probe that could not be made, because nothing was due any more or the database
// did not answer, is given back.
func TestBreakerNeverRunsOutOfProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br, _ := newBreaker()
		br.unused()
		wantAllowed(t, "nothing to give back", br, 32)
		br.fail(breakerFailures)
		for range 3 * breakerFailures {
			time.Sleep(breakerPause)
			wantAllowed(t, "a probe", br, 1)
			br.unused()
			wantAllowed(t, "nothing was asked, so nothing is known", br, 0)
		}
		time.Sleep(breakerPause)
		wantAllowed(t, "the last probe", br, 1)
		br.record(true, time.Now())
		wantAllowed(t, "it answered", br, 32)
	})
}

// TestBreakerLateAnswers: calls that were on their way when it opened come back afterwards; they neither close it
// nor use up its probe.
func TestBreakerLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br, _ := newBreaker()
		br.fail(breakerFailures)
		br.record(true, time.Now())
		br.fail(3)
		wantAllowed(t, "late answers", br, 0)
		time.Sleep(breakerPause)
		wantAllowed(t, "the probe", br, 1)
	})
}

// TestPausedTime is what the breaker was open for between two moments.
func TestPausedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br, _ := newBreaker()
		began := time.Now()
		after := began.Add
		want := func(from, to, paused time.Duration) {
			t.Helper()
			if got := br.pausedSince(after(from), after(to)); got != paused {
				t.Errorf("from %v to %v: %v, want %v", from, to, got, paused)
			}
		}
		open := func(from, to time.Duration) {
			time.Sleep(time.Until(after(from)))
			br.fail(breakerFailures)
			time.Sleep(time.Until(after(to)))
			br.allow(1)
			br.record(true, time.Now())
		}
		want(0, time.Hour, 0)
		open(time.Hour, 2*time.Hour)
		open(3*time.Hour, 3*time.Hour+10*time.Minute)
		want(0, 4*time.Hour, 70*time.Minute)
		want(90*time.Minute, 4*time.Hour, 40*time.Minute) // begun within a pause
		want(150*time.Minute, 4*time.Hour, 10*time.Minute)
		want(4*time.Hour, 5*time.Hour, 0)
		time.Sleep(time.Hour)
		br.fail(breakerFailures) // at 4:10, and still open
		want(4*time.Hour, 6*time.Hour, 110*time.Minute)
		br.allow(1)
		br.record(true, time.Now())
		for range pausesKept + 5 {
			now := time.Since(began)
			open(now, now+breakerPause)
		}
		if len(br.pauses) != pausesKept {
			t.Errorf("%d pauses are kept", len(br.pauses))
		}
	})
}

// TestReached: what a server answers below 500, even a refusal, is reaching it.
func TestReached(t *testing.T) {
	for _, c := range []struct {
		x    connector.Exchange
		want bool
	}{
		{answer(200, `{}`), true}, {answer(204, ``), true}, {answer(302, ``), true}, {answer(401, ``), true}, {answer(404, ``), true},
		{answer(422, `{}`), true}, {answer(429, ``), true}, {answer(500, ``), false}, {answer(503, ``), false}, {answer(599, ``), false},
		{unanswered(connector.ReasonTimeout, false), false}, {unanswered(connector.ReasonRefused, true), false},
	} {
		if got := reached(c.x); got != c.want {
			t.Errorf("%d %s: %v", c.x.Status(), c.x.ErrCode, got)
		}
	}
}
