// Package replica follows an embedded database and its attachments into a folder elsewhere, all the time, and takes them
// back as they were at a moment.
//
// It promises that whatever a round of it copied can be restored whole: every attachment that a row names lies there
// before the row does. It promises nothing for what was written after the last round, and says how long ago that was. It
// must not know what rows mean.
package replica

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/benbjohnson/litestream/file"
	"github.com/superfly/ltx"

	"ponte/internal/blob"
	"ponte/internal/store"
)

// Options of a replica.
type Options struct {
	URL string // file:///folder, best on another machine's disk
	// Keep is for how long each moment can be taken back; 0: KeepDays days.
	Keep time.Duration
	// Every is how long a round waits for the next; 0: a second. It is most of what a lost disk costs.
	Every time.Duration
	// Key is the fingerprint of the secret key, so that a restore can say that it was given another.
	Key     string
	Release string
	Now     func() time.Time
	Log     *slog.Logger
}

// KeepDays is for how many days each moment can be taken back, unless it is said.
const KeepDays = 7

// Where things lie in the folder.
const (
	rowsDir  = "banco"
	filesDir = "anexos"
	stateFil = "estado.json"
)

// State is what a replica says of itself.
type State struct {
	At      int64  `json:"em"` // the last whole round, Unix milliseconds
	TXID    string `json:"transacao"`
	Files   int64  `json:"anexos"` // copied since the start
	Key     string `json:"chave"`
	Release string `json:"ponte"`
}

// Replica follows one database. As store.Follower it is opened before the database is and closed after it, because closing
// a file takes this process's locks on it away, SQLite's too.
type Replica struct {
	Options
	dir   string
	rows  *litestream.DB
	all   *litestream.Store
	files *blob.Store
	from  int64 // stored_at from which attachments were not looked at yet
	count int64
	last  atomic.Int64
}

// Folder is a replica's folder by its URL.
func Folder(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "file" || u.RawQuery != "" || u.Host != "" && u.Host != "localhost" || len(u.Path) < 2 {
		return "", fmt.Errorf("replica-url: want file:///folder, got %q", rawURL)
	}
	return filepath.FromSlash(u.Path), nil
}

// New makes one; nothing is touched yet.
func New(ctx context.Context, o Options) (*Replica, error) {
	dir, err := Folder(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	if o.Keep == 0 {
		o.Keep = KeepDays * 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []string{dir, filepath.Join(dir, rowsDir), filepath.Join(dir, filesDir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("replica-url: %w", err)
		}
	}
	r := &Replica{Options: o, dir: dir}
	r.files, err = openFiles(ctx, dir)
	return r, err
}

func openFiles(ctx context.Context, dir string) (*blob.Store, error) {
	at, err := blob.URL(filepath.Join(dir, filesDir))
	if err != nil {
		return nil, err
	}
	return blob.Open(ctx, at)
}

// Granularity of what can be taken back: the last minutes by every round, then by these.
var levels = litestream.CompactionLevels{{Level: 0}, {Level: 1, Interval: 30 * time.Second}, {Level: 2, Interval: 5 * time.Minute}, {Level: 3, Interval: time.Hour}}

// checkpointPages is how many pages the database's log gathers before they are brought into its file; as the store's own.
const checkpointPages = 4000

// Open begins to follow the file at path, which exists. A database that the folder knows less of is copied whole first.
func (r *Replica) Open(path string) error {
	log := r.Log.With("part", "replica")
	client := file.NewReplicaClient(filepath.Join(r.dir, rowsDir))
	client.SetLogger(log)
	r.rows = litestream.NewDB(path)
	r.rows.MonitorInterval, r.rows.MinCheckpointPageN = 0, checkpointPages // the rounds are ours
	r.rows.Replica = litestream.NewReplicaWithClient(r.rows, client)
	r.rows.Replica.MonitorEnabled = false
	client.Replica = r.rows.Replica
	r.all = litestream.NewStore([]*litestream.DB{r.rows}, levels)
	r.all.Logger, r.all.SnapshotRetention = log, r.Keep
	r.rows.SetLogger(log)
	ctx := context.Background()
	if err := r.all.Open(ctx); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if err := r.rows.Sync(ctx); err != nil {
		return errors.Join(fmt.Errorf("replica: %w", err), r.Close())
	}
	return nil
}

// closePatience bounds what a stop waits for the folder.
const closePatience = 10 * time.Second

// Close copies what is left and lets go.
func (r *Replica) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	var err error
	if r.all != nil {
		err = r.all.Close(ctx)
	}
	return errors.Join(err, r.files.Close())
}

// Run copies until ctx ends, and once more then.
func (r *Replica) Run(ctx context.Context, s *store.Store, from *blob.Store) {
	tick := time.NewTicker(r.Every)
	defer tick.Stop()
	for failed := false; ; {
		err := r.Round(context.WithoutCancel(ctx), s, from)
		switch {
		case err != nil && !failed:
			r.Log.ErrorContext(ctx, "the replica falls behind", "error", err)
		case err == nil && failed:
			r.Log.InfoContext(ctx, "the replica goes on")
		}
		failed = err != nil
		if ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done(): // once more, for what came since
		case <-tick.C:
		}
	}
}

// LastRound is when the last whole round began: what was durable then is in the replica. Zero: there was none.
func (r *Replica) LastRound() time.Time {
	if ms := r.last.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// Round copies all that is durable as it begins: rows to a place of ours first, then the attachments that they may name,
// and only then the rows to the folder.
func (r *Replica) Round(ctx context.Context, s *store.Store, from *blob.Store) error {
	began := r.Now()
	if err := r.anew(ctx); err != nil {
		return err
	}
	if err := r.sync(ctx, s); err != nil {
		return r.recover(ctx, fmt.Errorf("rows: %w", err))
	}
	pos, err := r.rows.Pos()
	if err != nil {
		return err
	}
	if err := r.copyFiles(ctx, s, from); err != nil {
		return fmt.Errorf("attachments: %w", err)
	}
	if err := r.rows.Replica.Sync(ctx); err != nil {
		return r.recover(ctx, fmt.Errorf("to the folder: %w", err))
	}
	r.last.Store(began.UnixMilli())
	return r.tell(State{At: began.UnixMilli(), TXID: pos.TXID.String(), Files: r.count, Key: r.Key, Release: r.Release})
}

// anew begins with a whole copy where the folder lost what earlier rounds had left there: rows that follow upon what is
// gone can't be restored.
func (r *Replica) anew(ctx context.Context) error {
	if r.last.Load() == 0 {
		return nil
	}
	if _, err := os.Stat(filepath.Join(r.dir, stateFil)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	r.Log.WarnContext(ctx, "the replica's folder was emptied: it is copied anew", "folder", r.dir)
	return r.forget(ctx)
}

// recover begins with a whole copy where the copies on their way were lost or damaged.
func (r *Replica) recover(ctx context.Context, err error) error {
	var lost *litestream.LTXError
	if errors.As(err, &lost) && lost.IsAutoRecoverable() {
		err = errors.Join(err, r.forget(ctx))
	}
	return err
}

func (r *Replica) forget(ctx context.Context) error {
	for _, d := range []string{r.dir, filepath.Join(r.dir, rowsDir), filepath.Join(r.dir, filesDir), filepath.Join(r.dir, filesDir, "tmp")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	r.from = 0
	r.rows.Replica.SetPos(ltx.Pos{})
	return r.rows.ResetLocalState(ctx)
}

// crowded is the size of the log, in bytes, above which writers make room: who writes without a pause never lets
// another bring the log into the file.
const crowded = 4 * checkpointPages * 4096

func (r *Replica) sync(ctx context.Context, s *store.Store) error {
	if info, err := os.Stat(r.rows.WALPath()); err != nil || info.Size() < crowded {
		return r.rows.Sync(ctx)
	}
	return s.Between(func() error { return r.rows.Sync(ctx) })
}

func (r *Replica) tell(st State) error {
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	to := filepath.Join(r.dir, stateFil)
	if err := os.WriteFile(to+".tmp", append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(to+".tmp", to)
}

// Look reads what a replica says of itself.
func Look(dir string) (st State, err error) {
	b, err := os.ReadFile(filepath.Join(dir, stateFil)) //nolint:gosec // the operator names the folder
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(b, &st)
}
