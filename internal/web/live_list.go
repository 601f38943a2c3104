package web

import (
	"net/http"

	"github.com/a-h/templ"

	"ponte/internal/flow"
)

// unchanged answers nothing (204) to a live part that asks again while it still shows what it would be told; true: that
// was the answer.
func (r *request) unchanged(rev string) bool {
	if r.URL.Query().Get("rev") != rev {
		return false
	}
	r.w.WriteHeader(http.StatusNoContent)
	return true
}

// liveList answers with a list that is live: the whole page; its parts alone where the filters were changed, and the address
// that shows the same; or, with parte=1, its parts if rev is no longer what the page has.
func (r *request) liveList(rev, address string, page, parts templ.Component) error {
	switch alone := r.URL.Query().Get("parte") != ""; {
	case !alone && !r.htmx():
		return r.show(http.StatusOK, page)
	case !alone:
		r.w.Header().Set("HX-Replace-Url", address)
	case r.unchanged(rev):
		return nil
	}
	return r.show(http.StatusOK, parts)
}

// badge answers with the number beside an entry of the menu.
func (r *request) badge(n flow.Count, show func(*page, flow.Count) templ.Component) error {
	p := r.page("", "")
	if r.unchanged(p.countText(n)) {
		return nil
	}
	return r.show(http.StatusOK, show(p, n))
}
