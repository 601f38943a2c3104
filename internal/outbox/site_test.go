package outbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// patience is how long a test waits for what must come; none waits for something not to come.
const patience = 30 * time.Second

// site is an installation, an outbox and a field's tool that answers as a test wishes.
type site struct {
	*flowtest.Installation
	t       *testing.T
	route   flow.Route
	box     *Outbox
	clock   func() time.Time
	settled chan flow.Verdict // one for each settlement

	// answers makes an answer; nil accepts everything.
	answers atomic.Pointer[func(call) (status int, body string)]
	asked   atomic.Int64
}

// call is what the field's tool was asked: the method's name and its fields.
type call struct {
	method string
	fields map[string]any
}

func newSite(t *testing.T, o Options, change func(*mapping.Config)) *site {
	t.Helper()
	s := &site{t: t, clock: o.Now, settled: make(chan flow.Verdict, 1000)}
	if s.clock == nil {
		s.clock = time.Now
	}
	s.Installation = flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{Now: s.clock, Wake: func() {
		if s.box != nil {
			s.box.Wake()
		}
	}})
	if change != nil {
		c := flowtest.Config(t)
		change(c)
		s.must(s.Configure(t.Context(), flowtest.Admin(), c))
	}
	web := httptest.NewServer(s)
	client := connector.New()
	t.Cleanup(func() { client.Close(); web.Close() })
	s.must(s.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation,
		flow.Endpoint{BaseURL: web.URL, AllowPrivate: true, Secrets: map[string]string{"token": "sandbox-token"}}))
	routes, err := s.Routes(t.Context())
	s.must(err)
	s.route = routes[0]
	o.Flow, o.Client, o.Owner = s.Flow, client, "this process"
	o.Watch.Settled = func(_ desk.Point, v flow.Verdict, _ time.Duration) { s.settled <- v }
	s.box = New(o)
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	c := call{method: path.Base(r.URL.Path)}
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &c.fields)
	status, text := http.StatusOK, okOpen
	if f := s.answers.Load(); f != nil {
		status, text = (*f)(c)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (s *site) answer(f func(call) (int, string)) { s.answers.Store(&f) }

// opening is an occurrence that was moved to the opening's status, and its number.
func (s *site) opening() int64 {
	s.t.Helper()
	n := s.Open(s.t)
	s.move(n, "20")
	return n
}

func (s *site) move(number int64, status string) {
	s.t.Helper()
	s.must(s.MoveByHand(s.t.Context(), flowtest.Attendant(), flow.MoveInput{Number: number, Status: status, Comment: "para " + status}))
}

// last is an occurrence's latest delivery.
func (s *site) last(number int64) flow.Delivery {
	s.t.Helper()
	o, err := s.Show(s.t.Context(), flowtest.Attendant(), number)
	s.must(err)
	return o.Deliveries[len(o.Deliveries)-1]
}

func (s *site) count(state desk.DeliveryState) int64 {
	s.t.Helper()
	counts, err := s.CountDeliveries(s.t.Context())
	s.must(err)
	return counts[state]
}

// successor is another process that claims.
func (s *site) successor() []flow.Job {
	s.t.Helper()
	jobs, err := s.Claim(s.t.Context(), flow.ClaimRequest{Owner: "another process", Connection: s.route.Connection, Environment: s.route.Environment, Lease: time.Minute, Limit: 10})
	s.must(err)
	return jobs
}

// await takes n values from a channel.
func await[T any](t *testing.T, what string, c <-chan T, n int) {
	t.Helper()
	end := time.After(patience)
	for i := range n {
		select {
		case <-c:
		case <-end:
			t.Fatalf("%s: %d of %d came", what, i, n)
		}
	}
}
