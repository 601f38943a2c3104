package flow

import (
	"context"
	"errors"
	"time"

	"ponte/internal/store"
)

// heldWork is an act over many in the hands of the one who does it: the lease is theirs, and nobody stopped the act.
type heldWork struct {
	flow  *Flow
	lease *WorkLease
	state func(*work) (string, error) // of the act, as it stands
	was   string                      // that state when it was taken: it goes on while it stays so
}

// takeNext takes the lease of a work if anything waits, and then what waits longest; no lease: nothing, or another process
// is at it.
func takeNext[T any](ctx context.Context, f *Flow, name, owner string, life time.Duration, next func(context.Context) (T, error)) (row T, lease *WorkLease, err error) {
	if row, err = next(ctx); err != nil {
		if store.NoRows(err) {
			err = nil
		}
		return row, nil, err
	}
	if lease, err = f.takeLease(ctx, name, owner, life); err != nil || lease == nil {
		return row, nil, err
	}
	if row, err = next(ctx); err != nil { // it may have been done while the lease was another's
		left := lease.Leave(ctx)
		if store.NoRows(err) {
			err = nil
		}
		return row, nil, errors.Join(err, left)
	}
	return row, lease, nil
}

// Keep holds the act until ctx ends; lost ends the work when it is no longer ours.
func (h *heldWork) Keep(ctx context.Context, lost context.CancelCauseFunc) {
	h.lease.Keep(ctx, lost, h.fence)
}

// Leave lets go of it, done or not.
func (h *heldWork) Leave(ctx context.Context) error { return h.lease.Leave(ctx) }

// fence is asked inside of each transaction: the lease is ours and nobody stopped the act.
func (h *heldWork) fence(w *work) error {
	if err := h.lease.hold(w); err != nil {
		return err
	}
	state, err := h.state(w)
	if err == nil && state != h.was {
		err = ErrNoLease
	}
	return err
}

// write is a transaction of the act that asks for no configuration.
func (h *heldWork) write(ctx context.Context, do func(*work) error) error {
	return h.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := h.flow.bare(ctx, tx)
		if err := h.fence(w); err != nil {
			return err
		}
		return do(w)
	})
}
