package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ponte/internal/connector"
	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
	"ponte/internal/tracing"
)

// Options of an Outbox; zero values have defaults.
type Options struct {
	Flow   *flow.Flow
	Client *connector.Client
	Owner  string        // unique among processes
	Idle   int           // workers; default 48
	Lease  time.Duration // longer than any call may last and be settled; default 90 s
	Poll   time.Duration // the safety net under wake-ups; default 2 s
	Pause  time.Duration // between two questions to a tool that does not answer; default 5 s
	Now    func() time.Time
	Log    *slog.Logger
	Watch  Watcher
	// Question asks a paused route without a lane; nil asks by lanes alone.
	Question Question
	Tracer   *tracing.Tracer // nil: nobody follows deliveries
	// Surplus is told where lanes may be due that no worker here is free for: another process may have one. It must not
	// block; nil tells nobody, and the others find them when they poll.
	Surplus func()
	// NoLookUp sends again without looking up. It exists for the negative control of the crash tests alone,
	// which shows that duplicates appear without look-ups.
	NoLookUp bool
}

// Watcher is told what happens, for metrics; every func may be nil.
type Watcher struct {
	Settled func(desk.Point, flow.Verdict, time.Duration)
	Breaker func(flow.Route, bool)
	Limited func(flow.Route, bool) // lanes that are due wait for the connection's limit
}

// Outbox is a pool of workers over the lanes.
type Outbox struct {
	Options
	wake       chan struct{}
	freed      chan struct{}
	slots      chan struct{}
	workers    sync.WaitGroup
	ways       sync.Mutex // of the two maps
	breakers   map[flow.Route]*breaker
	allowances map[flow.Route]*allowance
	turns      atomic.Uint64
	stop       context.CancelFunc
	stopped    chan struct{}
}

// New makes an outbox; Start lets it work.
func New(o Options) *Outbox {
	if o.Idle == 0 {
		o.Idle = 48
	}
	if o.Lease == 0 {
		o.Lease = mapping.MaxTimeout.Std() + 30*time.Second
	}
	if o.Poll == 0 {
		o.Poll = 2 * time.Second
	}
	if o.Pause == 0 {
		o.Pause = askDown
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Surplus == nil {
		o.Surplus = func() {}
	}
	return &Outbox{Options: o, wake: make(chan struct{}, 1), freed: make(chan struct{}, 1),
		slots: make(chan struct{}, o.Idle), breakers: map[flow.Route]*breaker{}, allowances: map[flow.Route]*allowance{}, stopped: make(chan struct{})}
}

// Wake says that a lane is due. It never blocks.
func (b *Outbox) Wake() { signal(b.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Start begins to work.
func (b *Outbox) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	go b.dispatch(ctx)
}

// Stop claims nothing more, waits for what is on the wire until ctx ends, and hands back what it holds.
func (b *Outbox) Stop(ctx context.Context) error {
	b.stop()
	<-b.stopped
	drained := make(chan struct{})
	go func() { b.workers.Wait(); close(drained) }()
	var err error
	select {
	case <-drained:
	case <-ctx.Done():
		err = ctx.Err() // what is still on the wire will be looked up by whoever claims it
	}
	return errors.Join(err, b.Flow.HandBack(context.WithoutCancel(ctx), b.Owner))
}

// dispatch claims for idle workers, and sleeps until something is due.
func (b *Outbox) dispatch(ctx context.Context) {
	defer close(b.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait := b.round(ctx)
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		case <-b.freed:
		case <-timer.C:
		}
	}
}

// round claims once for every route and answers how long there is nothing to do, unless woken. While every worker is
// busy it reads nothing: each delivery that is settled wakes the dispatcher, and under load that would be five reads a
// delivery for nobody.
func (b *Outbox) round(ctx context.Context) time.Duration {
	if b.idle() == 0 {
		b.Surplus()
		return b.Poll // a worker that becomes free starts the next round
	}
	routes, err := b.Flow.Routes(ctx)
	if err != nil {
		b.complain(ctx, "outbox: routes", err)
		return b.Poll
	}
	wait := b.Poll
	for _, r := range routes {
		w, err := b.claim(ctx, r)
		if err != nil {
			b.complain(ctx, "outbox: claim", err)
		}
		wait = min(wait, w)
	}
	return max(wait, 0)
}

// idle is how many workers have nothing to do. Only the dispatcher gives them work, so it does not shrink under it.
func (b *Outbox) idle() int { return cap(b.slots) - len(b.slots) }

func (b *Outbox) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		b.Log.ErrorContext(ctx, what, "error", err)
	}
}

// claim gives a route's due lanes to idle workers. Never more lanes than idle workers: a claimed lane that waits
// for one could outlive its lease.
func (b *Outbox) claim(ctx context.Context, r flow.Route) (time.Duration, error) {
	idle := b.idle()
	if idle == 0 { // a route before this one took the last
		b.Surplus()
		return b.Poll, nil
	}
	br := b.breaker(r)
	paused, err := br.look(ctx)
	if err != nil {
		return b.Poll, err
	}
	if paused != nil {
		return b.askPaused(ctx, r, br, *paused)
	}
	l, free, wait, err := b.within(ctx, r, idle)
	if free == 0 || err != nil {
		return wait, err
	}
	claiming := b.Now()
	ep, jobs, err := b.take(ctx, r, free)
	claimed := b.Now()
	l.giveBack(free - len(jobs))
	if errors.Is(err, flow.ErrNoEndpoint) {
		return b.Poll, nil // lanes wait; nothing is lost
	}
	if err != nil {
		return b.Poll, err
	}
	for _, j := range jobs {
		b.start(ctx, route{r, br, l, ep, nil}, j, claiming, claimed)
	}
	switch {
	case len(jobs) < free:
	case free < idle: // the allowance let no more through: it says until when
		return 0, nil
	default:
		b.Surplus()
		return b.Poll, nil // a worker that becomes free starts the next round
	}
	wait, err = b.nothingDue(ctx, r)
	return max(wait, contended), err
}

// within asks the route's limit for room for idle workers. Without any, it answers for how long; where lanes are due
// meanwhile, they are said to wait for it.
func (b *Outbox) within(ctx context.Context, r flow.Route, idle int) (l *allowance, free int, wait time.Duration, err error) {
	is, err := b.Flow.Limits(ctx)
	if err != nil {
		return nil, 0, b.Poll, err
	}
	l = b.allowance(r, is)
	if free, wait = l.take(b.Now(), idle); free > 0 {
		b.tell(r, l, false)
		return l, free, 0, nil
	}
	if wait == 0 { // one that ends starts the next round
		wait = b.Poll
	}
	due, err := b.nothingDue(ctx, r)
	b.tell(r, l, due == 0)
	return l, 0, min(wait, b.Poll), err
}

// route is what a worker goes on with: the way, what watches over it, and where it leads.
type route struct {
	flow.Route
	breaker *breaker
	limit   *allowance
	ep      flow.Endpoint
	ask     *flow.Pause // the pause that its first call asks for everybody; nil: the route is open
}

// start gives a job to a worker.
func (b *Outbox) start(ctx context.Context, r route, j flow.Job, claiming, claimed time.Time) {
	b.slots <- struct{}{}
	b.workers.Go(func() {
		b.work(ctx, r, j, claiming, claimed)
		r.limit.done()
		<-b.slots
		signal(b.freed)
	})
}

// contended is how long the next round waits where a lane is due and could not be claimed: another process is at it.
const contended = 20 * time.Millisecond

func (b *Outbox) take(ctx context.Context, r flow.Route, limit int) (ep flow.Endpoint, jobs []flow.Job, err error) {
	if ep, err = b.Flow.Endpoint(ctx, r.Connection, r.Environment); err != nil {
		return ep, nil, err
	}
	if jobs, err = b.Flow.Claim(ctx, b.request(r, limit)); len(jobs) > 0 {
		crashpoint.Pass(crashpoint.AfterClaim)
	}
	return ep, jobs, err
}

// nothingDue answers for how long no lane of a route is due; zero where one is.
func (b *Outbox) nothingDue(ctx context.Context, r flow.Route) (time.Duration, error) {
	due, err := b.Flow.NextDue(ctx, r.Connection, r.Environment)
	if err != nil || due.IsZero() {
		return b.Poll, err
	}
	return min(b.Poll, max(due.Sub(b.Now()), 0)), nil
}

// work does jobs from the wire to their settlement, for as long as settling one claims another: one durable
// commit carries both.
func (b *Outbox) work(ctx context.Context, r route, j flow.Job, claiming, claimed time.Time) {
	for began := b.Now(); ; {
		traced, span := b.follow(ctx, j, claiming, claimed)
		next, err := b.one(traced, r, j, b.Now().Sub(began) < endpointAge, span)
		span.End(err)
		claiming = b.Now()
		claimed = claiming // in the commit that settled the former
		if err != nil {
			b.complain(ctx, "outbox: settle", err)
			return
		}
		if len(next) == 0 {
			return
		}
		j, r.ask = next[0], nil
	}
}

// follow goes on with the trace of the call that caused a delivery, however long ago that was.
func (b *Outbox) follow(ctx context.Context, j flow.Job, claiming, claimed time.Time) (context.Context, tracing.Span) {
	ctx, span := b.Tracer.Begin(ctx, "outbox."+string(j.Point), tracing.Consumer, j.Trace, claiming)
	if claimed.After(claiming) {
		tracing.Past(ctx, "outbox.claim", claiming, claimed)
	}
	span.Text("ponte.delivery", j.DeliveryID)
	span.Text("ponte.environment", string(j.Environment))
	span.Number("ponte.attempt", int64(j.Attempts))
	if j.LookUp {
		span.Number("ponte.look_up", 1)
	}
	return ctx, span
}

// endpointAge is how long a worker goes on with the address and credentials that it began with.
const endpointAge = time.Second

func (b *Outbox) one(stop context.Context, r route, j flow.Job, goOn bool, span tracing.Span) ([]flow.Job, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(stop), b.Lease+j.Extra) // what is on the wire is finished
	defer cancel()
	began := b.Now()
	ex, asked := b.exchange(ctx, r, j)
	crashpoint.Pass(crashpoint.AfterSend)
	health := b.hear(ctx, r, j, ex, asked)
	paused, err := b.pausedMore(ctx, r, j)
	if err != nil {
		return nil, err
	}
	j.Paused += paused
	out := b.spare(j, health, ex, b.decide(j, ex, began))
	out.Paused = paused
	span.Text("ponte.verdict", out.Verdict.String())
	span.Text("ponte.reason", out.Reason.Code)
	next, err := b.settle(ctx, r, j, out, goOn && stop.Err() == nil)
	if errors.Is(err, flow.ErrLeaseLost) {
		b.Log.WarnContext(ctx, "outbox: lease lost before settling; its new holder looks the outcome up", "delivery", j.DeliveryID)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("delivery %s: %w", j.DeliveryID, err)
	}
	if b.Watch.Settled != nil {
		b.Watch.Settled(j.Point, out.Verdict, ex.Duration)
	}
	b.Log.DebugContext(ctx, "delivery settled", "delivery", j.DeliveryID, "point", j.Point, "outcome", out.Verdict.String(),
		"reason", out.Reason.Code, "attempt", j.Attempts, "lookup", j.LookUp, "ms", ex.Duration.Milliseconds())
	return next, nil
}

// hear tells the breaker and the ramp what a call met.
func (b *Outbox) hear(ctx context.Context, r route, j flow.Job, ex connector.Exchange, asked bool) Health {
	if !asked {
		r.breaker.record(ctx, Silent, desk.Reason{}, r.ask)
		return Silent
	}
	h, why := b.says(ctx, r, j, ex)
	r.breaker.record(ctx, h, why, r.ask)
	if h != Silent && r.limit.met(h == Works && ex.Status() != http.StatusTooManyRequests, cap(b.slots)) {
		signal(b.freed)
	}
	return h
}

// pausedMore is what the route was paused since the last attempt: it counts before this one is judged by the policy's
// limit. A first attempt has not waited.
func (b *Outbox) pausedMore(ctx context.Context, r route, j flow.Job) (time.Duration, error) {
	if j.Attempts <= 1 && !j.LookUp {
		return 0, nil
	}
	all, err := b.Flow.PausedSince(ctx, r.Route, j.FirstSent)
	return max(0, all-j.Paused), err
}

// settle writes what became of a job, and claims the next one for a worker that may go on.
func (b *Outbox) settle(ctx context.Context, r route, j flow.Job, out flow.Outcome, goOn bool) ([]flow.Job, error) {
	if !goOn || r.breaker.open() != nil || !r.limit.again(b.Now()) {
		return nil, b.Flow.Settle(ctx, j, out)
	}
	next, err := b.Flow.SettleAndClaim(ctx, j, out, b.request(r.Route, 1))
	if len(next) == 0 {
		r.limit.unasked()
	}
	return next, err
}

func (b *Outbox) request(r flow.Route, limit int) flow.ClaimRequest {
	// one in two for what is moved now, the other for what has waited longest
	turn := int(b.turns.Add(1) % 2)
	return flow.ClaimRequest{Owner: b.Owner, Connection: r.Connection, Environment: r.Environment, Lease: b.Lease, Limit: limit, Recent: (limit + turn) / 2}
}

// exchange answers false where a look-up was due and the point has no strategy: there is nothing to ask.
func (b *Outbox) exchange(ctx context.Context, r route, j flow.Job) (connector.Exchange, bool) {
	req := j.Request
	if j.LookUp {
		req = req.LookUp
	}
	if req == nil {
		return connector.Exchange{StartedAt: b.Flow.Now()}, false // for people to read: by their clock
	}
	key := connector.Key{Connection: r.Connection, Environment: r.Environment}
	return b.Client.Send(ctx, key, endpoint(r.ep, j), req), true
}

// policy is the lane's patience.
func policy(j flow.Job) desk.RetryPolicy {
	p := j.Policy
	return desk.RetryPolicy{First: p.FirstRetry.Std(), Max: p.MaxRetry.Std(), Jitter: p.Jitter, Limit: p.TotalLimit.Std()}
}

func roll() float64 { return rand.Float64() } //nolint:gosec // jitter is no secret
