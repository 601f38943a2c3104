package sso_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/sso"
)

// TestDiscoveryIsAskedOnceForAll: thirty who wait are one question, who leaves doesn't wait, a failure is believed for some
// seconds, and then the provider is asked again.
func TestDiscoveryIsAskedOnceForAll(t *testing.T) {
	var asked atomic.Int32
	begun, let, good := make(chan struct{}, 9), make(chan struct{}), atomic.Bool{}
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		begun <- struct{}{}
		<-let
		if !good.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"https://a.example","token_endpoint":"https://a.example","jwks_uri":"https://a.example",`+
			`"end_session_endpoint":"https://out.example:8443/end?x=1"}`, server.URL)
	}))
	t.Cleanup(server.Close)
	p, err := sso.New(sso.Config{Issuer: server.URL, ClientID: "ponte"})
	if err != nil {
		t.Fatal(err)
	}
	var later atomic.Int64
	p.At(func() time.Time { return time.Unix(1_800_000_000+later.Load(), 0) })

	if got := p.Origins(t.Context()); !slices.Equal(got, []string{server.URL}) {
		t.Errorf("a page that waits for nobody may lead to %q", got)
	}
	<-begun // the page asked
	gone, leave := context.WithCancel(t.Context())
	leave()
	var f *sso.Failure
	if err := p.Look(gone); !errors.As(err, &f) || !f.Away || !errors.Is(f, context.Canceled) {
		t.Errorf("who has left: %v", err)
	}
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if err := p.Look(t.Context()); !errors.As(err, new(*sso.Failure)) {
				t.Errorf("one of thirty: %v", err)
			}
		})
	}
	close(let)
	all.Wait()
	if err := p.Look(t.Context()); err == nil || asked.Load() != 1 {
		t.Errorf("asked %d times, and now: %v", asked.Load(), err)
	}
	good.Store(true)
	later.Store(6)
	if err := p.Look(t.Context()); err != nil || asked.Load() != 2 {
		t.Errorf("after some seconds, asked %d times: %v", asked.Load(), err)
	}
	if got := p.Origins(t.Context()); !slices.Equal(got, []string{server.URL, "https://out.example:8443"}) {
		t.Errorf("forms may lead to %q", got)
	}
}
