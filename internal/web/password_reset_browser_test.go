package web_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
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
	b := browsertest.Start(t)
	old, x := h.tab(b, desktop), h.tab(b, small)
	old.signIn("atendente@demo")

	x.Open("/entrar")
	x.Click("a[href='/entrar/esqueci']")
	x.Until("focus on the login", `location.pathname === "/entrar/esqueci" && document.activeElement?.id === "login"`)
	x.Keys("atendente@demo" + kb.Enter)
	x.UntilText("[role=status]", "o link chega em instantes")

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
	x.Open(link)
	x.Until("the form, and no key in the address", `location.href.endsWith("/entrar/nova-senha") && document.activeElement?.id === "nova"`)
	x.Keys("123456789" + kb.Enter) // the browser's own words: too short
	x.Until("still there", `document.querySelector("#nova:invalid")`)
	x.Keys("0 é melhor" + kb.Enter)
	x.Until("the door", `location.pathname === "/entrar"`)
	x.UntilText("[role=status]", "A senha foi trocada")
	x.Until("focus on the login", `document.activeElement?.id === "login"`)
	x.Keys("atendente@demo" + kb.Tab + "1234567890 é melhor" + kb.Enter)
	x.Until("inside", `location.pathname === "/"`)

	old.Open("/ocorrencias")
	old.Until("the old session is out", `location.pathname === "/entrar"`)
	other := h.tab(b, desktop)
	other.Open(link)
	other.UntilText("h1", "Este link não vale mais")
	h.tellsNothing(t, link[len(link)-43:], "1234567890", "Olá", "atendente@demo")
	x.Quiet("status of 401") // the live stream of nobody
	old.Quiet("status of 401")
	other.Quiet("status of 404")
}

// TestPasswordResetLooks opens these pages in all their states, in both themes, widths and languages.
func TestPasswordResetLooks(t *testing.T) {
	h := newHouse(t)
	without := h.http
	box := h.withMail() // which five may ask, as many as there are looks
	with := h.http
	b := browsertest.Start(t)
	for _, c := range everyLook {
		t.Run(c.name, func(t *testing.T) {
			h.t, h.http = t, without
			x := h.tab(b, c.p)
			x.Open("/entrar/esqueci")
			x.look("esqueci-sem-email-" + c.name)
			x.Quiet()

			h.http = with
			x = h.tab(b, c.p)
			x.Open("/entrar")
			x.look("entrar-" + c.name)
			x.Open("/entrar/esqueci")
			x.look("esqueci-" + c.name)
			x.Keys("atendente@demo" + kb.Enter)
			x.Until("the answer", `document.querySelector("[role=status]")`)
			x.look("esqueci-pedido-" + c.name)
			x.Open(linkPath(t, box.letters()[0].Text))
			x.look("nova-senha-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("#nova").minLength = 0; null`)
			x.Keys("curta" + kb.Enter)
			x.Until("what is wrong", `document.querySelector("#erro-nova")`)
			x.look("nova-senha-curta-" + c.name)
			x.Open("/entrar?senha=nova")
			x.look("entrar-depois-" + c.name)
			x.Open("/entrar/nova-senha?chave=x")
			x.look("nova-senha-vencida-" + c.name)
			x.Quiet("status of 4")

			admin := h.tab(b, c.p)
			admin.signIn("admin@demo")
			admin.Open("/parametrizacoes/usuarios")
			admin.live()
			details := fmt.Sprintf("#u-%s details:nth-of-type(2)", h.ana.ID)
			admin.Click(details + " summary")
			admin.look("usuarios-link-aberto-" + c.name)
			admin.Click(details + ` form[action$="/link"] button`)
			admin.Until("the link", `document.querySelector("#link-senha")`)
			admin.look("usuarios-link-" + c.name)
			admin.Quiet()
		})
	}
	h.t = t
}
