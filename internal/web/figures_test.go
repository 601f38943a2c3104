package web_test

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ponte/internal/flow"
)

// TestFigures: each figure of the panel leads to a list of just as many, whatever the figures are of; what makes no sense in
// the URL does no harm.
func TestFigures(t *testing.T) {
	h := newHouse(t)
	n := h.busy()
	h.visitsToday(n)
	h.must(h.MoveByHand(t.Context(), h.ana, flow.MoveInput{Number: h.open("AUR-A-101", "Piso solto", "Na sala."), Status: "90"}))
	b := h.signedIn("gestor@demo")
	for _, ask := range []string{"", "?periodo=90&empreendimento=AUR", "?periodo=365&tipo=hidraulica", "?periodo=zz&empreendimento=%00&tipo=<b>"} {
		page := b.get("/painel" + ask)
		_, figures, _ := strings.Cut(page.body, `id="indicadores"`)
		if page.status != 200 || strings.Contains(page.body, "<b>\"") || !strings.Contains(figures, "Ver em tabela") {
			t.Fatalf("%s: %d", ask, page.status)
		}
		cells := regexp.MustCompile(`<a (?:class="tile" )?href="([^"]+)">(?:<strong class="num">)?(\d+)<`).FindAllStringSubmatch(figures, -1)
		if len(cells) < 2 || ask == "" && len(cells) < 10 {
			t.Fatalf("%s: %d figures", ask, len(cells))
		}
		for _, m := range cells {
			list := b.get(html.UnescapeString(m[1])).body
			if rows := strings.Count(list, `<tr id="o-`); rows > 49 || m[2] != strconv.Itoa(rows) {
				t.Errorf("%s: %s says %s, its list has %d", ask, m[1], m[2], rows)
			}
		}
	}
	if chip := b.get("/ocorrencias?visao=todas&evento=aberta&de=2020-01-01&ate=2020-01-31&empreendimento=AUR").body; !strings.Contains(chip, "Abertas de 01/01/2020 a 31/01/2020 · AUR") || !strings.Contains(chip, "Nenhuma assim em Todas") {
		t.Error("the list doesn't say what it is narrowed to")
	}
	for _, odd := range []string{"evento=x&de=1", "evento=aberta&de=31/12/2026&ate=&unidade=-1", "evento=encerrada&apos=1.2&unidade=x", "evento=falhou&status=99", "evento=visitada&visao=falha"} {
		if a := b.get("/ocorrencias?" + odd); a.status != 200 {
			t.Errorf("%s: %d", odd, a.status)
		}
	}
}
