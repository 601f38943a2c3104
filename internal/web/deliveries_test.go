package web_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestWhoMayWhatWithDeliveries: every address, for every role.
func TestWhoMayWhatWithDeliveries(t *testing.T) {
	h := newHouse(t)
	refused, unsure := h.outgoing()
	one, other := sentList+"/"+refused, sentList+"/"+unsure
	all := map[string]*browser{}
	for _, who := range []string{"atendente", "consultor", "gestor", "admin"} {
		all[who] = h.signedIn(who + "@demo")
	}
	for _, c := range []struct {
		method, path string
		form         []string
		want         map[string]int // by role; "" is the others
	}{
		{"GET", sentList, nil, map[string]int{"": 200}},
		{"GET", sentList + "?visao=todos&q=1001&ponto=MOBUSS_ICSA&versao=1&de=2020-01-01&ate=2099-01-01", nil, map[string]int{"": 200}},
		{"GET", sentList + "/contagem?rev=2", nil, map[string]int{"": 204}},
		{"GET", sentList + "/contagem", nil, map[string]int{"": 200}},
		{"GET", one, nil, map[string]int{"": 200}},
		{"GET", sentList + "/nada", nil, map[string]int{"": 404}},
		{"GET", sentList + "/lote", nil, map[string]int{"": 403, "gestor": 200, "admin": 200}},
		{"POST", sentList + "/lote", []string{"ato", "reenviar"}, map[string]int{"": 403, "gestor": 303, "admin": 303}},
		{"GET", sentList + "/lote/nada", nil, map[string]int{"": 403, "gestor": 404, "admin": 404}},
		{"POST", sentList + "/lote/nada/fazer", nil, map[string]int{"": 403, "gestor": 404, "admin": 404}},
		{"POST", sentList + "/lote/nada/parar", nil, map[string]int{"": 403, "gestor": 404, "admin": 404}},
		{"POST", sentList + "/lote/nada/apagar", nil, map[string]int{"": 404}},
		{"POST", sentList + "/lote", []string{"ato", "pular"}, map[string]int{"": 403, "gestor": 422, "admin": 422}},
		{"POST", sentList + "/lote", []string{"ato", "apagar"}, map[string]int{"": 403, "gestor": 400, "admin": 400}},
		{"POST", one + "/confirmar", []string{"id_mobuss", "X"}, map[string]int{"": 409, "consultor": 403}},
		{"POST", one + "/consultar", nil, map[string]int{"": 409, "consultor": 403}},
		{"POST", other + "/confirmar", []string{"id_mobuss", " "}, map[string]int{"": 422, "consultor": 403}},
		{"POST", other + "/confirmar", []string{"id_mobuss", strings.Repeat("x", 101)}, map[string]int{"": 422, "consultor": 403}},
		{"POST", one + "/pular", []string{"pagina", "envio", "motivo", " "}, map[string]int{"": 422, "consultor": 403}},
		{"POST", sentList + "/nada/confirmar", []string{"id_mobuss", "X"}, map[string]int{"": 404}},
	} {
		for who, b := range all {
			want, own := c.want[who]
			if !own {
				want = c.want[""]
			}
			a := answer{}
			if c.method == "GET" {
				a = b.get(c.path)
			} else {
				a = b.post(c.path, c.form...)
			}
			if a.status != want {
				t.Errorf("%s %s %v by %s: %d, want %d", c.method, c.path, c.form, who, a.status, want)
			}
		}
	}
	if a := h.browser().get(one); a.status != 303 {
		t.Errorf("nobody sees it: %d", a.status)
	}
	page := all["consultor"].get(other).body
	if strings.Contains(page, "ato-confirmar") || !strings.Contains(page, "Decidir é do atendente ou do gestor.") {
		t.Error("a consultant has buttons")
	}
	if a := all["atendente"].post(one+"/reenviar", "pagina", "envio"); a.status != 303 || a.header.Get("Location") != one {
		t.Errorf("sent again: %d", a.status)
	}
	if a := all["atendente"].post(one+"/reenviar", "pagina", "envio"); a.status != 409 || !strings.Contains(a.body, "já mudou de situação") {
		t.Errorf("sent again twice: %d", a.status)
	}
}

// TestNobodyReadsWhatTheyMayNot: personal data is masked in every form that it stands in, and pages change only if
// what they show changes.
func TestNobodyReadsWhatTheyMayNot(t *testing.T) {
	h := newHouse(t)
	refused, unsure := h.outgoing()
	b := h.signedIn("admin@demo")
	for _, id := range []string{refused, unsure} {
		page := b.get(sentList + "/" + id).body
		for _, secret := range []string{"529.982.247-25", "52998224725", "11144477735", "98765-4321", "11912345678", "Marina Figueiredo", "Otávio Sá", "sandbox-token"} {
			if strings.Contains(page, secret) {
				t.Errorf("the page of %s says %q", id, secret)
			}
		}
		if !strings.Contains(page, "Authorization: Bearer $MOBUSS_TOKEN") {
			t.Error("no curl")
		}
		_, rest, _ := strings.Cut(page, "?parte=1&amp;rev=")
		rev, _, _ := strings.Cut(rest, `"`)
		if a := b.get(fmt.Sprintf("%s/%s?parte=1&rev=%s", sentList, id, rev)); a.status != 204 {
			t.Errorf("nothing changed: %d", a.status)
		}
	}
	h.must(h.Skip(t.Context(), h.ana, unsure, "por telefone"))
	if a := b.get(sentList + "/" + unsure + "?parte=1&rev=x"); a.status != 200 || !strings.HasPrefix(a.body, `<div id="envio"`) || !strings.Contains(a.body, "Ana Souza seguiu sem enviar") {
		t.Errorf("skipped: %d", a.status)
	}
	if a := b.htmx().get(sentList + "?q=1002"); a.header.Get("HX-Replace-Url") != sentList+"?q=1002" {
		t.Errorf("the filter's URL: %v", a.header)
	}
}
