package app

import (
	"context"
	"fmt"
	"time"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// The demo's people and keys are public: it listens on loopback only.
const (
	DemoPassword     = "ponte-demo"
	DemoToken        = "demo-token"    // of Mobuss
	DemoDeskToken    = "desk-token"    // of the house
	DemoSandboxToken = "sandbox-token" // ours at the sandbox
)

var demoUsers = []struct {
	login, name string
	role        desk.Role
}{
	{"atendente@demo", "Ana Souza", desk.Attendant}, {"consultor@demo", "Caio Nunes", desk.Consultant},
	{"gestor@demo", "Gilda Rocha", desk.Manager}, {"admin@demo", "Alice Prado", desk.Admin},
}

// SeedDemo fills a new database with CONTRACT.md's demo, wired to a sandbox. One that is filled keeps what it
// has, and is pointed at the sandbox's address.
func (a *App) SeedDemo(ctx context.Context, sandboxURL string) error {
	actor := desk.Actor{Kind: "comando", Name: "ponte demo", Origin: desk.House, Roles: []desk.Role{desk.Admin}}
	err := a.Flow.SetEndpoint(ctx, actor, desk.Homologation, flow.Endpoint{BaseURL: sandboxURL, AllowPrivate: true,
		Secrets: map[string]string{"token": DemoSandboxToken}})
	if err != nil {
		return err
	}
	// Tokens come last, so that a seeding that was interrupted is done again.
	tokens, err := a.Flow.Tokens(ctx)
	if err != nil || len(tokens) > 0 {
		return err
	}
	c, err := DemoConfig()
	if err != nil {
		return err
	}
	if err := a.Flow.Configure(ctx, actor, c); err != nil {
		return fmt.Errorf("demo configuration: %w", err)
	}
	if err := a.Flow.PutRegistry(ctx, actor, DemoRegistry()); err != nil {
		return fmt.Errorf("demo registry: %w", err)
	}
	if err := a.Flow.StartClasses(ctx, actor); err != nil {
		return fmt.Errorf("demo items: %w", err)
	}
	if err := a.seedUsers(ctx, actor); err != nil {
		return err
	}
	for _, t := range []flow.Token{
		{Name: "Mobuss", Integration: "mobuss", Hash: auth.HashKey(DemoToken), Hint: auth.KeyHint(DemoToken), Origin: desk.Field, Environment: desk.Homologation},
		{Name: "Portal da casa", Integration: "casa", Hash: auth.HashKey(DemoDeskToken), Hint: auth.KeyHint(DemoDeskToken), Origin: desk.House, Environment: desk.Homologation},
	} {
		if _, err := a.Flow.AddToken(ctx, actor, t); err != nil {
			return fmt.Errorf("demo tokens: %w", err)
		}
	}
	return nil
}

func (a *App) seedUsers(ctx context.Context, actor desk.Actor) error {
	hash, err := auth.NewPasswords().Hash(ctx, DemoPassword)
	if err != nil {
		return err
	}
	for _, u := range demoUsers {
		if _, known, err := a.Flow.UserByLogin(ctx, u.login); err != nil {
			return err
		} else if known {
			continue
		}
		if _, err := a.Flow.AddUser(ctx, actor, flow.User{Login: u.login, Name: u.name, PasswordHash: hash, Roles: []desk.Role{u.role}}); err != nil {
			return fmt.Errorf("demo users: %w", err)
		}
	}
	return nil
}

// DemoConfig is method C with the current preset, and the demo's short patience.
func DemoConfig() (*mapping.Config, error) {
	c, err := mapping.Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		return nil, err
	}
	p := &c.Integration.Policy
	p.Timeout, p.FirstRetry = mapping.Duration(2*time.Second), mapping.Duration(200*time.Millisecond)
	p.MaxRetry, p.Settling = mapping.Duration(5*time.Second), mapping.Duration(time.Second)
	return c, nil
}

// DemoRegistry is Residencial Aurora and Parque das Águas, with made-up people.
func DemoRegistry() flow.Registry {
	people := demoPeople{}
	aurora := flow.RegistryDevelopment{Code: "AUR", Name: "Residencial Aurora", Zone: "America/Sao_Paulo"}
	for _, b := range []string{"A", "B"} {
		block := flow.RegistryBlock{Code: b, Name: "Bloco " + b}
		for floor := 1; floor <= 10; floor++ {
			for n := 1; n <= 4; n++ {
				block.Units = append(block.Units, demoUnit("AUR", b, fmt.Sprintf("%d%02d", floor, n), &people))
			}
		}
		common := demoUnit("AUR", b, "AC", &people)
		common.CommonArea, common.Contracts = true, nil
		common.Parties = []flow.RegistryParty{
			{Kind: desk.Condominium, Customer: flow.RegistryCustomer{Name: "Condomínio Residencial Aurora", Document: demoCNPJ,
				Email: "condominio.aurora@exemplo.com.br", Phone: "(11) 3555-0100"}},
			{Kind: desk.Syndic, Customer: block.Units[0].Contracts[0].Customer}}
		block.Units = append(block.Units, common)
		aurora.Blocks = append(aurora.Blocks, block)
	}
	park := flow.RegistryDevelopment{Code: "PDA", Name: "Parque das Águas", Zone: "America/Sao_Paulo"}
	block := flow.RegistryBlock{Code: "U", Name: "Bloco único"}
	for n := 1; n <= 60; n++ {
		block.Units = append(block.Units, demoUnit("PDA", "U", fmt.Sprint(n), &people))
	}
	park.Blocks = []flow.RegistryBlock{block}
	return flow.Registry{Developments: []flow.RegistryDevelopment{aurora, park}}
}

func demoUnit(development, block, number string, people *demoPeople) flow.RegistryUnit {
	code := development + "-" + block + "-" + number
	return flow.RegistryUnit{Number: number, MobussIDHomologation: "MOB-" + code,
		Contracts: []flow.RegistryContract{{Code: code, Customer: people.next()}}}
}

// demoCNPJ is valid by its check digits and belongs to the reserved look of examples.
const demoCNPJ = "11.222.333/0001-81"

// demoPeople makes customers up: every name is a mix, every CPF is counted up and valid by its check digits. The first
// is the customer of the parameter sheet's examples, so that those work as they stand.
type demoPeople struct{ n int }

var (
	demoFirst = []string{"Marina", "Rafael", "Beatriz", "João", "Camila", "Otávio", "Luíza", "Henrique", "Sônia", "Tomás", "Inês", "Caetano", "Débora"}
	demoLast  = []string{"Figueiredo", "Prado", "Antunes", "Vasconcelos", "Moreira", "Sá", "Guimarães", "Teles", "Brandão", "Nogueira", "Araújo"}
)

func (p *demoPeople) next() flow.RegistryCustomer {
	n := p.n
	p.n++
	first, last := demoFirst[n%len(demoFirst)], demoLast[n%len(demoLast)]
	middle := demoLast[(n+1+(n/3+3)%(len(demoLast)-1))%len(demoLast)] // never the last name again
	return flow.RegistryCustomer{Name: fmt.Sprintf("%s %s %s", first, middle, last),
		Document: demoCPF(529_982_247 + n*7919), Email: fmt.Sprintf("cliente%d@exemplo.com.br", n+1),
		Phone: fmt.Sprintf("(11) 9%04d-%04d", 5000+n*13%5000, 1000+n*37%9000)}
}

// demoCPF gives nine digits their two check digits.
func demoCPF(nine int) string {
	d := fmt.Sprintf("%09d", nine)
	for len(d) < 11 {
		sum := 0
		for i, c := range d {
			sum += int(c-'0') * (len(d) + 1 - i)
		}
		check := 11 - sum%11
		if check > 9 {
			check = 0
		}
		d += fmt.Sprint(check)
	}
	return d
}
