package web_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestDeskLooks opens the pages where things are found and opened, in both themes and both widths.
func TestDeskLooks(t *testing.T) {
	h := newHouse(t)
	n := h.busy()
	h.visitsToday(n, n+1)
	found, err := h.Search(t.Context(), h.ana, "PDA-U-12", 1)
	h.must(err)
	chosen := fmt.Sprintf("/ocorrencias/nova?unidade=%d&cliente=%d&q=helena", found.People[0].UnitID, found.People[0].CustomerID)
	b := chromium(t)
	for _, c := range []struct {
		name string
		p    profile
	}{{"1440-light", desktop}, {"1440-dark", dark}, {"360-light", small}, {"360-dark", darkest}} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			x := h.tab(b, c.p)
			x.signIn("atendente@demo")
			for _, page := range []struct{ name, path string }{{"lista", "/ocorrencias"}, {"lista-vazia", "/ocorrencias?q=xyzzy"}, {"nova-busca", "/ocorrencias/nova?q=marina"},
				{"nova", chosen}, {"busca", "/busca?q=livia"}, {"painel", "/painel"}, {"conta", "/conta"}} {
				x.open(page.path)
				x.live()
				x.look(page.name + "-" + c.name)
			}
			admin := h.tab(b, c.p)
			admin.signIn("admin@demo")
			admin.open("/parametrizacoes/usuarios")
			admin.live()
			admin.look("usuarios-" + c.name)
			x.quiet()
			admin.quiet()
		})
	}
	h.t = t
}

// TestOpenByKeyboardAlone: from the list to an occurrence of its own, and no mouse; an attendant has 30 seconds.
func TestOpenByKeyboardAlone(t *testing.T) {
	h := newHouse(t)
	h.busy()
	x := h.tab(chromium(t), desktop)
	x.signIn("atendente@demo")
	x.live()
	began := time.Now()
	x.shortcut("n")
	x.until("the finder", `document.activeElement?.id === "quem"`)
	x.keys("livia agua 13") // without the accents
	x.untilText("#achados[data-for='livia agua 13']", "Nada com")
	for range "13" {
		x.keys(kb.Backspace)
	}
	x.keys("3")
	x.untilText("#achados[data-for='livia agua 3']", "Lívia Sampaio")
	x.picture("nova-busca-achou-1440-light")
	x.axe("finder with answers")
	x.keys(kb.ArrowDown)
	x.until("the first answer", `document.activeElement?.matches("[data-choice]")`)
	x.keys(kb.ArrowUp)
	x.until("the box again", `document.activeElement?.id === "quem"`)
	x.keys(kb.Enter)
	x.until("the form", `document.activeElement?.id === "descricao"`)
	x.untilText(".already", "Trinca na parede da sala")
	x.keys("A trinca da sala chegou ao rodapé." + kb.Tab + "Trinca até o rodapé" + kb.Tab + "Sala")
	x.do(ctrlEnter)
	x.until("the occurrence", `/^\/ocorrencias\/\d+$/.test(location.pathname)`)
	x.untilText("h1", "Trinca até o rodapé")
	x.untilText("#tl", "A trinca da sala chegou ao rodapé.")
	t.Logf("from the list to the occurrence: %v", time.Since(began).Round(time.Millisecond))
	x.quiet()
}

// TestNewFormKeepsWhatWasTyped when the server refuses, and sends nothing twice.
func TestNewFormKeepsWhatWasTyped(t *testing.T) {
	h := newHouse(t)
	x := h.tab(chromium(t), desktop)
	x.signIn("atendente@demo")
	x.open("/ocorrencias/nova")
	x.until("the finder", `document.activeElement?.id === "quem"`)
	x.keys("AUR-A-101" + kb.Enter) // faster than the answers: the form itself asks, and one answer is chosen
	x.until("the choice", `document.activeElement?.id === "descricao" || document.querySelectorAll("[data-choice]").length`)
	if !eval[bool](x, `document.activeElement?.id === "descricao"`) {
		x.keys(kb.Enter)
		x.until("the form", `document.activeElement?.id === "descricao"`)
	}
	eval[any](x, `descricao.removeAttribute("maxlength"); assunto.removeAttribute("maxlength"); assunto.value = "a".repeat(300); null`)
	x.keys("Não perca isto")
	x.do(ctrlEnter)
	x.untilText("#erro-assunto", "o máximo é 200")
	if got := eval[string](x, `descricao.value + assunto.value.length`); got != "Não perca isto300" {
		t.Errorf("after the refusal: %q", got)
	}
	x.axe("a refused form")
	x.picture("nova-recusada-1440-light")
	x.quiet("status of 4")
}

// TestNewsDuringARefetch: what happens while the list is being fetched is asked for behind it, though htmx drops a
// request that meets another.
func TestNewsDuringARefetch(t *testing.T) {
	h := newHouse(t)
	h.open("AUR-A-101", "Porta raspando", "No piso.")
	x := h.tab(chromium(t), desktop)
	x.signIn("atendente@demo")
	x.live()
	x.until("a list at rest", `window.performance.getEntriesByType("resource").filter(r => r.name.includes("parte=1")).every(r => r.responseEnd > 0)`)
	// The next answer is held back after it was read; how often the page was told since is counted.
	eval[any](x, `(() => {
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
	x.until("an answer held back", `!!window.release`)
	told := eval[int](x, `window.told`)
	h.open("AUR-B-203", "Interfone mudo", "Não chama.")
	x.until("told again", fmt.Sprintf(`window.told > %d`, told))
	eval[any](x, `window.release(); null`)
	x.untilText("#lista", "Campainha sem som")
	x.untilText("#lista", "Interfone mudo")
	x.quiet()
}

// TestListIsLive: what others do shows by itself, and neither scroll nor the row at hand is lost.
func TestListIsLive(t *testing.T) {
	h := newHouse(t)
	h.busy()
	x := h.tab(chromium(t), profile{width: 1440, height: 500, language: "pt-BR"})
	x.signIn("atendente@demo")
	x.live()
	for range 9 {
		x.shortcut("j")
	}
	before := eval[string](x, `document.activeElement.textContent.trim() + "@" + document.activeElement.id`)
	scroll := eval[float64](x, `scrollY`)
	if scroll == 0 {
		t.Fatal("nothing was scrolled: the test shows nothing")
	}
	counts := eval[string](x, `visoes.textContent`)
	h.open("AUR-A-101", "Campainha sem som", "Não toca.")
	x.untilText("#lista", "Campainha sem som")
	x.until("another count", fmt.Sprintf(`visoes.textContent !== %q`, counts))
	if after := eval[string](x, `document.activeElement.textContent.trim() + "@" + document.activeElement.id`); after != before {
		t.Errorf("the row at hand was %s and is %s", before, after)
	}
	// One row more above: the browser may move by it to keep what is read in place, and by nothing else.
	if now := eval[float64](x, `scrollY`); now < scroll-1 || now > scroll+60 {
		t.Errorf("scrolled from %v to %v", scroll, now)
	}

	// The filters answer as they are typed, and stand in the URL.
	x.shortcut("k")
	eval[any](x, `document.querySelector("#filtros [name=q]").focus(); null`)
	x.keys("helena")
	x.until("the filtered list", `location.search === "?q=helena" && document.querySelectorAll("#lista tbody tr").length > 0 && [...document.querySelectorAll("#lista .cust")].slice(1).every(e => e.textContent.includes("Helena"))`)
	if got := eval[string](x, `document.activeElement.value + visoes.querySelector("a").search`); got != "helena?q=helena&visao=precisam" {
		t.Errorf("the box and the views: %q", got)
	}
	x.click("#f-status-botao")
	x.until("the statuses", `document.querySelector("#f-status:popover-open")`)
	x.axe("filter open")
	x.picture("lista-filtro-1440-light")
	x.click("#f-status input[value='10']")
	x.until("the URL with the status", `location.search === "?q=helena&status=10"`)
	x.untilText("#f-status-botao", "Status: aberta")
	x.until("the filter stays open", `document.querySelector("#f-status:popover-open")`)
	h.open("PDA-U-1", "Torneira pingando", "Na cozinha.")
	x.untilText("#lista", "Torneira pingando")
	x.keys(kb.Escape)
	x.shortcut("?")
	x.until("the keys", `document.querySelector("#teclas:popover-open")`)
	x.axe("keys")
	x.picture("teclas-1440-light")
	x.keys(kb.Escape)
	x.quiet()
}
