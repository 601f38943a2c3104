package web_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/auth"
	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/sso"
	"ponte/internal/web"
)

// provided is a house whose people come by a provider: a certified library's own server, in a process of its own.
type provided struct {
	*house
	issuer string
	config sso.Config
	more   *httptest.Server // another replica
}

// known is somebody whom the provider knows; the password is "secret".
type known struct {
	ID, Login, Email, Name string
	Verified               bool
	Groups                 []string
}

func newProvided(t *testing.T) *provided {
	t.Helper()
	p := &provided{house: newHouse(t)}
	p.http = httptest.NewUnstartedServer(nil)
	p.http.Start() // its address is what the provider must know
	dir := t.TempDir()
	for from, to := range map[string]string{"go.mod": "go.mod", "go.sum": "go.sum", "main.go.txt": "main.go"} { // no package of ours, nor its tools'
		b, err := os.ReadFile("../sso/provider/" + from)
		p.must(err)
		p.must(os.WriteFile(filepath.Join(dir, to), b, 0o600))
	}
	bin := filepath.Join(dir, "provider")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := exec.CommandContext(t.Context(), bin, p.http.URL)
	in, err := run.StdinPipe()
	p.must(err)
	out, err := run.StdoutPipe()
	p.must(err)
	p.must(run.Start())
	t.Cleanup(func() { _ = in.Close(); _ = run.Wait() })
	issuer, err := bufio.NewReader(out).ReadString('\n')
	p.must(err)
	p.issuer = strings.TrimSpace(issuer)
	rules, err := sso.ParseRules([]string{"ti=admin", "sac=atendente", "sac-aurora=atendente@AUR", "obra=gestor@AUR", "longe=atendente@ZZZ"})
	p.must(err)
	p.config = sso.Config{Issuer: p.issuer, ClientID: "ponte", ClientSecret: "a secret of the tests", Scopes: []string{"email", "profile"}, Rules: rules, Create: true, Label: "Construtora",
		RedirectURL: p.http.URL + "/entrar/sso/volta"}
	p.use(p.config)
	return p
}

// use starts the pages anew with these settings, at the same address, and a replica of them.
func (p *provided) use(c sso.Config) {
	p.t.Helper()
	pages := func() http.Handler {
		provider, err := sso.New(c)
		p.must(err)
		return web.New(web.Options{Flow: p.Flow, Hub: p.hub, Log: p.logger(), SSO: web.SSO{Provider: provider, BaseURL: func() string { return p.http.URL }}})
	}
	p.http.Config.Handler = pages()
	if p.more != nil {
		p.more.Close()
	}
	p.more = httptest.NewServer(pages())
	p.t.(*testing.T).Cleanup(p.more.Close)
}

func (p *provided) knows(k known) {
	p.t.Helper()
	b, err := json.Marshal(k)
	p.must(err)
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPut, p.issuer+"/_people", bytes.NewReader(b))
	p.must(err)
	resp, err := http.DefaultClient.Do(r)
	p.must(err)
	p.must(resp.Body.Close())
}

var authRequest = regexp.MustCompile(`name="id" value="([^"]+)"`)

// away takes a browser to the provider and through its form; it answers where the provider sends it back to.
func (p *provided) away(b *browser, login string) string {
	p.t.Helper()
	at := b.get("/entrar/sso?volta=/ocorrencias").header.Get("Location")
	if !strings.HasPrefix(at, p.issuer) || !strings.Contains(at, "code_challenge_method=S256") || !strings.Contains(at, "nonce=") {
		p.t.Fatalf("off to %q", at)
	}
	return p.through(b, at, login)
}

// through takes a browser that is on its way through the provider's form.
func (p *provided) through(b *browser, at, login string) string {
	p.t.Helper()
	var form answer
	for form.status != http.StatusOK {
		form = b.fetch(http.MethodGet, at, nil)
		if form.status >= 400 {
			p.t.Fatalf("%s: %d %s", at, form.status, form.body)
		}
		at = resolved(at, form.header.Get("Location"))
	}
	a := b.fetch(http.MethodPost, p.issuer+"/login/username", url.Values{"id": {authRequest.FindStringSubmatch(form.body)[1]}, "username": {login}, "password": {"secret"}})
	for at = resolved(p.issuer, a.header.Get("Location")); strings.HasPrefix(at, p.issuer); {
		a = b.fetch(http.MethodGet, at, nil)
		if a.header.Get("Location") == "" {
			p.t.Fatalf("%s: %d %s", at, a.status, a.body)
		}
		at = resolved(at, a.header.Get("Location"))
	}
	if !strings.HasPrefix(at, p.http.URL+"/entrar/sso/volta?") {
		p.t.Fatalf("back to %q", at)
	}
	return strings.TrimPrefix(at, p.http.URL)
}

func resolved(base, to string) string {
	b, err := url.Parse(base)
	if err != nil {
		return to
	}
	u, err := b.Parse(to)
	if err != nil {
		return to
	}
	return u.String()
}

// fetch asks any address, as a browser does.
func (b *browser) fetch(method, at string, form url.Values) answer {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, at, strings.NewReader(form.Encode()))
	b.h.must(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(r)
}

// arrives signs somebody in by the provider.
func (p *provided) arrives(login string) (*browser, answer) {
	p.t.Helper()
	b := p.browser()
	return b, b.get(p.away(b, login))
}

// of is an account by its login.
func (p *provided) of(login string) (flow.User, bool) {
	p.t.Helper()
	u, ok, err := p.UserByLogin(p.t.Context(), login)
	p.must(err)
	return u, ok
}

func (p *provided) refused(login, reason string) {
	p.t.Helper()
	b, a := p.arrives(login)
	if a.status != http.StatusForbidden || !strings.Contains(a.body, "Fale com o administrador") || strings.Contains(a.body, reason) || b.get("/ocorrencias").status != http.StatusSeeOther {
		p.t.Errorf("%s: %d, and inside: %d", login, a.status, b.get("/ocorrencias").status)
	}
	number := regexp.MustCompile(`Código para o administrador: (\w+)\.`).FindStringSubmatch(a.body)
	if len(number) == 0 || !strings.Contains(p.log.String(), "pedido="+number[1]+" motivo="+reason) {
		p.t.Errorf("%s: the log has no reason %s under the number of the page (%q)", login, reason, number)
	}
}

// TestSingleSignOn is the whole of it, against a real provider.
func TestSingleSignOn(t *testing.T) {
	p := newProvided(t)
	p.knows(known{"1", "nina", "nina@construtora.com.br", "Nina Prado", true, []string{"sac-aurora", "obra", "futebol"}})
	p.knows(known{"2", "gil", "gestor@demo", "Gil", true, []string{"ti"}})
	p.knows(known{"3", "ivo", "ivo@construtora.com.br", "Ivo", true, []string{"futebol"}})
	p.knows(known{"4", "eva", "admin@demo", "Eva", false, []string{"ti"}})
	p.knows(known{"5", "rui", "rui@construtora.com.br", "Rui", true, []string{"longe"}})

	t.Run("an account is made", func(t *testing.T) {
		b, a := p.arrives("nina")
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/ocorrencias" || b.get("/ocorrencias").status != http.StatusOK {
			t.Fatalf("%d to %q", a.status, a.header.Get("Location"))
		}
		u, _ := p.of("nina@construtora.com.br")
		if u.Name == "" || !slices.Equal(u.Roles, []desk.Role{desk.Attendant, desk.Manager}) && !slices.Equal(u.Roles, []desk.Role{desk.Manager, desk.Attendant}) || !u.Few || len(u.Developments) != 1 || u.Developments[0].Code != "AUR" {
			t.Errorf("made: %+v", u)
		}
		if x := p.browser().post("/entrar", "login", "nina@construtora.com.br", "senha", ""); x.status != http.StatusUnauthorized {
			t.Errorf("an account without a password opens with none: %d", x.status)
		}
	})
	t.Run("groups hold from the next sign-in on", func(t *testing.T) {
		p.knows(known{"1", "nina", "outra@construtora.com.br", "Nina Prado", true, []string{"sac"}})
		p.arrives("nina")
		if u, _ := p.of("nina@construtora.com.br"); !slices.Equal(u.Roles, []desk.Role{desk.Attendant}) || u.Few {
			t.Errorf("now: %+v", u)
		}
		if _, ok := p.of("outra@construtora.com.br"); ok {
			t.Error("another address made another account: the provider's own name of the person is what binds")
		}
		p.knows(known{"1", "nina", "nina@construtora.com.br", "Nina Prado", true, nil})
		p.refused("nina", flow.SSONoGroup)
	})
	t.Run("a verified address links", func(t *testing.T) {
		before, _ := p.of("gestor@demo")
		p.arrives("gil")
		if u, _ := p.of("gestor@demo"); u.ID != before.ID || !slices.Equal(u.Roles, []desk.Role{desk.Admin}) {
			t.Errorf("linked: %+v", u)
		}
	})
	t.Run("who is not let in", func(t *testing.T) {
		p.refused("ivo", flow.SSONoGroup)
		p.refused("eva", flow.SSOUnverified)
		p.refused("rui", flow.SSOBadMap)
		if _, ok := p.of("rui@construtora.com.br"); ok {
			t.Error("an account was made for somebody who is not let in")
		}
		gil, _ := p.of("gestor@demo")
		p.must(p.SetDisabled(t.Context(), flowtest.Admin(), gil.ID, true))
		p.refused("gil", flow.RefusedClosed)
		p.must(p.SetDisabled(t.Context(), flowtest.Admin(), gil.ID, false))
		c := p.config
		c.Create = false
		p.use(c)
		p.knows(known{"6", "leo", "leo@construtora.com.br", "Leo", true, []string{"sac"}})
		p.refused("leo", flow.SSONoAccount)
		p.use(p.config)
	})
	t.Run("an answer is for the browser that asked, and once", p.boundToTheBrowser)
	t.Run("another replica takes the answer", func(t *testing.T) {
		b := p.browser()
		back := p.away(b, "gil")
		if a := b.fetch(http.MethodGet, p.more.URL+back, nil); a.status != http.StatusSeeOther || a.header.Get("Location") != "/ocorrencias" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("leaving", p.leaving)
	t.Run("leaving while the provider hangs", p.leavingAlone)
	t.Run("leaving by another host", p.leavingElsewhere)
	t.Run("in a browser", p.inBrowser)
	t.Run("the last administrator stays one", p.lastOne)
	t.Run("passwords switched off", p.withoutPasswords)
	t.Run("the provider away", func(t *testing.T) {
		c := p.config
		c.Issuer = "http://127.0.0.1:1"
		p.use(c)
		a := p.browser().get("/entrar/sso")
		if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "não responde agora") || strings.Contains(a.body, "127.0.0.1") || !strings.Contains(p.log.String(), "well-known") {
			t.Errorf("%d: %.300s", a.status, a.body)
		}
		if x := p.browser().post("/entrar", "login", "atendente@demo", "senha", password); x.status != http.StatusSeeOther {
			t.Errorf("by password meanwhile: %d", x.status)
		}
	})
	t.Run("confirming", p.confirming) // the last one: it leaves the clock ahead
	if log := p.log.String(); strings.Contains(log, p.config.ClientSecret) || strings.Contains(log, "construtora.com.br") {
		t.Error("the log has the secret, or who came")
	}
}

// boundToTheBrowser: an answer that somebody else got, that comes twice, or that was changed, opens nothing.
func (p *provided) boundToTheBrowser(t *testing.T) {
	mine := p.browser()
	back := p.away(mine, "gil")
	for what, x := range map[string]*browser{"a browser that asked nothing": p.browser(), "one that asked something else": p.browser()} {
		if strings.HasPrefix(what, "one") {
			x.get("/entrar/sso")
		}
		if a := x.get(back); a.status != http.StatusForbidden || x.get("/ocorrencias").status != http.StatusSeeOther {
			t.Errorf("%s: %d", what, a.status)
		}
	}
	planted := "planted-by-somebody-else-planted-by-somebody"
	base, _ := url.Parse(p.http.URL)
	before := mine.Jar.Cookies(base)[0].Value
	if a := mine.get(back); a.status != http.StatusSeeOther {
		t.Fatalf("the browser that asked: %d %s", a.status, a.body)
	}
	if after := mine.Jar.Cookies(base)[0].Value; after == before || after == planted {
		t.Error("the session's token outlived the sign-in")
	}
	again := p.browser()
	again.Jar.SetCookies(base, []*http.Cookie{{Name: "ponte", Value: before}})
	if a := again.get(back); a.status != http.StatusForbidden {
		t.Errorf("the same answer again: %d", a.status)
	}
	for _, change := range []string{"&state=x", "&iss=https://evil.example", "&error=access_denied"} {
		b := p.browser()
		at := p.away(b, "gil")
		u, _ := url.Parse(at)
		more, _ := url.ParseQuery(change[1:])
		q := u.Query()
		for name := range more {
			q.Set(name, more.Get(name))
		}
		if a := b.get(u.Path + "?" + q.Encode()); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", change, a.status)
		}
	}
	for _, to := range []string{"https://evil.example", "//evil.example", `/\evil.example`} {
		b := p.browser()
		b.get("/entrar/sso?volta=" + url.QueryEscape(to))
		if a := b.get("/entrar/sso?volta=" + url.QueryEscape(to)); strings.Contains(a.header.Get("Location"), "evil") {
			t.Errorf("%s goes along", to)
		}
	}
}

// leaving signs out of both; who came by password stays at the provider.
func (p *provided) leaving(t *testing.T) {
	b, _ := p.arrives("gil")
	a := b.post("/sair")
	if to := a.header.Get("Location"); !strings.HasPrefix(to, p.issuer+"/end_session?") || !strings.Contains(to, url.QueryEscape(p.http.URL+"/entrar")) {
		t.Fatalf("off to %q", to)
	}
	if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' "+p.issuer+";") {
		t.Errorf("the form may not lead there: %s", csp)
	}
	if x := b.fetch(http.MethodGet, a.header.Get("Location"), nil); x.header.Get("Location") != p.http.URL+"/entrar" {
		t.Errorf("the provider leads to %q (%d %s)", x.header.Get("Location"), x.status, x.body)
	}
	if x := b.get("/ocorrencias"); x.status != http.StatusSeeOther {
		t.Errorf("still inside: %d", x.status)
	}
	if x := p.signedIn("atendente@demo").post("/sair"); x.header.Get("Location") != "/entrar" {
		t.Errorf("by password, out to %q", x.header.Get("Location"))
	}
}

// leavingAlone: what is ours has ended before the provider is asked where to go on.
func (p *provided) leavingAlone(t *testing.T) {
	b, _ := p.arrives("gil")
	hangs := make(chan struct{})
	mute := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	defer mute.Close()
	defer close(hangs)
	c := p.config
	c.Issuer = mute.URL
	p.use(c)
	defer p.use(p.config)
	ended := make(chan answer, 1)
	go func() { ended <- b.post("/sair") }()
	limit := time.After(5 * time.Second) // less than anybody waits for the provider
	for b.get("/ocorrencias").status != http.StatusSeeOther {
		select {
		case <-limit:
			t.Fatal("the session goes on while the provider hangs")
		default:
		}
	}
	if a := <-ended; a.status != http.StatusSeeOther || a.header.Get("Location") != "/entrar" {
		t.Errorf("out: %d to %q", a.status, a.header.Get("Location"))
	}
}

// leavingElsewhere: forms may lead to the host where one signs out, which need not be the issuer's.
func (p *provided) leavingElsewhere(t *testing.T) {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"%[1]s/a","token_endpoint":"%[1]s/t","jwks_uri":"%[1]s/k","end_session_endpoint":"https://out.example/end"}`, server.URL)
	}))
	defer server.Close()
	b, _ := p.arrives("gil")
	c := p.config
	c.Issuer = server.URL
	p.use(c)
	defer p.use(p.config)
	p.browser().get("/entrar/sso") // the provider is known from here on
	if csp := b.get("/ocorrencias").header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' "+server.URL+" https://out.example;") {
		t.Errorf("the form may not lead there: %s", csp)
	}
	if a := b.post("/sair"); !strings.HasPrefix(a.header.Get("Location"), "https://out.example/end?") {
		t.Errorf("out to %q", a.header.Get("Location"))
	}
}

// inBrowser goes there and back again, and out of both: no policy stands in the way.
func (p *provided) inBrowser(t *testing.T) {
	b := browsertest.Start(t)
	x := p.tab(b, desktop)
	x.Open("/entrar?volta=/conta") // no part of it asks again while one signs out
	x.Axe("sign-in with a provider")
	x.Picture("sign-in-sso-1440-light")
	x.Click("a[href^='/entrar/sso']")
	x.Until("the provider's form", `!!document.querySelector("#username") && location.pathname.startsWith("/login")`)
	x.Write("#username", "gil")
	x.Write("#password", "secret"+kb.Enter)
	x.Until("the account", `location.pathname === "/conta"`)
	x.live()
	x.Until("all that it asks once it hears", `performance.getEntriesByType("resource").some(e => e.name.includes("/integracao/pausa?rev=") && e.responseEnd > 0)`)
	x.Do(chromedp.Submit(chromedp.CSS("form.end")))
	x.Until("out of both", `location.pathname === "/entrar" && !!document.querySelector("#login")`)
	x.Open("/ocorrencias")
	x.Until("signed out", `location.pathname === "/entrar"`)
	x.Quiet("favicon", p.issuer)
	phone := p.tab(b, darkest)
	phone.Open("/entrar")
	phone.Wide("sign-in with a provider")
	phone.Picture("sign-in-sso-360-dark")
}

func (p *provided) lastOne(t *testing.T) {
	admin, _ := p.of("admin@demo")
	p.must(p.SetDisabled(t.Context(), flowtest.Admin(), admin.ID, true))
	p.knows(known{"2", "gil", "gestor@demo", "Gil", true, []string{"sac"}})
	p.arrives("gil")
	if u, _ := p.of("gestor@demo"); !slices.Equal(u.Roles, []desk.Role{desk.Admin}) {
		t.Errorf("the last one is now %v", u.Roles)
	}
	p.must(p.SetDisabled(t.Context(), flowtest.Admin(), admin.ID, false))
	p.arrives("gil")
	if u, _ := p.of("gestor@demo"); !slices.Equal(u.Roles, []desk.Role{desk.Attendant}) {
		t.Errorf("one of two stays %v", u.Roles)
	}
}

// withoutPasswords: no password opens anything, no link for one can be asked for, and the command line's link lets in.
func (p *provided) withoutPasswords(t *testing.T) {
	c := p.config
	c.Only = true
	p.use(c)
	b := p.browser()
	if page := b.get("/entrar").body; strings.Contains(page, `name="senha"`) || !strings.Contains(page, "Entrar com Construtora") {
		t.Error("the page asks for a password, or doesn't lead to the provider")
	}
	if a := b.post("/entrar", "login", "admin@demo", "senha", password); a.status != http.StatusForbidden || b.get("/ocorrencias").status != http.StatusSeeOther {
		t.Errorf("by password: %d", a.status)
	}
	admin, _ := p.of("admin@demo")
	key := auth.NewResetKey()
	_, err := p.HandPasswordReset(t.Context(), flowtest.Admin(), admin.ID, auth.HashKey(key))
	p.must(err)
	b.get("/entrar/nova-senha?chave=" + key)
	if a := b.post("/entrar/nova-senha", "nova", "uma senha de emergência"); a.status != http.StatusSeeOther || b.get("/parametrizacoes/usuarios").status != http.StatusOK {
		t.Errorf("the emergency's link: %d %s", a.status, a.body)
	}
	p.use(p.config)
	p.must(p.SetPassword(t.Context(), flowtest.Admin(), admin.ID, passwordHash()))
	if got := p.entrances(); !slices.Contains(got, fmt.Sprintf("entrada.feita usuario:%d link", admin.ID)) || !slices.Contains(got, "entrada.recusada entrada sso sem_grupo") {
		t.Errorf("the trail has %q", got)
	}
}
