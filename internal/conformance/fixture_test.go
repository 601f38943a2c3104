package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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
	"ponte/internal/store"
	"ponte/internal/store/storetest"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
	"ponte/internal/webservice/soap"
)

// bench is an installation with a sandbox as its homologation, another address as its production, and a runner.
type bench struct {
	*flowtest.Installation
	t       *testing.T
	box     string // the sandbox's address
	runner  *conformance.Runner
	strayed atomic.Int64 // calls that reached production
	// between sees every call before the sandbox does; true: it has answered
	between atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

func newBench(t *testing.T, s *store.Store, preset string) *bench {
	t.Helper()
	b := &bench{t: t}
	b.Installation = flowtest.New(t, s, flow.Deps{})
	box, err := sandbox.Open(sandbox.Options{Dir: t.TempDir(), Token: "sandbox-token"})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := b.between.Load(); f != nil && (*f)(w, r) {
			return
		}
		box.Handler().ServeHTTP(w, r)
	}))
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b.strayed.Add(1)
		w.WriteHeader(http.StatusTeapot)
	}))
	b.box = srv.URL
	client := connector.New()
	client.Files = func(ctx context.Context, sha string) (io.ReadCloser, error) { return b.FileBytes(ctx, sha) }
	b.runner = conformance.New(conformance.Options{Flow: b.Flow, Client: client, Doors: doorsOf(b.Flow)})
	t.Cleanup(func() {
		b.runner.Close()
		client.Close()
		box.Stop()
		srv.Close()
		real.Close()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
		if n := b.strayed.Load(); n != 0 {
			t.Errorf("%d calls went to production", n)
		}
	})
	b.configure(func(c *mapping.Config) {
		in, err := mapping.PresetIntegration(preset)
		if err != nil {
			t.Fatal(err)
		}
		policy := c.Integration.Policy
		c.Integration = *in
		c.Integration.Policy = policy
	})
	b.place(srv.URL, "sandbox-token")
	b.Enter(t, flow.Endpoint{BaseURL: real.URL, AllowPrivate: true, Secrets: b.secrets("real-token")})
	return b
}

// secrets are a token by every name that the presets ask for.
func (b *bench) secrets(token string) map[string]string {
	return map[string]string{"token": token, "companyID": "1", "idObra": "1", "usuario": "u", "senha": token}
}

func (b *bench) place(url, token string) {
	b.t.Helper()
	b.must(b.SetEndpoint(b.t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: url, AllowPrivate: true, Secrets: b.secrets(token)}))
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// configure changes the configuration that runs, with a short patience.
func (b *bench) configure(change func(*mapping.Config)) {
	b.t.Helper()
	own := flowtest.Own(b.t, b.Flow)
	p := &own.Integration.Policy
	p.Timeout, p.FirstRetry, p.MaxRetry, p.Settling = mapping.Duration(2*time.Second), mapping.Duration(10*time.Millisecond), mapping.Duration(20*time.Millisecond), mapping.Duration(250*time.Millisecond)
	change(own)
	b.must(b.Configure(b.t.Context(), flowtest.Admin(), own))
}

// doorsOf are our doors, as app makes them.
func doorsOf(f *flow.Flow) map[string]conformance.Door {
	words, err := i18n.Load()
	if err != nil {
		panic(err)
	}
	registry := webservice.NewRegistry(webservice.Operations(f, words.In(i18n.Portuguese).Reason)...)
	registry.Keep = webservice.KeepWith(f, func(err error) { panic(err) })
	doors := door.New(door.Options{Logger: slog.New(slog.DiscardHandler), Registry: registry, Profile: webservice.ProfileWith(f, func(err error) { panic(err) })})
	in1, in2 := rest.NewTrials(doors.Options, rest.About{}), soap.NewTrials(doors.Options, func() string { return "" })
	knock := func(try func(context.Context, door.Trial) (door.TrialAnswer, error)) conformance.Door {
		return func(ctx context.Context, c conformance.DoorCall) (conformance.DoorAnswer, error) {
			a, err := try(ctx, door.Trial{By: c.By, Token: c.Token, As: c.As, Method: c.Method, URL: c.Path, ContentType: c.ContentType, Body: c.Body})
			return conformance.DoorAnswer(a), err
		}
	}
	return map[string]conformance.Door{conformance.DoorREST: knock(in1.Try), conformance.DoorSOAP: knock(in2.Try)}
}

// consultant is a person.
func consultant() desk.Actor {
	return desk.Actor{Kind: "usuario", ID: "7", Name: "Caio Nunes", Origin: desk.House, Roles: []desk.Role{desk.Consultant}, SeesDocuments: true}
}

// run makes a whole run.
func (b *bench) run() *flow.ConformancePage {
	b.t.Helper()
	id, err := b.runner.Run(b.t.Context(), consultant(), 0, 0)
	b.must(err)
	return b.report(id)
}

func (b *bench) report(id string) *flow.ConformancePage {
	b.t.Helper()
	p, err := b.ConformancePage(b.t.Context(), consultant(), id)
	b.must(err)
	return p
}

// table is a run's results, "MOBUSS_ISA sucesso" -> "passou conf_entregue".
func table(p *flow.ConformancePage) map[string]string {
	out := map[string]string{}
	for _, c := range p.Cases {
		out[c.Area+" "+c.Name] = string(c.Result) + " " + c.Reason.Code
	}
	return out
}

func (b *bench) control(method, path, body string) []byte {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.box+path, strings.NewReader(body))
	b.must(err)
	res, err := http.DefaultClient.Do(r)
	b.must(err)
	defer func() { _ = res.Body.Close() }()
	out, err := io.ReadAll(res.Body)
	b.must(err)
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("%s %s: %s %s", method, path, res.Status, out)
	}
	return out
}

// known tells the sandbox which units exist.
func (b *bench) known(units ...string) {
	b.t.Helper()
	list, err := json.Marshal(units)
	b.must(err)
	b.control(http.MethodPut, "/_sandbox/cadastro", fmt.Sprintf(`{"obras": [], "unidades": %s}`, list))
}

type boxOrder struct {
	ID       string `json:"idMobuss"`
	Legacy   string `json:"idLegado"`
	State    string `json:"situacao"`
	Comments []struct {
		Text string `json:"texto"`
	} `json:"comentarios"`
	Visits []any `json:"visitas"`
	Files  []struct {
		Name string `json:"nome"`
	} `json:"anexos"`
}

func (b *bench) orders() (out []boxOrder) {
	b.t.Helper()
	b.must(json.Unmarshal(b.control(http.MethodGet, "/_sandbox/solicitacoes", ""), &out))
	return out
}

func open(t *testing.T) *store.Store { return storetest.New(t, store.SQLite) }
