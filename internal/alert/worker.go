package alert

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

// Options of a worker.
type Options struct {
	Flow  *flow.Flow
	Owner string // tells processes apart
	Log   *slog.Logger
	Words *i18n.Catalogues
	// PublicURL is where links lead.
	PublicURL func() string
	// Mail hands a letter to the mail server; nil: there is none.
	Mail func(context.Context, desk.Letter) flow.AlertSent
	// Post hands a body to a webhook, and answers its status, or the reason why there is none.
	Post func(context.Context, Post) Answer
	// Sightings are what this process sees and others can't.
	Sightings func() []flow.Sighting
	// Poll is how often conditions are looked at; 0: 30 s.
	Poll time.Duration
	// Lease is how long nobody takes over from this process without a sign of life; 0: three times Poll.
	Lease time.Duration
}

// Worker looks and sends.
type Worker struct {
	Options
	wake  chan struct{}
	watch *flow.AlertWatch
	told  bool // this process's sightings are in the database
}

// New makes one; Run works.
func New(o Options) *Worker {
	if o.Poll == 0 {
		o.Poll = 30 * time.Second
	}
	if o.Lease == 0 {
		o.Lease = 3 * o.Poll
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Sightings == nil {
		o.Sightings = func() []flow.Sighting { return nil }
	}
	return &Worker{Options: o, wake: make(chan struct{}, 1)}
}

// Wake tells it that something changed. It never blocks.
func (k *Worker) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (k *Worker) Run(ctx context.Context) {
	for {
		wait := k.Poll
		if err := k.Once(ctx); err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "alerts", "error", err)
		} else if k.watch != nil {
			wait = k.untilDue(ctx)
		}
		select {
		case <-ctx.Done():
			k.leave(ctx)
			return
		case <-k.wake:
		case <-time.After(wait):
		}
	}
}

// untilDue is Poll, or less where a message is to be sent before.
func (k *Worker) untilDue(ctx context.Context) time.Duration {
	due, err := k.watch.NextDue(ctx)
	if err != nil || due.IsZero() {
		return k.Poll
	}
	return min(k.Poll, max(due.Sub(k.Flow.Now()), time.Second))
}

func (k *Worker) leave(ctx context.Context) {
	if k.watch != nil {
		if err := k.watch.Leave(ctx); err != nil {
			k.Log.WarnContext(ctx, "alerts: the lease was not given back", "error", err)
		}
	}
}

// Once tells what this process sees and, where it is the one of all that may, looks and sends.
func (k *Worker) Once(ctx context.Context) error {
	err := k.sight(ctx)
	if k.watch == nil {
		watch, failed := k.Flow.TakeAlerts(ctx, k.Owner, k.Lease)
		if failed != nil || watch == nil {
			return errors.Join(err, failed)
		}
		k.watch = watch
	}
	for _, do := range []func(context.Context) error{k.watch.Look, k.send} {
		switch failed := do(ctx); {
		case errors.Is(failed, flow.ErrNoLease):
			k.watch = nil
			return err
		case failed != nil:
			err = errors.Join(err, failed)
		}
	}
	return err
}

// sight writes nothing while there is nothing to see.
func (k *Worker) sight(ctx context.Context) error {
	is, err := k.Flow.AlertLimits(ctx)
	if err != nil {
		return err
	}
	var seen []flow.Sighting
	for _, s := range k.Sightings() {
		if s.Kind != desk.AlertDisk || s.Value < int64(is.DiskMiB) {
			seen = append(seen, s)
		}
	}
	if len(seen) == 0 && !k.told {
		return nil
	}
	if err := k.Flow.Sight(ctx, k.Owner, seen); err != nil {
		return err
	}
	k.told = len(seen) > 0
	return nil
}

// together is how many receivers are told at a time.
const together = 4

// send sends what is due, until nothing is.
func (k *Worker) send(ctx context.Context) error {
	for ctx.Err() == nil {
		jobs, err := k.watch.Due(ctx, together)
		if err != nil || len(jobs) == 0 {
			return err
		}
		failed := make([]error, len(jobs))
		var work sync.WaitGroup
		for i, j := range jobs {
			work.Go(func() { failed[i] = k.watch.Settle(ctx, j, k.one(ctx, j)) })
		}
		work.Wait()
		if err := errors.Join(failed...); err != nil {
			return err
		}
	}
	return nil
}

// one sends a message. Log lines name neither whom it is for nor where that is.
func (k *Worker) one(ctx context.Context, j flow.AlertJob) flow.AlertSent {
	m := k.compose(j)
	var sent flow.AlertSent
	switch {
	case j.Receiver.Channel != desk.AlertByMail:
		sent = k.hook(ctx, j, m)
	case k.Mail == nil:
		sent = flow.AlertSent{Retry: true, Reason: ReasonNoMail}
	default:
		sent = k.Mail(ctx, m.letter(j))
	}
	if !sent.Taken {
		k.Log.WarnContext(ctx, "alerts: a message was not taken", "message", j.ID, "receiver", j.Receiver.ID, "attempt", j.Attempts,
			"retry", sent.Retry, "reason", sent.Reason, "status", sent.HTTPStatus)
	}
	return sent
}
