package webservice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"ponte/internal/desk"
)

type nothing struct{}

// serveWith runs a use case that ends in the given way, and tells what was kept and logged.
func serveWith(ctx context.Context, t *testing.T, caller *Caller, use func(c *Call) error) (got *desk.Error, call *Call, kept []string, log string) {
	t.Helper()
	var out bytes.Buffer
	e := Define(Operation{Name: "Op"}, func(_ context.Context, c *Call, _ *nothing) (*output, bool, error) {
		return nil, false, use(c)
	})
	r := NewRegistry(e)
	r.Log = slog.New(slog.NewTextHandler(&out, nil))
	r.Keep = func(ctx context.Context, c *Call, err *desk.Error) string {
		if ctx.Err() != nil {
			t.Error("keeping must outlive the caller")
		}
		kept = append(kept, err.Code)
		return "rec-1"
	}
	call = &Call{Operation: "Op", Request: "R1", Caller: caller}
	if call.Caller == nil {
		call.Caller = &Caller{}
	}
	_, got = r.Serve(ctx, e, call, nil)
	return got, call, kept, out.String()
}

func TestRefusalsAreKept(t *testing.T) {
	shared := desk.Fail(desk.ErrUnit)
	err, call, kept, _ := serveWith(t.Context(), t, nil, func(*Call) error { return fmt.Errorf("wrapped: %w", shared) })
	if err.Code != desk.ErrUnit || err.KeptCall != "rec-1" || call.ID != "rec-1" || len(kept) != 1 {
		t.Error(err, call.ID, kept)
	}
	if shared.KeptCall != "" {
		t.Error("the use case's error was written to")
	}
}

func TestRefusalsThatTheUseCaseKeptAreNotKeptTwice(t *testing.T) {
	err, call, kept, _ := serveWith(t.Context(), t, nil, func(*Call) error {
		e := desk.Fail(desk.ErrUnit)
		e.KeptCall = "rec-7"
		return e
	})
	if len(kept) != 0 || err.KeptCall != "rec-7" || call.ID != "rec-7" {
		t.Error(kept, err, call.ID)
	}
}

func TestLimitedCallsAreNotKept(t *testing.T) {
	err, _, kept, _ := serveWith(t.Context(), t, nil, func(*Call) error { return desk.Fail(desk.ErrTooMany) })
	if len(kept) != 0 || err.RetryAfter != defaultWait || !strings.Contains(Detail(err), "5 s") {
		t.Error(kept, err, Detail(err))
	}
}

func TestUnauthenticatedCallsAreNotKept(t *testing.T) {
	r := NewRegistry()
	r.Keep = func(context.Context, *Call, *desk.Error) string { t.Error("kept"); return "" }
	if err := r.Refuse(t.Context(), &Call{}, desk.Fail(desk.ErrUnauthenticated)); err.KeptCall != "" {
		t.Error("it names a kept call")
	}
}

func TestInternalErrorsAreLoggedWholeAndShownGenerically(t *testing.T) {
	for name, use := range map[string]func(*Call) error{
		"error": func(*Call) error { return errors.New("disk full") },
		"panic": func(*Call) error { panic("disk full") },
	} {
		err, _, kept, log := serveWith(t.Context(), t, nil, use)
		if err.Code != desk.ErrInternal || !strings.Contains(log, "disk full") || !strings.Contains(log, "R1") || len(kept) != 1 {
			t.Errorf("%s: %v %q %v", name, err, log, kept)
		}
		if strings.Contains(Detail(err), "disk") {
			t.Error(Detail(err))
		}
	}
}

func TestACallerThatHungUpIsNoInternalError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err, _, kept, log := serveWith(ctx, t, nil, func(*Call) error { return fmt.Errorf("query: %w", ctx.Err()) })
	if err.Code != desk.ErrUnavailable || log != "" || len(kept) != 1 {
		t.Error(err, log, kept)
	}
}

func TestCodesOutsideTheContractAreTranslated(t *testing.T) {
	err, _, _, log := serveWith(t.Context(), t, nil, func(*Call) error { return desk.Fail(desk.ErrDelivery) })
	if err.Code != desk.ErrTransition || !strings.Contains(log, desk.ErrDelivery) {
		t.Error(err, log)
	}
}

func TestAPanicWhileKeepingIsNoCrash(t *testing.T) {
	r := NewRegistry()
	r.Log = slog.New(slog.DiscardHandler)
	r.Keep = func(context.Context, *Call, *desk.Error) string { panic("x") }
	if err := r.Refuse(t.Context(), &Call{Caller: &Caller{}}, desk.Fail(desk.ErrUnit)); err.Code != desk.ErrUnit || err.KeptCall != "" {
		t.Error(err)
	}
}

func TestEntriesByName(t *testing.T) {
	e := Define[nothing, output](Operation{Name: "Op", Doc: "Faz algo. Com cuidado."}, nil)
	r := NewRegistry(e)
	if got, ok := r.Entry("Op"); !ok || got != e {
		t.Error("not found")
	}
	if _, ok := r.Entry("op"); ok {
		t.Error("names are exact")
	}
	if e.Summary() != "Faz algo" {
		t.Error(e.Summary())
	}
	defer func() {
		if recover() == nil {
			t.Error("two of a name")
		}
	}()
	NewRegistry(e, e)
}
