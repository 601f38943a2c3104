package web_test

import (
	"fmt"
	"testing"

	"ponte/internal/browsertest"
	"ponte/internal/flow/flowtest"
)

// TestIntakeLook: the pages of intake, wide and light, narrow and dark: nothing that axe finds, nothing that scrolls sideways.
func TestIntakeLook(t *testing.T) {
	h := newHouse(t)
	h.must(h.StartClasses(t.Context(), flowtest.Admin()))
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	_, right := h.chosen("AUR-B-101")
	to, _ := h.chosen("AUR-A-102")
	h.move(n, "20", "")
	h.settle(accepted("88001"))
	browser := browsertest.Start(t)
	for name, w := range map[string]browsertest.Window{"1440": desktop, "360": {Width: 360, Height: 800, Dark: true}} {
		x := h.tab(browser, w)
		x.signIn("consultor@demo")
		look := func(page, at string) {
			t.Helper()
			x.Open(at)
			x.Axe(page + "-" + name)
			x.Wide(page + "-" + name)
			x.Picture(page + "-" + name)
		}
		look("itens", "/parametrizacoes/itens")
		look("item", "/parametrizacoes/itens/item/Novo")
		look("dados-enviados", "/parametrizacoes/dados-enviados")
		x = h.tab(browser, w)
		x.signIn("atendente@demo")
		look("ocorrencia", path(n))
		look("nova", to)
		look("corrigir", fmt.Sprintf("%s/corrigir?unidade=%d&cliente=%d", path(n), right.UnitID, right.CustomerID))
		look("cancelar", path(n)+"/cancelar")
		look("pessoas", fmt.Sprintf("/unidades/%d/pessoas", right.UnitID))
	}
}
