package store

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// News carries announcements between the processes that share a PostgreSQL: names of what changed, and of who is to be
// woken. An embedded database has one server, and nobody else to tell.
//
// An announcement is made after its commit and outside of it, because NOTIFY within transactions makes their commits wait
// for each other. One NOTIFY is on its way at a time and carries everything that was told meanwhile, each name once. So a
// process that is killed between a commit and its announcement takes it along: the others notice that it is gone.
//
// It is safe for concurrent use.
type News struct {
	store *Store
	id    string // tells this process from the others; it does not hear itself
	log   *slog.Logger
	every time.Duration // between two looks at who is there

	mu      sync.Mutex
	pending map[string]bool
	all     bool // so much that everything must be looked at again
	closed  bool

	wake    chan struct{}
	closing chan struct{}
	spoken  chan struct{} // closed once nothing more is said

	stopListening context.CancelFunc
	listened      chan struct{}
}

// Heard is told what other processes announce, by one goroutine; no func may block.
type Heard struct {
	Names  func([]string)
	Missed func() // something may not have been heard: everything must be looked at again
	Left   func() // a process has stopped and handed back what it held
}

const (
	newsChannel = "ponte_novidades"
	// newsListener begins the name under which PostgreSQL shows the connection of one who listens; the id follows.
	newsListener = "ponte ouve "
	// newsGather is how long a burst may go on before it is told.
	newsGather = 10 * time.Millisecond
	// newsLook is how often one who listens makes sure that the line lives, and of who else is there.
	newsLook = 5 * time.Second
	// newsPatience bounds what is asked of PostgreSQL.
	newsPatience = 5 * time.Second
	// newsMost and newsRoom bound an announcement: PostgreSQL takes less than 8000 bytes.
	newsMost, newsRoom = 400, 7900

	newsAll = "*" // in place of names
	newsBye = "."
)

// News begins to announce under an id of this process alone; Close ends it.
func (s *Store) News(id string, log *slog.Logger) *News {
	n := &News{store: s, id: id, log: log, every: newsLook, pending: map[string]bool{}, wake: make(chan struct{}, 1),
		closing: make(chan struct{}), spoken: make(chan struct{})}
	if s.dialect != Postgres {
		close(n.spoken)
		return n
	}
	go n.speak()
	return n
}

// Tell announces a name to the other processes. It never blocks.
func (n *News) Tell(names ...string) {
	if n.store.dialect != Postgres {
		return
	}
	n.mu.Lock()
	n.add(names)
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *News) add(names []string) {
	for _, name := range names {
		n.pending[name] = true
	}
	if len(n.pending) > newsMost {
		n.all = true
		clear(n.pending)
	}
}

// take answers what is to be told as one payload; empty: nothing.
func (n *News) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	names := slices.Sorted(maps.Keys(n.pending))
	all := n.all
	n.all = false
	clear(n.pending)
	text := n.id + "\n" + strings.Join(names, "\n")
	switch {
	case all || len(text) > newsRoom:
		return n.id + "\n" + newsAll
	case len(names) == 0:
		return ""
	}
	return text
}

// speak says what is to be told, one announcement at a time.
func (n *News) speak() {
	defer close(n.spoken)
	for {
		select {
		case <-n.wake:
		case <-n.closing:
			return
		}
		n.rest(newsGather)
		text := n.take()
		if text == "" {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), newsPatience)
		err := n.notify(ctx, text)
		cancel()
		if err != nil {
			n.log.Warn("news: the other processes can't be told yet", "error", err)
			n.mu.Lock()
			n.all = true // whatever it was
			n.mu.Unlock()
			n.rest(time.Second)
			n.Tell()
		}
	}
}

// rest waits, or until the end.
func (n *News) rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-n.closing:
	}
}

// notify needs no durable commit of its own: what it tells of is durable already.
func (n *News) notify(ctx context.Context, text string) error {
	_, err := n.store.writer.ExecContext(ctx, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)", newsChannel, text)
	return err
}

// Close says what is left to say, and, of one who listened, that it leaves. Then nothing is heard any more.
func (n *News) Close(ctx context.Context) {
	n.mu.Lock()
	first := !n.closed
	n.closed = true
	n.mu.Unlock()
	if !first {
		return
	}
	close(n.closing)
	<-n.spoken
	if n.store.dialect != Postgres {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, newsPatience)
	defer cancel()
	last := []string{n.take()}
	if n.stopListening != nil {
		n.stopListening()
		<-n.listened
		last = append(last, n.id+"\n"+newsBye)
	}
	for _, text := range last {
		if text == "" {
			continue
		}
		if err := n.notify(ctx, text); err != nil {
			n.log.Warn("news: the other processes could not be told at the end", "error", err)
			return
		}
	}
}
