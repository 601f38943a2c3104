package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestSameCallFromEverywhere: one id_externo, 64 callers at once through two processes. One occurrence, one movement,
// one order, and the same answer for everybody.
func TestSameCallFromEverywhere(t *testing.T) {
	s := newSite(t, storetest.URL(t, store.Postgres), 2, released)
	for i := range s.running {
		if err := s.serve(t.Context(), i, ""); err != nil {
			t.Fatal(err)
		}
	}
	number := everybody(t, s, "/ocorrencias", `{"id_externo": "uma só", "cod_projeto": "PDA-U-7", "bloqueio_incluir_cliente": "T", "descricao": "Chuva na sala."}`)
	again := everybody(t, s, fmt.Sprintf("/ocorrencias/%d/movimentacoes", number), `{"id_externo": "uma só", "cod_status": "20"}`)
	if again != number {
		t.Errorf("the movement answers %d, the opening %d", again, number)
	}
	l := &load{site: s}
	err := poll(t.Context(), func() (bool, error) {
		o, err := l.show(t.Context(), number)
		return o.Status == "50", err
	})
	if err != nil {
		t.Fatal(err)
	}
	orders, err := s.field.orders(t.Context())
	if err != nil || len(orders) != 1 {
		t.Errorf("%d orders, want 1 (%v)", len(orders), err)
	}
	db := ledger(t, s.database)
	for query, want := range map[string]int{
		"SELECT count(*) FROM occurrence":                              1,
		"SELECT count(*) FROM movement WHERE to_status = '20'":         1,
		"SELECT count(*) FROM delivery":                                1,
		"SELECT count(*) FROM inbound_call WHERE outcome = 'aceito'":   2,
		"SELECT count(*) FROM inbound_call WHERE outcome = 'repetido'": 126,
		"SELECT count(*) FROM inbound_call WHERE differs_from <> ''":   0,
		"SELECT count(*) FROM audit WHERE action = 'ocorrencia.abrir'": 1,
	} {
		if got := count(t, db, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// everybody makes the same call 64 times at once, through every Ponte: one is told 201, the others 200, and all of
// them the same.
func everybody(t *testing.T, s *site, path, body string) int64 {
	t.Helper()
	const callers = 64
	answers, errs := make([]answer, callers), make([]error, callers)
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range callers {
		done.Go(func() {
			<-start
			answers[i], errs[i] = web.do(t.Context(), http.MethodPost, s.serving[i%len(s.serving)]+rest+path, deskToken, body)
		})
	}
	close(start)
	done.Wait()
	created := 0
	for i, a := range answers {
		switch {
		case errs[i] != nil:
			t.Fatal(errs[i])
		case a.status == http.StatusCreated:
			created++
		case a.status != http.StatusOK:
			t.Fatalf("caller %d: %s", i, a)
		}
		if string(a.body) != string(answers[0].body) {
			t.Errorf("caller %d: %s, and caller 0: %s", i, a, answers[0])
		}
	}
	if created != 1 {
		t.Errorf("%d callers were told 201, want 1", created)
	}
	var out occurrence
	if err := json.Unmarshal(answers[0].body, &out); err != nil {
		t.Fatal(err)
	}
	return out.Number
}
