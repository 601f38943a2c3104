package outbox

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/tracing"
)

// gate is an answer that waits until it is let through; the test hears of each caller.
type gate struct{ came, pass chan bool }

func newGate() gate { return gate{make(chan bool, 1000), make(chan bool)} }

func (g gate) answer(call) (int, string) {
	g.came <- true
	<-g.pass
	return http.StatusOK, okOpen
}

// TestNeverMoreLanesThanWorkers: lanes wait in the database, not claimed in memory, where they would outlive their
// leases. The poll is too long to help: wake-ups and freed workers are enough.
func TestNeverMoreLanesThanWorkers(t *testing.T) {
	const workers, lanes = 3, 11
	s := newSite(t, Options{Idle: workers, Poll: time.Hour}, nil)
	g := newGate()
	var now, most atomic.Int64
	s.answer(func(c call) (int, string) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		return g.answer(c)
	})
	for range lanes {
		s.opening()
	}
	s.box.Start()
	for i := range lanes {
		inFlight := min(workers, lanes-i)
		if i == 0 {
			await(t, "the first calls", g.came, inFlight)
		} else if inFlight == workers {
			await(t, "the next call", g.came, 1)
		}
		if sending, queued := s.count(desk.Sending), s.count(desk.Queued); sending != int64(inFlight) || queued != int64(lanes-i-inFlight) {
			t.Fatalf("%d done: %d are sending and %d queued", i, sending, queued)
		}
		g.pass <- true
		await(t, "its settlement", s.settled, 1)
	}
	s.must(s.box.Stop(t.Context()))
	if s.count(desk.Delivered) != lanes || most.Load() != workers {
		t.Errorf("%d delivered, at most %d at once", s.count(desk.Delivered), most.Load())
	}
}

// TestStopDrains: what is on the wire is finished and settled, nothing more is claimed, and no lease is left.
func TestStopDrains(t *testing.T) {
	s := newSite(t, Options{Idle: 1, Poll: time.Hour}, nil)
	g := newGate()
	s.answer(g.answer)
	first, second := s.opening(), s.opening()
	s.box.Start()
	await(t, "the call", g.came, 1)
	done := make(chan error, 1)
	go func() { done <- s.box.Stop(context.Background()) }()
	<-s.box.stopped
	g.pass <- true
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if a, b := s.last(first).State, s.last(second).State; a != desk.Delivered || b != desk.Queued {
		t.Errorf("after Stop: %s and %s", a, b)
	}
	if jobs := s.successor(); len(jobs) != 1 || jobs[0].LookUp {
		t.Errorf("the successor finds %+v", jobs)
	}
}

// TestStopHandsBack: what does not come back in time is handed to whoever comes next, who looks it up; the answer
// that comes afterwards writes nothing.
func TestStopHandsBack(t *testing.T) {
	s := newSite(t, Options{Idle: 2, Poll: time.Hour}, nil)
	g := newGate()
	s.answer(g.answer)
	n := s.opening()
	s.box.Start()
	await(t, "the call", g.came, 1)
	soon, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.box.Stop(soon); !errors.Is(err, context.Canceled) {
		t.Errorf("Stop: %v", err)
	}
	jobs := s.successor()
	if len(jobs) != 1 || !jobs[0].LookUp {
		t.Fatalf("the successor finds %+v", jobs)
	}
	g.pass <- true
	s.box.workers.Wait()
	if d := s.last(n); d.State != desk.Uncertain || len(s.settled) != 0 {
		t.Errorf("the answer that came too late wrote: %+v", d)
	}
	s.must(s.Settle(t.Context(), jobs[0], flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-1"}}))
	if d := s.last(n); d.State != desk.Delivered {
		t.Errorf("%+v", d)
	}
}

// TestDueLanesNeedNoPoll: a retry is made when it is due, though nobody wakes the outbox then.
func TestDueLanesNeedNoPoll(t *testing.T) {
	s := newSite(t, Options{Idle: 4, Poll: time.Hour}, nil)
	var calls atomic.Int64
	s.answer(func(call) (int, string) {
		if calls.Add(1) == 1 {
			return http.StatusServiceUnavailable, ""
		}
		return http.StatusOK, okOpen
	})
	s.box.Start()
	n := s.opening()
	await(t, "the call and its retry", s.settled, 2)
	s.must(s.box.Stop(t.Context()))
	if d := s.last(n); d.State != desk.Delivered || d.Attempts != 2 {
		t.Errorf("%+v", d)
	}
}

// TestARoundThatClaimsStillKnowsWhatIsDue: a call on its way must not keep an idle worker from a retry that becomes due.
func TestARoundThatClaimsStillKnowsWhatIsDue(t *testing.T) {
	clock := noon
	s := newSite(t, Options{Now: func() time.Time { return clock }, Idle: 4, Poll: time.Hour}, nil)
	s.answer(func(call) (int, string) { return http.StatusServiceUnavailable, "" })
	s.opening()
	round := func() time.Duration {
		t.Helper()
		wait, err := s.box.claim(t.Context(), s.route)
		s.must(err)
		return wait
	}
	round()
	s.box.workers.Wait()
	g := newGate()
	s.answer(g.answer)
	s.opening()
	if wait := round(); wait <= 0 || wait > time.Second {
		t.Errorf("the next round comes in %v, and a retry is due in 200 ms", wait)
	}
	close(g.pass)
	s.box.workers.Wait()
}

// TestThePauseIsNotTheLimit: a delivery whose route was paused for longer than the limit is not a failure, also when
// the very next attempt fails; the same time without a pause is.
func TestThePauseIsNotTheLimit(t *testing.T) {
	for _, paused := range []bool{true, false} {
		clock := noon
		s := newSite(t, Options{Now: func() time.Time { return clock }}, nil)
		s.answer(func(call) (int, string) { return http.StatusServiceUnavailable, "" })
		n := s.opening()
		br := s.box.breaker(s.route)
		try := func() {
			t.Helper()
			_, jobs, err := s.box.take(t.Context(), s.route, 1)
			s.must(err)
			ep, err := s.Endpoint(t.Context(), s.route.Connection, s.route.Environment)
			s.must(err)
			if _, err = s.box.one(t.Context(), route{s.route, br, &allowance{}, ep, nil}, jobs[0], false, tracing.Span{}); err != nil {
				t.Fatal(err)
			}
		}
		try()
		if paused {
			s.fail(s.box, breakerFailures)
		}
		clock = clock.Add(30 * time.Hour)
		try()
		want := desk.Refused
		if paused {
			want = desk.Queued
		}
		d := s.last(n)
		row, err := s.Store.Read().DeliveryByID(t.Context(), d.ID)
		s.must(err)
		if d.State != want || (row.PausedMs == (30*time.Hour).Milliseconds()) != paused {
			t.Errorf("paused %v: %s, %d ms of it paused", paused, d.State, row.PausedMs)
		}
	}
}

// TestNothingToAsk: where a point can't be looked up, a person is asked and nothing is sent; the breaker learns
// nothing from that.
func TestNothingToAsk(t *testing.T) {
	clock := noon
	s := newSite(t, Options{Now: func() time.Time { return clock }}, func(c *mapping.Config) {
		p := c.Integration.Points[desk.OpenOrder]
		p.LookUp = ""
		c.Integration.Points[desk.OpenOrder] = p
	})
	n := s.opening()
	if jobs := s.successor(); len(jobs) != 1 {
		t.Fatal("not claimed")
	}
	clock = clock.Add(time.Hour) // and it died
	s.fail(s.box, breakerFailures)
	clock = clock.Add(askDown)
	_, err := s.box.claim(t.Context(), s.route)
	s.must(err)
	s.box.workers.Wait()
	if d := s.last(n); d.State != desk.Uncertain || !d.NeedsPerson || d.Reason.Code != desk.WhyNoLookUp || s.asked.Load() != 0 {
		t.Errorf("%+v, %d calls", d, s.asked.Load())
	}
	if s.pause() == nil {
		t.Error("the pause ends though nothing was asked")
	}
	s.must(s.Resend(t.Context(), flowtest.Attendant(), s.last(n).ID))
}
