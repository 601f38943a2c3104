package flow_test

import (
	"errors"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// TestBulkMoveKeepsToItsPlan: what would tell Mobuss what the plan did not say, or no more what it did, is not moved,
// whatever was configured since: before it is begun, and while it goes on.
func TestBulkMoveKeepsToItsPlan(t *testing.T) {
	none := func(c *mapping.Config) { c.Method = desk.NoMethod }
	for what, c := range map[string]struct{ planned, done func(*mapping.Config) }{
		"quiet, and then a method that sends":  {none, func(*mapping.Config) {}},
		"told, and then a method that doesn't": {func(*mapping.Config) {}, none},
		"another point": {func(*mapping.Config) {}, func(c *mapping.Config) {
			for i := range c.Statuses {
				if s := &c.Statuses[i]; s.Code == "40" {
					s.Point = desk.AskVisit
				} else if s.Code == "30" {
					s.Point = desk.AddComment
				}
			}
		}},
	} {
		t.Run(what, func(t *testing.T) {
			b := newBench(t)
			a := b.mover("bruna@demo", desk.Attendant).Actor()
			numbers := []int64{b.opened(), b.opened(), b.opened()}
			b.configure(t, c.planned)
			plan := b.planned(a, b.choose(a, flow.BulkChoice{Numbers: numbers}), "40", "Visita na quinta.")
			if plan.Tally[flow.WouldMove] != 3 {
				t.Fatalf("planned %+v", plan)
			}
			b.begin(a, plan)
			w := b.nextMoves()
			if over, err := w.Step(t.Context(), 1); over || err != nil {
				t.Fatal(over, err)
			}
			b.must(w.Leave(t.Context()))
			b.configure(t, c.done) // while it goes on
			if m := b.worked(a, plan.ID); m.Tally[flow.Moved] != 1 || m.Kept["plano_mudou"] != 2 || m.Tells != plan.Tells/3 {
				t.Errorf("done %+v", m)
			}
			if n := b.audited(numbers[1], "ocorrencia.mover") + b.audited(numbers[2], "ocorrencia.mover"); n != 2 { // which opened their orders
				t.Errorf("moved otherwise than planned: %d", n-2)
			}
		})
	}
}

// TestStoppedWhilePlanning: what the plan never came to is not forgotten when it is tried again.
func TestStoppedWhilePlanning(t *testing.T) {
	b := newBench(t)
	a := b.mover("bruna@demo", desk.Attendant).Actor()
	for range 3 {
		b.Open(t)
	}
	id := b.choose(a, flow.BulkChoice{All: true, Asked: flow.ListQuery{View: flow.ViewOpen}})
	b.must(b.PlanBulkMove(t.Context(), a, id, "90", ""))
	w := b.nextMoves()
	if over, err := w.Step(t.Context(), 1); over || err != nil {
		t.Fatal(over, err)
	}
	b.must(w.Leave(t.Context()))
	b.must(b.StopBulkMove(t.Context(), a, id))
	if m := b.bulkMove(a, b.choose(a, flow.BulkChoice{Of: id})); m.Chosen != 3 {
		t.Errorf("tried again: %+v", m)
	}
}

// TestBulkMoveTellsOfLetters: who is written to because of it is part of its plan.
func TestBulkMoveTellsOfLetters(t *testing.T) {
	b := newBench(t)
	a := b.mover("bruna@demo", desk.Attendant).Actor()
	b.Open(t)
	id := b.choose(a, flow.BulkChoice{All: true, Asked: flow.ListQuery{View: flow.ViewOpen}})
	if m := b.planned(a, id, "90", ""); m.Letters {
		t.Error("letters that are off are told of")
	}
	on := desk.DefaultLetters()
	on.On = []desk.LetterKind{desk.LetterClosed}
	b.must(b.SetLetterSettings(t.Context(), flowtest.Admin(), on))
	if m := b.planned(a, id, "90", ""); !m.Letters {
		t.Error("letters that will be written are not told of")
	}
	if m := b.planned(a, id, "20", ""); m.Letters {
		t.Error("nobody is written to of what goes to the field")
	}
}

// TestErasedWordsAreNotSaidOfOthers: an act that is still to be done with a comment that may hold an erased person's words
// is ended with their erasure; whoever is at it writes nothing more.
func TestErasedWordsAreNotSaidOfOthers(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		a := b.mover("bruna@demo", desk.Attendant).Actor()
		other, err := b.OpenByHand(t.Context(), flowtest.Attendant(), flow.OpenInput{Project: "AUR-B-101", BlockNewCustomer: "T", Description: "Porta"})
		b.must(err)
		hers := b.Open(t)
		plan := b.planned(a, b.choose(a, flow.BulkChoice{Numbers: []int64{hers, other}}), "20", "Marina espera no portão.")
		b.begin(a, plan)
		w := b.nextMoves()
		b.must(b.MoveByHand(t.Context(), manager, flow.MoveInput{Number: hers, Status: "90"}))
		found, err := b.Search(t.Context(), flowtest.Admin(), "AUR-A-101", 5)
		b.must(err)
		b.must(b.ErasePerson(t.Context(), flowtest.Admin(), found.People[0].CustomerID, "pediu"))
		if _, err := w.Step(t.Context(), 5); !errors.Is(err, flow.ErrNoLease) {
			t.Errorf("goes on with her words: %v", err)
		}
		b.must(w.Leave(t.Context()))
		if m := b.bulkMove(a, plan.ID); m.State != flow.BulkStopped || m.Comment != flow.Gone || m.Tally[flow.Moved] != 0 {
			t.Errorf("left as %+v", m)
		}
		if o := b.show(other); o.Status.Code != "10" || strings.Contains(o.Movements[len(o.Movements)-1].Comment, "Marina") {
			t.Errorf("said of another: %+v", o)
		}
	})
}

// TestTakingAwayWhoStayedIsWrittenDown before the first row.
func TestTakingAwayWhoStayedIsWrittenDown(t *testing.T) {
	b := newBench(t)
	a := b.mover("bruna@demo", desk.Attendant).Actor()
	n := b.Open(t)
	m := b.planned(a, b.choose(a, flow.BulkChoice{Numbers: []int64{n}}), "80", "")
	seen := 0
	b.must(b.ExportBulkMove(t.Context(), a, m.ID, flow.Stays, func(l *flow.BulkMoveLine) error {
		seen++
		rows, err := b.Store.Read().AuditOf(t.Context(), "mover:"+m.ID)
		if err != nil || len(rows) != 1 || rows[0].Action != "ocorrencia.exportar" {
			t.Errorf("written down: %+v, %v", rows, err)
		}
		return nil
	}))
	if seen != 1 {
		t.Errorf("%d rows", seen)
	}
}

// TestTooManyAtOnce: all that a question finds is chosen as long as that is not too many, and none of them where it is; what
// was chosen and never begun is forgotten, with its act.
func TestTooManyAtOnce(t *testing.T) {
	rawBenches(t, func(t *testing.T, b *bench, raw func(string)) {
		a := b.mover("bruna@demo", desk.Attendant).Actor()
		b.Open(t)
		more := func(n, from int) { raw(manyOccurrences(n, from)) }
		all := flow.BulkChoice{All: true, Asked: flow.ListQuery{View: flow.ViewOpen}}
		more(600, 100_000)
		if m := b.bulkMove(a, b.choose(a, all)); m.Chosen != 601 || m.Tally[flow.MoveUnknown] != 601 || m.State != flow.BulkChosen {
			t.Errorf("chosen %+v", m)
		}
		more(flow.BulkMoveMost, 200_000)
		if _, err := b.ChooseBulkMove(t.Context(), a, all); fieldOf(err) != "ocorrencia" {
			t.Error("too many:", err)
		}
		for _, q := range []flow.ListQuery{all.Asked, {View: flow.ViewOpen, Span: flow.Span{Event: flow.Opened}}} {
			if n, err := b.CountChosen(t.Context(), a, q); err != nil || !n.More || n.N != flow.BulkMoveMost {
				t.Errorf("counted %+v: %v", n, err)
			}
		}
		if _, err := b.ChooseBulkMove(t.Context(), a, flow.BulkChoice{All: true, Asked: flow.ListQuery{View: flow.ViewOpen, Span: flow.Span{Event: flow.Opened}}}); fieldOf(err) != "ocorrencia" {
			t.Error("too many of a span:", err)
		}
		b.clock = b.clock.AddDate(0, 0, 8)
		if gone, err := b.ForgetBulkMoves(t.Context(), 0); err != nil || gone != 602 {
			t.Errorf("%d went: %v", gone, err)
		}
	})
}
