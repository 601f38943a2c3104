// Package flowtest gives tests a small installation: one development, a few units, method C.
package flowtest

import (
	"testing"
	"time"

	"ponte/internal/blob"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
	"ponte/internal/seal"
	"ponte/internal/store"
)

// Secret is long enough to be a key, and no secret.
const Secret = "a secret of the tests only"

// Documents of made-up people, valid by their check digits.
const (
	Marina  = "529.982.247-25" // contract of AUR-A-101
	Otavio  = "111.444.777-35" // contract of AUR-B-101
	Tenant  = "153.509.460-56" // tenant of AUR-A-101
	Nobody  = "390.533.447-05" // not in the registry
	Company = "11.222.333/0001-81"
)

// Admin may do anything.
func Admin() desk.Actor {
	return desk.Actor{Kind: "comando", Name: "teste", Origin: desk.House, Roles: []desk.Role{desk.Admin}}
}

// Attendant is a person at the desk.
func Attendant() desk.Actor {
	return desk.Actor{Kind: "usuario", ID: "1", Name: "Ana Souza", Origin: desk.House, Roles: []desk.Role{desk.Attendant}}
}

// Installation is a flow over a fresh database, with its tokens' actors.
type Installation struct {
	*flow.Flow
	Field, House     desk.Actor
	FieldID, HouseID int64
	Store            *store.Store
}

// Config is method C, the current preset, and a patience for tests.
func Config(t testing.TB) *mapping.Config {
	t.Helper()
	c, err := mapping.Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	p := &c.Integration.Policy
	p.Timeout, p.FirstRetry, p.MaxRetry, p.Settling = mapping.Duration(2*time.Second), mapping.Duration(200*time.Millisecond), mapping.Duration(5*time.Second), mapping.Duration(time.Second)
	return c
}

// Own is a copy of the configuration that runs, to be changed: what runs is shared, and nobody changes it.
func Own(t testing.TB, f *flow.Flow) *mapping.Config {
	t.Helper()
	c, err := f.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	own, err := mapping.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// compiler is every installation's: most have the same configuration.
var compiler flow.Compiler

// New sets an installation up over s, which has its schema.
func New(t testing.TB, s *store.Store, d flow.Deps) *Installation {
	t.Helper()
	keys, err := seal.New(Secret)
	if err != nil {
		t.Fatal(err)
	}
	d.Store, d.Keys = s, keys
	if d.Compiler == nil {
		d.Compiler = &compiler
	}
	if d.Blobs == nil {
		d.Blobs = blobs(t)
	}
	in := &Installation{Flow: flow.New(d), Store: s}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(in.SetUp(ctx, Admin(), Config(t)))
	must(in.PutRegistry(ctx, Admin(), Registry()))
	must(in.SetEndpoint(ctx, Admin(), desk.Homologation, flow.Endpoint{BaseURL: "http://127.0.0.1:1", AllowPrivate: true,
		Secrets: map[string]string{"token": "sandbox-token"}}))
	in.FieldID, in.Field = in.token(t, "mobuss", desk.Field)
	in.HouseID, in.House = in.token(t, "casa", desk.House)
	return in
}

// blobs is a store in a folder that is gone after the test.
func blobs(t testing.TB) *blob.Store {
	t.Helper()
	url, err := blob.URL(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := blob.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() }) // a folder has nothing to let go of
	return b
}

func (in *Installation) token(t testing.TB, name string, origin desk.Origin) (int64, desk.Actor) {
	t.Helper()
	return in.tokenOf(t, name, origin, desk.Homologation)
}

func (in *Installation) tokenOf(t testing.TB, name string, origin desk.Origin, env desk.Environment) (int64, desk.Actor) {
	t.Helper()
	id, err := in.AddToken(t.Context(), Admin(), flow.Token{Name: name, Integration: name, Hash: "hash of " + name, Origin: origin, Environment: env})
	if err != nil {
		t.Fatal(err)
	}
	_, actor, err := in.Authenticate(t.Context(), "hash of "+name)
	if err != nil {
		t.Fatal(err)
	}
	return id, actor
}

// Call makes a received call of an actor's token.
func (in *Installation) Call(operation, externalID, body string, a desk.Actor) flow.Call {
	id := in.HouseID
	if a.Origin == desk.Field {
		id = in.FieldID
	}
	return flow.Call{ID: flow.NewID(), Operation: operation, Door: "rest", Actor: a, TokenID: id, ExternalID: externalID, Raw: []byte(body), Hash: body}
}

// Open opens an occurrence for unit A-101 by the house and answers its number.
func (in *Installation) Open(t testing.TB) int64 {
	t.Helper()
	r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "", "", in.House), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "Vazamento no teto"})
	if err != nil {
		t.Fatal(err)
	}
	return r.Number
}

// Registry is one development with two blocks, so that unit 101 alone is ambiguous, and a common area.
func Registry() flow.Registry {
	marina := flow.RegistryCustomer{Name: "Marina Figueiredo Prado", Document: Marina, Phone: "(11) 98765-4321", Email: "marina@exemplo.com.br"}
	otavio := flow.RegistryCustomer{Name: "Otávio Sá", Document: Otavio}
	unit := func(block, number string, c flow.RegistryCustomer) flow.RegistryUnit {
		code := "AUR-" + block + "-" + number
		return flow.RegistryUnit{Number: number, MobussIDHomologation: "MOB-" + code, MobussIDProduction: "PROD-" + code,
			Contracts: []flow.RegistryContract{{Code: code, Customer: c}}}
	}
	a101 := unit("A", "101", marina)
	a101.Parties = []flow.RegistryParty{{Kind: desk.Tenant, Customer: flow.RegistryCustomer{Name: "Tomás Teles", Document: Tenant}}}
	common := flow.RegistryUnit{Number: "AC", CommonArea: true, MobussIDHomologation: "MOB-AUR-A-AC", Parties: []flow.RegistryParty{
		{Kind: desk.Condominium, Customer: flow.RegistryCustomer{Name: "Condomínio Aurora", Document: Company}}, {Kind: desk.Syndic, Customer: marina}}}
	unmapped := unit("A", "999", marina)
	unmapped.MobussIDHomologation, unmapped.MobussIDProduction = "", ""
	return flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "AUR", Name: "Residencial Aurora", Blocks: []flow.RegistryBlock{
		{Code: "A", Name: "Bloco A", Units: []flow.RegistryUnit{a101, unit("A", "102", marina), unmapped, common}},
		{Code: "B", Name: "Bloco B", Units: []flow.RegistryUnit{unit("B", "101", otavio), unit("B", "203", otavio)}}}}}}
}
