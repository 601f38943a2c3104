package web_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
)

// TestDeskLooks opens the pages where things are found and opened, in both themes and both widths.
func TestDeskLooks(t *testing.T) {
	h := newHouse(t)
	n := h.busy()
	h.visitsToday(n, n+1)
	found, err := h.Search(t.Context(), h.ana, "PDA-U-12", 1)
	h.must(err)
	chosen := fmt.Sprintf("/ocorrencias/nova?unidade=%d&cliente=%d&q=helena", found.People[0].UnitID, found.People[0].CustomerID)
	b := browsertest.Start(t)
	for _, c := range everyLook[:4] {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			x := h.tab(b, c.p)
			x.signIn("atendente@demo")
			for _, page := range []struct{ name, path string }{{"lista", "/ocorrencias"}, {"lista-vazia", "/ocorrencias?q=xyzzy"}, {"nova-busca", "/ocorrencias/nova?q=marina"},
				{"nova", chosen}, {"busca", "/busca?q=livia"}, {"painel", "/painel"}, {"conta", "/conta"}} {
				x.Open(page.path)
				x.live()
				x.look(page.name + "-" + c.name)
			}
			admin := h.tab(b, c.p)
			admin.signIn("admin@demo")
			admin.Open("/parametrizacoes/usuarios")
			admin.live()
			admin.look("usuarios-" + c.name)
			admin.Open(fmt.Sprintf("/parametrizacoes/dados-pessoais/%d", found.People[0].CustomerID))
			admin.live()
			admin.look("pessoa-" + c.name)
			admin.Open("/parametrizacoes/auditoria")
			admin.live()
			admin.look("auditoria-" + c.name)
			admin.Open("/parametrizacoes/usuarios/" + h.ana.ID)
			admin.live()
			admin.look("usuario-" + c.name)
			x.Quiet()
			admin.Quiet()
		})
	}
	h.t = t
}

// TestOpenByKeyboardAlone: from the list to an occurrence of its own, and no mouse; an attendant has 30 seconds.
func TestOpenByKeyboardAlone(t *testing.T) {
	h := newHouse(t)
	h.busy()
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("atendente@demo")
	x.live()
	began := time.Now()
	x.Shortcut("n")
	x.Until("the finder", `document.activeElement?.id === "quem"`)
	x.Keys("livia agua 13") // without the accents
	x.UntilText("#achados[data-for='livia agua 13']", "Nada com")
	for range "13" {
		x.Keys(kb.Backspace)
	}
	x.Keys("3")
	x.UntilText("#achados[data-for='livia agua 3']", "Lívia Sampaio")
	x.Picture("nova-busca-achou-1440-light")
	x.Axe("finder with answers")
	x.Keys(kb.ArrowDown)
	x.Until("the first answer", `document.activeElement?.matches("[data-choice]")`)
	x.Keys(kb.ArrowUp)
	x.Until("the box again", `document.activeElement?.id === "quem"`)
	x.Keys(kb.Enter)
	x.Until("the form", `document.activeElement?.id === "descricao"`)
	x.UntilText(".already", "Trinca na parede da sala")
	x.Keys("A trinca da sala chegou ao rodapé." + kb.Tab + "Trinca até o rodapé" + kb.Tab + "Sala")
	x.Do(ctrlEnter)
	x.Until("the occurrence", `/^\/ocorrencias\/\d+$/.test(location.pathname)`)
	x.UntilText("h1", "Trinca até o rodapé")
	x.UntilText("#tl", "A trinca da sala chegou ao rodapé.")
	t.Logf("from the list to the occurrence: %v", time.Since(began).Round(time.Millisecond))
	x.Quiet()
}

// TestNewFormKeepsWhatWasTyped when the server refuses, and sends nothing twice.
func TestNewFormKeepsWhatWasTyped(t *testing.T) {
	h := newHouse(t)
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("atendente@demo")
	x.Open("/ocorrencias/nova")
	x.Until("the finder", `document.activeElement?.id === "quem"`)
	x.Keys("AUR-A-101" + kb.Enter) // faster than the answers: the form itself asks, and one answer is chosen
	x.Until("the choice", `document.activeElement?.id === "descricao" || document.querySelectorAll("[data-choice]").length`)
	if !browsertest.Eval[bool](x.Tab, `document.activeElement?.id === "descricao"`) {
		x.Keys(kb.Enter)
		x.Until("the form", `document.activeElement?.id === "descricao"`)
	}
	browsertest.Eval[any](x.Tab, `descricao.removeAttribute("maxlength"); assunto.removeAttribute("maxlength"); assunto.value = "a".repeat(300); null`)
	x.Keys("Não perca isto")
	x.Do(ctrlEnter)
	x.UntilText("#erro-assunto", "o máximo é 200")
	if got := browsertest.Eval[string](x.Tab, `descricao.value + assunto.value.length`); got != "Não perca isto300" {
		t.Errorf("after the refusal: %q", got)
	}
	x.Axe("a refused form")
	x.Picture("nova-recusada-1440-light")
	x.Quiet("status of 4")
}

// TestNewsDuringARefetch: what happens while the list is being fetched is asked for behind it, though htmx drops a
// request that meets another.
func TestNewsDuringARefetch(t *testing.T) {
	h := newHouse(t)
	h.open("AUR-A-101", "Porta raspando", "No piso.")
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("atendente@demo")
	x.live()
	x.Until("a list at rest", `window.performance.getEntriesByType("resource").filter(r => r.name.includes("parte=1")).every(r => r.responseEnd > 0)`)
	// The next answer is held back after it was read; how often the page was told since is counted.
	browsertest.Eval[any](x.Tab, `(() => {
		const real = window.fetch;
		window.told = 0;
		document.body.addEventListener("ocorrencias", () => window.told++);
		window.held = new Promise(have => window.fetch = async (...a) => {
			const answer = await real(...a);
			window.fetch = real;
			await new Promise(go => { window.release = go; have(); });
			return answer;
		});
		return null;
	})()`)
	h.open("AUR-B-101", "Campainha sem som", "Não toca.")
	x.Until("an answer held back", `!!window.release`)
	told := browsertest.Eval[int](x.Tab, `window.told`)
	h.open("AUR-B-203", "Interfone mudo", "Não chama.")
	x.Until("told again", fmt.Sprintf(`window.told > %d`, told))
	browsertest.Eval[any](x.Tab, `window.release(); null`)
	x.UntilText("#lista", "Campainha sem som")
	x.UntilText("#lista", "Interfone mudo")
	x.Quiet()
}

// TestListIsLive: what others do shows by itself, and neither scroll nor the row at hand is lost.
func TestListIsLive(t *testing.T) {
	h := newHouse(t)
	h.busy()
	x := h.tab(browsertest.Start(t), browsertest.Window{Width: 1440, Height: 500, Language: "pt-BR"})
	x.signIn("atendente@demo")
	x.live()
	for range 9 {
		x.Shortcut("j")
	}
	before := browsertest.Eval[string](x.Tab, `document.activeElement.textContent.trim() + "@" + document.activeElement.id`)
	scroll := browsertest.Eval[float64](x.Tab, `scrollY`)
	if scroll == 0 {
		t.Fatal("nothing was scrolled: the test shows nothing")
	}
	counts := browsertest.Eval[string](x.Tab, `visoes.textContent`)
	h.open("AUR-A-101", "Campainha sem som", "Não toca.")
	x.UntilText("#lista", "Campainha sem som")
	x.Until("another count", fmt.Sprintf(`visoes.textContent !== %q`, counts))
	if after := browsertest.Eval[string](x.Tab, `document.activeElement.textContent.trim() + "@" + document.activeElement.id`); after != before {
		t.Errorf("the row at hand was %s and is %s", before, after)
	}
	// One row more above: the browser may move by it to keep what is read in place, and by nothing else.
	if now := browsertest.Eval[float64](x.Tab, `scrollY`); now < scroll-1 || now > scroll+60 {
		t.Errorf("scrolled from %v to %v", scroll, now)
	}

	// The filters answer as they are typed, and stand in the URL.
	x.Shortcut("k")
	browsertest.Eval[any](x.Tab, `document.querySelector("#filtros [name=q]").focus(); null`)
	x.Keys("helena")
	x.Until("the filtered list", `location.search === "?q=helena" && document.querySelectorAll("#lista tbody tr").length > 0 && [...document.querySelectorAll("#lista .cust")].slice(1).every(e => e.textContent.includes("Helena"))`)
	if got := browsertest.Eval[string](x.Tab, `document.activeElement.value + visoes.querySelector("a").search`); got != "helena?q=helena&visao=precisam" {
		t.Errorf("the box and the views: %q", got)
	}
	x.Click("#f-status-botao")
	x.Until("the statuses", `document.querySelector("#f-status:popover-open")`)
	x.Axe("filter open")
	x.Picture("lista-filtro-1440-light")
	x.Click("#f-status input[value='10']")
	x.Until("the URL with the status", `location.search === "?q=helena&status=10"`)
	x.UntilText("#f-status-botao", "Status: aberta")
	x.Until("the filter stays open", `document.querySelector("#f-status:popover-open")`)
	h.open("PDA-U-1", "Torneira pingando", "Na cozinha.")
	x.UntilText("#lista", "Torneira pingando")
	x.Keys(kb.Escape)
	x.Shortcut("?")
	x.Until("the keys", `document.querySelector("#teclas:popover-open")`)
	x.Axe("keys")
	x.Picture("teclas-1440-light")
	x.Keys(kb.Escape)
	x.Quiet()
}
