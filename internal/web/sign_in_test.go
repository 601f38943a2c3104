package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ponte/internal/flow/flowtest"
)

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	if a := b.get("/ocorrencias/7?mostrar=campo"); a.status != 303 || a.header.Get("Location") != "/entrar?volta="+url.QueryEscape("/ocorrencias/7?mostrar=campo") {
		t.Fatalf("without a session: %d to %q", a.status, a.header.Get("Location"))
	}
	for _, pair := range [][2]string{{"atendente@demo", "wrong"}, {"nobody@demo", password}, {"", ""}} {
		a := b.post("/entrar", "login", pair[0], "senha", pair[1])
		if a.status != 401 || !strings.Contains(a.body, "E-mail ou senha não conferem.") || strings.Contains(a.body, `value="wrong"`) {
			t.Errorf("%v: %d", pair, a.status)
		}
		if pair[0] != "" && !strings.Contains(a.body, `value="`+pair[0]+`"`) {
			t.Errorf("%s is not in the form any more", pair[0])
		}
	}
	a := b.post("/entrar", "login", " ATENDENTE@demo ", "senha", password, "volta", "/ocorrencias?x=1")
	if a.status != 303 || a.header.Get("Location") != "/ocorrencias?x=1" {
		t.Fatalf("signing in: %d to %q", a.status, a.header.Get("Location"))
	}
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"ponte=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	if a := b.get("/ocorrencias"); a.status != 200 || !strings.Contains(a.body, "Ana Souza") || !strings.Contains(a.body, "Atendente") {
		t.Errorf("signed in: %d", a.status)
	}
	if a := b.get("/entrar?volta=/ocorrencias/3"); a.status != 303 || a.header.Get("Location") != "/ocorrencias/3" {
		t.Errorf("signing in again: %d to %q", a.status, a.header.Get("Location"))
	}
	if a := b.post("/sair"); a.status != 303 {
		t.Errorf("signing out: %d", a.status)
	}
	if a := b.get("/ocorrencias"); a.status != 303 {
		t.Errorf("after signing out: %d", a.status)
	}
}

// TestSessionFixation: a token that was planted before signing in is worth nothing afterwards, nor is a former one.
func TestSessionFixation(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	planted := &http.Cookie{Name: "ponte", Value: "planted-by-somebody-else"}
	base, _ := url.Parse(h.http.URL)
	b.Jar.SetCookies(base, []*http.Cookie{planted})
	b.post("/entrar", "login", "atendente@demo", "senha", password)
	first := b.Jar.Cookies(base)[0].Value
	if first == planted.Value || len(first) < 40 {
		t.Fatalf("the session's token is %q", first)
	}
	b.get("/ocorrencias") // a signed-in session signs in again as somebody else
	again := h.browser()
	again.Jar.SetCookies(base, []*http.Cookie{{Name: "ponte", Value: first}})
	if a := again.post("/entrar", "login", "gestor@demo", "senha", password); a.status != 303 {
		t.Fatal(a.status)
	}
	for _, old := range []string{planted.Value, first} {
		x := h.browser()
		x.Jar.SetCookies(base, []*http.Cookie{{Name: "ponte", Value: old}})
		if a := x.get("/ocorrencias"); a.status != 303 {
			t.Errorf("the token %.8s… still opens: %d", old, a.status)
		}
	}
}

// TestSessionsEndWithTheAccount: a disabled account and a changed password end what is open elsewhere.
func TestSessionsEndWithTheAccount(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("gestor@demo")
	u, _, err := h.UserByLogin(t.Context(), "gestor@demo")
	h.must(err)
	h.must(h.SetPassword(t.Context(), flowtest.Admin(), u.ID, passwordHash()+" "))
	if a := b.get("/ocorrencias"); a.status != 303 {
		t.Errorf("after the password was changed: %d", a.status)
	}
	b = h.signedIn("atendente@demo")
	h.must(h.SetDisabled(t.Context(), flowtest.Admin(), mustID(h.ana.ID), true))
	if a := b.get("/ocorrencias"); a.status != 303 {
		t.Errorf("after the account was closed: %d", a.status)
	}
	if a := b.htmx().post("/ocorrencias/1/movimentacoes", "comentario", "x"); a.status != 401 || !strings.Contains(a.body, "Sua sessão terminou") || a.header.Get("HX-Reswap") != "none" {
		t.Errorf("a form of that page: %d %q", a.status, a.body)
	}
	if a := b.get("/novidades"); a.status != 401 {
		t.Errorf("its stream: %d", a.status)
	}
}

func TestGuessingIsSlow(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for i := range 5 {
		if a := b.post("/entrar", "login", "atendente@demo", "senha", fmt.Sprint(i)); a.status != 401 {
			t.Fatalf("try %d: %d", i, a.status)
		}
	}
	a := b.post("/entrar", "login", "Atendente@demo", "senha", password) // even the right one, now
	if a.status != 429 || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Tentativas demais. Espere ") {
		t.Errorf("the sixth try: %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
	if a := b.post("/entrar", "login", "gestor@demo", "senha", password); a.status != 303 {
		t.Errorf("another account from there: %d", a.status)
	}
}

// TestOnlyOwnPaths: signing in leads nowhere else.
func TestOnlyOwnPaths(t *testing.T) {
	h := newHouse(t)
	for back, want := range map[string]string{
		"/ocorrencias": "/ocorrencias", "": "/", "https://evil.example": "/", "//evil.example": "/", `/\evil.example`: "/",
		"/\t/evil.example": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x=1": "/", "ocorrencias": "/",
	} {
		b := h.browser()
		if a := b.post("/entrar", "login", "atendente@demo", "senha", password, "volta", back); a.header.Get("Location") != want {
			t.Errorf("%q leads to %q", back, a.header.Get("Location"))
		}
	}
}

func TestOtherSitesCantPost(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("atendente@demo")
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}}} {
		x := &browser{h, b.Client, header}
		for _, path := range []string{fmt.Sprintf("/ocorrencias/%d/movimentacoes", n), "/entrar", "/sair", "/aparencia"} {
			if a := x.post(path, "status", "90", "login", "gestor@demo", "senha", password); a.status != 403 || !strings.Contains(a.body, "outro site") {
				t.Errorf("%v %s: %d", header, path, a.status)
			}
		}
	}
	if a := b.get("/ocorrencias"); a.status != 200 {
		t.Errorf("somebody else signed me out: %d", a.status)
	}
}

func TestDemoUsersShowOnTheDemoOnly(t *testing.T) {
	h := newHouse(t)
	if a := h.browser().get("/entrar"); !strings.Contains(a.body, "gestor@demo") {
		t.Error("the demo hides its users")
	}
	h.serve(false)
	if a := h.browser().get("/entrar"); strings.Contains(a.body, "@demo") || strings.Contains(a.body, password) {
		t.Error("production shows the demo's users")
	}
}
