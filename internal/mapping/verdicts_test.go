package mapping

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
)

// recorded are the kinds of answer that programs calling Mobuss have seen, of either generation, and what a broken
// server or a proxy before it answers.
var recorded = []struct {
	name   string
	answer *Answer
}{
	{"opened, newer", answer(200, `{"idMobuss":"M1","numSolicitacao":77}`)},
	{"opened, older", answer(200, `{"status":"OK","idMobuss":"M1","numSolicitacao":"77"}`)},
	{"opened, older, a list of one", answer(200, `[{"status":"OK","idMobuss":"M1","numSolicitacao":"77"}]`)},
	{"a list of two", answer(200, `[{"status":"OK","idMobuss":"M1"},{"status":"OK","idMobuss":"M2"}]`)},
	{"an empty list", answer(200, `[]`)},
	{"done, older", answer(200, `{"status":"OK"}`)},
	{"done, newer", answer(200, `{}`)},
	{"visit booked", answer(201, `{"idVisita":5}`)},
	{"ERRO under 200", answer(200, `{"status":"ERRO","mensagem":"Unidade inválida"}`)},
	{"ERRO under 200, a list of one", answer(200, `[{"status":"ERRO","mensagem":"Unidade inválida"}]`)},
	{"already registered: 400 in the body", answer(200, `{"status":"400","mensagem":"Já cadastrada"}`)},
	{"already registered: a number", answer(200, `{"status":400,"mensagem":"Já cadastrada"}`)},
	{"refused", answer(400, `{"mensagem":"CPF inválido"}`)},
	{"no such order", answer(404, `{"codigoInterno":"SAT-AT002","mensagem":"Solicitação não encontrada"}`)},
	{"no such order, older", answer(200, `{"status":"ERRO","codigoInterno":"SAT-AT002","mensagem":"SAT-AT002 - não encontrada"}`)},
	{"no such address", answer(404, `<html>404</html>`, "content-type", "text/html")},
	{"closed already", answer(409, `{"codigoInterno":"SAT-AT010","mensagem":"Já encerrada"}`)},
	{"closed already, older", answer(200, `{"status":"ERRO","mensagem":"SAT-AT010 - Já encerrada"}`)},
	{"who are you", answer(401, `{"mensagem":"Token inválido"}`)},
	{"garbage", answer(200, "\x00\x1f<%")},
	{"a page in place of an answer", answer(200, `<html><body>Manutenção</body></html>`, "content-type", "text/html")},
	{"cut", &Answer{Status: 200, Body: []byte(`{"idMobuss":"M1"`), Truncated: true}},
	{"empty", answer(200, "")},
	{"empty, 201", answer(201, "")},
	{"no content", answer(204, "")},
	{"null", answer(200, "null")},
	{"busy", answer(429, "", "retry-after", "3")},
	{"broken", answer(500, `{"mensagem":"NullPointerException"}`)},
	{"away", answer(503, "")},
}

// TestGoldenVerdicts: what either preset makes of every kind of answer, as that of a call and as that of its look-up.
// Read the difference of testdata/verdicts.txt before you take it.
func TestGoldenVerdicts(t *testing.T) {
	var b strings.Builder
	for _, name := range Presets() {
		k := preset(t, name)
		for _, p := range append(slices.Clone(desk.Points), desk.SendFile) {
			fmt.Fprintf(&b, "%s %s\n", name, p)
			for _, r := range recorded {
				v := k.Judge(p, r.answer)
				l := k.JudgeLookUp(p, r.answer, Keys{"D1", "M1", "77", "1234"})
				fmt.Fprintf(&b, "  %-38s %-46s look-up: %s\n", r.name, told(string(v.Outcome), v.ReasonCode, v.Extracted), told(string(l.Outcome), "", l.Extracted))
				if p == desk.OpenOrder && v.Outcome == Delivered && v.Extracted[ExtractOrderID] == "" {
					t.Errorf("%s, %s: opened without an id", name, r.name)
				}
			}
		}
	}
	golden(t, "testdata/verdicts.txt", b.String())
}

func told(outcome, reason string, got map[string]string) string {
	if reason != "" {
		outcome += " (" + reason + ")"
	}
	if id := got[ExtractOrderID]; id != "" {
		outcome += " " + id
	}
	return outcome
}
