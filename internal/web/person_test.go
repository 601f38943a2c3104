package web_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

const personsAt = "/parametrizacoes/dados-pessoais"

// TestPersonData: somebody's data is found, handed over as one file and removed by pages; both are written down, and what
// was removed can still be looked at.
func TestPersonData(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	admin := h.signedIn("admin@demo")
	_, f := h.chosen("AUR-A-101")
	at := fmt.Sprintf("%s/%d", personsAt, f.CustomerID)
	if page := admin.get(personsAt + "?q=marina").body; strings.Count(page, `href="`+at+`"`) != 1 || strings.Contains(page, "529.982.247-25") {
		t.Error("the person is not found once, or with the CPF whole")
	}
	file := admin.post(at + "/exportar")
	if file.status != 200 || file.header.Get("Content-Type") != "application/zip" || !strings.Contains(file.header.Get("Content-Disposition"), ".zip") {
		t.Fatalf("the file: %d %v", file.status, file.header)
	}
	z, err := zip.NewReader(strings.NewReader(file.body), int64(len(file.body)))
	h.must(err)
	content := map[string]string{}
	for _, of := range z.File {
		r, err := of.Open()
		h.must(err)
		b, err := io.ReadAll(r)
		h.must(err)
		content[of.Name] = string(b)
	}
	var doc struct {
		Person      map[string]string `json:"pessoa"`
		Places      []map[string]any  `json:"vinculos"`
		Occurrences []struct {
			Number    int64            `json:"numero"`
			Movements []map[string]any `json:"movimentacoes"`
			Visits    []map[string]any `json:"vistorias"`
			Orders    []string         `json:"ordens_no_mobuss"`
		} `json:"ocorrencias"`
	}
	h.must(json.Unmarshal([]byte(content["dados.json"]), &doc))
	if doc.Person["cpf_cnpj"] != "529.982.247-25" || doc.Person["telefone"] == "" || len(doc.Places) < 3 || len(doc.Occurrences) != 3 {
		t.Errorf("the data: %+v, %d places, %d occurrences", doc.Person, len(doc.Places), len(doc.Occurrences))
	}
	if last := doc.Occurrences[2]; last.Number != n || len(last.Movements) < 6 || len(last.Visits) != 1 || len(last.Orders) != 1 {
		t.Errorf("the last occurrence: %+v", last)
	}
	for _, want := range []string{"Marina Figueiredo Prado", "Infiltração no teto do banheiro", "Rejunte do 201 refeito", "Ordens no Mobuss: 88214"} {
		if !strings.Contains(content["dados.txt"], want) {
			t.Errorf("what people read has no %q", want)
		}
	}

	if page := admin.get(at).body; !strings.Contains(page, "Há ocorrência aberta") || !strings.Contains(page, "Há envio ao Mobuss sem desfecho") || strings.Contains(page, at+"/remover") {
		t.Error("the page doesn't say why it can't be yet, or offers it all the same")
	}
	if a := admin.post(at+"/remover", "motivo", "carta"); a.status != 409 || !strings.Contains(a.body, "ainda são necessários") {
		t.Errorf("removing what is needed: %d", a.status)
	}
	blocked, err := h.ListDeliveries(t.Context(), h.ana, flow.DeliveriesQuery{Blocked: true, Most: 9})
	h.must(err)
	h.must(h.Skip(t.Context(), h.ana, blocked.Lines[0].ID, "desistiu"))
	for _, o := range doc.Occurrences {
		if p, err := h.Page(t.Context(), h.ana, o.Number); err == nil && p.ClosedAt.IsZero() {
			h.move(o.Number, "90", "")
		}
	}
	if a := admin.post(at+"/remover", "motivo", ""); a.status != 422 {
		t.Errorf("without a reason: %d", a.status)
	}
	if a := admin.post(at+"/remover", "motivo", "carta de 3/11"); a.status != 303 {
		t.Fatalf("removing: %d", a.status)
	}
	if page := admin.get(at).body; !strings.Contains(page, "Dados removidos em") || strings.Contains(page, "Marina") {
		t.Error("afterwards the page still has her, or doesn't say that it was done")
	}
	for _, p := range []string{path(n), "/ocorrencias?visao=todas", "/integracao/envios", "/integracao/envios/" + blocked.Lines[0].ID, "/busca?q=marina", "/integracao/recebimentos?visao=todos", personsAt + "?q=marina"} {
		a := admin.get(p)
		if a.status != 200 || strings.Contains(strings.ReplaceAll(a.body, "?q=marina", ""), "Figueiredo") || strings.Contains(a.body, "no value") || strings.Contains(a.body, "Infiltração no teto") {
			t.Errorf("%s afterwards: %d", p, a.status)
		}
	}
	trail, err := h.AuditTrail(t.Context(), flowtest.Admin(), flow.AuditQuery{Action: "pessoa", Most: 9})
	h.must(err)
	if len(trail.Lines) != 2 || trail.Lines[0].Action != "pessoa.remover" || trail.Lines[1].Action != "pessoa.exportar" {
		t.Errorf("the trail: %+v", trail.Lines)
	}
}
