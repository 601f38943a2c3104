package flow_test

import (
	"database/sql"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// BenchmarkDeliveries asks the list's questions beside many deliveries (PONTE_BENCH_DELIVERIES, 100,000 unless told):
// one in a hundred blocked, one in ten queued; the oldest hundred of production, and fifty of them files: what is rare is
// far back too.
func BenchmarkDeliveries(b *testing.B) {
	rows := 100_000
	if n, err := strconv.Atoi(os.Getenv("PONTE_BENCH_DELIVERIES")); err == nil {
		rows = n
	}
	in := manyDeliveries(b, rows)
	for _, c := range []struct {
		name string
		q    flow.DeliveriesQuery
	}{
		{"blocked", flow.DeliveriesQuery{Blocked: true}},
		{"all", flow.DeliveriesQuery{}},
		{"all, in the middle", flow.DeliveriesQuery{After: strconv.Itoa(1_700_000_000_000+rows/2*1000) + ".x"}},
		{"queued", flow.DeliveriesQuery{States: []desk.DeliveryState{desk.Queued, desk.Sending, desk.Uncertain}}},
		{"delivered", flow.DeliveriesQuery{States: []desk.DeliveryState{desk.Delivered}}},
		{"of a reason", flow.DeliveriesQuery{Reason: "recusado_pelo_mobuss"}},
		{"of a version", flow.DeliveriesQuery{Version: 1}},
		{"of the rare environment", flow.DeliveriesQuery{Environment: desk.Production}},
		{"of the rare point", flow.DeliveriesQuery{Point: desk.SendFile}},
		{"of both, delivered", flow.DeliveriesQuery{Environment: desk.Production, Point: desk.SendFile, States: []desk.DeliveryState{desk.Delivered}}},
		{"of the common ones", flow.DeliveriesQuery{Environment: desk.Homologation, Point: desk.OpenOrder}},
		{"of nothing", flow.DeliveriesQuery{Point: "NADA"}},
		{"by occurrence", flow.DeliveriesQuery{Text: "101500"}},
		{"by words of the error", flow.DeliveriesQuery{Text: "manutencao"}},
		{"by words that nothing says", flow.DeliveriesQuery{Text: "zzz zzz"}},
		{"blocked, by words", flow.DeliveriesQuery{Blocked: true, Text: "manutencao"}},
		{"by another customer", flow.DeliveriesQuery{Text: "otávio"}},
	} {
		c.q.Most = 50
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := in.ListDeliveries(b.Context(), flowtest.Attendant(), c.q); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
	b.Run("count blocked", func(b *testing.B) {
		for b.Loop() {
			if _, err := in.CountBlocked(b.Context(), flowtest.Admin()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// manyDeliveries copies one occurrence, five deliveries each.
func manyDeliveries(b *testing.B, rows int) *flowtest.Installation {
	b.Helper()
	url := storetest.URL(b, store.SQLite)
	s := storetest.Open(b, url)
	if _, _, err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	in := flowtest.New(b, s, flow.Deps{})
	n := in.Open(b)
	if err := in.MoveByHand(b.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20"}); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	columns := func(table string) string {
		var out []string
		r, err := db.QueryContext(b.Context(), "SELECT name FROM pragma_table_info('"+table+"')")
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		for r.Next() {
			var name string
			if err := r.Scan(&name); err != nil {
				b.Fatal(err)
			}
			out = append(out, name)
		}
		if err := r.Err(); err != nil {
			b.Fatal(err)
		}
		return strings.Join(out, ", ")
	}
	// copied is an insert of a table's first row, with some of its columns made of i.
	copied := func(table string, with map[string]string) string {
		names := strings.Split(columns(table), ", ")
		values := make([]string, len(names))
		for k, name := range names {
			if values[k] = "t." + name; with[name] != "" {
				values[k] = with[name]
			}
		}
		return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM k, (SELECT * FROM " + table + " LIMIT 1) t"
	}
	began := time.Now()
	lanes := strconv.Itoa(rows / 5)
	for _, q := range []string{
		"WITH RECURSIVE k(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM k WHERE i < 1000 + " + lanes + ") " + copied("occurrence", map[string]string{"id": "i", "number": "i + 100000"}),
		"WITH RECURSIVE k(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM k WHERE i < 1000 + " + lanes + ") " + copied("lane", map[string]string{"id": "i", "occurrence_id": "i", "next_at": "NULL",
			"environment": "CASE WHEN i < 1020 THEN 'producao' ELSE 'homologacao' END"}),
		"WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < " + strconv.Itoa(rows-1) + ") " + copied("delivery", map[string]string{
			"id": "printf('%032d', i)", "lane_id": "1000 + i / 5", "occurrence_id": "1000 + i / 5", "seq": "1 + i % 5", "created_at": "1700000000000 + i * 1000", "order_id": "NULL",
			"environment": "CASE WHEN i < 100 THEN 'producao' ELSE 'homologacao' END", "point": "CASE WHEN i < 50 THEN '" + string(desk.SendFile) + "' ELSE t.point END",
			"reason_args": "CASE WHEN i % 100 = 3 THEN '{\"mensagem\":\"em manutenção\"}' ELSE '' END",
			"state":       "CASE WHEN i % 5 = 3 AND i % 100 = 3 THEN 'recusado' WHEN i % 10 = 4 THEN 'fila' ELSE 'entregue' END", "reason_code": "CASE WHEN i % 5 = 3 AND i % 100 = 3 THEN 'recusado_pelo_mobuss' ELSE '' END"}),
		"ANALYZE", // a planner that knows how many there are must not know better
	} {
		if _, err := db.ExecContext(b.Context(), q); err != nil {
			b.Fatalf("%v\n%s", err, q)
		}
	}
	b.Logf("%d deliveries made in %v", rows, time.Since(began))
	return in
}
