package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// proof is what is known of the version that runs, and the run that says so.
func (f *Flow) proof(ctx context.Context, q *db.Queries, inst db.Installation) (desk.Proof, string, error) {
	r, err := q.LatestRun(ctx, db.LatestRunParams{ConnectionID: inst.ConnectionID, ConfigVersionID: inst.ConfigVersionID})
	if store.NoRows(err) {
		if r, err = q.LatestRun(ctx, db.LatestRunParams{ConnectionID: inst.ConnectionID}); store.NoRows(err) {
			return desk.NoProof, "", nil
		}
		return desk.ProofOther, r.ID, err
	}
	switch {
	case err != nil:
		return desk.NoProof, "", err
	case r.State == "passou" && r.SignedAt.Valid:
		return desk.Proven, r.ID, nil
	case r.State == "passou":
		return desk.ProofUnsigned, r.ID, nil
	case r.State == "rodando":
		return desk.ProofRunning, r.ID, nil
	}
	return desk.ProofFailed, r.ID, nil
}

// ready gathers what a switch into production rests on.
func (f *Flow) ready(ctx context.Context, q *db.Queries, inst db.Installation) (desk.Ready, string, error) {
	var r desk.Ready
	cfg, err := f.config(ctx, q, inst.ConfigVersionID)
	if err != nil {
		return r, "", err
	}
	r.Method = cfg.Method
	proof, report, err := f.proof(ctx, q, inst)
	if err != nil {
		return r, "", err
	}
	r.Proof = proof
	state, err := f.endpointState(ctx, q, inst, cfg, desk.Production)
	if err != nil {
		return r, "", err
	}
	r.Complete = state.Complete()
	units, err := q.CountUnitsIn(ctx)
	if err != nil {
		return r, "", err
	}
	r.Units, r.Unmapped = units.Units, units.Unmapped
	tokens, err := q.CountFieldTokens(ctx, db.CountFieldTokensParams{ConnectionID: inst.ConnectionID, Environment: desk.Production,
		ExpiresAt: store.Null(f.Now().UnixMilli())})
	r.Token = tokens > 0
	return r, report, err
}
