package sandbox

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	newer = "/ccapi/assistencia/solicitacao/v1/"
	older = "/ccweb/rest/v1/assistencia/solicitacao/"
	token = "segredo"
	// patience is how long a test waits for what must come; it never waits for something not to come.
	patience = 60 * time.Second
)

// rig is a sandbox behind a real HTTP server.
type rig struct {
	*Server
	t       testing.TB
	web     *httptest.Server
	records chan record // everything written since the rig began
}

func open(t testing.TB, dir string) *Server {
	t.Helper()
	s, err := Open(Options{Dir: dir, Token: token, epoch: "c0ffee", RetryMin: time.Millisecond,
		RetryMax: 4 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve puts a sandbox on the wire until the test ends.
func serve(t testing.TB, s *Server) *rig {
	r := &rig{Server: s, t: t, web: httptest.NewServer(s.Handler()), records: make(chan record, 1<<16)}
	s.observe = func(rec record) { r.records <- rec }
	t.Cleanup(r.down)
	return r
}

func newRig(t testing.TB) *rig { return serve(t, open(t, t.TempDir())) }

func (r *rig) down() {
	r.Stop()
	r.web.Close()
	if err := r.Close(); err != nil {
		r.t.Error(err)
	}
}

// again ends the sandbox and opens its folder anew.
func (r *rig) again() *rig {
	r.t.Helper()
	r.down()
	return serve(r.t, open(r.t, r.cfg.Dir))
}

type reply struct {
	status int
	header http.Header
	raw    string
	fields map[string]any
}

// try makes one call; header holds pairs of name and value.
func (r *rig) try(verb, path, body string, header ...string) (reply, error) {
	req, err := http.NewRequest(verb, r.web.URL+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := r.web.Client().Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	out := reply{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &out.fields)
	return out, err
}

// call makes one call that must be answered with the status.
func (r *rig) call(want int, verb, path, body string, header ...string) reply {
	r.t.Helper()
	out, err := r.try(verb, path, body, header...)
	if err != nil {
		r.t.Fatalf("%s %s: %v", verb, path, err)
	}
	if out.status != want {
		r.t.Fatalf("%s %s: status %d, want %d: %s", verb, path, out.status, want, out.raw)
	}
	return out
}

func (r *rig) api(method, body string) reply {
	r.t.Helper()
	return r.call(http.StatusOK, "POST", newer+method, body)
}

// openFor opens an order as Ponte does, and answers its id.
func (r *rig) openFor(legacy string) string {
	r.t.Helper()
	return r.api("incluirSolicitacaoAtendimento",
		`{"idUnidade":"U1","desSolicitacao":"vazamento","idLegado":"`+legacy+`"}`).fields["idMobuss"].(string)
}

func (r *rig) orders() []controlView {
	r.t.Helper()
	return decode[[]controlView](r.t, r.call(http.StatusOK, "GET", "/_sandbox/solicitacoes", ""))
}

func (r *rig) calls() []callView {
	r.t.Helper()
	return decode[[]callView](r.t, r.call(http.StatusOK, "GET", "/_sandbox/retornos", ""))
}

func (r *rig) faults(list string) {
	r.t.Helper()
	r.call(http.StatusOK, "PUT", "/_sandbox/falhas", list)
}

func (r *rig) act(id, body string) controlView {
	r.t.Helper()
	return decode[controlView](r.t, r.call(http.StatusOK, "POST", "/_sandbox/solicitacoes/"+id+"/acoes", body))
}

func (r *rig) fieldOpen(body string) controlView {
	r.t.Helper()
	return decode[controlView](r.t, r.call(http.StatusCreated, "POST", "/_sandbox/acoes", body))
}

// awaitRecord waits until something has been written.
func (r *rig) awaitRecord(what string, is func(record) bool) {
	r.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case rec := <-r.records:
			if is(rec) {
				return
			}
		case <-deadline:
			r.t.Fatalf("nothing came: %s", what)
		}
	}
}

// awaitResults waits until n more calls back are settled.
func (r *rig) awaitResults(n int) {
	r.t.Helper()
	r.awaitRecord(strconv.Itoa(n)+" results", func(rec record) bool {
		if rec.Change != nil {
			n -= len(rec.Change.Results)
		}
		return n <= 0
	})
}

func decode[T any](t testing.TB, from reply) (out T) {
	t.Helper()
	if err := json.Unmarshal([]byte(from.raw), &out); err != nil {
		t.Fatalf("%v: %s", err, from.raw)
	}
	return out
}

// multipartBody is a form with one file.
func multipartBody(t testing.TB, field, name, content string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.SetBoundary("fronteira")
	p, err := m.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(p, content)
	m.Close()
	return b.String(), m.FormDataContentType()
}

// heard is one call that Ponte received.
type heard struct {
	op, number string
	params     map[string]string
}

// ponte is a Ponte of a few lines: it hears, by both doors, and answers as told.
type ponte struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []heard
	answer func(n int, h heard) (status int, body string, header map[string]string) // n from 0; nil: 201 and 5001
	calls  chan heard
}

func newPonte(t testing.TB) *ponte {
	p := &ponte{calls: make(chan heard, 1<<12)}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *ponte) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h := heard{params: map[string]string{}}
	soap := r.URL.Path == "/ws/soap"
	if soap {
		h.op, h.params = readEnvelope(body)
		h.number = h.params["numero_ocorrencia"]
	} else {
		_ = json.Unmarshal(body, &h.params)
		h.op = strings.TrimPrefix(r.URL.Path, "/ws/rest/v1/")
		if h.op != "ocorrencias" {
			h.number, h.op = path.Base(path.Dir(h.op)), path.Base(h.op)
		}
	}
	h.params["(authorization)"] = r.Header.Get("Authorization")
	p.mu.Lock()
	n := len(p.heard)
	p.heard = append(p.heard, h)
	answer := p.answer
	p.mu.Unlock()
	p.calls <- h
	status, out, header := http.StatusCreated, `{"numero_ocorrencia": 5001}`, map[string]string(nil)
	if soap {
		status, out = 200, envelope("<numero_ocorrencia>5001</numero_ocorrencia>")
	}
	if answer != nil {
		status, out, header = answer(n, h)
	}
	for k, v := range header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(status)
	io.WriteString(w, out)
}

func (p *ponte) all() []heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]heard(nil), p.heard...)
}

func envelope(inside string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + inside + `</s:Body></s:Envelope>`
}

func readEnvelope(body []byte) (op string, params map[string]string) {
	var e struct {
		Body struct {
			Op struct {
				XMLName xml.Name
				Fields  []struct {
					XMLName xml.Name
					Text    string `xml:",chardata"`
				} `xml:",any"`
			} `xml:",any"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	params = map[string]string{}
	if xml.Unmarshal(body, &e) != nil || e.Body.Op.XMLName.Space != "urn:ponte:webservice:v1" {
		return "", params
	}
	for _, f := range e.Body.Op.Fields {
		if f.XMLName.Space == "urn:ponte:webservice:v1" {
			params[f.XMLName.Local] = f.Text
		}
	}
	return e.Body.Op.XMLName.Local, params
}
