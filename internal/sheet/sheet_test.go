package sheet_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/sheet"
	"ponte/internal/webservice"
	"ponte/internal/webservice/rest"
)

// ficha is the sheet of the house's own operations, and more.
func ficha(more ...*webservice.Entry) sheet.Sheet {
	r := webservice.NewRegistry(append(webservice.Operations(nil, func(desk.Reason) string { return "" }), more...)...)
	s := r.Sheet(rest.Status, func(op string) flow.Profile { return flow.Preset(op, "") })
	s.Base, s.At, s.Version, s.MaxBody = "https://ponte.construtora.com.br", time.Date(2026, 1, 31, 14, 30, 0, 0, time.UTC), "1.0", 1<<20
	return s
}

// text is what a reader of the PDF can select, without the line breaks of its layout.
func text(t *testing.T, pdf []byte) string {
	t.Helper()
	path, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Fatal("no pdftotext in PATH: `make test` installs it (poppler-utils)")
	}
	c := exec.CommandContext(t.Context(), path, "-raw", "-", "-")
	c.Stdin = bytes.NewReader(pdf)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return solid(string(out))
}

// solid leaves blanks out, because a cell breaks its text wherever it must.
func solid(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func pdf(t *testing.T, s sheet.Sheet) []byte {
	t.Helper()
	out, err := s.PDF()
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("PONTE_SCREENS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "parametros.pdf"), out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestThePDFSaysEverything: each operation, parameter, error and address with all that is said of it.
func TestThePDFSaysEverything(t *testing.T) {
	s := ficha()
	got := text(t, pdf(t, s))
	want := 0
	has := func(what, text string) {
		t.Helper()
		want++
		if !strings.Contains(got, solid(text)) {
			t.Errorf("%s is not in the PDF: %q", what, text)
		}
	}
	for i := range s.Operations {
		op := &s.Operations[i]
		has(op.Name, op.Doc)
		for _, c := range s.Called(op) {
			has(op.Name, c)
		}
		for _, p := range op.Params {
			for _, words := range []string{p.Name, p.Needed(), p.Type(), p.Doc, p.Example} {
				has(op.Name+"."+p.Name, words)
			}
		}
		for _, e := range s.Examples(op)[:3] {
			has(op.Name+" "+e.ID, e.Title)
		}
	}
	for _, c := range s.Codes {
		for _, words := range []string{c.Code, fmt.Sprint(c.HTTP), c.Title, c.Detail} {
			has(c.Code, words)
		}
	}
	for _, a := range s.Addresses() {
		has(a.Name, a.URL)
	}
	for _, section := range []sheet.Section{s.Access(), s.Rules()} {
		for _, l := range section.Lines {
			has(l.Head, l.Text)
		}
	}
	for _, marks := range []string{"não codifique duas vezes", "página 1 de ", "Mancha úmida no teto do banheiro da suíte.", "homologação"} {
		has("Portuguese", marks)
	}
	if want < 400 {
		t.Errorf("only %d things were looked for", want)
	}
}

type extraIn struct {
	Warranty string `ws:"garantia_extra,obrigatorio,enum=sim|talvez" doc:"Se a garantia “estendida” vale – por enquanto." exemplo:"talvez"`
}

// TestAParameterMoreIsOnTheSheet: nothing but its definition puts a parameter on the sheet, and without that it isn't there.
func TestAParameterMoreIsOnTheSheet(t *testing.T) {
	type out struct {
		Number int64 `ws:"numero_ocorrencia,obrigatorio" exemplo:"1234"`
	}
	more := webservice.Define(webservice.Operation{Name: "EstenderGarantia", Doc: "Estende a garantia. Só um teste.", Errors: []string{desk.ErrClosed},
		Routes: []webservice.Route{{Method: "POST", Path: "/garantias"}}},
		func(context.Context, *webservice.Call, *extraIn) (*out, bool, error) { return nil, false, nil })
	with, without := text(t, pdf(t, ficha(more))), text(t, pdf(t, ficha()))
	for _, words := range []string{"EstenderGarantia", "garantia_extra", "umde:sim,talvez", "“estendida”vale–porenquanto", `"garantia_extra":"talvez"`, "/garantias"} {
		if !strings.Contains(with, words) {
			t.Errorf("%q does not stand on the sheet", words)
		}
		if strings.Contains(without, words) {
			t.Errorf("%q stands on the sheet of others", words)
		}
	}
}

// TestThePDFIsTheSameEachTime, so that two copies can be compared.
func TestThePDFIsTheSameEachTime(t *testing.T) {
	if !bytes.Equal(pdf(t, ficha()), pdf(t, ficha())) {
		t.Error("two PDFs of one sheet differ")
	}
}

// TestNoLineLeavesThePage: a text without blanks is broken like any other.
func TestNoLineLeavesThePage(t *testing.T) {
	s := ficha()
	s.Base = "https://" + strings.Repeat("uma-construtora-de-nome-comprido.", 8) + "com.br"
	long := strings.Repeat("x", 400)
	s.Operations[0].Params[0].Example, s.Operations[0].Params[0].Doc = long, long
	if got := text(t, pdf(t, s)); strings.Count(got, long) < 2 { // in both cells, whole
		t.Errorf("the long text stands there whole %d times", strings.Count(got, long))
	}
}
