package door

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

// BodyLimit is the operation's own limit, or the default.
func (d *Door) BodyLimit(e *webservice.Entry) int64 {
	if e.MaxBody > 0 {
		return e.MaxBody
	}
	return d.MaxBody
}

// Room refuses a body that says itself that it is too large, and makes a large one wait for its place. done gives
// the place back and is never nil.
func (d *Door) Room(x *Exchange, limit int64) (done func(), err error) {
	if x.R.ContentLength > limit {
		return func() {}, desk.Fail(desk.ErrTooLarge, "limite", limit)
	}
	declared := x.R.ContentLength >= 0
	if limit <= d.MaxBody || declared && x.R.ContentLength <= d.MaxBody {
		return func() {}, nil
	}
	select {
	case d.large <- struct{}{}:
		return func() { <-d.large }, nil
	case <-x.R.Context().Done():
		return func() {}, desk.Fail(desk.ErrUnavailable)
	}
}

// Hurry gives the body its time from now on; the func lifts the bound.
func (d *Door) Hurry(x *Exchange) (read func()) {
	rc := http.NewResponseController(x.W)
	_ = rc.SetReadDeadline(time.Now().Add(d.BodyTimeout)) // not every ResponseWriter has one
	return func() { _ = rc.SetReadDeadline(time.Time{}) }
}

// Compressed says whether the body is, which no door takes: what it holds is known only when it is too late.
func Compressed(r *http.Request) bool {
	e := r.Header.Get("Content-Encoding")
	return e != "" && !strings.EqualFold(e, "identity")
}

// ReadFault says what stopped the reading of a body; reason is what it is put down to where nothing better is
// known.
func ReadFault(err error, reason string) *desk.Error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return desk.Fail(desk.ErrTooLarge, "limite", large.Limit)
	}
	return desk.Fail(desk.ErrContent, "motivo", reason)
}
