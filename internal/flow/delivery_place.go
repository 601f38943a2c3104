package flow

import (
	"context"

	"ponte/internal/store"
)

// placeChunk bounds a transaction.
const placeChunk = 500

// PlaceDeliveries completes what the previous release wrote while both ran: its deliveries lack their environment. Every
// replica may do it.
func (f *Flow) PlaceDeliveries(ctx context.Context) (placed int64, err error) {
	for {
		var n int64
		err := f.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.PlaceDeliveries(context.WithoutCancel(ctx), placeChunk)
			return err
		})
		placed += n
		if err != nil || n < placeChunk {
			return placed, err
		}
	}
}
