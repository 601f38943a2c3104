package flow

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ponte/internal/blob"
	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Upload is a file whose bytes are durable and that nothing names yet. A use case names it in its transaction; one
// that nobody names is swept after a day.
type Upload struct {
	Name string
	// Internal keeps it in the house: it never leaves.
	Internal bool

	kind, declared string // what the bytes are, and what their sender said
	size           int64
	id             blob.ID
}

// Type is what the bytes are.
func (u Upload) Type() string { return u.kind }

// Size is in bytes.
func (u Upload) Size() int64 { return u.size }

// StoreFile takes in a file of a person at the desk, to be named by a movement, a comment or AttachByHand. It reads
// content to its end and needs the same little memory for any size.
func (f *Flow) StoreFile(ctx context.Context, a desk.Actor, name, declaredType string, content io.Reader) (Upload, error) {
	if !a.Has(desk.Attendant, desk.Manager) {
		return Upload{}, desk.Fail(desk.ErrForbidden)
	}
	return f.takeIn(ctx, "anexos", name, declaredType, content)
}

var errNoFiles = errors.New("flow: there is no blob store")

// takeIn refuses what must not be kept before anything is written, and makes the rest durable. field is the name
// that an empty file is complained of by.
func (f *Flow) takeIn(ctx context.Context, field, name, declared string, content io.Reader) (Upload, error) {
	if f.Blobs == nil {
		return Upload{}, errNoFiles
	}
	in := bufio.NewReaderSize(content, blob.SniffLen)
	head, err := in.Peek(blob.SniffLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return Upload{}, err
	}
	if len(head) == 0 {
		return Upload{}, desk.BadField(field, "arquivo_vazio")
	}
	u := Upload{Name: desk.FileName(name), declared: shorten(declared, maxDeclared)}
	u.kind = blob.Sniff(head, u.Name)
	if refused := desk.CheckFile(u.Name, u.kind); refused != nil {
		return Upload{}, refused
	}
	d, err := f.Blobs.Receive(ctx, in, desk.MaxFile)
	if errors.Is(err, blob.ErrTooLarge) {
		return Upload{}, desk.Fail(desk.ErrTooLarge, "limite", desk.MaxFile)
	}
	if err != nil {
		return Upload{}, fmt.Errorf("take a file in: %w", err)
	}
	defer d.Discard()
	u.size, u.id.SHA256 = d.Size, d.SHA256
	// The row comes first: what lies in the store and has no row would be nobody's to sweep.
	if err := f.Store.Write(ctx, func(tx *store.Tx) (err error) {
		u.id.Since, err = tx.StoreBlob(context.WithoutCancel(ctx), db.StoreBlobParams{Sha256: d.SHA256, Size: d.Size, Now: f.Now().UnixMilli()})
		return err
	}); err != nil {
		return Upload{}, err
	}
	return u, f.Blobs.Keep(ctx, d, u.id.Since)
}

const maxDeclared = 100 // characters

// ErrFileGone is answered where the bytes of an attachment are not in the store.
var ErrFileGone = errors.New("flow: the bytes are gone")

// FileBytes answers an attachment's bytes by their hash, for the outbox alone: it asks for nobody's permission.
func (f *Flow) FileBytes(ctx context.Context, sha256 string) (io.ReadCloser, error) {
	return f.bytes(ctx, sha256)
}

func (f *Flow) bytes(ctx context.Context, sha256 string) (blob.Reader, error) {
	id, err := f.blobID(ctx, sha256)
	if err != nil {
		return nil, err
	}
	r, err := f.Blobs.Open(ctx, id)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrFileGone, sha256)
	}
	return r, err
}

func (f *Flow) blobID(ctx context.Context, sha256 string) (blob.ID, error) {
	if f.Blobs == nil {
		return blob.ID{}, errNoFiles
	}
	row, err := f.Store.Read().Blob(ctx, sha256)
	if store.NoRows(err) {
		return blob.ID{}, fmt.Errorf("%w: %s", ErrFileGone, sha256)
	}
	return blob.ID{SHA256: row.Sha256, Since: row.StoredAt}, err
}

const (
	// orphanAge is how long bytes that nobody names are kept: RULES.md, "What is kept of a call".
	orphanAge = 24 * time.Hour
	// sweepBatch bounds a transaction of the sweep.
	sweepBatch = 100
)

// SweepFiles takes away bytes that nobody has named for a day, and answers how many.
//
// The database decides, not a look at the store: a row is given up only where nothing names it, in the same
// transaction that notes what is to be taken away, and whoever stores the same bytes afterwards gives them another
// name there. So any number of replicas may sweep at any time, and one that was interrupted is finished by the next.
func (f *Flow) SweepFiles(ctx context.Context) (swept int, err error) {
	if f.Blobs == nil {
		return 0, nil
	}
	for more := true; more && err == nil; {
		more, err = f.giveUpOrphans(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("give orphans up: %w", err)
	}
	for {
		gone, err := f.Store.Read().GoneBlobs(ctx, sweepBatch)
		if err != nil || len(gone) == 0 {
			return swept, errors.Join(err, f.Blobs.SweepDrafts(orphanAge))
		}
		for _, g := range gone {
			if err := f.Blobs.Remove(ctx, blob.ID{SHA256: g.Sha256, Since: g.StoredAt}); err != nil {
				return swept, err
			}
			swept++
		}
		if err := f.Store.Write(ctx, func(tx *store.Tx) error {
			for _, g := range gone {
				if err := tx.DeleteGoneBlob(context.WithoutCancel(ctx), db.DeleteGoneBlobParams(g)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return swept, err
		}
	}
}

// giveUpOrphans answers whether there may be more of them.
func (f *Flow) giveUpOrphans(ctx context.Context) (more bool, err error) {
	before := f.Now().Add(-orphanAge).UnixMilli()
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		ctx := context.WithoutCancel(ctx)
		orphans, err := tx.OrphanBlobs(ctx, db.OrphanBlobsParams{UsedAt: before, Column2: sweepBatch})
		more = len(orphans) == sweepBatch
		for _, o := range orphans {
			if err != nil {
				return err
			}
			var n int64
			// asked again, because somebody may have stored or named it since it was found
			if err = tx.LockBlob(ctx, o.Sha256); err != nil {
				return err
			}
			if n, err = tx.ForgetBlob(ctx, db.ForgetBlobParams{Sha256: o.Sha256, Before: before}); err != nil || n == 0 {
				continue
			}
			err = tx.InsertGoneBlob(ctx, db.InsertGoneBlobParams{Sha256: o.Sha256, StoredAt: o.StoredAt})
		}
		return err
	})
	return more, err
}
