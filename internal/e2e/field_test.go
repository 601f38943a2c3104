package e2e

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// fieldCallers is how many tell a story in each cell of TestFaultField.
const fieldCallers = 10

// TestFaultField gives the field each of its faults for three calls in ten, look-ups included, one kind after the other,
// while callers work. Each cell ends with the oracle over everything so far.
func TestFaultField(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var before *front
	l := &load{site: newSiteThrough(t, func(sandbox string) string { before = newFront(t, sandbox); return before.url() },
		sqliteURL(t), 1, released, "PONTE_TEST_LEASE=2s", "PONTE_TEST_POLL=200ms")}
	if err := l.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	cells := map[string]func(*testing.T){
		"sem_falha":            func(t *testing.T) { l.round(ctx, t, fieldCallers, func() {}) },
		"http_500":             l.fieldFault(ctx, 0),
		"http_503_retry_after": l.fieldFault(ctx, 0),
		"http_429":             l.fieldFault(ctx, 0),
		"erro_200":             l.refusals(ctx),
		"recusar":              l.refusals(ctx),
		"timeout_apos_aceitar": l.fieldFault(ctx, 0),
		"aceita_depois":        l.fieldFault(ctx, late),
		"conexao_cortada":      l.fieldFault(ctx, 0),
		"cortada_antes":        l.fieldFault(ctx, 0),
		"lento":                l.fieldFault(ctx, 300+late),
		"corpo_invalido":       l.fieldFault(ctx, 0),
		halfOpen:               l.wireFault(ctx, before),
		noise:                  l.wireFault(ctx, before),
		huge: func(t *testing.T) {
			l.wireFault(ctx, before)(t)
			if most := l.running[0].peak(t); most > 300 {
				t.Errorf("it needed %d MB of memory", most)
			} else {
				t.Logf("it needed %d MB of memory at most", most)
			}
		},
		"fora_do_ar": func(t *testing.T) {
			l.round(ctx, t, fieldCallers, func() {
				before.close()
				if err := l.noticed(ctx); err != nil {
					t.Errorf("nobody notices that the field is away: %v", err)
				}
				before.open()
			})
		},
	}
	runCells(t, cells)
}

// share is how many of the field's calls meet a fault.
const share = 0.3

// cell is the last part of a subtest's name, which is the fault.
func cell(t *testing.T) string { return t.Name()[strings.LastIndex(t.Name(), "/")+1:] }

// fieldFault is a cell of a fault that Ponte gets over by itself.
func (l *load) fieldFault(ctx context.Context, ms int) func(*testing.T) {
	return func(t *testing.T) {
		l.round(ctx, t, fieldCallers, func() { l.callers.Wait(); l.met(ctx, t) }, fault{Method: "*", Type: cell(t), Probability: share, MS: ms})
	}
}

// met makes sure that there were faults.
func (l *load) met(ctx context.Context, t *testing.T) {
	t.Helper()
	if n, err := l.field.played(ctx); n == 0 || err != nil {
		t.Errorf("%d faults were played (%v): this shows nothing", n, err)
	}
}

// wireFault is a cell of a trouble that the front makes.
func (l *load) wireFault(ctx context.Context, f *front) func(*testing.T) {
	return func(t *testing.T) {
		before := f.played.Load()
		f.make(cell(t), share)
		l.round(ctx, t, fieldCallers, func() {
			l.callers.Wait()
			f.make("", 0)
		})
		if n := f.played.Load() - before; n == 0 {
			t.Error("no call met it: this shows nothing")
		} else {
			t.Logf("tried: %d calls with %s", n, cell(t))
		}
	}
}

// refusals is a cell of a fault that is an answer: the message is refused, and a person sends it again. Here a manager
// sends all of them again, by the page for many at once, until none is left.
func (l *load) refusals(ctx context.Context) func(*testing.T) {
	return func(t *testing.T) {
		m := l.signIn(ctx, t, "gestor@demo")
		resent := 0
		l.mended = true
		defer func() { l.mended = false }()
		l.round(ctx, t, fieldCallers, func() {
			db := ledger(t, l.database)
			told := make(chan struct{})
			go func() { l.callers.Wait(); close(told) }()
			err := poll(ctx, func() (bool, error) {
				if count(t, db, "SELECT count(*) FROM delivery WHERE state = 'recusado'") > 0 {
					n, err := m.resendAll(ctx, db)
					resent += n
					return false, err
				}
				select {
				case <-told:
					return count(t, db, "SELECT CAST(COALESCE(sum(pending), 0) AS BIGINT) FROM lane") == 0, nil
				default:
					return false, nil
				}
			})
			if err != nil {
				t.Fatalf("the manager: %v", err)
			}
			l.met(ctx, t)
		}, fault{Method: "*", Type: cell(t), Probability: share})
		if resent == 0 {
			t.Error("nothing had to be sent again: this shows nothing")
		}
		t.Logf("tried: %d refused messages sent again by the page", resent)
	}
}

// noticed waits until a Ponte says that its breaker is open.
func (l *load) noticed(ctx context.Context) error {
	return poll(ctx, func() (bool, error) {
		a, err := web.do(ctx, http.MethodGet, l.running[0].url(ponteURL)+"/metrics", "", "")
		return err == nil && regexp.MustCompile(`(?m)^ponte_breaker_open\{[^}]*\} 1$`).Match(a.body), nil
	})
}

// peak is the most memory that a process ever had, in MB.
func (p *process) peak(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(b)
	if m == nil {
		t.Fatalf("no VmHWM in %s", b)
	}
	kb, _ := strconv.Atoi(string(m[1]))
	return kb >> 10
}

// person is somebody at a browser, signed in.
type person struct {
	*caller
	site *site
}

func (s *site) signIn(ctx context.Context, t testing.TB, login string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{&caller{&http.Client{Jar: jar, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, s}
	a, err := p.post(ctx, "/entrar", url.Values{"login": {login}, "senha": {"ponte-demo"}})
	if err != nil || a.status != http.StatusSeeOther {
		t.Fatalf("%s can't sign in: %d %v", login, a.status, err)
	}
	return p
}

func (p *person) post(ctx context.Context, path string, form url.Values) (answer, error) {
	at, err := p.site.address(ctx)
	if err != nil {
		return answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.send(r, "")
}

func (p *person) get(ctx context.Context, path string) (answer, error) {
	at, err := p.site.address(ctx)
	if err != nil {
		return answer{}, err
	}
	return p.do(ctx, http.MethodGet, at+path, "", "")
}

// resendAll sends what is blocked again by the page for many: rehearsed, said yes to, and waited for. It answers how many
// were taken.
func (p *person) resendAll(ctx context.Context, db *sql.DB) (n int, err error) {
	job, err := p.follow(ctx, "/integracao/envios/lote", url.Values{"ato": {"reenviar"}})
	if err != nil {
		return 0, err
	}
	until := func(want string) error {
		return poll(ctx, func() (bool, error) {
			var state string
			err := db.QueryRowContext(ctx, "SELECT state, done FROM bulk_job WHERE id = $1", path.Base(job)).Scan(&state, &n)
			return state == want, err
		})
	}
	if err := until("ensaiado"); err != nil {
		return 0, err
	}
	if _, err := p.follow(ctx, job+"/fazer", nil); err != nil {
		return 0, err
	}
	err = until("feito")
	return n, err
}

// follow sends a form that leads to another page, and answers which.
func (p *person) follow(ctx context.Context, at string, form url.Values) (string, error) {
	a, err := p.post(ctx, at, form)
	if err == nil && a.status != http.StatusSeeOther {
		err = errors.New(a.String())
	}
	return a.header.Get("Location"), err
}

// TestFaultSlowField: the field does everything, 10 s after it was asked, when nobody waits for it any more and the
// settling time is long over. Each is found, and nothing is done twice.
func TestFaultSlowField(t *testing.T) {
	t.Parallel() // it does nothing but wait
	l := &load{site: newSite(t, sqliteURL(t), 1, released), seed: rand.Uint64()}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	l.choose(desk.MethodC, func(p *mapping.Policy) {
		p.Timeout, p.Settling = mapping.Duration(2*time.Second), mapping.Duration(time.Second) // the demo's
	})
	if err := l.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	runCells(t, map[string]func(*testing.T){"lento_10s": func(t *testing.T) {
		lanes := l.lanes(ctx, t, "lento")
		var faults []fault
		for _, at := range lanes {
			faults = append(faults, fault{Method: at.method, Type: "lento", Count: 1, MS: 10_000})
		}
		if err := l.field.setFaults(ctx, faults...); err != nil {
			t.Fatal(err)
		}
		for _, at := range lanes {
			l.move(ctx, t, at.number, at.status, "devagar")
		}
		for _, at := range lanes {
			l.expect(ctx, t, at, false)
		}
		if n, err := l.field.played(ctx); n != len(lanes) || err != nil {
			t.Errorf("%d calls were slow, want %d (%v)", n, len(lanes), err)
		}
	}})
}
