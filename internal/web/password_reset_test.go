package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow/flowtest"
	"ponte/internal/web"
)

// mailbox is where letters lie that nobody has written yet: the test says when their turn comes.
type mailbox struct {
	h     *house
	posts []func(context.Context) (*desk.Letter, error)
	full  bool
}

func (m *mailbox) post(write func(context.Context) (*desk.Letter, error)) bool {
	if m.full {
		return false
	}
	m.posts = append(m.posts, write)
	return true
}

// letters writes what waits, and forgets it.
func (m *mailbox) letters() (out []desk.Letter) {
	m.h.t.Helper()
	for _, write := range m.posts {
		l, err := write(m.h.t.Context())
		m.h.must(err)
		if l != nil {
			out = append(out, *l)
		}
	}
	m.posts = nil
	return out
}

// withMail starts the pages again, with a mailbox.
func (h *house) withMail() *mailbox {
	m := &mailbox{h: h}
	h.serveReset(m.post)
	return m
}

// serveReset starts the pages with a way for letters, and the links that letters have in production.
func (h *house) serveReset(post func(func(context.Context) (*desk.Letter, error)) bool) {
	s := httptest.NewUnstartedServer(nil)
	base := "http://" + s.Listener.Addr().String()
	s.Config.Handler = web.New(web.Options{Flow: h.Flow, Hub: h.hub, Demo: true, Log: slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Reset: web.PasswordReset{BaseURL: func() string { return base }, Post: post}})
	s.Start()
	h.http = s
	h.t.Cleanup(func() { h.hub.Close(); s.Close() })
}

var linkOf = regexp.MustCompile(`http://[^\s"<]+/entrar/nova-senha\?chave=([A-Za-z0-9_-]{43})`)

// path is a link's, without the host.
func linkPath(t testing.TB, text string) string {
	t.Helper()
	m := linkOf.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no link in %.2000s", text)
	}
	return "/entrar/nova-senha?chave=" + m[1]
}

const better = "uma senha bem melhor"

func TestForgottenPassword(t *testing.T) {
	h := newHouse(t)
	box := h.withMail()
	old, b := h.signedIn("atendente@demo"), h.browser()
	if a := b.get("/entrar"); !strings.Contains(a.body, `href="/entrar/esqueci"`) {
		t.Error("the sign-in page doesn't lead there")
	}
	if a := b.get("/entrar/esqueci"); a.status != 200 || !strings.Contains(a.body, `action="/entrar/esqueci"`) {
		t.Fatalf("%d", a.status)
	}
	if a := b.post("/entrar/esqueci", "login", " Atendente@demo "); a.status != 303 || a.header.Get("Location") != "/entrar/esqueci?pedido=1" {
		t.Fatalf("%d to %q", a.status, a.header.Get("Location"))
	}
	if a := b.get("/entrar/esqueci?pedido=1"); !strings.Contains(a.body, "Se houver uma conta com esse e-mail") {
		t.Error("nothing is said")
	}
	letters := box.letters()
	if len(letters) != 1 || letters[0].To != "atendente@demo" || letters[0].Language != "pt-BR" || !strings.Contains(letters[0].Text, "Olá, Ana Souza.") || !strings.Contains(letters[0].Text, "vale 1 hora") {
		t.Fatalf("%+v", letters)
	}
	link := linkPath(t, letters[0].Text)

	// The key leaves the address at once, and nothing is used up by looking.
	for range 3 {
		a := b.get(link)
		if a.status != 303 || a.header.Get("Location") != "/entrar/nova-senha" || a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %v", a.status, a.header)
		}
		for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/entrar/nova-senha", "Max-Age=900"} {
			if !strings.Contains(a.header.Get("Set-Cookie"), want) {
				t.Errorf("the cookie %q lacks %s", a.header.Get("Set-Cookie"), want)
			}
		}
		if a := b.get("/entrar/nova-senha"); a.status != 200 || !strings.Contains(a.body, `value="atendente@demo"`) || strings.Contains(a.body, link[len(link)-43:]) {
			t.Fatalf("the form: %d", a.status)
		}
	}
	if a := b.post("/entrar/nova-senha", "nova", "curta"); a.status != 422 || !strings.Contains(a.body, "ao menos 10 caracteres") || strings.Contains(a.body, "curta\"") {
		t.Errorf("a short one: %d", a.status)
	}
	if a := b.post("/entrar/nova-senha", "nova", strings.Repeat("á", 300)); a.status != 422 {
		t.Errorf("a long one: %d", a.status)
	}
	if a := b.post("/entrar/nova-senha", "nova", better); a.status != 303 || a.header.Get("Location") != "/entrar?senha=nova" || !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Fatalf("%d to %q", a.status, a.header.Get("Location"))
	}
	if a := b.get("/entrar?senha=nova"); !strings.Contains(a.body, "A senha foi trocada") {
		t.Error("it isn't said")
	}
	if a := old.get("/ocorrencias"); a.status != 303 {
		t.Errorf("the old session: %d", a.status)
	}
	if a := b.post("/entrar", "login", "atendente@demo", "senha", password); a.status != 401 {
		t.Errorf("the old password: %d", a.status)
	}
	if a := b.post("/entrar", "login", "atendente@demo", "senha", better); a.status != 303 {
		t.Errorf("the new password: %d", a.status)
	}
	h.overNow(t, "the used link", link)
	h.tellsNothing(t, link[len(link)-43:], better, password)
}

// overNow follows a link that opens nothing.
func (h *house) overNow(t *testing.T, what, link string) {
	t.Helper()
	b := h.browser()
	a := b.get(link)
	if a.status == 303 {
		a = b.get("/entrar/nova-senha")
	}
	if a.status != 404 || !strings.Contains(a.body, "Este link não vale mais") || !strings.Contains(a.body, `href="/entrar/esqueci"`) || strings.Contains(a.body, "@demo") {
		t.Errorf("%s: %d", what, a.status)
	}
	if a := b.post("/entrar/nova-senha", "nova", "uma senha qualquer"); a.status != 404 {
		t.Errorf("%s, used: %d", what, a.status)
	}
}

// tellsNothing looks for secrets in the log and in everything that is audited.
func (h *house) tellsNothing(t *testing.T, secrets ...string) {
	t.Helper()
	users, err := h.Users(t.Context())
	h.must(err)
	told, rows := h.log.String(), 0
	for _, u := range users {
		audit, err := h.Store.Read().AuditOf(t.Context(), fmt.Sprint("usuario:", u.ID))
		h.must(err)
		rows += len(audit)
		told += fmt.Sprintf("%+v", audit)
	}
	if rows < 5 || !strings.Contains(told, "usuario.senha.") {
		t.Fatalf("only %d rows of audit were looked at", rows)
	}
	for _, s := range secrets {
		if strings.Contains(told, s) {
			t.Errorf("%q is told: %s", s, told)
		}
	}
}

// TestAskingTellsNothing: a login that exists, one that is closed and one that doesn't exist get the same answer, and
// none of them is even looked for before it: what is done for it comes behind.
func TestAskingTellsNothing(t *testing.T) {
	h := newHouse(t)
	box := h.withMail()
	gestor, _, err := h.UserByLogin(t.Context(), "gestor@demo")
	h.must(err)
	h.must(h.SetDisabled(t.Context(), flowtest.Admin(), gestor.ID, true))
	audited := func() (n int) {
		for _, id := range []string{h.ana.ID, fmt.Sprint(gestor.ID)} {
			rows, err := h.Store.Read().AuditOf(t.Context(), "usuario:"+id)
			h.must(err)
			n += len(rows)
		}
		return n
	}
	before := audited()
	var answers []string
	for _, login := range []string{"atendente@demo", "gestor@demo", "nobody@demo"} {
		a := h.browser().post("/entrar/esqueci", "login", login)
		a.header.Del("Date")
		answers = append(answers, fmt.Sprint(a.status, a.header, a.body))
	}
	if answers[0] != answers[1] || answers[0] != answers[2] {
		t.Errorf("the answers differ:\n%s", strings.Join(answers, "\n"))
	}
	if len(box.posts) != 3 {
		t.Errorf("%d letters wait: whoever counts them knows", len(box.posts))
	}
	if n := audited(); n != before {
		t.Errorf("something was done before the answer: %d rows of audit, then %d", before, n)
	}
	if letters := box.letters(); len(letters) != 1 || letters[0].To != "atendente@demo" {
		t.Errorf("%+v", letters)
	}
	if n := audited(); n != before+1 { // the control: what comes behind is seen
		t.Errorf("%d rows of audit, then %d", before, n)
	}
	box.full = true
	for _, login := range []string{"atendente@demo", "nobody@demo"} {
		if a := h.browser().post("/entrar/esqueci", "login", login); a.status != 503 || !strings.Contains(a.body, `value="`+login+`"`) {
			t.Errorf("a full queue: %d", a.status)
		}
	}
}

func TestAskingIsSlow(t *testing.T) {
	h := newHouse(t)
	box := h.withMail()
	for i := range 5 {
		if a := h.browser().post("/entrar/esqueci", "login", "nobody@demo"); a.status != 303 {
			t.Fatalf("asking %d: %d", i, a.status)
		}
	}
	if a := h.browser().post("/entrar/esqueci", "login", "Nobody@demo"); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("the sixth for a login: %d", a.status)
	}
	if len(box.posts) != 5 {
		t.Errorf("%d letters wait", len(box.posts))
	}
	for i := range 14 { // one was refused above, and counts for the address
		if a := h.browser().post("/entrar/esqueci", "login", fmt.Sprint(i, "@demo")); a.status != 303 {
			t.Fatalf("login %d: %d", i, a.status)
		}
	}
	if a := h.browser().post("/entrar/esqueci", "login", "atendente@demo"); a.status != 429 {
		t.Errorf("the twenty-first from an address: %d", a.status)
	}
	h.later(time.Hour)
	if a := h.browser().post("/entrar/esqueci", "login", "nobody@demo"); a.status != 303 {
		t.Errorf("an hour later: %d", a.status)
	}
	for _, bad := range []string{"", strings.Repeat("a", 121)} {
		if a := h.browser().post("/entrar/esqueci", "login", bad); a.status != 422 {
			t.Errorf("%.20q: %d", bad, a.status)
		}
	}
}

func TestLinksThatOpenNothing(t *testing.T) {
	h := newHouse(t)
	box := h.withMail()
	for what, key := range map[string]string{"unknown": strings.Repeat("A", 43), "short": "x", "odd": url.QueryEscape("' OR 1=1 --" + strings.Repeat("A", 32)), "long": strings.Repeat("A", 4000)} {
		h.overNow(t, what, "/entrar/nova-senha?chave="+key)
	}
	h.overNow(t, "no key", "/entrar/nova-senha")
	h.browser().post("/entrar/esqueci", "login", "atendente@demo")
	link := linkPath(t, box.letters()[0].Text)
	h.later(time.Hour + time.Minute)
	h.overNow(t, "too late", link)
}

// TestTheLinkIsOurs: a host that a stranger names does not stand in somebody else's mail.
func TestTheLinkIsOurs(t *testing.T) {
	h := newHouse(t)
	box := h.withMail()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.http.URL+"/entrar/esqueci", strings.NewReader("login=atendente@demo"))
	h.must(err)
	r.Host = "evil.example"
	r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "X-Forwarded-Host": {"evil.example"}, "Sec-Fetch-Site": {"same-origin"}}
	if a := h.browser().do(r); a.status != 303 {
		t.Fatal(a.status)
	}
	if l := box.letters(); len(l) != 1 || strings.Contains(l[0].Text, "evil") {
		t.Errorf("%+v", l)
	}
}

func TestWithoutMailAnAdministratorHandsTheLink(t *testing.T) {
	h := newHouse(t) // whose pages know no mail
	b := h.browser()
	for _, a := range []answer{b.get("/entrar/esqueci"), b.get("/entrar/esqueci?pedido=1"), b.post("/entrar/esqueci", "login", "atendente@demo")} {
		if a.status != 200 || !strings.Contains(a.body, "não manda e-mails") || strings.Contains(a.body, `action="/entrar/esqueci"`) {
			t.Errorf("%d", a.status)
		}
	}
	admin, old := h.signedIn("admin@demo"), h.signedIn("atendente@demo")
	act := fmt.Sprintf("/parametrizacoes/usuarios/%s/link", h.ana.ID)
	if a := admin.get("/parametrizacoes/usuarios"); !strings.Contains(a.body, act) || strings.Contains(a.body, "link-por-email") {
		t.Error("the acts on the page are not those of a house without mail")
	}
	if a := old.post(act); a.status != 403 {
		t.Errorf("an attendant: %d", a.status)
	}
	if a := admin.post(act + "-por-email"); a.status != 404 {
		t.Errorf("by mail, without mail: %d", a.status)
	}
	a := admin.post(act)
	if a.status != 200 || !strings.Contains(a.body, `data-copy="link-senha"`) || !strings.Contains(a.body, "24 horas") {
		t.Fatalf("%d", a.status)
	}
	link := linkPath(t, a.body)
	if a := admin.get("/parametrizacoes/usuarios"); linkOf.MatchString(a.body) {
		t.Error("the link is shown twice")
	}
	if a := old.get("/ocorrencias"); a.status != 200 {
		t.Errorf("the session of somebody who has not chosen yet: %d", a.status)
	}
	h.later(23 * time.Hour)
	if a := b.get(link); a.status != 303 {
		t.Fatal(a.status)
	}
	if a := b.post("/entrar/nova-senha", "nova", better); a.status != 303 {
		t.Fatalf("the day after: %d", a.status)
	}
	if a := b.get(link); a.status != 303 {
		t.Fatal(a.status)
	}
	if a := b.get("/entrar/nova-senha"); a.status != 404 || !strings.Contains(a.body, "Peça outro a um administrador") || strings.Contains(a.body, "/entrar/esqueci") {
		t.Errorf("the used link: %d", a.status)
	}
	h.tellsNothing(t, link[len(link)-43:], better)
}

func TestAnAdministratorMailsTheLink(t *testing.T) {
	h := newHouse(t)
	box := h.withMail()
	admin := h.signedIn("admin@demo")
	act := fmt.Sprintf("/parametrizacoes/usuarios/%s/link-por-email", h.ana.ID)
	h.must(h.SetLook(t.Context(), h.ana, mustID(h.ana.ID), "en", ""))
	if a := admin.get("/parametrizacoes/usuarios"); !strings.Contains(a.body, act) {
		t.Error("the page doesn't offer it")
	}
	a := admin.post(act)
	if a.status != 200 || !strings.Contains(a.body, "a caminho de atendente@demo") || linkOf.MatchString(a.body) {
		t.Fatalf("%d", a.status)
	}
	letters := box.letters()
	if len(letters) != 1 || letters[0].To != "atendente@demo" || letters[0].Language != "en" || !strings.Contains(letters[0].Text, "works for 24 hours") {
		t.Fatalf("%+v", letters)
	}
	linkPath(t, letters[0].Text)
	if a := admin.post("/parametrizacoes/usuarios/99999/link-por-email"); a.status != 404 {
		t.Errorf("nobody: %d", a.status)
	}
	admin.post(act) // and closed before its turn comes
	h.must(h.SetDisabled(t.Context(), flowtest.Admin(), mustID(h.ana.ID), true))
	if l := box.letters(); len(l) != 0 {
		t.Errorf("%+v", l)
	}
}
