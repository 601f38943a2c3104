package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

const count = `document.querySelector("[data-state=%s]").textContent.trim()`

// TestImportByPage: a consultant sends a sheet, sees the plan come by itself, confirms, watches it being imported, mends
// the refused rows and sends them again; the same sheet again does nothing.
func TestImportByPage(t *testing.T) {
	r := newRegistry(t)
	x := r.tab(browsertest.Start(t), desktop)
	x.signIn("consultor@demo")
	x.Open("/cadastros/importacao")
	x.live()
	x.chooseSheets(r.file("unidades do ERP.csv", erp))
	x.Click("#planejar")
	x.UntilText("#trabalho", "Planejando")
	x.live()
	r.work()
	x.Until("the plan", `document.querySelector("#ato-importar")`)
	for state, want := range map[string]string{"novo": "1", "alterado": "1", "igual": "1", "conflito": "1", "erro": "1"} {
		if got := browsertest.Eval[string](x.Tab, fmt.Sprintf(count, state)); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
	for _, text := range []string{"unidade AUR-A-999, id_mobuss_homologacao: (vazio) → MOB-AUR-A-999", "A linha 2 dá o mesmo id a outra unidade", "ignoradas: Observação", "numero ← Apto",
		"3 contratos vigentes não estão nas planilhas"} {
		x.UntilText("#trabalho", text)
	}
	x.Click("#ato-importar")
	x.UntilText("#trabalho", "Conferindo")
	x.live()
	r.step() // the plan is as it was
	x.UntilText("#trabalho", "Importando")
	w, err := r.NextUpload(t.Context(), "another", 0)
	r.must(err)
	r.must(w.Progress(t.Context(), 2, 5))
	x.UntilText(".how-far", "40 %")
	r.must(w.Leave(t.Context()))
	r.work()
	x.UntilText("#trabalho", "2 linhas importadas, exatamente como o plano mostrou")

	refused := browsertest.Eval[string](x.Tab, `fetch(document.querySelector("a[download]").href).then(r => r.text())`)
	if !strings.Contains(refused, "o mesmo id;\"id_mobuss_homologacao: A linha 2 dá o mesmo id") && !strings.Contains(refused, "o mesmo id;id_mobuss_homologacao: A linha 2 dá o mesmo id") {
		t.Errorf("the refused rows: %q", refused)
	}
	mended := strings.NewReplacer(";A;302;MOB-AUR-A-301;", ";A;302;MOB-AUR-A-302;", ";A;;;", ";A;303;;").Replace(refused)
	x.Open("/cadastros/importacao")
	x.chooseSheets(r.file("unidades do ERP-recusadas.csv", mended))
	x.Click("#planejar")
	x.UntilText("#trabalho", "Planejando")
	x.live()
	r.work()
	x.UntilText("#ato-importar", "Importar 2 linhas")
	x.Click("#ato-importar")
	x.UntilText("#trabalho", "Conferindo")
	x.live()
	r.work()
	x.UntilText("#trabalho", "2 linhas importadas")

	x.Open("/cadastros/importacao")
	x.chooseSheets(r.file("unidades do ERP.csv", strings.Split(erp, "AUR;Residencial Aurora;A;302")[0]))
	x.Click("#planejar")
	x.UntilText("#trabalho", "Planejando")
	x.live()
	r.work()
	x.UntilText("#trabalho", "Não há nada a importar")
	if browsertest.Eval[bool](x.Tab, `!!document.querySelector("#ato-importar")`) {
		t.Error("nothing can be imported")
	}
	x.Click("#ato-descartar")
	x.Until("the list", `location.pathname === "/cadastros/importacao"`)
	x.UntilText("#ultimas", "Descartada")
	x.Quiet()
}

// TestColumnsByPage: a sheet that nobody understands is explained by hand, with the keyboard alone, and not sent again.
func TestColumnsByPage(t *testing.T) {
	r := newRegistry(t)
	x := r.tab(browsertest.Start(t), desktop)
	x.signIn("consultor@demo")
	x.Open("/cadastros/importacao")
	x.chooseSheets(r.file("x.csv", "Empresa;Setor;Porta\nAUR;A;501\n"))
	x.Click("#planejar")
	x.UntilText("#trabalho", "Planejando")
	x.live()
	r.work()
	x.UntilText("#trabalho", "Nada foi importado")
	x.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#tipo-0").focus(); window.before = true`))
	x.Keys("Uni" + kb.Tab + kb.Enter) // what a unit's sheet has
	x.Until("the columns of units, on the page that comes", `!window.before && document.readyState === "complete" && document.querySelector("[name='coluna.0.numero']") && document.querySelector("#tipo-0").value === "unidades"`)
	for _, c := range []struct{ column, header string }{{"cod_empreendimento", "Emp"}, {"cod_bloco", "Set"}, {"numero", "Por"}} {
		x.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("[name='coluna.0.%s']").focus()`, c.column)))
		x.Keys(c.header)
	}
	x.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#replanejar").focus()`))
	x.Keys(kb.Enter)
	x.UntilText("#trabalho", "Planejando")
	x.live()
	r.work()
	x.UntilText("#trabalho", "1 linha mudaria o cadastro")
	x.Quiet()
}

// TestImportWithoutScript: sent, looked at again, confirmed, by links and forms alone.
func TestImportWithoutScript(t *testing.T) {
	r := newRegistry(t)
	b := r.signedIn("consultor@demo")
	a := b.sheets("/cadastros/importacao", []part{{"a.csv", erp}})
	where := a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(where, "/cadastros/importacao/") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if page := b.get(where); !strings.Contains(page.body, "Ver como está") || !strings.Contains(page.body, "<noscript>") {
		t.Error("while it works nobody can look again")
	}
	r.work()
	page := b.get(where)
	_, rest, _ := strings.Cut(page.body, `name="plano" value="`)
	print, _, _ := strings.Cut(rest, `"`)
	if a := b.post(where+"/importar", "plano", "another"); a.status != 409 || !strings.Contains(a.body, "O plano mudou") {
		t.Errorf("another plan: %d", a.status)
	}
	if a := b.post(where+"/importar", "plano", print); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	r.work()
	if page := b.get(where); !strings.Contains(page.body, "2 linhas importadas") {
		t.Errorf("%s", page.body)
	}
}

// TestRegistryLooks opens the pages of the registry in all their states, in both languages, themes and widths.
func TestRegistryLooks(t *testing.T) {
	r := newRegistry(t)
	caio, _, err := r.UserByLogin(t.Context(), "consultor@demo")
	r.must(err)
	send := func(name, text string) string {
		t.Helper()
		a := r.signedIn("consultor@demo").sheets("/cadastros/importacao", []part{{name, text}})
		if a.status != 303 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		r.work()
		return a.header.Get("Location")
	}
	list, err := r.ImportMobussUnits(t.Context(), flowtest.Admin(), desk.Homologation, "lista do Mobuss.csv")
	r.must(err)
	r.must(list.Take(t.Context(), []flow.MobussUnit{{ID: "MOB-AUR-A-101"}, {ID: "MOB-AUR-A-102"}, {ID: "MOB-AUR-A-AC"}, {ID: "MOB-X", Name: "Torre C, 1204"}}))
	_, err = list.Finish(t.Context())
	r.must(err)
	planned, strange := send("unidades do ERP, novembro.csv", erp), send("x.csv", "Empresa;Setor;Porta\nAUR;A;501\n")
	waiting := r.signedIn("consultor@demo").sheets("/cadastros/importacao", []part{{"a.csv", erp}}).header.Get("Location")
	w, err := r.NextUpload(t.Context(), "another", 0)
	r.must(err)
	r.must(w.Progress(t.Context(), 62, 100))
	pages := []struct{ name, path string }{{"imports", "/cadastros/importacao"}, {"import-planned", planned}, {"import-strange", strange}, {"import-working", waiting},
		{"places", "/cadastros"}, {"places-found", "/cadastros?q=101"}, {"development", "/cadastros/empreendimentos/1"}, {"block", "/cadastros/blocos/1"},
		{"units", "/cadastros/unidades-no-mobuss?ambiente=homologacao"}, {"units-production", "/cadastros/unidades-no-mobuss?ambiente=producao"}}
	b := browsertest.Start(t)
	for _, c := range append(slices.Clone(everyLook), tablet) {
		t.Run(c.name, func(t *testing.T) {
			r.t = t
			r.must(r.SetLook(t.Context(), caio.Actor(), caio.ID, c.p.Language, ""))
			x := r.tab(b, c.p)
			x.signIn("consultor@demo")
			for _, p := range pages {
				x.Open(p.path)
				x.look("registry-" + p.name + "-" + c.name)
				if p.name == "import-planned" {
					x.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#colunas").open = true; scrollTo(0, document.body.scrollHeight)`))
					x.look("registry-" + p.name + "-end-" + c.name)
				}
			}
			x.Quiet()
		})
	}
	r.t = t
}
