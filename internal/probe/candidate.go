package probe

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Candidate is ProbeWith as the go-live form needs it: flow.Probe.
func (p *Prober) Candidate(ctx context.Context, env desk.Environment, candidate flow.Endpoint) (flow.Probed, error) {
	r, err := p.ProbeWith(ctx, env, candidate)
	return flow.Probed{OK: r.OK(), Code: string(r.Code), HTTPStatus: r.HTTPStatus, Duration: r.Took, Reason: r.Reason}, err
}
