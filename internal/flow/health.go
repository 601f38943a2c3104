package flow

import (
	"context"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"time"

	"ponte/internal/blob"
	"ponte/internal/desk"
	"ponte/internal/seal"
	"ponte/internal/store/db"
)

// Backlog is work that waits, and since when; zero where none does.
type Backlog struct {
	Count  int64
	Oldest time.Time
}

func backlog(n, oldest int64) Backlog {
	b := Backlog{Count: n}
	if oldest != 0 {
		b.Oldest = fromMillis(oldest)
	}
	return b
}

// Health is how an installation does, for whoever runs it.
type Health struct {
	Method  desk.Method
	Active  desk.Environment
	Failure string // code of the failure status; empty: none
	Paused  bool   // production is

	Blocked  Backlog // deliveries that wait for a person
	Moving   Backlog // deliveries that go by themselves
	Overdue  int64   // lanes that have been due for more than a minute
	Analysis Backlog // refused calls that nobody has settled
	Latest   time.Time
}

// overdueAfter is longer than any healthy outbox leaves a lane that is due.
const overdueAfter = time.Minute

// Health reads it. An error means that the configuration that runs can't be read.
func (f *Flow) Health(ctx context.Context) (h Health, err error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return h, err
	}
	cfg, err := f.config(ctx, q, inst.ConfigVersionID)
	if err != nil {
		return h, err
	}
	h.Method, h.Active, h.Failure, h.Paused = cfg.Method, inst.ActiveEnvironment, cfg.Failure, inst.ProductionPaused
	blocked, err := q.BlockedBacklog(ctx)
	if err != nil {
		return h, err
	}
	moving, err := q.MovingBacklog(ctx)
	if err != nil {
		return h, err
	}
	analysis, err := q.OpenAnalysis(ctx)
	if err != nil {
		return h, err
	}
	h.Blocked, h.Moving, h.Analysis = backlog(blocked.N, blocked.Oldest), backlog(moving.N, moving.Oldest), backlog(analysis.N, analysis.Oldest)
	if h.Overdue, err = q.OverdueLanes(ctx, f.steadyNow().Add(-overdueAfter).UnixMilli()); err != nil {
		return h, err
	}
	latest, err := q.LatestAudit(ctx)
	if len(latest) > 0 {
		h.Latest = fromMillis(latest[0])
	}
	return h, err
}

// Unreadable are values of a sealed column that the keys at hand don't open: by their number, where it is another key, or
// by a sample, where they were altered.
type Unreadable struct {
	Column string
	Key    string // fingerprint of the key that sealed them; empty: it is one of ours, and they were altered
	Count  int64
}

// Unreadable counts what was sealed with keys that are not at hand, and opens a sample of each column, 0 being everything.
func (f *Flow) Unreadable(ctx context.Context, sample int) (out []Unreadable, err error) {
	ours := f.Keys.Fingerprints()
	for _, c := range SealedColumns {
		name := c.Table + "." + c.Column
		err := f.Store.SealedPrefixes(ctx, c, func(prefix []byte, n int64) {
			if key := hex.EncodeToString(prefix[min(len(prefix), 1):]); !slices.Contains(ours, key) {
				out = append(out, Unreadable{name, key, n})
			}
		})
		if err != nil {
			return nil, err
		}
		altered := Unreadable{Column: name}
		var after []any
		for left := sample; sample == 0 || left > 0; left -= rekeyChunk {
			values, err := f.Store.SealedAfter(ctx, c, []byte{}, after, rekeyChunk)
			if err != nil {
				return nil, err
			}
			for _, v := range values {
				key, _ := seal.KeyOf(v.Value)
				if _, err := f.Keys.Open(v.Place, v.Value); err != nil && slices.Contains(ours, key) {
					altered.Count++
				}
			}
			if len(values) < rekeyChunk {
				break
			}
			after = values[len(values)-1].Key
		}
		if altered.Count > 0 {
			out = append(out, altered)
		}
	}
	return out, nil
}

// LostFile is an attachment whose bytes are not what they should be.
type LostFile struct {
	Occurrence int64 // number
	SHA256     string
	Altered    bool // false: they are gone
}

// LostFiles looks for the bytes of attachments: of the newest so many, or, with thorough, of all, and then reads them.
func (f *Flow) LostFiles(ctx context.Context, sample int64, thorough bool) (lost []LostFile, looked int64, err error) {
	if f.Blobs == nil {
		return nil, 0, errNoFiles
	}
	for before := int64(math.MaxInt64); thorough || looked < sample; {
		rows, err := f.Store.Read().AttachmentsBefore(ctx, db.AttachmentsBeforeParams{Before: before, Most: 100})
		if err != nil || len(rows) == 0 {
			return lost, looked, err
		}
		for _, r := range rows {
			before = r.ID
			looked++
			is, err := f.fileIs(ctx, blob.ID{SHA256: r.Sha256, Since: r.StoredAt}, r.Size, thorough)
			if err != nil {
				return lost, looked, err
			}
			if is != fileWhole {
				lost = append(lost, LostFile{r.Number, r.Sha256, is == fileAltered})
			}
		}
	}
	return lost, looked, nil
}

type fileState int

const (
	fileWhole fileState = iota
	fileGone
	fileAltered
)

func (f *Flow) fileIs(ctx context.Context, id blob.ID, size int64, thorough bool) (fileState, error) {
	r, err := f.Blobs.Open(ctx, id)
	if errors.Is(err, blob.ErrNotFound) {
		return fileGone, nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }() // it was only read
	if r.Size() != size {
		return fileAltered, nil
	}
	if !thorough {
		return fileWhole, nil
	}
	sum, err := blob.Sum(r)
	if err == nil && sum != id.SHA256 {
		return fileAltered, nil
	}
	return fileWhole, err
}
