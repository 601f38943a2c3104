package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Endpoint is where an environment of a connection is and how we prove who we are there. It lies outside the
// signed configuration version.
type Endpoint struct {
	BaseURL      string // may be empty where every action has an address of its own
	AllowPrivate bool   // loopback and private addresses may be called
	// URLs are complete addresses in place of BaseURL and a call's path, by action: see mapping.Place.
	URLs map[string]string
	// TokenURL is where OAuth 2 client credentials become a token.
	TokenURL string
	// Secrets are named by the configuration's authentication: see mapping.Auth.SecretNames and OptionalNames.
	Secrets map[string]string
}

// Place is the part of an endpoint that is no secret.
func (e Endpoint) Place() mapping.Place {
	return mapping.Place{URL: e.BaseURL, AllowPrivate: e.AllowPrivate, TokenURL: e.TokenURL, URLs: e.URLs}
}

// addressesOf reads an environment's row.
func addressesOf(row db.Endpoint) (mapping.Place, error) {
	p := mapping.Place{URL: row.BaseUrl, AllowPrivate: row.AllowPrivate, TokenURL: row.TokenUrl}
	if row.Urls == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(row.Urls), &p.URLs); err != nil {
		return p, fmt.Errorf("addresses of %s: %w", row.Environment, err)
	}
	return p, nil
}

// put writes a place into a row. Addresses that are empty are none.
func put(row *db.Endpoint, p mapping.Place) error {
	row.BaseUrl, row.AllowPrivate, row.TokenUrl, row.Urls = p.URL, p.AllowPrivate, p.TokenURL, ""
	urls := maps.Clone(p.URLs)
	maps.DeleteFunc(urls, func(_, address string) bool { return address == "" })
	if len(urls) == 0 {
		return nil
	}
	text, err := json.Marshal(urls)
	row.Urls = string(text)
	return err
}

// SetPlace says where an environment is. An address of another server forgets the credentials: they were entrusted to
// the former ones.
func (f *Flow) SetPlace(ctx context.Context, a desk.Actor, env desk.Environment, p mapping.Place) error {
	if err := enteredHere(env); err != nil {
		return err
	}
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		if bad := w.cfg.CheckPlace("", p); len(bad) > 0 {
			e := desk.Fail(desk.ErrParameter)
			e.Fields = bad
			for i := range e.Fields {
				e.Fields[i].Field = e.Fields[i].Field[1:] // "url", not ".url"
			}
			return e
		}
		return w.place(a, env, p)
	})
}

func (w *work) place(a desk.Actor, env desk.Environment, p mapping.Place) error {
	row, err := w.endpoint(env)
	if err != nil {
		return err
	}
	forgets, err := forgets(row, p)
	if err != nil {
		return err
	}
	if forgets {
		row.Credentials, row.CredentialsAt, row.CredentialsBy = nil, store.Null(0), ""
	}
	if err := put(&row, p); err != nil {
		return err
	}
	row.UpdatedAt, row.UpdatedBy = w.now.UnixMilli(), a.Name
	if err := w.UpsertEndpoint(w.ctx, db.UpsertEndpointParams(row)); err != nil {
		return err
	}
	w.AfterCommit(w.flow.Wake)
	if err := w.askPausedNow(env); err != nil {
		return err
	}
	detail := map[string]any{"url": p.URL, "rede_privada": p.AllowPrivate, "credenciais_esquecidas": forgets}
	if p.TokenURL != "" {
		detail["url_do_token"] = p.TokenURL
	}
	if len(p.URLs) > 0 {
		detail["enderecos"] = p.URLs
	}
	return w.audit(a, "conexao.endereco", "ambiente:"+string(env), detail)
}

// endpoint is an environment's row, or a new one.
func (w *work) endpoint(env desk.Environment) (db.Endpoint, error) {
	row, err := w.Queries.Endpoint(w.ctx, db.EndpointParams{ConnectionID: w.inst.ConnectionID, Environment: env})
	if store.NoRows(err) {
		row, err = db.Endpoint{ConnectionID: w.inst.ConnectionID, Environment: env}, nil
	}
	return row, err
}

// forgets says whether an environment's credentials must not be shown to one of the servers of a place: they were
// entrusted to those of the former place. Those that were set before there was any are meant for the first.
func forgets(row db.Endpoint, p mapping.Place) (bool, error) {
	old, err := addressesOf(row)
	if err != nil {
		return false, err
	}
	trusted := old.Origins()
	if len(row.Credentials) == 0 || len(trusted) == 0 {
		return false, nil
	}
	return slices.ContainsFunc(p.Origins(), func(origin string) bool { return !slices.Contains(trusted, origin) }), nil
}

// fitsPlaces refuses a configuration that can't be called where the environments are: a path with a hole in it, where an
// action has a complete address.
func (w *work) fitsPlaces(c *mapping.Config) error {
	e := desk.Fail(desk.ErrConfig)
	for _, env := range []desk.Environment{desk.Homologation, desk.Production} {
		row, err := w.endpoint(env)
		if err != nil {
			return err
		}
		p, err := addressesOf(row)
		if err != nil {
			return err
		}
		for _, f := range c.CheckPlace("ambientes."+string(env), p) {
			if f.Code == mapping.HoleInAddress {
				e.Fields = append(e.Fields, f)
			}
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// SetEndpoint says where an environment is. Secrets are write-only: they are sealed and never answered.
func (f *Flow) SetEndpoint(ctx context.Context, a desk.Actor, env desk.Environment, e Endpoint) error {
	if err := enteredHere(env); err != nil {
		return err
	}
	plain, err := json.Marshal(e.Secrets)
	if err != nil {
		return err
	}
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		if err := checkCertificates(e.Secrets, w.now); err != nil {
			return err
		}
		row := db.Endpoint{ConnectionID: w.inst.ConnectionID, Environment: env, UpdatedAt: w.now.UnixMilli(), UpdatedBy: a.Name,
			CredentialsAt: store.Null(w.now.UnixMilli()), CredentialsBy: a.Name,
			Credentials: w.flow.Keys.Seal(endpointPlace(w.inst.ConnectionID, env), plain)}
		if err := put(&row, e.Place()); err != nil {
			return err
		}
		if err := w.UpsertEndpoint(w.ctx, db.UpsertEndpointParams(row)); err != nil {
			return err
		}
		w.AfterCommit(w.flow.Wake) // what waited for an address goes out now, not at the next poll
		if err := w.askPausedNow(env); err != nil {
			return err
		}
		return w.audit(a, "conexao.definir", "ambiente:"+string(env), nil)
	})
}

func endpointPlace(connection int64, env desk.Environment) string {
	return fmt.Sprintf("endpoint.credentials:%d/%s", connection, env)
}

// ErrNoEndpoint is answered where an environment has no address yet.
var ErrNoEndpoint = errors.New("flow: the environment has no URL")

// Endpoint answers an environment with its secrets, for whoever calls it.
func (f *Flow) Endpoint(ctx context.Context, connection int64, env desk.Environment) (Endpoint, error) {
	row, err := f.Store.Read().Endpoint(ctx, db.EndpointParams{ConnectionID: connection, Environment: env})
	if store.NoRows(err) || err == nil && row.BaseUrl == "" && row.Urls == "" {
		return Endpoint{}, ErrNoEndpoint
	}
	if err != nil {
		return Endpoint{}, err
	}
	plain, err := f.Keys.Open(endpointPlace(connection, env), row.Credentials)
	if err != nil {
		return Endpoint{}, fmt.Errorf("credentials of %s: %w", env, err)
	}
	p, err := addressesOf(row)
	if err != nil {
		return Endpoint{}, err
	}
	e := Endpoint{BaseURL: p.URL, AllowPrivate: p.AllowPrivate, URLs: p.URLs, TokenURL: p.TokenURL}
	if plain != nil {
		err = json.Unmarshal(plain, &e.Secrets)
	}
	return e, err
}

// Calling is what it takes to call an environment beside its deliveries: where it is, and the rules of the version that
// runs.
type Calling struct {
	Connection  int64
	Environment desk.Environment
	Endpoint    Endpoint // zero where the environment has no address yet
	Rules       *mapping.Compiled
}

// Calling answers what runs now. It holds credentials: it is for whoever puts a call on the wire, never for a page.
func (f *Flow) Calling(ctx context.Context, env desk.Environment) (Calling, error) {
	if !env.Valid() {
		return Calling{}, desk.BadField("ambiente", "ambiente_desconhecido")
	}
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return Calling{}, err
	}
	cfg, err := f.config(ctx, q, inst.ConfigVersionID)
	if err != nil {
		return Calling{}, err
	}
	e, err := f.Endpoint(ctx, inst.ConnectionID, env)
	if errors.Is(err, ErrNoEndpoint) {
		err = nil
	}
	return Calling{inst.ConnectionID, env, e, cfg.rules}, err
}

// Limits are how often and how many at once the field's tool may be called, by the version that runs. Without an
// installation there are none.
func (f *Flow) Limits(ctx context.Context) (mapping.Limits, error) {
	cfg, err := f.current(ctx)
	if store.NoRows(err) {
		return mapping.Limits{}, nil
	}
	if err != nil {
		return mapping.Limits{}, err
	}
	return cfg.Integration.Policy.Limits, nil
}

// MayProbe refuses whoever may not see how the connection is configured.
func MayProbe(a desk.Actor) error {
	if !a.Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	return nil
}

// Probed notes that somebody had an environment asked, and what came of it: well says that it can be called.
func (f *Flow) Probed(ctx context.Context, a desk.Actor, env desk.Environment, result string, well bool) error {
	return f.write(ctx, func(w *work) error {
		if well {
			if err := w.askPausedNow(env); err != nil {
				return err
			}
		}
		return w.audit(a, "conexao.testar", "ambiente:"+string(env), map[string]any{"resultado": result})
	})
}
