package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/flow/flowtest"
)

// TestTheSheetLooks opens both pages in both languages, both themes and three widths.
func TestTheSheetLooks(t *testing.T) {
	h := newSheet(t)
	admin, _, err := h.UserByLogin(t.Context(), "consultor@demo")
	h.must(err)
	b := browsertest.Start(t)
	for _, c := range append(slices.Clone(everyLook), tablet) {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), admin.Actor(), admin.ID, c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("consultor@demo")
			x.Open(sheetAt)
			x.look("parametros-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelectorAll(".copias details").forEach((d, i) => d.open = i < 6); document.querySelector("#IncluirOcorrencia").scrollIntoView(); null`)
			x.look("parametros-operacao-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector(".copias").scrollIntoView(); null`)
			x.look("parametros-chamadas-" + c.name)
			x.Open(tryAt)
			x.look("experimentar-vazio-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("#p-cod_projeto").value = "9999"; document.querySelector("#p-descricao").value = "Mancha úmida no teto."; document.querySelector("#p-bloqueio_incluir_cliente").value = "T"; document.querySelector(".mend .pri").click(); null`)
			x.Until("the answer", `!!document.querySelector("#corpo")`)
			x.look("experimentar-recusado-" + c.name)
			x.Open(tryAt + "?operacao=InformarVistoria&exemplo=1")
			browsertest.Eval[any](x.Tab, `document.querySelector("#p-inicio").value = "amanhã"; document.querySelector(".mend .pri").click(); null`)
			x.Until("the answer", `!!document.querySelector("#corpo")`)
			browsertest.Eval[any](x.Tab, `scrollTo(0, 0); null`)
			x.look("experimentar-" + c.name)
			x.Open(wsPath)
			x.look("webservice-links-" + c.name)
			x.Quiet()
		})
	}
	h.t = t
}

// TestATrialByKeyboard: an operation chosen, its form filled in and sent, and the occurrence found, without a mouse.
func TestATrialByKeyboard(t *testing.T) {
	h := newSheet(t)
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("consultor@demo")
	x.Open(wsPath)
	tab := func(selector string) {
		t.Helper()
		for range 150 {
			x.Keys(kb.Tab)
			if browsertest.Eval[bool](x.Tab, fmt.Sprintf("!!document.activeElement?.matches(%q)", selector)) {
				return
			}
		}
		t.Fatalf("the keyboard doesn't come to %s", selector)
	}
	tab(`.head [href="` + tryAt + `"]`)
	x.Keys(kb.Enter)
	x.Until("the page", `location.pathname === "`+tryAt+`"`)
	tab("#p-cod_projeto")
	x.Keys("MOB-AUR-A-101")
	tab("#p-bloqueio_incluir_cliente")
	x.Keys("T")
	tab("#p-descricao")
	x.Keys("Uma tentativa.")
	tab(".mend .pri")
	x.Keys(kb.Enter)
	x.Until("the answer", `document.querySelector("#corpo")?.textContent.includes("numero_ocorrencia")`)
	x.UntilText("#resultado .st", "HTTP 201 Created")
	if got := browsertest.Eval[string](x.Tab, `document.querySelector("#pedido").textContent`); !strings.Contains(got, "SEU_TOKEN") || !strings.Contains(got, "Uma tentativa.") {
		t.Errorf("the printed call: %s", got)
	}
	tab(`#resultado [href^="/ocorrencias/"]`)
	x.Keys(kb.Enter)
	x.UntilText(".occ-head .from.test", "Teste")
	var n int64
	_, err := fmt.Sscan(browsertest.Eval[string](x.Tab, `location.pathname.split("/").pop()`), &n)
	h.must(err)
	if o, err := h.Page(t.Context(), flowtest.Admin(), n); err != nil || !o.Test {
		t.Errorf("%+v %v", o, err)
	}
	x.Axe("the occurrence of a trial")
	x.Picture("experimentar-ocorrencia-1440-light")
	x.Quiet()
}
