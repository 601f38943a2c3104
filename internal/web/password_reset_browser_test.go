package web_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/mail"
	"ponte/internal/mail/mailtest"
)

// byMail starts the pages with a real SMTP server behind a real queue.
func (h *house) byMail(t *testing.T) *mailtest.Server {
	t.Helper()
	server := mailtest.New(t, mailtest.Options{})
	s, err := mail.New("smtp://"+server.Addr+"?starttls=opportunistic", "Ponte <ponte@empresa.com.br>")
	h.must(err)
	queue := mail.NewQueue(s.Send, slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { queue.Close(t.Context()) })
	h.serveReset(queue.Post)
	return server
}

// TestForgottenPasswordInTheBrowser is the whole story by keyboard: asked for, read in the mail, set, and signed in
// with; who sat at the old session is out.
func TestForgottenPasswordInTheBrowser(t *testing.T) {
	h := newHouse(t)
	server := h.byMail(t)
	b := chromium(t)
	old, x := h.tab(b, desktop), h.tab(b, small)
	old.signIn("atendente@demo")

	x.open("/entrar")
	x.click("a[href='/entrar/esqueci']")
	x.until("focus on the login", `location.pathname === "/entrar/esqueci" && document.activeElement?.id === "login"`)
	x.keys("atendente@demo" + kb.Enter)
	x.untilText("[role=status]", "o link chega em instantes")

	letter := <-server.Letters
	if len(letter.To) != 1 || letter.To[0] != "atendente@demo" {
		t.Fatalf("to %v", letter.To)
	}
	_, subject, text, html, err := letter.Read()
	h.must(err)
	if subject != "Sua senha nova na Ponte" || linkPath(t, html) != linkPath(t, text) {
		t.Errorf("%q\n%s\n%s", subject, text, html)
	}
	link := linkPath(t, text)
	x.open(link)
	x.until("the form, and no key in the address", `location.href.endsWith("/entrar/nova-senha") && document.activeElement?.id === "nova"`)
	x.keys("123456789" + kb.Enter) // the browser's own words: too short
	x.until("still there", `document.querySelector("#nova:invalid")`)
	x.keys("0 é melhor" + kb.Enter)
	x.until("the door", `location.pathname === "/entrar"`)
	x.untilText("[role=status]", "A senha foi trocada")
	x.keys("atendente@demo" + kb.Tab + "1234567890 é melhor" + kb.Enter)
	x.until("inside", `location.pathname === "/"`)

	old.open("/ocorrencias")
	old.until("the old session is out", `location.pathname === "/entrar"`)
	other := h.tab(b, desktop)
	other.open(link)
	other.untilText("h1", "Este link não vale mais")
	h.tellsNothing(t, link[len(link)-43:], "1234567890", "Olá", "atendente@demo")
	x.quiet("status of 401") // the live stream of nobody
	old.quiet("status of 401")
	other.quiet("status of 404")
}

// TestPasswordResetLooks opens these pages in all their states, in both themes, widths and languages.
func TestPasswordResetLooks(t *testing.T) {
	h := newHouse(t)
	without := h.http
	box := h.withMail() // which five may ask, as many as there are looks
	with := h.http
	b := chromium(t)
	for _, c := range []struct {
		name string
		p    profile
	}{{"1440-light", desktop}, {"1440-dark", dark}, {"360-light", small}, {"360-dark", darkest}, {"1440-en", english}} {
		t.Run(c.name, func(t *testing.T) {
			h.t, h.http = t, without
			x := h.tab(b, c.p)
			x.open("/entrar/esqueci")
			x.look("esqueci-sem-email-" + c.name)
			x.quiet()

			h.http = with
			x = h.tab(b, c.p)
			x.open("/entrar")
			x.look("entrar-" + c.name)
			x.open("/entrar/esqueci")
			x.look("esqueci-" + c.name)
			x.keys("atendente@demo" + kb.Enter)
			x.until("the answer", `document.querySelector("[role=status]")`)
			x.look("esqueci-pedido-" + c.name)
			x.open(linkPath(t, box.letters()[0].Text))
			x.look("nova-senha-" + c.name)
			eval[any](x, `document.querySelector("#nova").minLength = 0; null`)
			x.keys("curta" + kb.Enter)
			x.until("what is wrong", `document.querySelector("#erro-nova")`)
			x.look("nova-senha-curta-" + c.name)
			x.open("/entrar?senha=nova")
			x.look("entrar-depois-" + c.name)
			x.open("/entrar/nova-senha?chave=x")
			x.look("nova-senha-vencida-" + c.name)
			x.quiet("status of 4")

			admin := h.tab(b, c.p)
			admin.signIn("admin@demo")
			admin.open("/parametrizacoes/usuarios")
			admin.live()
			details := fmt.Sprintf("#u-%s details:nth-of-type(2)", h.ana.ID)
			admin.click(details + " summary")
			admin.look("usuarios-link-aberto-" + c.name)
			admin.click(details + ` form[action$="/link"] button`)
			admin.until("the link", `document.querySelector("#link-senha")`)
			admin.look("usuarios-link-" + c.name)
			admin.quiet()
		})
	}
	h.t = t
}
