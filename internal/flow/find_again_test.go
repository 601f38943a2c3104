package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// TestFindAgain: what is renamed between the indexer's reading and its writing is not taken for indexed, whoever renames.
func TestFindAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx := t.Context()
		in.Open(t)
		customer := customerOf(t, in, "AUR-A-101")
		for name, rename := range map[string]func(tx *store.Tx) error{
			"one":  func(tx *store.Tx) error { return tx.UnfindCustomer(ctx, customer) },
			"many": func(tx *store.Tx) error { return tx.Many().Unfind(ctx, []int64{customer}) },
			"none": func(*store.Tx) error { return nil }, // the control
		} {
			rows, err := s.Read().UnfoundOccurrences(ctx, 1)
			must(t, err)
			if len(rows) != 1 {
				t.Fatalf("%s: %v waits to be indexed", name, rows)
			}
			must(t, s.Write(ctx, rename))
			var n int64
			must(t, s.Write(ctx, func(tx *store.Tx) (err error) {
				n, err = tx.SetFound(ctx, db.SetFoundParams{ID: rows[0].ID, Rev: rows[0].Rev})
				return err
			}))
			if taken := n != 0; taken != (name == "none") {
				t.Errorf("%s: %v of it is taken for indexed", name, n)
			}
			must(t, s.Write(ctx, func(tx *store.Tx) error { return tx.UnfindCustomer(ctx, customer) }))
		}
	})
}

func customerOf(t *testing.T, in *flowtest.Installation, contract string) int64 {
	t.Helper()
	found, err := in.Search(t.Context(), flowtest.Admin(), contract, 5)
	must(t, err)
	return found.People[0].CustomerID
}

// TestFindRenamed: a development and a block that an import renames are found by their new names, once the indexer has been
// there and however many occurrences there are, and by their former ones no more; a name that comes meanwhile, too.
func TestFindRenamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx := t.Context()
		const all = 3
		for range all {
			in.Open(t)
		}
		must(t, in.IndexAll(ctx, "teste"))
		rename := func(development, block string) {
			t.Helper()
			im, err := in.ImportRegistry(ctx, flowtest.Admin())
			must(t, err)
			out, err := im.Take(ctx, []flow.RegistryRow{{File: 1, Line: 1, Kind: flow.OfBlocks, Development: "AUR", DevelopmentName: development, Block: "A", BlockName: block}})
			must(t, err)
			if len(out) != 1 || len(out[0].Reasons) > 0 {
				t.Fatalf("the import: %+v", out)
			}
		}
		finds := func(want int, texts ...string) {
			t.Helper()
			for _, text := range texts {
				list, err := in.List(ctx, flowtest.Attendant(), flow.ListQuery{View: flow.ViewAll, Text: text, Most: 10})
				must(t, err)
				if len(list.Lines) != want || list.Behind {
					t.Errorf("%s: %d of %d, behind: %v", text, len(list.Lines), want, list.Behind)
				}
			}
		}
		rename("Jequitibá", "Bloco Sumaúma")
		list, err := in.List(ctx, flowtest.Attendant(), flow.ListQuery{View: flow.ViewAll, Text: "jequitiba", Most: 10})
		if err != nil || !list.Behind {
			t.Errorf("the page doesn't say that some may be missing: %v", err)
		}
		must(t, in.IndexAll(ctx, "teste"))
		finds(all, "jequitiba", "sumauma")
		rename("Pequizeiro", "")
		k, err := in.NextIndex(ctx, "teste", 0)
		must(t, err)
		step := func() bool {
			over, err := k.Step(ctx)
			must(t, err)
			return over
		}
		step() // begins
		rename("Buriti", "")
		for !step() {
			continue
		}
		must(t, k.Leave(ctx))
		finds(all, "buriti", "sumauma")
		finds(0, "jequitiba", "pequizeiro")
		if marks, err := s.Read().SearchMarks(ctx); err != nil || len(marks) > 0 {
			t.Errorf("%v is left, %v", marks, err)
		}
	})
}

// TestFindForgetsMany: words by the hundred leave the list after an erasure, in pieces, and so do those of another that comes
// meanwhile; what others wrote stays. The erasure itself looks at none of them.
func TestFindForgetsMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx := t.Context()
		open := func(unit, text string) {
			n, err := in.OpenByHand(ctx, flowtest.Attendant(), flow.OpenInput{Project: unit, BlockNewCustomer: "T", Subject: "x", Description: text})
			must(t, err)
			must(t, in.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: n, Status: "90", Comment: "ok"}))
		}
		var b strings.Builder
		for i := range 450 {
			fmt.Fprintf(&b, "zz%03dq ", i)
		}
		open("AUR-A-101", b.String())
		open("AUR-B-203", "aa000q fica")
		must(t, in.IndexAll(ctx, "teste"))
		words := func(begin string) int {
			w, err := s.Read().WordsBeginning(ctx, db.WordsBeginningParams{FromWord: begin, ToWord: begin + "ZZ", Most: 1000})
			must(t, err)
			return len(w)
		}
		first, second := customerOf(t, in, "AUR-A-101"), customerOf(t, in, "AUR-B-203")
		must(t, in.ErasePerson(ctx, flowtest.Admin(), first, "carta"))
		if n := words("ZZ"); n != 450 {
			t.Errorf("the erasure left %d words: it went through them", n)
		}
		if has, err := s.Finds(ctx, store.Term{Text: "ZZ001Q"}); err != nil || has {
			t.Errorf("and it is found by them: %v", err)
		}
		passed := false
		k, err := in.NextIndex(context.WithoutCancel(ctx), "teste", 0)
		must(t, err)
		for over := false; !over; {
			over, err = k.Step(ctx)
			must(t, err)
			if n := words("ZZ"); n < 450 && !passed {
				passed = true
				if words("AA000Q") != 1 {
					t.Error("a word that somebody has is gone")
				}
				must(t, in.ErasePerson(ctx, flowtest.Admin(), second, "carta")) // its words were looked at already
			}
		}
		must(t, k.Leave(ctx))
		if words("ZZ") != 0 || words("AA000Q") != 0 || words("AURORA") != 1 {
			t.Errorf("left are %d, %d and %d", words("ZZ"), words("AA000Q"), words("AURORA"))
		}
	})
}
