package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/flow/flowtest"
)

// TestTheSheetLooks opens both pages in both languages, both themes and three widths.
func TestTheSheetLooks(t *testing.T) {
	h := newSheet(t)
	admin, _, err := h.UserByLogin(t.Context(), "consultor@demo")
	h.must(err)
	b := chromium(t)
	for _, c := range []struct {
		name string
		p    profile
	}{{"1440-light", desktop}, {"1440-dark", dark}, {"360-light", small}, {"360-dark", darkest}, {"1440-en", english}, {"820-light", profile{width: 820, height: 1000, language: "pt-BR"}}} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), admin.Actor(), admin.ID, c.p.language, ""))
			x := h.tab(b, c.p)
			x.signIn("consultor@demo")
			x.open(sheetAt)
			x.look("parametros-" + c.name)
			eval[any](x, `document.querySelectorAll(".copias details").forEach((d, i) => d.open = i < 6); document.querySelector("#IncluirOcorrencia").scrollIntoView(); null`)
			x.look("parametros-operacao-" + c.name)
			eval[any](x, `document.querySelector(".copias").scrollIntoView(); null`)
			x.look("parametros-chamadas-" + c.name)
			x.open(tryAt)
			x.look("experimentar-vazio-" + c.name)
			eval[any](x, `document.querySelector("#p-cod_projeto").value = "9999"; document.querySelector("#p-descricao").value = "Mancha úmida no teto."; document.querySelector("#p-bloqueio_incluir_cliente").value = "T"; document.querySelector(".mend .pri").click(); null`)
			x.until("the answer", `!!document.querySelector("#corpo")`)
			x.look("experimentar-recusado-" + c.name)
			x.open(tryAt + "?operacao=InformarVistoria&exemplo=1")
			eval[any](x, `document.querySelector("#p-inicio").value = "amanhã"; document.querySelector(".mend .pri").click(); null`)
			x.until("the answer", `!!document.querySelector("#corpo")`)
			eval[any](x, `scrollTo(0, 0); null`)
			x.look("experimentar-" + c.name)
			x.open(wsPath)
			x.look("webservice-links-" + c.name)
			x.quiet()
		})
	}
	h.t = t
}

// TestATrialByKeyboard: an operation chosen, its form filled in and sent, and the occurrence found, without a mouse.
func TestATrialByKeyboard(t *testing.T) {
	h := newSheet(t)
	x := h.tab(chromium(t), desktop)
	x.signIn("consultor@demo")
	x.open(wsPath)
	tab := func(selector string) {
		t.Helper()
		for range 150 {
			x.keys(kb.Tab)
			if eval[bool](x, fmt.Sprintf("!!document.activeElement?.matches(%q)", selector)) {
				return
			}
		}
		t.Fatalf("the keyboard doesn't come to %s", selector)
	}
	tab(`.head [href="` + tryAt + `"]`)
	x.keys(kb.Enter)
	x.until("the page", `location.pathname === "`+tryAt+`"`)
	tab("#p-cod_projeto")
	x.keys("MOB-AUR-A-101")
	tab("#p-bloqueio_incluir_cliente")
	x.keys("T")
	tab("#p-descricao")
	x.keys("Uma tentativa.")
	tab(".mend .pri")
	x.keys(kb.Enter)
	x.until("the answer", `document.querySelector("#corpo")?.textContent.includes("numero_ocorrencia")`)
	x.untilText("#resultado .st", "HTTP 201 Created")
	if got := eval[string](x, `document.querySelector("#pedido").textContent`); !strings.Contains(got, "SEU_TOKEN") || !strings.Contains(got, "Uma tentativa.") {
		t.Errorf("the printed call: %s", got)
	}
	tab(`#resultado [href^="/ocorrencias/"]`)
	x.keys(kb.Enter)
	x.untilText(".occ-head .from.test", "Teste")
	var n int64
	_, err := fmt.Sscan(eval[string](x, `location.pathname.split("/").pop()`), &n)
	h.must(err)
	if o, err := h.Page(t.Context(), flowtest.Admin(), n); err != nil || !o.Test {
		t.Errorf("%+v %v", o, err)
	}
	x.axe("the occurrence of a trial")
	x.picture("experimentar-ocorrencia-1440-light")
	x.quiet()
}
