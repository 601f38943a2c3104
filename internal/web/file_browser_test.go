package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// choose does what the browser's dialog does; the page's own button only opens it.
func (x *tab) choose(paths ...string) {
	x.T.Helper()
	x.Do(chromedp.SetUploadFiles(chromedp.CSS("#anexos"), paths))
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
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("atendente@demo")
	x.Open(path(n))
	x.live()
	other := h.sibling(x, desktop)
	other.Open(path(n))
	other.live()
	browsertest.Eval[any](other.Tab, `window.sameDocument = true; null`)

	x.Shortcut("c")
	x.Keys("Veja as fotos")
	x.choose(teto, parede)
	x.Until("two in the list", listed+` === "teto.jpg,parede.jpg"`)
	x.choose(ralo) // more, beside those
	x.Until("three in the list", listed+` === "teto.jpg,parede.jpg,ralo.jpg" && anexos.files.length === 3`)
	browsertest.Eval[any](x.Tab, `document.querySelectorAll("#escolhidos [data-remove]")[1].focus(); null`)
	if got := browsertest.Eval[string](x.Tab, `document.activeElement.getAttribute("aria-label")`); got != "Retirar parede.jpg" {
		t.Errorf("the button is called %q", got)
	}
	x.Keys(kb.Enter)
	x.Until("two in the list", listed+` === "teto.jpg,ralo.jpg" && anexos.files.length === 2 && document.activeElement.getAttribute("aria-label") === "Retirar ralo.jpg"`)
	x.look("occ-fotos-escolhidas-1440-light")

	// News arrives meanwhile: text, files and list stay.
	h.fieldSays(n, "Jorge Lima", "Cheguei ao prédio.")
	x.UntilText("#tl", "Cheguei ao prédio.")
	if got := browsertest.Eval[string](x.Tab, `[comentario.value, anexos.files.length, `+listed+`].join("|")`); got != "Veja as fotos|2|teto.jpg,ralo.jpg" {
		t.Errorf("after the news: %s", got)
	}

	// One that is refused is told of by its name; nothing has to be chosen or written again.
	x.choose(h.onDisk(dir, "planta.jpg", "<svg onload='alert(1)'/>"))
	x.Until("three in the list", `anexos.files.length === 3`)
	x.Click("button[name=status][value='']")
	x.UntilText(".composer [role=alert]", "“planta.jpg” é uma página da internet")
	if got := browsertest.Eval[string](x.Tab, `[comentario.value, anexos.files.length, `+listed+`].join("|")`); got != "Veja as fotos|3|teto.jpg,ralo.jpg,planta.jpg" {
		t.Errorf("after the refusal: %s", got)
	}
	x.look("occ-fotos-recusada-1440-light")
	x.Click("#escolhidos li:last-child [data-remove]")
	x.Until("two in the list", `anexos.files.length === 2`)
	x.Click("button[name=status][value='']")
	x.UntilText("#tl", "Veja as fotos")
	x.Until("the photos", shown)
	x.Until("an empty form", `comentario.value === "" && anexos.files.length === 0 && `+listed+` === "" && !document.querySelector("#escolhidos.any") && !document.querySelector(".composer [role=alert]")`)
	other.UntilText("#tl", "Veja as fotos")
	other.Until("the photos, without a reload", shown+` && window.sameDocument`)
	if got := h.attachments(n); len(got) != 2 || got[0].SHA256 != sum(wall(1200, 900, 1)) || got[1].Name != "ralo.jpg" {
		t.Errorf("kept: %+v", got)
	}

	// The button can be reached by the keyboard, and shows it.
	browsertest.Eval[any](x.Tab, `interno.focus(); null`)
	x.Keys(kb.Tab)
	if got := browsertest.Eval[string](x.Tab, `document.activeElement.id + getComputedStyle(document.activeElement.closest("label")).outlineStyle`); got != "anexossolid" {
		t.Errorf("behind the tick stands %q", got)
	}
	// A photo alone.
	x.choose(parede)
	x.Until("one in the list", listed+` === "parede.jpg"`)
	x.Click("#anexos_internos")
	x.Click("button[name=status][value='']")
	x.UntilText("#tl", "mandou uma foto")
	x.Until("a lock", `document.querySelector("#tl .photos .lock")`)
	if got := h.attachments(n); !got[2].Internal {
		t.Error("what was kept in the house is not")
	}
	x.Axe("after photos")
	x.Quiet("status of 4") // the refusal
	other.Quiet()
}

// TestPhotosTooLargeAreStoppedInThePage before they travel.
func TestPhotosTooLargeAreStoppedInThePage(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	x := h.tab(browsertest.Start(t), small)
	x.signIn("atendente@demo")
	x.Open(path(n))
	x.live()
	x.choose(h.onDisk(t.TempDir(), "enorme com um nome comprido demais para caber numa linha.jpg", strings.Repeat("x", desk.MaxFile+1)))
	x.UntilText("#escolhidos", "Tem mais de 20 MB")
	x.Do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.querySelector(".composer").offsetTop - 60)`))
	x.look("occ-fotos-grande-360-light")
	x.Click("button[name=status][value='']")
	if browsertest.Eval[bool](x.Tab, `anexos.validity.valid`) {
		t.Error("the form may be sent")
	}
	x.Click("#escolhidos [data-remove]")
	x.Until("a form that may be sent", `anexos.validity.valid && !document.querySelector("#escolhidos.any")`)
	x.Quiet()
}

// TestUploadIsTold: while files travel the page says so, and news that arrives meanwhile does not hide it.
func TestUploadIsTold(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("atendente@demo")
	x.Open(path(n))
	x.live()
	browsertest.Eval[any](x.Tab, `(() => {
		const real = window.fetch;
		window.held = new Promise(have => window.fetch = async (url, o) => {
			if (o?.method === "POST") { window.patience = o.timeout; await new Promise(go => have(go)); }
			return real(url, o);
		});
	})(); null`)
	x.choose(h.onDisk(t.TempDir(), "grande.jpg", tinyPhoto+strings.Repeat("x", desk.MaxFile-len(tinyPhoto))))
	x.Shortcut("c")
	x.Keys("Veja a foto")
	x.Click("button[name=status][value='']")
	x.Until("a word about it", `document.querySelector("#escolhidos[aria-busy=true] [role=status]").textContent.includes("Enviando os arquivos (20 MB)")`)
	if wait := browsertest.Eval[float64](x.Tab, "window.patience"); wait < 20*60_000 {
		t.Errorf("it gives up after %v ms", wait)
	}
	h.fieldSays(n, "Jorge Lima", "Enquanto ela viaja.")
	x.UntilText("#tl", "Enquanto ela viaja.")
	if !browsertest.Eval[bool](x.Tab, `!!document.querySelector("#escolhidos[aria-busy=true]")`) {
		t.Error("news hides that files travel")
	}
	x.look("occ-fotos-enviando-1440-light")
	browsertest.Eval[any](x.Tab, `held.then(go => go()); null`)
	x.UntilText("#tl", "Veja a foto")
	x.Until("an end of it", `!document.querySelector("#escolhidos[aria-busy]") && anexos.files.length === 0`)
	if a := h.attachments(n); len(a) != 1 || a[0].Size != desk.MaxFile {
		t.Errorf("kept: %+v", a)
	}
	x.Quiet("status of 4") // it has no thumbnail
}

// TestPhotosWithoutScript: the browser's own field, and the form as it is.
func TestPhotosWithoutScript(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	x := h.tab(browsertest.Start(t), small)
	x.signIn("atendente@demo")
	_, err := chromedp.Call(x.Ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	h.must(err)
	x.Open(path(n))
	x.choose(h.onDisk(t.TempDir(), "teto.jpg", wall(640, 480, 1)))
	x.Do(chromedp.ScrollIntoView(chromedp.CSS("#anexos")))
	x.Wide("without a script")
	x.Picture("occ-fotos-sem-script-360-light")
	x.Click("#anexos_internos")
	x.Click("button[name=status][value='']")
	x.Do(chromedp.WaitVisible(chromedp.CSS("#tl .photos .lock")))
	if a := h.attachments(n); len(a) != 1 || a[0].Name != "teto.jpg" || !a[0].Internal {
		t.Errorf("kept: %+v", a)
	}
}

// TestLightbox: a click or Enter shows a photo larger; arrows leaf, Escape goes back to where one was.
func TestLightbox(t *testing.T) {
	h := newHouse(t)
	n := h.photographed()
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("atendente@demo")
	x.Open(path(n))
	x.live()
	browsertest.Eval[any](x.Tab, `document.querySelector("#tl .photos a").focus(); null`)
	first := browsertest.Eval[string](x.Tab, `document.activeElement.id`)
	x.Keys(kb.Enter)
	whole := `(i => i && i.complete && i.naturalWidth >= 900)(document.querySelector("#foto[open] img"))`
	x.Until("a larger photo", whole)
	name := browsertest.Eval[string](x.Tab, `document.querySelector("#foto [data-name]").textContent`)
	x.Keys(kb.ArrowRight)
	x.Until("the next", whole+fmt.Sprintf(` && document.querySelector("#foto [data-name]").textContent !== %q`, name))
	x.look("foto-1440-light")
	h.fieldSays(n, "Jorge Lima", "Enquanto se olha.")
	x.UntilText("#tl", "Enquanto se olha.")
	if !browsertest.Eval[bool](x.Tab, `foto.open`) {
		t.Error("news closed it")
	}
	x.Keys(kb.ArrowLeft)
	x.Keys(kb.Escape)
	x.Until("back where one was", fmt.Sprintf(`!foto.open && document.activeElement.id === %q`, first))
	x.Quiet()
}

// TestPhotosWithTheOpening: the form of a new occurrence takes them, and keeps them over a refusal.
func TestPhotosWithTheOpening(t *testing.T) {
	h := newHouse(t)
	found, err := h.Search(t.Context(), h.ana, "AUR-B-203", 1)
	h.must(err)
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("atendente@demo")
	x.Open(fmt.Sprintf("/ocorrencias/nova?unidade=%d&cliente=%d", found.People[0].UnitID, found.People[0].CustomerID))
	x.Until("the form", `document.activeElement?.id === "descricao"`)
	x.Keys("Mancha no teto do quarto.")
	dir := t.TempDir()
	x.choose(h.onDisk(dir, "mancha.jpg", wall(1200, 900, 4)), h.onDisk(dir, "laudo.pdf", "%PDF-1.7 laudo"), h.onDisk(dir, "planta.jpg", "<svg/>"))
	x.Until("three in the list", listed+` === "mancha.jpg,laudo.pdf,planta.jpg"`)
	x.Do(ctrlEnter)
	x.UntilText("#erro-anexos", "“planta.jpg” é uma página")
	if got := browsertest.Eval[string](x.Tab, `[descricao.value, anexos.files.length].join()`); got != "Mancha no teto do quarto.,3" {
		t.Errorf("after the refusal: %s", got)
	}
	x.look("nova-fotos-1440-light")
	x.Click("#escolhidos li:last-child [data-remove]")
	x.Click(".sheet .btn.pri")
	x.Until("the occurrence", `/^\/ocorrencias\/\d+$/.test(location.pathname)`)
	x.Until("the photo", shown)
	x.UntilText("#tl .docs", "laudo.pdf")
	x.Quiet("status of 4")
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
	b := browsertest.Start(t)
	dir := t.TempDir()
	file := h.onDisk(dir, "Box, junto ao ralo.jpg", wall(1200, 900, 21))
	for _, c := range everyLook {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), h.ana, mustID(h.ana.ID), c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("atendente@demo")
			x.Open(path(n))
			x.live()
			x.Do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("#tl img").forEach(i => i.loading = "eager"); scrollTo(0, document.querySelector(".tl-bar").offsetTop - 60)`))
			x.Until("every thumbnail", shown)
			x.look("occ-fotos-" + c.name)
			x.choose(file)
			x.Click("#tambem summary")
			x.Until("the offers", `[...document.querySelectorAll("#tambem img")].every(i => i.complete && i.naturalWidth > 0)`)
			x.Do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.querySelector(".composer").offsetTop - 60)`))
			x.Click("#tambem label")
			x.look("occ-fotos-composer-" + c.name)
			x.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#tl .photos a").click()`))
			x.Until("a larger photo", `(i => i && i.complete && i.naturalWidth > 0)(document.querySelector("#foto[open] img"))`)
			x.look("occ-foto-" + c.name)
			x.Quiet()
		})
	}
	h.t = t
}
