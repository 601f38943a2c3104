package flow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// TestFind: an occurrence is found by its words and by what it is, the moment that it is acknowledged and after it was
// indexed alike, and both databases answer the same.
func TestFind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx := t.Context()
		open := func(a desk.Actor, i flow.OpenInput) string {
			i.BlockNewCustomer = "T"
			n, err := in.OpenByHand(ctx, a, i)
			must(t, err)
			return fmt.Sprint(n)
		}
		other := flowtest.Attendant()
		other.ID, other.Name = "77", "Outra Pessoa"
		leak := open(flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-101", Subject: "Infiltração na suíte", Description: "Água escorre pelo teto", Emergency: true})
		door := open(other, flow.OpenInput{Project: "AUR-B-203", Subject: "Porta emperrada", Description: "A porta da suíte não fecha"})
		number := func(text string) (n int64) { _, _ = fmt.Sscan(text, &n); return n }
		must(t, in.CommentByHand(ctx, flowtest.Attendant(), flow.CommentInput{Number: number(leak), Text: "Vizinho de cima é o síndico"}))
		must(t, in.CommentByHand(ctx, flowtest.Attendant(), flow.CommentInput{Number: number(leak), Text: "cliente ameaça processo", Private: true}))
		must(t, in.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: number(door), Status: "90", Comment: "Dobradiça trocada"}))

		today := time.Now().In(flow.Zone(""))
		program := desk.Actor{Kind: "token", ID: "1", Roles: []desk.Role{desk.Attendant}}
		elsewhere := flowtest.Attendant()
		elsewhere.Developments = []int64{999}
		cases := []struct {
			name string
			as   desk.Actor
			q    flow.ListQuery
			want []string
		}{
			{"a word without accents", flowtest.Attendant(), flow.ListQuery{Text: "infiltracao"}, []string{leak}},
			{"capitals and accents", flowtest.Attendant(), flow.ListQuery{Text: "SUÍTE"}, []string{door, leak}},
			{"the beginning of the last", flowtest.Attendant(), flow.ListQuery{Text: "suite infiltra"}, []string{leak}},
			{"a short beginning", flowtest.Attendant(), flow.ListQuery{Text: "inf"}, []string{leak}},
			{"not the beginning of others", flowtest.Attendant(), flow.ListQuery{Text: "infiltra suite"}, nil},
			{"one letter is a word", flowtest.Attendant(), flow.ListQuery{Text: "s"}, nil},
			{"words of several places", flowtest.Attendant(), flow.ListQuery{Text: "sindico 101 marina"}, []string{leak}},
			{"a comment of a movement", flowtest.Attendant(), flow.ListQuery{Text: "dobradica"}, []string{door}},
			{"an internal note", flowtest.Attendant(), flow.ListQuery{Text: "processo"}, []string{leak}},
			{"an internal note by its beginning", flowtest.Attendant(), flow.ListQuery{Text: "process"}, []string{leak}},
			{"an internal note, for a program", program, flow.ListQuery{Text: "processo"}, nil},
			{"another comment, for a program", program, flow.ListQuery{Text: "sindico"}, []string{leak}},
			{"signs", flowtest.Attendant(), flow.ListQuery{Text: `"'*) OR`}, nil},
			{"signs alone", flowtest.Attendant(), flow.ListQuery{Text: `%"'`}, nil},
			{"a tag is no word", flowtest.Attendant(), flow.ListQuery{Text: "_s3130"}, nil},
			{"a number", flowtest.Attendant(), flow.ListQuery{Text: leak}, []string{leak}},
			{"a number beside a filter", flowtest.Attendant(), flow.ListQuery{Text: leak, Statuses: []string{"90"}}, nil},
			{"a contract", flowtest.Attendant(), flow.ListQuery{Text: "aur-b-203"}, []string{door}},
			{"of other developments", elsewhere, flow.ListQuery{Text: "suite"}, nil},
			{"text and status", flowtest.Attendant(), flow.ListQuery{Text: "suite", Statuses: []string{"90"}}, []string{door}},
			{"text in a view", flowtest.Attendant(), flow.ListQuery{View: flow.ViewOpen, Text: "suite"}, []string{leak}},
			{"a block", flowtest.Attendant(), flow.ListQuery{Developments: []string{"AUR"}, Narrow: flow.Narrow{Blocks: []string{"B"}}}, []string{door}},
			{"no such block", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{Blocks: []string{"Z"}}}, nil},
			{"a situation", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{Situations: []string{"encerrada"}}}, []string{door}},
			{"two situations", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{Situations: []string{"encerrada", "aberta"}}}, []string{door, leak}},
			{"mine", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{Mine: true}}, []string{leak}},
			{"emergencies", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{Emergency: true}}, []string{leak}},
			{"failures", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{Trouble: true}}, nil},
			{"opened today", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{From: today, To: today}}, []string{door, leak}},
			{"opened before", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{To: today.AddDate(0, 0, -1)}}, nil},
			{"older", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{OlderThan: 1}}, nil},
			{"since long ago", flowtest.Attendant(), flow.ListQuery{Narrow: flow.Narrow{From: today.AddDate(-3, 0, 0)}}, []string{door, leak}},
		}
		ask := func(when string) {
			for _, c := range cases {
				if c.q.View == "" {
					c.q.View = flow.ViewAll
				}
				c.q.Most = 10
				list, err := in.List(ctx, c.as, c.q)
				must(t, err)
				var got []string
				for _, l := range list.Lines {
					got = append(got, fmt.Sprint(l.Number))
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%s, %s: found %v, want %v", when, c.name, got, c.want)
				}
			}
		}
		ask("not indexed")
		must(t, in.IndexAll(ctx, "teste"))
		if ids, err := s.Found(ctx, store.SearchQuery{All: [][]store.Term{{{Text: "SUITE"}}}, Below: 1 << 60, Most: 10}); err != nil || len(ids) != 2 {
			t.Fatalf("the index has %v of two: %v", ids, err)
		}
		ask("indexed")
		must(t, in.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: number(leak), Status: "90", Comment: "Calha limpa"}))
		cases = []struct {
			name string
			as   desk.Actor
			q    flow.ListQuery
			want []string
		}{
			{"a new word", flowtest.Attendant(), flow.ListQuery{Text: "calha"}, []string{leak}},
			{"an old status", flowtest.Attendant(), flow.ListQuery{View: flow.ViewOpen, Text: "suite"}, nil},
			{"two pages", flowtest.Attendant(), flow.ListQuery{Text: "suite", Statuses: []string{"90"}}, []string{door, leak}},
		}
		ask("changed since")
		must(t, in.IndexAll(ctx, "teste"))
		ask("indexed anew")
	})
}

// TestFindPages: every one is found on exactly one page, whatever part of them is indexed.
func TestFindPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		const all = 17
		for i := range all {
			in.Open(t)
			if i == 9 {
				must(t, in.IndexAll(t.Context(), "teste"))
			}
		}
		must(t, in.CommentByHand(t.Context(), flowtest.Attendant(), flow.CommentInput{Number: 1003, Text: "mudou"})) // indexed, and stale
		seen, after, pages := map[int64]int{}, "", 0
		for pages = 1; pages < 20; pages++ {
			list, err := in.List(t.Context(), flowtest.Attendant(), flow.ListQuery{View: flow.ViewAll, Text: "aurora", After: after, Most: 5})
			must(t, err)
			for _, l := range list.Lines {
				seen[l.Number]++
			}
			if after = list.Next; after == "" {
				break
			}
		}
		if len(seen) != all || pages != 4 {
			t.Errorf("%d of %d on %d pages", len(seen), all, pages)
		}
		for n, times := range seen {
			if times != 1 {
				t.Errorf("%d stands %d times", n, times)
			}
		}
	})
}

// TestFindForgets: what a person wrote is found no more once it was erased, and its words leave the index.
func TestFindForgets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx := t.Context()
		number, err := in.OpenByHand(ctx, flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "Xilofone quebrado pela obra"})
		must(t, err)
		must(t, in.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: number, Status: "90", Comment: "ok"}))
		must(t, in.IndexAll(ctx, "teste"))
		words := func(begin string) []string {
			w, err := s.Read().WordsBeginning(ctx, db.WordsBeginningParams{FromWord: begin, ToWord: begin + "Z", Most: 5})
			must(t, err)
			return w
		}
		if len(words("XILOF")) != 1 {
			t.Fatal("the word is not indexed")
		}
		found, err := in.Search(ctx, flowtest.Admin(), "AUR-A-101", 5)
		must(t, err)
		must(t, in.ErasePerson(ctx, flowtest.Admin(), found.People[0].CustomerID, "carta"))
		if ids, err := s.Found(ctx, store.SearchQuery{All: [][]store.Term{{{Text: "XILOFONE"}}}, Below: 1 << 60, Most: 1}); err != nil || len(ids) > 0 {
			t.Errorf("and finds %v by it: %v", ids, err)
		}
		must(t, in.IndexAll(ctx, "teste"))
		if left := words("XILOF"); len(left) > 0 {
			t.Errorf("the index still has %v", left)
		}
		list, err := in.List(ctx, flowtest.Attendant(), flow.ListQuery{View: flow.ViewAll, Text: "xilofone", Most: 5})
		if err != nil || len(list.Lines) > 0 {
			t.Errorf("found is %v, %v", list.Lines, err)
		}
	})
}
