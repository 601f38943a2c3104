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
	ana.Quiet()
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
	x.UntilText("#trabalho", "Noêmia Quintela Braga")
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
	x.UntilText(".facts", "Noêmia Quintela Braga")
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
