package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Guessing passwords is slow: five tries at an account from an address, then one every half minute; and sixty from
// an address, whatever the accounts, then one every two seconds. Nobody can lock another person out from elsewhere.
const (
	triesPerAccount, triesPerAddress = 5, 60
	perAccount, perAddress           = 30 * time.Second, 2 * time.Second
	forgetAfter                      = time.Hour
	maxRemembered                    = 50_000
)

// attempts counts tries to sign in. It is safe for concurrent use.
type attempts struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*tries
}

type tries struct {
	limit *rate.Limiter
	last  time.Time
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, by: map[string]*tries{}}
}

// allow counts a try; where there were too many it answers how long to wait.
func (a *attempts) allow(login, address string) (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	a.forget(now)
	if wait := a.try(address, now, perAddress, triesPerAddress); wait > 0 {
		return wait
	}
	return a.try(accountKey(login, address), now, perAccount, triesPerAccount)
}

func (a *attempts) try(key string, now time.Time, every time.Duration, burst int) time.Duration {
	t := a.by[key]
	if t == nil {
		t = &tries{limit: rate.NewLimiter(rate.Every(every), burst)}
		a.by[key] = t
	}
	t.last = now
	r := t.limit.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now) // a try that is refused doesn't push the next one further away
	}
	return wait
}

// forgive forgets the tries of whoever got in.
func (a *attempts) forgive(login, address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.by, accountKey(login, address))
}

func (a *attempts) forget(now time.Time) {
	if len(a.by) < maxRemembered {
		return
	}
	for key, t := range a.by {
		if now.Sub(t.last) > forgetAfter {
			delete(a.by, key)
		}
	}
	if len(a.by) >= maxRemembered { // an attack from everywhere: start over rather than fill the memory
		clear(a.by)
	}
}

func accountKey(login, address string) string {
	return address + "\x00" + strings.ToLower(strings.TrimSpace(login))
}

// addressOf is who calls. A household of IPv6 has 2^64 addresses and counts as one.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.Addr().String()
		}
	}
	return ip.String()
}
