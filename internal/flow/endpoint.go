package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// EndpointState is what may be told of an environment's address and credentials: never the credentials themselves.
type EndpointState struct {
	Environment  desk.Environment
	BaseURL      string
	AllowPrivate bool
	At           time.Time // of the address
	By           string
	Secrets      []SecretState
	SecretsAt    time.Time // zero: never set
	SecretsBy    string
}

// SecretState says whether a credential that the authentication asks for is there.
type SecretState struct {
	Name string
	Set  bool
}

// Complete says whether calls can be made.
func (e EndpointState) Complete() bool {
	return e.BaseURL != "" && !slices.ContainsFunc(e.Secrets, func(s SecretState) bool { return !s.Set })
}

// EndpointState answers where an environment is and which credentials it has.
func (f *Flow) EndpointState(ctx context.Context, a desk.Actor, env desk.Environment) (EndpointState, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return EndpointState{}, err
	}
	if !env.Valid() {
		return EndpointState{}, desk.BadField("ambiente", "ambiente_desconhecido")
	}
	q := f.Store.Read()
	cfg, err := f.config(ctx, q, inst.ConfigVersionID)
	if err != nil {
		return EndpointState{}, err
	}
	return f.endpointState(ctx, q, inst, cfg, env)
}

func (f *Flow) endpointState(ctx context.Context, q *db.Queries, inst db.Installation, cfg *config, env desk.Environment) (EndpointState, error) {
	row, err := q.Endpoint(ctx, db.EndpointParams{ConnectionID: inst.ConnectionID, Environment: env})
	if err != nil && !store.NoRows(err) {
		return EndpointState{}, err
	}
	secrets, err := f.secrets(row)
	if err != nil {
		return EndpointState{}, err
	}
	out := EndpointState{Environment: env, BaseURL: row.BaseUrl, AllowPrivate: row.AllowPrivate, By: row.UpdatedBy, SecretsBy: row.CredentialsBy}
	if row.UpdatedAt != 0 {
		out.At = fromMillis(row.UpdatedAt)
	}
	if row.CredentialsAt.Valid {
		out.SecretsAt = fromMillis(row.CredentialsAt.Int64)
	}
	for _, name := range cfg.Integration.Auth.SecretNames() {
		out.Secrets = append(out.Secrets, SecretState{name, secrets[name] != ""})
	}
	return out, nil
}

// secrets opens an environment's credentials.
func (f *Flow) secrets(row db.Endpoint) (map[string]string, error) {
	out := map[string]string{}
	if len(row.Credentials) == 0 {
		return out, nil
	}
	plain, err := f.Keys.Open(endpointPlace(row.ConnectionID, row.Environment), row.Credentials)
	if err != nil || plain == nil {
		return out, err
	}
	err = json.Unmarshal(plain, &out)
	if out == nil { // an endpoint that was set without any holds null
		out = map[string]string{}
	}
	return out, err
}

// SetPlace says where an environment is. An address of another server forgets the credentials: they were entrusted to
// the former one.
func (f *Flow) SetPlace(ctx context.Context, a desk.Actor, env desk.Environment, p mapping.Place) error {
	if err := enteredHere(env); err != nil {
		return err
	}
	if bad := mapping.CheckURL("url", p.URL); p.URL != "" && len(bad) > 0 {
		e := desk.Fail(desk.ErrParameter)
		e.Fields = bad
		return e
	}
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		return w.place(a, env, p)
	})
}

func (w *work) place(a desk.Actor, env desk.Environment, p mapping.Place) error {
	row, err := w.endpoint(env)
	if err != nil {
		return err
	}
	forgets := forgets(row, p.URL)
	if forgets {
		row.Credentials, row.CredentialsAt, row.CredentialsBy = nil, store.Null(0), ""
	}
	row.BaseUrl, row.AllowPrivate, row.UpdatedAt, row.UpdatedBy = p.URL, p.AllowPrivate, w.now.UnixMilli(), a.Name
	if err := w.UpsertEndpoint(w.ctx, db.UpsertEndpointParams(row)); err != nil {
		return err
	}
	w.AfterCommit(w.flow.Wake)
	return w.audit(a, "conexao.endereco", "ambiente:"+string(env), map[string]any{"url": p.URL, "rede_privada": p.AllowPrivate,
		"credenciais_esquecidas": forgets})
}

// endpoint is an environment's row, or a new one.
func (w *work) endpoint(env desk.Environment) (db.Endpoint, error) {
	row, err := w.Queries.Endpoint(w.ctx, db.EndpointParams{ConnectionID: w.inst.ConnectionID, Environment: env})
	if store.NoRows(err) {
		row, err = db.Endpoint{ConnectionID: w.inst.ConnectionID, Environment: env}, nil
	}
	return row, err
}

// SetSecrets sets credentials by the names that the authentication asks for; an empty one is taken away, and those that
// are not named stay. They are sealed and never answered.
func (f *Flow) SetSecrets(ctx context.Context, a desk.Actor, env desk.Environment, secrets map[string]string) error {
	if err := enteredHere(env); err != nil {
		return err
	}
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		row, err := w.endpoint(env)
		if err != nil {
			return err
		}
		all, err := w.flow.secrets(row)
		if err != nil {
			return err
		}
		wanted := w.cfg.Integration.Auth.SecretNames()
		var named []string
		for name, value := range secrets {
			switch {
			case value == "":
				delete(all, name)
			case !slices.Contains(wanted, name):
				return desk.BadField("credencial", "credencial_desconhecida", "nomes", wanted)
			default:
				all[name] = value
			}
			named = append(named, name)
		}
		row.Credentials, row.CredentialsAt, row.CredentialsBy = nil, store.Null(0), ""
		if len(all) > 0 {
			plain, err := json.Marshal(all)
			if err != nil {
				return err
			}
			row.Credentials, row.CredentialsBy = w.flow.Keys.Seal(endpointPlace(row.ConnectionID, env), plain), a.Name
			row.CredentialsAt = store.Null(w.now.UnixMilli())
		}
		if err := w.UpsertEndpoint(w.ctx, db.UpsertEndpointParams(row)); err != nil {
			return err
		}
		slices.Sort(named)
		w.AfterCommit(w.flow.Wake)
		return w.audit(a, "conexao.credenciais", "ambiente:"+string(env), map[string]any{"nomes": named})
	})
}

// enteredHere refuses what is no environment, and production: its data is entered in the go-live form alone, which
// probes it (SetProduction).
func enteredHere(env desk.Environment) error {
	switch env {
	case desk.Homologation:
		return nil
	case desk.Production:
		return desk.Fail(desk.ErrLocked, "motivo", "so_pelo_formulario")
	}
	return desk.BadField("ambiente", "ambiente_desconhecido")
}

// forgets says whether an environment's credentials must not be shown to an address. Those that were set before there
// was any are meant for the first.
func forgets(row db.Endpoint, address string) bool {
	if len(row.Credentials) == 0 || row.BaseUrl == "" {
		return false
	}
	old, err := url.Parse(row.BaseUrl)
	now, bad := url.Parse(address)
	return err != nil || bad != nil || old.Scheme != now.Scheme || old.Host != now.Host
}

// holds says whether a text holds a credential. A very short one would be found anywhere.
func holds(doc []byte, secret string) bool {
	const least = 6
	return len(secret) >= least && bytes.Contains(doc, []byte(secret))
}
