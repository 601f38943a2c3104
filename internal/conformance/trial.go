package conformance

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// Trial makes one real call to homologation with a configuration that may not be saved, and answers what came of it.
// The error is a *mapping.Missing, or a *desk.Error of what keeps the call from being made.
func (r *Runner) Trial(ctx context.Context, a desk.Actor, c *mapping.Config, in flow.PreviewInput) (*flow.TrialShown, error) {
	t, err := r.Flow.PrepareTrialCall(ctx, a, c, in)
	if err != nil {
		return nil, err
	}
	// Once it is on its way its answer is worth keeping, whether or not the person still waits.
	ctx = context.WithoutCancel(ctx)
	ex, err := r.exchange(ctx, &call{Request: t.Request, rules: t.Rules, route: t.Route, point: t.Point}, false)
	if err != nil {
		return nil, err
	}
	v := ex.Verdict(t.Rules, t.Point)
	x := flow.ConformanceExchange{Kind: flow.CallSent, Planned: t.Request}
	fill(&x, ex, sentVerdict(v.Outcome), v.Reason(), v.Extracted)
	if err := r.Flow.RecordTrialCall(ctx, t, x); err != nil {
		return nil, err
	}
	return r.Flow.ShowTrialCall(ctx, a, t, x, ex.Answer)
}
