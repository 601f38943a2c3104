package web_test

import (
	"fmt"
	"testing"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// TestMovesInTheBrowser: rows are ticked by keyboard and stay ticked while news comes; the plan says what would happen, and
// whoever watches sees it done.
func TestMovesInTheBrowser(t *testing.T) {
	h := newHouse(t)
	h.story()
	h.at(0)
	var numbers []int64
	for _, subject := range []string{"Torneira da cozinha pingando", "Rejunte do box soltando", "Interfone mudo", "Porta raspando no piso"} {
		numbers = append(numbers, h.open("AUR-B-203", subject, "Desde ontem."))
	}
	lacking, err := h.OpenByHand(t.Context(), h.ana, flow.OpenInput{Project: "999", Block: "A", BlockNewCustomer: "T", Subject: "Tomada sem energia", Description: "Sem."})
	h.must(err)
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("atendente@demo")
	x.live()
	ticked := `[...document.querySelectorAll("[data-choose]:checked")].map(c => c.value).join()`
	bar := `getComputedStyle(document.querySelector(".move-bar")).display`
	x.Until("no bar", bar+` === "none"`)
	x.Keys("jxjjx") // the first and the third row
	x.UntilText(".move-bar [data-chosen]", "2 selecionadas")
	want := fmt.Sprintf("%d,%d", lacking, numbers[2])
	x.Until("two rows are ticked", fmt.Sprintf(`%s === "%s"`, ticked, want))
	h.fieldSays(numbers[0], "Jonas Lima", "Chego às 15h.") // it comes to the top
	x.UntilText("#lista tbody tr:first-child .news", "Chego às 15h.")
	x.Until("still ticked", fmt.Sprintf(`%s === "%s" && %s === "flex"`, ticked, want, bar))
	x.look("mover-lista-1440-light")
	x.Axe("rows that are ticked")
	browsertest.Eval[any](x.Tab, `(a => { a[1].dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })); a[4].dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: true })); })([...document.querySelectorAll("[data-choose]")]); null`)
	x.Until("from one to another", `document.querySelectorAll("[data-choose]:checked").length >= 4 && document.querySelector("[data-choose-all]").indeterminate`)
	x.Click("[data-choose-page]")
	x.Until("the whole page", `document.querySelector("[data-choose-all]").checked`)
	x.Click("#mover")
	x.UntilText("#lote", "Para qual status?")
	x.look("mover-escolher-1440-light")
	x.Click(`#para input[value="20"]`)
	x.Write("#comentario", "Equipe no local na quinta-feira, das 8h às 12h.")
	x.Click("#planejar")
	x.UntilText("#lote .st", "Fazendo o plano")
	x.live()
	h.movesWork() // and the page hears of it
	x.UntilText("#lote .told", "Isto abre 4 ordens no Mobuss.")
	x.UntilText("#lote .kept", "a unidade não tem id no Mobuss")
	x.look("mover-plano-1440-light")
	small := h.sibling(x, darkest)
	small.Open(browsertest.Eval[string](x.Tab, "location.pathname"))
	small.live()
	small.look("mover-plano-360-dark")
	x.Click("#fazer")
	x.UntilText("#lote .st", "Em andamento")
	x.live()
	x.look("mover-andamento-1440-light")
	h.movesWork()
	x.UntilText("#lote [role=status]", "Terminou.")
	small.UntilText("#lote [role=status]", "Terminou.")
	x.look("mover-feito-1440-light")
	small.look("mover-feito-360-dark")
	for range 47 { // more than a page
		h.open("AUR-B-203", "Rodapé solto", "Na sala.")
	}
	small.Open("/ocorrencias?q=aurora&status=10&status=20")
	small.live()
	small.Click("[data-choose]")
	small.UntilText(".move-bar [data-chosen]", "1 selecionada")
	small.UntilText(".move-bar .check", "Todas as 52 que estes filtros acham") // counted when the first is ticked
	h.fieldSays(numbers[1], "Jonas Lima", "Terminei.")
	h.open("AUR-B-203", "Tinta descascando", "Na sala.")
	small.UntilText("#lista", "Tinta descascando")
	small.UntilText(".move-bar .check", "Todas as 52")
	small.look("mover-lista-360-dark")
	for _, n := range numbers {
		if o, err := h.Show(t.Context(), h.ana, n); err != nil || o.Status.Code != "20" || o.Deliveries[0].State != desk.Queued {
			t.Errorf("%d: %+v, %v", n, o, err)
		}
	}
	x.Quiet()
	small.Quiet()
}
