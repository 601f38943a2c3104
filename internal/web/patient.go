package web

import (
	"io"
	"net/http"
	"time"
)

// stalled is how long who takes a long answer may take nothing of it before they are dropped.
const stalled = 30 * time.Second

// atOnce is how much of an answer has to be taken within that time.
const atOnce = 32 << 10

// patient writes an answer that may take hours as a whole, but whose every piece has to be taken.
type patient struct {
	to      io.Writer
	control *http.ResponseController
	limit   time.Duration
}

// patiently writes to w. The connection ends with the answer, because it keeps the last piece's deadline.
func patiently(w http.ResponseWriter, limit time.Duration) io.Writer {
	w.Header().Set("Connection", "close")
	return &patient{w, http.NewResponseController(w), limit}
}

func (p *patient) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		_ = p.control.SetWriteDeadline(time.Now().Add(p.limit)) // a test's recorder has none
		var wrote int
		wrote, err = p.to.Write(b[:min(len(b), atOnce)])
		n, b = n+wrote, b[wrote:]
	}
	return n, err
}
