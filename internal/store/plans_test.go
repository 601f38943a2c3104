package store_test

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

var updatePlans = flag.Bool("update-plans", false, "write testdata/plans.txt anew; read the difference before you commit it")

var generated = regexp.MustCompile("(?s)const \\w+ = `-- name: (\\w+) :\\w+\n(.*?)`")

// TestPlans: how SQLite walks for every query is written down, so that a query that walks a whole table, or takes
// the wrong index, is seen when it is written and not when the table is large.
func TestPlans(t *testing.T) {
	url := storetest.URL(t, store.SQLite)
	if _, _, err := storetest.Open(t, url).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(url, "sqlite:")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var plans []string
	files, err := filepath.Glob("db/*.sql.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no generated queries: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range generated.FindAllStringSubmatch(string(text), -1) {
			plans = append(plans, plan(t, db, m[1], m[2]))
		}
	}
	slices.Sort(plans)
	got := strings.Join(plans, "")
	const golden = "testdata/plans.txt"
	if *updatePlans {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the plans differ from %s; run with -update-plans and read the difference", golden)
		for _, p := range plans {
			if !strings.Contains(string(want), p) {
				t.Log(p)
			}
		}
	}
}

func plan(t *testing.T, db *sql.DB, name, query string) string {
	t.Helper()
	args := make([]any, strings.Count(query, "$")) // at least as many as there are numbers
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args[:highest(query)]...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer func() { _ = rows.Close() }()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", name)
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %s\n", detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// highest is the number of the last parameter.
func highest(query string) (n int) {
	for _, m := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(query, -1) {
		var k int
		_, _ = fmt.Sscan(m[1], &k)
		n = max(n, k)
	}
	return n
}
