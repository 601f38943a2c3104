package rest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/webservicetest"
)

func newHandler(o door.Options) http.Handler {
	return New(door.New(o), About{Version: "1.0.0", License: "Apache-2.0"})
}

func TestGolden(t *testing.T) { webservicetest.Golden(t, newHandler) }

// counted is a body that knows how much of it was read.
type counted struct {
	io.Reader
	read int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

func send(h http.Handler, method, path, token, kind string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, Prefix+path, body)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func codigoOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var problem struct{ Codigo string }
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
		t.Fatal(err, w.Body.String())
	}
	return problem.Codigo
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	if len(statuses) != len(webservice.Codes()) {
		t.Errorf("%d statuses for %d codes", len(statuses), len(webservice.Codes()))
	}
	for _, code := range webservice.Codes() {
		if http.StatusText(statuses[code]) == "" || statuses[code] < 400 {
			t.Errorf("%s: %d", code, statuses[code])
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	h := newHandler(webservicetest.Options())
	for _, path := range []string{"/nada", "/openapi.json", "/ocorrencias/7"} {
		w := send(h, "GET", path, "demo", "", nil)
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Ponte-Pedido": "PEDIDO"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
		if w.Header().Get("Cache-Control") == "" || w.Header().Get("Content-Type") == "" {
			t.Error(path, w.Header())
		}
	}
}

func TestABodyThatSaysItIsTooLargeIsNotRead(t *testing.T) {
	body := &counted{Reader: strings.NewReader(strings.Repeat(" ", 2<<20))}
	r := httptest.NewRequest("POST", Prefix+"/ocorrencias", body)
	r.ContentLength = 2 << 20
	r.Header.Set("Authorization", "Bearer demo")
	r.Header.Set("Content-Type", typeJSON)
	w := httptest.NewRecorder()
	newHandler(webservicetest.Options()).ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge || body.read != 0 {
		t.Error(w.Code, body.read, "bytes read")
	}
}

func TestABodyThatDoesNotSayItsSizeIsReadUpToTheLimit(t *testing.T) {
	for kind, head := range map[string]string{
		typeJSON:                       `{"descricao":"`,
		typeForm:                       `descricao=`,
		typeMultipart + "; boundary=b": "--b\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"a\"\r\n\r\n",
	} {
		body := &counted{Reader: io.MultiReader(strings.NewReader(head), strings.NewReader(strings.Repeat("a", 8<<20)))}
		path, limit := "/ocorrencias", int64(1<<20)
		if strings.HasPrefix(kind, typeMultipart) {
			path, limit = "/ocorrencias/1/anexos", 2<<20
		}
		w := send(newHandler(webservicetest.Options()), "POST", path, "demo", kind, body)
		if w.Code != http.StatusRequestEntityTooLarge || codigoOf(t, w) != desk.ErrTooLarge {
			t.Error(kind, w.Code, w.Body.String())
		}
		if body.read > limit+64<<10 {
			t.Errorf("%s: %d bytes read", kind, body.read)
		}
	}
}

func TestAFileMayBeLargerThanOtherBodiesButNotThanItsOwnLimit(t *testing.T) {
	h := newHandler(webservicetest.Options())
	file := func(size int) io.Reader {
		return strings.NewReader(`{"nome":"a","conteudo":"` + base64.StdEncoding.EncodeToString(make([]byte, size)) + `"}`)
	}
	if w := send(h, "POST", "/ocorrencias/1/anexos", "demo", typeJSON, file(1<<20)); w.Code != http.StatusCreated {
		t.Error(w.Code, w.Body.String())
	}
	if w := send(h, "POST", "/ocorrencias/1/anexos", "demo", typeJSON, file(1<<20+1)); w.Code != http.StatusRequestEntityTooLarge {
		t.Error(w.Code, w.Body.String())
	}
}

func TestAStrangersBodyIsNotRead(t *testing.T) {
	o := webservicetest.Options()
	strangers := 0
	o.CountUnauthenticated = func() { strangers++ }
	o.Registry.Keep = func(context.Context, *webservice.Call, *desk.Error) string { t.Error("kept"); return "" }
	body := &counted{Reader: strings.NewReader("{}")}
	if w := send(newHandler(o), "POST", "/ocorrencias", "errado", typeJSON, body); w.Code != http.StatusUnauthorized || body.read != 0 || strangers != 1 {
		t.Error(w.Code, body.read, strangers)
	}
}

// TestLargeBodiesWaitForTheirPlace holds the only place with a body that doesn't come, and shows that a large
// one waits, a small one doesn't, and that the place is given back.
func TestLargeBodiesWaitForTheirPlace(t *testing.T) {
	o := webservicetest.Options()
	o.LargeBodies = 1
	h := newHandler(o)
	slow, sender := io.Pipe()
	first := make(chan int)
	go func() {
		first <- send(h, "POST", "/ocorrencias/1/anexos", "demo", typeJSON, slow).Code
	}()
	if _, err := io.WriteString(sender, `{"nome":"a",`); err != nil { // returns once the handler reads: it has the place
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "POST", Prefix+"/ocorrencias/1/anexos", io.MultiReader(strings.NewReader("{}")))
	r.Header.Set("Authorization", "Bearer demo")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Error("a large body got in:", w.Code)
	}
	if w := send(h, "POST", "/ocorrencias/1/anexos", "demo", typeJSON, strings.NewReader(`{"nome":"a","url":"u"}`)); w.Code != http.StatusCreated {
		t.Error("a small body waited:", w.Code)
	}
	_, _ = io.WriteString(sender, `"url":"u"}`)
	_ = sender.Close()
	if code := <-first; code != http.StatusCreated {
		t.Error(code)
	}
	if w := send(h, "POST", "/ocorrencias/1/anexos", "demo", typeJSON, io.MultiReader(strings.NewReader(`{"nome":"a","url":"u"}`))); w.Code != http.StatusCreated {
		t.Error("the place was not given back:", w.Code)
	}
}

// TestASlowBodyIsCutOff is over a real connection, because only that has deadlines.
func TestASlowBodyIsCutOff(t *testing.T) {
	o := webservicetest.Options()
	o.BodyTimeout = 50 * time.Millisecond
	server := httptest.NewServer(newHandler(o))
	defer server.Close()
	body, sender := io.Pipe()
	defer sender.Close()
	r, _ := http.NewRequest("POST", server.URL+Prefix+"/ocorrencias", body)
	r.Header.Set("Authorization", "Bearer demo")
	r.Header.Set("Content-Type", typeJSON)
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.Status)
	}
}

func TestTheLogSaysWhatHappenedButNotWhatWasSent(t *testing.T) {
	var log bytes.Buffer
	o := webservicetest.Options()
	o.Logger = slog.New(slog.NewJSONHandler(&log, nil))
	o.Registry.Keep = func(context.Context, *webservice.Call, *desk.Error) string { return "rec-1" }
	var observed []string
	o.Observe = func(operation, codigo string, status int, _ time.Duration) {
		observed = append(observed, operation+" "+codigo+" "+http.StatusText(status))
	}
	h := newHandler(o)
	send(h, "POST", "/ocorrencias", "demo", typeJSON, strings.NewReader(`{"cod_projeto":"nenhuma","descricao":"Maria da Silva"}`))
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"level": "INFO", "door": "rest", "operation": "IncluirOcorrencia", "status": 422.0, "codigo": desk.ErrUnit,
		"token": "demo", "call": "rec-1", "request": "PEDIDO"} {
		if line[name] != want {
			t.Errorf("%s: %v", name, line[name])
		}
	}
	send(h, "GET", "/ocorrencias?id_externo=Maria", "demo", "", nil)
	send(h, "GET", "/Maria", "demo", "", nil)
	if strings.Contains(log.String(), "Maria") {
		t.Error(log.String())
	}
	if got := strings.Join(observed, ", "); got != "IncluirOcorrencia unidade_nao_identificada Unprocessable Entity, ConsultarOcorrencia  OK,  rota_nao_encontrada Not Found" {
		t.Error(got)
	}
}

func TestHeadIsAnsweredLikeGet(t *testing.T) {
	h := newHandler(webservicetest.Options())
	if w := send(h, "HEAD", "/ocorrencias/7", "demo", "", nil); w.Code != http.StatusOK {
		t.Error(w.Code)
	}
	if w := send(h, "HEAD", "/ocorrencias/7/comentarios", "demo", "", nil); w.Code != http.StatusMethodNotAllowed {
		t.Error(w.Code)
	}
}

func TestAnAbortedHandlerStaysAborted(t *testing.T) {
	o := webservicetest.Options()
	o.Authenticate = func(context.Context, webservice.Credentials) (*webservice.Caller, error) { panic(http.ErrAbortHandler) }
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Error(err)
		}
	}()
	send(newHandler(o), "GET", "/ocorrencias/7", "demo", "", nil)
}

func TestANilCallerIsAStranger(t *testing.T) {
	o := webservicetest.Options()
	o.Authenticate = func(context.Context, webservice.Credentials) (*webservice.Caller, error) { return nil, nil }
	if w := send(newHandler(o), "GET", "/ocorrencias/7", "demo", "", nil); w.Code != http.StatusUnauthorized {
		t.Error(w.Code)
	}
}

func TestDefaults(t *testing.T) {
	o := door.Options{Registry: webservicetest.Registry(), Logger: slog.New(slog.DiscardHandler),
		Authenticate: func(context.Context, webservice.Credentials) (*webservice.Caller, error) {
			return &webservice.Caller{}, nil
		}}
	w := send(newHandler(o), "POST", "/ocorrencias", "x", typeJSON, strings.NewReader(`{"cod_projeto":"1","descricao":"a"}`))
	if w.Code != http.StatusCreated || len(w.Header().Get("X-Ponte-Pedido")) < 16 {
		t.Error(w.Code, w.Header())
	}
	if w := send(newHandler(o), "GET", "/openapi.json", "", "", nil); w.Code != http.StatusOK {
		t.Error(w.Code)
	}
}

func TestFormOf(t *testing.T) {
	const java, browser = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, c := range []struct{ accept, profile, want string }{
		{"", "", "json"}, {"", "text", "text"}, {"*/*", "xml", "xml"}, {java, "text", "text"}, {java, "", "json"},
		{"application/json, text/plain, */*", "text", "text"}, {"application/json, text/plain, */*", "", "json"},
		{"text/plain", "", "text"}, {"TEXT/PLAIN; charset=utf-8", "json", "text"}, {"application/xml", "text", "xml"}, {"text/xml", "", "xml"},
		{"text/*", "", "text"}, {"application/*", "text", "json"}, {"application/problem+json", "text", "json"},
		{"text/plain;q=0.5, application/json;q=0.4", "", "text"}, {"text/plain;q=0, */*", "text", "json"},
		{"text/plain, */*;q=0.1", "json", "text"}, {browser, "", "xml"}, {"image/png", "text", "text"}, {"lixo;;;", "", "json"},
		{"text/plain;q=x", "", "json"},
	} {
		if got := formOf(c.accept, webservice.Profile{Form: c.profile}); got != c.want {
			t.Errorf("Accept %q, profile %q: %s, want %s", c.accept, c.profile, got, c.want)
		}
	}
}
