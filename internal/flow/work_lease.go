package flow

import (
	"context"
	"errors"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Work that one process of all replicas does at a time.
const (
	registryWork = "cadastro"
	lookWork     = "consulta_de_unidades"
	alertWork    = "alertas"
	bulkWork     = "envios_em_lote"
	letterWork   = "cartas"
	bulkMoveWork = "mover_em_lote"
)

// ErrNoLease is answered to a worker that another one has taken over from, or that a person has stopped.
var ErrNoLease = errors.New("flow: the work is no longer ours")

// WorkLease is the right to do a piece of work alone. Who lost it writes nothing more: each of its transactions asks.
type WorkLease struct {
	flow  *Flow
	name  string
	token int64
	life  time.Duration
}

// WorkLeaseLife is how long nobody takes over from a process that died.
const WorkLeaseLife = 15 * time.Second

// takeLease answers nil where another process has it.
func (f *Flow) takeLease(ctx context.Context, name, owner string, life time.Duration) (*WorkLease, error) {
	if life == 0 {
		life = WorkLeaseLife
	}
	l := &WorkLease{flow: f, name: name, life: life}
	err := f.Store.Write(ctx, func(tx *store.Tx) (err error) {
		w := f.bare(ctx, tx)
		now := w.steady()
		l.token, err = tx.TakeWorkLease(w.ctx, db.TakeWorkLeaseParams{Name: name, Owner: owner, Until: now.Add(life).UnixMilli(), Until_2: now.UnixMilli()})
		return err
	})
	if store.NoRows(err) {
		return nil, nil
	}
	return l, err
}

// hold keeps the lease, inside of the transaction that needs it.
func (l *WorkLease) hold(w *work) error {
	n, err := w.HoldWorkLease(w.ctx, db.HoldWorkLeaseParams{Name: l.name, Token: l.token, Until: w.steady().Add(l.life).UnixMilli()})
	if err == nil && n == 0 {
		return ErrNoLease
	}
	return err
}

// Keep holds the lease until ctx ends, or is ended with ErrNoLease because it was lost.
func (l *WorkLease) Keep(ctx context.Context, lost context.CancelCauseFunc, alive func(*work) error) {
	tick := time.NewTicker(l.life / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := l.flow.Store.Write(ctx, func(tx *store.Tx) error {
			w := l.flow.bare(ctx, tx)
			if err := l.hold(w); err != nil {
				return err
			}
			return alive(w)
		})
		if errors.Is(err, ErrNoLease) {
			lost(err)
			return
		}
	}
}

// Leave gives the lease back, so that nobody waits for its end.
func (l *WorkLease) Leave(ctx context.Context) error {
	return l.flow.Store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.LeaveWorkLease(context.WithoutCancel(ctx), db.LeaveWorkLeaseParams{Name: l.name, Token: l.token})
	})
}
