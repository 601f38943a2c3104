package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// formerSite is an installation that the first release made and serves, under load, while the field answers badly.
func formerSite(ctx context.Context, t *testing.T, databaseURL string, pontes, callers int) *load {
	t.Helper()
	l := &load{site: emptySite(t, databaseURL, pontes, formerPonte, "PONTE_TEST_LEASE=30s", "PONTE_TEST_POLL=200ms"), seed: rand.Uint64()}
	cmd := exec.CommandContext(ctx, binary(t, formerSeed), string(l.field))
	cmd.Dir, cmd.Env = l.dir, append(cleanEnv(), l.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the first release's demo: %v\n%s", err, out)
	}
	l.begin(ctx, callers, 0, doubt()...)
	return l
}

// ponte runs a command of the present release beside whatever serves.
func (l *load) ponte(ctx context.Context, args ...string) string {
	l.t.Helper()
	cmd := exec.CommandContext(ctx, binary(l.t, released), args...)
	cmd.Dir, cmd.Env = l.dir, append(cleanEnv(), l.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		l.t.Fatalf("ponte %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// more waits until so many more occurrences were opened than now.
func (l *load) more(ctx context.Context, db *sql.DB, n int) {
	l.t.Helper()
	const query = "SELECT count(*) FROM occurrence"
	wanted := count(l.t, db, query) + n
	if err := poll(ctx, func() (bool, error) { return count(l.t, db, query) >= wanted, nil }); err != nil {
		l.t.Fatalf("the load came to a halt: %v", err)
	}
}

const open = "SELECT count(*) FROM delivery WHERE state IN ('fila', 'enviando', 'incerto')"

// TestUpgradeFromTheFirstRelease: an installation of the first release is stopped in the middle of its work, migrated, and
// served by the present one. No row is lost by the migrations, what was open is delivered once, and what callers began
// with the former release they end with this one.
func TestUpgradeFromTheFirstRelease(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		l := formerSite(ctx, t, url, 1, 8)
		db := ledger(t, url)
		l.more(ctx, db, 15)
		// Nothing is taken any more, so that a slow stop does not deliver what is open.
		if err := l.field.setFaults(ctx, fault{Method: "*", Type: "http_503_retry_after", Probability: 1}); err != nil {
			t.Fatal(err)
		}
		if err := poll(ctx, func() (bool, error) { return count(t, db, open) >= 5, nil }); err != nil {
			t.Fatal(err)
		}
		if err := l.terminate(0); err != nil {
			t.Fatal(err)
		}
		before, opened := rows(t, db), count(t, db, open)
		if opened < 5 {
			t.Error("little was open: it proves little")
		}
		l.ponte(ctx, "migrate")
		for table, n := range rows(t, db) {
			if was, there := before[table]; there && was != n {
				t.Errorf("%s has %d rows after the migrations, %d before", table, n, was)
			}
		}
		if err := l.field.setFaults(ctx, doubt()...); err != nil {
			t.Fatal(err)
		}
		l.path = binary(t, released)
		if err := l.serve(ctx, 0, ""); err != nil {
			t.Fatal(err)
		}
		l.more(ctx, db, 8)
		for _, problem := range l.finish(ctx).all() {
			t.Error(problem)
		}
		if complaints := l.running[0].complained(); len(complaints) > 0 {
			t.Errorf("it logged errors:\n%s", strings.Join(complaints, "\n"))
		}
		t.Logf("tried: an upgrade with %d open deliveries and %d occurrences", opened, before["occurrence"])
	})
}

// rows counts every table but those that a release fills by its migrations: versions, and the words of states.
func rows(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	list := "SELECT table_name FROM information_schema.columns WHERE table_schema = current_schema() AND column_name <> 'code' GROUP BY table_name"
	if strings.Contains(fmt.Sprintf("%T", db.Driver()), "sqlite") {
		list = "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.name <> 'code' GROUP BY m.name"
	}
	found, err := db.Query(list)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	var names []string
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, name := range names {
		if name != "goose_db_version" {
			out[name] = count(t, db, "SELECT count(*) FROM "+name)
		}
	}
	if out["occurrence"] == 0 || out["delivery"] == 0 {
		t.Fatalf("there is nothing to count: %v", out)
	}
	return out
}

// TestRollingUpgradeOnPostgres: two replicas of the first release under load, replaced one after the other. The former one
// goes on beside the present one, can even be restarted on the new schema, reads a configuration that the present one
// published meanwhile, and logs no error. Nothing is done twice, and nothing is lost.
func TestRollingUpgradeOnPostgres(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	url := storetest.URL(t, store.Postgres)
	l := formerSite(ctx, t, url, 2, 8)
	db := ledger(t, url)
	var all []*process
	replace := func(i int, ponte func() (string, error)) {
		t.Helper()
		all = append(all, l.running[i])
		if err := l.terminate(i); err != nil {
			t.Fatal(err)
		}
		l.path = binary(t, ponte)
		if err := l.serve(ctx, i, ""); err != nil {
			t.Fatal(err)
		}
	}
	l.more(ctx, db, 8)
	replace(1, released) // it migrates beneath the one that goes on
	l.more(ctx, db, 8)
	replace(0, formerPonte) // somebody restarts the former one
	l.more(ctx, db, 8)
	l.reconfigure(ctx)
	l.more(ctx, db, 8)
	replace(0, released)
	l.more(ctx, db, 8)
	for _, problem := range l.finish(ctx).all() {
		t.Error(problem)
	}
	for _, p := range append(all, l.running...) {
		if complaints := p.complained(); len(complaints) > 0 {
			t.Errorf("%s logged errors:\n%s", filepath.Base(filepath.Dir(p.cmd.Path)), strings.Join(complaints, "\n"))
		}
	}
	t.Logf("tried: %d replicas replaced under load", len(all))
}

// reconfigure has the present release publish a version that differs from the one that runs.
func (l *load) reconfigure(ctx context.Context) {
	l.t.Helper()
	text := l.ponte(ctx, "config", "export")
	changed := strings.Replace(text, "espera_maxima: 400ms", "espera_maxima: 450ms", 1)
	if changed == text {
		l.t.Fatalf("nothing to change in\n%s", text)
	}
	file := filepath.Join(l.t.TempDir(), "ponte.yaml")
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.ponte(ctx, "config", "import", "--yes", file)
}
