package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
)

// ownedByERP are the columns that the ERP's sheets fill. A unit's ids in Mobuss come with them, or from Mobuss.
var ownedByERP = map[string][]string{
	"development": {"id", "code", "name", "zone"}, "block": {"id", "development_id", "code", "name"},
	"unit":     {"id", "block_id", "number", "common_area"},
	"customer": {"id", "name", "document_key", "email", "phone"},
	"contract": {"id", "code", "unit_id", "customer_id", "current"}, "unit_party": {"unit_id", "customer_id", "kind"},
}

// owned is all that the ERP owns, a line each.
func (w *world) owned() map[string]bool {
	w.t.Helper()
	lines := map[string]bool{}
	w.must(w.Store.Snapshot(w.t.Context(), func(s *store.Snapshot) error {
		for _, table := range s.Tables {
			columns, ours := ownedByERP[table.Name]
			if !ours {
				continue
			}
			err := s.Rows(w.t.Context(), table, func(values []any) error {
				line := table.Name
				for i, c := range table.Columns {
					if slices.Contains(columns, c.Name) {
						line += fmt.Sprintf(" %s=%v", c.Name, values[i])
					}
				}
				lines[line] = true
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return lines
}

// otherwise says everything that the ERP owns in another way, under every name that a form, a sheet or a call has for it.
var otherwise = []string{"nome", "Outro Nome", "nome_cliente", "Outro Nome", "cliente_nome", "Outro Nome", "cpf_cnpj", "529.982.247-25", "documento", "529.982.247-25",
	"email", "outro@exemplo.com.br", "telefone", "(11) 90000-0000", "numero", "9999", "cod_unidade", "9999", "area_comum", "T", "cod_empreendimento", "OUTRO",
	"nome_empreendimento", "Outro", "fuso", "America/Manaus", "cod_bloco", "OUTRO", "nome_bloco", "Outro", "cod_contrato", "OUTRO-1", "contrato", "OUTRO-1",
	"vigente", "F", "relacao", "inquilino", "name", "Outro Nome", "number", "9999", "phone", "(11) 90000-0000"}

// TestWhatTheERPOwns: an administrator who sends every form of the pages with everything else that the registry has in it
// changes nothing of what the ERP owns; who tries it where it is shown is told where it is changed, and the pages say
// so. The control: what the ERP itself sends does change it.
func TestWhatTheERPOwns(t *testing.T) {
	w := newWorld(t)
	boss := w.people[slices.IndexFunc(w.people, func(p person) bool { return p.name == "admin@demo" })]
	before, tried := w.owned(), 0
	if len(before) < 20 {
		t.Fatalf("the registry has %d lines: too few to show anything", len(before))
	}
	for _, r := range w.rules() {
		if !strings.HasPrefix(r.route, "POST ") || r.route == "POST /sair" {
			continue
		}
		r.form = append(slices.Clone(r.form), otherwise...)
		if a := boss.ask(r); a.status >= http.StatusInternalServerError {
			t.Errorf("%s: %d", r.route, a.status)
		}
		tried++
		if after := w.owned(); !maps.Equal(before, after) {
			t.Errorf("%s changes what the ERP owns: %s", r.route, difference(before, after))
			before = after
		}
	}
	t.Logf("%d forms, %d lines of the registry", tried, len(before))

	for _, path := range []string{"/cadastros/", fmt.Sprintf("/cadastros/empreendimentos/%d", w.development), fmt.Sprintf("/cadastros/blocos/%d", w.block)} {
		a := boss.b.post(path, otherwise...)
		if a.status != http.StatusConflict || !strings.Contains(a.body, "mude no ERP e importe de novo") {
			t.Errorf("a form sent to %s is answered with %d", path, a.status)
		}
		if a := boss.b.get(strings.TrimSuffix(path, "/")); !strings.Contains(a.body, "O ERP é o dono destes dados") || strings.Contains(a.body, `method="post" action="/cadastros`) {
			t.Errorf("%s doesn't say whose the data are, or has a form to change them", path)
		}
	}

	reg := flowtest.Registry()
	reg.Developments[0].Name = "Outro"
	w.must(w.PutRegistry(t.Context(), flowtest.Admin(), reg))
	if maps.Equal(before, w.owned()) {
		t.Error("what the ERP sends changes nothing: this test can't find anything")
	}
}

// difference is what one has and the other lacks.
func difference(before, after map[string]bool) string {
	var b strings.Builder
	for _, line := range slices.Sorted(maps.Keys(before)) {
		if !after[line] {
			b.WriteString("\n- " + line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(after)) {
		if !before[line] {
			b.WriteString("\n+ " + line)
		}
	}
	return b.String()
}
