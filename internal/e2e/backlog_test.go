package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/app"
	"ponte/internal/flow/flowtest"
)

// A backlog is so many lanes, each an opening with comments behind it: 100,000 deliveries in a soak, fewer in between.
const (
	backlogLanes     = 1000
	backlogLanesSoak = 25000
	backlogComments  = 3
)

// What must hold meanwhile.
const (
	backlogMemory = 150 // MB
	backlogPage   = 200 * time.Millisecond
)

// TestFaultBacklog: deliveries queue up while Mobuss is down; every page says so; when it is back they drain by
// themselves, each lane in order, each order opened once; what is moved meanwhile does not wait for all of them; and the
// process stays small and its pages quick.
func TestFaultBacklog(t *testing.T) {
	lanes, soak := backlogLanes, os.Getenv("PONTE_SOAK") != ""
	if soak {
		lanes = backlogLanesSoak
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	s := newSite(t, sqliteURL(t), 1, released)
	began := time.Now()
	var first, last int64
	if err := s.inside(func(a *app.App) (err error) {
		first, last, err = flowtest.Backlog(ctx, a.Flow, "PDA-U-1", lanes, backlogComments)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	queued := lanes * (1 + backlogComments)
	t.Logf("%d deliveries queued in %v", queued, time.Since(began).Round(time.Millisecond))
	if err := s.field.setFaults(ctx, fault{Method: "*", Type: "cortada_antes", Probability: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	r := newReader(t, s.running[0].url(ponteURL), last)
	band := func(want bool) {
		t.Helper()
		if err := poll(ctx, func() (bool, error) {
			body, err := r.get(ctx, "/painel")
			return strings.Contains(body, `class="outage"`) == want, err
		}); err != nil {
			t.Fatalf("the pages say that Mobuss is down: want %v: %v", want, err)
		}
	}
	band(true)
	if err := s.field.setFaults(ctx); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	reading, stop := context.WithCancel(ctx)
	var readers sync.WaitGroup
	readers.Go(func() { r.read(reading) })
	l := &load{site: s}
	db := ledger(t, s.database)
	waits := func() int {
		return count(t, db, "SELECT count(*) FROM (SELECT 1 FROM lane WHERE next_at IS NOT NULL LIMIT 1) AS x")
	}
	fresh := l.opened(ctx, t)
	l.settled(ctx, t, fresh, 1)
	if waits() == 0 {
		t.Error("what was moved meanwhile waited for the whole backlog")
	}
	if err := poll(ctx, func() (bool, error) { return waits() == 0, nil }); err != nil {
		t.Fatalf("it does not drain: %v", err)
	}
	took := time.Since(began)
	stop()
	readers.Wait()
	band(false)
	orders, err := s.field.orders(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range backlogProblems(orders, first, last, fresh) {
		t.Error(problem)
	}
	peak, p99 := r.peak(t, s.running[0].cmd.Process.Pid), r.at(.99)
	t.Logf("tried: %d deliveries drained after an outage", queued)
	t.Logf("drained in %v, %.0f/s; at most %d MB; %d pages, p50 %v, p99 %v", took.Round(time.Millisecond), float64(queued)/took.Seconds(),
		peak, len(r.took), r.at(.5).Round(time.Millisecond), p99.Round(time.Millisecond))
	if peak >= backlogMemory {
		t.Errorf("%d MB, must stay below %d", peak, backlogMemory)
	}
	if soak && p99 >= backlogPage {
		t.Errorf("pages: p99 %v, must stay below %v", p99, backlogPage)
	}
}

// opened is an occurrence that was moved to the field just now.
func (l *load) opened(ctx context.Context, t *testing.T) int64 {
	t.Helper()
	a, err := l.call(ctx, deskToken, http.MethodPost, "/ocorrencias", `{"cod_projeto": "PDA-U-2", "bloqueio_incluir_cliente": "T", "descricao": "agora"}`)
	var o occurrence
	if err != nil || json.Unmarshal(a.body, &o) != nil || o.Number == 0 {
		t.Fatalf("%s: %v", a, err)
	}
	l.move(ctx, t, o.Number, "20", "agora")
	return o.Number
}

// backlogProblems holds the field's books against what was queued: one order each, its comments once and in order.
func backlogProblems(orders []order, first, last, fresh int64) (out []string) {
	seen := map[string]int{}
	var wanted []string
	for k := range backlogComments {
		wanted = append(wanted, "c"+strconv.Itoa(k+1))
	}
	for _, o := range orders {
		seen[o.Legacy]++
		n, err := strconv.ParseInt(o.Legacy, 10, 64)
		if err != nil || n != fresh && (n < first || n > last) {
			out = append(out, fmt.Sprintf("order %s of %q, which nobody opened", o.MobussID, o.Legacy))
			continue
		}
		var got []string
		for _, c := range o.Comments {
			got = append(got, c.Text)
		}
		if n != fresh && !slices.Equal(got, wanted) {
			out = append(out, fmt.Sprintf("%d: comments %q, want %q", n, got, wanted))
		}
	}
	for n := first; n <= last; n++ {
		if times := seen[strconv.FormatInt(n, 10)]; times != 1 {
			out = append(out, fmt.Sprintf("%d: %d orders", n, times))
		}
	}
	return out[:min(len(out), 20)]
}

// The control: an order too many, none, a comment lost, twice or out of order, and an order of nobody are found.
func TestControlBacklogOracle(t *testing.T) {
	said := func(legacy string, texts ...string) (o order) {
		o.Legacy = legacy
		for _, text := range texts {
			o.Comments = append(o.Comments, struct {
				Text   string `json:"texto"`
				Author string `json:"autor"`
				Legacy string `json:"idLegado"`
			}{Text: text})
		}
		return o
	}
	good := []order{said("1", "c1", "c2", "c3"), said("2", "c1", "c2", "c3"), said("9")}
	for name, c := range map[string]struct {
		orders []order
		want   int
	}{
		"good": {good, 0}, "twice": {append(slices.Clone(good), good[0]), 1}, "none": {good[1:], 1},
		"lost":         {[]order{said("1", "c1", "c3"), good[1]}, 1},
		"repeated":     {[]order{said("1", "c1", "c1", "c2", "c3"), good[1]}, 1},
		"out of order": {[]order{said("1", "c2", "c1", "c3"), good[1]}, 1},
		"nobody's":     {append(slices.Clone(good), said("7")), 1},
	} {
		if got := backlogProblems(c.orders, 1, 2, 9); len(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// reader is a person who goes from page to page.
type reader struct {
	client *http.Client
	url    string
	pages  []string
	took   []time.Duration
	errs   []error
}

func newReader(t *testing.T, url_ string, number int64) *reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{client: &http.Client{Jar: jar, Timeout: patience}, url: url_, pages: []string{"/painel", "/ocorrencias",
		"/integracao/envios", "/integracao/envios?visao=andamento", fmt.Sprintf("/ocorrencias/%d", number), "/ocorrencias/nova"}}
	res, err := r.client.PostForm(url_+"/entrar", url.Values{"login": {"gestor@demo"}, "senha": {app.DemoPassword}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return r
}

func (r *reader) get(ctx context.Context, path string) (string, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, http.NoBody)
	if err != nil {
		return "", err
	}
	res, err := r.client.Do(q)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || strings.Contains(res.Request.URL.Path, "entrar")) {
		err = fmt.Errorf("%s: %s, at %s", path, res.Status, res.Request.URL)
	}
	return string(b), err
}

// read goes on until ctx ends.
func (r *reader) read(ctx context.Context) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for i := 0; ; i++ {
		began := time.Now()
		_, err := r.get(ctx, r.pages[i%len(r.pages)])
		if ctx.Err() != nil {
			return
		}
		r.took = append(r.took, time.Since(began))
		if err != nil {
			r.errs = append(r.errs, err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *reader) at(q float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	slices.Sort(r.took)
	return r.took[int(q*float64(len(r.took)-1))]
}

// peak is the most that a process held, in MB, as Linux says.
func (r *reader) peak(t *testing.T, pid int) int {
	t.Helper()
	for _, err := range r.errs {
		t.Error(err)
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return kb >> 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
