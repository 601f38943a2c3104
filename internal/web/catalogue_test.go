package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
)

const (
	catPath = "/parametrizacoes/catalogo"
	newPath = catPath + "/novo"
)

// TestTheCatalogueIsForThoseWhoConfigure: nobody else sees or changes it.
func TestTheCatalogueIsForThoseWhoConfigure(t *testing.T) {
	h := newHouse(t)
	for _, login := range []string{"atendente@demo", "gestor@demo"} {
		b := h.signedIn(login)
		for _, path := range []string{catPath, newPath, stPath + "/60/retirar"} {
			if a := b.get(path); a.status != http.StatusForbidden {
				t.Errorf("%s sees %s: %d", login, path, a.status)
			}
			if a := b.post(path, "versao", "1", "codigo", "70", "nome", "x", "tipo", "campo"); a.status != http.StatusForbidden {
				t.Errorf("%s changes %s: %d", login, path, a.status)
			}
		}
	}
	if h.versionCount() != 1 {
		t.Error("something was saved")
	}
}

// TestAStatusIsAdded with the ways to it and from it; what can't be is said beside its field, and what was typed stays.
func TestAStatusIsAdded(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(newPath).body, newPath)
	fill := map[string][]string{"codigo": {"70"}, "nome": {"aguardando peça"}, "tipo": {"espera"}, "icone": {"hourglass"}, "botao": {"Aguardar peça"},
		"vindos": {"50", "60"}, "proximos": {"50", "90"}, "quem_move": {"gestor", "programa"}, "comentario_obrigatorio": {"1"}, "nota": {"Peças sob encomenda"}}
	with := func(name string, values ...string) map[string][]string {
		out := map[string][]string{name: values}
		for k, v := range fill {
			if k != name {
				out[k] = v
			}
		}
		return out
	}
	for _, c := range []struct{ name, value, id string }{
		{"codigo", "20", "erro-codigo"}, {"codigo", "", "erro-codigo"}, {"codigo", "a b", "erro-codigo"}, {"nome", "", "erro-nome"}, {"tipo", "cor", "erro-tipo"},
	} {
		a := b.sendForm(newPath, f, with(c.name, c.value))
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="`+c.id+`"`) {
			t.Errorf("%s %q: %d, want 422 at %s: %v", c.name, c.value, a.status, c.id, problems(a.body))
		}
		again := b.form(a.body, newPath)
		if !slices.Equal(again["vindos"], fill["vindos"]) || again.Get("botao") != "Aguardar peça" || !slices.Equal(again["quem_move"], fill["quem_move"]) {
			t.Errorf("%s: what was typed is lost: %v", c.name, again)
		}
	}
	if a := b.sendForm(newPath, f, fill); a.status != http.StatusSeeOther || a.header.Get("Location") != stPath+"/70?salvo=1" {
		t.Fatalf("%d to %s: %v", a.status, a.header.Get("Location"), problems(a.body))
	}
	c := h.config()
	st, there := c.Status("70")
	if !there || st.Kind != desk.KindWait || st.Icon != "hourglass" || !st.CommentRequired || !slices.Equal(st.Next, []string{"50", "90"}) ||
		!slices.Equal(st.Movers, []desk.Mover{desk.MoverManager, desk.MoverProgram}) {
		t.Errorf("saved %+v", st)
	}
	at := func(code string) int {
		return slices.IndexFunc(c.Statuses, func(s desk.Status) bool { return s.Code == code })
	}
	if at("70") > at("90") {
		t.Error("it stands behind the closed one")
	}
	for _, from := range []string{"50", "60"} {
		if s, _ := c.Status(from); !slices.Contains(s.Next, "70") {
			t.Errorf("no way from %s", from)
		}
	}
	// Saving it again without a change is no change.
	edit := b.form(b.get(stPath+"/70").body, stPath+"/70")
	if a := b.sendForm(stPath+"/70", edit, nil); a.status != http.StatusSeeOther || h.versionCount() != 2 {
		t.Errorf("%d, %d versions: %v", a.status, h.versionCount(), problems(a.body))
	}
}

// TestTheCatalogueAsAWhole: order, ways and uses in one version; what can't be is said at its row.
func TestTheCatalogueAsAWhole(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(catPath).body, catPath)
	if a := b.sendForm(catPath, f, map[string][]string{"ato": {"salvar"}}); a.status != http.StatusSeeOther || h.versionCount() != 1 {
		t.Fatalf("saving without a change: %d, %d versions %v", a.status, h.versionCount(), problems(a.body))
	}
	moved := b.sendForm(catPath, f, map[string][]string{"ato": {"descer-0"}, "tipos": {"Hidráulica\nElétrica"}})
	f = b.form(moved.body, catPath)
	if !slices.Equal(f["codigo"][:2], []string{"20", "10"}) || f.Get("tipos") != "Hidráulica\nElétrica" || h.versionCount() != 1 {
		t.Errorf("moved: %v, types %q, %d versions", f["codigo"], f.Get("tipos"), h.versionCount())
	}
	for _, c := range []struct {
		name, value, id string
	}{
		{"status_de_falha", "20", "para-20"}, {"status_de_falha", "", "erro-status_de_falha"}, {"status_inicial", "90", "erro-status_inicial"},
		{"status_encerrada", "50", "erro-status_encerrada"}, {"primeiro_numero", "mil", "erro-primeiro_numero"}, {"tipos", " \n ", "erro-tipos"},
	} {
		a := b.sendForm(catPath, f, map[string][]string{"ato": {"salvar"}, c.name: {c.value}})
		said := strings.Contains(a.body, `id="`+c.id+`"`)
		if strings.HasPrefix(c.id, "para-") {
			said = strings.Contains(a.body, `id="`+c.id+`" class="wrong"`)
		}
		if a.status != http.StatusUnprocessableEntity || !said {
			t.Errorf("%s %q: %d, want 422 at %s: %v", c.name, c.value, a.status, c.id, problems(a.body))
		}
	}
	a := b.sendForm(catPath, f, map[string][]string{"ato": {"salvar"}, "para-10": {"90", "20", "60"}, "status_inicial": {"10"}, "primeiro_numero": {"5000"}, "nota": {"Como combinado"}})
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	c := h.config()
	ten, _ := c.Status("10")
	if c.Statuses[0].Code != "20" || !slices.Equal(ten.Next, []string{"20", "90", "60"}) || c.FirstNumber != 5000 || !slices.Equal(c.Types, []string{"Hidráulica", "Elétrica"}) {
		t.Errorf("saved %v, next of 10 %v, first %d, types %q", c.Statuses[0].Code, ten.Next, c.FirstNumber, c.Types)
	}
	// Somebody else saved meanwhile: nothing is lost, and saving again makes it so.
	clash := b.sendForm(catPath, f, map[string][]string{"ato": {"salvar"}, "primeiro_numero": {"6000"}})
	if clash.status != http.StatusConflict || !strings.Contains(clash.body, "salvou a versão 2") {
		t.Fatalf("clash: %d %v", clash.status, problems(clash.body))
	}
	if again := b.form(clash.body, catPath); again.Get("primeiro_numero") != "6000" || again.Get("versao") != "2" {
		t.Errorf("after the clash: %v", again)
	}
}

// TestAStatusIsTakenAway only when nothing is in it and nothing rests on it; the page says what does.
func TestAStatusIsTakenAway(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	path := func(code string) string { return stPath + "/" + code + "/retirar" }
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	for code, says := range map[string]string{"10": "1 ocorrência está nele", "90": "de encerramento", "50": "segue um envio aceito do status 20", "99": "de falha"} {
		page := b.get(path(code)).body
		if !strings.Contains(page, says) || strings.Contains(page, `class="btn danger"`) {
			t.Errorf("%s: %q is not said, or it is offered all the same", code, says)
		}
		if a := b.post(path(code), "versao", "1"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s is taken away: %d", code, a.status)
		}
	}
	h.move(n, "20", "")
	if a := b.post(path("20"), "versao", "1"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "1 ocorrência está nele") {
		t.Errorf("from under its occurrence: %d", a.status)
	}
	page := b.get(path("60")).body
	if !strings.Contains(page, "nome dele") {
		t.Errorf("what goes and what stays is not said: %s", page)
	}
	f := b.form(page, path("60"))
	if a := b.sendForm(path("60"), f, map[string][]string{"nota": {"Sem uso"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	if _, there := h.config().Status("60"); there {
		t.Error("it is still there")
	}
	for _, s := range h.config().Statuses {
		if slices.Contains(s.Next, "60") {
			t.Errorf("%s still leads to it", s.Code)
		}
	}
	if a := b.get(stPath + "/60"); a.status != http.StatusNotFound {
		t.Errorf("its page: %d", a.status)
	}
}

// TestTheComposerAsksForTheComment beside the textarea; a note for the house doesn't do; who may not move sees no button.
func TestTheComposerAsksForTheComment(t *testing.T) {
	h := newHouse(t)
	consultant := h.signedIn("consultor@demo")
	for code, change := range map[string]map[string][]string{"20": {"comentario_obrigatorio": {"1"}}, "90": {"quem_move": {"gestor"}}} {
		f := consultant.form(consultant.get(stPath+"/"+code).body, stPath+"/"+code)
		if a := consultant.sendForm(stPath+"/"+code, f, change); a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %v", code, a.status, problems(a.body))
		}
	}
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	path := fmt.Sprintf("/ocorrencias/%d", n)
	b := h.signedIn("atendente@demo")
	page := b.get(path).body
	if strings.Contains(page, `name="status" value="90"`) || !strings.Contains(page, `name="status" value="20"`) || !strings.Contains(page, "Pede um comentário: ") {
		t.Error("the buttons don't follow who may move, or the comment is not announced")
	}
	if !strings.Contains(h.signedIn("gestor@demo").get(path).body, `name="status" value="90"`) {
		t.Error("a manager has no button")
	}
	for _, c := range []struct {
		pairs  []string
		status int
		says   string
	}{
		{[]string{"status", "20"}, http.StatusUnprocessableEntity, "pede um comentário"},
		{[]string{"status", "20", "comentario", "só nós", "interno", "on"}, http.StatusUnprocessableEntity, "fique na movimentação"},
		{[]string{"status", "90", "comentario", "pronto"}, http.StatusForbidden, "reservado a outras pessoas"},
	} {
		a := b.post(path+"/movimentacoes", c.pairs...)
		if a.status != c.status || !strings.Contains(a.body, c.says) || !strings.Contains(a.body, `id="erro-mover"`) {
			t.Errorf("%v: %d, want %d saying %q", c.pairs, a.status, c.status, c.says)
		}
	}
	if !strings.Contains(b.post(path+"/movimentacoes", "status", "20").body, `aria-describedby="erro-mover"`) {
		t.Error("the textarea isn't tied to what is wrong with it")
	}
	if a := b.post(path+"/movimentacoes", "status", "20", "comentario", "Pinga no quarto"); a.status != http.StatusSeeOther {
		t.Errorf("with a comment: %d", a.status)
	}
	if o, err := h.Show(t.Context(), h.ana, n); err != nil || o.Status.Code != "20" {
		t.Errorf("%+v, %v", o, err)
	}
}
