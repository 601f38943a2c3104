package conformance

import (
	"context"
	"errors"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// run is one walk.
type run struct {
	*Runner
	c     *flow.Conformance
	ctx   context.Context //nolint:containedctx // of the walk, which outlives the call that began it
	leave context.CancelCauseFunc
	end   context.CancelFunc
	seq   int64
	ids   int      // orders of ours so far
	own   []*order // opened by this run
	tests []int64  // occurrences of ours beside the first
}

// order is one that the run opened over there.
type order struct {
	id, number, legacy string
	closed             bool
}

// outcome is what a case came to.
type outcome struct {
	result flow.CaseResult
	why    desk.Reason
}

func passed(code string, args ...any) outcome {
	return outcome{flow.CasePassed, desk.Because(code, args...)}
}

func reserved(code string, args ...any) outcome {
	return outcome{flow.CaseReserved, desk.Because(code, args...)}
}

func failed(code string, args ...any) outcome {
	return outcome{flow.CaseFailed, desk.Because(code, args...)}
}

func notForUs(code string) outcome { return outcome{flow.CaseNotForUs, desk.Because(code)} }

// kase is a case under way, with its calls.
type kase struct {
	*run
	n     int64
	calls []flow.ConformanceExchange
}

// walk makes the run, from its first case to its end. Its error is that it could not be carried through; what was
// found is recorded.
func (r *run) walk() error {
	defer r.work.Done()
	defer func() {
		r.end()
		r.mu.Lock()
		delete(r.running, r.c.ID)
		r.mu.Unlock()
	}()
	beating := make(chan struct{})
	go func() { r.beat(); close(beating) }()
	err := r.cases()
	var over *desk.Error
	switch cause := context.Cause(r.ctx); {
	case errors.Is(cause, errStopped), errors.As(err, &over) && over.Code == desk.ErrConformance:
		err = nil // it is written down already
	case errors.Is(cause, errStopping):
		err = r.Flow.StopConformance(r.free(), desk.Ponte(), r.c.ID)
	case err == nil || errors.Is(err, errTime):
		_, err = r.Flow.FinishConformance(r.free(), r.c, r.tests...)
	}
	r.leave(nil)
	<-beating
	if err != nil {
		r.Log.Error("conformance run", "run", r.c.ID, "error", err)
	}
	return err
}

// free is a context for records, which are made to the end whatever ends the walk.
func (r *run) free() context.Context { return context.WithoutCancel(r.ctx) }

// beat says that the run lives. Where the database says that it is over, the walk ends.
func (r *run) beat() {
	t := time.NewTicker(r.Beat)
	defer t.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-t.C:
			var over *desk.Error
			if err := r.Flow.BeatConformance(r.free(), r.c.ID); errors.As(err, &over) {
				r.leave(errStopped)
			} else if err != nil {
				r.Log.Error("conformance run: heartbeat", "run", r.c.ID, "error", err)
			}
		}
	}
}

// cases are all of them, in an order in which each finds what it needs.
func (r *run) cases() error {
	for _, p := range flow.ConformancePoints(r.c) {
		if err := r.point(p); err != nil {
			return err
		}
	}
	if err := r.closeRest(); err != nil {
		return err
	}
	for _, door := range []string{DoorREST, DoorSOAP} {
		if err := r.door(door); err != nil {
			return err
		}
	}
	return nil
}

// do makes one case. Its error ends the walk: what has to be recorded can't be, or there is no more time.
func (r *run) do(area, name string, try func(*kase) (outcome, error)) error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	r.seq++
	k := &kase{run: r, n: r.seq}
	if err := r.Flow.BeginCase(r.free(), r.c.ID, k.n, area, name); err != nil {
		return err
	}
	began := time.Now()
	out, err := try(k)
	ended := context.Cause(r.ctx)
	switch {
	case errors.Is(ended, errTime):
		out = failed("conf_tempo_da_rodada", "limite", r.Limit.String())
	case ended != nil:
		return ended
	case err != nil:
		return err
	}
	if err := r.Flow.EndCase(r.free(), r.c.ID, k.n, out.result, out.why, time.Since(began), k.calls); err != nil {
		return err
	}
	return ended
}

// sleep waits; false where the walk ended meanwhile.
func (r *run) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// keep records a call that is about to be made and answers where its outcome goes.
func (k *kase) keep(x flow.ConformanceExchange) (*flow.ConformanceExchange, error) {
	if k.ctx.Err() != nil {
		return nil, context.Cause(k.ctx)
	}
	k.calls = append(k.calls, x)
	return &k.calls[len(k.calls)-1], k.kept()
}

func (k *kase) kept() error { return k.Flow.KeepExchanges(k.free(), k.c.ID, k.n, k.calls) }
