package e2e

import (
	"database/sql"
	"strings"
	"testing"

	_ "ponte/internal/store" // the drivers
)

// ledger opens a database to look at, beside the Pontes that write to it, and never to write.
func ledger(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, name := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func count(t testing.TB, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// count says how much was tried, in the words that scripts/soak.sh adds up.
func (l *load) count() {
	db := ledger(l.t, l.database)
	for _, c := range []struct{ what, query string }{
		{"openings", "SELECT count(*) FROM occurrence"},
		{"deliveries", "SELECT count(*) FROM delivery WHERE state = 'entregue'"},
		{"sends", "SELECT COALESCE(CAST(sum(attempts) AS BIGINT), 0) FROM delivery"},
		{"look-ups", "SELECT count(*) FROM attempt WHERE kind = 'consulta'"},
		{"calls repeated", "SELECT count(*) FROM inbound_call WHERE outcome = 'repetido'"},
	} {
		l.t.Logf("tried: %d %s", count(l.t, db, c.query), c.what)
	}
}
