package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"ponte/internal/connector"
	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// Options of an Outbox; zero values have defaults.
type Options struct {
	Flow   *flow.Flow
	Client *connector.Client
	Owner  string        // unique among processes
	Idle   int           // workers; default 48
	Lease  time.Duration // longer than any call may last and be settled; default 90 s
	Poll   time.Duration // the safety net under wake-ups; default 2 s
	Now    func() time.Time
	Log    *slog.Logger
	Watch  Watcher
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
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
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

// round claims once for every route and answers how long there is nothing to do, unless woken.
func (b *Outbox) round(ctx context.Context) time.Duration {
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

func (b *Outbox) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		b.Log.ErrorContext(ctx, what, "error", err)
	}
}

// claim gives a route's due lanes to idle workers. Never more lanes than idle workers: a claimed lane that waits
// for one could outlive its lease.
func (b *Outbox) claim(ctx context.Context, r flow.Route) (time.Duration, error) {
	idle := cap(b.slots) - len(b.slots)
	if idle == 0 {
		return b.Poll, nil
	}
	br := b.breaker(r)
	if !br.cb.IsClosed() { // it is probed with a lane's own call, and only where there is one
		if wait, err := b.nothingDue(ctx, r); wait > 0 || err != nil {
			return wait, err
		}
	}
	l, free, wait, err := b.within(ctx, r, idle)
	if free == 0 || err != nil {
		return wait, err
	}
	limit, wait := br.allow(free)
	l.giveBack(free - limit)
	if limit == 0 {
		return wait, nil
	}
	ep, jobs, err := b.take(ctx, r, limit)
	l.giveBack(limit - len(jobs))
	if len(jobs) == 0 {
		br.unused()
	}
	if errors.Is(err, flow.ErrNoEndpoint) {
		return b.Poll, nil // lanes wait; nothing is lost
	}
	if err != nil {
		return b.Poll, err
	}
	for _, j := range jobs {
		b.slots <- struct{}{}
		b.workers.Go(func() {
			b.work(ctx, route{r, br, l, ep}, j)
			l.done()
			<-b.slots
			signal(b.freed)
		})
	}
	switch {
	case len(jobs) < limit:
	case limit < idle && limit == free: // the allowance let no more through: it says until when
		return 0, nil
	default:
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
func (b *Outbox) work(ctx context.Context, r route, j flow.Job) {
	for began := b.Now(); ; {
		next, err := b.one(ctx, r, j, b.Now().Sub(began) < endpointAge)
		if err != nil {
			b.complain(ctx, "outbox: settle", err)
			return
		}
		if len(next) == 0 {
			return
		}
		j = next[0]
	}
}

// endpointAge is how long a worker goes on with the address and credentials that it began with.
const endpointAge = time.Second

func (b *Outbox) one(stop context.Context, r route, j flow.Job, goOn bool) ([]flow.Job, error) {
	br := r.breaker
	ctx, cancel := context.WithTimeout(context.WithoutCancel(stop), b.Lease+j.Extra) // what is on the wire is finished
	defer cancel()
	began := b.Now()
	ex, asked := b.exchange(ctx, r, j)
	crashpoint.Pass(crashpoint.AfterSend)
	if asked && !ex.Ours() {
		br.record(reached(ex), b.Now())
	} else {
		br.unused()
	}
	// what the breaker paused since the last attempt counts before this one is judged by the policy's limit
	paused := max(0, br.pausedSince(j.FirstSent, b.Now())-j.Paused)
	j.Paused += paused
	out := b.decide(j, ex, began)
	out.Paused = paused
	var next []flow.Job
	var err error
	if goOn && stop.Err() == nil && br.cb.IsClosed() && r.limit.again(b.Now()) {
		if next, err = b.Flow.SettleAndClaim(ctx, j, out, b.request(r.Route, 1)); len(next) == 0 {
			r.limit.unasked()
		}
	} else {
		err = b.Flow.Settle(ctx, j, out)
	}
	if errors.Is(err, flow.ErrLeaseLost) {
		b.Log.Warn("outbox: lease lost before settling; its new holder looks the outcome up", "delivery", j.DeliveryID)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("delivery %s: %w", j.DeliveryID, err)
	}
	if b.Watch.Settled != nil {
		b.Watch.Settled(j.Point, out.Verdict, ex.Duration)
	}
	b.Log.Debug("delivery settled", "delivery", j.DeliveryID, "point", j.Point, "outcome", out.Verdict.String(),
		"reason", out.Reason.Code, "attempt", j.Attempts, "lookup", j.LookUp, "ms", ex.Duration.Milliseconds())
	return next, nil
}

func (b *Outbox) request(r flow.Route, limit int) flow.ClaimRequest {
	return flow.ClaimRequest{Owner: b.Owner, Connection: r.Connection, Environment: r.Environment, Lease: b.Lease, Limit: limit}
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
