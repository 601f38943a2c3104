package webservice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Registry holds the operations, in the order in which documents list them.
type Registry struct {
	// Keep keeps a refused call and answers its id, "" where it could not. It is called for every refusal of an
	// authenticated caller that the use case has not kept itself, save muitas_chamadas: keeping those would do
	// what the limit is there to prevent. Nil keeps nothing.
	Keep func(ctx context.Context, c *Call, err *desk.Error) (id string)
	// Replayed answers the number of a call that would be refused, but that a person has corrected and replayed
	// before. Nil knows none.
	Replayed func(ctx context.Context, c *Call) (number int64, ok bool)
	// Log gets internal errors, whole.
	Log *slog.Logger

	entries []*Entry
	byName  map[string]*Entry
}

// keepTimeout bounds the keeping of a refused call, which outlives a caller that hung up.
const keepTimeout = 5 * time.Second

// NewRegistry panics when two operations have one name.
func NewRegistry(entries ...*Entry) *Registry {
	r := &Registry{Log: slog.Default(), entries: entries, byName: make(map[string]*Entry, len(entries))}
	for _, e := range entries {
		if r.byName[e.Name] != nil {
			panic("webservice: two operations named " + e.Name)
		}
		r.byName[e.Name] = e
	}
	return r
}

// Entries are the operations in order.
func (r *Registry) Entries() []*Entry { return r.entries }

// Entry finds an operation by its exact name.
func (r *Registry) Entry(name string) (*Entry, bool) {
	e, ok := r.byName[name]
	return e, ok
}

// Serve binds the parameters, runs the use case and answers. A replay of a kept call comes in here as well, with
// Params of its canonical form. Either the answer or the error is meant, never both.
func (r *Registry) Serve(ctx context.Context, e *Entry, c *Call, params []Param) (Answer, *desk.Error) {
	answer, err := r.guarded(ctx, e, c, params)
	if err != nil {
		if answer, ok := r.replayed(ctx, e, c, err); ok {
			return answer, nil
		}
		return Answer{}, r.Refuse(ctx, c, err)
	}
	return answer, nil
}

// guarded turns a panic of a use case into an error with its stack.
func (r *Registry) guarded(ctx context.Context, e *Entry, c *Call, params []Param) (a Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return e.invoke(ctx, c, params)
}

// Refuse turns any error into one of the contract's, keeps the call if nobody has, and leaves the kept call's
// id in both. Encodings use it for what goes wrong before there are parameters.
func (r *Registry) Refuse(ctx context.Context, c *Call, err error) *desk.Error {
	refusal := r.contractual(ctx, c, err)
	if refusal.KeptCall == "" && r.Keep != nil && c.Caller != nil && refusal.Code != desk.ErrTooMany {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
		defer cancel()
		refusal.KeptCall = r.keep(ctx, c, refusal)
	}
	if refusal.KeptCall != "" {
		c.ID = refusal.KeptCall
	}
	return refusal
}

// keep must not turn a refusal into a crash.
func (r *Registry) keep(ctx context.Context, c *Call, refusal *desk.Error) (id string) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.ErrorContext(ctx, "webservice: keeping a refused call panicked", "operation", c.Operation, "request", c.Request, "error", p)
		}
	}()
	return r.Keep(ctx, c, refusal)
}

// contractual answers a copy, so that a use case may hold its errors in variables.
func (r *Registry) contractual(ctx context.Context, c *Call, err error) *desk.Error {
	var known *desk.Error
	if !errors.As(err, &known) {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return withWait(desk.Fail(desk.ErrUnavailable))
		}
		if flow.Unavailable(err) {
			r.Log.ErrorContext(ctx, "webservice: unavailable", "operation", c.Operation, "request", c.Request, "error", err)
			return withWait(desk.Fail(desk.ErrUnavailable))
		}
		r.Log.ErrorContext(ctx, "webservice: internal error", "operation", c.Operation, "request", c.Request, "error", err)
		return desk.Fail(desk.ErrInternal)
	}
	refusal := *known
	if _, ok := textOf(refusal.Code); !ok {
		r.Log.ErrorContext(ctx, "webservice: error code outside the contract",
			"operation", c.Operation, "request", c.Request, "codigo", refusal.Code)
		refusal.Code = nearest[refusal.Kind]
	}
	return withWait(&refusal)
}

// defaultWait is what a caller is told to wait where nobody knows better.
const defaultWait = 5 * time.Second

// withWait gives the errors that pass by themselves a time after which to try again.
func withWait(e *desk.Error) *desk.Error {
	if e.Code != desk.ErrTooMany && e.Code != desk.ErrUnavailable {
		return e
	}
	if e.RetryAfter <= 0 {
		e.RetryAfter = defaultWait
	}
	args := map[string]any{"segundos": e.RetryAfter}
	maps.Copy(args, e.Args)
	e.Args = args
	return e
}
