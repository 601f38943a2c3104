package outbox

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// TestNeverMoreThanAllowed: in any second and any minute, wherever it begins, and never more at once; and what may go is
// not held back.
func TestNeverMoreThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		is := mapping.Limits{PerSecond: rapid.IntRange(0, 4).Draw(t, "per second"), PerMinute: rapid.IntRange(0, 9).Draw(t, "per minute"),
			Concurrent: rapid.IntRange(0, 3).Draw(t, "at once")}
		l := &allowance{}
		l.set(is)
		now, running := noon, 0
		var calls []time.Time
		within := func(span time.Duration) (n int) {
			for _, c := range calls {
				if now.Sub(c) < span {
					n++
				}
			}
			return n
		}
		full := func() bool {
			return is.PerSecond > 0 && within(time.Second) >= is.PerSecond || is.PerMinute > 0 && within(time.Minute) >= is.PerMinute
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"take", "take", "take", "again", "end", "later"}).Draw(t, "step") {
			case "take":
				wanted := rapid.IntRange(1, 5).Draw(t, "wanted")
				got, wait := l.take(now, wanted)
				used := rapid.IntRange(0, got).Draw(t, "used")
				if got == 0 && !full() && (is.Concurrent == 0 || running < is.Concurrent) {
					t.Fatalf("held back: %d running, %v", running, calls)
				}
				if got == 0 && wait > 0 {
					now = now.Add(wait)
					if full() {
						t.Fatalf("it said %v, and then there is no room yet", wait)
					}
				}
				l.giveBack(got - used)
				running += used
				for range used {
					calls = append(calls, now)
				}
			case "again":
				if running > 0 && l.again(now) {
					if rapid.Bool().Draw(t, "asked") {
						calls = append(calls, now)
					} else {
						l.unasked()
					}
				}
			case "end":
				if running > 0 {
					running--
					l.done()
				}
			case "later":
				now = now.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "ms")) * time.Millisecond)
			}
			if is.PerSecond > 0 && within(time.Second) > is.PerSecond || is.PerMinute > 0 && within(time.Minute) > is.PerMinute ||
				is.Concurrent > 0 && running > is.Concurrent {
				t.Fatalf("%+v: %d in the last second, %d in the last minute, %d at once", is, within(time.Second), within(time.Minute), running)
			}
		}
	})
}

// TestLimitsThatChange: a stricter one counts what went before, a dropped one lets everything through.
func TestLimitsThatChange(t *testing.T) {
	l := &allowance{}
	l.set(mapping.Limits{PerMinute: 10})
	if got, _ := l.take(noon, 8); got != 8 {
		t.Fatal(got)
	}
	l.set(mapping.Limits{PerMinute: 3})
	if got, wait := l.take(noon.Add(time.Second), 5); got != 0 || wait != 59*time.Second {
		t.Errorf("%d, wait %v", got, wait)
	}
	l.set(mapping.Limits{})
	if got, _ := l.take(noon.Add(time.Second), 50); got != 50 {
		t.Error(got)
	}
}

// TestAtMostSoManyAtOnce: twelve lanes, eight workers, two calls at a time; all are delivered at their first attempt.
func TestAtMostSoManyAtOnce(t *testing.T) {
	for _, concurrent := range []int{2, 0} { // 0 is the control: without a limit there are more at once
		var told atomic.Int64
		s := newSite(t, Options{Idle: 8, Poll: time.Hour, Watch: Watcher{Limited: func(_ flow.Route, waiting bool) {
			if waiting {
				told.Add(1)
			}
		}}}, func(c *mapping.Config) { c.Integration.Policy.Limits.Concurrent = concurrent })
		g := newGate()
		var now, most atomic.Int64
		s.answer(func(c call) (int, string) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			defer now.Add(-1)
			return g.answer(c)
		})
		var numbers []int64
		for range 12 {
			numbers = append(numbers, s.opening())
		}
		s.box.Start()
		want := 8
		if concurrent > 0 {
			want = concurrent
		}
		await(t, "the first calls", g.came, want)
		for i := range 12 {
			g.pass <- true
			await(t, "a settlement", s.settled, 1)
			if left := 12 - want - i; left > 0 {
				await(t, "the next call", g.came, 1)
			}
		}
		s.must(s.box.Stop(t.Context()))
		if most.Load() != int64(want) || (told.Load() > 0) != (concurrent > 0) {
			t.Errorf("limit %d: %d at once, told %d times", concurrent, most.Load(), told.Load())
		}
		for _, n := range numbers {
			if d := s.last(n); d.State != desk.Delivered || d.Attempts != 1 {
				t.Errorf("%s after %d attempts", d.State, d.Attempts)
			}
		}
	}
}

// TestLanesWaitForTheMinute: three a minute, by a clock that the test moves. What waits stays in the queue with no
// attempt counted, and goes when there is room.
func TestLanesWaitForTheMinute(t *testing.T) {
	var ahead atomic.Int64
	clock := func() time.Time { return noon.Add(time.Duration(ahead.Load())) }
	limited := make(chan bool, 100)
	s := newSite(t, Options{Idle: 4, Poll: time.Hour, Now: clock, Watch: Watcher{Limited: func(_ flow.Route, waiting bool) { limited <- waiting }}},
		func(c *mapping.Config) { c.Integration.Policy.Limits.PerMinute = 3 })
	for range 7 {
		s.opening()
	}
	s.box.Start()
	for minute, want := range []int64{3, 6, 7} {
		await(t, "deliveries", s.settled, int(want-s.before(minute)))
		if want < 7 {
			waitFor(t, "the lanes wait", limited, true)
			if d, q := s.count(desk.Delivered), s.count(desk.Queued); d != want || q != 7-want || s.asked.Load() != want {
				t.Fatalf("minute %d: %d delivered, %d queued, %d asked", minute, d, q, s.asked.Load())
			}
		}
		ahead.Add(int64(time.Minute))
		s.box.Wake()
	}
	s.must(s.box.Stop(t.Context()))
	if s.asked.Load() != 7 || s.count(desk.Queued) != 0 {
		t.Errorf("%d asked, %d queued", s.asked.Load(), s.count(desk.Queued))
	}
}

func (s *site) before(minute int) int64 { return []int64{0, 3, 6}[minute] }

func waitFor(t *testing.T, what string, c <-chan bool, want bool) {
	t.Helper()
	end := time.After(patience)
	for {
		select {
		case got := <-c:
			if got == want {
				return
			}
		case <-end:
			t.Fatal(what)
		}
	}
}

// TestTheWindowInARealClock: with time as it runs (a bubble's), the wait that is answered is the shortest that helps.
func TestTheWindowInARealClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &allowance{}
		l.set(mapping.Limits{PerSecond: 5, PerMinute: 60})
		began := time.Now()
		for n := 0; n < 120; {
			got, wait := l.take(time.Now(), 3)
			if n += got; got == 0 {
				time.Sleep(wait)
			}
		}
		// 60 in the first minute, in 12 seconds; the other 60 in the second
		if took := time.Since(began); took < time.Minute || took > 72*time.Second {
			t.Errorf("120 calls took %v", took)
		}
	})
}
