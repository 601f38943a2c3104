package web

import (
	"net"
	"net/http"
	"net/netip"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// mayTry counts a try at an account; where there were too many it is muitas_chamadas, with how long to wait.
func (s *site) mayTry(r *request, scope flow.TryScope, login string) error {
	wait, err := s.flow.Try(r.Context(), scope, login, addressOf(r.Request))
	if err != nil || wait == 0 {
		return err
	}
	e := desk.Fail(desk.ErrTooMany)
	e.RetryAfter = wait
	return e
}

// forgive forgets the tries of whoever got in.
func (s *site) forgive(r *request, login string) error {
	return s.flow.Forgive(r.Context(), flow.TrySignIn, login, addressOf(r.Request))
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
