package flow_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store/storetest"
)

// TestWhatJudgedStays: the rule is kept with the attempt. Whoever rewrites the configuration's row behind the house's back
// changes what is told of attempts of before rules were kept (the control), and nothing of the others.
func TestWhatJudgedStays(t *testing.T) {
	rawBenches(t, func(t *testing.T, b *bench, raw func(string)) {
		b.mustMove(b.Open(t), "20")
		j := b.one(desk.OpenOrder)
		b.settle(j, b.exchanged(flow.Outcome{Verdict: flow.Rejected, Reason: desk.Because("recusado_pelo_mobuss")}, 200, "", "HTTP/1.1 200 OK\n\n{}"))
		was := b.page(flowtest.Attendant(), j.DeliveryID).Attempts[0]
		if was.Rule.Code != "sucesso_nao" || was.Rule.Text == "" || was.Version != 1 {
			t.Fatalf("the rule: %+v", was)
		}
		raw("UPDATE config_version SET document = REPLACE(document, 'corpo.?status', 'corpo.?outro')")
		shown := func() flow.Rule { // by a process that has compiled nothing yet
			p, err := flow.New(flow.Deps{Store: b.Store, Keys: b.Keys}).DeliveryPage(t.Context(), flowtest.Attendant(), j.DeliveryID)
			if err != nil {
				t.Fatal(err)
			}
			return p.Attempts[0].Rule
		}
		if is := shown(); is != was.Rule {
			t.Errorf("history was rewritten: %+v, was %+v", is, was.Rule)
		}
		raw("UPDATE attempt SET rule = '', config_version_id = NULL") // as the previous release wrote it
		if is := shown(); is == was.Rule {
			t.Errorf("the control shows nothing: %+v", is)
		}
	})
}

// TestATextFindsDeliveries: by customer, unit and words of what is told, with filters and pages as ever.
func TestATextFindsDeliveries(t *testing.T) {
	rawBenches(t, func(t *testing.T, b *bench, raw func(string)) {
		one, refused := b.refused(1)
		raw(`UPDATE delivery SET reason_args = '{"mensagem":"Unidade bloqueada: condomínio não habilitado"}' WHERE id = '` + refused + `'`)
		for name, c := range map[string]struct {
			q    flow.DeliveriesQuery
			want int
		}{
			"by the customer":         {flow.DeliveriesQuery{Text: "marina figueiredo"}, 3},
			"by the unit":             {flow.DeliveriesQuery{Text: "ap 101"}, 3},
			"by unit and block":       {flow.DeliveriesQuery{Text: "101 A aurora"}, 3},
			"by another unit":         {flow.DeliveriesQuery{Text: "ap 102"}, 0},
			"by the contract":         {flow.DeliveriesQuery{Text: "AUR-A-101"}, 3},
			"by words of the error":   {flow.DeliveriesQuery{Text: "condominio NAO"}, 1},
			"blocked, by the error":   {flow.DeliveriesQuery{Text: "habilitado", Blocked: true}, 1},
			"not by a name of ours":   {flow.DeliveriesQuery{Text: "mensagem"}, 0},
			"by the reader's words":   {flow.DeliveriesQuery{Text: "o mobuss recusou", Codes: []string{"recusado_pelo_mobuss"}}, 1},
			"the customer's comments": {flow.DeliveriesQuery{Text: "marina", Point: desk.AddComment}, 2},
			"blocked of the customer": {flow.DeliveriesQuery{Text: "marina", Blocked: true}, 1},
		} {
			if got := b.deliveries(c.q); len(got.Lines) != c.want {
				t.Errorf("%s: %d lines, want %d", name, len(got.Lines), c.want)
			}
		}
		for range 3 {
			b.refused(1)
		}
		q := flow.DeliveriesQuery{Text: "marina"}
		whole := ids(b.deliveries(q))
		var paged []string
		for q.Most = 2; ; {
			d := b.deliveries(q)
			paged = append(paged, ids(d)...)
			if q.After = d.Next; d.Next == "" {
				break
			}
		}
		if len(whole) != 12 || !slices.Equal(whole, paged) {
			t.Errorf("whole %v, paged %v of %d", whole, paged, one)
		}
	})
}

// TestRareKindsAreFound: a point and an environment are walked for themselves, and what the previous release wrote, without
// its environment, is found before it is completed and after.
func TestRareKindsAreFound(t *testing.T) {
	rawBenches(t, func(t *testing.T, b *bench, raw func(string)) {
		b.refused(1)
		ask := flow.DeliveriesQuery{Environment: desk.Homologation, Point: desk.OpenOrder}
		raw("UPDATE delivery SET environment = '' WHERE point = 'MOBUSS_ISA'")
		for _, want := range []int{1, 1} {
			if got := b.deliveries(ask); len(got.Lines) != want {
				t.Errorf("%d openings", len(got.Lines))
			}
			if got := b.deliveries(flow.DeliveriesQuery{Environment: desk.Production}); len(got.Lines) != 0 {
				t.Errorf("%d in production", len(got.Lines))
			}
			if _, err := b.PlaceDeliveries(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// rawBenches is benches, with a way to change rows as nobody may.
func rawBenches(t *testing.T, f func(t *testing.T, b *bench, raw func(string))) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		driver, name := "pgx", url
		if path, embedded := strings.CutPrefix(url, "sqlite:"); embedded {
			driver, name = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
		}
		other, err := sql.Open(driver, name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		s := storetest.Open(t, url)
		if _, _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(t, benchOn(t, s), func(query string) {
			t.Helper()
			if _, err := other.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		})
	})
}
