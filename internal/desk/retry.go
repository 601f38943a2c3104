package desk

import (
	"math"
	"time"
)

// RetryPolicy says when a call that failed is made again.
type RetryPolicy struct {
	First  time.Duration // before the second attempt
	Max    time.Duration // between two attempts at the most
	Jitter float64       // 0.2: up to 20 % sooner or later, so that lanes don't march in step
	Limit  time.Duration // from the first attempt on, pauses of the breaker not counted; then it is a failure
}

// Delay is the wait after the given number of attempts (1 or more); roll is in [0,1). A server's Retry-After is
// obeyed where it asks for longer.
func (p RetryPolicy) Delay(attempts int, retryAfter time.Duration, roll float64) time.Duration {
	d := float64(p.First) * math.Pow(2, float64(min(max(attempts, 1)-1, 40)))
	d = min(d, float64(p.Max)) * (1 + p.Jitter*(2*roll-1))
	return max(time.Duration(d), retryAfter)
}

// Exhausted says whether trying has lasted beyond the limit.
func (p RetryPolicy) Exhausted(sinceFirst, paused time.Duration) bool {
	return sinceFirst-paused > p.Limit
}
