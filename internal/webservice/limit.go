package webservice

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ponte/internal/flow"
)

// Limits holds tokens to their calls per minute. A token's bucket holds a minute's calls and fills evenly, so that a
// burst passes and a flood doesn't. Buckets lie in this process: behind a balancer each replica grants the
// whole limit, and a restart fills them.
type Limits struct {
	house   int // of tokens without a limit of their own; 0: none
	now     func() time.Time
	buckets sync.Map // token id -> *rate.Limiter
}

// NewLimits takes the limit of tokens that have none of their own, 0 for none; a nil now is time.Now.
func NewLimits(house int, now func() time.Time) *Limits {
	if now == nil {
		now = time.Now
	}
	return &Limits{house: house, now: now}
}

// Allow says whether the caller may call now and, if not, how long until it may. A limit that was changed holds from
// the next call on.
func (l *Limits) Allow(c *Caller) (ok bool, retryAfter time.Duration) {
	token, _ := c.Token.(flow.Token)
	perMinute := token.CallsPerMinute
	if perMinute == 0 {
		perMinute = l.house
	}
	if perMinute <= 0 {
		return true, 0
	}
	now, fill := l.now(), rate.Limit(perMinute)/60
	found, known := l.buckets.Load(token.ID)
	if !known {
		found, _ = l.buckets.LoadOrStore(token.ID, rate.NewLimiter(fill, perMinute))
	}
	bucket := found.(*rate.Limiter)
	if bucket.Burst() != perMinute {
		bucket.SetLimitAt(now, fill)
		bucket.SetBurstAt(now, perMinute)
	}
	asked := bucket.ReserveN(now, 1)
	if wait := asked.DelayFrom(now); wait > 0 {
		asked.CancelAt(now)
		return false, wait
	}
	return true, 0
}
