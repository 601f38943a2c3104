package flow_test

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
)

const statesDoc = "../../docs/delivery-states.md"

func readDoc(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(statesDoc)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// rows are the cells of the table whose header begins with these columns, without their backticks.
func rows(t *testing.T, doc string, header ...string) (out [][]string) {
	t.Helper()
	_, rest, found := strings.Cut(doc, "| "+strings.Join(header, " | ")+" |\n")
	if !found {
		t.Fatalf("%s has no table %v", statesDoc, header)
	}
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i, c := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(c), "`")
		}
		if cells[0] != "---" {
			out = append(out, cells)
		}
	}
	return out
}

type wayOf struct{ from, to desk.DeliveryState }

// TestTheDocumentDrawsTheRule: the table and the drawing of docs/delivery-states.md are desk's CanBecome.
func TestTheDocumentDrawsTheRule(t *testing.T) {
	doc := readDoc(t)
	var table, drawing []wayOf
	for _, r := range rows(t, doc, "from", "to", "who", "when") {
		table = append(table, wayOf{desk.DeliveryState(r[0]), desk.DeliveryState(r[1])})
	}
	for _, m := range regexp.MustCompile(`(?m)^    (\w+) --> (\w+): `).FindAllStringSubmatch(doc, -1) {
		drawing = append(drawing, wayOf{desk.DeliveryState(m[1]), desk.DeliveryState(m[2])})
	}
	n := 0
	for _, from := range desk.DeliveryStates {
		for _, to := range desk.DeliveryStates {
			w := wayOf{from, to}
			is := from != to && from.CanBecome(to)
			if is {
				n++
			}
			if slices.Contains(table, w) != is || slices.Contains(drawing, w) != is {
				t.Errorf("%s to %s: the rule says %v, the table %v, the drawing %v", from, to, is, slices.Contains(table, w), slices.Contains(drawing, w))
			}
			if !from.CanBecome(from) {
				t.Errorf("%s can't stay", from)
			}
		}
	}
	if len(table) != n || len(drawing) != n {
		t.Errorf("%d ways, %d rows and %d arrows", n, len(table), len(drawing))
	}
	for _, name := range crashpoint.Names {
		if !slices.ContainsFunc(rows(t, doc, "crash point (`internal/crashpoint`)", "on disk", "what follows"), func(r []string) bool { return r[0] == name }) {
			t.Errorf("crash point %s is not told of", name)
		}
	}
}

// seen remembers what an occurrence's deliveries were, and notes what they become.
type seen struct {
	*bench
	number int64
	last   map[string]desk.DeliveryState
	ways   map[wayOf]bool
}

func (s *seen) look() {
	s.t.Helper()
	now := map[string]desk.DeliveryState{}
	for _, d := range s.show(s.number).Deliveries {
		now[d.ID] = d.State
		if from, ok := s.last[d.ID]; ok && from != d.State {
			s.ways[wayOf{from, d.State}] = true
		}
	}
	s.last = now
}

// TestEveryWayIsTaken: flow takes each way of the drawing, so none is there for nothing.
func TestEveryWayIsTaken(t *testing.T) {
	b := newBench(t)
	ways := map[wayOf]bool{}
	unknown := flow.Outcome{Verdict: flow.Unknown, Reason: desk.Because("tempo_esgotado")}
	ask := flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyNoLookUp)}
	again := flow.Outcome{Verdict: flow.TryAgain, Reason: desk.Because("http_inesperado")}
	refused, done := refusedBecause("recusado_pelo_mobuss"), flow.Outcome{Verdict: flow.Done}
	resend := func(s *seen, i int) error {
		return b.Resend(t.Context(), flowtest.Attendant(), s.show(s.number).Deliveries[i].ID)
	}
	skip := func(s *seen, i int) error {
		return b.Skip(t.Context(), flowtest.Attendant(), s.show(s.number).Deliveries[i].ID, "por telefone")
	}
	inDoubt := func(s *seen, i int) error {
		return b.Store.Write(t.Context(), func(tx *store.Tx) error {
			return tx.DoubtDelivery(context.Background(), s.show(s.number).Deliveries[i].ID)
		})
	}
	for _, story := range [][]any{
		{"40", done}, {"40", again, done}, {"40", refused, resend, done}, {"40", refused, skip}, {"40", unknown, done},
		{"40", unknown, again, refused, skip}, {"40", unknown, refused, skip}, {"40", ask, skip}, {"40", ask, resend, done},
		{"80", "the field closes"}, {"40", inDoubt, done}, {"40", inDoubt, again, done},
	} {
		s := &seen{bench: b, number: b.opened(), ways: ways}
		at := 1 // behind the opening
		for _, act := range story {
			s.look()
			switch act := act.(type) {
			case flow.Outcome:
				j := b.claim()[0]
				s.look()
				b.settle(j, act)
			case func(*seen, int) error:
				if err := act(s, at); err != nil {
					t.Fatal(err)
				}
			case string:
				s.special(act)
			}
			s.look()
		}
		if left := b.claim(); len(left) > 0 {
			t.Fatalf("%v leaves %+v", story, left)
		}
	}
	s := &seen{bench: b, number: b.Open(t), ways: ways} // an opening that is skipped leaves its comment without an order
	b.mustMove(s.number, "20")
	b.mustMove(s.number, "40")
	b.settle(b.one(desk.OpenOrder), refused)
	if err := skip(s, 0); err != nil {
		t.Fatal(err)
	}
	s.look()
	b.claim()
	s.look()
	for _, from := range desk.DeliveryStates {
		for _, to := range desk.DeliveryStates {
			if from != to && from.CanBecome(to) != ways[wayOf{from, to}] {
				t.Errorf("%s to %s: the rule says %v, taken: %v", from, to, from.CanBecome(to), ways[wayOf{from, to}])
			}
		}
	}
}

// special is what a story does beside settling and deciding; a status is a movement there.
func (s *seen) special(act string) {
	s.t.Helper()
	switch act {
	case "the field closes":
		if _, err := s.Close(s.t.Context(), s.Call("EncerrarOcorrencia", flow.NewID(), "", s.Field), flow.CloseInput{Number: s.number, Solution: "feito"}); err != nil {
			s.t.Fatal(err)
		}
		if jobs := s.claim(); len(jobs) != 0 {
			s.t.Fatalf("sent: %+v", jobs)
		}
	default:
		s.mustMove(s.number, act)
	}
}

// TestTheDocumentTellsWhatASettlementDoes: each verdict, after a send and after a look-up, as the table says.
func TestTheDocumentTellsWhatASettlementDoes(t *testing.T) {
	table := rows(t, readDoc(t), "verdict", "after", "delivery", "lane", "occurrence")
	b := newBench(t)
	for v := flow.Done; v <= flow.AskPerson; v++ {
		i := slices.IndexFunc(table, func(r []string) bool { return r[0] == v.String() })
		if i < 0 {
			t.Errorf("%s is not told of", v)
			continue
		}
		for after := range strings.SplitSeq(table[i][1], ", ") {
			state, lane, failed := b.settlement(v, after == "look", strings.HasPrefix(table[i][3], "due after a wait"))
			if state != table[i][2] || !strings.HasPrefix(table[i][3], lane) || failed != (v == flow.Rejected) {
				t.Errorf("%s after a %s: %s, %s, failure %v; the document says %v", v, after, state, lane, failed, table[i])
			}
		}
	}
	if len(table) != int(flow.AskPerson) {
		t.Errorf("%d verdicts are told of", len(table))
	}
}

// settlement settles the first of two comments, and tells in the document's words what became of it, of its lane and
// of the occurrence.
func (b *bench) settlement(v flow.Verdict, look, waits bool) (state, lane string, failed bool) {
	b.t.Helper()
	n := b.opened()
	b.mustMove(n, "40")
	b.mustMove(n, "40")
	j := b.one(desk.AddComment)
	if look {
		b.settle(j, flow.Outcome{Verdict: flow.Unknown})
		j = b.one(desk.AddComment)
	}
	out := flow.Outcome{Verdict: v, Reason: desk.Because("um_motivo")}
	if waits {
		out.In = time.Minute
	}
	b.settle(j, out)
	now := b.clock
	l, err := b.Store.Read().LaneByID(b.t.Context(), j.LaneID)
	if err != nil {
		b.t.Fatal(err)
	}
	switch {
	case !l.NextAt.Valid:
		lane = "blocked"
	case l.NextAt.Int64 > now.UnixMilli():
		lane = "due after a wait"
	default:
		lane = "due now"
	}
	o := b.show(n)
	b.clock = b.clock.Add(time.Hour)
	for jobs := b.claim(); len(jobs) > 0; jobs = b.claim() { // out of the next one's way
		for _, j := range jobs {
			b.settle(j, flow.Outcome{Verdict: flow.Done})
		}
	}
	return string(o.Deliveries[1].State), lane, o.Status.Code == "99"
}
