package flow_test

import (
	"slices"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// kept changes one status of the catalogue that runs.
func (b *bench) kept(code string, change func(*desk.Status)) {
	b.t.Helper()
	own := flowtest.Own(b.t, b.Flow)
	change(&own.Statuses[slices.IndexFunc(own.Statuses, func(s desk.Status) bool { return s.Code == code })])
	if err := b.Configure(b.t.Context(), flowtest.Admin(), own); err != nil {
		b.t.Fatal(err)
	}
}

func offers(p *flow.OccurrencePage, code string) bool {
	return slices.ContainsFunc(p.Next, func(n flow.NextStatus) bool { return n.Code == code })
}

// TestAStatusIsKeptForSome: no button and no movement for the others, be they people or programs of the house; Mobuss and
// the system are not asked.
func TestAStatusIsKeptForSome(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		b.kept("90", func(s *desk.Status) { s.Movers = []desk.Mover{desk.MoverManager} })
		n := b.Open(t)
		if offers(b.seen(flowtest.Attendant(), n), "90") || !offers(b.seen(manager, n), "90") || !offers(b.seen(flowtest.Attendant(), n), "20") {
			t.Error("the buttons don't follow")
		}
		if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "90"}); code(err) != desk.ErrForbidden {
			t.Error("an attendant closes:", err)
		}
		byToken := func(in flow.MoveInput) error {
			_, err := b.Move(t.Context(), b.Call("MovimentarOcorrencia", "", in.Status+in.Comment, b.House), in)
			return err
		}
		if err := byToken(flow.MoveInput{Number: n, Status: "90"}); code(err) != desk.ErrForbidden {
			t.Error("a program closes:", err)
		}
		if _, err := b.Flow.Close(t.Context(), b.Call("EncerrarOcorrencia", "", "a", b.House), flow.CloseInput{Number: n, Solution: "Feito"}); code(err) != desk.ErrForbidden {
			t.Error("a program closes by the other operation:", err)
		}
		if err := b.MoveByHand(t.Context(), manager, flow.MoveInput{Number: n, Status: "90"}); err != nil {
			t.Error("a manager:", err)
		}
		b.kept("90", func(s *desk.Status) { s.Movers = []desk.Mover{desk.MoverProgram} })
		other := b.Open(t)
		if err := byToken(flow.MoveInput{Number: other, Status: "90"}); err != nil {
			t.Error("a program that it is kept for:", err)
		}
		b.kept("90", func(s *desk.Status) { s.Movers = []desk.Mover{desk.MoverManager} })
		third := b.Open(t)
		if _, err := b.Flow.Close(t.Context(), b.Call("EncerrarOcorrencia", "", "b", b.Field), flow.CloseInput{Number: third, Solution: "Feito"}); err != nil {
			t.Error("the field closes:", err)
		}
	})
}

// TestAStatusAsksForAComment of people and programs of the house; nobody else is asked, and nothing is written without.
func TestAStatusAsksForAComment(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		for _, of := range []string{"20", "50", "99"} {
			b.kept(of, func(s *desk.Status) { s.CommentRequired = true })
		}
		n := b.Open(t)
		const want = desk.ErrParameter + "/comentario"
		if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20", Comment: "  "}); code(err) != want {
			t.Error("a person:", err)
		}
		if _, err := b.Move(t.Context(), b.Call("MovimentarOcorrencia", "", "20", b.House), flow.MoveInput{Number: n, Status: "20"}); code(err) != want {
			t.Error("a program of the house:", err)
		}
		if p := b.seen(manager, n); p.Status.Code != "10" || len(p.Deliveries) != 0 {
			t.Errorf("refused, and yet in %s with %+v", p.Status.Code, p.Deliveries)
		}
		if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20", Comment: "Pinga"}); err != nil {
			t.Fatal(err)
		}
		b.settle(b.one(desk.OpenOrder), flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-1"}})
		b.want(n, "50", desk.Delivered) // which the system moved to, without a word
		if _, err := b.Move(t.Context(), b.Call("MovimentarOcorrencia", "", "50", b.Field), flow.MoveInput{Number: n, Status: "50"}); err != nil {
			t.Error("the field:", err)
		}
	})
}

// TestAFormerStatusKeepsItsName: what once was in it can still be read after it was taken away.
func TestAFormerStatusKeepsItsName(t *testing.T) {
	b := newBench(t)
	n := b.Open(t)
	first := flowtest.Own(t, b.Flow)
	with := func(change func(*mapping.Config)) error {
		own := *first
		own.Statuses = slices.Clone(first.Statuses)
		change(&own)
		return b.Configure(t.Context(), flowtest.Admin(), &own)
	}
	add := func(c *mapping.Config) {
		c.Statuses[0].Next = append([]string{"70"}, c.Statuses[0].Next...)
		c.Statuses = append(c.Statuses, desk.Status{Code: "70", Name: "aguardando peça", Kind: desk.KindWait, Next: []string{"10", "90"}})
	}
	if err := with(add); err != nil {
		t.Fatal(err)
	}
	b.mustMove(n, "70")
	if err := with(func(*mapping.Config) {}); code(err) != desk.ErrConfig+"/status.70" {
		t.Fatal("taken away from under its occurrence:", err)
	}
	b.mustMove(n, "90")
	if err := with(func(*mapping.Config) {}); err != nil {
		t.Fatal("nobody is in it any more:", err)
	}
	if s := b.seen(manager, n).StatusOf("70"); s.Name != "aguardando peça" || s.Kind != desk.KindWait {
		t.Errorf("the history says %+v", s)
	}
	if err := b.MoveByHand(t.Context(), manager, flow.MoveInput{Number: n, Status: "70"}); code(err) == "" {
		t.Error("one can still move there")
	}
}
