package backup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ponte/internal/blob"
	"ponte/internal/store"
)

// Target is where a backup is restored to.
type Target struct {
	Store *store.Store // empty
	Blobs *blob.Store
	// Mark is kept with what was restored, in the same transaction; its TakenAt is the backup's.
	Mark     store.Restoration
	Progress func(Progress)
}

// Restore fills an empty installation. Rows are durable all at once, after the whole file has been read and found to be
// true, and after the attachments that they name are; where it fails, the database is as empty as before, and attachments
// that nothing names may lie in the folder.
func Restore(ctx context.Context, from io.Reader, to Target) (Head, *Manifest, error) {
	a, err := open(ctx, from, to.Progress)
	if err != nil {
		return Head{}, nil, err
	}
	defer a.close()
	if newest, err := store.NewestVersion(); err != nil || a.head.Schema > newest {
		return a.head, nil, errors.Join(err, fmt.Errorf("the backup is of ponte %s, whose schema %d is newer than this release's %d: restore it with that release or a later one",
			a.head.Ponte, a.head.Schema, newest))
	}
	var m *Manifest
	to.Mark.TakenAt = a.head.TakenAt
	err = to.Store.Load(ctx, a.head.Schema, to.Mark, func(l *store.Loader) (err error) {
		for _, t := range a.head.Tables {
			if !l.Has(t) {
				return damaged("schema %d has no table %s with such columns", a.head.Schema, t.Name)
			}
		}
		if m, err = a.read(&into{ctx, l, to.Blobs}); err != nil {
			return err
		}
		return counted(l, a.head, m)
	})
	if err != nil {
		return a.head, nil, err
	}
	return a.head, m, nil
}

// counted asks the database what it has of what was given to it.
func counted(l *store.Loader, h Head, m *Manifest) error {
	for _, t := range h.Tables {
		n, err := l.Count(t)
		if err != nil {
			return err
		}
		if want := m.Tables[t.Name].Rows; n != want {
			return fmt.Errorf("table %s has %d rows after the restore, want %d", t.Name, n, want)
		}
	}
	return nil
}

// into is an installation as a sink.
type into struct {
	ctx   context.Context //nolint:containedctx // it lives as long as one reading
	load  *store.Loader
	blobs *blob.Store
}

func (i *into) rows(t store.Table, rows [][]any) error { return i.load.Insert(t, rows) }

func (i *into) file(id blob.ID, size int64, content io.Reader) error {
	d, err := i.blobs.Receive(i.ctx, content, size)
	if err != nil {
		return err
	}
	defer d.Discard()
	if d.SHA256 != id.SHA256 {
		return damaged("attachment %s has other bytes than its name says", id.SHA256)
	}
	return i.blobs.Keep(i.ctx, d, id.Since)
}
