package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestThePersonalDataThatIsSent is read from the configuration that runs, and says what could be left out.
func TestThePersonalDataThatIsSent(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	a := b.get("/parametrizacoes/dados-enviados")
	for _, says := range []string{"<code>cpfCnpjCliente</code>", "CPF ou CNPJ do cliente", "<code>emailSolicitante</code>", "e-mail do cliente", "pode ficar de fora", "poderiam ficar de fora"} {
		if a.status != http.StatusOK || !strings.Contains(a.body, says) {
			t.Errorf("%d, and %q is not said", a.status, says)
		}
	}
	if a := h.signedIn("atendente@demo").get("/parametrizacoes/dados-enviados"); a.status != http.StatusForbidden {
		t.Errorf("an attendant: %d", a.status)
	}
}
