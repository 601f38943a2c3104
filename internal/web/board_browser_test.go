package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
)

// drag dispatches what a mouse does; the browser's own drag can't be driven.
const drag = `(() => {
	window.hand = new DataTransfer();
	window.dragged = (type, at) => document.querySelector(at).dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: window.hand }));
	return null;
})()`

// TestBoardByKeyboardAndMouse: a card is moved by its button and by dropping it, both confirmed in place; news moves cards
// without taking the cursor away; and views are kept beside it.
func TestBoardByKeyboardAndMouse(t *testing.T) {
	h := newHouse(t)
	h.busy()
	door, bell := h.open("AUR-B-203", "Porta emperrada", "Não fecha."), h.open("AUR-A-101", "Campainha sem som", "Não toca.")
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("atendente@demo")
	x.Open("/ocorrencias/quadro")
	x.live()
	x.look("quadro-1440-light")

	// By the keyboard: the button, a comment, the status.
	browsertest.Eval[any](x.Tab, fmt.Sprintf(`document.getElementById("m-%d").focus(); null`, door))
	x.Keys(kb.Enter)
	x.Until("the confirmation", `document.activeElement?.id === "mover-comentario"`)
	x.Axe("the confirmation")
	x.Picture("quadro-mover-1440-light")
	x.Keys("Trocada a dobradiça" + kb.Tab)
	x.Until("a status", `document.activeElement?.name === "status"`)
	browsertest.Eval[any](x.Tab, `document.querySelector("#mover-corpo button[value='90']").focus(); null`)
	x.Keys(kb.Enter)
	x.Until("the dialog closed", `!document.getElementById("mover-dialogo").open`)
	x.Until("the card gone", fmt.Sprintf(`!document.getElementById("c-%d")`, door)) // the closed ones are folded

	// By the mouse: columns say whether they take it; the drop asks for the same confirmation.
	card := fmt.Sprintf("#c-%d", bell)
	browsertest.Eval[any](x.Tab, drag)
	browsertest.Eval[any](x.Tab, fmt.Sprintf(`window.dragged("dragstart", %q); null`, card))
	x.Until("columns that take it and columns that don't", `["20", "90"].every(c => document.getElementById("col-" + c).matches(".may")) && ["30", "50", "99"].every(c => document.getElementById("col-" + c).matches(".no"))`)
	x.Picture("quadro-arrasta-1440-light")
	// What happens meanwhile waits until the card is out of the hand.
	news := h.open("AUR-A-102", "Ralo entupido", "Cozinha.")
	if got := browsertest.Eval[string](x.Tab, `["drop", "dragend"].map(e => e === "drop" && window.dragged("dragover", "#col-30")).join()`); got != "true,false" {
		t.Errorf("a column that doesn't take the card lets it drop: %s", got)
	}
	browsertest.Eval[any](x.Tab, fmt.Sprintf(`window.dragged("dragover", "#col-20"); window.dragged("drop", "#col-20"); window.dragged("dragend", %q); null`, card))
	x.Until("the confirmation of one status", `document.getElementById("mover-dialogo").open && document.querySelectorAll("#mover-corpo button[name=status]").length === 1`)
	x.UntilText("#col-10", "Ralo entupido")
	x.Keys("Cliente em casa")
	h.move(bell, "90", "") // somebody is faster
	browsertest.Eval[any](x.Tab, `document.querySelector("#mover-corpo button[name=status]").click(); null`)
	x.UntilText("#mover-corpo", "Alguém a moveu antes")
	if got := browsertest.Eval[string](x.Tab, `document.querySelector("#mover-corpo textarea").value`); got != "Cliente em casa" {
		t.Errorf("what was typed is %q", got)
	}
	x.Axe("a refused move")
	x.Picture("quadro-recusado-1440-light")
	x.Keys(kb.Escape)
	x.Until("the dialog closed", `!document.getElementById("mover-dialogo").open`)

	// A card that somebody moves to another column keeps the cursor.
	browsertest.Eval[any](x.Tab, fmt.Sprintf(`document.getElementById("a-%d").focus(); null`, news))
	h.move(news, "20", "")
	x.Until("the card in its new column, with the cursor", fmt.Sprintf(`document.activeElement?.id === "a-%d" && !!document.activeElement.closest("#col-20")`, news))
	x.Quiet("status of 4")

	small := h.tab(b, darkest)
	small.signIn("gestor@demo")
	small.Open("/ocorrencias/quadro")
	small.live()
	small.look("quadro-360-dark")
	small.Open(path(news) + "/mover")
	small.look("quadro-mover-360-dark")
	small.Open("/ocorrencias/visoes")
	small.look("visoes-360-dark")
	small.Quiet()
}
