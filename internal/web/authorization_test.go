package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/importer"
	"ponte/internal/mapping"
	"ponte/internal/probe"
	"ponte/internal/web"
)

// world is a house with something of everything in the development AUR, and people of every role, some of them limited
// to AUR and some to PDA.
type world struct {
	*house
	number, closed, unit, customer, file, spareUser, spareToken, development, block int64
	delivery, call, loose, finding, unknown, run, many, moves                       string
	people                                                                          []person
}

// person is somebody who asks.
type person struct {
	name  string
	roles string // by first letter; empty: nobody has signed in
	where string // the development that they are limited to; empty: none
	b     *browser
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{house: newHouse(t)}
	reg := flowtest.Registry()
	reg.Developments = append(reg.Developments, flow.RegistryDevelopment{Code: "PDA", Name: "Parque das Águas", Blocks: []flow.RegistryBlock{{Code: "U", Name: "Único",
		Units: []flow.RegistryUnit{{Number: "1", MobussIDHomologation: "MOB-PDA-U-1", Contracts: []flow.RegistryContract{{Code: "PDA-U-1",
			Customer: flow.RegistryCustomer{Name: "Bento Reis", Document: flowtest.Nobody}}}}}}}})
	w.must(w.PutRegistry(t.Context(), admin(), reg))
	w.must(w.PutClass(t.Context(), admin(), desk.Class{Kind: desk.ClassItem, Code: "torneira", Name: "Torneira"}, true))
	w.must(w.PutClass(t.Context(), admin(), desk.Class{Kind: desk.ClassFailure, Code: "vazamento", Name: "Vazamento"}, true))
	w.run = w.Passed(t)
	w.fill()
	w.invite()
	return w
}

func (w *world) fill() {
	ctx := w.t.Context()
	w.number = w.drift()
	w.fieldSends(w.number, "teto.jpg", wall(80, 60, 1))
	w.file = w.attachments(w.number)[0].ID
	w.move(w.number, "40", "Marina pede para ligar antes.")
	w.settle(rejected("Solicitação em edição"))
	l, err := w.ListDeliveries(ctx, w.ana, flow.DeliveriesQuery{Blocked: true, Most: 5})
	w.must(err)
	w.delivery = l.Lines[0].ID
	w.closed = w.open("AUR-A-102", "Porta do armário", "Raspa na lateral.")
	w.move(w.closed, "90", "")
	late := w.Call("MovimentarOcorrencia", "M-1", `{"comentario": "Marina ausente"}`, w.Field)
	if _, err := w.Move(ctx, late, flow.MoveInput{Number: w.closed, Status: "60"}); err == nil {
		w.t.Fatal("a closed one was moved")
	}
	lost := w.Call("IncluirOcorrencia", "O-1", `{"descricao": "Vazamento na Marina"}`, w.Field)
	if _, err := w.Flow.Open(ctx, lost, flow.OpenInput{Project: "4711", BlockNewCustomer: "T", Description: "Vazamento"}); err == nil {
		w.t.Fatal("a unit that there is not was found")
	}
	w.call, w.loose = late.ID, lost.ID
	all := w.found()
	w.unknown = all[desk.OrderUnknown]
	for kind, id := range all {
		if kind != desk.OrderUnknown {
			w.finding = id
		}
	}
	_, f := w.chosen("AUR-A-101")
	w.unit, w.customer = f.UnitID, f.CustomerID
	places, err := w.RegistryDevelopments(ctx, admin())
	w.must(err)
	w.development = places[0].ID
	_, blocks, err := w.RegistryBlocks(ctx, admin(), w.development)
	w.must(err)
	w.block = blocks[0].ID
	w.many, err = w.StartBulk(ctx, desk.Actor{Kind: "usuario", Name: "gestor@AUR", Roles: []desk.Role{desk.Manager}, Developments: []int64{w.development}},
		flow.BulkSkip, "Obra parada", flow.DeliveriesQuery{})
	w.must(err)
	gathers := flow.User{Login: "reune@demo", Name: "gestor@AUR", PasswordHash: passwordHash(), Roles: []desk.Role{desk.Manager}}
	gathers.ID, err = w.AddUser(ctx, admin(), gathers)
	w.must(err)
	a := gathers.Actor()
	a.Developments = []int64{w.development}
	w.moves, err = w.ChooseBulkMove(ctx, a, flow.BulkChoice{Numbers: []int64{w.number}})
	w.must(err)
	w.spareToken, err = w.AddToken(ctx, admin(), flow.Token{Name: "Reserva", Integration: "reserva", Hash: "spare", Origin: desk.House, Environment: desk.Homologation})
	w.must(err)
}

// invite makes the people and signs them in.
func (w *world) invite() {
	w.serveAll()
	user := func(login string, few string, roles ...desk.Role) int64 {
		u := flow.User{Login: login, Name: login, PasswordHash: passwordHash(), Roles: roles, Few: few != "", Developments: nil}
		if few != "" {
			u.Developments = []flow.Development{{Code: few}}
		}
		id, err := w.AddUser(w.t.Context(), admin(), u)
		w.must(err)
		return id
	}
	w.spareUser = user("reserva@demo", "", desk.Attendant)
	for _, where := range []string{"AUR", "PDA"} {
		user("atendente@"+where, where, desk.Attendant)
		user("gestor@"+where, where, desk.Manager)
	}
	w.people = []person{{"nobody", "", "", w.browser()}}
	for _, p := range []person{{"atendente@demo", "a", "", nil}, {"gestor@demo", "g", "", nil}, {"consultor@demo", "c", "", nil}, {"admin@demo", "x", "", nil},
		{"atendente@AUR", "a", "AUR", nil}, {"gestor@AUR", "g", "AUR", nil}, {"atendente@PDA", "a", "PDA", nil}, {"gestor@PDA", "g", "PDA", nil}} {
		p.b = w.signedIn(p.name)
		w.people = append(w.people, p)
	}
}

// serveAll starts pages that have everything that pages can have.
func (w *world) serveAll() {
	w.http = httptest.NewServer(web.New(w.options()))
	w.t.Cleanup(func() { w.hub.Close(); w.http.Close() })
}

func (w *world) options() web.Options {
	s := sheetOptions(w.house)
	busy := func() error { return desk.Fail(desk.ErrConformance) }
	s.Demo = true
	s.Probe = probe.New(w.Flow).Probe
	s.Conformance = web.Conformance{Start: func(_ context.Context, a desk.Actor, _, _ int64) (string, error) {
		if !flow.MayConform(a) {
			return "", desk.Fail(desk.ErrForbidden)
		}
		return "", busy()
	}, Stop: w.StopConformance, Trial: func(_ context.Context, a desk.Actor, _ *mapping.Config, _ flow.PreviewInput) (*flow.TrialShown, error) {
		if !flow.MayConform(a) {
			return nil, desk.Fail(desk.ErrForbidden)
		}
		return nil, busy()
	}}
	s.Registry = web.Registry{Columns: importer.Columns, Units: func(ctx context.Context, a desk.Actor, env desk.Environment, flaw flow.UnitFlaw, out io.Writer) error {
		return importer.WriteUnits(ctx, w.Flow, a, env, flaw, out)
	}}
	return s
}

// Answers of the table.
const (
	allowed     = "allowed"
	forbidden   = "forbidden"
	unknownHere = "no such thing"
	signIn      = "sign in first"
)

// expected is what a person should meet at a route.
func (r rule) expected(p person) []string {
	role := p.roles == "x" || p.roles != "" && strings.Contains(r.may, p.roles)
	done := []string{allowed}
	if r.missing {
		done = []string{allowed, unknownHere}
	}
	switch {
	case r.route == "POST /entrar":
		return []string{signIn, allowed} // refused, or too many tries by now
	case r.about == anyone:
		return done
	case p.roles == "":
		return []string{signIn}
	case r.about == own:
		return done
	case !role && r.about == placed && p.where == "PDA":
		return []string{forbidden, unknownHere} // whichever is looked at first: neither tells anything
	case !role && r.about == unplaced && p.where != "":
		return []string{forbidden, unknownHere}
	case !role, r.about == entire && p.where != "":
		return []string{forbidden}
	case r.about == placed && p.where == "PDA", r.about == unplaced && p.where != "":
		return []string{unknownHere}
	}
	return done
}

func met(a answer) string {
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/entrar?volta="):
		return signIn
	case a.status == http.StatusForbidden:
		return forbidden
	case a.status == http.StatusNotFound, a.status == http.StatusUnprocessableEntity && strings.Contains(a.body, "Nenhuma unidade corresponde"):
		return unknownHere
	case a.status >= 500:
		return fmt.Sprint("broken: ", a.status)
	}
	return allowed
}

// ask sends a rule's request; of a stream only its beginning is read.
func (p person) ask(r rule) answer {
	method, _, _ := strings.Cut(r.route, " ")
	switch {
	case r.path == "/novidades":
		resp, err := p.b.Get(p.b.h.http.URL + r.path)
		p.b.h.must(err)
		_ = resp.Body.Close()
		return answer{resp.StatusCode, "", resp.Header}
	case method == http.MethodPost:
		return p.b.post(r.path, r.form...)
	}
	return p.b.get(r.path)
}

// TestWhoMayWhatWhere is the table of role x action x development, through HTTP: every route of the pages is in it, and
// each is asked by nobody, by every role, and by those who are limited to the development that it is about, or to
// another. What an outsider is shown never names anything of the development.
func TestWhoMayWhatWhere(t *testing.T) {
	w := newWorld(t)
	rules := w.rules()
	marks := []string{"Tomás Teles", "Otávio Sá", "Aurora", "Infiltração no teto do", w.delivery, w.call, w.loose, w.finding, fmt.Sprintf("/ocorrencias/%d", w.number)}
	asked := 0
	for _, r := range rules {
		for _, p := range w.people {
			if r.route == "POST /sair" && p.roles != "" {
				continue
			}
			a := p.ask(r)
			asked++
			if got := met(a); !slices.Contains(r.expected(p), got) {
				t.Errorf("%s (%s) by %s: %s (%d), want %v", r.route, r.path, p.name, got, a.status, r.expected(p))
			}
			if p.where == "PDA" {
				for _, mark := range marks {
					if strings.Contains(a.body, mark) && !strings.Contains(r.path, mark) {
						t.Errorf("%s (%s) tells %s of %q", r.route, r.path, p.name, mark)
					}
				}
			}
		}
	}
	t.Logf("%d routes, %d rules, %d people, %d requests", len(web.Patterns()), len(rules), len(w.people), asked)
	for _, pattern := range web.Patterns() {
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.route == pattern }) {
			t.Errorf("%s is not in the table of who may", pattern)
		}
	}
	for _, r := range rules {
		if !slices.Contains(web.Patterns(), r.route) {
			t.Errorf("%s is in the table and no route", r.route)
		}
	}
}
