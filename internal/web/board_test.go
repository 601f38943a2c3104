package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"ponte/internal/flow"
)

// columnOf is a column of the board's markup.
func columnOf(page, code string) string {
	_, rest, _ := strings.Cut(page, `id="col-`+code+`"`)
	column, _, _ := strings.Cut(rest, "</section>")
	return column
}

func card(n int64) string { return fmt.Sprintf(`id="c-%d"`, n) }

// TestBoardOfTheList: the board is the list's question by status; switching keeps it and is remembered.
func TestBoardOfTheList(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	door := h.open("AUR-B-203", "Porta emperrada", "Não fecha.")
	b := h.signedIn("atendente@demo")
	if a := b.get("/ocorrencias"); a.status != 200 || !strings.Contains(a.body, `href="/ocorrencias/quadro?visao=abertas"`) {
		t.Fatalf("the list has no way to the board: %d", a.status)
	}
	a := b.get("/ocorrencias/quadro")
	if a.status != 200 || !strings.Contains(columnOf(a.body, "10"), card(door)) || !strings.Contains(columnOf(a.body, "99"), card(n)) {
		t.Fatalf("the board lacks its cards: %d", a.status)
	}
	failed := columnOf(a.body, "99")
	for _, want := range []string{"Infiltração no teto", "Residencial Aurora · A · 101", "Marina", "O Mobuss recusou um envio", "OS 88214 · aberta no Mobuss", `data-next="30 40 80 90"`,
		fmt.Sprintf(`href="/ocorrencias/%d/mover?de=99"`, n)} {
		if !strings.Contains(failed, want) {
			t.Errorf("the card lacks %q", want)
		}
	}
	if c := columnOf(a.body, "90"); !strings.Contains(c, `href="/ocorrencias/quadro?coluna=10&amp;coluna=20`) || strings.Contains(c, `class="card`) || !strings.Contains(c, "Mostrar encerrada") {
		t.Errorf("the closed ones are not folded: %s", c)
	}
	if a := b.get("/ocorrencias"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/ocorrencias/quadro" {
		t.Errorf("the choice is forgotten: %d %s", a.status, a.header.Get("Location"))
	}
	narrowed := b.get("/ocorrencias/quadro?q=porta&coluna=10").body
	for _, want := range []string{`href="/ocorrencias?coluna=10&amp;modo=lista&amp;q=porta"`, card(door), `name="coluna" value="10"`, `action="/ocorrencias/quadro"`,
		`href="/ocorrencias/quadro?coluna=10&amp;q=porta&amp;visao=todas"`} {
		if !strings.Contains(narrowed, want) {
			t.Errorf("the narrowed board lacks %q", want)
		}
	}
	rev := regexp.MustCompile(`parte=1&amp;rev=([0-9a-f]+)`).FindStringSubmatch(narrowed)[1]
	if a := b.get("/ocorrencias/quadro?q=porta&coluna=10&parte=1&rev=" + rev); a.status != http.StatusNoContent {
		t.Errorf("nothing changed, and the live part is sent: %d", a.status)
	}
	if a := b.post("/ocorrencias/visoes", "nome", "Portas", "consulta", "q=porta&coluna=10", "inicio", "1"); !strings.HasPrefix(a.header.Get("Location"), "/ocorrencias/quadro?salva=") {
		t.Errorf("saved from the board: %s", a.header.Get("Location"))
	}
	b.get("/ocorrencias?visao=campo") // a link from elsewhere chooses nothing
	if a := b.get("/ocorrencias"); !strings.HasPrefix(a.header.Get("Location"), "/ocorrencias/quadro?salva=") {
		t.Errorf("begins at %s", a.header.Get("Location"))
	}
	b.get("/ocorrencias?modo=lista&q=porta")
	if a := b.get("/ocorrencias"); !strings.HasPrefix(a.header.Get("Location"), "/ocorrencias?salva=") {
		t.Errorf("the list is chosen, and it begins at %s", a.header.Get("Location"))
	}
	if page := h.signedIn("consultor@demo").get("/ocorrencias/quadro").body; !strings.Contains(page, card(door)) || strings.Contains(page, "data-move") || strings.Contains(page, "draggable=\"true\"") {
		t.Error("who may not move is offered to")
	}
	for i := range flow.CardsShown {
		h.open("AUR-A-101", fmt.Sprint("Azulejo solto ", i), "Cozinha.")
	}
	all := columnOf(b.get("/ocorrencias/quadro").body, "10")
	if !strings.Contains(all, "Todas (31)") || !strings.Contains(all, `href="/ocorrencias?status=10"`) || strings.Count(all, `class="card`) != flow.CardsShown {
		t.Error("a full column says not how many there are")
	}
	if c := columnOf(b.get("/ocorrencias/quadro?q=azulejo&coluna=10&visao=campo").body, "10"); strings.Contains(c, "Todas na lista") || !strings.Contains(c, `class="num">30`) {
		t.Error("what fits is said to be more")
	}
}

// TestMoveOnTheBoard: a card is moved by the very buttons of its page, without leaving the board and without a script; what
// asks for more than that leads to the composer; what is refused keeps what was typed and says what may be done.
func TestMoveOnTheBoard(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Infiltração no teto", "A água desce.")
	b := h.signedIn("atendente@demo")
	at := path(n) + "/mover"
	b.header.Set("Referer", h.http.URL+"/ocorrencias/quadro?q=agua")
	page := b.get(at).body
	for _, want := range []string{`name="de" value="10"`, `name="volta" value="/ocorrencias/quadro?q=agua"`, `name="status" value="20"`, `name="status" value="90"`, "avisa o Mobuss", `id="mover-comentario"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the confirmation lacks %q", want)
		}
	}
	one := b.get(at + "?de=10&para=90").body
	if !strings.Contains(one, `value="90"`) || strings.Contains(one, `name="status" value="20"`) {
		t.Error("a dropped card is asked where it goes")
	}
	if a := b.get(at + "?de=10&para=50"); !strings.Contains(a.body, "não pode ir para") || !strings.Contains(a.body, `name="status" value="20"`) {
		t.Error("a column that doesn't take it says nothing")
	}
	a := b.post(at, "de", "10", "status", "20", "comentario", "Cliente em casa até as 18h", "volta", "/ocorrencias/quadro?q=agua")
	if a.status != 303 || a.header.Get("Location") != fmt.Sprintf("/ocorrencias/quadro?q=agua#c-%d", n) {
		t.Fatalf("moved: %d %s", a.status, a.header.Get("Location"))
	}
	if !strings.Contains(b.get(path(n)).body, "Cliente em casa até as 18h") {
		t.Error("the comment is lost")
	}
	// Somebody moved it before: nothing is done, what was typed stays, and what may be done now is offered.
	for what, x := range map[string]*browser{"page": b, "dialog": b.htmx()} {
		a := x.post(at, "de", "10", "status", "90", "comentario", "Resolvido por telefone", "volta", "//evil.example/quadro")
		if a.status != 409 && a.status != 422 {
			t.Errorf("%s: %d", what, a.status)
		}
		for _, want := range []string{"Alguém a moveu antes", "Resolvido por telefone", `name="de" value="20"`, `name="volta" value="/ocorrencias/quadro"`} {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s lacks %q", what, want)
			}
		}
	}
	h.settle(accepted("88214"))
	if a := b.post(at, "de", "50", "status", "20", "comentario", "De novo"); a.status < 400 || !strings.Contains(a.body, "De novo") || strings.Contains(a.body, `name="status" value="20"`) {
		t.Errorf("a second opening: %d", a.status)
	}
	page = b.get(at).body
	for code, label := range map[string]string{"30": "Solicitar vistoria", "40": "Comentar no campo"} {
		if !strings.Contains(page, fmt.Sprintf(`href="%s?para=%s#mover"`, path(n), code)) || strings.Contains(page, `name="status" value="`+code+`"`) {
			t.Errorf("%s is not left to the composer", label)
		}
		if a := b.get(at + "?para=" + code); a.status != 303 || a.header.Get("Location") != path(n)+"?para="+code+"#mover" {
			t.Errorf("dropped on %s: %d %s", code, a.status, a.header.Get("Location"))
		}
		if a := b.htmx().get(at + "?para=" + code); a.header.Get("Hx-Redirect") != path(n)+"?para="+code+"#mover" {
			t.Errorf("dropped on %s in the dialog: %v", code, a.header)
		}
		composer := b.get(path(n) + "?para=" + code).body
		if !regexp.MustCompile(`class="btn pri" name="status" value="`+code+`"`).MatchString(composer) || !strings.Contains(composer, "botão em destaque") || !strings.Contains(composer, "para="+code) {
			t.Errorf("the composer does not stand at %s", code)
		}
	}
	if composer := b.get(path(n) + "?para=20").body; strings.Contains(composer, "botão em destaque") {
		t.Error("the composer stands at a status that it can't go to")
	}
	if a := b.post(at, "de", "50", "status", "40", "comentario", ""); a.status < 400 || !strings.Contains(a.body, "erro-mover") {
		t.Errorf("a comment for the field without one: %d", a.status)
	}
	a = b.htmx().post(at, "de", "50", "status", "90")
	if a.status != 200 || a.header.Get("Hx-Trigger") != "ocorrencias, movida" {
		t.Errorf("moved in the dialog: %d %v", a.status, a.header)
	}
	if a := b.get("/ocorrencias/999999/mover"); a.status != 404 {
		t.Errorf("of nothing: %d", a.status)
	}
}
