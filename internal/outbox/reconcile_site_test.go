package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/sandbox"
	"ponte/internal/store"
)

// yard is an installation, its outbox and its reconciler, and the sandbox as Mobuss, which calls nobody back: what
// happens there is only to be found by looking.
type yard struct {
	*flowtest.Installation
	t        *testing.T
	box      *Outbox
	compares *Reconciler
	web      *httptest.Server // Mobuss
	front    *httptest.Server // what stands before it, as Ponte sees it
	swallows atomic.Value     // the method whose calls are answered and lost
	number   atomic.Value     // what every order's number has become
	ahead    atomic.Int64     // of the real clock, in milliseconds: a look is later than what went before it
	settled  chan flow.Verdict
	ended    chan string
}

func newYard(t *testing.T, s *store.Store, change func(*mapping.Config)) *yard {
	t.Helper()
	f := &yard{t: t, settled: make(chan flow.Verdict, 1000), ended: make(chan string, 100)}
	mobuss, err := sandbox.Open(sandbox.Options{Dir: t.TempDir()})
	f.must(err)
	f.web = httptest.NewServer(mobuss.Handler())
	f.swallows.Store("")
	f.number.Store("")
	f.front = httptest.NewServer(http.HandlerFunc(f.pass))
	f.Installation = flowtest.New(t, s, flow.Deps{Now: f.now, Wake: func() {
		if f.box != nil {
			f.box.Wake()
		}
	}, WakeReconcile: func() {
		if f.compares != nil {
			f.compares.Wake()
		}
	}})
	c := flowtest.Config(t)
	r := c.Integration.Reconcile
	r.Grace, r.PerMinute = 0, mapping.MostPerMinute
	if change != nil {
		change(c)
	}
	f.must(f.Configure(t.Context(), flowtest.Admin(), c))
	f.must(f.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation,
		flow.Endpoint{BaseURL: f.front.URL, AllowPrivate: true, Secrets: map[string]string{"token": "sandbox-token"}}))
	client := connector.New()
	f.box = New(Options{Flow: f.Flow, Client: client, Owner: "a", Poll: 20 * time.Millisecond, Now: f.now,
		Watch: Watcher{Settled: func(_ desk.Point, v flow.Verdict, _ time.Duration) { f.settled <- v }}})
	f.compares = f.reconciler(f.box)
	f.box.Start()
	f.compares.Start()
	t.Cleanup(func() {
		f.compares.Stop()
		f.must(f.box.Stop(context.Background()))
		client.Close()
		f.front.Close()
		mobuss.Stop()
		f.web.Close()
		f.must(mobuss.Close())
	})
	return f
}

// pass hands a call on to Mobuss. One that is swallowed is answered as if it had been done: it was accepted and lost.
func (f *yard) pass(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if lost := f.swallows.Load().(string); lost != "" && strings.HasSuffix(r.URL.Path, lost) {
		_, _ = io.WriteString(w, `{"idComentario":"C-0","idVisita":"V-0"}`)
		return
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, f.web.URL+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header = r.Header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(http.ErrAbortHandler) // cut, as it was
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if n := f.number.Load().(string); n != "" {
		answer = numbers.ReplaceAll(answer, []byte(`"numSolicitacao":"`+n+`"`))
	}
	for name, v := range res.Header {
		if name != "Content-Length" {
			w.Header()[name] = v
		}
	}
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(answer)
}

var numbers = regexp.MustCompile(`"numSolicitacao":"[^"]*"`)

func (f *yard) reconciler(b *Outbox) *Reconciler {
	r := NewReconciler(b)
	r.Ended = func(reason string) { f.ended <- reason }
	return r
}

func (f *yard) now() time.Time {
	return time.Now().Add(time.Duration(f.ahead.Load()) * time.Millisecond)
}

func (f *yard) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// compare has everything compared, some time after whatever went before.
func (f *yard) compare() flow.Run {
	f.t.Helper()
	f.ahead.Add((30 * time.Second).Milliseconds())
	f.must(f.AskReconcile(f.t.Context(), flowtest.Attendant()))
	await(f.t, "the end of a run", f.ended, 1)
	runs, err := f.Runs(f.t.Context(), flowtest.Attendant(), 1)
	f.must(err)
	return runs[0]
}

// order opens an occurrence and its order, and answers both names.
func (f *yard) order() (number int64, mobussID string) {
	f.t.Helper()
	number = f.Open(f.t)
	f.move(number, "20", "abrir")
	return number, f.mobussID(number)
}

// move moves by hand and waits until Mobuss has it.
func (f *yard) move(number int64, status, comment string) {
	f.t.Helper()
	f.must(f.MoveByHand(f.t.Context(), flowtest.Attendant(), flow.MoveInput{Number: number, Status: status, Comment: comment}))
	await(f.t, "the delivery", f.settled, 1)
}

func (f *yard) mobussID(number int64) string {
	f.t.Helper()
	o := f.show(number)
	return o.Orders[len(o.Orders)-1].MobussID
}

func (f *yard) show(number int64) *flow.Occurrence {
	f.t.Helper()
	o, err := f.Show(f.t.Context(), flowtest.Attendant(), number)
	f.must(err)
	return o
}

// open are the open findings, of a kind where one is named.
func (f *yard) open(kinds ...desk.FindingKind) []flow.FindingLine {
	f.t.Helper()
	l, err := f.ListFindings(f.t.Context(), flowtest.Attendant(), flow.FindingsQuery{Open: true, Most: 100})
	f.must(err)
	return slices.DeleteFunc(l.Lines, func(l flow.FindingLine) bool { return len(kinds) > 0 && !slices.Contains(kinds, l.Kind) })
}

// only is the one open finding, which is of this kind.
func (f *yard) only(kind desk.FindingKind) flow.FindingLine {
	f.t.Helper()
	all := f.open()
	if len(all) != 1 || all[0].Kind != kind {
		f.t.Fatalf("found %+v, want one %s", all, kind)
	}
	return all[0]
}

func (f *yard) none() {
	f.t.Helper()
	if all := f.open(); len(all) > 0 {
		f.t.Fatalf("found %+v, want nothing", all)
	}
}

func (f *yard) mend(l flow.FindingLine, in flow.MendInput) {
	f.t.Helper()
	f.must(f.Mend(f.t.Context(), flowtest.Attendant(), l.ID, in))
}

// act is what the technician's buttons do.
func (f *yard) act(mobussID string, does map[string]string) {
	f.t.Helper()
	f.call(http.MethodPost, "/_sandbox/solicitacoes/"+mobussID+"/acoes", does)
}

// api is a call of Mobuss's interface that Ponte does not make: somebody else at work there.
func (f *yard) api(method string, fields map[string]string) {
	f.t.Helper()
	f.call(http.MethodPost, "/ccapi/assistencia/solicitacao/v1/"+method, fields)
}

func (f *yard) faults(list ...map[string]any) {
	f.t.Helper()
	if list == nil {
		list = []map[string]any{}
	}
	f.call(http.MethodPut, "/_sandbox/falhas", list)
}

func (f *yard) call(method, path string, body any) {
	f.t.Helper()
	b, err := json.Marshal(body)
	f.must(err)
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.web.URL+path, bytes.NewReader(b))
	f.must(err)
	req.Header.Set("Authorization", "Bearer sandbox-token")
	res, err := http.DefaultClient.Do(req)
	f.must(err)
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= 300 {
		text, _ := io.ReadAll(res.Body)
		f.t.Fatalf("%s %s: %s %s", method, path, res.Status, text)
	}
}

// state is what Mobuss says of an order.
func (f *yard) state(mobussID string) string {
	f.t.Helper()
	for _, o := range f.all() {
		if o.IDMobuss == mobussID {
			return o.Situacao
		}
	}
	return ""
}

type theirOrder struct{ IDMobuss, IDLegado, Situacao string }

func (f *yard) all() (all []theirOrder) {
	f.t.Helper()
	res, err := http.Get(f.web.URL + "/_sandbox/solicitacoes") //nolint:noctx // a test
	f.must(err)
	defer func() { _ = res.Body.Close() }()
	f.must(json.NewDecoder(res.Body).Decode(&all))
	return all
}

// there is how many orders Mobuss has that carry an id of ours.
func (f *yard) there(legacy string) (n int) {
	f.t.Helper()
	for _, o := range f.all() {
		if o.IDLegado == legacy {
			n++
		}
	}
	return n
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

// heard counts the movements of the field that say something.
func heard(o *flow.Occurrence, kind, words string) (n int) {
	for _, m := range o.Movements {
		if m.Origin == desk.Field && m.Kind == kind && m.Comment == words {
			n++
		}
	}
	return n
}
