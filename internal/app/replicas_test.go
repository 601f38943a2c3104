package app_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// replicas are Pontes on one PostgreSQL with a sandbox. Nothing is polled and no lease ends within a test: what one does for
// another, it does because it was told.
type replicas struct {
	*house // of the first
	cfg    app.Config
}

func newReplicas(t *testing.T) *replicas {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	box, err := app.StartSandbox(t.Context(), "127.0.0.1:0", filepath.Join(dir, "sandbox"), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Stop() })
	return &replicas{&house{t: t, box: box, news: make(chan struct{}, 1)}, app.Config{DatabaseURL: storetest.URL(t, store.Postgres), BlobURL: "file://" + filepath.Join(dir, "anexos"),
		SecretKeys: []string{"a secret of the tests only"}, Addr: "127.0.0.1:0", Demo: true, Log: log, Lease: time.Hour, Poll: time.Hour, Workers: 1}}
}

// replica makes one more, which works at nothing yet.
func (r *replicas) replica() *app.App {
	r.t.Helper()
	a, err := app.New(r.t.Context(), r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.listen(a)
	return a
}

func (r *replicas) start(a *app.App) {
	r.t.Helper()
	if err := a.Start(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// stop stops one gracefully, with so much time.
func (r *replicas) stop(a *app.App, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return a.Stop(ctx)
}

// stream is a browser's at a replica's door: the topics it is told, in order.
func (r *replicas) stream(a *app.App) func(want string) (before []string) {
	t := r.t
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	res, err := browser.PostForm("http://"+a.Addr()+"/entrar", url.Values{"login": {"atendente@demo"}, "senha": {app.DemoPassword}})
	if err != nil || res.Request.URL.Path == "/entrar" {
		t.Fatalf("sign in: %v %v", res, err)
	}
	_ = res.Body.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.Addr()+"/novidades", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err = browser.Do(req); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	next := func(want string) (before []string) {
		t.Helper()
		for lines.Scan() {
			text := strings.TrimPrefix(strings.TrimPrefix(lines.Text(), "data: "), "event: ")
			if text == want {
				return before
			}
			before = append(before, text)
		}
		t.Fatalf("the stream ended before %q: %v; it told %q", want, lines.Err(), before)
		return nil
	}
	next("ping")
	return next
}

// TestReplicasStartAtOnce: on a new database too, and only one of them sets it up.
func TestReplicasStartAtOnce(t *testing.T) {
	r := newReplicas(t)
	var all sync.WaitGroup
	made := make(chan *app.App, 3)
	for range cap(made) {
		all.Go(func() {
			a, err := app.New(t.Context(), r.cfg)
			if err != nil {
				t.Errorf("a replica did not start: %v", err)
				return
			}
			made <- a
		})
	}
	all.Wait()
	close(made)
	for a := range made {
		if err := a.Abandon(); err != nil {
			t.Error(err)
		}
	}
}

// TestReplicasTellEachOther: a page of one replica hears what another did, a worker is woken for what another queued, and
// what another held goes on when it stops.
func TestReplicasTellEachOther(t *testing.T) {
	r := newReplicas(t)
	one := r.replica()
	if err := one.SeedDemo(t.Context(), r.box.URL()); err != nil {
		t.Fatal(err)
	}
	r.start(one)
	r.app = one
	two := r.replica()
	r.start(two)
	heard := r.stream(two)

	n := r.open() // through the first one's door
	heard(flow.Topic(n))
	if status, body := r.rest(fmt.Sprintf("/ocorrencias/%d/movimentacoes", n), app.DemoDeskToken, map[string]string{"cod_status": "20"}); status/100 != 2 {
		t.Fatalf("%d %s", status, body)
	}
	r.until("the order is open", func() bool { return r.settled(n) })
	heard(flow.TopicDeliveries)

	t.Run("a command is heard too", func(t *testing.T) {
		f, done, err := app.OpenFlow(t.Context(), r.cfg.DatabaseURL, r.cfg.SecretKeys, r.cfg.Log)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.MoveByHand(t.Context(), attendant, flow.MoveInput{Number: n, Status: "40", Comment: "da linha de comando"}); err != nil {
			t.Error(err)
		}
		if err := done(); err != nil {
			t.Error(err)
		}
		heard(flow.Topic(n))
		r.until("a server delivered it", func() bool { return r.settled(n) })
	})
	t.Run("without announcements nothing is heard", func(t *testing.T) { // the control
		mute, err := store.OpenBeside(t.Context(), r.cfg.DatabaseURL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = mute.Close() }()
		silent := flow.New(flow.Deps{Store: mute, Keys: one.Flow.Keys, Log: r.cfg.Log})
		last := r.open()
		heard(flow.Topic(last))
		if err := silent.MoveByHand(t.Context(), attendant, flow.MoveInput{Number: n, Status: "40", Comment: "sem aviso"}); err != nil {
			t.Fatal(err)
		}
		other := r.open()
		for _, topic := range heard(flow.Topic(other)) {
			if topic == flow.Topic(n) {
				t.Error("it was heard")
			}
		}
		one.Flow.Wake()
		r.until("it is delivered all the same", func() bool { return r.settled(n) })
	})
	t.Run("what one has no worker for another takes", func(t *testing.T) { r.share() })
	t.Run("what one held goes on at once", func(t *testing.T) { r.handOver(one, two) })
}

// share queues more at the first one than it has workers, while the field is slow.
func (r *replicas) share() {
	t := r.t
	r.faults(`[{"metodo": "*", "tipo": "lento", "ms": 700, "quantas": 2}]`)
	numbers := []int64{r.open(), r.open()}
	for _, n := range numbers {
		r.move(n, "20")
	}
	db, err := sql.Open("pgx", r.cfg.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	r.until("both work at once", func() bool {
		var owners int
		if err := db.QueryRowContext(t.Context(), "SELECT count(DISTINCT lease_owner) FROM lane WHERE lease_owner <> ''").Scan(&owners); err != nil {
			t.Fatal(err)
		}
		return owners == 2
	})
	for _, n := range numbers {
		r.until("both are delivered", func() bool { return r.settled(n) })
	}
}

// handOver stops the first while a call of it is on the wire, twice: with time for it, and without.
func (r *replicas) handOver(one, two *app.App) {
	t := r.t
	if err := r.stop(two, 20*time.Second); err != nil { // so that it is the first that claims
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		within time.Duration
		looks  int64
	}{{"in time", 20 * time.Second, 0}, {"too late", time.Millisecond, 1}} {
		r.app = one
		n := r.open()
		r.faults(`[{"metodo": "*", "tipo": "lento", "ms": 700, "quantas": 1}]`)
		for _, s := range []string{"20", "40", "40"} {
			if err := one.Flow.MoveByHand(t.Context(), attendant, flow.MoveInput{Number: n, Status: s, Comment: "c" + s}); err != nil {
				t.Fatal(err)
			}
		}
		r.until("the opening is on the wire", func() bool { return r.show(n).Deliveries[0].State == desk.Sending })
		next := r.replica()
		r.start(next)
		err := r.stop(one, c.within)
		if timedOut := errors.Is(err, context.DeadlineExceeded); timedOut != (c.looks > 0) {
			t.Errorf("%s: the stop answered %v", c.name, err)
		}
		one, r.app = next, next
		r.until(c.name+": the other one delivered the rest", func() bool { return r.settled(n) })
		if orders := r.orders(n); len(orders) != 1 {
			t.Errorf("%s: %d orders", c.name, len(orders))
		}
		for i, d := range r.show(n).Deliveries {
			if d.State != desk.Delivered {
				t.Errorf("%s: delivery %d is %s", c.name, i, d.State)
			}
		}
	}
	if err := r.stop(one, 20*time.Second); err != nil {
		t.Error(err)
	}
}

func (r *replicas) faults(rows string) {
	r.t.Helper()
	if status, body := r.call(http.MethodPut, r.box.URL()+"/_sandbox/falhas", app.DemoSandboxToken, "application/json", strings.NewReader(rows)); status/100 != 2 {
		r.t.Fatalf("faults: %d %s", status, body)
	}
}

// TestPeriodicWorkOfTwoReplicas: what each replica does by itself does no harm where two do it at the same moment, and what
// one alone may do is done once.
func TestPeriodicWorkOfTwoReplicas(t *testing.T) {
	r := newReplicas(t)
	one := r.replica()
	if err := one.SeedDemo(t.Context(), r.box.URL()); err != nil {
		t.Fatal(err)
	}
	r.start(one)
	r.app = one
	var numbers []int64
	for range 2 {
		n := r.open()
		r.move(n, "20")
		numbers = append(numbers, n)
	}
	for _, n := range numbers {
		r.until("delivered", func() bool { return r.settled(n) })
	}
	for i := range 5 { // bytes that nothing will name
		if _, err := one.Flow.StoreFile(t.Context(), attendant, "a.jpg", "image/jpeg", strings.NewReader(string(photo(fmt.Sprint("órfã ", i), 2000)))); err != nil {
			t.Fatal(err)
		}
	}
	two := r.replica()
	defer func() { _ = two.Abandon() }()
	db, err := sql.Open("pgx", r.cfg.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	const year = 365 * 24 * 3600 * 1000
	for _, statement := range []string{
		"UPDATE inbound_call SET received_at = received_at - $1", "UPDATE blob SET used_at = used_at - $1, stored_at = stored_at - $1",
		"UPDATE delivery SET created_at = created_at - $1, settled_at = settled_at - $1",
	} {
		if _, err := db.ExecContext(t.Context(), statement, int64(year)); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	calls, said := r.sweepTogether(one, two)
	if calls != int64(len(numbers)) {
		t.Errorf("%d received calls were forgotten, of %d", calls, len(numbers))
	}
	if said < int64(len(numbers)) {
		t.Errorf("what was said in %d deliveries was forgotten, of %d", said, len(numbers))
	}
	for what, query := range map[string]string{"calls": "SELECT count(*) FROM inbound_call", "payloads": "SELECT count(*) FROM delivery WHERE bound IS NOT NULL",
		"orphans": "SELECT count(*) FROM blob", "bytes to be taken away": "SELECT count(*) FROM blob_gone"} {
		var left int
		if err := db.QueryRowContext(t.Context(), query).Scan(&left); err != nil || left != 0 {
			t.Errorf("%s: %d are left, %v", what, left, err)
		}
	}
	r.reconcileTogether(one)
}

// sweepTogether has every sweep done by both at once, three times.
func (r *replicas) sweepTogether(apps ...*app.App) (calls, said int64) {
	var all sync.WaitGroup
	var mu sync.Mutex
	begin := make(chan struct{})
	for _, a := range apps {
		for range 3 {
			all.Go(func() {
				<-begin
				ctx := r.t.Context()
				c, err := a.Flow.ForgetCalls(ctx, 30)
				d, err2 := a.Flow.ForgetDeliveries(ctx, 30, new(flow.Forgotten))
				_, err3 := a.Flow.SweepFiles(ctx)
				_, err4 := a.Flow.SweepUploads(ctx, 30)
				_, err5 := a.Flow.ForgetTrialCalls(ctx, 30)
				if err := errors.Join(err, err2, err3, err4, err5); err != nil {
					r.t.Errorf("a sweep beside another: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				calls, said = calls+c, said+d
			})
		}
	}
	close(begin)
	all.Wait()
	return calls, said
}

// reconcileTogether has what Mobuss holds compared while two replicas are there for it.
func (r *replicas) reconcileTogether(one *app.App) {
	t := r.t
	two := r.replica()
	r.start(two)
	manager := desk.Actor{Kind: "usuario", ID: "3", Name: "Gilda Rocha", Origin: desk.House, Roles: []desk.Role{desk.Manager}}
	if err := one.Flow.AskReconcile(t.Context(), manager); err != nil {
		t.Fatal(err)
	}
	var runs []flow.Run
	r.until("the run has ended", func() bool {
		var err error
		if runs, err = two.Flow.Runs(t.Context(), manager, 9); err != nil {
			t.Fatal(err)
		}
		return len(runs) > 0 && runs[0].State != flow.RunRunning
	})
	if len(runs) != 1 || runs[0].State != flow.RunDone {
		t.Errorf("runs: %+v", runs)
	}
	if err := errors.Join(r.stop(one, 20*time.Second), r.stop(two, 20*time.Second)); err != nil {
		t.Error(err)
	}
}
