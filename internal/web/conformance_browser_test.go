package web_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// TestConformanceLooks opens the pages in both languages, both themes and both widths: before a run, after one that
// passed with a reservation, after one that failed, signed.
func TestConformanceLooks(t *testing.T) {
	h := newProving(t)
	h.open("AUR-A-101", "Vazamento no teto", "Pinga do teto do banheiro.")
	user, _, err := h.UserByLogin(t.Context(), "consultor@demo")
	h.must(err)
	b := browsertest.Start(t)
	most := map[string]int{"antes": 4, "falhou": 2, "passou": 3, "assinada": 2} // a report is a long page
	windows := []struct {
		name string
		p    browsertest.Window
	}{{"1440-light", desktop}, {"360-dark", darkest}, {"1440-en", english}, {"360-en", browsertest.Window{Width: 360, Height: 780, Language: "en"}}}
	each := func(part string, look func(x *tab, name string)) {
		for _, c := range windows[:most[part]] {
			t.Run(part+"-"+c.name, func(t *testing.T) {
				h.t = t
				h.must(h.SetLook(t.Context(), user.Actor(), user.ID, c.p.Language, ""))
				x := h.tab(b, c.p)
				x.signIn("consultor@demo")
				look(x, "conformidade-"+part+"-"+c.name)
				x.Quiet("status of 422", "status of 409")
			})
		}
		h.t = t
	}
	each("antes", func(x *tab, name string) {
		x.Open(runsPath + "?q=101")
		x.look(name)
	})
	h.configure(func(c *mapping.Config) {
		p := c.Integration.Points["MOBUSS_ICSA"]
		p.Success = "http >= 200"
		c.Integration.Points["MOBUSS_ICSA"] = p
	})
	failed := h.startAndWait()
	h.configure(func(c *mapping.Config) { c.Integration.Policy.Settling = mapping.Duration(50e6) })
	passed := h.startAndWait()
	each("falhou", func(x *tab, name string) {
		x.Open(runsPath + "/" + failed.ID)
		x.look(name)
		browsertest.Eval[any](x.Tab, `(e => { e.querySelectorAll("details").forEach(d => d.open = true); e.scrollIntoView(); })(document.querySelector("#area-MOBUSS_ICSA").parentElement); null`)
		x.Wide(name)
		x.Axe(name)
		x.Picture(name + "-chamadas")
	})
	each("passou", func(x *tab, name string) {
		x.Open(runsPath + "/" + passed.ID)
		x.look(name)
		x.Click(`.sign .btn`)
		x.Until("what is wrong", `document.querySelector("#erro-senha")`)
		browsertest.Eval[any](x.Tab, `document.querySelector("#assinatura").scrollIntoView({block: "center"}); null`)
		x.look(name + "-erro")
		x.Open(stPath + "/20/integracao")
		x.Click(`button[value=testar]`)
		x.Until("the answer", `document.querySelector("#teste .st")`)
		browsertest.Eval[any](x.Tab, `document.querySelector("#teste").scrollIntoView(); null`)
		x.look(name + "-teste")
	})
	h.must(h.SignConformance(t.Context(), user.Actor(), passed.ID, passed.Digest, "A ferramenta de homologação não confere unidades; a produção, sim."))
	each("assinada", func(x *tab, name string) {
		x.Open(runsPath)
		x.look(name)
		x.Open(runsPath + "/" + passed.ID)
		x.look(name + "-rodada")
	})
}

// TestAConsultantProvesAndSigns: by keyboard and mouse, seeing the cases appear by themselves.
func TestAConsultantProvesAndSigns(t *testing.T) {
	h := newProving(t)
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("consultor@demo")
	x.Click(`nav a[href="` + runsPath + `"]`)
	x.Until("the page", `document.querySelector("#comecar form")`)
	letGo := h.hold()
	x.Click(`#comecar .btn.pri`)
	x.UntilText(".occ-head", "Rodando")
	x.live()
	letGo()
	x.UntilText(".occ-head", "Passou")
	x.Until("every case by itself", `document.querySelectorAll("ol.tries > li").length > 40 && !document.body.textContent.includes("Rodando")`)
	x.Until("the form", `document.querySelector("#nota")`)
	browsertest.Eval[any](x.Tab, `document.querySelector("#nota").focus(); null`)
	x.Keys("A homologação não confere unidades." + kb.Tab + password + kb.Enter)
	x.UntilText("#assinatura", "Assinada por Caio Prates")
	if run := h.latest(); run.State != flow.RunPassed || run.SignedBy != "Caio Prates" || run.Note != "A homologação não confere unidades." {
		t.Errorf("the run: %+v", run)
	}
	x.Quiet()
}
