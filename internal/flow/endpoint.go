package flow

import (
	"bytes"
	"context"
	"encoding/json"
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
	TokenURL     string            // of OAuth 2
	URLs         map[string]string // complete addresses by action: see mapping.Place
	At           time.Time         // of the address
	By           string
	// Lacks are the actions that have no address, and "url_do_token" where the authentication needs one.
	Lacks     []string
	Secrets   []SecretState
	SecretsAt time.Time // zero: never set
	SecretsBy string
	// Certificate is what the client certificate says of itself; nil where there is none.
	Certificate *CertificateFacts
	// Authority is the first certificate of the environment's own authority; nil where there is none.
	Authority *CertificateFacts
}

// SecretState says whether a credential that the authentication asks for is there.
type SecretState struct {
	Name     string
	Set      bool
	Optional bool // calls can be made without it
	PEM      bool // it has several lines
}

// Complete says whether calls can be made.
func (e EndpointState) Complete() bool {
	return len(e.Lacks) == 0 && !slices.ContainsFunc(e.Secrets, func(s SecretState) bool { return !s.Set && !s.Optional })
}

// lackTokenURL is how Lacks names the address of the token server.
const lackTokenURL = "url_do_token"

func lacks(c *mapping.Config, p mapping.Place) []string {
	out := c.Unaddressed(p)
	if c.Integration.Auth.Kind == mapping.AuthOAuth && p.TokenURL == "" {
		out = append(out, lackTokenURL)
	}
	return out
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
	place, err := addressesOf(row)
	if err != nil {
		return EndpointState{}, err
	}
	out := EndpointState{Environment: env, BaseURL: place.URL, AllowPrivate: place.AllowPrivate, TokenURL: place.TokenURL, URLs: place.URLs,
		By: row.UpdatedBy, SecretsBy: row.CredentialsBy, Lacks: lacks(cfg.Config, place),
		Certificate: certificateFacts(secrets[mapping.SecretCertificate]), Authority: certificateFacts(secrets[mapping.SecretAuthority])}
	if row.UpdatedAt != 0 {
		out.At = fromMillis(row.UpdatedAt)
	}
	if row.CredentialsAt.Valid {
		out.SecretsAt = fromMillis(row.CredentialsAt.Int64)
	}
	auth := cfg.Integration.Auth
	for _, name := range auth.SecretNames() {
		out.Secrets = append(out.Secrets, SecretState{Name: name, Set: secrets[name] != "", PEM: mapping.IsPEM(name)})
	}
	for _, name := range auth.OptionalNames() {
		out.Secrets = append(out.Secrets, SecretState{Name: name, Set: secrets[name] != "", Optional: true, PEM: mapping.IsPEM(name)})
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
		auth := w.cfg.Integration.Auth
		wanted := append(auth.SecretNames(), auth.OptionalNames()...)
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
		if err := checkCertificates(all, w.now); err != nil {
			return err
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
		if err := w.askPausedNow(env); err != nil {
			return err
		}
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

// holds says whether a text holds a credential. A very short one would be found anywhere.
func holds(doc []byte, secret string) bool {
	const least = 6
	return len(secret) >= least && bytes.Contains(doc, []byte(secret))
}

// Wants is how many credentials the authentication asks for.
func (e EndpointState) Wants() (n int) {
	for _, s := range e.Secrets {
		if !s.Optional {
			n++
		}
	}
	return n
}
