package outbox

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// Reconciler compares what Mobuss holds with what Ponte believes, order by order, on the outbox's own ways: its breaker,
// its limits, its sockets. It only asks; what is to be sent it leaves to the lanes. One process works on a run at a time.
type Reconciler struct {
	box   *Outbox
	lease time.Duration
	wake  chan struct{}
	stop  context.CancelFunc
	done  chan struct{}
	// Ended is told of each run that ended; nil is nobody.
	Ended func(reason string)
}

// NewReconciler makes one on the ways of an outbox; Start lets it work.
func NewReconciler(b *Outbox) *Reconciler {
	return &Reconciler{box: b, lease: b.Lease, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Wake says that somebody asked for a run. It never blocks.
func (r *Reconciler) Wake() { signal(r.wake) }

// Start begins to work.
func (r *Reconciler) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go r.loop(ctx)
}

// Stop ends at once: a question that is on its way is let go, since it changes nothing. The run is handed back.
func (r *Reconciler) Stop() {
	if r.stop != nil {
		r.stop()
		<-r.done
	}
}

// restUnasked is how long nothing is looked for where nothing can be compared: until the configuration says so.
const restUnasked = 30 * time.Second

func (r *Reconciler) loop(ctx context.Context) {
	defer close(r.done)
	for {
		wait := r.turn(ctx)
		if !r.rest(ctx, wait) {
			return
		}
	}
}

// rest waits, or until woken; false at the end.
func (r *Reconciler) rest(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.wake:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// Once works off the run that is due, if no other process has it.
func (r *Reconciler) Once(ctx context.Context) error {
	run, err := r.box.Flow.TakeReconcile(ctx, r.box.Owner, r.lease)
	if err != nil || run == nil {
		return err
	}
	r.run(ctx, run)
	return ctx.Err()
}

// turn works off what is due and answers for how long nothing is.
func (r *Reconciler) turn(ctx context.Context) time.Duration {
	wait, compares, err := r.box.Flow.ReconcileDue(ctx)
	if err != nil {
		r.box.complain(ctx, "reconcile: due", err)
		return restUnasked
	}
	if !compares {
		return restUnasked
	}
	if wait > 0 {
		return min(wait, restUnasked)
	}
	run, err := r.box.Flow.TakeReconcile(ctx, r.box.Owner, r.lease)
	if err != nil {
		r.box.complain(ctx, "reconcile: take", err)
		return r.box.Poll
	}
	if run == nil { // another process was first
		return r.box.Poll
	}
	r.run(ctx, run)
	return 0
}

// Why a run was cut off: codes, part of message ids.
const (
	cutNoEndpoint = "sem_endereco"
	cutOver       = "nada_mais_a_conferir"
)

// run goes through everything that is to be compared. Interrupted, it is handed back.
func (r *Reconciler) run(ctx context.Context, run *flow.Reconciling) {
	began := time.Now()
	err := r.all(ctx, run)
	clean := context.WithoutCancel(ctx)
	reason := ""
	switch {
	case errors.Is(err, flow.ErrLeaseLost):
		r.box.Log.Warn("reconcile: another process went on with the run", "run", run.Run)
		return
	case ctx.Err() != nil:
		if err := r.box.Flow.LeaveReconcile(clean, run); err != nil {
			r.box.Log.Error("reconcile: hand back", "error", err)
		}
		return
	case errors.Is(err, flow.ErrNoEndpoint):
		reason = cutNoEndpoint
	case errors.Is(err, flow.ErrReconcileOver):
		reason = cutOver
	case err != nil: // the lease runs out, and somebody goes on
		r.box.complain(ctx, "reconcile", err)
		r.rest(ctx, r.box.Poll)
		return
	}
	if err := r.box.Flow.EndReconcile(clean, run, reason); err != nil {
		r.box.complain(ctx, "reconcile: end", err)
	}
	r.box.Log.LogAttrs(ctx, slog.LevelInfo, "reconciled", slog.String("run", run.Run), slog.String("environment", string(run.Environment)),
		slog.String("cut", reason), slog.Duration("took", time.Since(began)))
	if r.Ended != nil {
		r.Ended(reason)
	}
}

func (r *Reconciler) all(ctx context.Context, run *flow.Reconciling) error {
	for {
		orders, err := r.box.Flow.OrdersToLook(ctx, run)
		if err != nil {
			return err
		}
		for _, id := range orders {
			if err := r.order(ctx, run, id); err != nil {
				return err
			}
		}
		if len(orders) == 0 {
			break
		}
	}
	for {
		customers, err := r.box.Flow.CustomersToLook(ctx, run)
		if err != nil || len(customers) == 0 {
			return err
		}
		for _, row := range customers {
			look, err := r.box.Flow.CustomerLook(ctx, row)
			if err == nil {
				err = r.customer(ctx, run, look)
			}
			if err != nil {
				return err
			}
		}
	}
}

func (r *Reconciler) order(ctx context.Context, run *flow.Reconciling, id int64) error {
	look, err := r.box.Flow.OrderLook(ctx, run, id)
	if look == nil || err != nil {
		return err
	}
	began := time.Now()
	var byID, byLegacy flow.Seen
	if look.ByID != nil {
		var a *mapping.Answer
		if a, byID, err = r.ask(ctx, run, look.Rules, mapping.AddressOrder, look.ByID); err != nil {
			return err
		}
		if a != nil {
			byID.Order, byID.Verdict = look.Rules.ReadOrder(a, look.ByID.Keys, look.Zone)
		}
	}
	if look.ByLegacy != nil && (look.AlwaysLegacy || byID.Verdict.Outcome == mapping.NotFound) {
		var a *mapping.Answer
		if a, byLegacy, err = r.ask(ctx, run, look.Rules, mapping.AddressByLegacy, look.ByLegacy); err != nil {
			return err
		}
		if a != nil {
			byLegacy.Order, byLegacy.Verdict = look.Rules.ReadByLegacy(a, look.ByLegacy.Keys, look.Zone)
		}
	}
	if err := r.box.Flow.RecordOrder(ctx, run, look, byID, byLegacy); err != nil {
		return err
	}
	return r.pace(ctx, look.Rules, began)
}

func (r *Reconciler) customer(ctx context.Context, run *flow.Reconciling, look *flow.CustomerLook) error {
	if look.Request == nil { // without a document there is nothing to ask by
		return r.box.Flow.RecordCustomer(ctx, run, look, flow.Seen{})
	}
	began := time.Now()
	a, seen, err := r.ask(ctx, run, look.Rules, mapping.AddressCustomer, look.Request)
	if err != nil {
		return err
	}
	if a != nil {
		seen.Customers, seen.Verdict = look.Rules.ReadCustomer(a, look.Request.Keys)
	}
	if err := r.box.Flow.RecordCustomer(ctx, run, look, seen); err != nil {
		return err
	}
	return r.pace(ctx, look.Rules, began)
}

// pace keeps to the looks a minute that the configuration allows.
func (r *Reconciler) pace(ctx context.Context, rules *mapping.Compiled, began time.Time) error {
	each := time.Minute / time.Duration(rules.Reconciles().Pace())
	return sleep(ctx, each-time.Since(began))
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// ask puts a question on the wire as soon as the route's breaker and limits let it. No answer is nil: it says nothing. The
// deliveries' own calls tell the breaker when Mobuss is back; where there are none, a question does.
func (r *Reconciler) ask(ctx context.Context, run *flow.Reconciling, rules *mapping.Compiled, action string, req *mapping.Request) (*mapping.Answer, flow.Seen, error) {
	way := flow.Route{Connection: run.Connection, Environment: run.Environment}
	br, l, paused, err := r.permit(ctx, run, way)
	if err != nil {
		return nil, flow.Seen{}, err
	}
	defer l.done()
	clean := context.WithoutCancel(ctx) // a pause that this question asks for must hear of its end
	ep, err := r.box.Flow.Endpoint(ctx, way.Connection, way.Environment)
	if err != nil {
		br.record(clean, Silent, desk.Reason{}, paused)
		return nil, flow.Seen{}, err
	}
	ex := r.box.Client.Send(ctx, connector.Key{Connection: way.Connection, Environment: way.Environment},
		connector.Site(ep).Endpoint(&rules.Config().Integration, action), req)
	if ctx.Err() != nil { // we let go of it
		br.record(clean, Silent, desk.Reason{}, paused)
		return nil, flow.Seen{}, ctx.Err()
	}
	h, why := lookSays(ex)
	br.record(clean, h, why, paused)
	seen := flow.Seen{Asked: true, Verdict: mapping.LookVerdict{Outcome: mapping.LookNext, ReasonCode: ex.ErrCode},
		Exchange: flow.Exchange{StartedAt: ex.StartedAt, Duration: ex.Duration, Request: ex.Request, Response: ex.Response, HTTPStatus: ex.Status()}}
	return ex.Answer, seen, nil
}

// lookSays is what a reconciler's question tells of its route. One that is refused for our credentials may not be allowed
// to us alone; the deliveries find out.
func lookSays(ex connector.Exchange) (Health, desk.Reason) {
	why := desk.Reason{Code: ex.ErrCode}
	switch s := ex.Status(); {
	case ex.ErrCode == connector.ReasonTokenNo, ex.ErrCode == connector.ReasonCredential:
		return Denied, why
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return Silent, why
	case reached(ex):
		return Works, why
	case s != 0:
		why = desk.Because(mapping.ReasonHTTP, "http", s)
	}
	return Down, why
}

// permit waits for the route's breaker and limits, and keeps hold of the run meanwhile. Where the route is paused and it is
// time, the question asks for everybody: then the pause is answered too.
func (r *Reconciler) permit(ctx context.Context, run *flow.Reconciling, way flow.Route) (*breaker, *allowance, *flow.Pause, error) {
	held, br := r.box.Now(), r.box.breaker(way)
	for {
		is, err := r.box.Flow.Limits(ctx)
		if err != nil {
			return nil, nil, nil, err
		}
		l := r.box.allowance(way, is)
		free, wait := l.take(r.box.Now(), 1)
		if free == 1 {
			ask, may, until, err := r.box.mayAsk(ctx, br)
			if err == nil && may {
				return br, l, ask, nil
			}
			l.giveBack(1)
			if err != nil {
				return nil, nil, nil, err
			}
			wait = until
		}
		if err := sleep(ctx, max(wait, contended)); err != nil {
			return nil, nil, nil, err
		}
		if r.box.Now().Sub(held) > r.lease/holdsPerLease {
			if err := r.box.Flow.KeepReconcile(ctx, run); err != nil {
				return nil, nil, nil, err
			}
			held = r.box.Now()
		}
	}
}

// holdsPerLease is how often a lease is renewed while nothing is written.
const holdsPerLease = 3
