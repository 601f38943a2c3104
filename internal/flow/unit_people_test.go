package flow_test

import (
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestATenantIsRecorded where the ERP knows of none: found by the search and taken from the field while the term runs, refused
// before and after. What the ERP owns can't be ended here.
func TestATenantIsRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBenchOn(t, s)
		ctx, ana := t.Context(), flowtest.Attendant()
		unit := b.at("AUR-B-101").UnitID
		asks := func() string {
			t.Helper()
			_, err := b.Flow.Open(ctx, b.Call("IncluirOcorrencia", "", flow.NewID(), b.Field), flow.OpenInput{Project: "101", Block: "B", Document: flowtest.Nobody,
				BlockNewCustomer: "T", Description: "Pinga"})
			return code(err)
		}
		if got := asks(); got != desk.ErrCustomer {
			t.Errorf("before: %s", got)
		}
		in := flow.UnitPersonInput{Unit: unit, Document: flowtest.Nobody, Name: "Quitéria Lins", Phone: "(11) 97777-1234", Since: flow.When{Time: b.clock.AddDate(0, -1, 0), Set: true}}
		for field, bad := range map[string]flow.UnitPersonInput{"cpf_cnpj": {Unit: unit, Document: "123", Name: "X"}, "nome": {Unit: unit, Document: flowtest.Nobody},
			"desde": {Unit: unit, Document: flowtest.Nobody, Name: "X", Since: flow.When{Time: b.clock.AddDate(0, 1, 0), Set: true}}} {
			if err := b.AddUnitPerson(ctx, ana, bad); code(err) != desk.ErrParameter+"/"+field {
				t.Errorf("%s: %v", field, err)
			}
		}
		elsewhere := ana
		elsewhere.Developments = []int64{99}
		if err := b.AddUnitPerson(ctx, elsewhere, in); code(err) != desk.ErrNotFound {
			t.Errorf("elsewhere: %v", err)
		}
		b.must(b.AddUnitPerson(ctx, ana, in))
		if err := b.AddUnitPerson(ctx, ana, in); code(err) != desk.ErrParameter+"/cpf_cnpj" {
			t.Errorf("twice: %v", err)
		}
		if got := asks(); got != "" {
			t.Errorf("while the term runs: %s", got)
		}
		for _, text := range []string{"quiteria", "97777 1234", flowtest.Nobody} {
			if f := b.at(text); f.UnitID != unit || f.Relation != desk.Tenant {
				t.Errorf("%q finds %+v", text, f)
			}
		}
		people, err := b.UnitPeople(ctx, ana, unit)
		b.must(err)
		var term int64
		for _, p := range people.Now {
			if p.Relation == desk.Tenant {
				term = p.Term
			} else if p.Term != 0 {
				t.Errorf("the ERP's can be ended: %+v", p)
			}
		}
		if err := b.EndUnitPerson(ctx, ana, unit, term, flow.When{Time: b.clock.AddDate(0, 0, 9), Set: true}); code(err) != desk.ErrParameter+"/ate" {
			t.Errorf("an end that has not come: %v", err)
		}
		b.must(b.EndUnitPerson(ctx, ana, unit, term, flow.When{}))
		if got := asks(); got != desk.ErrNoContract {
			t.Errorf("after: %s", got)
		}
		if people, err = b.UnitPeople(ctx, ana, unit); err != nil || len(people.Past) != 1 || people.Past[0].Until.Sub(people.Past[0].Since) < 27*24*time.Hour {
			t.Errorf("%+v, %v", people, err)
		}
	})
}

// TestACommonArea is the condominium's, and its syndic asks for it, whichever of them was picked.
func TestACommonArea(t *testing.T) {
	b := newBench(t)
	ctx, ana := t.Context(), flowtest.Attendant()
	found, err := b.Search(ctx, ana, "AC", 9)
	b.must(err)
	if len(found.People) != 2 {
		t.Fatalf("%+v", found.People)
	}
	for _, f := range found.People {
		chosen, err := b.Chosen(ctx, ana, f.UnitID, f.CustomerID)
		b.must(err)
		if chosen.Relation != desk.Condominium || chosen.Customer.Name != "Condomínio Aurora" || chosen.Asks.Name != "Marina Figueiredo Prado" || chosen.Asks.Relation != "sindico" {
			t.Errorf("%s: %+v, %+v", f.Customer.Name, chosen.Customer, chosen.Asks)
		}
	}
	next := flow.UnitPersonInput{Unit: found.People[0].UnitID, Document: flowtest.Otavio}
	b.must(b.AddUnitPerson(ctx, ana, next))
	otavio, err := b.Search(ctx, ana, "AC otavio", 9)
	if err != nil || len(otavio.People) != 1 || otavio.People[0].Relation != desk.Syndic {
		t.Fatalf("%+v, %v", otavio.People, err)
	}
	if chosen, err := b.Chosen(ctx, ana, otavio.People[0].UnitID, otavio.People[0].CustomerID); err != nil || chosen.Asks.Name != "Otávio Sá" || chosen.Relation != desk.Condominium {
		t.Errorf("%+v, %v", chosen, err)
	}
}
