package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestForgetSparesAnOpenDatabase: a server that runs must not go on acknowledging into files that are gone.
func TestForgetSparesAnOpenDatabase(t *testing.T) {
	url := storetest.URL(t, store.SQLite)
	path := strings.TrimPrefix(url, "sqlite:")
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(filepath.Dir(path), "sandbox")
	if err := os.Mkdir(beside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := store.Forget(path, beside); err == nil {
		t.Error("an open database is forgotten")
	}
	if _, err := os.Stat(beside); err != nil {
		t.Errorf("what lies beside it is gone: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Forget(path, beside); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", beside} {
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("%s is still there", name)
		}
	}
	if err := store.Forget(filepath.Join(t.TempDir(), "none", "ponte.db")); err != nil {
		t.Errorf("nothing to forget: %v", err)
	}
}
