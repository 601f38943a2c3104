package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"ponte/internal/flow/flowtest"
)

// TestCallPages: the queue and a call, as an attendant and a consultant find them.
func TestCallPages(t *testing.T) {
	h := newGate(t)
	id := h.gateStory()
	b := h.signedIn("consultor@demo")
	list := b.get("/integracao/recebimentos")
	for _, want := range []string{"Unidade não identificada", "Corpo ilegível", "SAT-2026-000121", "Caio Prates", `class="n bad"`, ">5<"} {
		if !strings.Contains(list.body, want) {
			t.Errorf("the list lacks %s", want)
		}
	}
	for query, want := range map[string]string{
		"?visao=todos": "Aceita", "?visao=repetidos": "Repetida", "?visao=todos&q=SAT-2026-000123": "SAT-2026-000123", "?codigo=unidade_nao_identificada": "SAT-2026-000117",
		"?responsavel=ninguem": "C-440", "?operacao=EncerrarOcorrencia": "Nada com esses filtros", "?ambiente=producao": "Nada com esses filtros",
		"?de=2020-01-01&ate=2020-01-02": "Nada com esses filtros", "?visao=nada&apos=x": "SAT-2026-000117", "?responsavel=eu": "SAT-2026-000123", "?integracao=casa": "Corpo ilegível",
	} {
		if a := b.get("/integracao/recebimentos" + query); a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d without %s", query, a.status, want)
		}
	}
	if a := b.get("/integracao/recebimentos?responsavel=eu"); strings.Contains(a.body, "C-440") {
		t.Error("mine has others'")
	}
	part := strings.ReplaceAll(liveList.FindStringSubmatch(list.body)[1], "&amp;", "&")
	if a := b.htmx().get(part); a.status != 204 {
		t.Errorf("unchanged: %d", a.status)
	}
	page := b.get(callAt(id))
	for _, want := range []string{"A solicitação não virou ocorrência", "Residencial Aurora", "difere em um dígito", "Corrigir e reenviar", "•••.982.247-••", `name="p.cod_projeto"`, "SAT-2026-000123"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the call lacks %s", want)
		}
	}
	if strings.Contains(page.body, "529.982.247") || strings.Contains(page.body, "52998224") {
		t.Error("the call shows a whole CPF")
	}
	ana := h.signedIn("atendente@demo").get(callAt(id))
	if ana.status != 200 || strings.Contains(ana.body, "p.cod_projeto") || !strings.Contains(ana.body, "Reenviar e descartar é do consultor ou do gestor") {
		t.Errorf("an attendant's: %d", ana.status)
	}
	for _, path := range []string{callAt("x"), callAt(id) + "?usar=x.y"} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := b.get(callAt(id) + "?usar=999999.0"); a.status != 422 {
		t.Errorf("a unit that is none: %d", a.status)
	}
}

// TestCallActs is role by act, over HTTP.
func TestCallActs(t *testing.T) {
	h := newGate(t)
	unit := 5000
	fresh := func() string {
		unit++
		return h.calls("mobuss", "IncluirOcorrencia", opens("cod_projeto", fmt.Sprint(unit))...).Kept
	}
	acts := map[string][]string{"atribuir": {"usuario", "eu"}, "descartar": {"motivo", "engano"}, "reenviar": {"p.cod_projeto", "203", "p.descricao", "x", "p.bloqueio_incluir_cliente", "T"}}
	for _, login := range []string{"atendente@demo", "consultor@demo", "gestor@demo", "admin@demo"} {
		b := h.signedIn(login)
		for act, form := range acts {
			want := http.StatusSeeOther
			if login == "atendente@demo" && act != "atribuir" {
				want = http.StatusForbidden
			}
			if a := b.post(callAt(fresh())+"/"+act, form...); a.status != want {
				t.Errorf("%s, %s: %d, want %d", login, act, a.status, want)
			}
		}
		want := http.StatusOK
		if login == "atendente@demo" {
			want = http.StatusForbidden
		}
		if a := b.get("/integracao/recebimentos/lote"); a.status != want {
			t.Errorf("%s, lote: %d", login, a.status)
		}
		if a := b.post("/integracao/recebimentos/lote", "ato", "ensaiar"); a.status != want {
			t.Errorf("%s, ensaio: %d", login, a.status)
		}
	}
	for _, p := range []string{"/atribuir", "/descartar", "/reenviar", "/reabrir"} {
		if a := h.browser().post(callAt(fresh()) + p); a.status != 401 {
			t.Errorf("%s without a session: %d", p, a.status)
		}
		x := &browser{h, h.signedIn("consultor@demo").Client, http.Header{"Sec-Fetch-Site": {"cross-site"}}}
		if a := x.post(callAt(fresh())+p, "motivo", "x"); a.status != 403 {
			t.Errorf("%s from another site: %d", p, a.status)
		}
	}
	b := h.signedIn("consultor@demo")
	id := fresh()
	if a := b.post(callAt(id)+"/reenviar", "p.cod_projeto", "888", "p.descricao", "Fica aqui", "p.bloqueio_incluir_cliente", "T"); a.status != 422 ||
		!strings.Contains(a.body, "Foi recusada de novo") || !strings.Contains(a.body, `value="888"`) || !strings.Contains(a.body, "Fica aqui") {
		t.Errorf("refused again: %d", a.status)
	}
	if a := b.post(callAt(id)+"/descartar", "motivo", " "); a.status != 422 || !strings.Contains(a.body, "Diga o motivo") {
		t.Errorf("no reason: %d", a.status)
	}
	b.post(callAt(id)+"/descartar", "motivo", "engano do campo")
	if a := b.get(callAt(id)); !strings.Contains(a.body, "engano do campo") || !strings.Contains(a.body, "Reabrir") {
		t.Error("dismissed, and it doesn't say so")
	}
	if a := b.post(callAt(id)+"/reenviar", "p.cod_projeto", "203"); a.status != 409 {
		t.Errorf("replay of a dismissed one: %d", a.status)
	}
	if a := b.post(callAt(id) + "/reabrir"); a.status != 303 {
		t.Errorf("reopen: %d", a.status)
	}
}

// TestCallTextsAreInert: what callers send is shown as text.
func TestCallTextsAreInert(t *testing.T) {
	h := newGate(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`
	c := h.calls("mobuss", "IncluirOcorrencia", opens("id_externo", evil, "cod_projeto", evil, "nome_cliente", evil, evil, evil)...)
	d := h.sends("mobuss", "IncluirOcorrencia", `{"x": `+evil)
	b := h.signedIn("consultor@demo")
	for what, a := range map[string]answer{"list": b.get("/integracao/recebimentos"), "call": b.get(callAt(c.Kept)), "unread": b.get(callAt(d.Kept)),
		"refused": b.post(callAt(c.Kept)+"/reenviar", "p.cod_projeto", evil, "p."+evil, evil), "dismiss": b.post(callAt(c.Kept)+"/descartar", "motivo", "")} {
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img") || a.status >= 500 {
			t.Errorf("%s: alive, or %d", what, a.status)
		}
	}
	if a := b.get(callAt(d.Kept)); !strings.Contains(a.body, "só pode ser descartado") || strings.Contains(a.body, "/reenviar") {
		t.Error("an unread call can be replayed, or doesn't say why not")
	}
}

// TestBulk walks all the steps: the rehearsal writes nothing, the replay leaves in the queue what is refused.
func TestBulk(t *testing.T) {
	h := newGate(t)
	for i := range 60 {
		h.calls("mobuss", "IncluirOcorrencia", opens("id_externo", fmt.Sprint("B-", i), "cod_projeto", fmt.Sprint(600+i))...)
	}
	reg := flowtest.Registry()
	reg.Developments[0].Blocks[0].Units = reg.Developments[0].Blocks[0].Units[:0]
	for i := range 40 {
		unit := flowtest.Registry().Developments[0].Blocks[0].Units[1]
		unit.Number, unit.MobussIDHomologation, unit.MobussIDProduction = fmt.Sprint(600+i), "", ""
		unit.Contracts[0].Code = fmt.Sprint("AUR-A-", 600+i)
		reg.Developments[0].Blocks[0].Units = append(reg.Developments[0].Blocks[0].Units, unit)
	}
	h.must(h.PutRegistry(t.Context(), flowtest.Admin(), reg))
	b := h.signedIn("gestor@demo")
	walk := func(act string) (steps int, body string) {
		form := []string{"ato", act}
		for {
			a := b.htmx().post("/integracao/recebimentos/lote", form...)
			if a.status != 200 || steps > 100 {
				t.Fatalf("%s: %d after %d", act, a.status, steps)
			}
			steps++
			if !strings.Contains(a.body, "passo-") {
				return steps, a.body
			}
			form = form[:0]
			for _, m := range hidden.FindAllStringSubmatch(a.body, -1) {
				form = append(form, m[1], m[2])
			}
		}
	}
	tally := func(body string) string {
		var n []string
		for _, m := range figures.FindAllStringSubmatch(body, -1) {
			n = append(n, m[1])
		}
		return strings.Join(n, " ")
	}
	steps, body := walk("ensaiar")
	if got := tally(body); got != "60 40 20" || steps < 3 || !strings.Contains(body, "Reenviar (40 devem passar)") {
		t.Errorf("rehearsal: %s in %d steps", got, steps)
	}
	if n, err := h.CountOpenCalls(t.Context(), flowtest.Admin()); err != nil || n.N != 60 {
		t.Errorf("after the rehearsal %d wait, %v", n.N, err)
	}
	if _, body = walk("reenviar"); tally(body) != "60 40 20" {
		t.Errorf("replay: %s", tally(body))
	}
	if n, err := h.CountOpenCalls(t.Context(), flowtest.Admin()); err != nil || n.N != 20 {
		t.Errorf("after the replay %d wait, %v", n.N, err)
	}
	if c := h.calls("mobuss", "IncluirOcorrencia", opens("id_externo", "B-3", "cod_projeto", "603")...); c.status != 200 || c.Number == 0 {
		t.Errorf("the caller's repetition: %+v", c)
	}
}

var (
	hidden  = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	figures = regexp.MustCompile(`<dd class="num">([0-9.]+)</dd>`)
)
