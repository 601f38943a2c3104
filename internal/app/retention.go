package app

import (
	"context"
	"time"
)

// sweepEvery is often enough for what may lie for a day.
const sweepEvery = time.Hour

// sweep takes away what was kept for long enough, at the start and every hour, until ctx ends. Every replica does: each of
// flow's says why that is harmless, so there is no lease to hold.
func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		for _, k := range a.kinds() {
			n, err := k.forget(ctx)
			switch {
			case err != nil && ctx.Err() == nil:
				a.cfg.Log.ErrorContext(ctx, "sweep what was kept long enough", "what", k.what, "error", err)
			case n > 0:
				a.cfg.Log.InfoContext(ctx, "swept what was kept long enough", "what", k.what, "count", n)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// swept is a kind of thing that is not kept for good.
type swept struct {
	what   string
	forget func(context.Context) (int64, error)
}

func (a *App) kinds() []swept {
	f, keep := a.Flow, a.cfg.Keep
	days := func(forget func(context.Context, int) (int64, error), n int) func(context.Context) (int64, error) {
		return func(ctx context.Context) (int64, error) { return forget(ctx, n) }
	}
	count := func(forget func(context.Context) (int, error)) func(context.Context) (int64, error) {
		return func(ctx context.Context) (int64, error) {
			n, err := forget(ctx)
			return int64(n), err
		}
	}
	return []swept{
		{"attachments that nothing names", count(f.SweepFiles)},
		{"received calls", days(f.ForgetCalls, keep.Calls)},
		{"what was said in deliveries", func(ctx context.Context) (int64, error) { return f.ForgetDeliveries(ctx, keep.Deliveries, &a.forgot) }},
		{"trial calls", days(f.ForgetTrialCalls, keep.Trials)},
		{"what was written and not sent", days(f.ForgetUnsent, 0)},
		{"unsigned conformance runs", days(f.ForgetRuns, keep.Runs)},
		{"findings that are over", days(f.ForgetFindings, keep.Findings)},
		{"what the field told of closed occurrences", days(f.ForgetFacts, keep.Findings)},
		{"uploads to the registry", count(func(ctx context.Context) (int, error) { return f.SweepUploads(ctx, keep.Uploads) })},
		{"pauses that are over", f.ForgetPauses},
		{"letters whose time is over", f.ExpireLetters},
		{"letters to customers", days(f.ForgetLetters, keep.Letters)},
		{"tallies of bulk acts", days(f.ForgetBulk, keep.Acts)},
		{"occurrences moved together", days(f.ForgetBulkMoves, keep.Acts)},
		{"deliveries without their environment", f.PlaceDeliveries},
	}
}
