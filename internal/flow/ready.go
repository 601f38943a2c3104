package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/mapping"
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

// Readiness is what a person sees before they switch: what is missing, and what will happen.
type Readiness struct {
	Standing Standing
	Ready    desk.Ready
	// Missing are the codes of what the next switch into production lacks, as desk.CheckSwitch says them; the reason for
	// unmapped units, which is asked for beside the switch, is none of them.
	Missing []string
	Units   UnitCheck // in production
	// Stopping is how many tokens of homologation stop at the go-live.
	Stopping int
	// Dropping is how many calls homologation has on its way, which the go-live or the resumption drops; Waiting how many
	// production has.
	Dropping, Waiting int64
}

// Readiness answers what the next switch rests on, for consultants.
func (f *Flow) Readiness(ctx context.Context, a desk.Actor) (Readiness, error) {
	var out Readiness
	inst, err := f.configured(ctx, a)
	if err != nil {
		return out, err
	}
	q := f.Store.Read()
	if out.Standing, err = f.Standing(ctx); err != nil {
		return out, err
	}
	if out.Ready, _, err = f.ready(ctx, q, inst); err != nil {
		return out, err
	}
	if out.Units, err = unitCheck(ctx, q, inst.ConnectionID, desk.Production); err != nil {
		return out, err
	}
	next := desk.GoLive
	if out.Standing.Phase != desk.Implementing {
		next = desk.Resume
	}
	asked := out.Ready
	asked.Reason = "asked for beside the switch"
	for _, lack := range next.Lacks(asked) {
		out.Missing = append(out.Missing, lackCode(lack, out.Ready.Proof))
	}
	tokens, err := f.Tokens(ctx)
	if err != nil {
		return out, err
	}
	for _, t := range tokens {
		if t.Environment == desk.Homologation && t.Works(f.Now()) {
			out.Stopping++
		}
	}
	for env, n := range map[desk.Environment]*int64{desk.Homologation: &out.Dropping, desk.Production: &out.Waiting} {
		if *n, err = q.CountQueuedIn(ctx, db.CountQueuedInParams{ConnectionID: inst.ConnectionID, Environment: env}); err != nil {
			return out, err
		}
	}
	return out, nil
}

// lackCode is how a lack is said: of the proof, which kind of it there is.
func lackCode(lack string, proof desk.Proof) string {
	if lack == desk.LacksProof {
		return string(proof)
	}
	return "falta_" + lack
}

// ProductionForm is what the form of production's data asks for, by the version that runs.
type ProductionForm struct {
	ProductionState
	Method  desk.Method
	Actions []string // that can have an address of their own
	OAuth   bool     // a token's address is asked for
	Locked  *desk.Error
}

// ProductionForm answers the form, for consultants.
func (f *Flow) ProductionForm(ctx context.Context, a desk.Actor) (ProductionForm, error) {
	var out ProductionForm
	state, err := f.Production(ctx, a)
	if err != nil {
		return out, err
	}
	inst, err := f.configured(ctx, a)
	if err != nil {
		return out, err
	}
	q := f.Store.Read()
	cfg, err := f.config(ctx, q, inst.ConfigVersionID)
	if err != nil {
		return out, err
	}
	proof, _, err := f.proof(ctx, q, inst)
	if err != nil {
		return out, err
	}
	return ProductionForm{ProductionState: state, Method: cfg.Method, Actions: cfg.Actions(), OAuth: cfg.Integration.Auth.Kind == mapping.AuthOAuth,
		Locked: phaseOf(inst).MayEnterProduction(proof)}, nil
}
