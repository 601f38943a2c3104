package door

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"ponte/internal/desk"
	"ponte/internal/tracing"
	"ponte/internal/webservice"
)

// Options of all doors. Registry and Authenticate are needed; the rest has defaults.
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
	// Tracer follows calls; nil: nobody does.
	Tracer *tracing.Tracer
	// PublicURL is what callers see before a door's path, for the documents.
	PublicURL func() string
	// MaxBody is the limit in bytes of operations without one of their own; 0: 1 MiB.
	MaxBody int64
	// LargeBodies is how many bodies above MaxBody are worked on at a time, because each is held in memory; 0: 4.
	LargeBodies int
	// BodyTimeout bounds the reading of a body, so that a slow sender doesn't hold one of those places; 0: 1 min.
	BodyTimeout time.Duration
	// NewID names an exchange in log and answer; nil: random.
	NewID func() string
}

// Door is what the doors share.
type Door struct {
	Options
	large chan struct{}
}

// New fills in the defaults.
func New(o Options) *Door {
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
	return &Door{Options: o, large: make(chan struct{}, o.LargeBodies)}
}

// Exchange is one request on its way to its answer.
type Exchange struct {
	W       http.ResponseWriter
	R       *http.Request
	Call    *webservice.Call
	Entry   *webservice.Entry // nil until it is known
	Profile webservice.Profile

	span tracing.Span
}

// Exchange begins one; name is the door's in the log and in what is kept.
func (d *Door) Exchange(w http.ResponseWriter, r *http.Request, name string) *Exchange {
	ctx, span := d.Tracer.Begin(r.Context(), "webservice", tracing.Server, r.Header.Get("traceparent"), time.Now())
	if d.Tracer != nil {
		r = r.WithContext(ctx)
	}
	return &Exchange{W: w, R: r, Call: &webservice.Call{Request: d.NewID(), Door: name}, span: span}
}

// Answers says which operation is called.
func (x *Exchange) Answers(e *webservice.Entry) {
	x.Entry, x.Call.Operation, x.Call.Reads = e, e.Name, e.Reads
}

// Reply is an answer before it is written, so that there is one place that writes.
type Reply struct {
	Status int
	Codigo string
	Header http.Header
	Mime   string
	Body   []byte
}

// Serve answers with what serve makes of the exchange; its error, or its panic, is answered as fault puts it.
func (d *Door) Serve(x *Exchange, serve func() (Reply, error), fault func(*desk.Error) Reply) {
	start := time.Now()
	answer, err := guarded(serve)
	if err != nil {
		var last settled
		if !errors.As(err, &last) {
			last.refusal = d.Registry.Refuse(x.R.Context(), x.Call, err)
		}
		answer = fault(last.refusal)
	}
	x.write(answer)
	d.record(x, answer, time.Since(start))
}

// guarded makes a panic outside a use case an error like any other.
func guarded(serve func() (Reply, error)) (answer Reply, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if aborted, ok := p.(error); ok && errors.Is(aborted, http.ErrAbortHandler) {
			panic(p)
		}
		err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}()
	return serve()
}

// settled is a refusal that the registry has dealt with already.
type settled struct{ refusal *desk.Error }

func (s settled) Error() string { return s.refusal.Error() }

// Call runs the operation.
func (d *Door) Call(x *Exchange, params []webservice.Param) (webservice.Answer, error) {
	answer, refusal := d.Registry.Serve(x.R.Context(), x.Entry, x.Call, params)
	if refusal != nil {
		return webservice.Answer{}, settled{refusal}
	}
	return answer, nil
}

func (x *Exchange) write(a Reply) {
	header := x.W.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Ponte-Pedido", x.Call.Request)
	for name, values := range a.Header {
		header[name] = values
	}
	if warning := warningsHeader(x.Call.Warnings); warning != "" {
		header.Set("X-Ponte-Aviso", warning)
	}
	header.Set("Content-Type", a.Mime)
	header.Set("Content-Length", fmt.Sprint(len(a.Body)))
	x.W.WriteHeader(a.Status)
	_, _ = x.W.Write(a.Body) // a caller that hung up is no fault of ours
}

// record logs no path, query, header or body: they may hold personal data.
func (d *Door) record(x *Exchange, a Reply, took time.Duration) {
	level := slog.LevelInfo
	if a.Codigo == desk.ErrInternal || a.Codigo == desk.ErrUnavailable {
		level = slog.LevelError // by codigo: SOAP answers every refusal with HTTP 500
	}
	token := ""
	if x.Call.Caller != nil {
		token = x.Call.Caller.Actor.Name
	}
	d.Logger.LogAttrs(x.R.Context(), level, "webservice call", slog.String("door", x.Call.Door),
		slog.String("operation", x.Call.Operation), slog.Int("status", a.Status), slog.String("codigo", a.Codigo),
		slog.Duration("took", took), slog.String("token", token), slog.String("call", x.Call.ID),
		slog.String("request", x.Call.Request))
	if x.Call.Operation != "" {
		x.span.Rename(x.Call.Operation)
	}
	x.span.Text("ponte.door", x.Call.Door)
	x.span.Number("http.response.status_code", int64(a.Status))
	if a.Codigo != "" {
		x.span.Fail(a.Codigo)
	}
	x.span.End(nil)
	if d.Observe != nil {
		d.Observe(x.Call.Operation, a.Codigo, a.Status, took)
	}
}
