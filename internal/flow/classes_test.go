package flow_test

import (
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestWhatAnOccurrenceIsAbout: tipo names a type, a failure type or an item by its code; unknown, it becomes the default
// with a note. A person chooses; an emergency is one by its failure type.
func TestWhatAnOccurrenceIsAbout(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBenchOn(t, s)
		b.must(b.StartClasses(t.Context(), flowtest.Admin()))
		b.must(b.PutClass(t.Context(), flowtest.Admin(), desk.Class{Kind: desk.ClassFailure, Code: "antiga", Name: "Antiga", Inactive: true}, true))
		for _, c := range []struct {
			name     string
			in       flow.OpenInput
			kind     string
			priority string
			about    string
			notes    int
			urgent   bool
		}{
			{"nothing said", flow.OpenInput{}, "geral", "normal", "/", 0, false},
			{"a type alone", flow.OpenInput{Type: "Pintura"}, "pintura", "normal", "Pintura/", 0, false},
			{"a failure type's code", flow.OpenInput{Type: "vazamento"}, "geral", "alta", "/Vazamento", 0, false},
			{"one of an item", flow.OpenInput{Type: "CHEIRO_DE_GAS"}, "hidraulica", "urgente", "Hidráulica > Instalação de gás/Cheiro de gás", 0, true},
			{"an item's code", flow.OpenInput{Type: "hidraulica.torneira"}, "hidraulica", "normal", "Hidráulica > Torneira/", 0, false},
			{"its own priority", flow.OpenInput{Type: "vazamento", Priority: "baixa"}, "geral", "baixa", "/Vazamento", 0, false},
			{"unknown", flow.OpenInput{Type: "xyz"}, "geral", "normal", "/", 1, false},
			{"not in use any more", flow.OpenInput{Type: "antiga"}, "geral", "normal", "/", 1, false},
			{"both unknown", flow.OpenInput{Type: "xyz", Priority: "já"}, "geral", "normal", "/", 2, false},
			{"said to be one", flow.OpenInput{Emergency: true}, "geral", "normal", "/", 0, true},
			{"chosen", flow.OpenInput{Item: "eletrica.tomada", Failure: "curto_circuito"}, "eletrica", "urgente", "Elétrica > Tomada/Curto-circuito", 0, true},
		} {
			c.in.Project, c.in.BlockNewCustomer, c.in.Description = "203", "T", "Pinga"
			r, err := b.Flow.Open(t.Context(), b.Call("IncluirOcorrencia", "", c.name, b.Field), c.in)
			b.must(err)
			o := b.show(r.Number)
			notes := len(o.Movements) - 1
			if about := o.Item + "/" + o.Failure; o.Type != c.kind || o.Priority != c.priority || about != c.about || notes != c.notes || o.Emergency != c.urgent {
				t.Errorf("%s: %s, %s, %s, %d notes, emergency %v", c.name, o.Type, o.Priority, about, notes, o.Emergency)
			}
		}
		for field, in := range map[string]flow.OpenInput{"item": {Item: "nada"}, "falha": {Failure: "antiga"}} {
			in.Project, in.Description = "AUR-A-101", "x"
			if _, err := b.OpenByHand(t.Context(), flowtest.Attendant(), in); code(err) != desk.ErrParameter+"/"+field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if err := b.PutClass(t.Context(), flowtest.Attendant(), desk.Class{Kind: desk.ClassItem, Code: "x", Name: "X"}, true); code(err) != desk.ErrForbidden {
			t.Errorf("an attendant keeps the catalogue: %v", err)
		}
		if err := b.PutClass(t.Context(), flowtest.Admin(), desk.Class{Kind: desk.ClassFailure, Code: "vazamento", Name: "Outro"}, true); code(err) != desk.ErrParameter+"/falha.vazamento.codigo" {
			t.Errorf("a code that is taken: %v", err)
		}
	})
}

// TestEmergenciesStandFirst in the list and on the panel, for whoever may see them; on the first page alone, and none twice.
func TestEmergenciesStandFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBenchOn(t, s)
		open := func(project string, urgent bool) int64 {
			t.Helper()
			n, err := b.OpenByHand(t.Context(), flowtest.Attendant(), flow.OpenInput{Project: project, BlockNewCustomer: "T", Description: "x", Emergency: urgent})
			b.must(err)
			return n
		}
		old, closed := open("AUR-A-101", true), open("AUR-A-101", true)
		b.mustMove(closed, "90")
		var calm []int64
		for range 3 {
			calm = append(calm, open("AUR-A-101", false))
		}
		numbers := func(a desk.Actor, q flow.ListQuery) (out []int64, next string) {
			t.Helper()
			l, err := b.List(t.Context(), a, q)
			b.must(err)
			for _, x := range l.Lines {
				out = append(out, x.Number)
			}
			return out, l.Next
		}
		got, next := numbers(flowtest.Attendant(), flow.ListQuery{Most: 2})
		if !slices.Equal(got, []int64{old, calm[2], calm[1]}) {
			t.Errorf("first page %v", got)
		}
		if got, _ = numbers(flowtest.Attendant(), flow.ListQuery{Most: 2, After: next}); !slices.Equal(got, []int64{calm[0]}) {
			t.Errorf("second page %v", got)
		}
		if got, _ = numbers(flowtest.Attendant(), flow.ListQuery{Most: 9, Statuses: []string{"20"}}); len(got) != 0 {
			t.Errorf("another status: %v", got)
		}
		elsewhere := flowtest.Attendant()
		elsewhere.Developments = []int64{9}
		if got, _ = numbers(elsewhere, flow.ListQuery{Most: 9}); len(got) != 0 {
			t.Errorf("of another development: %v", got)
		}
		for a, want := range map[*desk.Actor]int{{Kind: "usuario", ID: "1", Roles: []desk.Role{desk.Attendant}, Origin: desk.House}: 1, &elsewhere: 0} {
			p, err := b.Panel(t.Context(), *a)
			if err != nil || len(p.Emergencies) != want {
				t.Errorf("panel: %+v, %v", p.Emergencies, err)
			}
		}
	})
}

// TestItemsGoToTheField: a row may draw on them, a misspelt one is refused when the configuration is saved; and the
// catalogue travels with the configuration's file.
func TestItemsGoToTheField(t *testing.T) {
	b := newBench(t)
	ctx, admin := t.Context(), flowtest.Admin()
	b.must(b.StartClasses(ctx, admin))
	d := exported(t, b.Installation)
	with := func(field string) *mapping.Document {
		c := *d
		c.Integration.Points = map[desk.Point]mapping.PointConfig{}
		for p, x := range d.Integration.Points {
			if p == desk.OpenOrder {
				x.Params = append(slices.Clone(x.Params), mapping.Param{Target: "itemDefeito", Field: field}, mapping.Param{Target: "tipoFalha", Field: "ocorrencia.falha_nome"})
			}
			c.Integration.Points[p] = x
		}
		return &c
	}
	if _, err := b.PublishConfig(ctx, admin, with("ocorrencia.itens"), flow.Publication{}); code(err) == "" {
		t.Error("an unknown field was published")
	}
	_, err := b.PublishConfig(ctx, admin, with("ocorrencia.item_caminho"), flow.Publication{})
	b.must(err)
	n, err := b.OpenByHand(ctx, flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-101", Description: "Pinga", Item: "hidraulica.torneira", Failure: "vazamento"})
	b.must(err)
	b.mustMove(n, "20")
	body := string(b.one(desk.OpenOrder).Request.Body)
	if !strings.Contains(body, `"itemDefeito":"Hidráulica \u003e Torneira"`) && !strings.Contains(body, `"itemDefeito":"Hidráulica > Torneira"`) || !strings.Contains(body, `"tipoFalha":"Vazamento"`) {
		t.Errorf("sent %s", body)
	}
	text, err := d.YAML()
	b.must(err)
	file, err := mapping.ParseDocument(text)
	b.must(err)
	other := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	file.Classes.Put(desk.Class{Kind: desk.ClassItem, Code: "piscina", Name: "Piscina"})
	plan, err := other.PlanConfig(ctx, admin, file)
	if err != nil || !slices.ContainsFunc(plan.Changes, func(c mapping.Change) bool { return strings.HasPrefix(c.Path, "itens_e_falhas") }) {
		t.Fatalf("the plan does not say it: %+v, %v", plan.Changes, err)
	}
	_, err = other.PublishConfig(ctx, admin, file, flow.Publication{})
	b.must(err)
	if plan, err = other.PlanConfig(ctx, admin, file); err != nil || len(plan.Changes) != 0 {
		t.Errorf("importing it again: %+v, %v", plan.Changes, err)
	}
	book, err := other.Classes(ctx)
	b.must(err)
	if book.ItemPath("piscina") != "Piscina" || len(book.Failures) == 0 {
		t.Errorf("%+v", book.Classes)
	}
	file.Classes.Put(desk.Class{Kind: desk.ClassItem, Code: "raia", Name: "Raia", Parent: "nada"})
	if _, err := other.PublishConfig(ctx, admin, file, flow.Publication{}); code(err) != desk.ErrConfig+"/itens_e_falhas.item.raia.dentro_de" {
		t.Errorf("a broken tree: %v", err)
	}
	file.Classes = nil
	_, err = other.PublishConfig(ctx, admin, file, flow.Publication{})
	b.must(err)
	if again, err := other.Classes(ctx); err != nil || len(again.Items) != len(book.Items) {
		t.Errorf("a file that is silent took items away: %v", err)
	}
}
