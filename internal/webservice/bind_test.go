package webservice

import (
	"context"
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
)

type common struct {
	Number     int64  `ws:"numero_ocorrencia,um_de=chave,min=1,caminho=numero" doc:"Número."`
	ExternalID string `ws:"id_externo,um_de=chave,max=20,linha"`
}

type input struct {
	common
	Comment string `ws:"comentario,obrigatorio,max=10"`
	Who     string `ws:"relacao,enum=proprietario|inquilino"`
	Urgent  Flag   `ws:"emergencia"`
	When    Moment `ws:"data"`
	File    []byte `ws:"conteudo,max=4"`
	Size    int64  `ws:"tamanho,min=2,max=9"`
	Hidden  string // without a tag: no parameter
}

type output struct {
	Number int64 `ws:"numero_ocorrencia,obrigatorio"`
}

// bindOnce runs an operation whose use case only hands out what it got.
func bindOnce(t *testing.T, ignore bool, params ...Param) (*input, *Call, *desk.Error) {
	t.Helper()
	var got *input
	e := Define(Operation{Name: "Op"}, func(_ context.Context, _ *Call, in *input) (*output, bool, error) {
		got = in
		return &output{Number: 1}, false, nil
	})
	c := &Call{Caller: &Caller{IgnoreUnknown: ignore}}
	_, err := NewRegistry(e).Serve(t.Context(), e, c, params)
	return got, c, err
}

func p(name, text string) Param { return Param{Name: name, Text: text} }

func TestBindFaults(t *testing.T) {
	number, comment := p("numero_ocorrencia", "7"), p("comentario", "x")
	for _, c := range []struct {
		name   string
		params []Param
		want   string // codigo and the faults
	}{
		{"nothing sent", nil, "parametro_invalido comentario:obrigatorio numero_ocorrencia:um_deles"},
		{"blank is absent", []Param{number, p("comentario", " \n ")}, "parametro_invalido comentario:obrigatorio"},
		{"null is absent", []Param{number, {Name: "comentario", Form: Null}}, "parametro_invalido comentario:obrigatorio"},
		{"an empty element of a text is absent", []Param{number, {Name: "comentario", Form: Hollow}}, "parametro_invalido comentario:obrigatorio"},
		{"an empty element of anything else is refused", []Param{number, comment, {Name: "emergencia", Form: Hollow}}, "parametro_invalido emergencia:vazio"},
		{"too long, in runes", []Param{number, p("comentario", strings.Repeat("ã", 11))}, "parametro_invalido comentario:longo_demais"},
		{"control character", []Param{number, p("comentario", "a\x00b")}, "parametro_invalido comentario:controle"},
		{"C1 control character", []Param{number, p("comentario", "a\u0085b")}, "parametro_invalido comentario:controle"},
		{"not UTF-8", []Param{number, p("comentario", "a\xff")}, "parametro_invalido comentario:codificacao"},
		{"every fault at once", []Param{p("numero_ocorrencia", "x"), comment, p("relacao", "tio"), p("emergencia", "sim"), p("data", "ontem"),
			p("conteudo", "?"), p("tamanho", "1")},
			"parametro_invalido numero_ocorrencia:nao_e_numero relacao:fora_da_lista emergencia:nao_e_sim_nao data:nao_e_data conteudo:nao_e_base64 tamanho:menor_que"},
		{"above the most", []Param{number, comment, p("tamanho", "10")}, "parametro_invalido tamanho:maior_que"},
		{"nested", []Param{number, {Name: "comentario", Form: Nested, Text: "{}"}}, "parametro_invalido comentario:nao_simples"},
		{"file for a text", []Param{number, {Name: "comentario", Form: File, Raw: []byte("x")}}, "parametro_invalido comentario:arquivo_no_lugar"},
		{"twice, even with the same value", []Param{number, comment, comment}, "parametro_invalido comentario:repetido"},
		{"both of a group", []Param{number, p("id_externo", "a"), comment}, "parametro_invalido id_externo:so_um_deles"},
		{"a stray name decides the code", []Param{number, p("comentaro", "x")}, "parametro_desconhecido comentaro:desconhecido comentario:obrigatorio"},
		{"names are exact", []Param{number, p("Comentario", "x"), comment}, "parametro_desconhecido Comentario:desconhecido"},
		{"an untagged field is no parameter", []Param{number, comment, p("Hidden", "x")}, "parametro_desconhecido Hidden:desconhecido"},
		{"file too large, decoded", []Param{number, comment, p("conteudo", base64.StdEncoding.EncodeToString(make([]byte, 5)))}, "conteudo_grande_demais conteudo:grande_demais"},
		{"file too large, seen before decoding", []Param{number, comment, p("conteudo", strings.Repeat("?", 100))}, "conteudo_grande_demais conteudo:grande_demais"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, _, err := bindOnce(t, false, c.params...)
			if in != nil || err == nil {
				t.Fatalf("accepted: %+v", in)
			}
			got := err.Code
			for _, f := range err.Fields {
				got += " " + f.Field + ":" + f.Code
				if _, ok := fieldTexts[f.Code]; !ok {
					t.Errorf("no text for %s", f.Code)
				}
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBindValues(t *testing.T) {
	in, _, err := bindOnce(t, false, p("id_externo", " a\r\nb\tc "), p("comentario", " x\r\ny\rz "), p("relacao", "inquilino"),
		p("emergencia", "True"), p("data", "31/01/2026 14:30"), p("conteudo", "eA=="), p("tamanho", "9"))
	if err != nil {
		t.Fatal(err)
	}
	want := &input{common: common{ExternalID: "a b c"}, Comment: "x\ny\nz", Who: "inquilino", Urgent: FlagT,
		When: Moment{t: time.Date(2026, 1, 31, 14, 30, 0, 0, time.UTC)}, File: []byte("x"), Size: 9}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("got %+v", in)
	}
}

func TestBindIgnoresUnknownWhereToldTo(t *testing.T) {
	in, c, err := bindOnce(t, true, p("numero_ocorrencia", "7"), p("comentario", "x"), p("novo\x00", "segredo"))
	if err != nil || in.Number != 7 {
		t.Fatal(in, err)
	}
	if len(c.Warnings) != 1 || c.Warnings[0].Field != "novo?" {
		t.Errorf("warnings: %+v", c.Warnings)
	}
}

func TestBindListsFaultsUpToALimit(t *testing.T) {
	var params []Param
	for i := range MaxParams {
		params = append(params, p(fmt.Sprint("x", i), ""))
	}
	_, _, err := bindOnce(t, false, params...)
	if len(err.Fields) != maxFaults {
		t.Errorf("%d faults listed", len(err.Fields))
	}
}

func TestNoMessageRepeatsAValue(t *testing.T) {
	const secret = "52998224725"
	params := []Param{p("numero_ocorrencia", secret+"x"), p("comentario", secret), p("relacao", secret), p("emergencia", secret),
		p("data", secret), p("conteudo", secret+"!"), p("tamanho", secret), p("estranho", secret)}
	_, _, err := bindOnce(t, false, params...)
	text := Detail(err)
	for _, f := range err.Fields {
		text += FieldMessage(f)
	}
	if len(err.Fields) < 7 || strings.Contains(text, secret) {
		t.Error(text)
	}
}

func TestSuggestion(t *testing.T) {
	for name, want := range map[string]string{
		"Comentario": "comentario", "comentaro": "comentario", "comentário": "comentario", "DATA": "data",
		"xyz": "", "dado": "", strings.Repeat("c", 100): "",
	} {
		_, _, err := bindOnce(t, false, p(name, "x"))
		got, _ := err.Fields[0].Args["sugestao"].(string)
		if got != want {
			t.Errorf("%s: suggested %q, want %q", name, got, want)
		}
	}
}

func TestDefinePanicsOnMistakes(t *testing.T) {
	define := func(do func()) (panicked any) {
		defer func() { panicked = recover() }()
		do()
		return nil
	}
	for name, do := range map[string]func(){
		"type": func() {
			Define[struct {
				X float64 `ws:"x"`
			}, output](Operation{}, nil)
		},
		"option": func() {
			Define[struct {
				X string `ws:"x,obrigatoria"`
			}, output](Operation{}, nil)
		},
		"file": func() {
			Define[struct {
				X []byte `ws:"x"`
			}, output](Operation{}, nil)
		},
		"twice": func() {
			Define[struct {
				X, Y string `ws:"x"`
			}, output](Operation{}, nil)
		},
		"route": func() { Define[struct{}, output](Operation{Routes: []Route{{Path: "/{numero}"}}}, nil) },
		"answer": func() {
			Define[struct{}, struct {
				X float64 `ws:"x"`
			}](Operation{}, nil)
		},
		"lists": func() {
			Define[struct{}, struct {
				X [][]string `ws:"x"`
			}](Operation{}, nil)
		},
	} {
		if define(do) == nil {
			t.Errorf("%s: no panic", name)
		}
	}
}

func BenchmarkBindComment(b *testing.B) {
	type comment struct {
		Number     int64  `ws:"numero_ocorrencia,obrigatorio,min=1"`
		ExternalID string `ws:"id_externo,max=100,linha"`
		Comment    string `ws:"comentario,obrigatorio,max=4000"`
		Author     string `ws:"autor,max=120,linha"`
		When       Moment `ws:"data"`
	}
	plan, err := planInput(reflect.TypeFor[comment]())
	if err != nil {
		b.Fatal(err)
	}
	params := []Param{p("numero_ocorrencia", "1234"), p("id_externo", "MOB-1"), p("comentario", strings.Repeat("vazamento contido ", 10)),
		p("autor", "João"), p("data", "2026-01-31T14:30:00-03:00")}
	b.Run("bind", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			in := new(comment)
			plan.bind(reflect.ValueOf(in).Elem(), params, false)
		}
	})
	b.Run("canonical", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hashOf(plan.canonical(params))
		}
	})
}
