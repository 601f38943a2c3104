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
	Code       string // how far it came: see the package probe
	HTTPStatus int    // 0: there was no answer
	Duration   time.Duration
	Reason     desk.Reason // why it is not OK; may be empty
}

// Probe asks an environment, by an address and credentials that are not kept yet, something that changes nothing.
type Probe func(ctx context.Context, env desk.Environment, candidate Endpoint) (Probed, error)

// ProductionInput is what the go-live form enters.
type ProductionInput struct {
	Place mapping.Place
	// Secrets are set by the names that the authentication asks for; those that are not named stay, unless the address
	// becomes another server's.
	Secrets map[string]string
	// Forget names optional credentials that are to be taken away.
	Forget []string
}

// ProductionState is what may be told of production's data.
type ProductionState struct {
	EndpointState
	Probe *ProbeState // nil: none was kept
}

// Place is where production is.
func (p ProductionState) Place() mapping.Place {
	return mapping.Place{URL: p.BaseURL, AllowPrivate: p.AllowPrivate, TokenURL: p.TokenURL, URLs: p.URLs}
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
		return w.audit(a, "conexao.sondagem", "ambiente:"+string(desk.Production), map[string]any{"resultado": p.Code, "http": p.HTTPStatus})
	})
	if err != nil {
		return err
	}
	e := desk.Fail(desk.ErrProbe)
	e.Args = map[string]any{}
	maps.Copy(e.Args, p.Reason.Args)
	e.Args["motivo"] = p.Code
	if p.Reason.Code != "" {
		e.Args["razao"] = p.Reason.Code
	}
	return e
}

// candidate puts together what is to be probed, and answers the version by which it is.
func (f *Flow) candidate(ctx context.Context, a desk.Actor, in ProductionInput) (Endpoint, int64, error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return Endpoint{}, 0, err
	}
	if err := f.mayEnterProduction(ctx, q, inst, a); err != nil {
		return Endpoint{}, 0, err
	}
	cfg, err := f.config(ctx, q, inst.ConfigVersionID)
	if err != nil {
		return Endpoint{}, 0, err
	}
	row, err := q.Endpoint(ctx, db.EndpointParams{ConnectionID: inst.ConnectionID, Environment: desk.Production})
	if err != nil && !store.NoRows(err) {
		return Endpoint{}, 0, err
	}
	secrets, err := f.keptSecrets(row, in.Place)
	if err != nil {
		return Endpoint{}, 0, err
	}
	if err := fill(cfg.Config, in, secrets, f.Now()); err != nil {
		return Endpoint{}, 0, err
	}
	e := Endpoint{BaseURL: in.Place.URL, AllowPrivate: in.Place.AllowPrivate, URLs: in.Place.URLs, TokenURL: in.Place.TokenURL, Secrets: secrets}
	return e, inst.ConfigVersionID, nil
}

// keptSecrets are the credentials that stay when an environment is at a place.
func (f *Flow) keptSecrets(row db.Endpoint, p mapping.Place) (map[string]string, error) {
	lost, err := forgets(row, p)
	if err != nil || lost {
		return map[string]string{}, err
	}
	return f.secrets(row)
}

// fill puts what was entered into the credentials, and says everything that is wrong or missing, of the place too.
func fill(cfg *mapping.Config, in ProductionInput, secrets map[string]string, now time.Time) error {
	wrong := desk.Fail(desk.ErrParameter)
	for _, bad := range cfg.CheckPlace("", in.Place) {
		bad.Field = bad.Field[1:] // "url", not ".url"
		wrong.Fields = append(wrong.Fields, bad)
	}
	for _, lack := range lacks(cfg, in.Place) {
		field := "enderecos." + lack
		if lack == lackTokenURL {
			field = lack
		} else if len(in.Place.URLs) == 0 {
			field = "url" // none was written: the one address for all is what is asked for
		}
		if !slices.ContainsFunc(wrong.Fields, func(e desk.FieldError) bool { return e.Field == field }) {
			wrong.Fields = append(wrong.Fields, desk.FieldError{Field: field, Code: "obrigatorio"})
		}
	}
	auth := cfg.Integration.Auth
	known := append(auth.SecretNames(), auth.OptionalNames()...)
	maps.DeleteFunc(secrets, func(name, _ string) bool { return !slices.Contains(known, name) || slices.Contains(in.Forget, name) })
	for _, name := range known {
		if v := in.Secrets[name]; v != "" {
			secrets[name] = v
		}
	}
	for _, name := range auth.SecretNames() {
		if secrets[name] == "" {
			wrong.Fields = append(wrong.Fields, desk.FieldError{Field: "credencial." + name, Code: "obrigatorio"})
		}
	}
	if len(wrong.Fields) > 0 {
		return wrong
	}
	return checkCertificates(secrets, now)
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
	if err := put(&row, e.Place()); err != nil {
		return err
	}
	now := w.now.UnixMilli()
	row.UpdatedAt, row.UpdatedBy = now, a.Name
	plain, err := json.Marshal(e.Secrets)
	if err != nil {
		return err
	}
	row.Credentials = w.flow.Keys.Seal(endpointPlace(row.ConnectionID, desk.Production), plain)
	if len(in.Secrets)+len(in.Forget) > 0 {
		row.CredentialsAt, row.CredentialsBy = store.Null(now), a.Name
	}
	if err := w.UpsertEndpoint(w.ctx, db.UpsertEndpointParams(row)); err != nil {
		return err
	}
	if err := w.UpsertProbe(w.ctx, db.UpsertProbeParams{ConnectionID: row.ConnectionID, Environment: desk.Production, At: now, ByName: a.Name,
		ConfigVersionID: w.inst.ConfigVersionID, HttpStatus: int64(p.HTTPStatus), DurationMs: p.Duration.Milliseconds()}); err != nil {
		return err
	}
	w.AfterCommit(func() {
		w.flow.Changed(TopicEnvironment)
		w.flow.Wake()
	})
	if err := w.askPausedNow(desk.Production); err != nil {
		return err
	}
	return w.audit(a, "conexao.producao", "ambiente:"+string(desk.Production), map[string]any{"url": e.BaseURL, "enderecos": e.URLs,
		"url_do_token": e.TokenURL, "rede_privada": e.AllowPrivate, "credenciais": slices.Sorted(maps.Keys(in.Secrets)), "http": p.HTTPStatus})
}
