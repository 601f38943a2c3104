package webservice

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/flow"
)

func caller(id int64, perMinute int) *Caller {
	return &Caller{Token: flow.Token{ID: id, CallsPerMinute: perMinute}}
}

func TestLimits(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	l := NewLimits(0, func() time.Time { return now })
	allowed := func(c *Caller, calls int) (n int, wait time.Duration) {
		for range calls {
			ok, w := l.Allow(c)
			if ok {
				n++
			} else if wait == 0 {
				wait = w
			}
		}
		return n, wait
	}
	six, other, free := caller(1, 6), caller(2, 6), caller(3, 0)
	if n, wait := allowed(six, 9); n != 6 || wait != 10*time.Second {
		t.Errorf("at once: %d calls, then %v to wait", n, wait)
	}
	if n, _ := allowed(other, 9); n != 6 {
		t.Errorf("another token shares the bucket: %d", n)
	}
	if n, _ := allowed(free, 5000); n != 5000 {
		t.Errorf("without a limit: %d", n)
	}
	now = now.Add(10*time.Second - time.Millisecond)
	if n, wait := allowed(six, 1); n != 0 || wait <= 0 || wait > time.Millisecond {
		t.Errorf("a moment too early: %d, %v", n, wait)
	}
	now = now.Add(time.Millisecond)
	if n, _ := allowed(six, 5); n != 1 {
		t.Errorf("after the wait: %d", n)
	}
	now = now.Add(time.Hour)
	if n, _ := allowed(six, 99); n != 6 {
		t.Errorf("a rested bucket holds a minute's calls: %d", n)
	}
	now = now.Add(time.Minute)
	if n, _ := allowed(caller(1, 3), 9); n != 3 {
		t.Errorf("a limit that was lowered: %d", n)
	}
	if n, _ := allowed(caller(1, 0), 9); n != 9 {
		t.Errorf("a limit that was lifted: %d", n)
	}
}

func TestTheHousesLimitIsForTokensWithoutTheirOwn(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	l := NewLimits(2, func() time.Time { return now })
	for id, c := range map[int64]struct{ own, want int }{1: {0, 2}, 2: {4, 4}} {
		n := 0
		for range 9 {
			if ok, _ := l.Allow(caller(id, c.own)); ok {
				n++
			}
		}
		if n != c.want {
			t.Errorf("own limit %d: %d calls, want %d", c.own, n, c.want)
		}
	}
}

func TestLimitsHoldUnderManyCallers(t *testing.T) {
	l := NewLimits(0, nil)
	var through atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 100 {
				if ok, _ := l.Allow(caller(1, 50)); ok {
					through.Add(1)
				}
			}
		})
	}
	all.Wait()
	if n := through.Load(); n < 50 || n > 55 { // a slow machine may see a second's worth come back
		t.Errorf("%d of 1600 calls came through a limit of 50", n)
	}
}
