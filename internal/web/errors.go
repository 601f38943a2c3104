package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// statusOf is the one table from the kind of an error to a page's HTTP status.
var statusOf = map[desk.Kind]int{
	desk.Invalid: http.StatusBadRequest, desk.Unauthenticated: http.StatusUnauthorized, desk.Forbidden: http.StatusForbidden,
	desk.NotFound: http.StatusNotFound, desk.MethodNotAllowed: http.StatusMethodNotAllowed, desk.Conflict: http.StatusConflict,
	desk.TooLarge: http.StatusRequestEntityTooLarge, desk.Unsupported: http.StatusUnsupportedMediaType,
	desk.Unprocessable: http.StatusUnprocessableEntity, desk.TooMany: http.StatusTooManyRequests,
	desk.Unavailable: http.StatusServiceUnavailable, desk.Internal: http.StatusInternalServerError,
}

// The pages' own errors, besides desk's.
var (
	errSessionOver = &desk.Error{Kind: desk.Unauthenticated, Code: "sessao_encerrada"}
	errForeign     = &desk.Error{Kind: desk.Forbidden, Code: "outro_site"}
)

func notFound() error     { return desk.Fail(desk.ErrRoute) }
func errSession() error   { return errSessionOver }
func errOtherSite() error { return errForeign }

// understood answers the error that a person can do something about; everything else is ours.
func understood(err error) (*desk.Error, bool) {
	var e *desk.Error
	return e, errors.As(err, &e) && e.Kind != desk.Internal
}

// besideForm says whether an error is shown beside the form that caused it. The others take the page's place:
// there is no page to show, or no person to show it to.
func besideForm(err error) (*desk.Error, bool) {
	e, ok := understood(err)
	return e, ok && e.Kind != desk.NotFound && e.Kind != desk.Unauthenticated
}

// awayWait is what a browser is told to wait while the database is away.
const awayWait = 5 * time.Second

// fail shows an error. What is internal is logged whole and shown as the number of its request.
func (r *request) fail(err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	e, ok := understood(err)
	if !ok {
		r.site.log.Error("web: request failed", "pedido", r.id, "metodo", r.Method, "caminho", r.URL.Path,
			"usuario", r.user.ID, "erro", err)
		e = desk.Fail(desk.ErrInternal)
		if flow.Unavailable(err) {
			e = desk.Fail(desk.ErrUnavailable)
			e.RetryAfter = awayWait
		}
	}
	status := statusOf[e.Kind]
	r.retryAfter(e.RetryAfter)
	text := r.l.Error(e)
	if r.htmx() {
		// The page stays as it is, with what was typed; app.js shows the text above it.
		h := r.w.Header()
		h.Set("HX-Reswap", "none")
		h.Set("Content-Type", "text/plain; charset=utf-8")
		if status >= 500 {
			text += " (" + r.id + ")"
		}
		r.w.WriteHeader(status)
		_, _ = fmt.Fprint(r.w, text)
		return
	}
	if r.URL.Path == "/novidades" {
		http.Error(r.w, text, status)
		return
	}
	p := r.page(r.l.T(fmt.Sprintf("failure.title_%d", titled(status))), "")
	if err := r.show(status, errorPage(p, errorView{status: status, text: text, id: r.id})); err != nil {
		r.site.log.Error("web: the error page failed", "pedido", r.id, "erro", err)
		http.Error(r.w, text, status)
	}
}

func (r *request) retryAfter(d time.Duration) {
	if d > 0 {
		r.w.Header().Set("Retry-After", fmt.Sprint(int((d+time.Second-1)/time.Second)))
	}
}

// titled are the statuses whose page has a title of its own.
func titled(status int) int {
	switch {
	case status == http.StatusNotFound || status == http.StatusForbidden:
		return status
	case status >= 500:
		return 500
	}
	return 400
}

// errorView is what the page of an error shows.
type errorView struct {
	status int
	text   string
	id     string
}
