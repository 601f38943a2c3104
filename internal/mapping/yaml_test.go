package mapping

import (
	"bytes"
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
)

func TestParseNamesTheRow(t *testing.T) {
	whole, err := Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := whole.YAML()
	const row = "- {destino: assunto, campo: ocorrencia.assunto}"
	for name, c := range map[string]struct{ old, new, field, code string }{
		"unknown key of a row":    {row, "- {destino: assunto, campos: x}", "integracao.pontos.MOBUSS_ISA.parametros[5].campos", "chave_desconhecida"},
		"key twice":               {row, "- {destino: a, campo: x, campo: y}", "integracao.pontos.MOBUSS_ISA.parametros[5].campo", "chave_repetida"},
		"another kind in a row":   {row, "- {destino: a, fixo: [1]}", "integracao.pontos.MOBUSS_ISA.parametros[5]", "valor_de_outro_tipo"},
		"a text for a list":       {"proximos: [\"20\", \"90\"]", "proximos: \"20\"", "status[0].proximos", "valor_de_outro_tipo"},
		"a text for a duration":   {"tempo_limite: 15s", "tempo_limite: logo", "integracao.politica.tempo_limite", "valor_de_outro_tipo"},
		"a number without a unit": {"tempo_limite: 15s", "tempo_limite: 15", "integracao.politica.tempo_limite", "valor_de_outro_tipo"},
		"a text for a number":     {"primeiro_numero: 1000", "primeiro_numero: mil", "primeiro_numero", "valor_de_outro_tipo"},
		"unknown key at the top":  {"primeiro_numero: 1000", "primeiro_numero: 1000\nultimo: 1", "ultimo", "chave_desconhecida"},
		"unknown key of a point":  {"nome: Abrir solicitação de atendimento", "nomes: x", "integracao.pontos.MOBUSS_ISA.nomes", "chave_desconhecida"},
		"of a look-up":            {"achado: ", "achados: ", "integracao.pontos.MOBUSS_ANEXO.consultas.anexos_da_ordem.achados", "chave_desconhecida"},
		"an alias":                {"primeiro_numero: 1000", "primeiro_numero: &a 1000", "primeiro_numero", "ancora_nao_aceita"},
		"two documents":           {"primeiro_numero: 1000", "primeiro_numero: 1000\n---\na: 1", "documento", "um_documento_so"},
		"no YAML":                 {"primeiro_numero: 1000", "primeiro_numero: [", "documento", "yaml_invalido"},
		"a huge fixed number":     {row, "- {destino: a, fixo: .inf}", "integracao.pontos.MOBUSS_ISA.parametros[5]", "valor_de_outro_tipo"},
	} {
		text := strings.Replace(string(doc), c.old, c.new, 1)
		if text == string(doc) {
			t.Fatalf("%s: %q is not in the document\n%s", name, c.old, doc)
		}
		_, err := Parse([]byte(text))
		if got := fieldErrors(t, err); got[c.field] != c.code {
			t.Errorf("%s: got %v, want %s: %s", name, got, c.field, c.code)
		}
	}
	for _, text := range []string{"", "[]", "abc", "\x00", strings.Repeat("#", maxDocument+1)} {
		if _, err := Parse([]byte(text)); fieldErrors(t, err) == nil {
			t.Errorf("%.10q is a configuration", text)
		}
	}
}

func TestParseGathers(t *testing.T) {
	_, err := Parse([]byte("metodo: C\nnada: 1\nstatus: 7\nintegracao: {politica: {variacao: x, mais: 1}}\n"))
	got := fieldErrors(t, err)
	for field, code := range map[string]string{"nada": "chave_desconhecida", "status": "valor_de_outro_tipo",
		"integracao.politica.mais": "chave_desconhecida"} {
		if got[field] != code {
			t.Errorf("%s: got %v", field, got)
		}
	}
}

func TestPolicyDefaults(t *testing.T) {
	c, err := Parse([]byte("integracao: {politica: {tempo_limite: 2s, http: {\"500\": recusar}}}"))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultPolicy()
	want.Timeout = Duration(2 * time.Second)
	want.HTTP = maps.Clone(want.HTTP)
	want.HTTP["500"] = ActRefuse
	if !reflect.DeepEqual(c.Integration.Policy, want) {
		t.Errorf("got %+v", c.Integration.Policy)
	}
	if r := want.Retry(); r.First != 2*time.Second || r.Max != 15*time.Minute || r.Limit != 24*time.Hour {
		t.Errorf("got %+v", r)
	}
}

func TestDurationText(t *testing.T) {
	for d, want := range map[time.Duration]string{15 * time.Minute: "15m", 24 * time.Hour: "24h", 90 * time.Second: "1m30s",
		0: "0s", 200 * time.Millisecond: "200ms", time.Hour + time.Second: "1h0m1s", 10 * time.Second: "10s", 70 * time.Minute: "1h10m"} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v: got %s", d, got)
		}
		if back, err := time.ParseDuration(want); err != nil || back != d {
			t.Errorf("%s is not %v", want, d)
		}
	}
}

// anyParam is a row as a page or a person may write it, sensible or not.
func anyParam(t *rapid.T) Param {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "1", "1.0", "true", "on", "~", "null", "2026-01-31", " a ", "a: b", "# x", "é\n\t", "'\"", "{}", "<<"}))
	valid := rapid.Custom(func(t *rapid.T) string { return strings.ToValidUTF8(text.Draw(t, "text"), "?") })
	p := Param{Target: valid.Draw(t, "destino"), Field: valid.Draw(t, "campo"), CEL: valid.Draw(t, "cel"), Note: valid.Draw(t, "observacao"),
		Type: rapid.SampledFrom(Types).Draw(t, "tipo"), Required: rapid.Bool().Draw(t, "obrigatorio")}
	switch rapid.IntRange(0, 4).Draw(t, "fixo") {
	case 1:
		p.Fixed = Fixed(valid.Draw(t, "text"))
	case 2:
		p.Fixed = Fixed(rapid.Int64().Draw(t, "int"))
	case 3:
		p.Fixed = Fixed(rapid.Bool().Draw(t, "bool"))
	case 4:
		f := rapid.Float64().Draw(t, "float")
		if f == math.Trunc(f) {
			f = 0.5
		}
		p.Fixed = Fixed(f)
	}
	return p
}

func TestYAMLIsCanonical(t *testing.T) {
	whole, err := Default(desk.MethodC, "mobuss-legado")
	if err != nil {
		t.Fatal(err)
	}
	visit := whole.Integration.Points[desk.AskVisit]
	rapid.Check(t, func(t *rapid.T) {
		c := *whole
		c.Integration.Points = map[desk.Point]PointConfig{desk.AskVisit: visit}
		p := c.Integration.Points[desk.AskVisit]
		p.Params = rapid.SliceOfN(rapid.Custom(anyParam), 1, 5).Draw(t, "rows")
		c.Integration.Points[desk.AskVisit] = p
		c.Integration.Policy.Jitter = rapid.Float64Range(0, 1).Draw(t, "variacao")
		doc, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(doc)
		if err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		again, err := back.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&c, back) || !bytes.Equal(doc, again) {
			t.Fatalf("%#v\n%#v\n%s", c.Integration.Points[desk.AskVisit].Params, back.Integration.Points[desk.AskVisit].Params, doc)
		}
	})
}

func FuzzParse(f *testing.F) {
	c, _ := Default(desk.MethodC, "mobuss-legado")
	doc, _ := c.YAML()
	f.Add(doc)
	f.Add([]byte("integracao: {pontos: {MOBUSS_ISA: {parametros: [{fixo: 2026-01-01}]}}}"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		c, err := Parse(doc)
		if err != nil {
			fieldErrors(t, err)
			return
		}
		one, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(one)
		if err != nil {
			t.Fatalf("%v\n%s", err, one)
		}
		if two, _ := back.YAML(); !bytes.Equal(one, two) {
			t.Fatalf("not canonical\n%s\n%s", one, two)
		}
		_, _ = Compile(c)
	})
}

// What a later release published beside this one is read as far as it is understood; what is to be published is not.
func TestParseKept(t *testing.T) {
	c, err := Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	later := bytes.Replace(doc, []byte("integracao:\n"), []byte("futuro: {a: [1, {b: 2}]}\nintegracao:\n  futuro: sim\n"), 1)
	if _, err := Parse(later); fieldErrors(t, err)["integracao.futuro"] != "chave_desconhecida" {
		t.Errorf("Parse took unknown keys: %v", err)
	}
	kept, err := ParseKept(later)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := kept.YAML(); err != nil || !bytes.Equal(again, doc) {
		t.Errorf("what is known was read otherwise: %v", err)
	}
	for _, wrong := range []string{"metodo: [C]\n", "a: *b\n", "metodo: C\nmetodo: C\n"} {
		if _, err := ParseKept([]byte(wrong)); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}
