package alert_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"ponte/internal/alert"
	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/i18n"
	"ponte/internal/store"
)

// house is an installation with somebody who watches it, a clock that the test moves, and a webhook that keeps what it is
// told.
type house struct {
	*flowtest.Installation
	t      *testing.T
	worker *alert.Worker
	hook   *hook

	mu   sync.Mutex
	now  time.Time
	seen []flow.Sighting
}

// hook is a receiver's server; what it answers can be changed.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	status func(n int) int
	took   []call
	calls  int
}

type call struct {
	header http.Header
	body   []byte
}

func newHook(t *testing.T) *hook {
	h := &hook{status: func(int) int { return http.StatusOK }}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls++
		s := h.status(h.calls)
		if s < 300 {
			h.took = append(h.took, call{r.Header, b})
		}
		if s == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "3600")
		}
		w.WriteHeader(s)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) taken() []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.took
	h.took = nil
	return out
}

const hookKey = "uma chave de assinatura"

func newHouse(t *testing.T, s *store.Store) *house {
	t.Helper()
	h := &house{t: t, hook: newHook(t), now: time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)}
	h.Installation = flowtest.New(t, s, flow.Deps{Now: h.clock})
	h.worker = h.watcher("um", nil)
	return h
}

// watcher is one process.
func (h *house) watcher(owner string, more func(*alert.Options)) *alert.Worker {
	h.t.Helper()
	words, err := i18n.Load()
	h.must(err)
	post := connector.NewHook()
	h.t.Cleanup(post.Close)
	o := alert.Options{Flow: h.Flow, Owner: owner, Words: words, PublicURL: func() string { return "https://ponte.example.com.br" },
		Post: func(ctx context.Context, p alert.Post) alert.Answer {
			a := post.Post(ctx, connector.HookCall{URL: p.URL, Header: p.Header, Body: p.Body, AllowPrivate: p.AllowPrivate})
			return alert.Answer{Status: a.Status, After: a.After, Reason: a.Err}
		},
		Sightings: func() []flow.Sighting { h.mu.Lock(); defer h.mu.Unlock(); return h.seen }}
	if more != nil {
		more(&o)
	}
	return alert.New(o)
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// down says since when nothing is sent to homologation; zero: it is sent again.
func (h *house) down(since time.Time) {
	h.t.Helper()
	ctx := h.t.Context()
	if since.IsZero() {
		pauses, err := h.Pauses(ctx)
		h.must(err)
		for _, p := range pauses {
			h.must(h.EndPause(ctx, p))
		}
		return
	}
	now := h.clock()
	h.pass(since.Sub(now))
	h.must(h.BeginPause(ctx, flow.Route{Connection: 1, Environment: desk.Homologation}, flow.Met{Cause: desk.PauseDown, Reason: desk.Because("rede"), Failing: since}))
	h.pass(now.Sub(since))
}

// after lets time pass and looks.
func (h *house) after(d time.Duration) {
	h.t.Helper()
	h.pass(d)
	h.must(h.worker.Once(h.t.Context()))
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// every looks each so often for so long.
func (h *house) every(d, long time.Duration) {
	h.t.Helper()
	for passed := time.Duration(0); passed < long; passed += d {
		h.after(d)
	}
}

func (h *house) receiver(r flow.AlertReceiver) int64 {
	h.t.Helper()
	if r.Name == "" {
		r.Name = "Plantão"
	}
	if r.Language == "" {
		r.Language = i18n.Portuguese
	}
	if r.Channel == "" {
		r.Channel = desk.AlertByHook
	}
	if r.Channel != desk.AlertByMail {
		r.URL, r.Key, r.AllowPrivate = h.hook.URL, hookKey, true
	}
	id, err := h.AddAlertReceiver(h.t.Context(), flowtest.Admin(), r)
	h.must(err)
	return id
}

func (h *house) settings(change func(*desk.AlertSettings)) {
	h.t.Helper()
	s, _, _, err := h.AlertSettings(h.t.Context(), flowtest.Admin())
	h.must(err)
	change(&s)
	h.must(h.SetAlertSettings(h.t.Context(), flowtest.Admin(), s))
}

func (h *house) board() flow.AlertBoard {
	h.t.Helper()
	b, err := h.Alerts(h.t.Context(), flowtest.Admin())
	h.must(err)
	return b
}
