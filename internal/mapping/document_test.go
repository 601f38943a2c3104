package mapping

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
)

var update = flag.Bool("update", false, "write the golden files anew")

func whole(t testing.TB, preset string) *Document {
	t.Helper()
	c, err := Default(desk.MethodC, preset)
	if err != nil {
		t.Fatal(err)
	}
	classes, err := DefaultClasses()
	if err != nil {
		t.Fatal(err)
	}
	return &Document{Config: *c, Classes: &classes, Environments: Environments{Homologation: &Place{URL: "https://homologacao.exemplo.com.br", AllowPrivate: true}}}
}

func written(t testing.TB, d *Document) string {
	t.Helper()
	b, err := d.YAML()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestADocumentComesBackAsItWas: what export writes, import reads, and export writes the same bytes again.
func TestADocumentComesBackAsItWas(t *testing.T) {
	for _, preset := range Presets() {
		text := written(t, whole(t, preset))
		d, err := ParseDocument([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if again := written(t, d); again != text {
			t.Errorf("%s: the second writing differs", preset)
		}
		for at := range blockNotes {
			if note := noteOf(at); note == "" || !strings.Contains(text, "# "+note) && at != "integracao.cabecalhos" && at != "anexos" {
				t.Errorf("%s: block %s has no comment", preset, at)
			}
		}
	}
}

// TestErrorsSayWhere: each error names its line in the file and the row that it is about.
func TestErrorsSayWhere(t *testing.T) {
	good := written(t, whole(t, "mobuss-atual"))
	for name, c := range map[string]struct{ from, to, field, code, row string }{
		"a field that does not exist": {"{destino: idUnidade, campo: unidade.id_mobuss, obrigatorio: true}", "{destino: idUnidade, campo: unidade.cor, obrigatorio: true}",
			"integracao.pontos.MOBUSS_ISA.parametros[0].campo", "campo_desconhecido", "idUnidade"},
		"an unknown key":            {"status_inicial:", "status_inicial_:", "status_inicial_", "chave_desconhecida", ""},
		"a wrong type":              {"primeiro_numero: 1000", "primeiro_numero: mil", "primeiro_numero", "valor_de_outro_tipo", ""},
		"a status without point":    {"ponto: MOBUSS_ISA", "ponto: MOBUSS_XYZ", "status.20.ponto", "ponto_desconhecido", ""},
		"an expression":             {"sucesso: http in", "sucesso: http inn", "integracao.pontos.MOBUSS_ANEXO.sucesso", "cel_invalido", ""},
		"an address":                {"url: https://homologacao.exemplo.com.br", "url: homologacao", "ambientes.homologacao.url", "url_invalida", ""},
		"credentials in an address": {"url: https://homologacao", "url: https://ana:segredo@homologacao", "ambientes.homologacao.url", "segredo_no_documento", ""},
		"a credential as a value":   {"{destino: idUnidade, campo: unidade.id_mobuss, obrigatorio: true}", "{destino: url:access_token, fixo: abc}", "integracao.pontos.MOBUSS_ISA.parametros[0].fixo", "segredo_no_documento", "url:access_token"},
		"no yaml":                   {"metodo: C", "metodo: [", "documento", "yaml_invalido", ""},
	} {
		t.Run(name, func(t *testing.T) {
			at := strings.Index(good, c.from)
			if at < 0 {
				t.Fatalf("%q is not there", c.from)
			}
			bad := good[:at] + c.to + good[at+len(c.from):]
			_, err := ParseDocument([]byte(bad))
			var e *desk.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			i := slices.IndexFunc(e.Fields, func(f desk.FieldError) bool { return f.Field == c.field && f.Code == c.code })
			if i < 0 {
				t.Fatalf("no such error among %v", e)
			}
			line, _ := e.Fields[i].Args["linha_do_arquivo"].(int)
			row, _ := e.Fields[i].Args["parametro"].(string)
			if want := strings.Count(bad[:at], "\n") + 1; c.code != "yaml_invalido" && line != want || row != c.row || line == 0 {
				t.Errorf("line %d, want %d; row %q, want %q", line, want, row, c.row)
			}
		})
	}
}

func TestDiff(t *testing.T) {
	before := whole(t, "mobuss-atual")
	if changes, err := Diff(before, whole(t, "mobuss-atual")); err != nil || len(changes) != 0 {
		t.Errorf("the same differs: %v, %v", changes, err)
	}
	after := whole(t, "mobuss-atual")
	after.Method, after.Failure = desk.NoMethod, "90"
	after.Statuses[1].Name = "mandar ao campo"
	after.Statuses[0].Next = []string{"90"}
	after.Statuses = append(after.Statuses, desk.Status{Code: "55", Name: "em espera", Kind: desk.KindWait})
	isa := after.Integration.Points[desk.OpenOrder]
	isa.Params = slices.Clone(isa.Params)
	isa.Params[0].IfEmpty = EmptyOmit
	isa.Params[1], isa.Params[2] = isa.Params[2], isa.Params[1]
	isa.Params = isa.Params[:len(isa.Params)-1]
	after.Integration.Points[desk.OpenOrder] = isa
	delete(after.Integration.Points, desk.CloseOrder)
	after.Environments.Homologation.URL = "https://outra.exemplo.com.br"
	changes, err := Diff(before, after)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range changes {
		old, now := c.Old, c.New
		if len(old) > 80 {
			old = old[:80]
		}
		b.WriteString(string(c.Kind) + " " + c.Path + ": " + old + " -> " + now + "\n")
	}
	golden(t, "testdata/diff.txt", b.String())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s differs (%v), run with -update and read the difference; got\n%s", path, err, got)
	}
}
