package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// ear is a process that listens; what it hears arrives in the order in which it was said.
type ear struct {
	*store.News
	heard chan string
}

const missed, left = "(missed)", "(left)"

func listener(t *testing.T, s *store.Store, id string) *ear {
	t.Helper()
	e := &ear{s.News(id, slog.New(slog.DiscardHandler)), make(chan string, 1000)}
	store.LookOften(e.News)
	e.Listen(store.Heard{Missed: func() { e.heard <- missed }, Left: func() { e.heard <- left }, Names: func(names []string) {
		for _, n := range names {
			e.heard <- n
		}
	}})
	t.Cleanup(func() { e.Close(context.Background()) })
	e.wants(t, missed) // it begins with a look at everything
	return e
}

// wants waits for one announcement and answers what came before it.
func (e *ear) wants(t *testing.T, want string) (before []string) {
	t.Helper()
	for limit := time.After(30 * time.Second); ; {
		select {
		case got := <-e.heard:
			if got == want {
				return before
			}
			before = append(before, got)
		case <-limit:
			t.Fatalf("%q was not heard; %q was", want, before)
		}
	}
}

func TestNewsReachTheOtherProcesses(t *testing.T) {
	url := storetest.URL(t, store.Postgres)
	one, two := storetest.Open(t, url), storetest.Open(t, url)
	a, b := listener(t, one, "a"), listener(t, two, "b")
	for range 1000 {
		a.Tell("ocorrencia-7")
	}
	a.Tell("ocorrencia-8")
	if before := b.wants(t, "ocorrencia-8"); len(before) == 0 || len(before) > 50 || slices.Contains(before, missed) {
		t.Errorf("a burst of one name was told as %d: %.100q", len(before), before)
	}
	// Nobody hears himself: what comes first is the other's.
	b.Tell("de b")
	if before := a.wants(t, "de b"); len(before) > 0 {
		t.Errorf("a heard %q before", before)
	}
	// Too much to tell is told as that.
	names := make([]string, 5000)
	for i := range names {
		names[i] = fmt.Sprint("ocorrencia-", i)
	}
	a.Tell(names...)
	b.wants(t, missed)
	// What is told last is told, and then that nobody is there any more.
	a.Tell("por último")
	a.Close(t.Context())
	b.wants(t, "por último")
	b.wants(t, left)
}

// A command tells without listening.
func TestWhoOnlyTellsIsHeard(t *testing.T) {
	url := storetest.URL(t, store.Postgres)
	b := listener(t, storetest.Open(t, url), "b")
	command := storetest.Open(t, url).News("c", slog.New(slog.DiscardHandler))
	command.Tell("configuração")
	command.Close(t.Context())
	b.wants(t, "configuração")
}

func TestABrokenLineIsMadeAnewAndCountsAsMissed(t *testing.T) {
	url := storetest.URL(t, store.Postgres)
	one := storetest.Open(t, url)
	a, b := listener(t, one, "a"), listener(t, storetest.Open(t, url), "b")
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	end := func(which string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "+which); err != nil {
			t.Fatal(err)
		}
	}
	end("application_name = 'ponte ouve b'")
	b.wants(t, missed)
	a.Tell("de novo")
	b.wants(t, "de novo")
	end("pid <> pg_backend_pid() AND datname = current_database()") // a can't say it the first time
	b.wants(t, missed)
	a.Tell("outra vez")
	for told := false; !told; { // by its name, or as "look at everything" and then again by its name
		select {
		case got := <-b.heard:
			if told = got == "outra vez"; !told {
				a.Tell("outra vez")
			}
		case <-time.After(30 * time.Second):
			t.Fatal("nothing more was heard")
		}
	}
}

// Who is killed takes its last announcement along: the others look at everything.
func TestAProcessThatIsGoneWithoutAWordCountsAsMissed(t *testing.T) {
	url := storetest.URL(t, store.Postgres)
	a, b := listener(t, storetest.Open(t, url), "a"), listener(t, storetest.Open(t, url), "b")
	a.Tell("antes")
	b.wants(t, "antes")
	store.Vanish(a.News)
	b.wants(t, missed)
}

func TestNobodyElseServesAnEmbeddedDatabase(t *testing.T) {
	n := storetest.New(t, store.SQLite).News("a", slog.New(slog.DiscardHandler))
	n.Listen(store.Heard{Missed: func() { t.Error("it listens") }})
	n.Tell("ocorrencia-7")
	n.Close(t.Context())
	n.Close(t.Context())
}
