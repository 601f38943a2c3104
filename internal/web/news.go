package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	pingEvery = 15 * time.Second
	// gather is how long a burst may go on before it is told: a movement and its consequences are one refetch.
	gather = 20 * time.Millisecond
	// writeLimit is how long a browser may take to read what it is told.
	writeLimit = 10 * time.Second
)

// news is GET /novidades: a stream of server-sent events. "changed" carries a topic; "all" says that too much
// changed to tell; "ping" says that the line is alive. It ends with the session, and with the server.
func (s *site) news(r *request) error {
	c := http.NewResponseController(r.w)
	h := r.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	send := func(text string) error {
		_ = c.SetWriteDeadline(time.Now().Add(writeLimit)) // a test's recorder has none
		if _, err := fmt.Fprint(r.w, text); err != nil {
			return err
		}
		return c.Flush()
	}
	_ = c.SetReadDeadline(time.Time{}) // a stream outlives what a request may take
	l := s.hub.listen()
	defer s.hub.leave(l)
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	err := send("retry: 2000\nevent: ping\ndata:\n\n")
	for err == nil {
		select {
		case <-r.Context().Done():
			return nil
		case <-s.hub.done:
			return nil
		case <-ping.C:
			if !s.stillSignedIn(r) {
				return nil
			}
			err = send("event: ping\ndata:\n\n")
		case <-l.wake:
			time.Sleep(gather)
			err = send(events(l.take()))
		}
	}
	return nil // it is the browser that left
}

func events(topics []string, all bool) string {
	if all {
		return "event: all\ndata:\n\n"
	}
	var b strings.Builder
	for _, t := range topics {
		fmt.Fprintf(&b, "event: changed\ndata: %s\n\n", t)
	}
	return b.String()
}
