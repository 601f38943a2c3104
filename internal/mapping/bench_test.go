package mapping

import (
	"fmt"
	"strings"
	"testing"

	"ponte/internal/desk"
)

// thirtyRows is a long call: twenty facts, five fixed values, four expressions and a reference.
func thirtyRows() string {
	var b strings.Builder
	for i, f := range Fields()[:20] {
		fmt.Fprintf(&b, "  - {destino: \"dados.c%d\", campo: %s}\n", i, f.Name)
	}
	for i := range 5 {
		fmt.Fprintf(&b, "  - {destino: \"fixos[%d].valor\", fixo: v%d}\n", i, i)
	}
	for i := range 4 {
		fmt.Fprintf(&b, "  - {destino: \"cel%d\", cel: 'has(solicitante.nome) ? solicitante.nome : cliente.nome + \" %d\"'}\n", i, i)
	}
	b.WriteString("  - {destino: ordem, referencia: ordem.id_mobuss}\n")
	return one("metodo: POST\ncaminho: /x", b.String())
}

func BenchmarkFreezeAndBind30(b *testing.B) {
	k := compiled(b, document(b, thirtyRows()))
	f := someFacts()
	b.ReportAllocs()
	for b.Loop() {
		z, err := k.Freeze(desk.AddComment, f)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := z.Bind(someRefs); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFreezePreset(b *testing.B) {
	k, f := preset(b, "mobuss-atual"), someFacts()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Freeze(desk.OpenOrder, f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	k := preset(b, "mobuss-atual")
	for name, body := range map[string]string{"opened": `{"idMobuss":"M1","numSolicitacao":77}`, "refused": `{"status":"ERRO","mensagem":"Unidade inválida"}`} {
		a := answer(200, body)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.Judge(desk.OpenOrder, a)
			}
		})
	}
}

func BenchmarkJudgeLookUp(b *testing.B) {
	k := preset(b, "mobuss-atual")
	a := answer(200, `{"idMobuss":"M1","comentarios":[`+strings.Repeat(`{"texto":"algo","autor":"a","idLegado":"D0"},`, 20)+`{"idLegado":"D1"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		if k.JudgeLookUp(desk.AddComment, a, Keys{DeliveryID: "D1"}).Outcome != Found {
			b.Fatal("not found")
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	c, _ := Default(desk.MethodC, "mobuss-atual")
	for b.Loop() {
		compiled(b, c)
	}
}
