package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"ponte/internal/conformance"
	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/i18n"
	"ponte/internal/mapping"
	"ponte/internal/sandbox"
	"ponte/internal/web"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
	"ponte/internal/webservice/soap"
)

const runsPath = "/parametrizacoes/implantacao/conformidade"

// proving is a house with a sandbox as its homologation. held keeps the sandbox's answers back while it is locked.
type proving struct {
	*house
	box    *httptest.Server
	runner *conformance.Runner
	held   chan struct{}
}

func newProving(t testing.TB) *proving {
	t.Helper()
	h := &proving{house: newHouse(t), held: make(chan struct{}, 1)}
	box, err := sandbox.Open(sandbox.Options{Dir: t.TempDir(), Token: "sandbox-token"})
	h.must(err)
	h.box = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case h.held <- struct{}{}:
			<-h.held
		case <-r.Context().Done():
		}
		box.Handler().ServeHTTP(w, r)
	}))
	client := connector.New()
	client.Files = func(ctx context.Context, sha string) (io.ReadCloser, error) { return h.FileBytes(ctx, sha) }
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	words, err := i18n.Load()
	h.must(err)
	registry := webservice.NewRegistry(webservice.Operations(h.Flow, words.In(i18n.Portuguese).Reason)...)
	complain := func(err error) { t.Error(err) }
	registry.Keep = webservice.KeepWith(h.Flow, complain)
	doors := door.Options{Registry: registry, Logger: log, Profile: webservice.ProfileWith(h.Flow, complain)}
	knock := func(try func(context.Context, door.Trial) (door.TrialAnswer, error)) conformance.Door {
		return func(ctx context.Context, c conformance.DoorCall) (conformance.DoorAnswer, error) {
			a, err := try(ctx, door.Trial{By: c.By, Token: c.Token, As: c.As, Method: c.Method, URL: c.Path, ContentType: c.ContentType, Body: c.Body})
			return conformance.DoorAnswer(a), err
		}
	}
	runner := conformance.New(conformance.Options{Flow: h.Flow, Client: client, Log: log, Doors: map[string]conformance.Door{
		conformance.DoorREST: knock(rest.NewTrials(doors, rest.About{}).Try),
		conformance.DoorSOAP: knock(soap.NewTrials(doors, func() string { return "" }).Try)}})
	h.runner = runner
	h.http = httptest.NewServer(web.New(web.Options{Flow: h.Flow, Hub: h.hub, Demo: true, Log: log,
		Conformance: web.Conformance{Start: runner.Start, Stop: runner.Stop, Trial: runner.Trial}}))
	t.Cleanup(func() {
		runner.Close()
		h.hub.Close()
		h.http.Close()
		client.Close()
		box.Stop()
		h.box.Close()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	h.must(h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: h.box.URL, AllowPrivate: true,
		Secrets: map[string]string{"token": "sandbox-token"}}))
	h.configure(func(c *mapping.Config) {
		p := &c.Integration.Policy
		p.FirstRetry, p.MaxRetry, p.Settling = mapping.Duration(10*time.Millisecond), mapping.Duration(20*time.Millisecond), mapping.Duration(50*time.Millisecond)
	})
	return h
}

func (h *proving) configure(change func(*mapping.Config)) {
	h.t.Helper()
	c := flowtest.Config(h.t)
	change(c)
	h.must(h.Configure(h.t.Context(), flowtest.Admin(), c))
}

// hold keeps the sandbox from answering until it is let go.
func (h *proving) hold() (letGo func()) {
	h.held <- struct{}{}
	return func() { <-h.held }
}

// latest is the newest run.
func (h *proving) latest() flow.ConformanceRun {
	h.t.Helper()
	all, err := h.ConformanceRuns(h.t.Context(), flowtest.Admin())
	h.must(err)
	if len(all) == 0 {
		h.t.Fatal("there is no run")
	}
	return all[0]
}

// ended waits for the newest run's end.
func (h *proving) ended() flow.ConformanceRun {
	h.t.Helper()
	h.runner.Wait()
	return h.latest()
}
