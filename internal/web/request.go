package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

// request is one request of a person: who asks, in which language, and which moment the page is of.
type request struct {
	*http.Request
	w    http.ResponseWriter
	site *site
	l    *i18n.Localizer
	user flow.User // zero where nobody has signed in
	look look
	now  time.Time
	id   string // names the request in the log and on a page that says that something broke
	// whole is the body without the limit of a form, for those that bring files.
	whole io.ReadCloser
}

// action answers a request, or says why it can't.
type action func(*request) error

// maxForm is what a form may weigh.
const maxForm = 1 << 20

// answer runs an action and shows what it fails with.
func (s *site) answer(do action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r := &request{Request: hr, w: w, site: s, now: s.flow.Now(), id: rand.Text()[:10]}
		r.Body, r.whole = s.hurry(w, hr)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		defer func() {
			if p := recover(); p != nil {
				if aborted, ok := p.(error); ok && errors.Is(aborted, http.ErrAbortHandler) {
					panic(p)
				}
				s.log.Error("web: panic", "pedido", r.id, "caminho", r.URL.Path, "panico", p, "pilha", string(debug.Stack()))
				r.fail(errors.New("panic"))
			}
		}()
		var err error
		r.user, _, err = s.person(hr.Context())
		r.look = s.lookOf(r)
		r.l = s.words.In(r.look.language)
		if err == nil {
			err = do(r)
		}
		if err != nil {
			r.fail(err)
		}
	})
}

// signedIn lets only those through who have signed in; whoever opens a page is brought back to it afterwards.
func signedIn(do action) action {
	return func(r *request) error {
		if r.user.ID != 0 {
			if r.site.sessions.GetBool(r.Context(), sessionEnrol) && !strings.HasPrefix(r.URL.Path, factorPath) && r.URL.Path != "/novidades" {
				return r.redirect(factorPath)
			}
			return do(r)
		}
		if r.Method == http.MethodGet && !r.htmx() && r.URL.Path != "/novidades" {
			return r.redirect("/entrar?volta=" + url.QueryEscape(r.URL.RequestURI()))
		}
		return errSession()
	}
}

func (r *request) actor() desk.Actor { return r.user.Actor() }

// htmx says whether the page asks for a part of itself.
func (r *request) htmx() bool { return r.Header.Get("HX-Request") == "true" }

// redirect answers where to go on, by GET.
func (r *request) redirect(to string) error {
	http.Redirect(r.w, r.Request, to, http.StatusSeeOther)
	return nil
}

// form reads what was sent.
func (r *request) form() error {
	var tooLarge *http.MaxBytesError
	switch err := r.ParseForm(); {
	case errors.As(err, &tooLarge):
		return desk.Fail(desk.ErrTooLarge, "limite", maxForm)
	case err != nil:
		return desk.Fail(desk.ErrContent)
	}
	return nil
}

// typed is a text as a person typed it: without blanks around it, and with the line ends of everywhere else.
func (r *request) typed(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(r.PostFormValue(name), "\r\n", "\n"))
}

var gzips = sync.Pool{New: func() any { z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed+2); return z }}

// worthGzip is the size below which compressing costs more than it saves.
const worthGzip = 1400

// show renders a page or part whole before a byte leaves, so that one that fails halfway is an error like any
// other.
func (r *request) show(status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(context.WithoutCancel(r.Context()), &b); err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", r.l.Lang)
	h.Add("Vary", "Accept-Encoding")
	if b.Len() < worthGzip || !acceptsGzip(r.Request) {
		r.w.WriteHeader(status)
		_, _ = r.w.Write(b.Bytes()) // whoever left doesn't miss it
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	r.w.WriteHeader(status)
	z := gzips.Get().(*gzip.Writer)
	defer gzips.Put(z)
	z.Reset(r.w)
	_, _ = z.Write(b.Bytes())
	_ = z.Close()
	return nil
}

// ownPath answers a path of this site, and "/" for anything that could lead elsewhere.
func ownPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || u.Opaque != "" || u.User != nil ||
		!strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
