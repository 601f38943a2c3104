package probe_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/probe"
	"ponte/internal/sandbox"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

func house(t *testing.T) *flowtest.Installation {
	t.Helper()
	return flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
}

func near(url string, secrets map[string]string) flow.Endpoint {
	return flow.Endpoint{BaseURL: url, AllowPrivate: true, Secrets: secrets}
}

var token = map[string]string{"token": "sandbox-token"}

// TestAgainstTheSandbox: both generations say "not there" in their own way, and nothing is left over there.
func TestAgainstTheSandbox(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{Dir: t.TempDir(), Token: "sandbox-token"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = box.Close() }()
	srv := httptest.NewServer(box.Handler())
	defer srv.Close()
	for _, preset := range mapping.Presets() {
		h := house(t)
		c, err := mapping.Default(desk.MethodC, preset)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Configure(t.Context(), flowtest.Admin(), c); err != nil {
			t.Fatal(err)
		}
		if err := h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, near(srv.URL, token)); err != nil {
			t.Fatal(err)
		}
		r, err := probe.New(h.Flow).Probe(t.Context(), flowtest.Admin(), desk.Homologation)
		if err != nil || !r.OK() || r.Took <= 0 || r.HTTPStatus == 0 || !strings.Contains(r.Request, "consultarSolicitacaoAtendimento") ||
			strings.Contains(r.Request+r.Response, "sandbox-token") {
			t.Errorf("%s: %v, %v\n%s\n%s", preset, r, err, r.Request, r.Response)
		}
		for _, s := range r.Steps() {
			if want := map[string]probe.State{"tls": probe.None}[s.Name]; s.State != want && !(want == "" && s.State == probe.Passed) {
				t.Errorf("%s: %v", preset, s)
			}
		}
		wrong, err := probe.New(h.Flow).ProbeWith(t.Context(), desk.Homologation, near(srv.URL, map[string]string{"token": "another"}))
		if err != nil || wrong.Code != probe.Denied {
			t.Errorf("%s, wrong token: %v, %v\n%s", preset, wrong, err, wrong.Response)
		}
	}
	answer, err := http.Get(srv.URL + "/_sandbox/solicitacoes")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b := make([]byte, 16)
	n, _ := answer.Body.Read(b)
	if got := strings.TrimSpace(string(b[:n])); got != "[]" && got != "null" {
		t.Errorf("the sandbox holds %s", got)
	}
}

// TestHowFarItComes is a table of everything that can be in the way.
func TestHowFarItComes(t *testing.T) {
	says := func(status int, body string) string {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}))
		t.Cleanup(srv.Close)
		return srv.URL
	}
	overTLS := httptest.NewTLSServer(http.NotFoundHandler())
	defer overTLS.Close()
	for _, c := range []struct {
		name     string
		change   func(*mapping.Config)
		endpoint flow.Endpoint
		code     probe.Code
		reason   string
		steps    string // one letter a step
	}{
		{"no address", nil, flow.Endpoint{Secrets: token}, probe.NoAddress, "", "nnnn"},
		{"no credential", nil, near("http://127.0.0.1:1", nil), probe.NoSecret, "", "nnfn"},
		{"method B", func(c *mapping.Config) {
			c.Method = desk.MethodB
			for i := range c.Statuses {
				c.Statuses[i].Point, c.Statuses[i].AfterSuccess = "", ""
			}
		}, near("http://127.0.0.1:1", token), probe.NotCalled, "", "nnnn"},
		{"no look-up", func(c *mapping.Config) {
			p := c.Integration.Points[desk.OpenOrder]
			p.LookUp = ""
			c.Integration.Points[desk.OpenOrder] = p
		}, near("http://127.0.0.1:1", token), probe.NoQuestion, "", "nnnn"},
		{"nobody listens", nil, near("http://127.0.0.1:1", token), probe.Unreached, connector.ReasonRefused, "fnnn"},
		{"private and not allowed", nil, flow.Endpoint{BaseURL: "http://127.0.0.1:1", Secrets: token}, probe.Unreached, connector.ReasonAddress, "fnnn"},
		{"a certificate that nobody knows", nil, near(overTLS.URL, token), probe.BadTLS, connector.ReasonTLS, "pfnn"},
		{"401", nil, near(says(401, `{}`), token), probe.Denied, mapping.ReasonCredential, "p-fn"},
		{"403", nil, near(says(403, `nein`), token), probe.Denied, mapping.ReasonCredential, "p-fn"},
		{"503", nil, near(says(503, `{}`), token), probe.Failing, mapping.ReasonHTTP, "p-pf"},
		{"a page", nil, near(says(200, `<html>`), token), probe.Unreadable, mapping.ReasonUnreadable, "p-pf"},
		{"another 404", nil, near(says(404, `{"erro":"rota"}`), token), probe.Unreadable, mapping.ReasonUnclear, "p-pf"},
		{"it is there", nil, near(says(200, `{"idMobuss":"1","numSolicitacao":"2"}`), token), probe.FoundIt, "", "p-pf"},
		{"not there", nil, near(says(404, `{"codigoInterno":"SAT-AT002"}`), token), probe.Understood, "", "p-pp"},
		{"an address of its own", nil, flow.Endpoint{AllowPrivate: true, Secrets: token,
			URLs: map[string]string{"MOBUSS_ISA.consulta": says(404, `{"codigoInterno":"SAT-AT002"}`) + "/qualquer?a=b"}}, probe.Understood, "", "p-pp"},
		{"a number is wanted", func(c *mapping.Config) {
			c.Integration.Points[desk.OpenOrder].LookUps["por_id_legado"].Params[0].Type = mapping.TypeNumber
		}, near(says(404, `{"codigoInterno":"SAT-AT002"}`), token), probe.Understood, "", "p-pp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := house(t)
			if c.change != nil {
				cfg := flowtest.Config(t)
				c.change(cfg)
				if err := h.Configure(t.Context(), flowtest.Admin(), cfg); err != nil {
					t.Fatal(err)
				}
			}
			r, err := probe.New(h.Flow).ProbeWith(t.Context(), desk.Homologation, c.endpoint)
			if err != nil || r.Code != c.code || r.Reason.Code != c.reason {
				t.Fatalf("%s %s %v, want %s %s\n%s", r.Code, r.Reason.Code, err, c.code, c.reason, r.Response)
			}
			letters := ""
			for _, s := range r.Steps() {
				letters += map[probe.State]string{probe.Passed: "p", probe.Failed: "f", probe.Unknown: "n", probe.None: "-"}[s.State]
			}
			if letters != c.steps {
				t.Errorf("steps %s, want %s", letters, c.steps)
			}
		})
	}
}

// TestWhoMayProbe: consultants; and the audit says who did.
func TestWhoMayProbe(t *testing.T) {
	h := house(t)
	p := &probe.Prober{Flow: h.Flow, Now: func() time.Time { return time.Unix(1, 0) }}
	if _, err := p.Probe(t.Context(), flowtest.Attendant(), desk.Homologation); err == nil {
		t.Error("an attendant probes")
	}
	r, err := p.Probe(t.Context(), flowtest.Admin(), desk.Homologation)
	if err != nil || r.Code != probe.Unreached || !r.At.Equal(time.Unix(1, 0)) {
		t.Errorf("%v, %v", r, err)
	}
	rows, err := h.Store.Read().AuditOf(t.Context(), "ambiente:homologacao")
	if err != nil || len(rows) == 0 || rows[len(rows)-1].Action != "conexao.testar" {
		t.Errorf("%v, %v", rows, err)
	}
}
