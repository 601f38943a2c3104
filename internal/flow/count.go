package flow

import (
	"context"

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
