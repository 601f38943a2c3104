package conformance_test

import (
	"strings"
	"testing"

	"ponte/internal/flow"
)

// whole is what a run comes to where all is well.
var whole = map[string]string{
	"MOBUSS_ISA sucesso": "passou conf_entregue", "MOBUSS_ISA consulta": "passou conf_nao_achado", "MOBUSS_ISA repetida": "passou conf_repetida_achada",
	"MOBUSS_ISA recusa": "passou conf_recusa_dita", "MOBUSS_ISA credencial": "passou conf_credencial_recusada",
	"MOBUSS_ISA tempo_esgotado": "passou conf_achada", "MOBUSS_ISA acentos": "passou conf_texto_igual",

	"MOBUSS_ICSA consulta": "passou conf_nao_achado", "MOBUSS_ICSA recusa": "passou conf_recusa_dita", "MOBUSS_ICSA credencial": "passou conf_credencial_recusada",
	"MOBUSS_ICSA tempo_esgotado": "passou conf_achada", "MOBUSS_ICSA acentos": "passou conf_texto_igual", "MOBUSS_ICSA sucesso": "passou conf_entregue",
	"MOBUSS_ICSA repetida": "passou conf_repetida_achada",

	"MOBUSS_IVV consulta": "passou conf_nao_achado", "MOBUSS_IVV recusa": "passou conf_recusa_dita", "MOBUSS_IVV credencial": "passou conf_credencial_recusada",
	"MOBUSS_IVV tempo_esgotado": "passou conf_achada", "MOBUSS_IVV acentos": "passou conf_texto_igual", "MOBUSS_IVV sucesso": "passou conf_entregue",
	"MOBUSS_IVV repetida": "passou conf_repetida_achada",

	"MOBUSS_ANEXO anexo": "passou conf_anexo_visto", "MOBUSS_ANEXO consulta": "passou conf_nao_achado", "MOBUSS_ANEXO repetida": "passou conf_repetida_achada",
	"MOBUSS_ANEXO recusa": "passou conf_recusa_dita", "MOBUSS_ANEXO credencial": "passou conf_credencial_recusada", "MOBUSS_ANEXO tempo_esgotado": "passou conf_achada",

	"MOBUSS_SRSA consulta": "passou conf_nao_achado", "MOBUSS_SRSA recusa": "passou conf_recusa_dita", "MOBUSS_SRSA credencial": "passou conf_credencial_recusada",
	"MOBUSS_SRSA tempo_esgotado": "passou conf_achada", "MOBUSS_SRSA acentos": "passou conf_texto_igual", "MOBUSS_SRSA sucesso": "passou conf_entregue",
	"MOBUSS_SRSA repetida": "passou conf_repetida_achada",
}

func init() {
	for _, door := range []string{"entrada.rest", "entrada.soap"} {
		for name, want := range map[string]string{"abertura": "conf_aberta", "repetida": "conf_mesmo_numero", "recusa": "conf_recusada_e_guardada",
			"comentario": "conf_recebida", "vistoria": "conf_recebida", "anexo": "conf_recebida", "movimentacao": "conf_recebida",
			"encerramento": "conf_recebida", "consulta": "conf_texto_igual"} {
			whole[door+" "+name] = "passou " + want
		}
	}
}

// compare says in what a run differs from what was expected; "" expected leaves a case out.
func compare(t *testing.T, p *flow.ConformancePage, want map[string]string) {
	t.Helper()
	got := table(p)
	for name, w := range want {
		if w != got[name] && (w != "" || got[name] != "") {
			t.Errorf("%s: %q, want %q", name, got[name], w)
		}
	}
	for name, g := range got {
		if _, there := want[name]; !there {
			t.Errorf("%s: %q, and nobody expected it", name, g)
		}
	}
	if t.Failed() {
		for _, c := range p.Cases {
			if want[c.Area+" "+c.Name] != string(c.Result)+" "+c.Reason.Code {
				t.Logf("%s %s: %v", c.Area, c.Name, c.Reason)
				for _, call := range c.Calls {
					t.Logf("  %s %d %s %v\n%+v\n%+v", call.Outcome, call.HTTPStatus, call.Rule.Code, call.Reason, call.Request, call.Response)
				}
			}
		}
	}
}

// with is whole with some cases that come out otherwise.
func with(changes map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range whole {
		out[k] = v
	}
	for k, v := range changes {
		if v == "" {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	return out
}

func TestBothPresetsPassAgainstTheSandbox(t *testing.T) {
	for _, preset := range []string{"mobuss-atual", "mobuss-legado"} {
		t.Run(preset, func(t *testing.T) {
			b := newBench(t, open(t), preset)
			b.known("MOB-AUR-A-101")
			p := b.run()
			compare(t, p, whole)
			if p.State != flow.RunPassed || !p.Intact || p.Reserved() || !p.Signable() {
				t.Errorf("the run is %q, intact %v", p.State, p.Intact)
			}
			b.looksRight(p)
		})
	}
}

// looksRight asks the sandbox: each call was made once, and everything is closed.
func (b *bench) looksRight(p *flow.ConformancePage) {
	b.t.Helper()
	seen := map[string]int{}
	var comments, visits, files int
	for _, o := range b.orders() {
		seen[o.Legacy]++
		comments, visits, files = comments+len(o.Comments), visits+len(o.Visits), files+len(o.Files)
		if o.State != "encerrada" || !strings.HasPrefix(o.Legacy, "CONF-"+p.Mark+"-") {
			b.t.Errorf("order %+v", o)
		}
	}
	for legacy, n := range seen {
		if n != 1 {
			b.t.Errorf("%s was opened %d times", legacy, n)
		}
	}
	if len(seen) != 3 || comments != 3 || visits != 3 || files != 2 {
		b.t.Errorf("%d orders, %d comments, %d visits, %d files", len(seen), comments, visits, files)
	}
	o, err := b.Show(b.t.Context(), consultant(), p.Number)
	if err != nil || o.ClosedAt.IsZero() || len(o.Orders) != 0 {
		b.t.Errorf("the test occurrence: %+v, %v", o, err)
	}
}
