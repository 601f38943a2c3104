package rest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

// Prefix is where the handler is mounted.
const Prefix = "/ws/rest/v1"

// Options of the handler. Registry and Authenticate are needed; the rest has defaults.
type Options struct {
	Registry *webservice.Registry
	// Authenticate answers a nil Caller, or an error of kind desk.Unauthenticated, for credentials that are
	// worth nothing; any other error is answered as what it is.
	Authenticate func(ctx context.Context, c webservice.Credentials) (*webservice.Caller, error)
	// Profile says how a call is answered; nil: everything, as JSON.
	Profile func(ctx context.Context, c *webservice.Call) webservice.Profile
	// Limit says whether the caller may call now and, if not, how long to wait; nil: always.
	Limit func(c *webservice.Caller) (ok bool, retryAfter time.Duration)
	// CountUnauthenticated is told of each call without worth; such calls aren't kept.
	CountUnauthenticated func()
	// Observe is told of each answered call; codigo is empty for a success, operation where there was no route.
	Observe func(operation, codigo string, status int, took time.Duration)
	Logger  *slog.Logger
	// PublicURL is what callers see before Prefix, for the OpenAPI document.
	PublicURL func() string
	// MaxBody is the limit in bytes of operations without one of their own; 0: 1 MiB.
	MaxBody int64
	// LargeBodies is how many bodies above MaxBody are worked on at a time, because each is held in memory; 0: 4.
	LargeBodies int
	// BodyTimeout bounds the reading of a body, so that a slow sender doesn't hold one of those places; 0: 1 min.
	BodyTimeout time.Duration
	// NewID names an exchange in log and answer; nil: random.
	NewID func() string
	About About
}

type handler struct {
	Options
	routes  []route
	large   chan struct{}
	openAPI atomic.Pointer[document]
}

// document is the OpenAPI document for one public address.
type document struct {
	base string
	text []byte
}

// New is the handler of everything under Prefix.
func New(o Options) http.Handler {
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.LargeBodies == 0 {
		o.LargeBodies = 4
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.NewID == nil {
		o.NewID = rand.Text
	}
	if o.PublicURL == nil {
		o.PublicURL = func() string { return "" }
	}
	return &handler{Options: o, routes: routesOf(o.Registry), large: make(chan struct{}, o.LargeBodies)}
}

// exchange is one request on its way to its answer.
type exchange struct {
	w       http.ResponseWriter
	r       *http.Request
	call    *webservice.Call
	entry   *webservice.Entry
	pathVar webservice.Param // what the route's variable feeds; no Name where there is none
	profile webservice.Profile
}

// reply is an answer before it is written, so that there is one place that writes.
type reply struct {
	status int
	codigo string
	header http.Header
	mime   string
	body   []byte
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	x := &exchange{w: w, r: r, call: &webservice.Call{Request: h.NewID(), Door: "rest"}}
	answer := h.guarded(x)
	h.write(x, answer)
	h.record(x, answer, time.Since(start))
}

// guarded answers a panic outside a use case like any other internal error.
func (h *handler) guarded(x *exchange) (answer reply) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		answer = h.refuse(x, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}()
	return h.serve(x)
}

func (h *handler) serve(x *exchange) reply {
	path, under := strings.CutPrefix(x.r.URL.Path, Prefix)
	if under && path == "/openapi.json" {
		return h.serveOpenAPI(x)
	}
	if !under {
		path = ""
	}
	if err := h.route(x, path); err != nil {
		return h.refuse(x, err)
	}
	caller, err := h.authenticate(x)
	if err != nil {
		return h.refuse(x, err)
	}
	x.call.Caller = caller
	if h.Profile != nil {
		x.profile = h.Profile(x.r.Context(), x.call)
	}
	if h.Limit != nil {
		if ok, wait := h.Limit(caller); !ok {
			err := desk.Fail(desk.ErrTooMany)
			err.RetryAfter = wait
			return h.refuse(x, err)
		}
	}
	params, done, err := h.params(x)
	defer done()
	if err != nil {
		return h.refuse(x, err)
	}
	answer, refusal := h.Registry.Serve(x.r.Context(), x.entry, x.call, params)
	if refusal != nil {
		return h.problem(x, refusal)
	}
	return h.success(x, answer)
}

// authenticate looks at the header alone: the body of a stranger isn't read.
func (h *handler) authenticate(x *exchange) (*webservice.Caller, error) {
	credentials, ok := credentialsOf(x.r)
	var caller *webservice.Caller
	var err error
	if ok {
		caller, err = h.Authenticate(x.r.Context(), credentials)
	}
	var known *desk.Error
	if err != nil && !(errors.As(err, &known) && known.Kind == desk.Unauthenticated) {
		return nil, err
	}
	if caller == nil || err != nil {
		if h.CountUnauthenticated != nil {
			h.CountUnauthenticated()
		}
		return nil, desk.Fail(desk.ErrUnauthenticated)
	}
	return caller, nil
}

func credentialsOf(r *http.Request) (webservice.Credentials, bool) {
	if _, password, ok := r.BasicAuth(); ok {
		return webservice.Credentials{Scheme: "basic", Token: password}, password != ""
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return webservice.Credentials{Scheme: "bearer", Token: token}, strings.EqualFold(scheme, "Bearer") && token != ""
}

// refuse answers what went wrong outside the registry.
func (h *handler) refuse(x *exchange, err error) reply {
	return h.problem(x, h.Registry.Refuse(x.r.Context(), x.call, err))
}

func (h *handler) write(x *exchange, a reply) {
	header := x.w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Ponte-Pedido", x.call.Request)
	for name, values := range a.header {
		header[name] = values
	}
	if warning := warningsHeader(x.call.Warnings); warning != "" {
		header.Set("X-Ponte-Aviso", warning)
	}
	header.Set("Content-Type", a.mime)
	header.Set("Content-Length", fmt.Sprint(len(a.body)))
	x.w.WriteHeader(a.status)
	_, _ = x.w.Write(a.body) // a caller that hung up is no fault of ours
}

// record logs no path, query, header or body: they may hold personal data.
func (h *handler) record(x *exchange, a reply, took time.Duration) {
	level := slog.LevelInfo
	if a.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	token := ""
	if x.call.Caller != nil {
		token = x.call.Caller.Actor.Name
	}
	h.Logger.LogAttrs(x.r.Context(), level, "webservice call", slog.String("door", x.call.Door),
		slog.String("operation", x.call.Operation), slog.Int("status", a.status), slog.String("codigo", a.codigo),
		slog.Duration("took", took), slog.String("token", token), slog.String("call", x.call.ID),
		slog.String("request", x.call.Request))
	if h.Observe != nil {
		h.Observe(x.call.Operation, a.codigo, a.status, took)
	}
}

func (h *handler) serveOpenAPI(x *exchange) reply {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return h.refuse(x, methodNotAllowed("GET, HEAD"))
	}
	base := h.PublicURL()
	doc := h.openAPI.Load()
	if doc == nil || doc.base != base {
		doc = &document{base: base, text: OpenAPI(h.Registry, base, h.About)}
		h.openAPI.Store(doc)
	}
	return reply{status: http.StatusOK, mime: "application/json", body: doc.text,
		header: http.Header{"Cache-Control": {"no-cache"}}}
}
