package connector

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

func TestPrivateAddresses(t *testing.T) {
	var hits atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	port := srv.URL[strings.LastIndex(srv.URL, ":"):]
	c := client(t)
	if x := c.Send(t.Context(), key, near(srv.URL), post("{}")); x.Status() != 200 {
		t.Fatalf("allowed: %+v", x)
	}
	for _, url := range []string{srv.URL, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port} {
		ep := near(url)
		ep.AllowPrivate = false // a warm connection from before must not be used either
		if x := c.Send(t.Context(), key, ep, post("{}")); x.ErrCode != ReasonAddress || !x.NotSent {
			t.Errorf("%s: %s (%s)", url, x.ErrCode, x.Detail)
		}
	}
	if hits.Load() != 1 {
		t.Errorf("%d hits", hits.Load())
	}
	for address, public := range map[string]bool{
		"8.8.8.8": true, "200.147.3.157": true, "2800:3f0:4001::1": true, "172.15.0.1": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false, "fe80::1%eth0": false, "fc00::1": false,
		"::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::7f00:1": false, "ff02::1": false, "fec0::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(address)); got != public {
			t.Errorf("%s: public %v", address, got)
		}
	}
}

func TestTLS(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { say(w, r.Proto) }))
	defer srv.Close()
	c := client(t)
	c.roots = x509.NewCertPool()
	c.roots.AddCert(srv.Certificate())
	for range 2 {
		if x := c.Send(t.Context(), key, near(srv.URL), post("{}")); string(x.Answer.Body) != "HTTP/1.1" {
			t.Errorf("%+v", x)
		}
	}
}
