package flow_test

import (
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

// boardText is what a board shows: "10:1000,1001" for an open column, "90" for a folded one; a plus for more than are shown.
func boardText(b *flow.Board) string {
	var out []string
	for _, c := range b.Columns {
		text := c.Code
		if c.Open {
			var cards []string
			for _, o := range c.Cards {
				cards = append(cards, fmt.Sprint(o.Number))
			}
			text += ":" + strings.Join(cards, ",")
		}
		if c.More {
			text += "+"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// TestBoard: the columns are the catalogue's, closed ones folded; each shows its newest, emergencies first, narrowed as the list is;
// and a card may become just what its page's buttons offer.
func TestBoard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := benchOn(t, s)
		in, ctx, ana := b.Installation, t.Context(), flowtest.Attendant()
		open := func(unit, subject string, emergency bool) int64 {
			n, err := in.OpenByHand(ctx, ana, flow.OpenInput{Project: unit, BlockNewCustomer: "T", Subject: subject, Description: "Água", Emergency: emergency})
			must(t, err)
			return n
		}
		move := func(n int64, to string) {
			must(t, in.MoveByHand(ctx, ana, flow.MoveInput{Number: n, Status: to, Comment: "x"}))
		}
		urgent := open("AUR-A-101", "Vazamento", true)
		door, sent, closed := open("AUR-B-203", "Porta", false), open("AUR-A-102", "Infiltração", false), open("AUR-A-101", "Tomada", false)
		move(sent, "20")
		move(closed, "90")
		refused := open("AUR-A-101", "Piso", false)
		move(refused, "20")
		see := func(a desk.Actor, q flow.ListQuery, want string) *flow.Board {
			t.Helper()
			got, err := in.Board(ctx, a, q)
			must(t, err)
			if text := boardText(got); text != want {
				t.Errorf("%+v:\n got %s\nwant %s", q, text, want)
			}
			return got
		}
		whole := see(ana, flow.ListQuery{}, fmt.Sprintf("10:%d,%d 20:%d,%d 30: 40: 50: 60: 80: 90 99:", urgent, door, refused, sent))
		if c := whole.Columns[7]; !c.Counted || c.Count.N != 1 {
			t.Errorf("a folded column counts %v", c.Count)
		}
		see(ana, flow.ListQuery{Columns: []string{"10", "90"}}, fmt.Sprintf("10:%d,%d 20 30 40 50 60 80 90:%d 99", urgent, door, closed))
		see(ana, flow.ListQuery{View: flow.ViewAll, Statuses: []string{"90"}}, fmt.Sprintf("10 20 30 40 50 60 80 90:%d 99", closed))
		see(ana, flow.ListQuery{Statuses: []string{"20"}, Developments: []string{"AUR"}}, fmt.Sprintf("10 20:%d,%d 30 40 50 60 80 90 99", refused, sent))
		words := see(ana, flow.ListQuery{Text: "agua", Columns: []string{"10", "20"}, Narrow: flow.Narrow{Blocks: []string{"A"}}}, fmt.Sprintf("10:%d 20:%d,%d 30 40 50 60 80 90 99", urgent, refused, sent))
		if c := words.Columns[0]; c.Counted || c.Count.N != 1 || !words.Opened {
			t.Errorf("what filters leave is counted: %+v", c.Count)
		}
		see(ana, flow.ListQuery{Text: fmt.Sprint(sent)}, fmt.Sprintf("10: 20:%d 30: 40: 50: 60: 80: 90 99:", sent))
		see(ana, flow.ListQuery{View: flow.ViewAll, Span: flow.Span{Event: flow.Opened, Unit: 0}, Columns: []string{"10"}}, fmt.Sprintf("10:%d,%d 20 30 40 50 60 80 90 99", door, urgent))
		elsewhere := flowtest.Attendant()
		elsewhere.Developments = []int64{999}
		none := see(elsewhere, flow.ListQuery{}, "10: 20: 30: 40: 50: 60: 80: 90 99:")
		if none.Columns[0].Count.N != 0 {
			t.Error("somebody of elsewhere is told how many there are")
		}
		see(elsewhere, flow.ListQuery{Text: "agua"}, "10: 20: 30: 40: 50: 60: 80: 90 99:")

		// What a card may become is what its page offers, whatever became of its order.
		buttons := func(a desk.Actor) {
			t.Helper()
			all, err := in.Board(ctx, a, flow.ListQuery{View: flow.ViewAll, Columns: []string{"10", "20", "50", "90", "99"}})
			must(t, err)
			seen := 0
			for _, c := range all.Columns {
				for _, o := range c.Cards {
					var want []string
					for _, n := range b.seen(a, o.Number).Next {
						want = append(want, n.Code)
					}
					if seen++; !slices.Equal(o.Next, want) {
						t.Errorf("%d in %s may become %v, its page says %v", o.Number, c.Code, o.Next, want)
					}
				}
			}
			if seen != 5 {
				t.Errorf("%d cards", seen)
			}
		}
		buttons(ana)
		for i, job := range claimed(t, in) {
			out := flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-1", "numero_os": "88214"}}
			if i > 0 {
				out = flow.Outcome{Verdict: flow.Rejected, Reason: desk.Because("recusado_pelo_mobuss", "http", 200, "mensagem", "x")}
			}
			must(t, in.Settle(ctx, job, out))
		}
		buttons(ana)
		buttons(manager)
		consultant := flowtest.Attendant()
		consultant.Roles = []desk.Role{desk.Consultant}
		buttons(consultant)
		after := see(ana, flow.ListQuery{Columns: []string{"50", "99"}}, fmt.Sprintf("10 20 30 40 50:%d 60 80 90 99:%d", sent, refused))
		arrived, stuck := after.Columns[4].Cards[0], after.Columns[8].Cards[0]
		if arrived.Order != desk.OrderOpen || arrived.OrderNumber != "88214" || arrived.Stuck != "" {
			t.Errorf("the one that arrived: %+v", arrived)
		}
		if stuck.Stuck != desk.Refused || stuck.Order != desk.OrderOpening {
			t.Errorf("the one that was refused: %s, %s", stuck.Stuck, stuck.Order)
		}

		// A move from where it no longer is does nothing.
		err := in.MoveByHand(ctx, ana, flow.MoveInput{Number: door, Status: "90", From: "20"})
		if got := wrongField(err); got != desk.ErrTransition || len(b.seen(ana, door).Movements) != 1 {
			t.Errorf("moved from elsewhere: %s", got)
		}
		must(t, in.MoveByHand(ctx, ana, flow.MoveInput{Number: door, Status: "90", From: "10"}))
	})
}

func claimed(t *testing.T, in *flowtest.Installation) []flow.Job {
	t.Helper()
	routes, err := in.Routes(t.Context())
	must(t, err)
	jobs, err := in.Claim(t.Context(), flow.ClaimRequest{Owner: "teste", Connection: routes[0].Connection, Environment: desk.Homologation, Lease: 60e9, Limit: 10})
	must(t, err)
	slices.SortFunc(jobs, func(x, y flow.Job) int { return int(x.OccurrenceID - y.OccurrenceID) })
	return jobs
}

// TestBoardIsBounded: a column shows no more than it shows, and says that there are more.
func TestBoardIsBounded(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	for i := range flow.CardsShown + 1 {
		_, err := in.OpenByHand(t.Context(), flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Subject: fmt.Sprint("Infiltração ", i), Description: "Água"})
		must(t, err)
	}
	for what, q := range map[string]flow.ListQuery{"plain": {}, "of a development": {Developments: []string{"AUR"}}, "by words": {Text: "infiltracao"},
		"of a span": {Span: flow.Span{Event: flow.Opened}}} {
		b, err := in.Board(t.Context(), flowtest.Attendant(), q)
		must(t, err)
		if c := b.Columns[0]; len(c.Cards) != flow.CardsShown || !c.More || c.Counted && c.Count.N != flow.CardsShown+1 || !c.Counted && !c.Count.More {
			t.Errorf("%s: %d cards, %v, more: %t", what, len(c.Cards), c.Count, c.More)
		}
	}
}
