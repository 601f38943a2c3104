package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Forgotten is how far ForgetDeliveries has come: its caller keeps it between two looks, so that each begins where the last
// one ended. The zero value begins at the beginning.
type Forgotten struct {
	at int64
	id string
}

// ForgetDeliveries erases what was said in deliveries that were done so many days ago: their payloads, requests and
// answers. That they were, when, how often and with what outcome, stays, and so does everything of one that is not done,
// however old. Every replica may do it. It answers how many deliveries lost something.
func (f *Flow) ForgetDeliveries(ctx context.Context, days int, from *Forgotten) (erased int64, err error) {
	if days <= 0 {
		days = DefaultRetention
	}
	before := f.Now().AddDate(0, 0, -days).UnixMilli()
	for {
		old, err := f.Store.Read().OldDeliveries(ctx, db.OldDeliveriesParams{After: from.at, AfterID: from.id, Before: before, Most: forgetChunk})
		if err != nil || len(old) == 0 {
			return erased, err
		}
		var n int64
		err = f.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = forgetDeliveries(context.WithoutCancel(ctx), tx, old, before)
			return err
		})
		if err != nil {
			return erased, err
		}
		erased += n
		last := old[len(old)-1]
		from.at, from.id = last.CreatedAt, last.ID
	}
}

func forgetDeliveries(ctx context.Context, tx *store.Tx, old []db.OldDeliveriesRow, before int64) (n int64, err error) {
	for _, d := range old {
		if d.State != desk.Delivered && d.State != desk.Ignored || d.SettledAt.Int64 >= before {
			continue
		}
		lost := int64(0)
		for _, forget := range []func(context.Context, string) (int64, error){tx.ForgetPayload, tx.ForgetExchanges, tx.ForgetFormer} {
			k, err := forget(ctx, d.ID)
			if err != nil {
				return n, err
			}
			lost += k
		}
		if lost > 0 {
			n++
		}
	}
	return n, nil
}
