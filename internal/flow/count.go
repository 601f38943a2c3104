package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// CountDeliveries counts deliveries by state: all of them, one by one.
func (f *Flow) CountDeliveries(ctx context.Context) (map[desk.DeliveryState]int64, error) {
	return byState(f.Store.Read().CountDeliveries(ctx))
}

// CountOpenDeliveries counts, by state, those that are not done; it costs no more than there are of them.
func (f *Flow) CountOpenDeliveries(ctx context.Context) (map[desk.DeliveryState]int64, error) {
	return byState(f.Store.Read().CountOpenDeliveries(ctx))
}

func byState[R db.CountDeliveriesRow | db.CountOpenDeliveriesRow](rows []R, err error) (map[desk.DeliveryState]int64, error) {
	if err != nil {
		return nil, err
	}
	counts := make(map[desk.DeliveryState]int64, len(rows))
	for _, r := range rows {
		counts[db.CountDeliveriesRow(r).State] = db.CountDeliveriesRow(r).N
	}
	return counts, nil
}

// CountFindingsByKind counts the differences from Mobuss that are open, for metrics.
func (f *Flow) CountFindingsByKind(ctx context.Context) (map[desk.FindingKind]int64, error) {
	rows, err := f.Store.Read().CountFindingsByKind(ctx)
	counts := make(map[desk.FindingKind]int64, len(rows))
	for _, r := range rows {
		counts[r.Kind] = r.N
	}
	return counts, err
}

// LastCompared answers when the latest finished comparison with Mobuss ended in the active environment, and how many of its
// questions had no usable answer, for metrics; the zero time: there was none.
func (f *Flow) LastCompared(ctx context.Context) (env desk.Environment, ended time.Time, failed int64, err error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return env, ended, 0, err
	}
	env = inst.ActiveEnvironment
	rows, err := q.LastReconcileRuns(ctx, db.LastReconcileRunsParams{ConnectionID: inst.ConnectionID, Environment: env, Most: 10})
	for _, r := range rows {
		if r.State == RunDone && r.EndedAt.Valid {
			return env, fromMillis(r.EndedAt.Int64), r.Failed, nil
		}
	}
	return env, ended, 0, err
}
