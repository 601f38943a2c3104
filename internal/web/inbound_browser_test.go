package web_test

import (
	"testing"

	"ponte/internal/browsertest"
)

// TestCallsLook opens the queue, a call in trouble, a settled one and the bulk page, in both themes, widths and languages.
func TestCallsLook(t *testing.T) {
	h := newGate(t)
	id := h.gateStory()
	settled := h.calls("mobuss", "IncluirOcorrencia", opens("id_externo", "SAT-2026-000130", "cod_projeto", "AUR-B-203")...).Kept
	if a := h.signedIn("gestor@demo").post(callAt(settled)+"/reenviar", "p.cod_projeto", "203", "p.descricao", "x", "p.bloqueio_incluir_cliente", "T"); a.status != 303 {
		t.Fatal(a.status)
	}
	unread := h.sends("casa", "IncluirOcorrencia", `{"cod_projeto": "203", "descricao": "sem fim`).Kept
	b := browsertest.Start(t)
	for _, c := range everyLook {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			x := h.tab(b, c.p)
			x.signIn("consultor@demo")
			for _, page := range []struct{ name, path string }{{"recebimentos", "/integracao/recebimentos"}, {"recebimentos-todos", "/integracao/recebimentos?visao=todos"},
				{"recebimentos-vazio", "/integracao/recebimentos?q=xyzzy"}, {"recebimento", callAt(id)}, {"recebimento-resolvido", callAt(settled)},
				{"recebimento-ilegivel", callAt(unread)}, {"recebimentos-lote", "/integracao/recebimentos/lote"}} {
				x.Open(page.path)
				x.live()
				x.look(page.name + "-" + c.name)
			}
			x.Quiet()
		})
	}
	h.t = t
}

// TestCallStory: a refused call arrives and appears by itself, the near match is chosen, it is corrected and replayed,
// and the caller's repetition gets the number.
func TestCallStory(t *testing.T) {
	h := newGate(t)
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("consultor@demo")
	x.Open("/integracao/recebimentos")
	x.live()
	x.UntilText("#lista", "Nenhuma chamada esperando")
	sent := opens("id_externo", "SAT-77", "cod_projeto", "101", "cpf_cnpj", "529.982.247-26")
	refused := h.calls("mobuss", "IncluirOcorrencia", sent...)
	if refused.status != 422 || refused.Kept == "" {
		t.Fatalf("%+v", refused)
	}
	x.UntilText("#lista", "SAT-77")
	x.UntilText("#nav-recebimentos", "1")
	x.Shortcut("j")
	x.Until("the row at hand", `document.activeElement?.matches("[data-row]")`)
	x.Keys("\r")
	x.Until("the call", `location.pathname.endsWith("`+refused.Kept+`")`)
	x.UntilText(".near", "difere em um dígito")
	x.Click(".near li:first-child .btn")
	x.Until("the match in the form", `document.getElementById("p-cod_bloco")?.value === "A"`)
	x.Until("a masked CPF", `document.getElementById("p-cpf_cnpj").value === "***.982.247-**"`)
	x.Axe("a near match chosen")
	x.Picture("recebimento-escolhido-1440-light")
	browsertest.Eval[any](x.Tab, `document.getElementById("p-cod_projeto").value = "888"; null`)
	x.Click(".mend .form-end .btn")
	x.UntilText(".mend .refused", "Foi recusada de novo")
	x.Until("what was chosen stays", `document.getElementById("p-cod_bloco").value === "A" && document.getElementById("p-cod_projeto").value === "888"`)
	x.Axe("refused again")
	x.Picture("recebimento-recusado-de-novo-1440-light")
	browsertest.Eval[any](x.Tab, `document.getElementById("p-cod_projeto").value = "101"; null`)
	x.Click(".mend .form-end .btn")
	x.UntilText(".noted", "Corrigida e reenviada por Caio Prates")
	x.Until("nothing waits", `document.getElementById("nav-recebimentos").textContent.trim() === ""`)
	again := h.calls("mobuss", "IncluirOcorrencia", sent...)
	if again.status != 200 || again.Number == 0 {
		t.Fatalf("the caller's repetition: %+v", again)
	}
	x.Click(".noted .btn.pri")
	x.UntilText("#ocorrencia", "Marina Figueiredo Prado")

	// In bulk: what was imported meanwhile passes, step by step, without a hand.
	for i := range 40 {
		h.calls("mobuss", "IncluirOcorrencia", opens("cod_projeto", "MOB-AUR-A-999", "id_externo", "X-"+string(rune('A'+i)))...)
	}
	reg := onlyUnit("999", "MOB-AUR-A-999")
	h.must(h.PutRegistry(t.Context(), admin(), reg))
	x.Open("/integracao/recebimentos/lote")
	x.live()
	x.Click("#lote .btn.pri")
	x.UntilText("#lote", "Reenviar (40 devem passar)")
	x.Axe("rehearsed")
	x.Picture("recebimentos-ensaio-1440-light")
	x.Click("#lote .btn.pri")
	x.UntilText("#lote", "O reenvio terminou")
	x.UntilText("#lote .tally", "40")
	if n, err := h.CountOpenCalls(t.Context(), admin()); err != nil || n.N != 0 {
		t.Errorf("%d wait, %v", n.N, err)
	}
	x.Quiet("status of 4")
}
