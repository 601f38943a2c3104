package flow

import (
	"database/sql"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/db"
)

// wishVisit keeps the time that is proposed with a request for an inspection: a request that is sent again is frozen
// anew, and would lose it.
func (w *work) wishVisit(movement int64, start, end When, zone *time.Location) error {
	if !start.Set && !end.Set {
		return nil
	}
	millis := func(t When) sql.NullInt64 {
		if !t.Set {
			return sql.NullInt64{}
		}
		return store.Null(t.in(zone, time.Time{}).UnixMilli())
	}
	return w.InsertVisitWish(w.ctx, db.InsertVisitWishParams{MovementID: movement, StartsAt: millis(start), EndsAt: millis(end)})
}

func (w *work) wishedVisit(movement int64) (start, end When, err error) {
	row, err := w.VisitWish(w.ctx, movement)
	if store.NoRows(err) {
		return start, end, nil
	}
	when := func(ms sql.NullInt64) When { return When{Time: fromMillis(ms.Int64), Set: ms.Valid} }
	return when(row.StartsAt), when(row.EndsAt), err
}
