// Package unitlook asks the field's tool, in homologation, whether it knows the units by the ids that the registry has for
// them.
//
// It promises that one process of all replicas asks, no more often than it may, that production is never asked, and that
// what was answered is durable, so that a process that died is gone on from. What a question is and what an answer means
// is the configuration's (integracao.consulta_de_unidade). It must not know the registry.
package unitlook

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// Options of a worker.
type Options struct {
	Flow *flow.Flow
	// Owner tells processes apart.
	Owner string
	Log   *slog.Logger
	// PerSecond is how many questions are asked at the most; 0: 5. The connection's own limit, where there is a lower one,
	// holds too.
	PerSecond int
	// Lease is how long nobody takes over from this process without a sign of life; 0: flow.WorkLeaseLife.
	Lease time.Duration
	// Poll is how often it looks for work that nobody woke it for; 0: 5 s.
	Poll time.Duration
	// Pause is before a question is asked again that was not answered; 0: 2 s, doubling.
	Pause time.Duration
}

// Worker asks.
type Worker struct {
	Options
	wake chan struct{}
}

// New makes one; Run works.
func New(o Options) *Worker {
	if o.PerSecond == 0 {
		o.PerSecond = 5
	}
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	if o.Pause == 0 {
		o.Pause = 2 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Worker{Options: o, wake: make(chan struct{}, 1)}
}

// Wake tells it that there is something to ask. It never blocks.
func (k *Worker) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (k *Worker) Run(ctx context.Context) {
	tick := time.NewTicker(k.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := k.Once(ctx); err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "ask about units", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-tick.C:
		}
	}
}

// Once asks about all units that there are to ask about, if somebody wants it and nobody else does it.
func (k *Worker) Once(ctx context.Context) error {
	work, err := k.Flow.NextLooks(ctx, k.Owner, k.Lease)
	if err != nil || work == nil {
		return err
	}
	at, lost := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		work.Keep(at, lost)
	}()
	err = k.ask(at, work)
	if errors.Is(context.Cause(at), flow.ErrNoLease) || errors.Is(err, flow.ErrNoLease) {
		err = nil // stopped, or another replica's by now
	}
	lost(nil)
	<-kept
	return errors.Join(err, work.Leave(ctx))
}

const (
	// atOnce is how many ids are read at a time.
	atOnce = 100
	// patience is how often a question is asked that is not answered, before all of it ends with the reason.
	patience = 4
	// muddle is how many answers in a row may say nothing, before the rules are taken to be wrong.
	muddle = 20
)

func (k *Worker) ask(ctx context.Context, work *flow.LookWork) error {
	c, err := k.Flow.Calling(ctx, desk.Homologation)
	if err != nil {
		return err
	}
	if !c.Rules.AsksUnits() || c.Endpoint.BaseURL == "" || !c.Rules.Config().Method.Sends() { // it was wanted under another version
		return work.Ended(ctx, desk.Because("sem_consulta_de_unidade"))
	}
	client := connector.New()
	defer client.Close()
	q := questioner{calling: c, client: client, limit: rate.NewLimiter(rate.Limit(k.perSecond(c.Rules)), 1), pause: k.Pause}
	for unclear := 0; ; {
		units, err := work.Units(ctx, atOnce)
		if err != nil {
			return err
		}
		if len(units) == 0 {
			return work.Ended(ctx, desk.Reason{})
		}
		for _, u := range units {
			v, err := q.unit(ctx, u)
			if err != nil {
				return err
			}
			if unclear++; v.Known || v.Unknown {
				unclear = 0
			}
			if v.Again || v.ReasonCode == mapping.ReasonCredential || unclear == muddle {
				return work.Ended(ctx, v.Reason())
			}
			if err := work.Answered(ctx, u.ID, v.Known || v.Unknown, v.Known); err != nil {
				return err
			}
		}
	}
}

// perSecond is what the connection allows, or less.
func (k *Worker) perSecond(rules *mapping.Compiled) float64 {
	most := float64(k.PerSecond)
	limits := rules.Policy().Limits
	if limits.PerSecond > 0 {
		most = min(most, float64(limits.PerSecond))
	}
	if limits.PerMinute > 0 {
		most = min(most, float64(limits.PerMinute)/60)
	}
	return most
}

type questioner struct {
	calling flow.Calling
	client  *connector.Client
	limit   *rate.Limiter
	pause   time.Duration
}

// unit asks about one, again where that may help. The error is that of ctx alone.
func (q questioner) unit(ctx context.Context, u flow.UnitToLook) (v mapping.UnitVerdict, err error) {
	request, err := q.calling.Rules.UnitRequest(u.Facts, mapping.Refs{DeliveryID: flow.NewID()})
	var lacks *mapping.Missing
	if errors.As(err, &lacks) {
		return mapping.UnitVerdict{ReasonCode: mapping.ReasonUnclear}, nil
	}
	if err != nil {
		return v, err
	}
	wait := q.pause
	for tries := 1; ; tries++ {
		if err := q.limit.Wait(ctx); err != nil {
			return v, err
		}
		if v = q.send(ctx, request); !v.Again || tries == patience {
			return v, ctx.Err()
		}
		if err := pause(ctx, max(wait, min(v.RetryAfter, time.Minute))); err != nil {
			return v, err
		}
		wait *= 2
	}
}

func (q questioner) send(ctx context.Context, request *mapping.Request) mapping.UnitVerdict {
	cfg := q.calling.Rules.Config()
	ex := q.client.Send(ctx, connector.Key{Connection: q.calling.Connection, Environment: q.calling.Environment},
		connector.Site(q.calling.Endpoint).Endpoint(&cfg.Integration, ""), request)
	if ex.Answer == nil {
		return mapping.UnitVerdict{Again: true, ReasonCode: ex.ErrCode}
	}
	return q.calling.Rules.JudgeUnit(ex.Answer)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
