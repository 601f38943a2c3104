package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// towers registers blocks of a development, each with a unit 101 of its own customer's.
func towers(t *testing.T, s *store.Store, code, name string, ahead, n int, customer func(i int) string) (development int64) {
	t.Helper()
	err := s.Write(t.Context(), func(tx *store.Tx) (err error) {
		ctx, many := context.WithoutCancel(t.Context()), tx.Many()
		if development, err = tx.UpsertDevelopment(ctx, db.UpsertDevelopmentParams{Code: code, Name: name, Zone: "America/Sao_Paulo"}); err != nil {
			return err
		}
		var units []db.Unit
		var people []db.Customer
		var words []db.CustomerWord
		var contracts []db.Contract
		for i := range n {
			id := int64(ahead + i)
			block, err := tx.UpsertBlock(ctx, db.UpsertBlockParams{DevelopmentID: development, Code: fmt.Sprintf("T%03d", i), Name: fmt.Sprint("Torre ", i)})
			if err != nil {
				return err
			}
			units = append(units, db.Unit{ID: id, DevelopmentID: development, BlockID: block, Number: "101", NumberKey: desk.UnitKey("101")})
			people = append(people, db.Customer{ID: id, Name: customer(i)})
			for _, w := range desk.Words(customer(i)) {
				words = append(words, db.CustomerWord{Word: w, CustomerID: id})
			}
			contracts = append(contracts, db.Contract{ID: id, Code: fmt.Sprintf("%s-T%03d-101", code, i), UnitID: id, CustomerID: id, Current: true})
		}
		return errors.Join(many.PutUnits(ctx, units), many.PutCustomers(ctx, people), many.PutCustomerWords(ctx, words), many.PutContracts(ctx, contracts))
	})
	if err != nil {
		t.Fatal(err)
	}
	return development
}

// TestSearchAtANumberThatVeryManyHave: behind the first hundreds of units 101, who is called so or lives where the other words
// say is found; and where that cannot be known, the answer says that there may be more.
func TestSearchAtANumberThatVeryManyHave(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		maria := func(int) string { return "Maria Silva" }
		for i := range 5 { // 2,250 of them: a name like any other
			towers(t, s, fmt.Sprint("MUI", i), "Residencial Muitas Torres", 100_000+1000*i, 450, maria)
		}
		last := towers(t, s, "ZEN", "Residencial Zênite", 200_000, 3, func(i int) string {
			return []string{"Maria Silva", "Zuleica Silva", "Joana Bastos"}[i]
		})
		limited := flowtest.Attendant()
		limited.Developments = []int64{last}
		for _, c := range []struct {
			by   desk.Actor
			text string
			want []string // nil: whoever stands first
			more bool
		}{
			{flowtest.Attendant(), "101 zuleica", []string{"Zuleica Silva"}, false},
			{flowtest.Attendant(), "ap 101 silva zul", []string{"Zuleica Silva"}, false},
			{flowtest.Attendant(), "101 zenite", []string{"Maria Silva", "Zuleica Silva", "Joana Bastos"}, false},
			{flowtest.Attendant(), "maria 101 zenite", []string{"Maria Silva"}, false},
			{flowtest.Attendant(), "101 zen joana", []string{"Joana Bastos"}, false},
			{flowtest.Attendant(), "101 t002 zenite", []string{"Joana Bastos"}, false},
			{flowtest.Attendant(), "101 t449", nil, true},
			{flowtest.Attendant(), "101 maria", nil, true},
			{flowtest.Attendant(), "101 nobody", []string{}, true},
			{limited, "101", []string{"Maria Silva", "Zuleica Silva", "Joana Bastos"}, false},
			{limited, "101 maria", []string{"Maria Silva"}, false},
			{limited, "101 muitas", []string{}, false},
		} {
			found, err := in.Search(t.Context(), c.by, c.text, 20)
			if err != nil {
				t.Fatalf("%q: %v", c.text, err)
			}
			got := []string{}
			for _, p := range found.People {
				got = append(got, p.Customer.Name)
			}
			if c.want != nil && !slices.Equal(got, c.want) {
				t.Errorf("%q found %s, want %s", c.text, strings.Join(got, ", "), strings.Join(c.want, ", "))
			}
			if found.More != c.more {
				t.Errorf("%q says that there is more: %t", c.text, found.More)
			}
		}
	})
}
