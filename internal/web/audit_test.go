package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

const auditAt = "/parametrizacoes/auditoria"

// TestRevealIsWrittenDown: a CPF is whole only in the answer to the click, and the trail has who saw it, when, whose, and
// from where. What was refused reveals nothing, and no list ever shows one.
func TestRevealIsWrittenDown(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Infiltração no teto", "Mancha úmida.")
	ana, caio, admin := h.signedIn("atendente@demo"), h.signedIn("consultor@demo"), h.signedIn("admin@demo")
	const whole, masked = "529.982.247-25", "•••.982.247-••"
	at := path(n) + "/documento"
	if page := ana.get(path(n)).body; strings.Contains(page, whole) || !strings.Contains(page, masked) || !strings.Contains(page, at) {
		t.Error("before the click the page has the CPF, or no way to it")
	}
	if page := caio.get(path(n)).body; strings.Contains(page, at) {
		t.Error("a consultant is offered the CPF")
	}
	if a := caio.post(at); a.status != 403 || strings.Contains(a.body, whole) {
		t.Errorf("a consultant: %d", a.status)
	}
	reveals := func() int {
		l, err := h.AuditTrail(t.Context(), flowtest.Admin(), flow.AuditQuery{Action: "documento.revelar", Most: 50})
		h.must(err)
		return len(l.Lines)
	}
	if reveals() != 0 {
		t.Error("what was refused stands in the trail as seen")
	}
	if a := ana.htmx().post(at); a.status != 200 || !strings.Contains(a.body, whole) || strings.Contains(a.body, "<html") {
		t.Errorf("with script: %d %q", a.status, a.body)
	}
	if a := ana.post(at); a.status != 200 || !strings.Contains(a.body, whole) || !strings.Contains(a.body, "<html") {
		t.Errorf("without script: %d", a.status)
	}
	for _, p := range []string{path(n), path(n) + "?parte=1&rev=x", "/ocorrencias", "/busca?q=marina", "/ocorrencias/nova?q=marina", auditAt} {
		if body := admin.get(p).body; strings.Contains(body, whole) || strings.Contains(body, "52998224725") {
			t.Errorf("%s shows the CPF whole", p)
		}
	}
	page := admin.get(auditAt + "?acao=documento").body
	for _, want := range []string{"Documento mostrado por inteiro", "Ana Souza", fmt.Sprintf("ocorrencia:%d", n), "pagina", path(n)} {
		if !strings.Contains(page, want) {
			t.Errorf("the trail has no %q", want)
		}
	}
	if reveals() != 2 {
		t.Errorf("%d reveals are written down, want 2", reveals())
	}
}

// TestAuditTrail: who, what, when, to what, with before and after; the question stands in the URL, pages come to an end,
// and the file has the same rows and runs nothing.
func TestAuditTrail(t *testing.T) {
	h := newHouse(t)
	admin := h.signedIn("admin@demo")
	id := mustID(h.ana.ID)
	h.must(h.ChangeUser(t.Context(), flowtest.Admin(), flow.User{ID: id, Name: "=HYPERLINK(0)", Roles: []desk.Role{desk.Manager}, Few: true, Developments: []flow.Development{{Code: "AUR"}}}))
	evil, _, err := h.UserByID(t.Context(), id)
	h.must(err)
	h.must(h.SetLook(t.Context(), evil.Actor(), id, "en", "dark"))
	for i := range 60 {
		h.open("AUR-A-101", fmt.Sprint("Vazamento ", i), "Pinga.")
	}
	page := admin.get(auditAt + fmt.Sprintf("?objeto=usuario:%d", id)).body
	for _, want := range []string{"Papéis ou empreendimentos alterados", "atendente → gestor", "— → AUR", fmt.Sprintf(`href="/parametrizacoes/usuarios/%d"`, id)} {
		if !strings.Contains(page, want) {
			t.Errorf("the change of a person has no %q", want)
		}
	}
	var seen []int64
	q := flow.AuditQuery{Action: "ocorrencia", Most: 7}
	for {
		l, err := h.AuditTrail(t.Context(), flowtest.Admin(), q)
		h.must(err)
		for _, x := range l.Lines {
			seen = append(seen, x.ID)
		}
		if q.After = l.Next; q.After == "" {
			break
		}
	}
	if len(seen) != 60 || !slices.IsSortedFunc(seen, func(a, b int64) int { return int(b - a) }) || len(slices.Compact(slices.Clone(seen))) != 60 {
		t.Errorf("%d rows on the pages, want 60, each once and newest first", len(seen))
	}
	for question, want := range map[string]bool{"?quem=" + h.ana.ID: true, "?quem=999": false, "?acao=usuario&de=2026-01-01": true, "?ate=2001-01-01": false, "?objeto=nada": false, "?apos=x": true} {
		if none := strings.Contains(admin.get(auditAt+question).body, "Nada assim na auditoria"); none == want {
			t.Errorf("%s finds something: %v", question, !none)
		}
	}
	file := admin.get(auditAt + "/arquivo?acao=usuario")
	if !strings.Contains(file.header.Get("Content-Disposition"), "auditoria-") || !strings.Contains(file.body, ";'=HYPERLINK(0);") || strings.Contains(file.body, "ocorrencia.abrir") {
		t.Errorf("the file: %.400s", file.body)
	}
	if page := admin.get(auditAt + "?acao=auditoria").body; !strings.Contains(page, "Auditoria exportada") {
		t.Error("that the trail was taken out is not in it")
	}
}
