package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// TopicEnvironment is the name under which pages listen for a switch of the environments.
const TopicEnvironment = "ambiente"

// Switched is one switch between the environments.
type Switched struct {
	Act     desk.Switch
	At      time.Time
	By      string
	Note    string
	Version int64  // that ran then
	Report  string // the id of the conformance run that was its key; empty: of a switch back
}

// Standing is where the installation stands on its way into production.
type Standing struct {
	Phase desk.Phase
	Last  Switched // zero: there was none
	// Version is the number of the one that runs, Proof what is known of it, and Report the run that says so.
	Version int64
	Proof   desk.Proof
	Report  string
}

// Unproven says that production runs on a version that no signed report speaks of.
func (s Standing) Unproven() bool { return s.Phase == desk.Live && s.Proof != desk.Proven }

// Phase answers where the installation stands; empty before it is set up.
func (f *Flow) Phase(ctx context.Context) (desk.Phase, error) {
	inst, err := f.Store.Read().Installation(ctx)
	if store.NoRows(err) {
		return "", nil
	}
	return phaseOf(inst), err
}

// Standing answers where the installation stands, and what its version's proof is, to whoever is signed in.
func (f *Flow) Standing(ctx context.Context) (Standing, error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{Phase: phaseOf(inst)}
	if s.Last, err = lastSwitch(ctx, q, inst); err != nil {
		return s, err
	}
	running, err := q.ConfigVersionByID(ctx, inst.ConfigVersionID)
	if err != nil {
		return s, err
	}
	s.Version = running.Number
	s.Proof, s.Report, err = f.proof(ctx, q, inst)
	return s, err
}

func lastSwitch(ctx context.Context, q *db.Queries, inst db.Installation) (Switched, error) {
	r, err := q.LastSwitch(ctx, inst.ConnectionID)
	if store.NoRows(err) {
		return Switched{}, nil
	}
	return Switched{desk.Switch(r.Act), fromMillis(r.At), r.ByName, r.Note, r.Number, r.RunID.String}, err
}

// Switches lists them all, the latest first.
func (f *Flow) Switches(ctx context.Context, a desk.Actor) ([]Switched, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return nil, err
	}
	rows, err := f.Store.Read().Switches(ctx, inst.ConnectionID)
	out := make([]Switched, len(rows))
	for i, r := range rows {
		out[i] = Switched{desk.Switch(r.Act), fromMillis(r.At), r.ByName, r.Note, r.Number, r.RunID.String}
	}
	return out, err
}
