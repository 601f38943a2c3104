package flow_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// viewers are people of an installation, by name.
func viewers(t *testing.T, in *flowtest.Installation) func(name string, roles ...desk.Role) desk.Actor {
	return func(name string, roles ...desk.Role) desk.Actor {
		u := flow.User{Login: name + "@casa", Name: name, PasswordHash: "x", Roles: roles}
		id, err := in.AddUser(t.Context(), flowtest.Admin(), u)
		must(t, err)
		u.ID = id
		return u.Actor()
	}
}

// wrongField is the code of the one field that an error is about.
func wrongField(err error) string {
	var e *desk.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	if len(e.Fields) == 1 {
		return e.Fields[0].Field + ":" + e.Fields[0].Code
	}
	return e.Code
}

// seenViews are the names that somebody sees, in their order; shared ones in brackets, the start with a star.
func seenViews(t *testing.T, in *flowtest.Installation, a desk.Actor) string {
	t.Helper()
	all, err := in.SavedViews(t.Context(), a)
	must(t, err)
	var out []string
	for _, v := range all {
		name := v.Name
		if v.Shared {
			name = "[" + name + "]"
		}
		if v.Start {
			name += "*"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func TestSavedViews(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in, ctx := flowtest.New(t, s, flow.Deps{}), t.Context()
		person := viewers(t, in)
		ana, bia, carla := person("Ana", desk.Attendant), person("Bia", desk.Attendant), person("Carla", desk.Manager)
		save := func(a desk.Actor, v flow.SavedView) int64 {
			if v.Query == "" {
				v.Query = "visao=campo"
			}
			id, err := in.SaveView(ctx, a, v)
			must(t, err)
			return id
		}
		refused := func(want string, err error) {
			t.Helper()
			if got := wrongField(err); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		see := func(a desk.Actor, want string) {
			t.Helper()
			if got := seenViews(t, in, a); got != want {
				t.Errorf("%s sees %q, want %q", a.Name, got, want)
			}
		}
		leaks := save(ana, flow.SavedView{Name: "  Infiltrações   de hoje ", Start: true})
		late := save(ana, flow.SavedView{Name: "Atrasadas", Query: "idade=30"})
		house := save(carla, flow.SavedView{Name: "Urgentes", Shared: true, Query: "prioridade=urgente"})
		see(ana, "Infiltrações de hoje* Atrasadas [Urgentes]")
		see(bia, "[Urgentes]")

		for _, name := range []string{"", "  ", strings.Repeat("é", 61), "a\x00b", "a\u202eb", "De 529.982.247-25"} {
			if _, err := in.SaveView(ctx, ana, flow.SavedView{Name: name, Query: "q=x"}); !strings.HasPrefix(wrongField(err), "nome:") {
				t.Errorf("%q: %v", name, err)
			}
		}
		for _, name := range []string{"infiltracoes de HOJE", "Urgentes"} {
			_, err := in.SaveView(ctx, ana, flow.SavedView{Name: name, Query: "q=x"})
			refused("nome:visao_ja_existe", err)
		}
		refused("nome:visao_ja_existe", in.RenameView(ctx, ana, late, "INFILTRAÇÕES DE HOJE"))
		_, err := in.SaveView(ctx, ana, flow.SavedView{Name: "Longa", Query: strings.Repeat("x", 2001)})
		refused("consulta:visao_grande_demais", err)

		// What is the house's is for those who answer for it; what is another's is not there.
		_, err = in.SaveView(ctx, ana, flow.SavedView{Name: "Para todos", Query: "q=x", Shared: true})
		refused(desk.ErrForbidden, err)
		refused(desk.ErrForbidden, in.ShareView(ctx, ana, late, true))
		for what, act := range map[string]func(desk.Actor, int64) error{
			"rename":  func(a desk.Actor, id int64) error { return in.RenameView(ctx, a, id, "Outra") },
			"replace": func(a desk.Actor, id int64) error { return in.ReplaceView(ctx, a, id, "q=y") },
			"move":    func(a desk.Actor, id int64) error { return in.MoveView(ctx, a, id, true) },
			"drop":    func(a desk.Actor, id int64) error { return in.DropView(ctx, a, id) },
		} {
			if got := wrongField(act(ana, house)); got != desk.ErrForbidden {
				t.Errorf("%s one of the house's: %s", what, got)
			}
			if got := wrongField(act(bia, late)); got != desk.ErrRoute {
				t.Errorf("%s another's: %s", what, got)
			}
		}
		refused(desk.ErrRoute, in.StartView(ctx, bia, late, true))
		refused(desk.ErrForbidden, in.StartView(ctx, in.House, house, true))

		must(t, in.MoveView(ctx, ana, late, true))
		must(t, in.MoveView(ctx, ana, late, true)) // it is the first already
		must(t, in.ReplaceView(ctx, ana, late, "idade=60"))
		must(t, in.RenameView(ctx, ana, leaks, "Infiltracoes de hoje")) // its own name is nobody else's
		must(t, in.StartView(ctx, bia, house, true))
		see(ana, "Atrasadas Infiltracoes de hoje* [Urgentes]")
		see(bia, "[Urgentes]*")

		// The house takes a name that somebody has: theirs stays, and can be changed.
		mine := save(carla, flow.SavedView{Name: "Atrasadas", Query: "idade=90", Start: true})
		must(t, in.ShareView(ctx, carla, mine, true))
		see(ana, "Atrasadas Infiltracoes de hoje* [Urgentes] [Atrasadas]")
		must(t, in.ReplaceView(ctx, ana, late, "idade=61"))
		must(t, in.StartView(ctx, bia, mine, true))
		must(t, in.ShareView(ctx, carla, mine, false))
		see(bia, "[Urgentes]")
		see(carla, "Atrasadas* [Urgentes]")
		must(t, in.StartView(ctx, bia, house, true))
		must(t, in.DropView(ctx, carla, house))
		see(bia, "")

		// An account that is closed takes its own along; what it gave to the house stays.
		must(t, in.ShareView(ctx, carla, mine, true))
		save(carla, flow.SavedView{Name: "Só minha", Start: true})
		must(t, in.SetDisabled(ctx, flowtest.Admin(), mustInt(t, carla.ID), true))
		see(carla, "[Atrasadas]")
		see(ana, "Atrasadas Infiltracoes de hoje* [Atrasadas]")

		trail, err := in.AuditTrail(ctx, flowtest.Admin(), flow.AuditQuery{Action: "ocorrencia", Most: 50})
		must(t, err)
		var acts []string
		for _, e := range trail.Lines {
			acts = append(acts, strings.TrimPrefix(e.Action, "ocorrencia.visao."))
		}
		slices.Reverse(acts)
		if got := strings.Join(acts, " "); got != "criar compartilhar recolher apagar compartilhar" {
			t.Errorf("told of what concerns others: %q", got)
		}
	})
}

// TestSavedViewsAreBounded: nobody has more than a menu holds, and room that is made can be used.
func TestSavedViewsAreBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in, ctx := flowtest.New(t, s, flow.Deps{}), t.Context()
		ana := viewers(t, in)("Ana", desk.Attendant)
		var last int64
		n := 0
		for ; n < 100; n++ {
			id, err := in.SaveView(ctx, ana, flow.SavedView{Name: fmt.Sprint("Visão ", n), Query: "q=x"})
			if err != nil {
				if wrongField(err) != "nome:visoes_demais" {
					t.Fatal(err)
				}
				break
			}
			last = id
		}
		if n != 30 {
			t.Errorf("%d views", n)
		}
		must(t, in.RenameView(ctx, ana, last, "A última"))
		must(t, in.DropView(ctx, ana, last))
		_, err := in.SaveView(ctx, ana, flow.SavedView{Name: "Mais uma", Query: "q=x"})
		must(t, err)
	})
}

// TestFitASavedView: what it names and there is no longer is left out and said; a development that the reader may not see is
// counted, and never turns into all of them.
func TestFitASavedView(t *testing.T) {
	b := benchOn(t, storetest.New(t, store.SQLite))
	in, ctx := b.Installation, t.Context()
	ask := flow.ListQuery{Statuses: []string{"20", "77"}, Developments: []string{"AUR", "XYZ"}, Narrow: flow.Narrow{Blocks: []string{"A", "Z"},
		Types: []string{"geral", "x"}, Priorities: []string{"y"}, Situations: []string{"aberta"}}}
	got, left, err := in.Fit(ctx, flowtest.Attendant(), ask)
	must(t, err)
	if s := fmt.Sprint(got.Statuses, got.Developments, got.Blocks, got.Types, got.Priorities, got.Situations); s != "[20] [AUR] [A] [geral] [-] [aberta]" {
		t.Error("kept", s)
	}
	if s := fmt.Sprint(left); s != "[{status [77] 1} {empreendimento [] 1} {bloco [] 1} {tipo [x] 1} {prioridade [y] 1}]" {
		t.Error("left out", s)
	}
	b.Open(t)
	elsewhere := flowtest.Attendant()
	elsewhere.Developments = []int64{999}
	got, left, err = in.Fit(ctx, elsewhere, flow.ListQuery{View: flow.ViewAll, Developments: []string{"AUR"}, Most: 50})
	must(t, err)
	if s := fmt.Sprint(left); s != "[{empreendimento [] 1}]" {
		t.Error("left out", s)
	}
	list, err := in.List(ctx, elsewhere, got)
	must(t, err)
	if fmt.Sprint(got.Developments) != "[-]" || len(list.Lines) != 0 {
		t.Errorf("about %v: %d lines", got.Developments, len(list.Lines))
	}
	// What is about nothing that there is must not be about everything.
	for what, q := range map[string]flow.ListQuery{"status": {Statuses: []string{"77"}}, "development": {Developments: []string{"XYZ"}}, "block": {Developments: []string{"AUR"}, Narrow: flow.Narrow{Blocks: []string{"Z"}}},
		"type": {Narrow: flow.Narrow{Types: []string{"x"}}}, "priority": {Narrow: flow.Narrow{Priorities: []string{"x"}}}, "situation": {Narrow: flow.Narrow{Situations: []string{"x"}}}} {
		q.View, q.Most = flow.ViewAll, 50
		fitted, left, err := in.Fit(ctx, flowtest.Attendant(), q)
		must(t, err)
		list, err := in.List(ctx, flowtest.Attendant(), fitted)
		must(t, err)
		board, err := in.Board(ctx, flowtest.Attendant(), fitted)
		must(t, err)
		cards := 0
		for _, c := range board.Columns {
			cards += len(c.Cards)
		}
		if len(left) != 1 || len(list.Lines) != 0 || cards != 0 {
			t.Errorf("a %s that there is not: %d lines, %d cards, left %v", what, len(list.Lines), cards, left)
		}
	}
	if same, left, err := in.Fit(ctx, flowtest.Attendant(), flow.ListQuery{Developments: []string{"AUR"}}); err != nil || len(left) != 0 || len(same.Developments) != 1 {
		t.Errorf("nothing is left out of %v: %v, %v", same, left, err)
	}
}
