package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/probe"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
	"ponte/internal/web"
	"ponte/internal/webservice"
)

// house is a whole Ponte without its outbox: pages over a real flow, whose clock the test moves.
type house struct {
	*flowtest.Installation
	t    testing.TB
	hub  *web.Hub
	http *httptest.Server
	log  lines
	ana  desk.Actor // atendente@demo, as who the tests act beside the browser

	mu    sync.Mutex
	clock time.Time // zero: the real one
}

// lines is a log that tests read.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const password = "ponte-demo"

var passwordHash = sync.OnceValue(func() string {
	hash, err := auth.NewPasswords().Hash(context.Background(), password)
	if err != nil {
		panic(err)
	}
	return hash
})

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, hub: web.NewHub()}
	h.Installation = flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{Now: h.now, Changed: h.hub.Publish, Operations: webservice.Known()})
	for _, u := range []flow.User{
		{Login: "atendente@demo", Name: "Ana Souza", Roles: []desk.Role{desk.Attendant}},
		{Login: "consultor@demo", Name: "Caio Prates", Roles: []desk.Role{desk.Consultant}},
		{Login: "gestor@demo", Name: "Carla Nunes", Roles: []desk.Role{desk.Manager}},
		{Login: "admin@demo", Name: "Davi Rocha", Roles: []desk.Role{desk.Admin}},
	} {
		u.PasswordHash = passwordHash()
		id, err := h.AddUser(t.Context(), flowtest.Admin(), u)
		h.must(err)
		if u.Login == "atendente@demo" {
			u.ID = id
			h.ana = u.Actor()
		}
	}
	h.serve(true)
	return h
}

// serve starts the pages; the former ones go on.
func (h *house) serve(demo bool) {
	operations := webservice.NewRegistry(webservice.Operations(h.Flow, nil)...)
	h.http = httptest.NewServer(web.New(web.Options{Flow: h.Flow, Hub: h.hub, Demo: demo, Webservice: web.Webservice{Example: operations.Example}, Probe: probe.New(h.Flow).Probe, Log: slog.New(slog.NewTextHandler(&h.log, nil))}))
	h.t.Cleanup(func() { h.hub.Close(); h.http.Close() })
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clock.IsZero() {
		return time.Now()
	}
	h.clock = h.clock.Add(time.Millisecond) // so that what comes later is later
	return h.clock
}

// at sets the clock to so long ago; zero is the real time again.
func (h *house) at(ago time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = time.Time{}
	if ago > 0 {
		h.clock = time.Now().Add(-ago)
	}
}

// later sets the clock to so far ahead; zero is the real time again.
func (h *house) later(ahead time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = time.Time{}
	if ahead > 0 {
		h.clock = time.Now().Add(ahead)
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// open records an occurrence by hand and answers its number.
func (h *house) open(unit, subject, description string) int64 {
	h.t.Helper()
	n, err := h.OpenByHand(h.t.Context(), h.ana, flow.OpenInput{Project: unit, BlockNewCustomer: "T", Subject: subject, Description: description})
	h.must(err)
	return n
}

func (h *house) move(number int64, status, comment string) {
	h.t.Helper()
	h.must(h.MoveByHand(h.t.Context(), h.ana, flow.MoveInput{Number: number, Status: status, Comment: comment}))
}

// fieldSays is a comment from Mobuss.
func (h *house) fieldSays(number int64, who, text string) {
	h.t.Helper()
	_, err := h.Comment(h.t.Context(), h.Call("IncluirComentario", "", text, h.Field), flow.CommentInput{Number: number, Text: text, Author: who})
	h.must(err)
}

func (h *house) fieldVisits(number int64, state, who, text string, start, end time.Time) {
	h.t.Helper()
	_, err := h.Visit(h.t.Context(), h.Call("InformarVistoria", "", state+text, h.Field), flow.VisitInput{Number: number,
		Start: flow.When{Time: start, Set: true}, End: flow.When{Time: end, Set: true}, Technician: who, State: state, Comment: text})
	h.must(err)
}

// settle plays the outbox: one claim, every job with this outcome.
func (h *house) settle(out flow.Outcome) {
	h.t.Helper()
	jobs := h.claim()
	if len(jobs) == 0 {
		h.t.Fatal("nothing to settle")
	}
	for _, j := range jobs {
		h.must(h.Settle(h.t.Context(), j, out))
	}
}

func (h *house) claim() []flow.Job {
	h.t.Helper()
	routes, err := h.Routes(h.t.Context())
	h.must(err)
	jobs, err := h.Claim(h.t.Context(), flow.ClaimRequest{Owner: "teste", Connection: routes[0].Connection,
		Environment: desk.Homologation, Lease: time.Minute, Limit: 10})
	h.must(err)
	return jobs
}

func accepted(order string) flow.Outcome {
	return flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-" + order, "numero_os": order}}
}

func rejected(message string) flow.Outcome {
	return flow.Outcome{Verdict: flow.Rejected, Reason: desk.Because("recusado_pelo_mobuss", "http", 200, "mensagem", message)}
}

// story is the leak of the design's pictures: opened, inspected, answered, and a comment that didn't arrive.
func (h *house) story() int64 {
	const day = 24 * time.Hour
	h.at(200 * day)
	h.move(h.open("AUR-A-101", "Porta do armário desalinhada", "A porta do armário da cozinha raspa na lateral."), "90", "Regulada na visita de entrega.")
	h.at(20 * day)
	h.move(h.open("AUR-A-101", "Tomada da cozinha sem energia", "Sem energia desde a mudança."), "20", "")
	h.settle(accepted("88188"))
	h.at(6 * day)
	n := h.open("AUR-A-101", "Infiltração no teto do banheiro da suíte",
		"Mancha úmida no teto do banheiro da suíte; aumenta quando o apartamento de cima usa o chuveiro.")
	h.at(6*day - 4*time.Minute)
	h.move(n, "20", "")
	h.settle(accepted("88214"))
	visit := time.Now().Add(-4 * day).Truncate(time.Hour)
	h.at(5 * day)
	h.fieldVisits(n, "agendada", "Jorge Lima", "", visit, visit.Add(35*time.Minute))
	h.at(4 * day)
	h.fieldVisits(n, "realizada", "Jorge Lima", "Rejunte do box do 201 comprometido junto ao ralo; a água desce pela laje. Teste de estanqueidade confirmou. Precisa acesso ao 201 por um dia.", visit, visit.Add(35*time.Minute))
	h.at(3 * day)
	h.must(h.CommentByHand(h.t.Context(), desk.Actor{Kind: "usuario", ID: "3", Name: "Carla Nunes", Origin: desk.House, Roles: []desk.Role{desk.Manager}},
		flow.CommentInput{Number: n, Private: true, Text: "Síndico avisado. O morador do 201 libera o acesso na sexta, o dia todo."}))
	h.at(2 * day)
	h.fieldSays(n, "Jorge Lima", "Rejunte do 201 refeito e box selado. Aguardar 48 h de cura antes de pintar o teto do 101.")
	h.at(6 * time.Minute)
	h.move(n, "40", "Cliente ligou: a mancha voltou a crescer desde ontem à noite. Pode passar hoje antes das 18h?")
	h.settle(rejected("Solicitação 88214 em edição por JLIMA"))
	h.at(0)
	return n
}

// browser is a client with cookies that follows nothing by itself.
type browser struct {
	h *house
	*http.Client
	header http.Header
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	h.must(err)
	return &browser{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, http.Header{}}
}

// signedIn is a browser of a user of the demo.
func (h *house) signedIn(login string) *browser {
	h.t.Helper()
	b := h.browser()
	if a := b.post("/entrar", "login", login, "senha", password); a.status != http.StatusSeeOther {
		h.t.Fatalf("sign in as %s: %d %s", login, a.status, a.body)
	}
	return b
}

type answer struct {
	status int
	body   string
	header http.Header
}

func (b *browser) get(path string) answer {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodGet, b.h.http.URL+path, nil)
	b.h.must(err)
	return b.do(r)
}

// post sends a form of pairs of name and value, as a browser does from a page of ours.
func (b *browser) post(path string, pairs ...string) answer {
	b.h.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.http.URL+path, strings.NewReader(form.Encode()))
	b.h.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *browser) do(r *http.Request) answer {
	b.h.t.Helper()
	for name, v := range b.header {
		r.Header[name] = v
	}
	resp, err := b.Do(r)
	b.h.must(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	b.h.must(err)
	return answer{resp.StatusCode, string(body), resp.Header}
}

// htmx makes the browser ask as htmx does.
func (b *browser) htmx() *browser {
	return &browser{b.h, b.Client, http.Header{"Hx-Request": {"true"}}}
}

// logger writes to the log that tests read.
func (h *house) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&h.log, nil)) }
