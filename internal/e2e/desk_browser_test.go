package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/text/encoding/charmap"

	"ponte/internal/browsertest"
)

// people of one desk, each in a browser context of their own, at one Ponte.
type people struct {
	t       *testing.T
	browser *browsertest.Browser
	base    string
	hand    *browsertest.Tab // the technician's phone
}

// as signs somebody in, by keyboard.
func (p people) as(login string) *browsertest.Tab {
	p.t.Helper()
	x := p.browser.Tab(p.t, p.base, browsertest.Desktop)
	x.Open("/entrar?volta=/ocorrencias")
	x.Until("focus on the login", `document.activeElement?.id === "login"`)
	x.Keys(login + kb.Tab + "ponte-demo" + kb.Enter)
	x.Until("the list", `location.pathname === "/ocorrencias"`)
	return x
}

const customer = "Noêmia Quintela Braga"

// whole is the CPF of the customer whom the sheet brings; nobody has it.
const whole = "412.683.590-33"

// TestStoryOfTheDesk is a day of the desk by keys and clicks: a sheet of the ERP's is imported, a call is recorded on the
// wrong unit and corrected, found by its words, moved on the board, sent to the field together with another, taken away as
// a file, its customer's CPF read by who may, and in the end the customer is erased.
func TestStoryOfTheDesk(t *testing.T) {
	s := launch(t, binary(t, released), nil, []string{"demo", "--addr=127.0.0.1:0", "--sandbox-addr=127.0.0.1:0", "--data=" + t.TempDir()},
		ponteURL, sandboxURL)
	b := browsertest.Start(t)
	p := people{t, b, s.url(ponteURL), b.Tab(t, s.url(sandboxURL), browsertest.Phone)}
	p.imports()
	ana := p.as("atendente@demo")
	first := p.corrects(ana)
	p.finds(ana, first)
	p.reveals(ana, first)
	p.movesOnTheBoard(ana)
	second := p.record(ana, "PDA-U-61", "O ralo do banheiro social devolve água.", "Ralo entupido")
	p.movesBoth(ana, first, second)
	ana.Quiet()
	p.takesAway(first)
	p.closes(first, second)
	p.erases(first)
	p.hand.Quiet()
}

// imports brings a unit and its customer, as an office's spreadsheet writes them: semicolons, Latin-1, a CPF that lost its
// punctuation.
func (p people) imports() {
	sheet := "Obra;Torre;Apto;Mobuss homologação;CPF;Cliente;Contrato\r\nPDA;U;61;MOB-PDA-U-61;41268359033;Noêmia Quintela Braga;PDA-U-61\r\n"
	latin, err := charmap.ISO8859_1.NewEncoder().String(sheet)
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(p.t.TempDir(), "contratos de novembro.csv")
	if err := os.WriteFile(file, []byte(latin), 0o600); err != nil {
		p.t.Fatal(err)
	}
	x := p.as("consultor@demo")
	x.Open("/cadastros/importacao")
	x.Do(chromedp.SetUploadFiles(chromedp.CSS("#planilhas"), []string{file}))
	x.Click("#planejar")
	x.UntilText("#ato-importar", "Importar 1 linha")
	x.UntilText("#trabalho", customer)
	x.Axe("the plan of an import")
	x.Click("#ato-importar")
	x.UntilText("#trabalho", "1 linha importada")
	x.Quiet()
}

// record opens an occurrence by keyboard and answers its path.
func (p people) record(x *browsertest.Tab, contract, description, subject string) string {
	b := twoBrowsers{desk: x}
	b.open(contract, description, subject)
	return browsertest.Eval[string](x, `location.pathname`)
}

// corrects records a call on the wrong unit, and puts it right before the field hears of it.
func (p people) corrects(x *browsertest.Tab) string {
	path := p.record(x, "PDA-U-7", "A torneira da cozinha pinga sem parar desde sexta.", "Torneira pingando")
	x.Open(path + "/corrigir")
	x.Until("the finder", `document.activeElement?.id === "quem"`)
	x.Keys("noemia quintela")
	x.Until("an answer", `document.querySelector("#achados[data-for='noemia quintela'] [data-choice]")`)
	x.Keys(kb.Enter)
	x.UntilText("#efeito", "O campo não tem ordem")
	x.Write("#motivo", "A moradora disse o apartamento errado.")
	x.Axe("a correction")
	x.Click(".form-end .pri")
	x.Until("the occurrence again", `location.pathname === "`+path+`"`)
	x.UntilText(".facts", customer)
	x.UntilText("#tl", "A moradora disse o apartamento errado.")
	return path
}

// finds reads an occurrence's words in another's list.
func (p people) finds(x *browsertest.Tab, path string) {
	x.Open("/ocorrencias")
	x.Click(`#filtros input[name=q]`)
	x.Keys("torneira sexta quintela")
	x.Until("what was sought, and nothing else", `location.search.includes("torneira") && document.querySelectorAll("#lista tbody tr").length === 1 && document.querySelector("#lista tbody a[href^='`+path+`']")`)
	x.Axe("a list that was searched")
}

// reveals shows a CPF whole to who may see it.
func (p people) reveals(x *browsertest.Tab, path string) {
	x.Open(path)
	if strings.Contains(browsertest.Eval[string](x, `document.body.textContent`), whole) {
		p.t.Error("the CPF is there before anybody asked")
	}
	x.Click("#documento button")
	x.UntilText("#documento", whole)
}

// movesOnTheBoard sends another's call to the field from its card, with a comment, by keyboard.
func (p people) movesOnTheBoard(x *browsertest.Tab) {
	path := p.record(x, "PDA-U-8", "A campainha não toca.", "Campainha muda")
	x.Open("/ocorrencias/quadro")
	button := `document.querySelector("#col-10 #m-` + filepath.Base(path) + `")`
	x.Until("its card", button)
	browsertest.Eval[any](x, button+`.focus(); null`)
	x.Keys(kb.Enter)
	x.Until("the confirmation", `document.activeElement?.id === "mover-comentario"`)
	x.Keys("Cliente em casa à tarde.")
	browsertest.Eval[any](x, `document.querySelector("#mover-corpo button[value='20']").focus(); null`)
	x.Keys(kb.Enter)
	x.Until("its card where the field works", `document.querySelector("#col-50 a[href='`+path+`']")`)
	x.Axe("the board")
	p.hand.Open("/")
	p.hand.UntilText("#ordens", "Campainha muda")
}

// movesBoth sends what one customer asked for to the field in one act, from the list.
func (p people) movesBoth(x *browsertest.Tab, paths ...string) {
	x.Open("/ocorrencias?q=quintela")
	x.Until("both", `document.querySelectorAll("#lista [data-choose]").length === 2`)
	x.Keys("jxjx")
	x.UntilText(".move-bar [data-chosen]", "2")
	x.Click("#mover")
	x.UntilText("#lote", "Para qual status?")
	x.Click(`#para input[value="20"]`)
	x.Click("#planejar")
	x.UntilText("#lote .told", "Isto abre 2 ordens no Mobuss.")
	x.Axe("the plan of a movement of many")
	x.Click("#fazer")
	x.UntilText("#lote [role=status]", "Terminou.")
	for _, path := range paths {
		x.Open(path)
		x.UntilText(".occ-head", inField)
	}
	p.hand.Open("/")
	for _, subject := range []string{"Torneira pingando", "Ralo entupido"} {
		p.hand.UntilText("#ordens", subject)
	}
}

// takesAway reads the list as a file, as a manager's spreadsheet would.
func (p people) takesAway(path string) {
	x := p.as("gestor@demo")
	x.Open("/ocorrencias?q=torneira")
	x.Click("#f-exportar-botao")
	x.Until("the menu", `document.querySelector("#f-exportar").matches(":popover-open")`)
	file := browsertest.Eval[string](x, `fetch(document.querySelector("#f-exportar a[href*='csv']").href).then(r => r.text())`)
	number := filepath.Base(path)
	if !strings.Contains(file, number) || !strings.Contains(file, "Torneira pingando") || !strings.Contains(file, customer) || strings.Contains(file, whole) {
		p.t.Errorf("the file: %q", file)
	}
	x.Quiet()
}

// closes ends the work from the desk, so that nothing of the customer's is open.
func (p people) closes(paths ...string) {
	x := p.as("atendente@demo")
	for _, path := range paths {
		x.Open(path)
		twoBrowsers{desk: x}.move("80", "Resolvido com a moradora por telefone.")
		x.UntilText(".occ-head", closed)
	}
	x.Quiet()
}

// erases takes the customer out of the house's records: the occurrence stays, the person is gone from it and from searches.
func (p people) erases(path string) {
	x := p.as("admin@demo")
	x.Open("/parametrizacoes/dados-pessoais?q=noemia")
	x.Click(".people a")
	x.UntilText("h1", customer)
	x.Write("#motivo", "Pedido da titular por escrito.")
	x.Click(`form[action$="/remover"] input[type=checkbox]`)
	x.Axe("before a person is erased")
	x.Click(`form[action$="/remover"] .btn`)
	x.Until("that it is done", `document.querySelector(".noted[role=status]") && !document.querySelector("form[action$='/remover']")`)
	x.Open(path)
	x.Until("an occurrence of nobody", `document.querySelector("h1") && !document.body.textContent.includes("Quintela")`)
	x.UntilText(".facts", "61")
	x.Open("/ocorrencias?visao=todas&q=quintela")
	x.Until("nobody", `document.querySelector("#lista") && document.querySelectorAll("#lista tbody tr").length === 0`)
	x.Quiet()
}
