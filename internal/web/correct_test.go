package web_test

import (
	"net/http"
	"strings"
	"testing"

	"ponte/internal/desk"
)

// TestACorrectionByPage says what it does to the order before it does it.
func TestACorrectionByPage(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("atendente@demo")
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	_, right := h.chosen("AUR-B-101")
	at := path(n) + "/corrigir"
	if page := b.get(path(n)).body; !strings.Contains(page, `href="`+at+`"`) || !strings.Contains(page, `href="`+path(n)+`/cancelar"`) {
		t.Error("its page does not lead there")
	}
	if several := b.get(at + "?q=101"); several.status != http.StatusOK || strings.Count(several.body, at+"?") < 2 {
		t.Errorf("several answers: %d", several.status)
	}
	found := b.get(at + "?q=AUR-B-101")
	to := found.header.Get("Location") // nothing to choose
	if found.status != http.StatusSeeOther || !strings.HasPrefix(to, at+"?") {
		t.Fatalf("one answer: %d to %q", found.status, to)
	}
	plan := b.get(to).body
	if !strings.Contains(plan, "O campo não tem ordem desta ocorrência") || !strings.Contains(plan, right.Customer.Name) || strings.Contains(plan, `name="como"`) {
		t.Errorf("before an order: %.300s", plan)
	}
	h.move(n, "20", "")
	h.settle(accepted("88001"))
	plan = b.get(to).body
	for _, says := range []string{"A ordem está aberta no campo", "não tem como trocar", `value="comentario"`, `value="nova_ordem"`, `value="aqui"`} {
		if !strings.Contains(plan, says) {
			t.Errorf("with an order: %q is not there", says)
		}
	}
	f := b.form(plan, at)
	f.Del("como")
	if a := b.sendForm(at, f, nil); a.status != http.StatusUnprocessableEntity {
		t.Errorf("without a way: %d", a.status)
	}
	if a := b.sendForm(at, f, map[string][]string{"como": {"comentario"}, "motivo": {"<b>Engano</b>"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	page := b.get(path(n)).body
	if !strings.Contains(page, "corrigiu o cadastro") || !strings.Contains(page, "Unidade: de Residencial Aurora · A · 101 para Residencial Aurora · B · 101") || strings.Contains(page, "<b>Engano") {
		t.Error("the timeline does not say it, or says it as markup")
	}
	if o, err := h.Show(t.Context(), h.ana, n); err != nil || o.Unit.ID != right.UnitID || o.Status.Code != "40" {
		t.Errorf("%+v %v", o, err)
	}
}

// TestCancellingByPage: with a reason while the field knows nothing; afterwards it offers the movement that closes there.
func TestCancellingByPage(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("atendente@demo")
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	at := path(n) + "/cancelar"
	if a := b.post(at, "motivo", " "); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-motivo"`) {
		t.Errorf("without a reason: %d", a.status)
	}
	if a := b.post(at, "motivo", "Era da vizinha"); a.status != http.StatusSeeOther || !strings.Contains(b.get(path(n)).body, "cancelou a ocorrência") {
		t.Errorf("%d", a.status)
	}
	if a := h.signedIn("gestor@demo").post(path(n)+"/movimentacoes", "status", "10"); a.status != http.StatusSeeOther {
		t.Errorf("reopened: %d", a.status)
	}
	if a := b.get(at); a.status != http.StatusOK {
		t.Errorf("open again: %d", a.status)
	}
	h.move(n, "20", "")
	h.settle(accepted("88001"))
	page := b.get(at).body
	if !strings.Contains(page, `id="nao-cancela"`) || !strings.Contains(page, `name="status" value="80"`) {
		t.Fatal("it does not offer to close in the field")
	}
	if a := b.post(at, "motivo", "tarde"); a.status != http.StatusConflict || !strings.Contains(a.body, "tarde") || !strings.Contains(a.body, `value="80"`) {
		t.Errorf("with an order: %d %v", a.status, problems(a.body))
	}
	if a := b.post(path(n)+"/movimentacoes", "status", "80", "comentario", "tarde"); a.status != http.StatusSeeOther {
		t.Errorf("the way that is offered: %d", a.status)
	}
	if jobs := h.claim(); len(jobs) != 1 || jobs[0].Point != desk.CloseOrder {
		t.Errorf("%+v", jobs)
	}
}
