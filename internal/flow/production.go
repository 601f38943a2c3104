package flow

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Probed is what came of one read-only call.
type Probed struct {
	OK         bool
	HTTPStatus int // 0: there was no answer
	Duration   time.Duration
	Reason     desk.Reason // why it is not OK
}

// Probe asks an environment, by an address and credentials that are not kept yet, something that changes nothing.
type Probe func(ctx context.Context, env desk.Environment, candidate Endpoint) (Probed, error)

// ProductionInput is what the go-live form enters.
type ProductionInput struct {
	Place mapping.Place
	// Secrets are set by the names that the authentication asks for; those that are not named stay, unless the address
	// becomes another server's.
	Secrets map[string]string
}

// ProductionState is what may be told of production's data.
type ProductionState struct {
	EndpointState
	Probe *ProbeState // nil: none was kept
}

// ProbeState is the probe that let the data in.
type ProbeState struct {
	At         time.Time
	By         string
	HTTPStatus int
	Duration   time.Duration
	Version    int64
}

// Production answers what is kept of production's address, credentials and probe.
func (f *Flow) Production(ctx context.Context, a desk.Actor) (ProductionState, error) {
	state, err := f.EndpointState(ctx, a, desk.Production)
	out := ProductionState{EndpointState: state}
	if err != nil {
		return out, err
	}
	inst, err := f.configured(ctx, a)
	if err != nil {
		return out, err
	}
	p, err := f.Store.Read().Probe(ctx, db.ProbeParams{ConnectionID: inst.ConnectionID, Environment: desk.Production})
	if store.NoRows(err) {
		return out, nil
	}
	out.Probe = &ProbeState{fromMillis(p.At), p.ByName, int(p.HttpStatus), time.Duration(p.DurationMs) * time.Millisecond, p.Number}
	return out, err
}

// SetProduction keeps production's address and credentials, if production answers one call that only reads. Before the
// go-live it is refused until a signed report of the version that runs unlocks it (producao_trancada). Where the probe
// fails nothing is kept (sondagem_falhou).
func (f *Flow) SetProduction(ctx context.Context, a desk.Actor, in ProductionInput) (Probed, error) {
	candidate, version, err := f.candidate(ctx, a, in)
	if err != nil {
		return Probed{}, err
	}
	if f.Probe == nil {
		return Probed{}, desk.Fail(desk.ErrUnavailable)
	}
	p, err := f.Probe(ctx, desk.Production, candidate)
	if err != nil {
		return p, err
	}
	if !p.OK {
		return p, f.probeFailed(ctx, a, p)
	}
	return p, f.write(ctx, func(w *work) error {
		if err := w.lockInstallation(); err != nil {
			return err
		}
		if w.inst.ConfigVersionID != version { // what was probed is not what runs now
			return desk.Fail(desk.ErrConfigChanged)
		}
		if err := w.mayEnterProduction(a); err != nil {
			return err
		}
		return w.keepProduction(a, in, candidate, p)
	})
}

// probeFailed keeps that somebody tried, and nothing of what they tried it with.
func (f *Flow) probeFailed(ctx context.Context, a desk.Actor, p Probed) error {
	err := f.write(ctx, func(w *work) error {
		return w.audit(a, "conexao.sondagem", "ambiente:"+string(desk.Production), map[string]any{"resultado": "falhou", "http": p.HTTPStatus, "motivo": p.Reason.Code})
	})
	if err != nil {
		return err
	}
	e := desk.Fail(desk.ErrProbe)
	e.Args = map[string]any{"causa": p.Reason.Code}
	maps.Copy(e.Args, p.Reason.Args)
	return e
}

// candidate puts together what is to be probed, and answers the version by which it is.
func (f *Flow) candidate(ctx context.Context, a desk.Actor, in ProductionInput) (Endpoint, int64, error) {
	var e Endpoint
	if bad := mapping.CheckURL("url", in.Place.URL); len(bad) > 0 {
		wrong := desk.Fail(desk.ErrParameter)
		wrong.Fields = bad
		return e, 0, wrong
	}
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return e, 0, err
	}
	if err := f.mayEnterProduction(ctx, q, inst, a); err != nil {
		return e, 0, err
	}
	cfg, err := f.config(ctx, q, inst.ConfigVersionID)
	if err != nil {
		return e, 0, err
	}
	row, err := q.Endpoint(ctx, db.EndpointParams{ConnectionID: inst.ConnectionID, Environment: desk.Production})
	if err != nil && !store.NoRows(err) {
		return e, 0, err
	}
	e = Endpoint{BaseURL: in.Place.URL, AllowPrivate: in.Place.AllowPrivate, Secrets: map[string]string{}}
	if !forgets(row, in.Place.URL) {
		if e.Secrets, err = f.secrets(row); err != nil {
			return e, 0, err
		}
	}
	wanted := cfg.Integration.Auth.SecretNames()
	maps.DeleteFunc(e.Secrets, func(name, _ string) bool { return !slices.Contains(wanted, name) })
	missing := desk.Fail(desk.ErrParameter)
	for _, name := range wanted {
		if v := in.Secrets[name]; v != "" {
			e.Secrets[name] = v
		}
		if e.Secrets[name] == "" {
			missing.Fields = append(missing.Fields, desk.FieldError{Field: "credencial." + name, Code: "obrigatorio"})
		}
	}
	if len(missing.Fields) > 0 {
		return e, 0, missing
	}
	return e, inst.ConfigVersionID, nil
}

func (f *Flow) mayEnterProduction(ctx context.Context, q *db.Queries, inst db.Installation, a desk.Actor) error {
	if !a.Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	proof, _, err := f.proof(ctx, q, inst)
	if err != nil {
		return err
	}
	if locked := phaseOf(inst).MayEnterProduction(proof); locked != nil {
		return locked
	}
	return nil
}

func (w *work) mayEnterProduction(a desk.Actor) error {
	return w.flow.mayEnterProduction(w.ctx, w.Queries, w.inst, a)
}

func (w *work) keepProduction(a desk.Actor, in ProductionInput, e Endpoint, p Probed) error {
	row, err := w.endpoint(desk.Production)
	if err != nil {
		return err
	}
	now := w.now.UnixMilli()
	row.BaseUrl, row.AllowPrivate, row.UpdatedAt, row.UpdatedBy = e.BaseURL, e.AllowPrivate, now, a.Name
	plain, err := json.Marshal(e.Secrets)
	if err != nil {
		return err
	}
	row.Credentials = w.flow.Keys.Seal(endpointPlace(row.ConnectionID, desk.Production), plain)
	if len(in.Secrets) > 0 {
		row.CredentialsAt, row.CredentialsBy = store.Null(now), a.Name
	}
	if err := w.UpsertEndpoint(w.ctx, db.UpsertEndpointParams(row)); err != nil {
		return err
	}
	if err := w.UpsertProbe(w.ctx, db.UpsertProbeParams{ConnectionID: row.ConnectionID, Environment: desk.Production, At: now, ByName: a.Name,
		ConfigVersionID: w.inst.ConfigVersionID, HttpStatus: int64(p.HTTPStatus), DurationMs: p.Duration.Milliseconds()}); err != nil {
		return err
	}
	w.AfterCommit(w.flow.Wake)
	return w.audit(a, "conexao.producao", "ambiente:"+string(desk.Production), map[string]any{"url": e.BaseURL, "rede_privada": e.AllowPrivate,
		"credenciais": slices.Sorted(maps.Keys(in.Secrets)), "http": p.HTTPStatus})
}
