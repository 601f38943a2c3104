package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"ponte/internal/app"
	"ponte/internal/tracing"
)

// collected is a receiver of traces by OTLP over HTTP.
type collected struct {
	*httptest.Server
	t     *testing.T
	mu    sync.Mutex
	spans []*otlp.Span
	raw   bytes.Buffer // everything that it was told, as text
}

func newCollector(t *testing.T) *collected {
	c := &collected{t: t}
	c.Server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.Close)
	return c
}

func (c *collected) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var in collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &in)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		c.t.Errorf("%s: %v", r.URL.Path, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text, _ := protojson.Marshal(&in)
	c.raw.Write(text)
	for _, of := range in.GetResourceSpans() {
		for _, s := range of.GetScopeSpans() {
			c.spans = append(c.spans, s.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// traced is a demo whose sandbox is reached through a proxy that notes how it is called.
type traced struct {
	t      *testing.T
	app    *app.App
	log    *logbook
	opened chan http.Header // of each opening, once it was answered
}

func newTraced(t *testing.T, sendTrace bool) *traced {
	t.Helper()
	d := &traced{t: t, log: &logbook{}, opened: make(chan http.Header, 10)}
	log := slog.New(tracing.Log(slog.NewJSONHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	box, err := app.StartSandbox(t.Context(), "127.0.0.1:0", filepath.Join(dir, "sandbox"), slog.New(slog.DiscardHandler))
	must(err)
	t.Cleanup(func() { _ = box.Stop() })
	to, err := url.Parse(box.URL())
	must(err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard := r.Header.Clone()
		proxy.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "incluirSolicitacaoAtendimento") {
			d.opened <- heard
		}
	}))
	t.Cleanup(front.Close)
	d.app, err = app.New(t.Context(), app.Config{DatabaseURL: "sqlite:" + filepath.Join(dir, "ponte.db"), SecretKeys: []string{"a secret of the tests only"},
		Addr: "127.0.0.1:0", Demo: true, Log: log, TraceFieldTool: sendTrace})
	must(err)
	must(d.app.SeedDemo(t.Context(), front.URL))
	must(d.app.Start(t.Context()))
	return d
}

// post calls a webservice as the house, and answers the number.
func (d *traced) post(path string, body map[string]string, header ...string) int64 {
	d.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, "http://"+d.app.Addr()+"/ws/rest/v1"+path, bytes.NewReader(b))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+app.DemoDeskToken)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var out struct {
		Number int64 `json:"numero_ocorrencia"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || answer.StatusCode >= 300 {
		d.t.Fatalf("%s: %d %v", path, answer.StatusCode, err)
	}
	return out.Number
}

const (
	callersTrace = "0af7651916cd43dd8448eb211c80319c"
	secretWords  = "Vazamento atrás da máquina de lavar"
)

// openByCall opens an occurrence and moves it to the status that fires, the latter as part of the caller's trace, and waits
// until the field's tool has it and the process has ended.
func (d *traced) openByCall() http.Header {
	d.t.Helper()
	n := d.post("/ocorrencias", map[string]string{"cod_projeto": "AUR-A-101", "descricao": secretWords, "bloqueio_incluir_cliente": "T", "cpf_cnpj": "529.982.247-25",
		"nome_solicitante": "Zulmira Quintanilha", "telefone_solicitante": "11 91234-5678"})
	d.post(fmt.Sprintf("/ocorrencias/%d/movimentacoes", n), map[string]string{"cod_status": "20", "comentario": secretWords},
		"traceparent", "00-"+callersTrace+"-b7ad6b7169203331-01")
	heard := <-d.opened
	if err := d.app.Stop(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	return heard
}

// TestOneTraceFromTheWebserviceToTheFieldTool: door, flow, store, claim and the call to the sandbox are one trace, each
// within what caused it; log lines name it; and it holds no personal data and no credential.
func TestOneTraceFromTheWebserviceToTheFieldTool(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	d := newTraced(t, true)
	heard := d.openByCall()
	c.mu.Lock()
	defer c.mu.Unlock()
	names := map[string]string{} // span id -> name
	parents := map[string]string{}
	for _, s := range c.spans {
		if fmt.Sprintf("%x", s.GetTraceId()) == callersTrace {
			names[string(s.GetSpanId())] = s.GetName()
			parents[string(s.GetSpanId())] = string(s.GetParentSpanId())
		}
	}
	has := map[string]bool{}
	for id, name := range names {
		has[name+" < "+names[parents[id]]] = true
	}
	for _, want := range []string{"MovimentarOcorrencia < ", "flow.MovimentarOcorrencia < MovimentarOcorrencia", "store.write < flow.MovimentarOcorrencia",
		"outbox.MOBUSS_ISA < flow.MovimentarOcorrencia", "outbox.claim < outbox.MOBUSS_ISA", "HTTP POST < outbox.MOBUSS_ISA",
		"flow.settle < outbox.MOBUSS_ISA", "store.write < flow.settle"} {
		if !has[want] {
			t.Errorf("no span %s", want)
		}
	}
	if t.Failed() {
		t.Logf("%v", has)
	}
	if got := heard.Get("Traceparent"); !strings.HasPrefix(got, "00-"+callersTrace+"-") || names[unhex(t, got)] != "HTTP POST" {
		t.Errorf("the field's tool heard %q", got)
	}
	if !strings.Contains(d.log.String(), `"trace_id":"`+callersTrace+`"`) || !strings.Contains(d.log.String(), `"msg":"delivery settled"`) {
		t.Error("no log line names the trace")
	}
	for _, private := range []string{"Vazamento", "lavar", "52998224725", "529.982.247", "Zulmira", "Quintanilha", "1234-5678", "912345678", "Marina", "Figueiredo", "exemplo.com.br",
		app.DemoDeskToken, app.DemoToken, app.DemoSandboxToken, "AUR-A-101", "Portal", "/ocorrencias", "127.0.0.1"} {
		if strings.Contains(c.raw.String(), private) {
			t.Errorf("the traces hold %q", private)
		}
	}
	for _, control := range []string{"MOBUSS_ISA", "MovimentarOcorrencia", "homologacao", "entregue"} {
		if !strings.Contains(c.raw.String(), control) {
			t.Errorf("the control: the traces don't hold %q", control)
		}
	}
}

func unhex(t *testing.T, traceparent string) string {
	t.Helper()
	parts := strings.Split(traceparent, "-")
	if len(parts) != 4 {
		return ""
	}
	var id []byte
	if _, err := fmt.Sscanf(parts[2], "%x", &id); err != nil {
		t.Error(err)
	}
	return string(id)
}

// TestNothingIsTracedUnlessAsked: without the variables nobody is told, whatever a caller sends; nor where they say none.
// With tracing on, the field's tool hears of it only where that was asked for.
func TestNothingIsTracedUnlessAsked(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	d := newTraced(t, true)
	if heard := d.openByCall(); heard.Get("Traceparent") != "" || len(c.spans) > 0 || strings.Contains(d.log.String(), "trace_id") {
		t.Errorf("%d spans, the field's tool heard %q", len(c.spans), heard.Get("Traceparent"))
	}
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	d = newTraced(t, false)
	if heard := d.openByCall(); heard.Get("Traceparent") != "" || len(c.spans) == 0 {
		t.Errorf("%d spans, the field's tool heard %q", len(c.spans), heard.Get("Traceparent"))
	}
	c.Close() // a collector that is away keeps nobody waiting, and fails nothing
	newTraced(t, false).openByCall()
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	if _, err := tracing.FromEnvironment(t.Context(), "teste", slog.New(slog.DiscardHandler)); err == nil {
		t.Error("grpc is taken")
	}
}
