package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// pages are what people see: the technician's phone, and the console for faults. They do nothing that the controls
// could not; faults never touch them. Pages are drawn by templates and work by links and forms alone; tech.js only
// keeps them young.
type pages struct {
	*Server
	assets *assets
}

// routePages serves one file per page: page_NAME.go.
func (s *Server) routePages(mux *http.ServeMux) {
	g := &pages{s, newAssets()}
	mux.Handle("GET /static/", g.assets)
	mux.HandleFunc("GET /fotos/{sha256}", g.photo)
	for pattern, answer := range map[string]func(*pageRequest) error{
		"GET /{$}":                    g.list,
		"GET /ordens/nova":            g.newOrder,
		"POST /ordens/nova":           g.openNewOrder,
		"GET /ordens/{id}":            g.order,
		"POST /ordens/{id}/reenviar":  g.resend,
		"GET /console":                g.console,
		"POST /console/falhas":        g.addFault,
		"POST /console/falhas/tirar":  g.removeFault,
		"POST /console/falhas/limpar": g.clearFaults,
		"GET /console/zerar":          g.askReset,
		"POST /console/zerar":         g.reset,
		"POST /idioma":                g.setLanguage,
	} {
		mux.HandleFunc(pattern, g.serve(answer))
	}
	for _, a := range []act{scheduleAct(), inspectAct(), repairAct(), closeAct(), commentAct()} {
		mux.HandleFunc("GET /ordens/{id}/"+a.name, g.serve(func(q *pageRequest) error { return g.askAct(q, a) }))
		mux.HandleFunc("POST /ordens/{id}/"+a.name, g.serve(func(q *pageRequest) error { return g.doAct(q, a) }))
	}
}

// pageRequest is one request for a page, in its reader's language.
type pageRequest struct {
	*http.Request
	words
	w   http.ResponseWriter
	now int64
}

// page is what every template knows.
type page struct {
	words
	assets *assets
	title  string
	now    int64
	path   string // where a change of language comes back to
	done   string // what the reader has just done, in words
	wide   bool   // the console uses a wide window
}

// policy lets a page use what this site serves and nothing else: no inline script or style, no frame around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func pageHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

func (g *pages) serve(answer func(*pageRequest) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pageHeaders(w.Header())
		q := &pageRequest{Request: r, words: wordsFor(r), w: w, now: g.now()}
		if err := answer(q); err != nil {
			g.logInternal(r.Pattern, err)
			g.showTrouble(q, err)
		}
	}
}

func (g *pages) page(q *pageRequest, title string) *page {
	p := &page{words: q.words, assets: g.assets, title: title, now: q.now, path: "/"}
	if q.Method == http.MethodGet {
		p.path = q.URL.Path
	}
	if id := q.URL.Query().Get("feito"); id != "" {
		if text := q.T("done." + id); text != "done."+id {
			p.done = text
		}
	}
	return p
}

// show writes a page. Its fingerprint lets a page that asks again be told that nothing changed.
func (q *pageRequest) show(status int, c templ.Component) error {
	var body bytes.Buffer
	if err := c.Render(q.Context(), &body); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil // nobody is there to read it
		}
		return err
	}
	sum := sha256.Sum256(body.Bytes())
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.Header().Set("ETag", tag)
	if status == http.StatusOK && q.Header.Get("If-None-Match") == tag {
		q.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	q.w.WriteHeader(status)
	_, _ = q.w.Write(body.Bytes())
	return nil
}

// goTo ends a form that was taken: what was done is said on the page that follows, and reloading that does nothing
// again.
func (q *pageRequest) goTo(path, done string) error {
	if done != "" {
		path += "?feito=" + done
	}
	http.Redirect(q.w, q.Request, path, http.StatusSeeOther)
	return nil
}

// showTrouble is the page for what went wrong.
func (g *pages) showTrouble(q *pageRequest, err error) {
	known := asRefusal(err)
	id, back := "error.internal", "/"
	switch known.code {
	case errUnknownOrder().code:
		id = "error.order"
	case errAlreadyClosed().code:
		id = "error.closed"
	case errOutOfStep().code:
		id = "error.act"
	case errUnreadable("").code:
		id = "error.form"
	}
	text := q.T(id + ".text")
	if known.status == http.StatusRequestEntityTooLarge {
		id, text = "error.form", q.T("error.large.text")
	}
	if order := q.PathValue("id"); order != "" && known.status != http.StatusNotFound {
		back = "/ordens/" + order
	}
	p := g.page(q, q.T(id+".title"))
	if q.show(known.status, troublePage(p, text, back)) != nil {
		http.Error(q.w, q.T("error.internal.title"), http.StatusInternalServerError)
	}
}

// setLanguage is POST /idioma: the browser remembers it for a year.
func (g *pages) setLanguage(q *pageRequest) error {
	lang := langPortuguese
	if q.PostFormValue("idioma") == langEnglish {
		lang = langEnglish
	}
	http.SetCookie(q.w, &http.Cookie{Name: languageCookie, Value: lang, Path: "/", HttpOnly: true,
		MaxAge: int((365 * 24 * time.Hour).Seconds()), SameSite: http.SameSiteLaxMode})
	back := q.PostFormValue("volta")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n") {
		back = "/"
	}
	return q.goTo(back, "")
}
