package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"ponte/internal/blob"
	"ponte/internal/store"
)

// sink takes what a backup holds, in its order. What it took counts only when the whole has been read without an error.
type sink interface {
	rows(t store.Table, rows [][]any) error
	// file reads content to its end.
	file(id blob.ID, size int64, content io.Reader) error
}

// nowhere is the sink of who only looks.
type nowhere struct{}

func (nowhere) rows(store.Table, [][]any) error { return nil }
func (nowhere) file(_ blob.ID, _ int64, content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	return err
}

// Verify reads a backup to its end and compares everything with its manifest.
func Verify(ctx context.Context, from io.Reader, progress func(Progress)) (Head, *Manifest, error) {
	a, err := open(ctx, from, progress)
	if err != nil {
		return Head{}, nil, err
	}
	defer a.close()
	m, err := a.read(nowhere{})
	return a.head, m, err
}

// archive is a backup that is being read.
type archive struct {
	ctx      context.Context //nolint:containedctx // it lives as long as one reading
	zstd     *zstd.Decoder
	tar      *tar.Reader
	head     Head
	sums     map[string]*rowsSum
	files    FilesSum
	names    hash.Hash
	table    int // index of the one that may come
	progress func(Progress)
	done     Progress
}

type rowsSum struct {
	rows int64
	hash hash.Hash
}

// maxDocument bounds head, manifest and an entry of rows: a row is at most a call with its answer, and those are capped.
const maxDocument = 256 << 20

func open(ctx context.Context, from io.Reader, progress func(Progress)) (*archive, error) {
	zr, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	a := &archive{ctx: ctx, zstd: zr, tar: tar.NewReader(zr), sums: map[string]*rowsSum{}, names: sha256.New(), progress: progress}
	if err := a.begin(); err != nil {
		zr.Close()
		return nil, err
	}
	return a, nil
}

func (a *archive) close() { a.zstd.Close() }

func (a *archive) begin() error {
	h, err := a.tar.Next()
	if err != nil || h.Name != headName {
		return damaged("it does not begin with %s", headName)
	}
	if err := a.document(h, &a.head); err != nil {
		return err
	}
	if a.head.Format != format {
		return fmt.Errorf("the backup has format %d, written by ponte %s; this release reads format %d", a.head.Format, a.head.Ponte, format)
	}
	return nil
}

func (a *archive) bytes(h *tar.Header) ([]byte, error) {
	if h.Size > maxDocument {
		return nil, damaged("%s is too large", h.Name)
	}
	var b bytes.Buffer
	b.Grow(int(h.Size) + 1)
	if _, err := io.Copy(&b, a.tar); err != nil {
		return nil, damaged("%s: %v", h.Name, err)
	}
	return b.Bytes(), nil
}

func (a *archive) document(h *tar.Header, v any) error {
	b, err := a.bytes(h)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return damaged("%s: %v", h.Name, err)
	}
	return nil
}

// read takes everything to s, and answers the manifest once all of it was found to be true.
func (a *archive) read(s sink) (*Manifest, error) {
	for {
		if err := a.ctx.Err(); err != nil {
			return nil, err
		}
		h, err := a.tar.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, damaged("it ends without %s: it was cut off", manifestName)
		case err != nil:
			return nil, damaged("%v", err)
		case h.Name == manifestName:
			return a.finish(h)
		case strings.HasPrefix(h.Name, tablesFolder):
			err = a.rows(h, s)
		case strings.HasPrefix(h.Name, filesFolder):
			err = a.file(h, s)
		default:
			err = damaged("%q does not belong into a backup", h.Name)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (a *archive) tell(p Progress) {
	a.done = p
	if a.progress != nil {
		a.progress(p)
	}
}

func (a *archive) rows(h *tar.Header, s sink) error {
	name := path.Base(path.Dir(h.Name))
	at := slices.IndexFunc(a.head.Tables, func(t store.Table) bool { return t.Name == name })
	if at < a.table { // -1 too
		return damaged("table %q is not announced, or comes too late", name)
	}
	a.table = at
	lines, err := a.bytes(h)
	if err != nil {
		return err
	}
	rows, err := readRows(lines, a.head.Tables[at].Columns)
	if err != nil {
		return err
	}
	sum := a.sums[name]
	if sum == nil {
		sum = &rowsSum{hash: sha256.New()}
		a.sums[name] = sum
	}
	sum.rows += int64(len(rows))
	_, _ = sum.hash.Write(lines) // a hash never fails
	a.tell(Progress{Table: name, Rows: a.done.Rows + int64(len(rows))})
	return s.rows(a.head.Tables[at], rows)
}

func (a *archive) file(h *tar.Header, s sink) error {
	a.table = len(a.head.Tables) // no rows after files
	id, ok := fileID(h.Name)
	if !ok {
		return damaged("%q is no attachment's name", h.Name)
	}
	sum := sha256.New()
	if err := s.file(id, h.Size, io.TeeReader(a.tar, sum)); err != nil {
		return a.reading(err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != id.SHA256 {
		return damaged("attachment %s has other bytes than its name says", id.SHA256)
	}
	fmt.Fprintln(a.names, h.Name)
	a.files.Files++
	a.files.Bytes += h.Size
	a.tell(Progress{Rows: a.done.Rows, Files: a.files.Files, Bytes: a.files.Bytes})
	return nil
}

// reading tells an error of the file from one of whoever took its content.
func (a *archive) reading(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, zstd.ErrCRCMismatch) || errors.Is(err, zstd.ErrMagicMismatch) {
		return damaged("%v", err)
	}
	return err
}

func (a *archive) finish(h *tar.Header) (*Manifest, error) {
	m := new(Manifest)
	if err := a.document(h, m); err != nil {
		return nil, err
	}
	if _, err := a.tar.Next(); !errors.Is(err, io.EOF) {
		return nil, damaged("something follows %s", manifestName)
	}
	if _, err := io.Copy(io.Discard, a.zstd); err != nil { // to the end, where the last checksum is
		return nil, damaged("%v", err)
	}
	for _, t := range a.head.Tables {
		got := TableSum{SHA256: hex.EncodeToString(sha256.New().Sum(nil))}
		if s := a.sums[t.Name]; s != nil {
			got = TableSum{s.rows, hex.EncodeToString(s.hash.Sum(nil))}
		}
		if want, ok := m.Tables[t.Name]; !ok || want != got {
			return nil, damaged("table %s has %d rows, and its manifest tells of %d; or others", t.Name, got.Rows, want.Rows)
		}
	}
	if len(m.Tables) != len(a.head.Tables) {
		return nil, damaged("its manifest tells of other tables: %v", slices.Sorted(maps.Keys(m.Tables)))
	}
	a.files.SHA256 = hex.EncodeToString(a.names.Sum(nil))
	if a.files != m.Attachments {
		return nil, damaged("%d attachments of %d bytes, and its manifest tells of %d of %d; or others", a.files.Files, a.files.Bytes,
			m.Attachments.Files, m.Attachments.Bytes)
	}
	return m, nil
}
