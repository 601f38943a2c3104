package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sink is the field's side with nothing behind it: it takes what comes, and counts what comes out of order.
type sink struct {
	server   *http.Server
	url      string
	mu       sync.Mutex
	last     map[string]int       // by order: the number of the last comment
	arrived  map[string]time.Time // by the opening's idLegado
	wrong    int
	received int
	down     atomic.Bool   // it cuts every connection, and does nothing
	takes    time.Duration // before it answers
	wake     chan struct{}
}

func newSink(ctx context.Context) (*sink, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{url: "http://" + l.Addr().String(), last: map[string]int{}, arrived: map[string]time.Time{}, wake: make(chan struct{}, 1)}
	s.server = &http.Server{Handler: http.HandlerFunc(s.take), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

func (s *sink) close() { _ = s.server.Close() }

func (s *sink) take(w http.ResponseWriter, r *http.Request) {
	if s.down.Load() {
		panic(http.ErrAbortHandler)
	}
	if strings.Contains(r.URL.Path, "consultar") { // whoever asks was told nothing, and nothing was done
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"codigoInterno":"SAT-AT002"}`)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var in struct {
		LegacyID string `json:"idLegado"`
		Order    string `json:"idSolicitacaoAtendimento"`
		Comment  string `json:"comentario"`
	}
	_ = json.Unmarshal(body, &in)
	if s.takes > 0 {
		time.Sleep(s.takes)
	}
	s.mu.Lock()
	s.received++
	if in.Order == "" && in.LegacyID != "" {
		s.arrived[in.LegacyID] = time.Now()
	} else if in.Order != "" {
		var n int
		if _, err := fmt.Sscanf(in.Comment, "c%d", &n); err != nil || n != s.last[in.Order]+1 {
			s.wrong++
		}
		s.last[in.Order] = n
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"idMobuss":"S%s","numSolicitacao":"%s"}`, in.LegacyID, in.LegacyID)
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received
}

func (s *sink) orders() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.arrived)
}

func (s *sink) disorder() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrong
}

// waitFor blocks until n requests have come.
func (s *sink) waitFor(ctx context.Context, n int) error {
	for s.count() < n {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d requests came: %w", s.count(), n, ctx.Err())
		}
	}
	return nil
}

// arrival blocks until an opening has come and answers when.
func (s *sink) arrival(ctx context.Context, legacyID string) (time.Time, error) {
	for {
		s.mu.Lock()
		at, ok := s.arrived[legacyID]
		s.mu.Unlock()
		if ok {
			return at, nil
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("order %s did not come: %w", legacyID, ctx.Err())
		}
	}
}
