package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Options of a sandbox. Dir is mandatory; the zero value of everything else is a sensible default.
type Options struct {
	Dir         string           // where everything is kept; one process at a time
	Token       string           // what callers of the API must show; blank: "sandbox-token"
	Logger      *slog.Logger     // nil: silent. Personal data is never logged
	Clock       func() time.Time // nil: time.Now
	CallTimeout time.Duration    // of one call back to Ponte; 0: 5 s
	RetryMin    time.Duration    // first wait after a call back that failed; 0: 200 ms
	RetryMax    time.Duration    // longest wait; 0: 5 s

	epoch string // tests: golden answers need a known one
}

func (o Options) withDefaults() Options {
	if o.Token == "" {
		o.Token = "sandbox-token"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.CallTimeout <= 0 {
		o.CallTimeout = 5 * time.Second
	}
	if o.RetryMin <= 0 {
		o.RetryMin = 200 * time.Millisecond
	}
	if o.RetryMax < o.RetryMin {
		o.RetryMax = max(5*time.Second, o.RetryMin)
	}
	return o
}

// Server is one sandbox on one folder.
type Server struct {
	cfg   Options
	lock  *os.File
	blobs blobs
	log   *journal
	lanes *lanes

	mu    sync.RWMutex
	state state

	holdLimit time.Duration // how long a fault may hold a caller
	observe   func(record)  // tests: told of every record, under the mutex

	life     sync.Mutex // guards closing and the start of late work
	closing  bool
	quit     chan struct{}
	late     sync.WaitGroup // calls that a fault made late
	closeErr error
	closed   sync.Once
}

// Open takes the folder and recovers what it holds. It fails if another process has it, or if the journal is damaged
// anywhere but at its torn end.
func Open(o Options) (_ *Server, err error) {
	if o.Dir == "" {
		return nil, errors.New("sandbox: falta a pasta de dados")
	}
	o = o.withDefaults()
	s := &Server{cfg: o, state: newState(), holdLimit: time.Minute, quit: make(chan struct{}),
		blobs: blobs{filepath.Join(o.Dir, "anexos")}}
	if err := os.MkdirAll(s.blobs.dir, 0o700); err != nil {
		return nil, err
	}
	if s.lock, err = lockDir(filepath.Join(o.Dir, "trava")); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.lock.Close()
		}
	}()
	f, err := s.restore()
	if err != nil {
		return nil, err
	}
	if err := s.blobs.sweep(s.state.blobsInUse()); err != nil {
		_ = f.Close()
		return nil, err
	}
	s.log = startJournal(f)
	s.lanes = newLanes(s)
	if s.state.epoch == "" {
		if err := s.install(); err != nil {
			_ = s.log.close()
			return nil, err
		}
	}
	return s, nil
}

// restore rebuilds the state from the journal, and shortens a journal of which most is history.
func (s *Server) restore() (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(s.cfg.Dir, journalName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	lines, err := readJournal(f, func(r record) error {
		s.state.apply(r, 0)
		return nil
	})
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	s.cfg.Logger.Info("sandbox: estado recuperado", "linhas", lines, "ordens", len(s.state.orders))
	if lines > 1024 && lines > 2*len(s.state.orders) {
		_ = f.Close()
		return rewriteJournal(s.cfg.Dir, s.state.snapshot)
	}
	return f, syncDir(s.cfg.Dir)
}

// install marks a new folder with the epoch that its ids carry.
func (s *Server) install() error {
	epoch := s.cfg.epoch
	if epoch == "" {
		var b [3]byte
		rand.Read(b[:])
		epoch = hex.EncodeToString(b[:])
	}
	return s.update(func(t *tx) error {
		return t.write(record{Install: &install{Epoch: epoch, Next: 1}})
	})
}

// Start begins to call Ponte back; it goes on until ctx ends, or Stop or Close is called. Before that, and while there
// is no address, calls stay in the queue.
func (s *Server) Start(ctx context.Context) { s.lanes.start(ctx) }

// Stop ends the calls back to Ponte, cutting short those under way (they stay in the queue), lets go of callers that
// a fault holds, and finishes what faults made late. The API itself answers until Close.
func (s *Server) Stop() {
	s.life.Lock()
	if !s.closing {
		s.closing = true
		close(s.quit)
	}
	s.life.Unlock()
	s.lanes.stop()
	s.late.Wait()
}

// Close stops, writes what is in line and gives the folder back. Calls that come after it are answered with 503.
func (s *Server) Close() error {
	s.closed.Do(func() {
		s.Stop()
		s.closeErr = s.log.close()
		if err := s.lock.Close(); s.closeErr == nil {
			s.closeErr = err
		}
	})
	return s.closeErr
}

// SetReturn sets where Ponte is called back; the same as PUT /_sandbox/retorno. What waits is tried at once.
func (s *Server) SetReturn(r Return) error {
	if err := r.normalise(); err != nil {
		return err
	}
	err := s.update(func(t *tx) error { return t.write(record{Return: &r}) })
	if err == nil {
		s.lanes.rouse()
	}
	return err
}

// tx is one step of writing, under the mutex.
type tx struct {
	*state
	s     *Server
	wrote bool
	seen  int64 // up to where the journal must be durable before update answers
}

// write puts a record in the journal and makes it true.
func (t *tx) write(r record) error {
	lsn, err := t.s.log.append(r)
	if err != nil {
		return err
	}
	t.apply(r, lsn)
	t.wrote = true
	if t.s.observe != nil {
		t.s.observe(r)
	}
	return nil
}

// update is the only way to change anything. fn decides and writes; there is no way back after a write, so it decides
// first. update answers when all that fn wrote, and all that it can have seen, is on the disk, because a refusal, too,
// tells of others. A fn that did neither tells nothing, and nobody waits.
func (s *Server) update(fn func(*tx) error) error {
	t := tx{state: &s.state, s: s}
	err := func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		err := fn(&t)
		if t.wrote || err != nil {
			t.seen = s.log.position()
		}
		return err
	}()
	if werr := s.log.wait(t.seen); werr != nil {
		return fmt.Errorf("gravar: %w", werr)
	}
	return err
}

// read looks at the state and answers once all that fn says it saw (a journal position) is on the disk, because
// nobody may be told of an order that a crash could still take back.
func (s *Server) read(fn func(*state) (seen int64)) error {
	s.mu.RLock()
	seen := fn(&s.state)
	s.mu.RUnlock()
	return s.log.wait(seen)
}

// lateWork makes Stop wait for work that may outlive its caller, until done is called. After Stop there is no waiting
// any more, neither for it nor in it.
func (s *Server) lateWork() (done func()) {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closing {
		return func() {}
	}
	s.late.Add(1)
	return s.late.Done
}

func (s *Server) now() int64 { return s.cfg.Clock().UnixMilli() }

// Handler answers the API, the controls, the technician's pages and /healthz. The server it is given to must set no
// ReadTimeout or WriteTimeout: they look like callers who gave up, and the faults wait for those.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routeAPI(mux)
	s.routeControls(mux)
	s.routePages(mux)
	return http.NewCrossOriginProtection().Handler(mux) // no web page elsewhere presses these buttons
}

func (s *state) blobsInUse() map[string]bool {
	used := make(map[string]bool)
	for _, o := range s.orders {
		for _, f := range o.files {
			used[f.SHA256] = true
		}
		for _, q := range o.calls {
			if q.Blob != "" {
				used[q.Blob] = true
			}
		}
	}
	return used
}
