package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// calmAfter bounds how often an occurrence that goes on changing is read anew; the last reading then stands.
const calmAfter = 8

// steady reads an occurrence with what belongs to it, as it stood at one moment, without a transaction: who changes
// any of it counts the occurrence's rev up in the same commit, so what was read between two equal revs is whole.
func (f *Flow) steady(ctx context.Context, a desk.Actor, number int64, read func(db.Occurrence) error) error {
	q := f.Store.Read()
	for again := 0; ; again++ {
		row, err := q.OccurrenceByNumber(ctx, number)
		if store.NoRows(err) || err == nil && !visible(a, row) {
			return desk.Fail(desk.ErrNotFound, "numero", number)
		}
		if err != nil {
			return err
		}
		if err := read(row); err != nil {
			return err
		}
		after, err := q.OccurrenceByNumber(ctx, number)
		if err != nil || after.Rev == row.Rev || again == calmAfter {
			return err
		}
	}
}
