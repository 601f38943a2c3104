package e2e

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestSameCallFromEverywhere: one id_externo, 64 callers at once, half of them by REST and half by SOAP, through two
// processes on one PostgreSQL, and through one on SQLite. One occurrence, one movement, one order, and the same answer
// for everybody.
func TestSameCallFromEverywhere(t *testing.T) {
	t.Run("PostgreSQL", func(t *testing.T) { sameFromEverywhere(t, storetest.URL(t, store.Postgres), 2) })
	t.Run("SQLite", func(t *testing.T) { sameFromEverywhere(t, sqliteURL(t), 1) })
}

func sameFromEverywhere(t *testing.T, databaseURL string, pontes int) {
	s := newSite(t, databaseURL, pontes, released)
	for i := range s.running {
		if err := s.serve(t.Context(), i, ""); err != nil {
			t.Fatal(err)
		}
	}
	number := everybody(t, s, "IncluirOcorrencia", map[string]string{"id_externo": "uma só", "cod_projeto": "PDA-U-7",
		"bloqueio_incluir_cliente": "T", "descricao": "Chuva na sala."})
	again := everybody(t, s, "MovimentarOcorrencia", map[string]string{"numero_ocorrencia": fmt.Sprint(number), "id_externo": "uma só", "cod_status": "20"})
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
		"SELECT count(*) FROM occurrence":                      1,
		"SELECT count(*) FROM movement WHERE to_status = '20'": 1,
		"SELECT count(*) FROM delivery":                        1,
		"SELECT count(*) FROM inbound_call WHERE outcome = 'aceito' AND operation <> 'ConsultarOcorrencia'": 2,
		"SELECT count(*) FROM inbound_call WHERE outcome = 'repetido'":                                      126,
		"SELECT count(*) FROM inbound_call WHERE door = 'soap'":                                             64,
		"SELECT count(*) FROM inbound_call WHERE differs_from <> ''":                                        0,
		"SELECT count(*) FROM audit WHERE action = 'ocorrencia.abrir'":                                      1,
	} {
		if got := count(t, db, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// everybody makes the same call 64 times at once, through every Ponte and both doors: at most one caller by REST is told
// 201 (none, where SOAP came first), and all of them the same number.
func everybody(t *testing.T, s *site, operation string, params map[string]string) int64 {
	t.Helper()
	const callers = 64
	byREST, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	bySOAP := envelope(operation, params)
	answers, errs := make([]answer, callers), make([]error, callers)
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range callers {
		done.Go(func() {
			ponte, door := s.serving[i%len(s.serving)], i/len(s.serving)%2
			<-start
			if door == 0 {
				answers[i], errs[i] = web.do(t.Context(), http.MethodPost, ponte+rest+"/"+operation, deskToken, string(byREST))
			} else {
				answers[i], errs[i] = web.soap(t.Context(), ponte, deskToken, bySOAP)
			}
		})
	}
	close(start)
	done.Wait()
	created, numbers, first := 0, map[string]int{}, ""
	for i, a := range answers {
		switch {
		case errs[i] != nil:
			t.Fatal(errs[i])
		case a.status == http.StatusCreated:
			created++
		case a.status != http.StatusOK:
			t.Fatalf("caller %d: %s", i, a)
		}
		if m := numbered.FindSubmatch(a.body); m != nil {
			first = string(m[1])
			numbers[first]++
		}
	}
	if created > 1 || numbers[first] != callers {
		t.Fatalf("%d callers were told 201, want one at most; the numbers told are %v, want one, %d times", created, numbers, callers)
	}
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// numbered finds the number in an answer of either door.
var numbered = regexp.MustCompile(`numero_ocorrencia(?:":|>)(\d+)`)

// envelope is a call in SOAP 1.1.
func envelope(operation string, params map[string]string) string {
	var b strings.Builder
	b.WriteString(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><` + operation + ` xmlns="urn:ponte:webservice:v1">`)
	for name, value := range params {
		b.WriteString("<" + name + ">")
		_ = xml.EscapeText(&b, []byte(value)) // to memory: can't fail
		b.WriteString("</" + name + ">")
	}
	b.WriteString(`</` + operation + `></e:Body></e:Envelope>`)
	return b.String()
}

// soap makes one call by SOAP.
func (c *caller) soap(ctx context.Context, ponte, token, envelope string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, ponte+"/ws/soap", strings.NewReader(envelope))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	return c.send(r, token)
}
