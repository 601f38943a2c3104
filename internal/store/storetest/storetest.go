// Package storetest gives tests fresh databases of both kinds.
//
// It promises that each has the current schema (or, by URL, nothing at all), belongs to one test alone and is
// gone after it. PostgreSQL is the server that PONTE_TEST_POSTGRES names, as superuser; where that is missing, its
// tests fail instead of passing unseen, unless PONTE_TEST_ONLY=sqlite says that this is meant.
package storetest

import (
	"os"
	"path/filepath"
	"testing"

	"ponte/internal/store"
)

// Dialects are the databases that every test of storage runs on.
var Dialects = []store.Dialect{store.SQLite, store.Postgres}

// Each runs f once per database, as a subtest named after it, on a fresh store with the current schema.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, d := range Dialects {
		t.Run(string(d), func(t *testing.T) { f(t, New(t, d)) })
	}
}

// EachURL runs f once per database, as a subtest named after it, with the URL of a fresh and empty one: for
// tests that start processes, or open and migrate by themselves.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	for _, d := range Dialects {
		t.Run(string(d), func(t *testing.T) { f(t, URL(t, d)) })
	}
}

// New opens a fresh database with the current schema; it is closed when the test ends.
func New(t testing.TB, d store.Dialect) *store.Store {
	t.Helper()
	var url string
	if d == store.SQLite {
		url = newSQLite(t)
	} else {
		url = newPostgres(t, template(t))
	}
	return Open(t, url)
}

// URL makes a fresh and empty database and says where it is.
func URL(t testing.TB, d store.Dialect) string {
	t.Helper()
	if d == store.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "ponte.db")
	}
	return newPostgres(t, empty)
}

// Open opens what URL answered, or opens it again; it is closed when the test ends, if not before.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return s
}

// newSQLite writes a migrated file, which is quicker than migrating one.
func newSQLite(t testing.TB) string {
	t.Helper()
	b, err := migratedFile()
	if err != nil {
		t.Fatalf("make an SQLite database: %v", err)
	}
	path := filepath.Join(t.TempDir(), "ponte.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}
