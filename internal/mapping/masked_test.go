package mapping_test

import (
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// TestMaskedIsNowhere: what is masked is in no part of the request, however that part is encoded; without a mask it is
// the same request, and the one that shows everything has it.
func TestMaskedIsNowhere(t *testing.T) {
	rows := []mapping.Param{{Target: "a", Field: "cliente.nome"}, {Target: "url:b", Field: "cliente.nome"}, {Target: "cabecalho:X-C", Field: "cliente.nome"},
		{Target: "caminho:d", Field: "cliente.nome"}, {Target: "e", CEL: `[cliente.nome, "x"]`}, {Target: "f", Ref: mapping.RefOrderID}}
	f := &mapping.Facts{Customer: mapping.Customer{Name: "Zuleica & Cia"}}
	mask := func(_, text string) string { return strings.ReplaceAll(text, "Zuleica & Cia", "•") }
	for _, body := range []mapping.BodyKind{mapping.BodyJSON, mapping.BodyForm, mapping.BodyXML, mapping.BodyQuery} {
		c, err := mapping.Default(desk.MethodC, "mobuss-atual")
		if err != nil {
			t.Fatal(err)
		}
		p := c.Integration.Points[desk.AskVisit]
		p.Path, p.Body, p.Params = "/x/{d}", body, rows
		if body == mapping.BodyXML {
			p.XML = &mapping.XML{Root: "r"}
		}
		c.Integration.Points[desk.AskVisit] = p
		rules, err := mapping.Compile(c)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := rules.Trace(desk.AskVisit, f, mapping.Refs{OrderID: "77"})
		if err != nil {
			t.Fatal(err)
		}
		parts := func(r *mapping.Request) string {
			return strings.Join([]string{r.Path, r.Query, r.Body, r.Header["X-C"]}, "\n")
		}
		if got := whole.Masked(func(_, text string) string { return text }).Request; parts(got) != parts(whole.Request) {
			t.Errorf("%s: without a mask\n%s\nwant\n%s", body, parts(got), parts(whole.Request))
		}
		hidden := whole.Masked(mask)
		if got := parts(hidden.Request); strings.Contains(got, "Zuleica") || !strings.Contains(got, "77") {
			t.Errorf("%s: %s", body, got)
		}
		if !strings.Contains(parts(whole.Request), "Zuleica") {
			t.Errorf("%s: the mask reached what it was made from", body)
		}
		for _, r := range hidden.Rows {
			if strings.Contains(r.Text(), "Zuleica") {
				t.Errorf("%s: row %s says %s", body, r.Target, r.Text())
			}
		}
	}
}
