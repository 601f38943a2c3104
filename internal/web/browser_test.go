package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

var (
	dark    = profile{width: 1440, height: 1000, language: "pt-BR", dark: true}
	english = profile{width: 1440, height: 1000, language: "en"}
	small   = profile{width: 360, height: 780, language: "pt-BR", mobile: true}
	darkest = profile{width: 360, height: 780, language: "pt-BR", mobile: true, dark: true}
)

// TestLooks opens every page that there is, in both languages, both themes and both widths.
func TestLooks(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := chromium(t)
	for _, c := range []struct {
		name string
		p    profile
	}{{"1440-light", desktop}, {"1440-dark", dark}, {"360-light", small}, {"360-dark", darkest}, {"1440-en", english}} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), h.ana, mustID(h.ana.ID), c.p.language, ""))
			x := h.tab(b, c.p)
			x.open("/entrar")
			x.look("signin-" + c.name)
			x.signIn("atendente@demo")
			x.live()
			x.look("list-" + c.name)
			x.open(fmt.Sprint("/ocorrencias/", n))
			x.live()
			x.look("occ-" + c.name)
			x.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.querySelector(".tl-bar").offsetTop + 200)`))
			x.look("occ-timeline-" + c.name)
			x.quiet()
		})
	}
	h.t = t
}

// look checks a page as it stands, and keeps a picture of it.
func (x *tab) look(name string) {
	x.t.Helper()
	x.wide(name)
	x.axe(name)
	x.picture(name)
}

// TestStates brings the page into the states that a designer forgets.
func TestStates(t *testing.T) {
	h := newHouse(t)
	b := chromium(t)
	x, phone := h.tab(b, desktop), h.tab(b, small)
	both := func(name string) {
		t.Helper()
		x.look(name + "-1440-light")
		phone.look(name + "-360-light")
	}
	go1 := func(path string) {
		t.Helper()
		x.open(path)
		phone.open(path)
	}
	x.signIn("atendente@demo")
	phone.signIn("atendente@demo")
	both("list-empty")

	long := h.longOccurrence()
	go1(fmt.Sprint("/ocorrencias/", long))
	both("occ-long")
	go1("/ocorrencias")
	both("list-long")

	fresh := h.open("AUR-B-203", "Interfone mudo", "Não toca.")
	go1(fmt.Sprint("/ocorrencias/", fresh))
	both("occ-new")

	unsure := h.open("AUR-B-101", "Porta raspando no piso", "Raspa ao abrir.")
	h.move(unsure, "20", "")
	h.settle(flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyNoLookUp, "causa", "tempo_esgotado")})
	h.must(h.CommentByHand(t.Context(), h.ana, flow.CommentInput{Number: unsure, Text: "Cliente pede pressa."}))
	go1(fmt.Sprint("/ocorrencias/", unsure))
	both("occ-unsure")

	// Skipping asks for a reason; without one the server says so, in place.
	for _, v := range []*tab{x, phone} {
		v.click(".skip-form summary")
		v.click(".skip-form form button")
		v.until("a word about the reason", `document.querySelector(".trouble [role=alert]")`)
	}
	both("occ-skip-refused")

	phone.click("[popovertarget=menu]")
	phone.until("the menu", `document.querySelector("#menu:popover-open")`)
	phone.click(".who")
	phone.until("the account", `document.querySelector("#conta:popover-open")`)
	phone.look("account-360-light")

	// Sent, and on its way; then closed by the field, with what was agreed on kept.
	sent := h.open("AUR-A-102", "Rejunte do box soltando", "Solta perto do ralo.")
	h.move(sent, "20", "")
	h.settle(flow.Outcome{Verdict: flow.TryAgain, Reason: desk.Because("http_inesperado", "http", 503, "mensagem", "em manutenção"), In: time.Hour})
	go1(fmt.Sprint("/ocorrencias/", sent))
	both("occ-retry")
	done := h.open("AUR-A-102", "Piso laminado estufado", "Perto da janela.")
	h.move(done, "90", "Resolvido por telefone: a janela ficara aberta.")
	go1(fmt.Sprint("/ocorrencias/", done))
	both("occ-closed")

	go1("/ocorrencias/999999")
	both("error-404")
	x.quiet("status of 4")
	phone.quiet("status of 4")
}

// longOccurrence has every text as long as it may be, and one word that can't be broken.
func (h *house) longOccurrence() int64 {
	h.t.Helper()
	long := strings.Repeat("Associação dos Proprietários e Moradores do Conjunto Residencial ", 3)
	h.must(h.PutRegistry(h.t.Context(), flowtest.Admin(), flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "LNG",
		Name: "Condomínio Residencial Jardins Suspensos da Babilônia e Adjacências", Blocks: []flow.RegistryBlock{{Code: "TORRE-NORTE-FASE-2", Name: "Torre Norte",
			Units: []flow.RegistryUnit{{Number: "COBERTURA DUPLEX 2101-B", MobussIDHomologation: "X", Contracts: []flow.RegistryContract{{Code: "LNG-1",
				Customer: flow.RegistryCustomer{Name: strings.TrimSpace(long), Document: flowtest.Company, Email: strings.Repeat("endereco.muito.longo.", 5) + "@exemplo.com.br", Phone: "+55 11 98765-4321 ramal 4455"}}}}}}}}}}))
	n, err := h.OpenByHand(h.t.Context(), h.ana, flow.OpenInput{Project: "LNG-1", BlockNewCustomer: "T", Emergency: true,
		Subject:     "Infiltração generalizada no teto, nas paredes e no piso do banheiro da suíte master, do lavabo, da cozinha e da área de serviço, com queda de gesso",
		Description: strings.Repeat("A água desce pela luminária. ", 60) + "\n\n" + strings.Repeat("palavra", 60),
		Place:       "Banheiro da suíte master, junto ao ralo do box e à janela que dá para a área de serviço", RequesterName: strings.TrimSpace(long), RequesterPhone: "11987654321", Relation: "sindico"})
	h.must(err)
	h.move(n, "20", strings.Repeat("sem espaço", 40))
	h.settle(rejected(strings.Repeat("Solicitação em edição por usuário do campo; ", 11)))
	return n
}

// TestNewsArriveByThemselves: another actor comments, and the page shows it without a reload, while the text that
// is being written stays, with its caret.
func TestNewsArriveByThemselves(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := chromium(t)
	x := h.tab(b, desktop)
	x.signIn("atendente@demo")
	x.live()
	x.shortcut("j")
	x.until("the first row", `document.activeElement?.matches("[data-row]")`)
	x.keys(kb.Enter)
	x.until("the occurrence", fmt.Sprintf(`location.pathname === "/ocorrencias/%d"`, n))
	x.live()
	other := h.sibling(x, desktop) // a second tab, which has no stream of its own
	other.open(fmt.Sprint("/ocorrencias/", n))
	other.live()
	if leaders := eval[bool](x, "ponte.leader") == eval[bool](other, "ponte.leader"); leaders {
		t.Error("not exactly one of two tabs holds the stream")
	}
	eval[any](x, `window.sameDocument = true; document.querySelector("#tl").marked = true; null`)
	x.shortcut("c")
	x.until("the comment field", `document.activeElement?.id === "comentario"`)
	x.keys("Estou escrevendo")
	for range 5 {
		x.keys(kb.ArrowLeft)
	}

	began := time.Now()
	h.fieldSays(n, "Jorge Lima", "Cheguei ao prédio.")
	x.untilText("#tl", "Cheguei ao prédio.")
	t.Logf("seen after %v", time.Since(began).Round(time.Millisecond))
	other.untilText("#tl", "Cheguei ao prédio.")
	if got := eval[string](x, `[sameDocument, document.querySelector("#tl").marked, document.activeElement.id, comentario.value, comentario.selectionStart].join()`); got != "true,true,comentario,Estou escrevendo,11" {
		t.Errorf("after the news: %s", got)
	}
	x.keys("X")
	if got := eval[string](x, "comentario.value"); got != "Estou escreXvendo" {
		t.Errorf("typing on gave %q", got)
	}
	x.picture("occ-live-1440-light")

	// The draft is kept when the cursor leaves it, too.
	eval[any](x, `comentario.blur(); null`)
	h.fieldSays(n, "Jorge Lima", "Comecei.")
	x.untilText("#tl", "Comecei.")
	if got := eval[string](x, "comentario.value"); got != "Estou escreXvendo" {
		t.Errorf("without the cursor the draft became %q", got)
	}

	// Ctrl+Enter sends by the primary button; the field is empty afterwards, and the movement is there.
	eval[any](x, `comentario.focus(); null`)
	x.do(ctrlEnter)
	x.untilText("#tl", "Estou escreXvendo")
	x.until("an empty field", `comentario.value === ""`)
	other.untilText("#tl", "Estou escreXvendo")
	if !eval[bool](x, "window.sameDocument === true") {
		t.Error("the page was loaded anew")
	}
	x.axe("after a movement")
	x.quiet()
	other.quiet()
}

// TestDraftSurvivesRefusals: a refusal is said beside the form, and what was typed stays; so it does when the
// server breaks.
func TestDraftSurvivesRefusals(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	x := h.tab(chromium(t), desktop)
	x.signIn("atendente@demo")
	x.open(fmt.Sprint("/ocorrencias/", n))
	x.live()
	x.shortcut("c")
	x.keys("Não perca isto")
	x.click("#interno")
	x.click("button[name=status][value='40']") // for the house only, yet to the field
	x.untilText(".composer [role=alert]", "O que é só para a casa não vai ao campo.")
	if got := eval[string](x, "comentario.value + interno.checked"); got != "Não perca istotrue" {
		t.Errorf("after the refusal: %q", got)
	}
	x.look("occ-refused-1440-light")

	// The session ends elsewhere: the text stays, and there is a way back in.
	h.must(h.SetDisabled(t.Context(), flowtest.Admin(), mustID(h.ana.ID), true))
	x.click("button[name=status][value='90']")
	x.untilText("#aviso:popover-open", "Sua sessão terminou")
	if got := eval[string](x, "comentario.value"); got != "Não perca isto" {
		t.Errorf("after the session ended: %q", got)
	}
	x.picture("occ-session-1440-light")

	// The server is gone.
	h.http.CloseClientConnections()
	h.http.Listener.Close()
	x.click("button[name=status][value='90']")
	x.untilText("#aviso:popover-open", "O servidor não confirmou")
	if got := eval[string](x, "comentario.value"); got != "Não perca isto" {
		t.Errorf("after the server broke: %q", got)
	}
	x.until("a page that says it is alone", `document.querySelector("[data-live-state]").textContent === "Reconectando…"`)
	x.quiet("status of 4", "ERR_", "Failed to fetch")
}

// TestLookIsKept: language and theme are a person's, and switch without a script.
func TestLookIsKept(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := chromium(t)
	x := h.tab(b, desktop)
	x.signIn("atendente@demo")
	x.open(fmt.Sprint("/ocorrencias/", n))
	x.live()
	x.click(".who")
	x.until("the menu", `document.querySelector("#conta:popover-open")`)
	x.look("account-1440-light")
	x.click("#conta button[value=dark]")
	x.until("dark", `document.documentElement.dataset.theme === "dark"`)
	if path := eval[string](x, "location.pathname"); path != fmt.Sprint("/ocorrencias/", n) {
		t.Errorf("came back to %s", path)
	}
	x.live()
	x.click(".who")
	x.click("#conta button[value=en]")
	x.until("English", `document.documentElement.lang === "en"`)
	x.untilText(".trouble", "What to do now")
	other := h.tab(b, desktop)
	other.signIn("atendente@demo")
	other.until("the same in another browser", `document.documentElement.lang === "en" && document.documentElement.dataset.theme === "dark"`)
	x.click(".who")
	x.click(`form[action="/sair"] button`)
	x.until("the door", `location.pathname === "/entrar"`)
	x.quiet()
}

// TestDemoUsersFillTheForm by a click, without an inline script.
func TestDemoUsersFillTheForm(t *testing.T) {
	h := newHouse(t)
	x := h.tab(chromium(t), small)
	x.open("/entrar?volta=/ocorrencias")
	x.click("[data-fill='gestor@demo']")
	x.keys(kb.Enter)
	x.until("the list", `location.pathname === "/ocorrencias"`)
	x.quiet()
}

func mustID(s string) (id int64) {
	if _, err := fmt.Sscan(s, &id); err != nil {
		panic(err)
	}
	return id
}

// TestControlTheConsoleIsHeard: what quiet looks for is found when it is there, a violation of the policy too.
func TestControlTheConsoleIsHeard(t *testing.T) {
	h := newHouse(t)
	x := h.tab(chromium(t), desktop)
	x.open("/entrar")
	eval[any](x, `document.querySelector("h1").outerHTML += "<button id=evil onclick='window.ran = true'>x</button><img src='https://evil.example/x.png'>"; null`)
	x.click("#evil")
	deadline := time.Now().Add(patience)
	for x.heard("Content Security Policy") < 2 {
		if time.Now().After(deadline) {
			t.Fatalf("the console said only %v", x.messages)
		}
		time.Sleep(30 * time.Millisecond)
	}
	if eval[bool](x, "!!window.ran") {
		t.Error("an inline handler ran")
	}
}
