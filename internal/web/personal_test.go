package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// TestThePersonalDataThatIsSent is read from the configuration that runs, and says what could be left out.
func TestThePersonalDataThatIsSent(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	says := func(what string, wanted bool, words ...string) {
		t.Helper()
		a := b.get("/parametrizacoes/dados-enviados")
		for _, w := range words {
			if a.status != http.StatusOK || strings.Contains(a.body, w) != wanted {
				t.Errorf("%s: %d, and %q is said: %t", what, a.status, w, !wanted)
			}
		}
	}
	says("the preset", true, "<code>cpfCnpjCliente</code>", "CPF ou CNPJ do cliente", "<code>telefoneSolicitante</code>", "Nada sai além do necessário.")
	says("the preset", false, "e-mail do cliente", "pode ficar de fora", "poderiam ficar de fora")

	c := h.config()
	isa := c.Integration.Points[desk.OpenOrder]
	isa.Params = append(slices.Clone(isa.Params), mapping.Param{Target: "emailSolicitante", Field: "cliente.email"}, mapping.Param{Target: "nomeCliente", Field: "cliente.nome"})
	c.Integration.Points[desk.OpenOrder] = isa
	h.must(h.Configure(t.Context(), flowtest.Admin(), c))
	says("more than the least", true, "<code>emailSolicitante</code>", "e-mail do cliente", "pode ficar de fora", "poderiam ficar de fora")
	if a := h.signedIn("atendente@demo").get("/parametrizacoes/dados-enviados"); a.status != http.StatusForbidden {
		t.Errorf("an attendant: %d", a.status)
	}
}
