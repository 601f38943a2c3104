package app_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/app"
	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// The values of every credential, with everything in them that is written differently in a URL, in HTML, in JSON and in a
// header.
const (
	leakToken    = `VAZA-token/a+b=c&d<e>"f"`
	leakPassword = `VAZA-senha/a+b=c&d<e>"f"`
	leakHeader   = `VAZA-chave/a+b=c&d<e>"f"`
	leakParam    = `VAZA-parametro/a+b=c&d<e>"f"`
	leakClient   = `VAZA-client_secret/a+b=c&d<e>"f"`
	leakAccess   = `VAZA-acesso/a+b=c~d`
)

// leaks says in which of the forms a text may travel a haystack holds it.
func leaks(haystack []byte, secret string) (found []string) {
	quoted, _ := json.Marshal(secret)
	for name, form := range map[string]string{
		"as it is": secret, "in a URL": url.QueryEscape(secret), "in a path": url.PathEscape(secret), "in JSON": strings.Trim(string(quoted), `"`),
		"in HTML": html.EscapeString(secret), "in PHP's JSON": strings.ReplaceAll(secret, "/", `\/`), "in hexadecimal": hex.EncodeToString([]byte(secret)),
		"in base64": base64.StdEncoding.EncodeToString([]byte(secret)), "in raw base64": base64.RawStdEncoding.EncodeToString([]byte(secret)),
		"in base64 for URLs": base64.URLEncoding.EncodeToString([]byte(secret)), "in raw base64 for URLs": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"as the password of Basic": base64.StdEncoding.EncodeToString([]byte("ponte:" + secret)),
	} {
		if bytes.Contains(haystack, []byte(form)) || bytes.Contains([]byte(html.UnescapeString(string(haystack))), []byte(form)) {
			found = append(found, name)
		}
	}
	return found
}

// gossip is a field's tool that says back whatever it was told, in every form, whether it takes the call or not.
type gossip struct {
	*httptest.Server
	mu    sync.Mutex
	mode  string // "ok", "refuse", "deny", "fail", "garbage", "no token"
	heard bytes.Buffer
	asked int
}

func newGossip(t *testing.T) (*gossip, string) {
	g := &gossip{mode: "ok"}
	cert, key := flowtest.Certificate(t, "ferramenta do campo", time.Hour)
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	g.Server = httptest.NewUnstartedServer(g)
	g.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert}
	g.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	g.StartTLS()
	t.Cleanup(g.Close)
	return g, cert
}

func (g *gossip) set(mode string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mode = mode
}

func (g *gossip) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	body, _ := io.ReadAll(r.Body)
	told := r.RequestURI + "\n" + string(body) + "\n"
	for name, values := range r.Header {
		told += name + ": " + strings.Join(values, ",") + "\n"
	}
	form, _ := url.ParseQuery(string(body))
	_, password, _ := r.BasicAuth()
	password, _ = url.QueryUnescape(strings.ReplaceAll(password, "+", "%2B"))
	plain := []string{strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("X-Chave"), r.URL.Query().Get("api_key"), form.Get("client_secret"), password}
	if strings.HasPrefix(r.Header.Get("Authorization"), "Basic ") {
		plain[0] = strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
	}
	plain = slices.DeleteFunc(plain, func(s string) bool { return s == "" })
	g.heard.WriteString(told + strings.Join(plain, "\n") + "\n")
	echo := map[string]any{"mensagem": "não aceito " + strings.Join(plain, " nem "), "idMobuss": fmt.Sprintf("SAT-%d", g.asked), "numSolicitacao": g.asked, "status": "OK"}
	for i, s := range plain {
		echo[fmt.Sprint("url", i)], echo[fmt.Sprint("b64", i)], echo[fmt.Sprint("raw", i)] = url.QueryEscape(s), base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s))
		w.Header().Add("X-Eco", s)
		w.Header().Add("X-Eco-Url", url.QueryEscape(s))
	}
	w.Header().Set("Content-Type", "application/json")
	status := http.StatusOK
	lookUp := strings.Contains(r.URL.Path, "consultar")
	switch {
	case strings.HasSuffix(r.URL.Path, "/token") && g.mode == "no token":
		status, echo = http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": strings.Join(plain, " ")}
	case strings.HasSuffix(r.URL.Path, "/token"):
		echo = map[string]any{"access_token": leakAccess, "token_type": "Bearer", "expires_in": 600}
	case g.mode == "deny":
		status = http.StatusUnauthorized
	case g.mode == "garbage":
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "<html>"+strings.Join(plain, "<br>")+url.QueryEscape(strings.Join(plain, " ")))
		return
	case lookUp && g.mode == "ok":
		status, echo["codigoInterno"] = http.StatusNotFound, "SAT-AT002"
	case g.mode == "refuse":
		status = http.StatusUnprocessableEntity
	case g.mode == "fail":
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(echo)
}

// logbook is a log that the test reads.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// gossiped is the house of this test: the demo, with its field's tool replaced by one that can't keep a secret.
type gossiped struct {
	*house
	tool   *gossip
	dir    string
	log    *logbook
	pages  *http.Client
	seen   map[string][]byte // everything that anybody was shown, by where
	shown  int
	cert   string
	key    string
	ca     string
	number int64
}

func newGossiped(t *testing.T) *gossiped {
	t.Helper()
	g := &gossiped{dir: t.TempDir(), log: &logbook{}, seen: map[string][]byte{}}
	g.tool, g.ca = newGossip(t)
	g.cert, g.key = flowtest.Certificate(t, "ponte", time.Hour)
	a, err := app.New(t.Context(), app.Config{DatabaseURL: "sqlite:" + filepath.Join(g.dir, "ponte.db"), SecretKeys: []string{"a secret of the tests only"},
		Addr: "127.0.0.1:0", Demo: true, Log: slog.New(slog.NewJSONHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	g.house = &house{t: t, app: a, news: make(chan struct{}, 1)}
	g.listen(a)
	g.must(a.SeedDemo(t.Context(), g.tool.URL))
	g.must(a.Start(t.Context()))
	jar, err := cookiejar.New(nil)
	g.must(err)
	g.pages = &http.Client{Jar: jar}
	if _, at := g.post("/entrar", "login", "admin@demo", "senha", app.DemoPassword, "volta", "/painel"); at != "/painel" {
		t.Fatalf("signed in at %s", at)
	}
	return g
}

func (g *gossiped) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// keep notes what was shown, and answers it.
func (g *gossiped) keep(r *http.Request) (status int, path, body string) {
	g.t.Helper()
	res, err := g.pages.Do(r)
	g.must(err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	g.must(err)
	g.shown++
	g.seen[fmt.Sprintf("%d %s %s (%d)", g.shown, r.Method, r.URL.Path, res.StatusCode)] = []byte(fmt.Sprint(res.Header) + "\n" + string(b))
	return res.StatusCode, res.Request.URL.Path, string(b)
}

// get answers the body.
func (g *gossiped) get(path string) string {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, "http://"+g.app.Addr()+path, http.NoBody)
	g.must(err)
	_, _, body := g.keep(r)
	return body
}

// post answers the status and where it led.
func (g *gossiped) post(path string, pairs ...string) (status int, at string) {
	g.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, "http://"+g.app.Addr()+path, strings.NewReader(form.Encode()))
	g.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, at, _ = g.keep(r)
	return status, at
}

var hrefs = regexp.MustCompile(`(?:href|data-src|hx-get)="(/[^"#]*)"`)

// crawl opens every page that pages lead to.
func (g *gossiped) crawl() int {
	g.t.Helper()
	const most = 600
	waiting, known := []string{"/painel", "/parametrizacoes/mobuss", "/parametrizacoes/status", "/parametrizacoes/versoes", "/parametrizacoes/webservice",
		"/parametrizacoes/webservice/parametros", "/parametrizacoes/usuarios", "/integracao/envios", "/integracao/recebimentos", "/ocorrencias", "/conta"}, map[string]bool{}
	for len(waiting) > 0 && len(known) < most {
		path := waiting[0]
		waiting = waiting[1:]
		if known[path] || strings.HasPrefix(path, "/static/") || path == "/novidades" || strings.HasPrefix(path, "/sair") {
			continue
		}
		known[path] = true
		body := g.get(path)
		for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
			waiting = append(waiting, html.UnescapeString(m[1]))
		}
	}
	return len(known)
}

// configure makes a version with this authentication, and sets its credentials by the page, the wrong way first.
func (g *gossiped) configure(auth mapping.Auth, secrets map[string]string) {
	g.t.Helper()
	admin := flowtest.Admin()
	d, err := g.app.Flow.ExportConfig(g.t.Context(), admin)
	g.must(err)
	d.Integration.Auth = auth
	p := &d.Integration.Policy
	p.FirstRetry, p.MaxRetry, p.Settling, p.Jitter = mapping.Duration(5*time.Millisecond), mapping.Duration(10*time.Millisecond), mapping.Duration(5*time.Millisecond), 0
	d.Environments.Homologation.TokenURL = g.tool.URL + "/oauth/token"
	_, err = g.app.Flow.PublishConfig(g.t.Context(), admin, d, flow.Publication{Note: string(auth.Kind)})
	g.must(err)
	pairs := []string{"credencial.autoridade", g.ca}
	for name, value := range secrets {
		pairs = append(pairs, "credencial."+name, value)
	}
	if auth.ClientCertificate {
		pairs = append(pairs, "credencial.certificado", g.cert, "credencial.chave_privada", g.key)
	}
	if status, _ := g.post("/parametrizacoes/mobuss/credenciais", append([]string{"credencial.autoridade", "nada"}, pairs[2:]...)...); status != http.StatusUnprocessableEntity {
		g.t.Fatalf("a wrong authority: %d", status)
	}
	if status, _ := g.post("/parametrizacoes/mobuss/credenciais", pairs...); status != http.StatusOK {
		g.t.Fatalf("credentials: %d", status)
	}
	if status, _ := g.post("/parametrizacoes/mobuss", append([]string{"versao", "1", "metodo", "C"}, pairs...)...); status < 400 {
		g.t.Fatalf("an unfinished form: %d", status)
	}
}

// deliver sends one opening and waits for what becomes of it.
func (g *gossiped) deliver(mode string, want func(flow.Delivery) bool) {
	g.t.Helper()
	g.tool.set(mode)
	g.number = g.open()
	g.must(g.app.Flow.MoveByHand(g.t.Context(), attendant, flow.MoveInput{Number: g.number, Status: "20", Comment: "segue"}))
	g.until(mode+" is settled", func() bool { return want(g.show(g.number).Deliveries[0]) })
	g.get(fmt.Sprintf("/ocorrencias/%d", g.number))
	g.get("/integracao/envios/" + g.show(g.number).Deliveries[0].ID)
	status, body := g.call("GET", fmt.Sprintf("http://%s/ws/rest/v1/ocorrencias/%d", g.app.Addr(), g.number), app.DemoDeskToken, "", nil)
	g.seen[fmt.Sprintf("ConsultarOcorrencia %d (%d)", g.number, status)] = []byte(body)
}

// mend lets the tool take our credential again; a test of the connection is the way out of the pause.
func (g *gossiped) mend() {
	g.t.Helper()
	g.get("/painel") // which tells of it
	g.tool.set("ok")
	g.post("/parametrizacoes/mobuss/teste")
	g.until("it goes on", func() bool { return g.settled(g.number) })
}

// TestCredentialsAreNowhere drives a house with every kind of credential, against a tool that says each back in every
// form, and looks for them in everything that is shown, exported, logged and stored.
func TestCredentialsAreNowhere(t *testing.T) {
	g := newGossiped(t)
	all := []string{leakToken, leakPassword, leakHeader, leakParam, leakClient, leakAccess}
	kinds := []struct {
		auth    mapping.Auth
		secrets map[string]string
	}{
		{mapping.Auth{Kind: mapping.AuthBearer}, map[string]string{"token": leakToken}},
		{mapping.Auth{Kind: mapping.AuthBasic}, map[string]string{"usuario": "ponte", "senha": leakPassword}},
		{mapping.Auth{Kind: mapping.AuthHeader, Headers: []string{"X-Chave"}}, map[string]string{"X-Chave": leakHeader}},
		{mapping.Auth{Kind: mapping.AuthQuery, Params: []string{"api_key"}}, map[string]string{"api_key": leakParam}},
		{mapping.Auth{Kind: mapping.AuthOAuth, ClientCertificate: true}, map[string]string{"client_id": "ponte", "client_secret": leakClient}},
		{mapping.Auth{Kind: mapping.AuthOAuth, OAuth: mapping.OAuth{Style: mapping.ClientInBody}}, map[string]string{"client_id": "ponte", "client_secret": leakClient}},
	}
	state := func(s desk.DeliveryState) func(flow.Delivery) bool {
		return func(d flow.Delivery) bool { return d.State == s }
	}
	for _, k := range kinds {
		g.configure(k.auth, k.secrets)
		for _, mode := range []string{"no token", "ok", "deny", "fail", "garbage"} {
			if mode == "no token" && k.auth.Kind != mapping.AuthOAuth {
				continue
			}
			g.tool.set(mode)
			g.post("/parametrizacoes/mobuss/teste")
		}
		if k.auth.Kind == mapping.AuthOAuth {
			g.deliver("no token", func(d flow.Delivery) bool { return d.State == desk.Queued && d.Reason.Code == connector.ReasonTokenNo })
			g.mend()
		}
		g.deliver("ok", state(desk.Delivered))
		g.deliver("refuse", state(desk.Refused))
		g.deliver("deny", func(d flow.Delivery) bool { return d.State == desk.Queued && d.Reason.Code == mapping.ReasonCredential })
		g.mend()
		g.deliver("garbage", func(d flow.Delivery) bool { return d.State == desk.Uncertain })
		g.get("/parametrizacoes/status/20/integracao")
		g.post("/parametrizacoes/status/20/integracao/previa")
		g.tool.set("ok")
	}
	if n := g.crawl(); n < 80 {
		t.Errorf("only %d pages were found", n)
	}
	metrics := g.get("/metrics")
	d, err := g.app.Flow.ExportConfig(t.Context(), flowtest.Admin())
	g.must(err)
	text, err := d.YAML()
	g.must(err)
	g.seen["the export"], g.seen["the metrics"] = text, []byte(metrics)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	g.must(g.app.Stop(ctx))
	g.seen["the log"] = g.log.b.Bytes()
	files := 0
	g.must(filepath.WalkDir(g.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		g.seen["the file "+filepath.Base(path)] = b
		files++
		return err
	}))
	if files == 0 || len(g.seen["the log"]) < 1000 {
		t.Fatalf("%d files, %d bytes of log", files, len(g.seen["the log"]))
	}
	private := strings.Split(strings.TrimSpace(g.key), "\n")
	for _, secret := range append(slices.Clone(all), private[1:len(private)-1]...) {
		for where, what := range g.seen {
			if found := leaks(what, secret); len(found) > 0 {
				t.Errorf("%s shows %q %v", where, secret, found)
			}
		}
	}
	t.Logf("%d things shown, %d calls of the tool", len(g.seen), g.tool.asked)

	// The controls: each credential did travel, so there was something to be found; the search finds each in each form.
	for _, secret := range all {
		if len(leaks(g.tool.heard.Bytes(), secret)) == 0 {
			t.Errorf("%q never reached the tool", secret)
		}
	}
	if !bytes.Contains(g.seen["the file ponte.db"], []byte("segue")) {
		t.Error("the database's file holds nothing that is not sealed: it was not the right one")
	}
}

// TestControlTheSearchFindsLeaks: a page, a log or a row that held a credential in one of its forms would be noticed.
func TestControlTheSearchFindsLeaks(t *testing.T) {
	quoted, _ := json.Marshal(leakToken)
	for name, leak := range map[string]string{
		"a page": "<p>" + html.EscapeString(leakToken) + "</p>", "a log": `{"msg":` + string(quoted) + `}`, "a query": "?k=" + url.QueryEscape(leakToken),
		"a header": "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ponte:"+leakToken)), "an escaped page": html.EscapeString(url.PathEscape(leakToken)),
		"base64": base64.RawURLEncoding.EncodeToString([]byte(leakToken)),
	} {
		if len(leaks([]byte("antes "+leak+" depois"), leakToken)) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	if found := leaks([]byte("nada de mais"), leakToken); found != nil {
		t.Errorf("found in nothing: %v", found)
	}
}
