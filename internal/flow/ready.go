package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// proof is what is known of the version that runs, and the run that says so.
func (f *Flow) proof(ctx context.Context, q *db.Queries, inst db.Installation) (desk.Proof, string, error) {
	key, err := conformanceKey(ctx, q, inst)
	if err != nil || key.Signed {
		return desk.Proven, key.Run, err
	}
	r, err := q.LatestRun(ctx, db.LatestRunParams{ConnectionID: inst.ConnectionID, ConfigVersionID: inst.ConfigVersionID})
	if store.NoRows(err) {
		if r, err = q.LatestRun(ctx, db.LatestRunParams{ConnectionID: inst.ConnectionID}); store.NoRows(err) {
			return desk.NoProof, "", nil
		}
		return desk.ProofOther, r.ID, err
	}
	if err != nil {
		return desk.NoProof, "", err
	}
	place, err := placeNow(ctx, q, inst)
	switch {
	case err != nil:
		return desk.NoProof, "", err
	case r.State == RunGoing && !stale(r.Beat, f.Now()):
		return desk.ProofRunning, r.ID, nil
	case r.State != RunPassed:
		return desk.ProofFailed, r.ID, nil
	case r.Place != place:
		return desk.ProofPlace, r.ID, nil
	}
	return desk.ProofUnsigned, r.ID, nil
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
	units, err := unitCheck(ctx, q, inst.ConnectionID, desk.Production)
	if err != nil {
		return r, "", err
	}
	r.Units, r.Unmapped = units.Units, units.Missing+units.Duplicates+units.Unknown+units.Unchecked
	tokens, err := q.CountFieldTokens(ctx, db.CountFieldTokensParams{ConnectionID: inst.ConnectionID, Environment: desk.Production,
		ExpiresAt: store.Null(f.Now().UnixMilli())})
	r.Token = tokens > 0
	return r, report, err
}
