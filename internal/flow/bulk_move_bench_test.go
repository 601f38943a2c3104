package flow_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// BenchmarkBulkMove moves as many occurrences as may be moved together, each of which opens an order, while calls come in one
// after another: how long each part takes, how long the slowest of a hundred calls waits beside it and without it, and how
// far the heap grows above what it was.
func BenchmarkBulkMove(b *testing.B) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		b.Run(string(d), func(b *testing.B) {
			for b.Loop() {
				bulkMoved(b, storetest.URL(b, d))
			}
		})
	}
}

func bulkMoved(b *testing.B, url string) {
	driver, name := "pgx", url
	if path, embedded := strings.CutPrefix(url, "sqlite:"); embedded {
		driver, name = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	s := storetest.Open(b, url)
	if _, _, err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	in := flowtest.New(b, s, flow.Deps{})
	id, err := in.AddUser(b.Context(), flowtest.Admin(), flow.User{Login: "bruna@demo", Name: "Bruna Reis", PasswordHash: "x", Roles: []desk.Role{desk.Manager}})
	if err != nil {
		b.Fatal(err)
	}
	a := flow.User{ID: id, Name: "Bruna Reis", Roles: []desk.Role{desk.Manager}}.Actor()
	in.Open(b)
	raw, err := sql.Open(driver, name)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	if _, err := raw.ExecContext(b.Context(), manyOccurrences(flow.BulkMoveMost-1, 100_000)); err != nil {
		b.Fatal(err)
	}
	alone := besides(b, in, func() { <-time.After(3 * time.Second) })
	b.ReportMetric(alone.calls, "call-alone-p99-ms")

	step := func(what string, do func()) {
		began := time.Now()
		seen := besides(b, in, do)
		b.ReportMetric(time.Since(began).Seconds(), what+"-s")
		b.ReportMetric(seen.calls, what+"-call-p99-ms")
		b.ReportMetric(seen.heap, what+"-heap-MB")
	}
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	work := func() {
		w, err := in.NextBulkMove(b.Context(), "eu", 0)
		must(err)
		for over := false; !over; {
			over, err = w.Step(b.Context(), 40)
			must(err)
		}
		must(w.Leave(b.Context()))
	}
	var act string
	step("choose", func() {
		act, err = in.ChooseBulkMove(b.Context(), a, flow.BulkChoice{All: true, Asked: flow.ListQuery{View: flow.ViewAll, Statuses: []string{"10"}, Developments: []string{"AUR"}}})
		if err != nil { // the calls beside have opened more than that
			act, err = in.ChooseBulkMove(b.Context(), a, flow.BulkChoice{Numbers: numbersFrom(100_001, flow.BulkMoveMost-1)})
		}
		must(err)
	})
	must(in.PlanBulkMove(b.Context(), a, act, "20", "Todas."))
	step("plan", work)
	must(in.DoBulkMove(b.Context(), a, act, 1))
	step("move", work)
	m, err := in.BulkMove(b.Context(), a, act)
	must(err)
	if m.Tally[flow.Moved] != flow.BulkMoveMost-1 || m.Tells != flow.BulkMoveMost-1 {
		b.Fatalf("%+v", m)
	}
	began := time.Now()
	for range 20 {
		_, err := in.BulkMove(b.Context(), a, act)
		must(err)
	}
	b.ReportMetric(float64(time.Since(began).Microseconds())/20_000, "page-ms")
}

func numbersFrom(first int64, n int) (out []int64) {
	for i := range int64(n) {
		out = append(out, first+i)
	}
	return out
}

// manyOccurrences copies the first occurrence, under numbers above one.
func manyOccurrences(n, above int) string {
	return fmt.Sprintf(`WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d)
INSERT INTO occurrence (number, environment, connection_id, origin, subject, description, type, priority, status_code, development_id, unit_id, customer_id, opened_at, created_at, created_by)
SELECT %d + i, o.environment, o.connection_id, o.origin, 'x', 'x', o.type, o.priority, o.status_code, o.development_id, o.unit_id, o.customer_id, o.opened_at, o.created_at, 'x'
FROM c, (SELECT * FROM occurrence ORDER BY id LIMIT 1) o`, n, above)
}

type beside struct{ calls, heap float64 }

// besides does something while calls open occurrences one after another, and answers the p99 of theirs and how far the heap
// grew, in MB.
func besides(b *testing.B, in *flowtest.Installation, do func()) beside {
	ctx, end := context.WithCancel(b.Context())
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, m.HeapAlloc
	var took []time.Duration
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			began := time.Now()
			in.Open(b)
			took = append(took, time.Since(began))
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	})
	do()
	end()
	wg.Wait()
	slices.Sort(took)
	if len(took) == 0 {
		return beside{}
	}
	return beside{float64(took[len(took)*99/100].Microseconds()) / 1000, float64(most-before) / (1 << 20)}
}
