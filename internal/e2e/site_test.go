package e2e

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// secret is long enough to be a key, and no secret.
const secret = "a secret of the tests only"

// hurried is a patience for crash tests. Settling is what the faults' lateness must stay below, by a margin in which
// a busy machine may be slow: a sandbox that accepts later than that breaks the promise that Ponte relies on.
func hurried(p *mapping.Policy) {
	p.Timeout, p.FirstRetry = mapping.Duration(300*time.Millisecond), mapping.Duration(50*time.Millisecond)
	p.MaxRetry, p.Settling = mapping.Duration(400*time.Millisecond), mapping.Duration(time.Second)
}

// late is how long after the caller gave up "aceita_depois" accepts, in milliseconds.
const late = 150

// site is a database with a sandbox beside it, and the Pontes that serve them now.
type site struct {
	t        testing.TB
	path     string // of the binary
	database string
	blobs    string // URL of the attachments
	env      []string
	own      map[int][]string // environment of single Pontes, by number
	field    field
	dir      string     // where processes run
	running  []*process // by number
	addrs    []string   // where each listens; empty: wherever there is room
	front    string     // the reverse proxy that callers go through; empty: they ask a Ponte themselves

	mu      sync.Mutex
	serving []string      // addresses; empty while one is down
	changed chan struct{} // closed and made anew at each change
}

// newSite makes a database ready for so many Pontes: the demo's registry and tokens, method C, in a hurry. A sandbox of
// its own process stands beside it, so that Ponte alone can be killed.
func newSite(t testing.TB, databaseURL string, pontes int, ponte func() (string, error), env ...string) *site {
	t.Helper()
	return newSiteThrough(t, func(sandbox string) string { return sandbox }, databaseURL, pontes, ponte, env...)
}

// newSiteThrough puts something between the Pontes and the sandbox: way answers where they find it.
func newSiteThrough(t testing.TB, way func(sandbox string) string, databaseURL string, pontes int, ponte func() (string, error), env ...string) *site {
	t.Helper()
	s := emptySite(t, databaseURL, pontes, ponte, env...)
	at := way(string(s.field))
	err := s.inside(func(a *app.App) error { return a.SeedDemo(t.Context(), at) })
	if err != nil {
		t.Fatal(err)
	}
	s.choose(desk.MethodC)
	return s
}

// emptySite is one whose database is untouched.
func emptySite(t testing.TB, databaseURL string, pontes int, ponte func() (string, error), env ...string) *site {
	t.Helper()
	s := &site{t: t, path: binary(t, ponte), database: databaseURL, dir: t.TempDir(), running: make([]*process, pontes),
		serving: make([]string, pontes), changed: make(chan struct{})}
	s.blobs = "file://" + filepath.Join(s.dir, "anexos")
	s.env = slices.Concat(env, []string{"PONTE_TEST_PAUSE=300ms", "PONTE_DATABASE_URL=" + databaseURL, "PONTE_SECRET_KEY=" + secret, "PONTE_BLOB_URL=" + s.blobs})
	box := launch(t, binary(t, released), nil, []string{"sandbox", "--sandbox-addr=127.0.0.1:0", "--data=" + t.TempDir()}, sandboxURL)
	s.field = field(box.url(sandboxURL))
	return s
}

// inside does something to the database that no command does yet, while nobody serves.
func (s *site) inside(do func(*app.App) error) error {
	a, err := app.New(s.t.Context(), app.Config{DatabaseURL: s.database, BlobURL: s.blobs,
		SecretKeys: []string{secret}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Abandon())
}

// choose makes a method the one that runs, in a hurry, or with another patience.
func (s *site) choose(m desk.Method, patience ...func(*mapping.Policy)) {
	s.t.Helper()
	c, err := app.DemoConfig()
	if err == nil {
		c.Method = m
		for _, set := range append([]func(*mapping.Policy){hurried}, patience...) {
			set(&c.Integration.Policy)
		}
		err = s.inside(func(a *app.App) error {
			return a.Flow.Configure(s.t.Context(), desk.Actor{Kind: "comando", Name: "e2e", Origin: desk.House, Roles: []desk.Role{desk.Admin}}, c)
		})
	}
	if err != nil {
		s.t.Fatalf("method %s: %v", m, err)
	}
}

func sqliteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "ponte.db") }

// up says where Ponte number i listens, to the callers and to the sandbox.
func (s *site) up(ctx context.Context, i int, url string) error {
	s.set(i, url)
	return s.field.callBack(ctx, url)
}

func (s *site) down(i int) { s.set(i, "") }

func (s *site) set(i int, url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving[i] = url
	close(s.changed)
	s.changed = make(chan struct{})
}

// address is that of a Ponte that serves, any of them; it waits until there is one.
func (s *site) address(ctx context.Context) (string, error) {
	if s.front != "" {
		return s.front, nil
	}
	for {
		s.mu.Lock()
		var living []string
		for _, url := range s.serving {
			if url != "" {
				living = append(living, url)
			}
		}
		changed := s.changed
		s.mu.Unlock()
		if len(living) > 0 {
			return living[rand.IntN(len(living))], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// call makes one and the same call until a Ponte answers it: who lost an answer can't know what was done, and neither does a
// proxy that says 502 or 504.
func (s *site) call(ctx context.Context, token, method, path, body string) (a answer, err error) {
	err = poll(ctx, func() (bool, error) {
		url, err := s.address(ctx)
		if err != nil {
			return false, err
		}
		a, err = web.do(ctx, method, url+rest+path, token, body)
		return err == nil && a.status != 502 && a.status != 503 && a.status != 504, nil
	})
	return a, err
}
