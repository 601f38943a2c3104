package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// formTime is how long a form may take to arrive, and how long a body with files may stand still. Without it whoever
// sends a byte now and then holds a connection for good.
const formTime = time.Minute

// hurried is a body with a time limit, which is lifted at its end. It is for the whole of it, or, with each, from piece to
// piece.
type hurried struct {
	io.ReadCloser
	control *http.ResponseController
	each    time.Duration
}

func (h hurried) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		_ = h.control.SetReadDeadline(time.Time{}) // a test's recorder has none
	case err == nil && h.each > 0: // after an error the limit stands: what is left of the body is thrown away under it

		_ = h.control.SetReadDeadline(time.Now().Add(h.each))
	}
	return n, err
}

// hurry bounds a request's body; whole is for those that bring files.
func (s *site) hurry(w http.ResponseWriter, r *http.Request) (form, whole io.ReadCloser) {
	if r.ContentLength == 0 {
		return r.Body, r.Body
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(s.formTime)) // a test's recorder has none
	return hurried{r.Body, c, 0}, hurried{r.Body, c, s.formTime}
}
