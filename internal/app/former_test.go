package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/importer"
)

// TestOccurrencesOfTheSystemBefore: an open occurrence comes in with its number and the order that it has in Mobuss
// already. The field's comment reaches it, a comment of ours reaches that very order, nothing is opened twice, the
// numbering never meets it, and importing it again changes nothing.
func TestOccurrencesOfTheSystemBefore(t *testing.T) {
	h := newHouse(t)
	status, text := h.call("POST", h.box.URL()+"/ccapi/assistencia/solicitacao/v1/incluirSolicitacaoAtendimento", app.DemoSandboxToken, "application/json",
		strings.NewReader(`{"idUnidade":"MOB-AUR-A-101","cpfCnpjCliente":"","nomeSolicitante":"Marina","desSolicitacao":"Vazamento antigo"}`))
	var opened struct {
		ID     string `json:"idMobuss"`
		Number string `json:"numSolicitacao"`
	}
	if err := json.Unmarshal([]byte(text), &opened); err != nil || opened.ID == "" {
		t.Fatalf("%d %s %v", status, text, err)
	}
	h.open()
	admin := desk.Actor{Kind: "comando", Name: "ponte import", Roles: []desk.Role{desk.Admin}}
	heads := "Chamado;Empreendimento;Bloco;Unidade;CPF;Assunto;Status;Data de abertura;ID da OS;OS\n"
	row := func(number, status, at, order string) string {
		return fmt.Sprintf("%s;AUR;A;101;52998224725;Vazamento no teto;%s;%s;%s;%s\n", number, status, at, order, opened.Number)
	}
	run := func(sheet string) *importer.Report {
		t.Helper()
		files := []importer.File{{Name: "abertas.csv", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(sheet)), nil }}}
		plan, err := importer.Plan(t.Context(), h.app.Flow, admin, files, importer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := importer.Import(t.Context(), h.app.Flow, admin, files, importer.Options{})
		if err != nil || fmt.Sprint(plan.States) != fmt.Sprint(r.States) {
			t.Fatalf("%v: planned %v, done %v", err, plan.States, r.States)
		}
		return r
	}
	sheet := heads + row("771", "50", "31/12/2025", opened.ID) + row("1.000", "50", "46022", "") + row("772", "90", "31/12/2025 14:30", "") + row("773", "99x", "ontem", "")
	r := run(sheet)
	if r.States[flow.RowNew] != 1 || r.States[flow.RowConflict] != 2 || r.States[importer.Broken] != 1 || r.Sheets[0].Kind != flow.OfOccurrences {
		t.Fatalf("%+v", r)
	}
	if again := run(heads + row("771", "50", "31/12/2025", opened.ID)); again.States[flow.RowSame] != 1 {
		t.Errorf("again: %+v", again.Told)
	}
	if status, text := h.rest("/ocorrencias/771/comentarios", app.DemoToken, map[string]string{"comentario": "Rejunte refeito.", "id_externo": "c-1"}); status != 201 {
		t.Fatalf("the field's comment: %d %s", status, text)
	}
	if status, text := h.rest("/ocorrencias/771/movimentacoes", app.DemoDeskToken, map[string]string{"cod_status": "40", "comentario": "Cliente em casa à tarde."}); status != 201 {
		t.Fatalf("our comment: %d %s", status, text)
	}
	h.until("the comment has arrived", func() bool { return len(h.show(771).Deliveries) == 1 && h.settled(771) })
	_, orders := h.call("GET", h.box.URL()+"/_sandbox/solicitacoes", "", "", nil)
	if strings.Count(orders, `"idMobuss"`) != 1 || !strings.Contains(orders, "Cliente em casa à tarde.") {
		t.Errorf("the sandbox has %s", orders)
	}
	if n := h.open(); n != 1001 {
		t.Errorf("the next number is %d", n)
	}
}
