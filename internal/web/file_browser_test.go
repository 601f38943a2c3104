package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// choose does what the browser's dialog does; the page's own button only opens it.
func (x *tab) choose(paths ...string) {
	x.t.Helper()
	x.do(chromedp.SetUploadFiles(chromedp.CSS("#anexos"), paths))
}

// listed is what stands in the list of chosen files.
const listed = `[...document.querySelectorAll("#escolhidos li")].map(l => l.querySelector(".n").textContent).join()`

// shown says that every thumbnail has come and is a picture.
const shown = `(p => p.length && p.every(i => i.complete && i.naturalWidth > 0))([...document.querySelectorAll("#tl .photos img")])`

// TestPhotosByTheComposer: chosen, listed, taken back, kept over news and a refusal, sent, and seen in another tab.
func TestPhotosByTheComposer(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	dir := t.TempDir()
	teto, parede, ralo := h.onDisk(dir, "teto.jpg", wall(1200, 900, 1)), h.onDisk(dir, "parede.jpg", wall(900, 1200, 2)), h.onDisk(dir, "ralo.jpg", wall(1200, 900, 3))
	x := h.tab(chromium(t), desktop)
	x.signIn("atendente@demo")
	x.open(path(n))
	x.live()
	other := h.sibling(x, desktop)
	other.open(path(n))
	other.live()
	eval[any](other, `window.sameDocument = true; null`)

	x.shortcut("c")
	x.keys("Veja as fotos")
	x.choose(teto, parede)
	x.until("two in the list", listed+` === "teto.jpg,parede.jpg"`)
	x.choose(ralo) // more, beside those
	x.until("three in the list", listed+` === "teto.jpg,parede.jpg,ralo.jpg" && anexos.files.length === 3`)
	eval[any](x, `document.querySelectorAll("#escolhidos [data-remove]")[1].focus(); null`)
	if got := eval[string](x, `document.activeElement.getAttribute("aria-label")`); got != "Retirar parede.jpg" {
		t.Errorf("the button is called %q", got)
	}
	x.keys(kb.Enter)
	x.until("two in the list", listed+` === "teto.jpg,ralo.jpg" && anexos.files.length === 2 && document.activeElement.getAttribute("aria-label") === "Retirar ralo.jpg"`)
	x.look("occ-fotos-escolhidas-1440-light")

	// News arrives meanwhile: text, files and list stay.
	h.fieldSays(n, "Jorge Lima", "Cheguei ao prédio.")
	x.untilText("#tl", "Cheguei ao prédio.")
	if got := eval[string](x, `[comentario.value, anexos.files.length, `+listed+`].join("|")`); got != "Veja as fotos|2|teto.jpg,ralo.jpg" {
		t.Errorf("after the news: %s", got)
	}

	// One that is refused is told of by its name; nothing has to be chosen or written again.
	x.choose(h.onDisk(dir, "planta.jpg", "<svg onload='alert(1)'/>"))
	x.until("three in the list", `anexos.files.length === 3`)
	x.click("button[name=status][value='']")
	x.untilText(".composer [role=alert]", "“planta.jpg” é uma página da internet")
	if got := eval[string](x, `[comentario.value, anexos.files.length, `+listed+`].join("|")`); got != "Veja as fotos|3|teto.jpg,ralo.jpg,planta.jpg" {
		t.Errorf("after the refusal: %s", got)
	}
	x.look("occ-fotos-recusada-1440-light")
	x.click("#escolhidos li:last-child [data-remove]")
	x.until("two in the list", `anexos.files.length === 2`)
	x.click("button[name=status][value='']")
	x.untilText("#tl", "Veja as fotos")
	x.until("the photos", shown)
	x.until("an empty form", `comentario.value === "" && anexos.files.length === 0 && `+listed+` === "" && !document.querySelector("#escolhidos.any") && !document.querySelector(".composer [role=alert]")`)
	other.untilText("#tl", "Veja as fotos")
	other.until("the photos, without a reload", shown+` && window.sameDocument`)
	if got := h.attachments(n); len(got) != 2 || got[0].SHA256 != sum(wall(1200, 900, 1)) || got[1].Name != "ralo.jpg" {
		t.Errorf("kept: %+v", got)
	}

	// The button can be reached by the keyboard, and shows it.
	eval[any](x, `interno.focus(); null`)
	x.keys(kb.Tab)
	if got := eval[string](x, `document.activeElement.id + getComputedStyle(document.activeElement.closest("label")).outlineStyle`); got != "anexossolid" {
		t.Errorf("behind the tick stands %q", got)
	}
	// A photo alone.
	x.choose(parede)
	x.until("one in the list", listed+` === "parede.jpg"`)
	x.click("#anexos_internos")
	x.click("button[name=status][value='']")
	x.untilText("#tl", "mandou uma foto")
	x.until("a lock", `document.querySelector("#tl .photos .lock")`)
	if got := h.attachments(n); !got[2].Internal {
		t.Error("what was kept in the house is not")
	}
	x.axe("after photos")
	x.quiet("status of 4") // the refusal
	other.quiet()
}

// TestPhotosTooLargeAreStoppedInThePage before they travel.
func TestPhotosTooLargeAreStoppedInThePage(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	x := h.tab(chromium(t), small)
	x.signIn("atendente@demo")
	x.open(path(n))
	x.live()
	x.choose(h.onDisk(t.TempDir(), "enorme com um nome comprido demais para caber numa linha.jpg", strings.Repeat("x", desk.MaxFile+1)))
	x.untilText("#escolhidos", "Tem mais de 20 MB")
	x.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.querySelector(".composer").offsetTop - 60)`))
	x.look("occ-fotos-grande-360-light")
	x.click("button[name=status][value='']")
	if eval[bool](x, `anexos.validity.valid`) {
		t.Error("the form may be sent")
	}
	x.click("#escolhidos [data-remove]")
	x.until("a form that may be sent", `anexos.validity.valid && !document.querySelector("#escolhidos.any")`)
	x.quiet()
}

// TestUploadIsTold: while files travel the page says so, and news that arrives meanwhile does not hide it.
func TestUploadIsTold(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	x := h.tab(chromium(t), desktop)
	x.signIn("atendente@demo")
	x.open(path(n))
	x.live()
	eval[any](x, `(() => {
		const real = window.fetch;
		window.held = new Promise(have => window.fetch = async (url, o) => {
			if (o?.method === "POST") { window.patience = o.timeout; await new Promise(go => have(go)); }
			return real(url, o);
		});
	})(); null`)
	x.choose(h.onDisk(t.TempDir(), "grande.jpg", tinyPhoto+strings.Repeat("x", desk.MaxFile-len(tinyPhoto))))
	x.shortcut("c")
	x.keys("Veja a foto")
	x.click("button[name=status][value='']")
	x.until("a word about it", `document.querySelector("#escolhidos[aria-busy=true] [role=status]").textContent.includes("Enviando os arquivos (20 MB)")`)
	if wait := eval[float64](x, "window.patience"); wait < 20*60_000 {
		t.Errorf("it gives up after %v ms", wait)
	}
	h.fieldSays(n, "Jorge Lima", "Enquanto ela viaja.")
	x.untilText("#tl", "Enquanto ela viaja.")
	if !eval[bool](x, `!!document.querySelector("#escolhidos[aria-busy=true]")`) {
		t.Error("news hides that files travel")
	}
	x.look("occ-fotos-enviando-1440-light")
	eval[any](x, `held.then(go => go()); null`)
	x.untilText("#tl", "Veja a foto")
	x.until("an end of it", `!document.querySelector("#escolhidos[aria-busy]") && anexos.files.length === 0`)
	if a := h.attachments(n); len(a) != 1 || a[0].Size != desk.MaxFile {
		t.Errorf("kept: %+v", a)
	}
	x.quiet("status of 4") // it has no thumbnail
}

// TestPhotosWithoutScript: the browser's own field, and the form as it is.
func TestPhotosWithoutScript(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	x := h.tab(chromium(t), small)
	x.signIn("atendente@demo")
	_, err := chromedp.Call(x.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	x.must(err)
	x.open(path(n))
	x.choose(h.onDisk(t.TempDir(), "teto.jpg", wall(640, 480, 1)))
	x.do(chromedp.ScrollIntoView(chromedp.CSS("#anexos")))
	x.wide("without a script")
	x.picture("occ-fotos-sem-script-360-light")
	x.click("#anexos_internos")
	x.click("button[name=status][value='']")
	x.do(chromedp.WaitVisible(chromedp.CSS("#tl .photos .lock")))
	if a := h.attachments(n); len(a) != 1 || a[0].Name != "teto.jpg" || !a[0].Internal {
		t.Errorf("kept: %+v", a)
	}
}

// TestLightbox: a click or Enter shows a photo larger; arrows leaf, Escape goes back to where one was.
func TestLightbox(t *testing.T) {
	h := newHouse(t)
	n := h.photographed()
	x := h.tab(chromium(t), desktop)
	x.signIn("atendente@demo")
	x.open(path(n))
	x.live()
	eval[any](x, `document.querySelector("#tl .photos a").focus(); null`)
	first := eval[string](x, `document.activeElement.id`)
	x.keys(kb.Enter)
	whole := `(i => i && i.complete && i.naturalWidth >= 900)(document.querySelector("#foto[open] img"))`
	x.until("a larger photo", whole)
	name := eval[string](x, `document.querySelector("#foto [data-name]").textContent`)
	x.keys(kb.ArrowRight)
	x.until("the next", whole+fmt.Sprintf(` && document.querySelector("#foto [data-name]").textContent !== %q`, name))
	x.look("foto-1440-light")
	h.fieldSays(n, "Jorge Lima", "Enquanto se olha.")
	x.untilText("#tl", "Enquanto se olha.")
	if !eval[bool](x, `foto.open`) {
		t.Error("news closed it")
	}
	x.keys(kb.ArrowLeft)
	x.keys(kb.Escape)
	x.until("back where one was", fmt.Sprintf(`!foto.open && document.activeElement.id === %q`, first))
	x.quiet()
}

// TestPhotosWithTheOpening: the form of a new occurrence takes them, and keeps them over a refusal.
func TestPhotosWithTheOpening(t *testing.T) {
	h := newHouse(t)
	found, err := h.Search(t.Context(), h.ana, "AUR-B-203", 1)
	h.must(err)
	x := h.tab(chromium(t), desktop)
	x.signIn("atendente@demo")
	x.open(fmt.Sprintf("/ocorrencias/nova?unidade=%d&cliente=%d", found.People[0].UnitID, found.People[0].CustomerID))
	x.until("the form", `document.activeElement?.id === "descricao"`)
	x.keys("Mancha no teto do quarto.")
	dir := t.TempDir()
	x.choose(h.onDisk(dir, "mancha.jpg", wall(1200, 900, 4)), h.onDisk(dir, "laudo.pdf", "%PDF-1.7 laudo"), h.onDisk(dir, "planta.jpg", "<svg/>"))
	x.until("three in the list", listed+` === "mancha.jpg,laudo.pdf,planta.jpg"`)
	x.do(ctrlEnter)
	x.untilText("#erro-anexos", "“planta.jpg” é uma página")
	if got := eval[string](x, `[descricao.value, anexos.files.length].join()`); got != "Mancha no teto do quarto.,3" {
		t.Errorf("after the refusal: %s", got)
	}
	x.look("nova-fotos-1440-light")
	x.click("#escolhidos li:last-child [data-remove]")
	x.click(".sheet .btn.pri")
	x.until("the occurrence", `/^\/ocorrencias\/\d+$/.test(location.pathname)`)
	x.until("the photo", shown)
	x.untilText("#tl .docs", "laudo.pdf")
	x.quiet("status of 4")
}

// photographed is the story with photos from both sides: some went to the field, one didn't get there, one stays.
func (h *house) photographed() int64 {
	h.t.Helper()
	n := h.story()
	h.must(h.Skip(h.t.Context(), h.ana, h.troubled(n), "Avisei por telefone."))
	for i, name := range []string{"Ralo do 201 antes.jpg", "Rejunte refeito.jpg", "Teste de estanqueidade.jpg"} {
		h.fieldSends(n, name, wall(1200, 900, 5+float64(i)))
	}
	h.must(h.CommentByHand(h.t.Context(), h.ana, flow.CommentInput{Number: n, Text: "Orçamento da pintura, para a nossa conta.", Private: true,
		Files: []flow.Upload{h.upload("Orçamento pintura.pdf", "%PDF-1.7"+strings.Repeat(" ", 180_000)), h.upload("Planta da laje.jpg", wall(1200, 900, 9))}}))
	h.must(h.CommentByHand(h.t.Context(), h.ana, flow.CommentInput{Number: n, Files: []flow.Upload{h.upload("Teto hoje cedo.jpg", wall(1200, 900, 11)), h.upload("Mancha de perto.jpg", wall(1200, 900, 12))}}))
	h.must(h.MoveByHand(h.t.Context(), h.ana, flow.MoveInput{Number: n, Status: "40", Comment: "Seguem as fotos de hoje; a mancha cresceu uns 10 cm.",
		Files: []flow.Upload{h.upload("Teto às 16h.jpg", wall(1200, 900, 13)), h.upload("Canto do box.jpg", wall(900, 1200, 14))}}))
	ok := flow.Outcome{Verdict: flow.Done}
	h.settle(ok) // the comment
	h.settle(ok) // the first photo
	h.settle(rejected("Tamanho acima do permitido para a solicitação 88214"))
	return n
}

// TestFileLooks looks at photos in both themes, both widths and both languages.
func TestFileLooks(t *testing.T) {
	h := newHouse(t)
	n := h.photographed()
	b := chromium(t)
	dir := t.TempDir()
	file := h.onDisk(dir, "Box, junto ao ralo.jpg", wall(1200, 900, 21))
	for _, c := range []struct {
		name string
		p    profile
	}{{"1440-light", desktop}, {"1440-dark", dark}, {"360-light", small}, {"360-dark", darkest}, {"1440-en", english}} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), h.ana, mustID(h.ana.ID), c.p.language, ""))
			x := h.tab(b, c.p)
			x.signIn("atendente@demo")
			x.open(path(n))
			x.live()
			x.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("#tl img").forEach(i => i.loading = "eager"); scrollTo(0, document.querySelector(".tl-bar").offsetTop - 60)`))
			x.until("every thumbnail", shown)
			x.look("occ-fotos-" + c.name)
			x.choose(file)
			x.click("#tambem summary")
			x.until("the offers", `[...document.querySelectorAll("#tambem img")].every(i => i.complete && i.naturalWidth > 0)`)
			x.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.querySelector(".composer").offsetTop - 60)`))
			x.click("#tambem label")
			x.look("occ-fotos-composer-" + c.name)
			x.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#tl .photos a").click()`))
			x.until("a larger photo", `(i => i && i.complete && i.naturalWidth > 0)(document.querySelector("#foto[open] img"))`)
			x.look("occ-foto-" + c.name)
			x.quiet()
		})
	}
	h.t = t
}
