package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow/flowtest"
)

const classesAt = "/parametrizacoes/itens"

// TestItemsAreKeptByPage: begun from the one that ships, added to, changed; what can't be is said at its field.
func TestItemsAreKeptByPage(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	if page := b.get(classesAt).body; !strings.Contains(page, "Começar pelo catálogo pronto") {
		t.Fatal("an empty catalogue offers no beginning")
	}
	if a := b.post(classesAt); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	fresh := classesAt + "/item/Novo"
	f := b.form(b.get(fresh+"?em=hidraulica").body, fresh)
	if f.Get("dentro_de") != "hidraulica" || f.Get("ativo") == "" {
		t.Errorf("a new one inside another: %v", f)
	}
	for field, change := range map[string]map[string][]string{
		"codigo": {"nome": {"Bidê"}, "codigo": {"bidê"}}, "nome": {"nome": {"Torneira"}, "codigo": {"hidraulica.outra"}},
		"dentro_de": {"nome": {"Bidê"}, "codigo": {"bide"}, "dentro_de": {"nada"}}, "prioridade": {"nome": {"Bidê"}, "codigo": {"bide"}, "prioridade": {"já"}},
	} {
		if a := b.sendForm(fresh, f, change); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-`+field+`"`) {
			t.Errorf("%s: %d %v", field, a.status, problems(a.body))
		}
	}
	if a := b.sendForm(fresh, f, map[string][]string{"nome": {"Bidê <b"}, "codigo": {"hidraulica.bide"}, "prioridade": {"alta"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	if page := b.get(classesAt).body; !strings.Contains(page, "Bidê &lt;b") {
		t.Error("it is not listed, or not as text")
	}
	at := classesAt + "/item/hidraulica.bide"
	if a := b.sendForm(at, b.form(b.get(at).body, at), map[string][]string{"nome": {"Bidê"}, "ativo": nil}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	book, err := h.Classes(t.Context())
	if x, there := book.Get(desk.ClassItem, "hidraulica.bide"); err != nil || !there || x.Name != "Bidê" || !x.Inactive || x.Priority != "alta" {
		t.Errorf("%+v %v", x, err)
	}
	for _, path := range []string{"/item/nada", "/coisa/Novo", "/item/HIDRAULICA"} {
		if a := b.get(classesAt + path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// TestAnOpeningSaysWhatIsBroken: the beginnings of words are enough; what may be several keeps what was typed and says which.
func TestAnOpeningSaysWhatIsBroken(t *testing.T) {
	h := newHouse(t)
	h.must(h.StartClasses(t.Context(), flowtest.Admin()))
	b := h.signedIn("atendente@demo")
	_, found := h.chosen("AUR-A-101")
	open := func(item, failure string) answer {
		return b.post("/ocorrencias/nova", "unidade", fmt.Sprint(found.UnitID), "cliente", fmt.Sprint(found.CustomerID), "descricao", "Cheiro forte na cozinha",
			"relacao", "proprietario", "item", item, "falha", failure)
	}
	if a := open("parede", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Estrutura &gt; Parede; Pintura &gt; Parede") || !strings.Contains(a.body, `value="parede"`) {
		t.Errorf("two walls: %d %v", a.status, problems(a.body))
	}
	if a := open("", "xyz"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-falha"`) {
		t.Errorf("nothing: %d", a.status)
	}
	a := open("", "cheiro gas")
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	for where, page := range map[string]string{"its page": b.get(a.header.Get("Location")).body, "the list": b.get("/ocorrencias").body, "the panel": b.get("/painel").body} {
		if !strings.Contains(page, "Hidráulica &gt; Instalação de gás") || !strings.Contains(page, "Cheiro de gás") || !strings.Contains(page, "Emergência") && !strings.Contains(page, "emergência") {
			t.Errorf("%s doesn't say what is broken, or that it is urgent", where)
		}
	}
	if !strings.Contains(b.get("/painel").body, "1 emergência aberta") {
		t.Error("the panel doesn't count it")
	}
}
