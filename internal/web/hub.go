package web

import (
	"maps"
	"slices"
	"sync"
)

// maxPending is how many topics a slow browser may fall behind before it is told to look at everything again.
const maxPending = 256

// Hub carries the news of what changed to the browsers that are listening. It is safe for concurrent use.
type Hub struct {
	mu        sync.Mutex
	listeners map[*listener]bool
	done      chan struct{}
	closed    bool
}

// NewHub makes a hub with nobody listening.
func NewHub() *Hub {
	return &Hub{listeners: map[*listener]bool{}, done: make(chan struct{})}
}

// Publish says that what is shown under a topic is no longer current. It never blocks; the same topic twice before
// a browser was told is told once.
func (h *Hub) Publish(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		l.tell(topic)
	}
}

// PublishAll says that anything may have changed. It never blocks.
func (h *Hub) PublishAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		l.tellAll()
	}
}

// Close ends every stream, now and from now on: a server that shuts down waits for its streams.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

func (h *Hub) listen() *listener {
	l := &listener{wake: make(chan struct{}, 1), pending: map[string]bool{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners[l] = true
	return l
}

func (h *Hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, l)
}

// listener is one stream. What it has to tell is bounded by the topics there are, not by how often they change.
type listener struct {
	mu      sync.Mutex
	pending map[string]bool
	all     bool
	wake    chan struct{}
}

func (l *listener) tell(topic string) {
	l.mu.Lock()
	if !l.all {
		l.pending[topic] = true
	}
	if len(l.pending) > maxPending {
		l.all = true
		clear(l.pending)
	}
	l.mu.Unlock()
	l.look()
}

func (l *listener) tellAll() {
	l.mu.Lock()
	l.all = true
	clear(l.pending)
	l.mu.Unlock()
	l.look()
}

func (l *listener) look() {
	select {
	case l.wake <- struct{}{}:
	default: // it has been woken and not looked yet
	}
}

// take answers what changed since the last time; all: so much that everything must be looked at again.
func (l *listener) take() (topics []string, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	topics, all = slices.Sorted(maps.Keys(l.pending)), l.all
	l.all = false
	clear(l.pending)
	return topics, all
}
