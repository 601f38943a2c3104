package web_test

import (
	"fmt"
	"testing"

	"ponte/internal/browsertest"
)

// TestAClosedTabLosesNothing: what was being written is there again in another tab, with a notice; the browser itself keeps
// nothing of it; what was thrown away or sent is gone.
func TestAClosedTabLosesNothing(t *testing.T) {
	h := newHouse(t)
	n := h.busy()
	found, err := h.Search(t.Context(), h.ana, "PDA-U-12", 1)
	h.must(err)
	form := fmt.Sprintf("/ocorrencias/nova?unidade=%d&cliente=%d", found.People[0].UnitID, found.People[0].CustomerID)
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("atendente@demo")
	kept := h.sibling(x, darkest) // stays open: the browser lives on
	kept.Open("/ocorrencias")
	writes := func(path, field, text string) {
		t.Helper()
		y := h.sibling(x, desktop)
		y.Open(path)
		y.Until("the form", `document.getElementById("`+field+`")`)
		browsertest.Eval[any](y.Tab, field+".focus(); null")
		y.Keys(text)
		y.Open("/conta") // as a tab that is closed does, the page goes before anything was sent
		if held := browsertest.Eval[string](y.Tab, `JSON.stringify([localStorage, sessionStorage])`); held != "[{},{}]" {
			t.Errorf("the browser keeps %s", held)
		}
	}
	value := func(y *tab, field string) string { return browsertest.Eval[string](y.Tab, field+".value") }

	writes(form, "descricao", "Pinga quando chove de lado")
	kept.Open("/ocorrencias/nova")
	kept.Until("what was begun", `document.querySelector(".unsent-list a")`)
	kept.look("rascunhos-360-dark")
	kept.Click(".unsent-list a")
	kept.Until("the notice", `document.querySelector(".unsent")`)
	if got := value(kept, "descricao"); got != "Pinga quando chove de lado" {
		t.Errorf("the form holds %q", got)
	}
	kept.look("rascunho-360-dark")
	kept.Click(".unsent button")
	kept.Until("the search, with nothing begun", `location.pathname === "/ocorrencias/nova" && !document.querySelector(".unsent-list")`)

	occurrence := fmt.Sprint("/ocorrencias/", n)
	writes(occurrence, "comentario", "Retornar depois das 18 h")
	x.Open(occurrence)
	x.live()
	x.Until("the notice", `document.querySelector(".composer .unsent")`)
	if got := value(x, "comentario"); got != "Retornar depois das 18 h" {
		t.Errorf("the composer holds %q", got)
	}
	x.look("rascunho-1440-light")
	browsertest.Eval[any](x.Tab, "comentario.focus(); null")
	x.Do(ctrlEnter)
	x.UntilText("#tl", "Retornar depois das 18 h")
	x.Open(occurrence)
	if got := value(x, "comentario"); got != "" {
		t.Errorf("it was sent, and the composer holds %q", got)
	}
	x.Quiet()
	kept.Quiet()
}
