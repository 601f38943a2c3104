package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ponte/internal/store/storetest"
)

// cluster is a PostgreSQL server of this test's own, which can be restarted.
type cluster struct {
	t   testing.TB
	dir string
	url string
}

func newCluster(t testing.TB) *cluster {
	t.Helper()
	storetest.Wanted(t)
	home, err := os.MkdirTemp("", "ponte-e2e-postgres.")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Chmod(home, 0o755); err != nil { // so that the server's user can reach what it owns
		t.Fatal(err)
	}
	c := &cluster{t: t, dir: filepath.Join(home, "cluster")}
	c.url = strings.TrimSpace(c.script("start"))
	t.Cleanup(func() { c.script("stop") })
	return c
}

// script runs scripts/postgres.sh ACT DIR.
func (c *cluster) script(act string, more ...string) string {
	c.t.Helper()
	cmd := exec.Command("../../scripts/postgres.sh", append([]string{act, c.dir}, more...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", cmd, err, errs.String())
	}
	return string(out)
}

// databaseCallers is how many tell a story in each cell of TestFaultDatabase.
const databaseCallers = 8

// TestFaultDatabase breaks what lies between two Pontes and PostgreSQL, and PostgreSQL itself, while callers work and the
// field leaves them in doubt. A caller that got no answer, or indisponivel, calls again under the same id: it gets one
// number, and the field one order.
func TestFaultDatabase(t *testing.T) {
	c := newCluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cut := newCable(t, c.url)
	l := &load{site: newSite(t, c.url, 2, released, "PONTE_TEST_LEASE=2s", "PONTE_TEST_POLL=200ms")}
	l.env = append(l.env, "PONTE_DATABASE_URL="+cut.url())
	for i := range l.running {
		if err := l.serve(ctx, i, ""); err != nil {
			t.Fatal(err)
		}
	}
	runCells(t, map[string]func(*testing.T){
		"conexao_cortada": func(t *testing.T) {
			// Each connection lives for so many bytes of questions, and is cut wherever they end.
			cuts := 0
			l.round(ctx, t, databaseCallers, func() {
				for cuts < 5 && !l.silent() {
					cut.poison("limit_data", "upstream", 1, map[string]int{"bytes": 20_000 + rand.IntN(60_000)})
					if err := l.delivered(ctx, t, 4); err != nil {
						t.Fatal(err)
					}
					cut.heal(ctx)
					cuts++
				}
			}, someDoubt()...)
			t.Logf("tried: %d times PostgreSQL's connections cut", cuts)
		},
		"resposta_do_commit_perdida": func(t *testing.T) {
			before := lost.Load()
			cut.poison("commit_lost", "downstream", 1, map[string]int{"every": 7})
			l.openings(ctx, t)
			l.round(ctx, t, databaseCallers, func() {
				l.callers.Wait()
				cut.heal(ctx)
			}, someDoubt()...)
			n := lost.Load() - before
			if n < 5 {
				t.Errorf("%d answers were lost: this shows little", n)
			}
			t.Logf("tried: %d commits whose answer was lost", n)
		},
		"reinicio":          l.restarts(ctx, c, "fast"),
		"queda_do_servidor": l.restarts(ctx, c, "immediate"),
	})
	l.count()
}

// someDoubt is less than doubt: here the field is not what is tried.
func someDoubt() []fault {
	list := doubt()
	for i := range list {
		list[i].Probability = 0.07
	}
	return list
}

// openings opens occurrences while answers of commits get lost: whatever the first call heard, the same call again has a
// number, and always the same.
func (l *load) openings(ctx context.Context, t *testing.T) {
	t.Helper()
	lostHere := 0
	for i := range 16 {
		id := fmt.Sprintf("perdida-%x-%d", rand.Uint64(), i)
		body := fmt.Sprintf(`{"id_externo": %q, "cod_projeto": "PDA-U-%d", "bloqueio_incluir_cliente": "T", "descricao": "resposta perdida"}`, id, i+1)
		at, err := l.address(ctx)
		if err != nil {
			t.Fatal(err)
		}
		first, err := web.do(ctx, http.MethodPost, at+rest+"/ocorrencias", deskToken, body)
		if err == nil && first.status != http.StatusCreated {
			if first.status != http.StatusServiceUnavailable || !strings.Contains(string(first.body), `"indisponivel"`) {
				t.Errorf("%s: %s, want indisponivel", id, first)
			}
			lostHere++
		}
		var numbers [2]occurrence
		for j := range numbers {
			a, err := l.call(ctx, deskToken, http.MethodPost, "/ocorrencias", body)
			if err != nil || a.status/100 != 2 || json.Unmarshal(a.body, &numbers[j]) != nil {
				t.Fatalf("%s again: %s %v", id, a, err)
			}
		}
		if numbers[0].Number != numbers[1].Number {
			t.Errorf("%s: answered %d and %d", id, numbers[0].Number, numbers[1].Number)
		}
	}
	if db := ledger(t, l.database); count(t, db, "SELECT count(*) FROM occurrence") != count(t, db, "SELECT count(DISTINCT occurrence_id) FROM idempotency WHERE operation = 'IncluirOcorrencia'") {
		t.Error("there are occurrences that no call is bound to")
	}
	t.Logf("tried: %d openings that were told indisponivel, and done", lostHere)
}

// silent says whether the callers of a round have all told their stories.
func (l *load) silent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busy == 0
}

// delivered waits until so many more messages are delivered, or the callers have told all.
func (l *load) delivered(ctx context.Context, t *testing.T, more int) error {
	t.Helper()
	db := ledger(t, l.database)
	const query = "SELECT count(*) FROM delivery WHERE state = 'entregue'"
	until := count(t, db, query) + more
	return poll(ctx, func() (bool, error) { return l.silent() || count(t, db, query) >= until, nil })
}

// restarts is a cell in which PostgreSQL is stopped and started again, twice.
func (l *load) restarts(ctx context.Context, c *cluster, mode string) func(*testing.T) {
	return func(t *testing.T) {
		l.round(ctx, t, databaseCallers, func() {
			for range 2 {
				if err := l.delivered(ctx, t, 5); err != nil {
					t.Fatal(err)
				}
				if l.silent() {
					t.Error("the callers were done before: this shows nothing")
				}
				c.script("restart", mode)
			}
		}, someDoubt()...)
		t.Logf("tried: 2 restarts of PostgreSQL (%s)", mode)
	}
}
