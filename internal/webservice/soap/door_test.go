package soap

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
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
	"ponte/internal/webservice/rest"
	"ponte/internal/webservice/webservicetest"
)

func options(t testing.TB) door.Options {
	t.Helper()
	return webservicetest.Options()
}

const wsse = `<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><w:UsernameToken>` +
	`<w:Username>mobuss</w:Username><w:Password>%s</w:Password></w:UsernameToken></w:Security>`

// signed puts a UsernameToken before the Body.
func signed(message, token string) string {
	return strings.Replace(message, "<s:Body>", "<s:Header>"+fmt.Sprintf(wsse, token)+"</s:Header><s:Body>", 1)
}

func attach(file io.Reader) io.Reader {
	head, tail, _ := strings.Cut(in11(`<IncluirAnexo><numero_ocorrencia>1</numero_ocorrencia><nome>a</nome><conteudo>@</conteudo></IncluirAnexo>`), "@")
	return io.MultiReader(strings.NewReader(head), file, strings.NewReader(tail))
}

// TestEveryCodeIsSomebodysFault: the version's HTTP status, and who is at fault, for every codigo.
func TestEveryCodeIsSomebodysFault(t *testing.T) {
	later := []string{desk.ErrTooMany, desk.ErrInternal, desk.ErrUnavailable}
	for _, code := range webservice.Codes() {
		for _, v := range []*version{soap11, soap12} {
			x := &exchange{version: v, message: message{version: v}}
			err := desk.Fail(code)
			a := x.faulted(err)
			status, who := v.refused, v.sender
			for _, l := range later {
				if l == code {
					status, who = http.StatusInternalServerError, v.receiver
				}
			}
			switch code {
			case desk.ErrUnauthenticated:
				status = http.StatusUnauthorized
			case desk.ErrHTTPMethod:
				status = http.StatusMethodNotAllowed
			}
			if a.Status != status || !bytes.Contains(a.Body, []byte(">soap:"+who+"<")) || a.Codigo != code {
				t.Errorf("%s: %d, want %d by %s: %s", code, a.Status, status, who, a.Body)
			}
			if passes := code == desk.ErrTooMany || code == desk.ErrUnavailable; (a.Header.Get("Retry-After") != "") != passes {
				t.Errorf("%s: Retry-After %q", code, a.Header.Get("Retry-After"))
			}
		}
	}
}

// TestAStrangersMessageIsReadNoFurtherThanItsHead: with a wrong Authorization header not at all.
func TestAStrangersMessageIsReadNoFurtherThanItsHead(t *testing.T) {
	for _, c := range []struct {
		name, token, message string
		most                 int64
	}{
		{"wrong Authorization", "errado", in11(""), 0},
		{"nothing", "", in11("<IncluirAnexo>"), maxHead},
		{"wrong UsernameToken", "", signed(in11("<IncluirAnexo><conteudo>"), "errado"), maxHead},
		{"a header without an end", "", `<s:Envelope xmlns:s="` + soap11.space + `"><s:Header><a>`, maxHead},
	} {
		o := options(t)
		strangers := 0
		o.CountUnauthenticated = func() { strangers++ }
		o.Registry.Keep = func(context.Context, *webservice.Call, *desk.Error) string { t.Error("kept"); return "" }
		start, _, _ := strings.Cut(c.message, "</IncluirAnexo>")
		body := &counted{Reader: io.MultiReader(strings.NewReader(start), strings.NewReader(strings.Repeat("A", 8<<20)))}
		w := send(newHandler(o), c.token, "text/xml", body)
		if w.Code != http.StatusUnauthorized || read(t, w).fault().Codigo != desk.ErrUnauthenticated || strangers != 1 || body.read > c.most {
			t.Errorf("%s: %d, %d strangers, %d bytes read", c.name, w.Code, strangers, body.read)
		}
		if w.Header().Get("WWW-Authenticate") != `Basic realm="ponte"` {
			t.Error(w.Header())
		}
	}
}

func TestALongHeaderIsRefused(t *testing.T) {
	message := strings.Replace(in11(comment("")), "<s:Body>", "<s:Header><a>"+strings.Repeat("x", maxHead)+"</a></s:Header><s:Body>", 1)
	w := send(newHandler(options(t)), "demo", "text/xml", strings.NewReader(message))
	if said := read(t, w).fault(); said.Codigo != desk.ErrContent || !strings.Contains(said.Mensagem, "Header é longo demais") {
		t.Error(said)
	}
}

// TestLimits: what says itself that it is too large isn't read, what doesn't say its size is read up to the
// operation's limit, and a file may be larger than other messages.
func TestLimits(t *testing.T) {
	h := newHandler(options(t))
	body := &counted{Reader: strings.NewReader(in11(""))}
	r := httptest.NewRequest("POST", Prefix, body)
	r.ContentLength = 3 << 20
	r.Header.Set("Authorization", "Bearer demo")
	r.Header.Set("Content-Type", "text/xml")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if read(t, w).fault().Codigo != desk.ErrTooLarge || body.read != 0 {
		t.Error(w.Body, body.read)
	}
	for operation, limit := range map[string]int64{"IncluirComentario": 1 << 20, "IncluirAnexo": 2 << 20} {
		body := &counted{Reader: io.MultiReader(strings.NewReader(strings.TrimSuffix(in11("<"+operation+"><nome>"), "</s:Body></s:Envelope>")),
			strings.NewReader(strings.Repeat("a", 8<<20)))}
		w := send(h, "demo", "text/xml", body)
		said := read(t, w).fault()
		if said.Codigo != desk.ErrTooLarge || !strings.Contains(said.Mensagem, fmt.Sprint(limit)) || body.read > limit+maxHead {
			t.Errorf("%s: %s, %d bytes read", operation, said.Mensagem, body.read)
		}
	}
	for size, want := range map[int]string{1 << 20: "", 1<<20 + 1: desk.ErrTooLarge} {
		file := base64.StdEncoding.EncodeToString(make([]byte, size))
		if got := read(t, send(h, "demo", "text/xml", attach(strings.NewReader(file)))).fault().Codigo; got != want {
			t.Errorf("%d bytes: %q", size, got)
		}
	}
}

// TestLargeBodiesOfBothDoorsShareThePlaces holds the only place with a message that doesn't come, and shows that a
// large body of REST waits, and that the place is given back.
func TestLargeBodiesOfBothDoorsShareThePlaces(t *testing.T) {
	o := options(t)
	o.LargeBodies = 1
	shared := door.New(o)
	inSOAP, inREST := New(shared, o.PublicURL), rest.New(shared, rest.About{})
	slow, sender := io.Pipe()
	first := make(chan int)
	go func() { first <- send(inSOAP, "demo", "text/xml", attach(slow)).Code }()
	if _, err := io.WriteString(sender, strings.Repeat("AAAA", maxHead/4+1)); err != nil { // returns once more than the head is read
		t.Fatal(err)
	}
	large := func(ctx context.Context) int {
		r := httptest.NewRequestWithContext(ctx, "POST", rest.Prefix+"/ocorrencias/1/anexos", io.MultiReader(strings.NewReader(`{"nome":"a","url":"u"}`)))
		r.Header.Set("Authorization", "Bearer demo")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		inREST.ServeHTTP(w, r)
		return w.Code
	}
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	if code := large(hurried); code != http.StatusServiceUnavailable {
		t.Error("a large body got in:", code)
	}
	_ = sender.Close()
	if code := <-first; code != http.StatusOK {
		t.Error(code)
	}
	if code := large(t.Context()); code != http.StatusCreated {
		t.Error("the place was not given back:", code)
	}
}

// TestASlowMessageIsCutOff is over a real connection, because only that has deadlines.
func TestASlowMessageIsCutOff(t *testing.T) {
	o := options(t)
	o.BodyTimeout = 50 * time.Millisecond
	server := httptest.NewServer(newHandler(o))
	defer server.Close()
	body, sender := io.Pipe()
	defer sender.Close()
	r, _ := http.NewRequest("POST", server.URL+Prefix, body)
	r.Header.Set("Authorization", "Bearer demo")
	r.Header.Set("Content-Type", "text/xml")
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusInternalServerError {
		t.Error(resp.Status)
	}
}

// TestCredentialsAndValuesStayOut: what was sent in the header is neither kept nor logged, whatever is wrong with the
// message, and no value is answered.
func TestCredentialsAndValuesStayOut(t *testing.T) {
	const secret, value = "demo", "Maria-da-Silva"
	sound := signed(in11(comment(`<numero_ocorrencia>7</numero_ocorrencia><comentario>`+value+`</comentario>`)), secret)
	for name, message := range map[string]string{
		"accepted":          sound,
		"a wrong parameter": strings.Replace(sound, ">7<", ">"+value+"<", 1),
		"an unknown one":    strings.Replace(sound, "comentario>", "comentaro>", 2),
		"no such operation": strings.ReplaceAll(sound, "IncluirComentario", "Excluir"),
		"a broken Body":     strings.Replace(sound, "</p:IncluirComentario>", "</b>", 1),
		"a broken header":   strings.Replace(sound, "</s:Header>", "", 1),
		"a DTD inside":      strings.Replace(sound, "</w:Username>", "<!DOCTYPE x>", 1),
		"a wrong envelope":  strings.ReplaceAll(sound, soap11.space, "urn:x"),
		"cut short":         sound[:len(sound)/2],
		"not UTF-8":         strings.Replace(sound, value, value+"\xff", 1),
	} {
		for _, authorization := range []string{"", "demo"} {
			var log, kept bytes.Buffer
			o := options(t)
			o.Logger = slog.New(slog.NewJSONHandler(&log, nil))
			o.Registry.Log = o.Logger
			o.Registry.Keep = func(_ context.Context, c *webservice.Call, _ *desk.Error) string { kept.Write(c.Raw); return "rec-1" }
			w := send(newHandler(o), authorization, "text/xml", strings.NewReader(message))
			if strings.Contains(kept.String(), secret) || strings.Contains(log.String(), value) || strings.Contains(log.String(), "mobuss") {
				t.Errorf("%s: kept %s, logged %s", name, kept.String(), log.String())
			}
			if name != "accepted" && (strings.Contains(w.Body.String(), value) || w.Code == http.StatusOK) {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			if !strings.Contains(log.String(), `"door":"soap"`) {
				t.Error(log.String())
			}
		}
	}
}

func TestPanicsAreFaults(t *testing.T) {
	o := options(t)
	for _, token := range []string{"panico", "quebra"} {
		if w := send(newHandler(o), token, "text/xml", strings.NewReader(in11(""))); w.Code != http.StatusInternalServerError || read(t, w).fault().Codigo != desk.ErrInternal {
			t.Error(w.Code, w.Body)
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	for _, method := range []string{"GET", "POST", "PUT"} {
		w := httptest.NewRecorder()
		newHandler(options(t)).ServeHTTP(w, httptest.NewRequest(method, Prefix, nil))
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Ponte-Pedido": "PEDIDO", "Cache-Control": "no-store"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q", method, name, got)
			}
		}
	}
}
