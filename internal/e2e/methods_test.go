package e2e

import (
	"net/http"
	"testing"

	"ponte/internal/desk"
)

// TestMethods holds the three methods, and none, against RULES.md, "Method and environment": what the method excludes
// is off, and says so when tried.
func TestMethods(t *testing.T) {
	for _, c := range []struct {
		method     desk.Method
		open, tell int    // how Mobuss's opening and comment are answered
		sent       string // what becomes of a movement's message
		orders     int
		status     string // where it stands after it
	}{
		{desk.NoMethod, http.StatusConflict, http.StatusConflict, "ignorado", 0, "20"},
		{desk.MethodA, http.StatusConflict, http.StatusCreated, "entregue", 1, "50"},
		{desk.MethodB, http.StatusCreated, http.StatusCreated, "ignorado", 0, "20"},
		{desk.MethodC, http.StatusCreated, http.StatusCreated, "entregue", 1, "50"},
	} {
		t.Run(string(c.method), func(t *testing.T) {
			ctx := t.Context()
			s := newSite(t, sqliteURL(t), 1, released)
			s.choose(c.method)
			if err := s.serve(ctx, 0, ""); err != nil {
				t.Fatal(err)
			}
			l := &load{site: s}
			expect := func(want int, token, path, body string) {
				t.Helper()
				a, err := s.call(ctx, token, http.MethodPost, path, body)
				if err != nil || a.status != want {
					t.Errorf("%s: %s, want %d (%v)", path, a, want, err)
				}
			}
			expect(http.StatusCreated, deskToken, "/ocorrencias", `{"cod_projeto": "PDA-U-7", "bloqueio_incluir_cliente": "T", "descricao": "da casa"}`)
			expect(http.StatusCreated, deskToken, "/ocorrencias/1000/movimentacoes", `{"cod_status": "20"}`)
			o := l.settled(ctx, t, 1000, 1)
			if d := o.Deliveries[0]; d.State != c.sent || (d.Error == "") != (c.sent == "entregue") || o.Status != c.status {
				t.Errorf("its delivery is %+v, and it stands at %s; want %s and %s", d, o.Status, c.sent, c.status)
			}
			orders, err := s.field.orders(ctx)
			if err != nil || len(orders) != c.orders {
				t.Errorf("%d orders, want %d (%v)", len(orders), c.orders, err)
			}
			expect(c.tell, fieldToken, "/ocorrencias/1000/comentarios", `{"comentario": "do campo"}`)
			expect(c.open, fieldToken, "/ocorrencias", `{"id_externo": "SAT-1", "cod_projeto": "7", "bloqueio_incluir_cliente": "T", "descricao": "do campo"}`)
			if want, n := c.open == http.StatusCreated, count(t, ledger(t, s.database), "SELECT count(*) FROM occurrence"); (n == 2) != want {
				t.Errorf("%d occurrences", n)
			}
		})
	}
}
