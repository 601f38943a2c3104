package web_test

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var chipOut = regexp.MustCompile(`<a href="([^"]+)" aria-label="Tirar o filtro ([^"]+)"`)

// TestListFiltersCombine: filters hold together, each is shown with the way out of it, and that way leaves the others.
func TestListFiltersCombine(t *testing.T) {
	h := newHouse(t)
	h.open("AUR-A-101", "Infiltração no teto", "A água desce pela parede")
	h.open("AUR-B-203", "Porta emperrada", "Não fecha")
	b := h.signedIn("atendente@demo")
	const all = "/ocorrencias?bloco=A&empreendimento=AUR&minhas=1&prioridade=normal&q=agua&situacao=aberta&status=10&tipo=geral&visao=todas"
	page := b.get(all).body
	if got := numbersOf(page); len(got) > 1 {
		t.Errorf("%d rows", len(got))
	}
	chips := chipOut.FindAllStringSubmatch(page, -1)
	if len(chips) != 7 {
		t.Fatalf("%d chips: %v", len(chips), chips)
	}
	for _, c := range chips {
		without := html.UnescapeString(c[1])
		if a := b.get(without); a.status != 200 || len(chipOut.FindAllString(a.body, -1)) >= len(chips) {
			t.Errorf("without %s: %s still has them all", c[2], without)
		}
	}
	for _, want := range []string{`<option value="A" selected>`, `<option value="AUR" selected>`, `name="minhas" value="1" checked`, "Filtros: 6", "abertas por último primeiro"} {
		if !strings.Contains(page, want) && !(want == "abertas por último primeiro" && len(numbersOf(page)) == 0) {
			t.Errorf("the page lacks %s", want)
		}
	}
	two := b.get("/ocorrencias?tipo=geral&tipo=pintura&tipo=eletrica").body
	if !strings.Contains(two, `<input type="hidden" name="tipo" value="pintura">`) || len(chipOut.FindAllString(two, -1)) != 3 {
		t.Error("values after the first get lost when the form is sent")
	}
	for path, want := range map[string]int{"/ocorrencias?q=agua": 1, "/ocorrencias?q=PAREDE+infil": 1, "/ocorrencias?bloco=B&empreendimento=AUR": 1, "/ocorrencias?empreendimento=AUR": 2,
		"/ocorrencias?situacao=encerrada": 0, "/ocorrencias?idade=30": 0, "/ocorrencias?de=2020-01-01": 2, "/ocorrencias?de=x&ate=9999-99-99&idade=-3": 2, "/ocorrencias?falhas=1": 0} {
		if got := numbersOf(b.get(path).body); len(got) != want {
			t.Errorf("%s has %v, want %d", path, got, want)
		}
	}
	gone := b.get("/ocorrencias?q=agua&bloco=B&empreendimento=AUR").body
	if !strings.Contains(gone, `href="/ocorrencias?q=agua&amp;visao=todas"`) {
		t.Error("no way on from filters that leave nothing")
	}
	if !slices.Contains(numbersOf(b.get("/ocorrencias?q=1000").body), "1000") {
		t.Error("not found by its number")
	}
}
