package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow/flowtest"
)

const isaPath = stPath + "/20/integracao"

// TestAMappingThatCantWorkIsNotSaved: and the reason names the row.
func TestAMappingThatCantWorkIsNotSaved(t *testing.T) {
	h := newHouse(t)
	h.Open(t)
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(isaPath).body, isaPath)
	change := func(name string, i int, value string) map[string][]string {
		all := slices.Clone(f[name])
		all[i] = value
		return map[string][]string{name: all}
	}
	for _, c := range []struct {
		name, row string
		changes   map[string][]string
	}{
		{"no such fact", "linha 1 (idUnidade)", change("origem", 0, "campo:unidade.nada")},
		{"an expression with an error", "linha 3 (nomeSolicitante)", change("texto", 2, "cliente.nome +")},
		{"no target", "linha 2:", change("destino", 1, "")},
		{"the same target twice", "linha 2 (idUnidade)", change("destino", 1, "idUnidade")},
		{"a format of another type", "linha 1 (idUnidade)", change("formato", 0, "data:s_n")},
		{"a header that carries credentials", "linha 1 (cabecalho:Authorization)", change("destino", 0, "cabecalho:Authorization")},
		{"a password among the values", "linha 1 (senha)", map[string][]string{"destino": append([]string{"senha"}, f["destino"][1:]...), "origem": append([]string{"fixo"}, f["origem"][1:]...), "texto": append([]string{"abc123"}, f["texto"][1:]...)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := b.sendForm(isaPath, f, c.changes)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(strings.Join(problems(a.body), "\n"), c.row) {
				t.Errorf("%d, want 422 with %q: %v", a.status, c.row, problems(a.body))
			}
			again := b.form(a.body, isaPath)
			for name, values := range c.changes {
				if name != "origem" && name != "formato" && !slices.Equal(again[name], values) {
					t.Errorf("%s: typed %q, shown %q", name, values, again[name])
				}
			}
		})
	}
	for name, c := range map[string]struct{ field, value, id string }{
		"a path elsewhere": {"caminho", "//outro.exemplo/x", "erro-caminho"}, "GET with a body": {"metodo_http", "GET", ""},
		"a point that another status fires": {"ponto", string(desk.AddComment), "erro-ativar"},
	} {
		changes := map[string][]string{c.field: {c.value}}
		if c.field == "ponto" {
			changes["linhas_de"] = []string{c.value}
		}
		if name == "GET with a body" {
			changes["corpo"], c.id = []string{"json"}, "erro-corpo"
		}
		if a := b.sendForm(isaPath, f, changes); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="`+c.id+`"`) {
			t.Errorf("%s: %d, want 422 at %s: %v", name, a.status, c.id, problems(a.body))
		}
	}
	if n := h.versionCount(); n != 1 {
		t.Errorf("%d versions", n)
	}
}

// TestRowsWithoutScript: added, moved and removed by buttons that save nothing, and saved in the order shown.
func TestRowsWithoutScript(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(isaPath).body, isaPath)
	was := slices.Clone(f["destino"])
	press := func(act string) {
		t.Helper()
		a := b.sendForm(isaPath, f, map[string][]string{"ato": {act}})
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %v", act, a.status, problems(a.body))
		}
		f = b.form(a.body, isaPath)
	}
	press("descer-0")
	press("retirar-3")
	press("incluir")
	want := append([]string{was[1], was[0], was[2]}, was[4:]...)
	if got := f["destino"]; !slices.Equal(got, append(want, "")) {
		t.Fatalf("%q", got)
	}
	if required := f["obrigatorio"]; !slices.Contains(required, "1") || slices.Contains(required, "0") {
		t.Errorf("being required didn't move with its row: %q", required)
	}
	last := len(f["destino"]) - 1
	f["destino"][last], f["texto"][last] = "sistema", "ponte"
	press("subir-99") // no such row: nothing happens
	if h.versionCount() != 1 {
		t.Fatal("a button of the rows saved")
	}
	if a := b.sendForm(isaPath, f, map[string][]string{"ato": {"salvar"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	var got []string
	for _, p := range h.config().Integration.Points[desk.OpenOrder].Params {
		got = append(got, p.Target)
	}
	if !slices.Equal(got, append(want, "sistema")) {
		t.Errorf("saved %q", got)
	}
}

// TestPreviewShowsTheRealRequest: what it shows is what a movement then freezes; what is missing is said in words.
func TestPreviewShowsTheRealRequest(t *testing.T) {
	h := newHouse(t)
	bare := h.open("AUR-A-999", "Vazamento", "Pinga.")
	good := h.open("AUR-A-101", "Vazamento", "Pinga no teto.")
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(isaPath).body, isaPath)
	preview := func(n int64, changes map[string][]string) string {
		t.Helper()
		if changes == nil {
			changes = map[string][]string{}
		}
		changes["ocorrencia"] = []string{fmt.Sprint(n)}
		a := b.htmx().sendForm(isaPath+"/previa", f, changes)
		if a.status != http.StatusOK || strings.Contains(a.body, "<html") {
			t.Fatalf("%d, not a part", a.status)
		}
		return a.body
	}
	lacking := preview(bare, nil)
	if !strings.Contains(lacking, "Falta 1 valor") || !strings.Contains(lacking, "ainda não tem o id do Mobuss") || strings.Contains(lacking, "&#34;idUnidade&#34;") {
		t.Errorf("the missing unit id is not said: %s", lacking)
	}
	whole := preview(good, nil)
	for _, says := range []string{"Nada falta", "MOB-AUR-A-101", "POST http://127.0.0.1:1/ccapi/assistencia/solicitacao/v1/incluirSolicitacaoAtendimento", "Authorization: Bearer ••••", "unidade.id_mobuss", "Pinga no teto."} {
		if !strings.Contains(whole, says) {
			t.Errorf("%q is not in %s", says, whole)
		}
	}
	for _, hidden := range []string{flowtest.Marina, "52998224725", "marina@exemplo", "98765-4321", "sandbox-token"} {
		if strings.Contains(whole, hidden) {
			t.Errorf("%q is shown", hidden)
		}
	}
	rows := slices.Clone(f["destino"])
	rows[0] = "imovel.codigo"
	if edited := preview(good, map[string][]string{"destino": rows}); !strings.Contains(edited, "imovel.codigo") || !strings.Contains(edited, "&#34;codigo&#34;") {
		t.Errorf("the preview is not of what is being typed: %s", edited)
	}
	if wrong := preview(good, map[string][]string{"caminho": {"sem barra"}}); !strings.Contains(wrong, "não pode ser feita") {
		t.Errorf("a mapping that can't work: %s", wrong)
	}
	if none := preview(777777, nil); !strings.Contains(none, "Não há ocorrência") {
		t.Errorf("no such occurrence: %s", none)
	}
	if off := preview(good, map[string][]string{"ativar": nil}); !strings.Contains(off, "desligada nenhuma chamada") {
		t.Errorf("switched off: %s", off)
	}
	if h.versionCount() != 1 {
		t.Error("the preview saved")
	}
	// The movement that follows freezes the very body.
	h.move(good, "20", "")
	job := h.claim()[0]
	for _, pair := range []string{`"idUnidade":"MOB-AUR-A-101"`, `"desSolicitacao":"Pinga no teto."`, `"idLegado":"` + fmt.Sprint(good) + `"`} {
		if !strings.Contains(job.Request.Body, pair) {
			t.Errorf("%s is not in what is sent: %s", pair, job.Request.Body)
		}
		shown := strings.Replace(strings.ReplaceAll(pair, `"`, "&#34;"), ":", ": ", 1)
		if !strings.Contains(whole, shown) {
			t.Errorf("%s is not in the preview", shown)
		}
	}
}

// TestPointsNeedAMethodThatSends: without one, a status's integration can be switched off but not on.
func TestPointsNeedAMethodThatSends(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(isaPath).body, isaPath)
	if a := b.sendForm(isaPath, f, map[string][]string{"ativar": nil}); a.status != http.StatusSeeOther {
		t.Fatalf("off: %d %v", a.status, problems(a.body))
	}
	if st, _ := h.config().Status("20"); st.Point != desk.NoPoint || len(h.config().Integration.Points[desk.OpenOrder].Params) == 0 {
		t.Errorf("off: fires %q; the rows must stay for when it is on again", st.Point)
	}
	c := b.form(b.get(connPath).body, connPath)
	if a := b.sendForm(connPath, c, map[string][]string{"metodo": {"B"}}); a.status != http.StatusSeeOther {
		t.Fatalf("method B: %d %v", a.status, problems(a.body))
	}
	f = b.form(b.get(isaPath).body, isaPath)
	on := map[string][]string{"ativar": {"1"}, "ponto": {string(desk.OpenOrder)}}
	if a := b.sendForm(isaPath, f, on); a.status != http.StatusOK { // its parameters are shown first
		t.Fatalf("another method of activation: %d %v", a.status, problems(a.body))
	} else {
		f = b.form(a.body, isaPath)
	}
	if a := b.sendForm(isaPath, f, on); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-ativar"`) {
		t.Errorf("on under method B: %d %v", a.status, problems(a.body))
	}
	c = b.form(b.get(connPath).body, connPath)
	b.sendForm(connPath, c, map[string][]string{"metodo": {"C"}})
	f = b.form(b.get(isaPath).body, isaPath)
	if a := b.sendForm(isaPath, f, map[string][]string{"ativar": {"1"}}); a.status != http.StatusSeeOther {
		t.Errorf("on under method C: %d %v", a.status, problems(a.body))
	}
}
