package app

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the reverse proxies in front of Ponte whose word is taken for who calls. Without them everybody behind one
// is counted as one caller: ten wrong passwords of one browser would keep out all others.
type Proxies []netip.Prefix

// ParseProxies reads addresses (10.0.0.5) and networks (10.0.0.0/24).
func ParseProxies(texts []string) (Proxies, error) {
	var out Proxies
	for _, text := range texts {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if err != nil {
			ip, failed := netip.ParseAddr(text)
			if failed != nil {
				return nil, fmt.Errorf("%q is neither an address (10.0.0.5) nor a network (10.0.0.0/24)", text)
			}
			p = netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p Proxies) trust(ip netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(ip.Unmap()) })
}

// inFront gives next the caller's address in place of the proxy's.
func (p Proxies) inFront(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ip := p.caller(r); ip.IsValid() {
			told := *r
			told.RemoteAddr = netip.AddrPortFrom(ip, 0).String()
			r = &told
		}
		next.ServeHTTP(w, r)
	})
}

// caller reads X-Forwarded-For from its end, where each proxy of ours wrote who called it; what stands before the first
// address that is none of them was written by the caller, who may write anything. Not valid: the connection's own
// address counts.
func (p Proxies) caller(r *http.Request) (ip netip.Addr) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !p.trust(at.Addr()) {
		return netip.Addr{}
	}
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(said) {
		hop, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return ip
		}
		if ip = hop.Unmap(); !p.trust(ip) {
			return ip
		}
	}
	return ip
}
