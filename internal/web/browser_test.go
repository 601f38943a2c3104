package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

var (
	dark    = browsertest.Window{Width: 1440, Height: 1000, Language: "pt-BR", Dark: true}
	english = browsertest.Window{Width: 1440, Height: 1000, Language: "en"}
	small   = browsertest.Window{Width: 360, Height: 780, Language: "pt-BR"}
	darkest = browsertest.Window{Width: 360, Height: 780, Language: "pt-BR", Dark: true}
)

// look is a window by the name that its pictures have.
type look struct {
	name string
	p    browsertest.Window
}

// everyLook is how most pages are looked at. What the theme doesn't change is asked in the light, and what the language doesn't
// in Portuguese: of such a twin axe-core is only asked what may differ.
var (
	everyLook = []look{{"1440-light", desktop}, {"1440-dark", asking(dark, browsertest.Colours)}, {"360-light", small}, {"360-dark", asking(darkest, browsertest.Colours)},
		{"1440-en", asking(english, browsertest.Words)}}
	tablet = look{"820-light", browsertest.Window{Width: 820, Height: 1000, Language: "pt-BR"}}
)

func asking(w browsertest.Window, of browsertest.Rules) browsertest.Window {
	w.Axe = of
	return w
}

// TestLooks opens every page that there is, in both languages, both themes and both widths.
func TestLooks(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := browsertest.Start(t)
	for _, c := range everyLook {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), h.ana, mustID(h.ana.ID), c.p.Language, ""))
			x := h.tab(b, c.p)
			x.Open("/entrar")
			x.look("signin-" + c.name)
			x.signIn("atendente@demo")
			x.live()
			x.look("list-" + c.name)
			x.Open(fmt.Sprint("/ocorrencias/", n))
			x.live()
			x.look("occ-" + c.name)
			x.Do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.querySelector(".tl-bar").offsetTop + 200)`))
			x.look("occ-timeline-" + c.name)
			x.Quiet()
		})
	}
	h.t = t
}

// look checks a page as it stands, and keeps a picture of it.
func (x *tab) look(name string) {
	x.T.Helper()
	x.Wide(name)
	x.Axe(name)
	x.Picture(name)
	if open := browsertest.Eval[string](x.Tab, `[...document.querySelectorAll("[popover]:not(:popover-open)")].filter(e => getComputedStyle(e).display !== "none" && e.closest(".side") === null).map(e => e.id).join()`); open != "" {
		x.T.Errorf("%s: %s is in sight, and nobody opened it", name, open)
	}
}

// TestStates brings the page into the states that a designer forgets.
func TestStates(t *testing.T) {
	h := newHouse(t)
	b := browsertest.Start(t)
	x, phone := h.tab(b, desktop), h.tab(b, small)
	both := func(name string) {
		t.Helper()
		x.look(name + "-1440-light")
		phone.look(name + "-360-light")
	}
	go1 := func(path string) {
		t.Helper()
		x.Open(path)
		phone.Open(path)
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
		v.Click(".skip-form summary")
		v.Click(".skip-form form button")
		v.Until("a word about the reason", `document.querySelector(".trouble [role=alert]")`)
	}
	both("occ-skip-refused")

	phone.Click("[popovertarget=menu]")
	phone.Until("the menu", `document.querySelector("#menu:popover-open")`)
	phone.Click(".who")
	phone.Until("the account", `document.querySelector("#conta:popover-open")`)
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
	x.Quiet("status of 4")
	phone.Quiet("status of 4")
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
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("atendente@demo")
	x.live()
	x.Shortcut("j")
	x.Until("the first row", `document.activeElement?.matches("[data-row]")`)
	x.Keys(kb.Enter)
	x.Until("the occurrence", fmt.Sprintf(`location.pathname === "/ocorrencias/%d"`, n))
	x.live()
	other := h.sibling(x, desktop) // a second tab, which has no stream of its own
	other.Open(fmt.Sprint("/ocorrencias/", n))
	other.live()
	if leaders := browsertest.Eval[bool](x.Tab, "ponte.leader") == browsertest.Eval[bool](other.Tab, "ponte.leader"); leaders {
		t.Error("not exactly one of two tabs holds the stream")
	}
	browsertest.Eval[any](x.Tab, `window.sameDocument = true; document.querySelector("#tl").marked = true; null`)
	x.Shortcut("c")
	x.Until("the comment field", `document.activeElement?.id === "comentario"`)
	x.Keys("Estou escrevendo")
	for range 5 {
		x.Keys(kb.ArrowLeft)
	}

	began := time.Now()
	h.fieldSays(n, "Jorge Lima", "Cheguei ao prédio.")
	x.UntilText("#tl", "Cheguei ao prédio.")
	t.Logf("seen after %v", time.Since(began).Round(time.Millisecond))
	other.UntilText("#tl", "Cheguei ao prédio.")
	if got := browsertest.Eval[string](x.Tab, `[sameDocument, document.querySelector("#tl").marked, document.activeElement.id, comentario.value, comentario.selectionStart].join()`); got != "true,true,comentario,Estou escrevendo,11" {
		t.Errorf("after the news: %s", got)
	}
	x.Keys("X")
	if got := browsertest.Eval[string](x.Tab, "comentario.value"); got != "Estou escreXvendo" {
		t.Errorf("typing on gave %q", got)
	}
	x.Picture("occ-live-1440-light")

	// The draft is kept when the cursor leaves it, too.
	browsertest.Eval[any](x.Tab, `comentario.blur(); null`)
	h.fieldSays(n, "Jorge Lima", "Comecei.")
	x.UntilText("#tl", "Comecei.")
	if got := browsertest.Eval[string](x.Tab, "comentario.value"); got != "Estou escreXvendo" {
		t.Errorf("without the cursor the draft became %q", got)
	}

	// Ctrl+Enter sends by the primary button; the field is empty afterwards, and the movement is there.
	browsertest.Eval[any](x.Tab, `comentario.focus(); null`)
	x.Do(ctrlEnter)
	x.UntilText("#tl", "Estou escreXvendo")
	x.Until("an empty field", `comentario.value === ""`)
	other.UntilText("#tl", "Estou escreXvendo")
	if !browsertest.Eval[bool](x.Tab, "window.sameDocument === true") {
		t.Error("the page was loaded anew")
	}
	x.Axe("after a movement")
	x.Quiet()
	other.Quiet()
}

// TestDraftSurvivesRefusals: a refusal is said beside the form, and what was typed stays; so it does when the
// server breaks.
func TestDraftSurvivesRefusals(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("atendente@demo")
	x.Open(fmt.Sprint("/ocorrencias/", n))
	x.live()
	x.Shortcut("c")
	x.Keys("Não perca isto")
	x.Click("#interno")
	x.Click("button[name=status][value='40']") // for the house only, yet to the field
	x.UntilText(".composer [role=alert]", "O que é só para a casa não vai ao campo.")
	if got := browsertest.Eval[string](x.Tab, "comentario.value + interno.checked"); got != "Não perca istotrue" {
		t.Errorf("after the refusal: %q", got)
	}
	x.look("occ-refused-1440-light")

	// The session ends elsewhere: the text stays, and there is a way back in.
	h.must(h.SetDisabled(t.Context(), flowtest.Admin(), mustID(h.ana.ID), true))
	x.Click("button[name=status][value='90']")
	x.UntilText("#aviso:popover-open", "Sua sessão terminou")
	if got := browsertest.Eval[string](x.Tab, "comentario.value"); got != "Não perca isto" {
		t.Errorf("after the session ended: %q", got)
	}
	x.Picture("occ-session-1440-light")

	// The server is gone.
	h.http.CloseClientConnections()
	h.http.Listener.Close()
	x.Click("button[name=status][value='90']")
	x.UntilText("#aviso:popover-open", "O servidor não confirmou")
	if got := browsertest.Eval[string](x.Tab, "comentario.value"); got != "Não perca isto" {
		t.Errorf("after the server broke: %q", got)
	}
	x.Until("a page that says it is alone", `document.querySelector("[data-live-state]").textContent === "Reconectando…"`)
	x.Quiet("status of 4", "ERR_", "Failed to fetch")
}

// TestLookIsKept: language and theme are a person's, and switch without a script.
func TestLookIsKept(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("atendente@demo")
	x.Open(fmt.Sprint("/ocorrencias/", n))
	x.live()
	x.Click(".who")
	x.Until("the menu", `document.querySelector("#conta:popover-open")`)
	x.look("account-1440-light")
	x.Click("#conta button[value=dark]")
	x.Until("dark", `document.documentElement.dataset.theme === "dark"`)
	if path := browsertest.Eval[string](x.Tab, "location.pathname"); path != fmt.Sprint("/ocorrencias/", n) {
		t.Errorf("came back to %s", path)
	}
	x.live()
	x.Click(".who")
	x.Click("#conta button[value=en]")
	x.Until("English", `document.documentElement.lang === "en"`)
	x.UntilText(".trouble", "What to do now")
	other := h.tab(b, desktop)
	other.signIn("atendente@demo")
	other.Until("the same in another browser", `document.documentElement.lang === "en" && document.documentElement.dataset.theme === "dark"`)
	x.Click(".who")
	x.Click(`form[action="/sair"] button`)
	x.Until("the door", `location.pathname === "/entrar"`)
	x.Quiet()
}

// TestDemoUsersFillTheForm by a click, without an inline script.
func TestDemoUsersFillTheForm(t *testing.T) {
	h := newHouse(t)
	x := h.tab(browsertest.Start(t), small)
	x.Open("/entrar?volta=/ocorrencias")
	x.Click("[data-fill='gestor@demo']")
	x.Keys(kb.Enter)
	x.Until("the list", `location.pathname === "/ocorrencias"`)
	x.Quiet()
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
	x := h.tab(browsertest.Start(t), desktop)
	x.Open("/entrar")
	browsertest.Eval[any](x.Tab, `document.querySelector("h1").outerHTML += "<button id=evil onclick='window.ran = true'>x</button><img src='https://evil.example/x.png'>"; null`)
	x.Click("#evil")
	x.UntilHeard("Content Security Policy", 2)
	if browsertest.Eval[bool](x.Tab, "!!window.ran") {
		t.Error("an inline handler ran")
	}
}
