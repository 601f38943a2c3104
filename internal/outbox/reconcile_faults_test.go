package outbox

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// faultsOfLooks are all that the sandbox can do to a question.
var faultsOfLooks = []string{"http_500", "http_503_retry_after", "http_429", "erro_200", "timeout_apos_aceitar", "conexao_cortada", "cortada_antes",
	"lento", "corpo_invalido", "recusar"}

// TestFaultsFindNothing: whatever becomes of the questions, an installation that agrees with Mobuss has no findings, none
// of its orders is touched, and the next whole run says so. Its control: believing that what was not answered is not
// there, the same faults would find every order missing.
func TestFaultsFindNothing(t *testing.T) {
	f := newYard(t, storetest.New(t, store.SQLite), func(c *mapping.Config) {
		c.Integration.Policy.Timeout = mapping.Duration(100 * time.Millisecond)
		c.Integration.Reconcile.Take = desk.ByItself
	})
	const orders = 3
	var numbers []int64
	for range orders {
		n, _ := f.order()
		f.move(n, "40", "olá")
		numbers = append(numbers, n)
	}
	before := f.told(numbers)
	var asked, failed int64
	for _, fault := range faultsOfLooks {
		f.faults(map[string]any{"metodo": "*", "tipo": fault, "probabilidade": 0.7, "ms": 300})
		run := f.compare()
		asked += run.Orders + run.Customers + run.Failed
		failed += run.Failed
		if all := f.open(); len(all) > 0 || run.Found != 0 || run.Taken != 0 {
			t.Fatalf("%s: %+v, found %+v", fault, run, all)
		}
	}
	if after := f.told(numbers); after != before {
		t.Errorf("%s became %s", before, after)
	}
	if failed < asked/4 {
		t.Errorf("only %d of %d questions were hurt: this shows nothing", failed, asked)
	}
	f.faults()
	if run := f.compare(); run.Orders != orders || run.Failed != 0 || run.Found != 0 {
		t.Errorf("%+v", run)
	}

	// The control: a configuration that takes silence for "not there".
	c := f.config()
	c.Integration.Reconcile.Order.NotFound = `http != 200 || !has(corpo.idMobuss)`
	f.must(f.Configure(t.Context(), flowtest.Admin(), c))
	f.faults(map[string]any{"metodo": "*", "tipo": "erro_200", "probabilidade": 1.0})
	f.compare()
	if got := f.open(desk.OrderMissing); len(got) != orders {
		t.Errorf("the control: %d findings of %d false ones", len(got), orders)
	}
}

// told is all that the occurrences say, as a text.
func (f *yard) told(numbers []int64) (out string) {
	for _, n := range numbers {
		o := f.show(n)
		out += fmt.Sprintf("%d %s %d movements %d deliveries %v; ", n, o.Status.Code, len(o.Movements), len(o.Deliveries), o.Orders)
	}
	return out
}

func (f *yard) config() *mapping.Config {
	f.t.Helper()
	return flowtest.Own(f.t, f.Flow)
}

// TestAnOutageLosesNoFinding: what was found stays found while Mobuss does not answer.
func TestAnOutageLosesNoFinding(t *testing.T) {
	f := newYard(t, storetest.New(t, store.SQLite), nil)
	_, id := f.order()
	f.act(id, map[string]string{"acao": "comentar", "texto": "a caminho", "tecnico": "Jorge", "data": "2026-03-01T10:00:00-03:00"})
	f.compare()
	f.only(desk.CommentUntold)
	for _, fault := range []string{"erro_200", "http_503_retry_after", "corpo_invalido"} {
		f.faults(map[string]any{"metodo": "*", "tipo": fault, "probabilidade": 1.0})
		f.compare()
		f.only(desk.CommentUntold)
	}
	f.faults()
	f.compare()
	f.only(desk.CommentUntold)
}

// TestThePollAndTheCallRace: the same comment comes by a look and by a call at once, many times over: it is told once.
func TestThePollAndTheCallRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newYard(t, s, func(c *mapping.Config) {
			polling(c)
			c.Integration.Reconcile.OfCustomer = nil
		})
		n, id := f.order()
		f.compares.Stop()
		const rounds = 25
		for i := range rounds {
			words := fmt.Sprintf("notícia %d", i)
			at := time.Date(2026, 3, 1, 13, 0, i, 0, time.UTC)
			f.act(id, map[string]string{"acao": "comentar", "texto": words, "tecnico": "Jorge", "data": at.Format(time.RFC3339)})
			run, record := f.looked()
			call := f.Call("IncluirComentario", flow.NewID(), flow.NewID(), f.Field)
			done := make(chan error, 2)
			go func() { done <- record() }()
			go func() {
				_, err := f.Comment(t.Context(), call, flow.CommentInput{Number: n, Text: words, Author: "Jorge", At: flow.When{Time: at, Set: true}})
				done <- err
			}()
			f.must(<-done)
			f.must(<-done)
			f.must(f.EndReconcile(t.Context(), run, ""))
			if got := heard(f.show(n), "comentario", words); got != 1 {
				t.Fatalf("round %d: told %d times", i, got)
			}
		}
	})
}

// looked asks about the one order there is, and answers what is to be written, not yet written.
func (f *yard) looked() (*flow.Reconciling, func() error) {
	f.t.Helper()
	ctx := f.t.Context()
	f.ahead.Add((30 * time.Second).Milliseconds())
	f.must(f.AskReconcile(ctx, flowtest.Attendant()))
	run, err := f.TakeReconcile(ctx, "race", time.Minute)
	f.must(err)
	orders, err := f.OrdersToLook(ctx, run)
	f.must(err)
	look, err := f.OrderLook(ctx, run, orders[0])
	f.must(err)
	a, seen, err := f.compares.ask(ctx, run, look.Rules, mapping.AddressOrder, look.ByID)
	f.must(err)
	seen.Order, seen.Verdict = look.Rules.ReadOrder(a, look.ByID.Keys, look.Zone)
	return run, func() error { return f.RecordOrder(ctx, run, look, seen, flow.Seen{}) }
}

// TestControlWithoutItsFactTheNewsIsToldTwice: what keeps the race above from telling twice is the fact's row, and not
// that the two never meet.
func TestControlWithoutItsFactTheNewsIsToldTwice(t *testing.T) {
	url := storetest.URL(t, store.SQLite)
	s := storetest.Open(t, url)
	_, _, err := s.Migrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := newYard(t, s, polling)
	n, id := f.order()
	f.compares.Stop()
	words, at := "sem vínculo", time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)
	f.act(id, map[string]string{"acao": "comentar", "texto": words, "tecnico": "Jorge", "data": at.Format(time.RFC3339)})
	run, record := f.looked()
	f.must(record())
	f.must(f.EndReconcile(t.Context(), run, ""))
	raw, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:"))
	f.must(err)
	_, err = raw.ExecContext(t.Context(), "PRAGMA busy_timeout = 5000; DELETE FROM field_fact")
	f.must(err)
	f.must(raw.Close())
	_, err = f.Comment(t.Context(), f.Call("IncluirComentario", flow.NewID(), flow.NewID(), f.Field),
		flow.CommentInput{Number: n, Text: words, Author: "Jorge", At: flow.When{Time: at, Set: true}})
	f.must(err)
	if got := heard(f.show(n), "comentario", words); got != 2 {
		t.Errorf("told %d times", got)
	}
}
