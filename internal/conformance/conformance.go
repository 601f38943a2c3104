package conformance

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Doors of ours that a run tries, as the areas of its cases.
const (
	DoorREST = "entrada.rest"
	DoorSOAP = "entrada.soap"
)

// DoorCall is a call of a program to one of our doors.
type DoorCall struct {
	By                        desk.Actor
	Token                     flow.Token
	As                        desk.Actor
	Method, Path, ContentType string
	Body                      []byte
}

// DoorAnswer is what the program would have got; Refused is nil where it was accepted.
type DoorAnswer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Refused *desk.Error
}

// Door takes calls in this very process.
type Door func(context.Context, DoorCall) (DoorAnswer, error)

// Options of a Runner; zero values have defaults.
type Options struct {
	Flow   *flow.Flow
	Client *connector.Client
	Doors  map[string]Door
	Limit  time.Duration // of a whole run; default 20 min
	Beat   time.Duration // how often a run says that it lives; default 4 s
	Log    *slog.Logger
}

// Runner makes runs, one at a time.
type Runner struct {
	Options
	mu      sync.Mutex
	running map[string]context.CancelCauseFunc
	closed  bool
	work    sync.WaitGroup
}

// New makes a runner. Close it before the database is closed.
func New(o Options) *Runner {
	if o.Limit == 0 {
		o.Limit = 20 * time.Minute
	}
	if o.Beat == 0 {
		o.Beat = 4 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Runner{Options: o, running: map[string]context.CancelCauseFunc{}}
}

var (
	errStopping = errors.New("conformance: the process stops")
	errStopped  = errors.New("conformance: stopped by a person")
	errTime     = errors.New("conformance: the run takes too long")
)

// Start begins a run in the background and answers its id.
func (r *Runner) Start(ctx context.Context, a desk.Actor, unit, customer int64) (string, error) {
	one, err := r.begin(ctx, a, unit, customer)
	if err != nil {
		return "", err
	}
	go func() { _ = one.walk() }() // it has logged what there is to say
	return one.c.ID, nil
}

// Run makes a run and answers its id at its end.
func (r *Runner) Run(ctx context.Context, a desk.Actor, unit, customer int64) (string, error) {
	one, err := r.begin(ctx, a, unit, customer)
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { one.leave(errStopping) })
	defer stop()
	return one.c.ID, one.walk()
}

func (r *Runner) begin(ctx context.Context, a desk.Actor, unit, customer int64) (*run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, desk.Fail(desk.ErrUnavailable)
	}
	c, err := r.Flow.StartConformance(ctx, a, flow.ConformanceInput{Unit: unit, Customer: customer,
		Subject: subject, Description: description, Picture: picture(), PictureName: pictureName})
	if err != nil {
		return nil, err
	}
	one := &run{Runner: r, c: c}
	base, leave := context.WithCancelCause(context.WithoutCancel(ctx))
	one.leave = leave
	one.ctx, one.end = context.WithTimeoutCause(base, r.Limit, errTime)
	r.running[c.ID] = leave
	r.work.Add(1)
	return one, nil
}

// Stop ends a run for a person. Where it goes on in another process, that one notices at its next step.
func (r *Runner) Stop(ctx context.Context, a desk.Actor, id string) error {
	if err := r.Flow.StopConformance(ctx, a, id); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if leave := r.running[id]; leave != nil {
		leave(errStopped)
	}
	return nil
}

// Wait returns when no run goes on in this process.
func (r *Runner) Wait() { r.work.Wait() }

// Close ends the run that goes on, as interrupted, and waits for it.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	for _, leave := range r.running {
		leave(errStopping)
	}
	r.mu.Unlock()
	r.work.Wait()
}
