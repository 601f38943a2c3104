package backup

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"time"

	"github.com/klauspost/compress/zstd"

	"ponte/internal/blob"
	"ponte/internal/store"
)

// Source is what is backed up.
type Source struct {
	Store   *store.Store
	Blobs   *blob.Store
	Release string
	Now     func() time.Time
	// KeyOf answers the fingerprint of the key that a column's value was sealed with; false for what is not sealed.
	KeyOf func(table, column string, value []byte) (string, bool)
	// Progress is told what has been written so far, now and then; nil: nobody is.
	Progress func(Progress)
}

// Progress is how far a backup or a restore has come.
type Progress struct {
	Table string // that is at hand; empty with the attachments
	Rows  int64  // of all tables so far
	Files int64
	Bytes int64 // of the attachments
}

// chunk is about how many bytes of rows an entry holds, and a reader has in memory.
const chunk = 1 << 20

// Write writes a backup: the database first, the attachments that it names after it (docs/adr/0007). An attachment that
// can't be read is noted as missing and does not keep the rest from being written.
func Write(ctx context.Context, to io.Writer, src Source) (Head, *Manifest, error) {
	zw, err := zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return Head{}, nil, err
	}
	w := &writer{ctx: ctx, src: src, tar: tar.NewWriter(zw), sum: &Manifest{Tables: map[string]TableSum{}, Keys: map[string]int64{}}}
	if w.names, err = os.CreateTemp("", "ponte-backup-*"); err != nil {
		return Head{}, nil, err
	}
	defer func() {
		_ = w.names.Close()
		_ = os.Remove(w.names.Name())
	}()
	if err = src.Store.Snapshot(ctx, w.database); err == nil {
		err = w.files()
	}
	if err == nil {
		err = w.document(manifestName, w.sum)
	}
	if err != nil {
		_ = zw.Close() // its encoder stops; what was written is thrown away
		return w.head, nil, err
	}
	return w.head, w.sum, errors.Join(w.tar.Close(), zw.Close())
}

type writer struct {
	ctx   context.Context //nolint:containedctx // it lives as long as one call of Write
	src   Source
	tar   *tar.Writer
	head  Head
	sum   *Manifest
	names *os.File // of the attachments to come: a list without a bound belongs on the disk
	done  Progress
}

func (w *writer) document(name string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return w.entry(name, append(b, '\n'))
}

func (w *writer) entry(name string, b []byte) error {
	if err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(b)), ModTime: time.UnixMilli(w.head.TakenAt)}); err != nil {
		return err
	}
	_, err := w.tar.Write(b)
	return err
}

func (w *writer) tell(p Progress) {
	w.done = p
	if w.src.Progress != nil {
		w.src.Progress(p)
	}
}

func (w *writer) database(s *store.Snapshot) error {
	w.head = Head{Format: format, Ponte: w.src.Release, Database: s.Dialect, Schema: s.Version, TakenAt: w.src.Now().UnixMilli(), Tables: s.Tables}
	if err := w.document(headName, w.head); err != nil {
		return err
	}
	for _, t := range s.Tables {
		if err := w.table(s, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	list := bufio.NewWriter(w.names)
	err := s.NamedBlobs(w.ctx, func(sha256 string, since int64) error {
		_, err := fmt.Fprintln(list, sha256, since)
		return err
	})
	return errors.Join(err, list.Flush())
}

func (w *writer) table(s *store.Snapshot, t store.Table) error {
	sum, hash, lines, part := TableSum{}, sha256.New(), make([]byte, 0, chunk+chunk/8), 0
	flush := func() error {
		part++
		_, _ = hash.Write(lines) // a hash never fails
		err := w.entry(fmt.Sprintf("%s%s/%06d.ndjson", tablesFolder, t.Name, part), lines)
		lines = lines[:0]
		w.tell(Progress{Table: t.Name, Rows: w.done.Rows})
		return err
	}
	err := s.Rows(w.ctx, t, func(row []any) (err error) {
		for i, c := range t.Columns {
			if value, ok := row[i].([]byte); ok && w.src.KeyOf != nil {
				if key, sealed := w.src.KeyOf(t.Name, c.Name, value); sealed {
					w.sum.Keys[key]++
				}
			}
		}
		if lines, err = appendRow(lines, row); err != nil {
			return err
		}
		sum.Rows++
		w.done.Rows++
		if len(lines) < chunk {
			return nil
		}
		return flush()
	})
	if err == nil && len(lines) > 0 {
		err = flush()
	}
	sum.SHA256 = hex.EncodeToString(hash.Sum(nil))
	w.sum.Tables[t.Name] = sum
	return err
}

func (w *writer) files() error {
	if _, err := w.names.Seek(0, io.SeekStart); err != nil {
		return err
	}
	names, list := sha256.New(), bufio.NewScanner(w.names)
	for list.Scan() {
		var id blob.ID
		if _, err := fmt.Sscan(list.Text(), &id.SHA256, &id.Since); err != nil {
			return err
		}
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if err := w.file(id, names); err != nil {
			return err
		}
	}
	w.sum.Attachments.SHA256 = hex.EncodeToString(names.Sum(nil))
	return list.Err()
}

// file copies one attachment. Its bytes are read twice: those that are not what their name says must not be found in the
// middle of an entry that has begun.
func (w *writer) file(id blob.ID, names hash.Hash) error {
	r, err := w.src.Blobs.Open(w.ctx, id)
	if errors.Is(err, blob.ErrNotFound) {
		w.sum.Missing = append(w.sum.Missing, id.SHA256)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	whole := sha256.New()
	n, err := io.Copy(whole, r)
	if err != nil || hex.EncodeToString(whole.Sum(nil)) != id.SHA256 {
		w.sum.Missing = append(w.sum.Missing, id.SHA256)
		return w.ctx.Err()
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	name := fileName(id)
	if err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: n, ModTime: time.UnixMilli(id.Since)}); err != nil {
		return err
	}
	if _, err := io.CopyN(w.tar, r, n); err != nil {
		return fmt.Errorf("attachment %s: %w", path.Base(name), err)
	}
	fmt.Fprintln(names, name)
	w.sum.Attachments.Files++
	w.sum.Attachments.Bytes += n
	w.tell(Progress{Rows: w.done.Rows, Files: w.sum.Attachments.Files, Bytes: w.sum.Attachments.Bytes})
	return nil
}
