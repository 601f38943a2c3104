package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// entrances are what the trail says of sign-ins, the oldest first: the act, what it was about, and why.
func (h *house) entrances() (out []string) {
	h.t.Helper()
	p, err := h.AuditTrail(h.t.Context(), flowtest.Admin(), flow.AuditQuery{Action: "entrada", Most: 100})
	h.must(err)
	for _, l := range slices.Backward(p.Lines) {
		text := l.Action + " " + l.Subject
		for _, d := range l.Details {
			if d.Name == "motivo" || d.Name == "como" {
				text += " " + d.Value
			}
		}
		out = append(out, text)
	}
	return out
}

// TestSignInsAreWrittenDown: who came in and left, who was refused and why, and when an account had no try left. What was
// typed for an account that there isn't is nowhere.
func TestSignInsAreWrittenDown(t *testing.T) {
	h := newHouse(t)
	gone, _, err := h.UserByLogin(t.Context(), "gestor@demo")
	h.must(err)
	h.must(h.SetDisabled(t.Context(), flowtest.Admin(), gone.ID, true))
	b := h.browser()
	b.post("/entrar", "login", "my-very-secret-password", "senha", "x")
	b.post("/entrar", "login", "gestor@demo", "senha", password)
	b.post("/entrar", "login", "atendente@demo", "senha", "wrong")
	b.post("/entrar", "login", "atendente@demo", "senha", password)
	b.post("/sair")
	for range 6 { // the sixth is not looked at any more
		b.post("/entrar", "login", "atendente@demo", "senha", "wrong")
	}
	ana, closed := "usuario:"+h.ana.ID, fmt.Sprint("usuario:", gone.ID)
	want := []string{"entrada.recusada entrada senha conta_desconhecida", "entrada.recusada " + closed + " senha conta_desativada", "entrada.recusada " + ana + " senha senha_errada",
		"entrada.feita " + ana + " senha", "entrada.saida " + ana}
	want = append(want, slices.Repeat([]string{"entrada.recusada " + ana + " senha senha_errada"}, 5)...)
	want = append(want, "entrada.travada "+ana+" senha")
	if got := h.entrances(); !slices.Equal(got, want) {
		t.Errorf("the trail has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	page := h.signedIn("admin@demo").get(auditAt + "?acao=entrada&objeto=" + ana).body
	if !strings.Contains(page, "Entrada recusada") || !strings.Contains(page, "Saída") || strings.Contains(page, "secret-password") {
		t.Error("the page of the trail doesn't tell of sign-ins, or tells too much")
	}
}

// TestNobodyRaisesThemselves: none of the forms that people have of themselves takes roles or developments, and the
// administrators' refuses everybody else.
func TestNobodyRaisesThemselves(t *testing.T) {
	h := newHouse(t)
	_, err := h.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "rui@demo", Name: "Rui", PasswordHash: passwordHash(), Roles: []desk.Role{desk.Attendant}, Few: true, Developments: []flow.Development{{Code: "AUR"}}})
	h.must(err)
	b := h.signedIn("rui@demo")
	u, _, err := h.UserByLogin(t.Context(), "rui@demo")
	h.must(err)
	more := []string{"papel", "admin", "alcance", "todos", "papeis", "admin", "few_developments", "false", "id", fmt.Sprint(u.ID), "nome", "Rui"}
	for _, at := range []string{"/aparencia", "/conta/senha", "/conta/sessoes"} {
		b.post(at, append(slices.Clone(more), "tema", "dark", "atual", password, "nova", password+"-2")...)
	}
	for _, act := range []string{"salvar", "reativar", "senha", "link"} {
		if a := b.post(fmt.Sprintf("/parametrizacoes/usuarios/%d/%s", u.ID, act), more...); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", act, a.status)
		}
	}
	if u, _, err = h.UserByLogin(t.Context(), "rui@demo"); err != nil || !slices.Equal(u.Roles, []desk.Role{desk.Attendant}) || !u.Few {
		t.Errorf("now %v, limited: %v, %v", u.Roles, u.Few, err)
	}
	admin := h.signedIn("admin@demo")
	me, _, err := h.UserByLogin(t.Context(), "admin@demo")
	h.must(err)
	if a := admin.post(fmt.Sprintf("/parametrizacoes/usuarios/%d/desativar", me.ID)); a.status != http.StatusForbidden {
		t.Errorf("an administrator closes their own account: %d", a.status)
	}
}
