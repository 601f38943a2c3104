package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ponte/internal/store"
)

// migratedFile is an SQLite database with the current schema, made once per test binary.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "ponte-storetest")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "ponte.db")
	if err := migrate(context.Background(), "sqlite:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func migrate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	_, _, err = s.Migrate(ctx)
	return errors.Join(err, s.Close())
}

const serverVariable = "PONTE_TEST_POSTGRES"

// server is the URL of the PostgreSQL server, or the end of the test that asked for it.
func server(t testing.TB) string {
	t.Helper()
	if os.Getenv("PONTE_TEST_ONLY") == string(store.SQLite) {
		t.Skip("PONTE_TEST_ONLY=sqlite")
	}
	s := os.Getenv(serverVariable)
	if s == "" {
		t.Fatal(serverVariable + " names no PostgreSQL server: run `make test`, or `scripts/postgres.sh run go test ...`; " +
			"PONTE_TEST_ONLY=sqlite leaves PostgreSQL out")
	}
	return s
}

// Wanted ends a test of PostgreSQL where PostgreSQL is left out (PONTE_TEST_ONLY=sqlite), for tests that bring a server
// of their own.
func Wanted(t testing.TB) {
	t.Helper()
	server(t)
}

// template is the name of a migrated PostgreSQL database, which is quicker to copy than to migrate. It stays on
// the server and serves every test binary with the same migrations.
func template(t testing.TB) string {
	t.Helper()
	server(t)
	name, err := madeTemplate()
	if err != nil {
		t.Fatalf("make PostgreSQL's template database: %v", err)
	}
	return name
}

var madeTemplate = sync.OnceValues(func() (string, error) {
	return makeTemplate(context.Background(), os.Getenv(serverVariable))
})

// makeTemplate migrates under a provisional name, so that a killed test leaves nothing that looks finished.
func makeTemplate(ctx context.Context, server string) (name string, err error) {
	fingerprint, err := migrationsFingerprint()
	if err != nil {
		return "", err
	}
	name = "ponte_template_" + fingerprint
	pool, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	const testBinaries = 0x706f6e7465 // take turns: "ponte" as a lock
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", testBinaries); err != nil {
		return "", err
	}
	var there bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return name, err
	}
	provisional := name + "_unfinished"
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + provisional + " WITH (FORCE)",
		"CREATE DATABASE " + provisional + " TEMPLATE template0",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return "", err
		}
	}
	if err := migrate(ctx, inDatabase(server, provisional)); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+provisional+" RENAME TO "+name)
	return name, err
}

func migrationsFingerprint() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(store.Migrations(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(store.Migrations(), path)
		_, _ = fmt.Fprintf(h, "%s %d\n%s", path, len(b), b) // a hash never fails
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:8]), err
}

// empty is PostgreSQL's own template.
const empty = "template0"

// newPostgres copies a database and drops the copy after the test. One with the current schema, to which no other release
// writes, has failed its test if writes ever waited for each other in a circle: Write runs again after that, but
// PostgreSQL looks for circles only after a second.
func newPostgres(t testing.TB, from string) string {
	t.Helper()
	at := server(t)
	name := "ponte_test_" + strings.ToLower(rand.Text())
	onServer(t, at, "CREATE DATABASE "+name+" TEMPLATE "+from)
	t.Cleanup(func() {
		if n := deadlocks(t, at, name); n > 0 && from != empty {
			t.Errorf("%d deadlocks: two writes lock the same rows in different orders", n)
		}
		onServer(t, at, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return inDatabase(at, name)
}

func deadlocks(t testing.TB, server, name string) (n int) {
	t.Helper()
	pool, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatalf("%s: %v", serverVariable, err)
	}
	defer func() { _ = pool.Close() }()
	if err := pool.QueryRowContext(context.Background(), "SELECT deadlocks FROM pg_stat_database WHERE datname = $1", name).Scan(&n); err != nil {
		t.Fatalf("count the deadlocks of %s: %v", name, err)
	}
	return n
}

func onServer(t testing.TB, server, statement string) {
	t.Helper()
	pool, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatalf("%s: %v", serverVariable, err)
	}
	defer func() { _ = pool.Close() }()
	if _, err := pool.ExecContext(context.Background(), statement); err != nil { // the test's context is over at its cleanup
		t.Fatalf("%s: %v", statement, err)
	}
}

// inDatabase is the server's URL with another database.
func inDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // which fails to connect, with its own reason
	}
	u.Path = "/" + name
	return u.String()
}
