// Package bulk works at what people want done with many things at once, in the background: deliveries, occurrences.
//
// It promises that one process of all replicas does, that an act survives the page that asked for it and the process that
// was at it, and that whoever takes over goes on behind the last decision. It must not know what is decided.
package bulk

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ponte/internal/flow"
)

// Options of a worker.
type Options struct {
	Flow *flow.Flow
	// Owner tells processes apart.
	Owner string
	Log   *slog.Logger
	// Lease is how long nobody takes over from this process without a sign of life; 0: flow.WorkLeaseLife.
	Lease time.Duration
	// Poll is how often it looks for acts that nobody woke it for; 0: 5 s.
	Poll time.Duration
}

// Worker works.
type Worker struct {
	Options
	wake chan struct{}
}

// New makes one; Run works.
func New(o Options) *Worker {
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Worker{Options: o, wake: make(chan struct{}, 1)}
}

// Wake tells it that an act waits. It never blocks.
func (k *Worker) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends. What is under way then is left as it is, for the next who comes.
func (k *Worker) Run(ctx context.Context) {
	tick := time.NewTicker(k.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		worked, err := k.Once(ctx)
		if err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "act over many", "error", err)
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-tick.C:
		}
	}
}

// Act is what is done over many, in the hands of the one who does it. It goes on in steps, each of which leaves it so that
// anybody can take it up.
type Act interface {
	// Keep holds it until ctx ends; lost ends the work when it is no longer ours.
	Keep(ctx context.Context, lost context.CancelCauseFunc)
	// Step goes on with at most so many, and says whether that was the last.
	Step(ctx context.Context, most int) (over bool, err error)
	// Broke says that something failed that nobody who reads it can mend.
	Broke(ctx context.Context) error
	// Leave lets go of it, done or not.
	Leave(ctx context.Context) error
}

// next takes an act that waits; nil where none does.
func (k *Worker) next(ctx context.Context) (Act, error) {
	sent, err := k.Flow.NextBulk(ctx, k.Owner, k.Lease)
	if sent != nil {
		return sent, err
	}
	moves, failed := k.Flow.NextBulkMove(ctx, k.Owner, k.Lease) // what can't be read there keeps nobody waiting here
	if moves != nil {
		if err != nil {
			k.Log.ErrorContext(ctx, "act over many deliveries", "error", err)
		}
		return moves, failed
	}
	return nil, errors.Join(err, failed)
}

// step is how many are looked at together; a page that watches is told after each.
const step = 40

// Once works at one act, if one waits.
func (k *Worker) Once(ctx context.Context) (worked bool, err error) {
	act, err := k.next(ctx)
	if err != nil || act == nil {
		return false, err
	}
	at, lost := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		act.Keep(at, lost)
	}()
	for over := false; !over && err == nil; {
		over, err = act.Step(at, step)
	}
	if errors.Is(context.Cause(at), flow.ErrNoLease) || errors.Is(err, flow.ErrNoLease) {
		err = nil // stopped, or another replica's by now
	}
	lost(nil)
	<-kept
	if err != nil && ctx.Err() == nil && !flow.Unavailable(err) { // a bug: nobody should be kept waiting. What passes by itself is tried again
		err = errors.Join(err, act.Broke(ctx))
	}
	return true, errors.Join(err, act.Leave(ctx))
}
