package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestMain makes this binary the second process of the tests below, where they ask for one.
func TestMain(m *testing.M) {
	if url := os.Getenv("PONTE_STORE_TEST_PROCESS"); url != "" {
		os.Exit(otherProcess(url))
	}
	os.Exit(m.Run())
}

// otherProcess writes until it is killed, and says on its output what was acknowledged.
func otherProcess(url string) int {
	s, err := store.Open(context.Background(), url)
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	var mu sync.Mutex
	for who := range 8 {
		go func() {
			for round := 0; ; round++ {
				subject := subjectOf(who, round)
				if err := s.Write(context.Background(), func(tx *store.Tx) error {
					if err := note(tx, subject); err != nil {
						return err
					}
					return note(tx, subject)
				}); err != nil {
					continue // the parent looks at what was acknowledged
				}
				mu.Lock()
				fmt.Println(subject)
				mu.Unlock()
			}
		}()
	}
	select {}
}

// startOther starts the other process and answers it with its output.
func startOther(t *testing.T, url string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PONTE_STORE_TEST_PROCESS="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

func TestASecondProcessIsRefusedOnSQLite(t *testing.T) {
	url := storetest.URL(t, store.SQLite)
	s := storetest.Open(t, url)
	if _, _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if other, err := store.Open(t.Context(), url); err == nil {
		t.Error("opened twice by one process")
		_ = other.Close()
	}
	_, out := startOther(t, url)
	if !out.Scan() || !strings.Contains(out.Text(), "another process has this database open") {
		t.Errorf("the second process said %q", out.Text())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cmd, out := startOther(t, url)
	if !out.Scan() || strings.Contains(out.Text(), "error") {
		t.Errorf("after Close the other process said %q", out.Text())
	}
	if _, err := store.Open(t.Context(), url); err == nil {
		t.Error("opened while the other process writes")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	storetest.Open(t, url) // a killed process holds no lock
}

// A short command writes while a server has the database open.
func TestACommandWritesBesideTheServer(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		server := storetest.Open(t, url)
		if _, _, err := server.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		beside, err := store.OpenBeside(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = beside.Close() }()
		var wg sync.WaitGroup
		for _, s := range []*store.Store{server, beside} {
			for range 4 {
				wg.Go(func() {
					for range 25 {
						if err := s.Write(context.Background(), func(tx *store.Tx) error { return note(tx, "together") }); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		wg.Wait()
		wantNotes(t, server, map[string]int{"together": 200})
	})
}

func TestCrashLosesNothingAcknowledged(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		if _, _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		cmd, out := startOther(t, url)
		acknowledged := map[string]bool{}
		for len(acknowledged) < 200 && out.Scan() {
			acknowledged[out.Text()] = true
		}
		_ = cmd.Process.Kill() // in the middle of other writes
		for out.Scan() {       // what it said before it died
			if strings.Contains(out.Text(), "/") {
				acknowledged[out.Text()] = true
			}
		}
		_ = cmd.Wait()
		if len(acknowledged) < 200 {
			t.Fatalf("only %d writes before the end: %v", len(acknowledged), acknowledged)
		}
		rows := auditRows(t, storetest.Open(t, url))
		for subject := range acknowledged {
			if rows[subject] != 2 {
				t.Errorf("%s was acknowledged and has %d rows, want 2", subject, rows[subject])
			}
		}
		for subject, n := range rows {
			if n != 2 {
				t.Errorf("%s has %d rows: half a transaction", subject, n)
			}
		}
		t.Logf("tried: %d writes acknowledged before SIGKILL", len(acknowledged))
		t.Log("tried: 1 SIGKILL")
	})
}
