package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// confirming: who came by the provider is not asked for a password of ours, though there is one. A fresh sign-in confirms, an
// older one leads there once more and comes back to the page; a session by password asks for the password as ever.
func (p *provided) confirming(t *testing.T) {
	c := p.config
	c.Only = true
	p.use(c)
	if gil, _ := p.of("gestor@demo"); gil.PasswordHash == "" {
		t.Fatal("this account has no password")
	}
	const at = factorAt // asks as signing a run and going live do
	asks := func(b *browser) string {
		t.Helper()
		switch a := b.post(at + "/comecar"); {
		case a.status == http.StatusUnprocessableEntity && strings.Contains(a.body, "/entrar/sso?confirmar=1") && strings.Contains(a.body, "entre de novo pelo provedor"):
			return "provider"
		case a.status == http.StatusSeeOther:
			return ""
		default:
			return "password"
		}
	}
	b, _ := p.arrives("gil")
	if got := asks(b); got != "" {
		t.Errorf("just come, and asked for the %s", got)
	}
	p.later(16 * time.Minute)
	if got := asks(b); got != "provider" {
		t.Errorf("a quarter of an hour later, asked for %q", got)
	}
	off := b.get("/entrar/sso?confirmar=1&volta=" + url.QueryEscape(at)).header.Get("Location")
	if !strings.HasPrefix(off, p.issuer) || !strings.Contains(off, "prompt=login") {
		t.Fatalf("to confirm, off to %q", off)
	}
	if a := b.get(p.through(b, off, "gil")); a.header.Get("Location") != at {
		t.Fatalf("confirmed: %d to %q", a.status, a.header.Get("Location"))
	}
	if got := asks(b); got != "" {
		t.Errorf("confirmed, and asked for the %s", got)
	}
	b.get("/entrar/sso?confirmar=1")
	p.later(27 * time.Minute)
	if a := b.get("/entrar/sso/volta?state=x&code=y"); a.status != http.StatusForbidden || b.get("/ocorrencias").status != http.StatusOK {
		t.Errorf("an answer that doesn't fit: %d, and inside: %d", a.status, b.get("/ocorrencias").status)
	}
	p.use(p.config)
	if a := p.signedIn("admin@demo").get("/entrar/sso?confirmar=1"); a.header.Get("Location") != "/" {
		t.Errorf("who came by password is led to %q", a.header.Get("Location"))
	}
}
