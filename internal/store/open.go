package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"ponte/internal/store/db"
)

// Dialect is which of the two databases lies below.
type Dialect string

const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect Dialect
	path    string // of the SQLite file
	writer  *sql.DB
	readers *sql.DB
	batch   *batcher // SQLite only
	// follower copies an embedded database elsewhere; nil: nobody does
	follower Follower
	unlock   func()
	listen   string // PostgreSQL only: where a listener of its own connects
	once     sync.Once

	migrations fs.FS

	mu     sync.Mutex // guards closed, so that no write begins after Close
	closed bool
	begun  sync.WaitGroup
}

// Open opens the database at a URL, "sqlite:PATH" or "postgres://...", without migrating it. On SQLite the file's
// folder is locked against a second server, because two would each void the other's leases.
func Open(ctx context.Context, rawURL string) (*Store, error) { return open(ctx, rawURL, lockFile) }

// Forget removes an embedded database and what lies beside it under the same names, unless a server has it open.
func Forget(path string, beside ...string) error {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil //nolint:nilerr // nothing is there to forget
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	for _, name := range append([]string{path, path + "-wal", path + "-shm"}, beside...) {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

// OpenBeside opens the database for a short command, while a server may have it open too.
func OpenBeside(ctx context.Context, rawURL string) (*Store, error) {
	return open(ctx, rawURL, func(string) (func(), error) { return func() {}, nil })
}

// Served says whether a server has an embedded database open: whoever writes beside it must leave it room, because SQLite
// lets a waiting process in only when it happens to ask. PostgreSQL needs no such care.
func Served(rawURL string) bool {
	path, ok := sqlitePath(rawURL)
	if !ok {
		return false
	}
	unlock, err := lockFile(path + ".lock")
	if err == nil {
		unlock()
	}
	return err != nil
}

func sqlitePath(rawURL string) (string, bool) {
	path, ok := strings.CutPrefix(rawURL, "sqlite:")
	return strings.TrimPrefix(path, "//"), ok
}

func open(ctx context.Context, rawURL string, lock func(path string) (func(), error)) (*Store, error) {
	path, embedded := sqlitePath(rawURL)
	switch {
	case embedded:
		return openSQLite(ctx, path, lock, nil)
	case strings.HasPrefix(rawURL, "postgres://"), strings.HasPrefix(rawURL, "postgresql://"):
		return openPostgres(ctx, rawURL)
	}
	return nil, errors.New(`database-url must be "sqlite:PATH" or "postgres://USER:PASSWORD@HOST/DATABASE"`)
}

// sqliteParams are in the DSN because a pragma executed once on a pool reaches one connection only.
var sqliteParams = url.Values{"_txlock": {"immediate"}, "_pragma": {
	"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	writerCache, "temp_store(2)", autoCheckpoint,
}}

// The writer's pages are kept by it: an import dirties many. What readers miss, the operating system has; with as much for each
// of them an installation would hold 64 MB of copies.
const (
	writerCache = "cache_size(-16000)"
	readerCache = "cache_size(-4000)"
)

func without(all []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}

const autoCheckpoint = "wal_autocheckpoint(4000)"

func openSQLite(ctx context.Context, path string, lock func(string) (func(), error), follower Follower) (*Store, error) {
	if path == "" || strings.Contains(path, "?") {
		return nil, errors.New("database-url: sqlite wants the path of a file and nothing else")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the database's folder: %w", err)
	}
	unlock, err := lock(path + ".lock")
	if err != nil {
		return nil, err
	}
	if err := private(path); err != nil {
		unlock()
		return nil, fmt.Errorf("make the database: %w", err)
	}
	s := &Store{dialect: SQLite, path: path, unlock: unlock, migrations: Migrations()}
	if follower != nil {
		if err := follower.Open(path); err != nil {
			unlock()
			return nil, err
		}
		s.follower = follower
	}
	if err := s.connect(ctx, params(follower)); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

// connect opens the pools. Nothing is opened by then but the follower.
func (s *Store) connect(ctx context.Context, with url.Values) (err error) {
	dsn := "file:" + (&url.URL{Path: s.path}).EscapedPath() + "?"
	if s.writer, err = sql.Open("sqlite", dsn+with.Encode()); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	read := url.Values{"_pragma": append([]string{"query_only(1)", readerCache}, without(with["_pragma"], writerCache)...)}
	if s.readers, err = sql.Open("sqlite", dsn+read.Encode()); err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(4)
	s.readers.SetMaxIdleConns(4)
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	s.batch = newBatcher(conn)
	go s.batch.run()
	return nil
}

// private makes a file that only its owner can read, where there is none: SQLite would leave that to the umask, and gives
// its log the file's own mode. An empty file is an empty database.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func openPostgres(ctx context.Context, rawURL string) (*Store, error) {
	pool, err := sql.Open("pgx", rawURL)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(24)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return &Store{dialect: Postgres, writer: pool, readers: pool, unlock: func() {}, listen: rawURL,
		migrations: Migrations()}, nil
}

// Dialect says which database this is.
func (s *Store) Dialect() Dialect { return s.dialect }

// Read answers the queries for reading outside a transaction.
func (s *Store) Read() *db.Queries { return db.New(s.readers) }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.readers.PingContext(ctx) }

// Durability reports the settings on which "acknowledged is durable" rests, for people to read.
func (s *Store) Durability(ctx context.Context) (string, error) {
	if s.dialect == SQLite {
		var mode string
		var sync int
		if err := s.readers.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
			return "", err
		}
		if err := s.readers.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync); err != nil {
			return "", err
		}
		return fmt.Sprintf("sqlite journal_mode=%s synchronous=%s", mode, []string{"OFF", "NORMAL", "FULL", "EXTRA"}[sync]), nil
	}
	var fsync, commit string
	if err := s.readers.QueryRowContext(ctx, "SELECT current_setting('fsync'), current_setting('synchronous_commit')").
		Scan(&fsync, &commit); err != nil {
		return "", err
	}
	return fmt.Sprintf("postgresql fsync=%s synchronous_commit=%s", fsync, commit), nil
}

// Close ends the writing, waits for what was begun, and releases the database.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.begun.Wait()
		if s.batch != nil {
			s.batch.stop()
		}
		for _, pool := range []*sql.DB{s.writer, s.readers} { // twice the same is harmless
			if pool != nil {
				err = errors.Join(err, pool.Close())
			}
		}
		if s.follower != nil {
			err = errors.Join(err, s.follower.Close())
		}
		s.unlock()
	})
	return err
}
