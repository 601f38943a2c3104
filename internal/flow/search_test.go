package flow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// TestSearch: whatever the caller on the phone says first finds the customer at the unit.
func TestSearch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		number := in.Open(t)
		const marinaA101, otavioB101, tomas = "Marina Figueiredo Prado@A101", "Otávio Sá@B101", "Tomás Teles@A101"
		for text, want := range map[string][]string{
			"marina figueiredo":        {marinaA101, "Marina Figueiredo Prado@A102", "Marina Figueiredo Prado@A999", "Marina Figueiredo Prado@AAC"},
			"prado mar":                {marinaA101, "Marina Figueiredo Prado@A102", "Marina Figueiredo Prado@A999", "Marina Figueiredo Prado@AAC"},
			"otavio":                   {otavioB101, "Otávio Sá@B203"},
			"OTÁVIO sà":                {otavioB101, "Otávio Sá@B203"},
			"tomas teles":              {tomas},
			"153.509.460-56":           {tomas},
			"15350":                    {tomas},
			"98765-4321":               {marinaA101, "Marina Figueiredo Prado@A102", "Marina Figueiredo Prado@A999", "Marina Figueiredo Prado@AAC"},
			"4321":                     {marinaA101, "Marina Figueiredo Prado@A102", "Marina Figueiredo Prado@A999", "Marina Figueiredo Prado@AAC"},
			"AUR-B-203":                {"Otávio Sá@B203"},
			"aur-a-101":                {marinaA101},
			"ap 101 bl A":              {marinaA101, tomas},
			"101 b aurora":             {otavioB101},
			"apto 0101 bloco b":        {otavioB101},
			"101":                      {marinaA101, tomas, otavioB101},
			"101 otavio":               {otavioB101},
			"aurora 203":               {"Otávio Sá@B203"},
			"ninguém com o nome":       nil,
			"101 c":                    nil,
			"' OR 1=1 --":              nil,
			"%":                        nil,
			"":                         nil,
			strings.Repeat("x ", 3000): nil,
		} {
			found, err := in.Search(t.Context(), flowtest.Attendant(), text, 20)
			if err != nil {
				t.Errorf("%.20q: %v", text, err)
				continue
			}
			var got []string
			for _, p := range found.People {
				got = append(got, p.Customer.Name+"@"+p.Unit.BlockCode+p.Unit.Number)
			}
			if strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("%.20q found %v, want %v", text, got, want)
			}
		}
		found, err := in.Search(t.Context(), flowtest.Attendant(), fmt.Sprint(number), 20)
		if err != nil || len(found.Occurrences) != 1 || found.Occurrences[0].Number != number {
			t.Errorf("by its number: %+v, %v", found.Occurrences, err)
		}
		found, err = in.Search(t.Context(), flowtest.Attendant(), "aur-a-101", 20)
		if err != nil || len(found.People) != 1 || len(found.People[0].Open) != 1 || found.People[0].Open[0].Number != number {
			t.Errorf("the unit's open occurrences are not beside it: %+v, %v", found.People, err)
		}
		elsewhere := flowtest.Attendant()
		elsewhere.Developments = []int64{999}
		if found, err := in.Search(t.Context(), elsewhere, "marina", 20); err != nil || len(found.People) != 0 {
			t.Errorf("another development's people are found: %+v, %v", found.People, err)
		}
	})
}

// TestListPages: every occurrence stands on exactly one page, newest news first, also when many share a moment.
func TestListPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		const all = 23
		for range all {
			in.Open(t)
		}
		moved := in.Open(t)
		if err := in.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: moved, Status: "20"}); err != nil {
			t.Fatal(err)
		}
		seen := map[int64]bool{}
		q := flow.ListQuery{View: flow.ViewOpen, Most: 5}
		for pages := 0; ; pages++ {
			l, err := in.List(t.Context(), flowtest.Attendant(), q)
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range l.Lines {
				if seen[o.Number] {
					t.Fatalf("%d stands on two pages", o.Number)
				}
				seen[o.Number] = true
				if i > 0 && o.NewsAt.After(l.Lines[i-1].NewsAt) {
					t.Error("not newest first")
				}
			}
			if q.After = l.Next; q.After == "" {
				break
			}
			if pages > all {
				t.Fatal("no end")
			}
		}
		if len(seen) != all+1 {
			t.Errorf("%d on the pages, want %d", len(seen), all+1)
		}
		l, err := in.List(t.Context(), flowtest.Attendant(), flow.ListQuery{View: flow.ViewField, Most: 5})
		if err != nil || len(l.Lines) != 1 || l.Lines[0].Number != moved || l.Counts[flow.ViewField].N != 1 || l.Counts[flow.ViewOpen].N != all+1 {
			t.Errorf("the field's view: %+v, %v", l, err)
		}
		l, err = in.List(t.Context(), flowtest.Attendant(), flow.ListQuery{View: flow.ViewOpen, Statuses: []string{"20"}, Most: 5})
		if err != nil || len(l.Lines) != 1 {
			t.Errorf("one status: %+v, %v", l, err)
		}
		l, err = in.List(t.Context(), flowtest.Attendant(), flow.ListQuery{View: flow.ViewAll, Text: "marina", Most: 50})
		if err != nil || len(l.Lines) != all+1 {
			t.Errorf("by the customer: %d lines, %v", len(l.Lines), err)
		}
	})
}

// TestPanel: what failed and what waits for a person is on it.
func TestPanel(t *testing.T) {
	b := newBench(t)
	n := b.Open(t)
	b.mustMove(n, "20")
	b.settle(b.one(desk.OpenOrder), refusedBecause("recusado_pelo_mobuss"))
	other := b.Open(t)
	b.mustMove(other, "20")
	b.settle(b.one(desk.OpenOrder), flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyNoLookUp)})
	if _, err := b.Visit(t.Context(), b.Call("InformarVistoria", "", "", b.Field), flow.VisitInput{Number: other,
		Start: flow.When{Time: b.clock.Add(3600e9), Set: true}, State: "agendada"}); err != nil {
		t.Fatal(err)
	}
	p, err := b.Panel(t.Context(), flowtest.Attendant())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Failed) != 1 || p.Failed[0].Number != n || len(p.Blocked) != 1 || p.Blocked[0].Number != other || len(p.Visits) != 1 {
		t.Errorf("%+v", p)
	}
	if p.Counts[flow.ViewFailed].N != 1 || p.Counts[flow.ViewOpen].N != 2 {
		t.Errorf("counts %+v", p.Counts)
	}
}

// TestSearchAmongNamesakes: a name that thousands have hides nobody whose other name is rare, wherever in the registry they
// stand, nor the people of a unit whose number every block has.
func TestSearchAmongNamesakes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		const namesakes, first = 8200, 100_000
		there, err := in.Search(t.Context(), flowtest.Attendant(), "AUR-A-101", 1)
		if err != nil {
			t.Fatal(err)
		}
		unit := there.People[0].UnitID
		for from := 0; from < namesakes; from += 500 {
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				var people []db.Customer
				var words []db.CustomerWord
				var contracts []db.Contract
				for n := from; n < min(from+500, namesakes); n++ {
					id, name := int64(first+n), "Maria Silva"
					if n == namesakes-1 {
						name = "Maria Zuleica Silva"
					}
					people = append(people, db.Customer{ID: id, Name: name})
					for _, w := range desk.Words(name) {
						words = append(words, db.CustomerWord{Word: w, CustomerID: id})
					}
					if n < 100 || n == namesakes-1 {
						contracts = append(contracts, db.Contract{ID: id, Code: fmt.Sprint("N-", n), UnitID: unit, CustomerID: id, Current: true})
					}
				}
				ctx, many := context.WithoutCancel(t.Context()), tx.Many()
				return errors.Join(many.PutCustomers(ctx, people), many.PutCustomerWords(ctx, words), many.PutContracts(ctx, contracts))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for text, want := range map[string]int{"maria zuleica": 1, "zul mar sil": 1, "silva 101 zuleica": 1, "maria silva": 20, "maria": 20, "maria zuleica souza": 0, "101 maria silva": 20} {
			found, err := in.Search(t.Context(), flowtest.Attendant(), text, 20)
			if err != nil || len(found.People) != want {
				t.Errorf("%q: %d of %d, %v", text, len(found.People), want, err)
				continue
			}
			if want == 1 && found.People[0].Customer.Name != "Maria Zuleica Silva" {
				t.Errorf("%q: %s", text, found.People[0].Customer.Name)
			}
		}
	})
}
