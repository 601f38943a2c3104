// Package index brings the index of what is found up to what was written, in the background.
//
// It promises that one process of all replicas does, that it goes on from wherever the last one stopped, and that it takes
// no more than half of the time while it catches up. It must not know what is indexed.
package index

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
	// Poll is how often it looks: who searches reads what is not indexed yet, so nobody waits for it. 0: 500 ms.
	Poll time.Duration
}

// Worker works.
type Worker struct{ Options }

// New makes one; Run works.
func New(o Options) *Worker {
	if o.Poll == 0 {
		o.Poll = 500 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Worker{o}
}

// Run works until ctx ends.
func (k *Worker) Run(ctx context.Context) {
	pause := time.NewTimer(k.Poll)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		if err := k.Once(ctx); err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "index what is found", "error", err)
		}
		pause.Reset(k.Poll)
	}
}

// Once indexes all that waits.
func (k *Worker) Once(ctx context.Context) error {
	work, err := k.Flow.NextIndex(ctx, k.Owner, k.Lease)
	if err != nil || work == nil {
		return err
	}
	for over := false; !over && err == nil && ctx.Err() == nil; {
		began := time.Now()
		if over, err = work.Step(ctx); !over {
			rest(ctx, time.Since(began))
		}
	}
	if errors.Is(err, flow.ErrNoLease) {
		err = nil // another replica's by now
	}
	return errors.Join(err, work.Leave(context.WithoutCancel(ctx)))
}

func rest(ctx context.Context, long time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}
