package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// benches is a bench on each database.
func benches(t *testing.T, f func(t *testing.T, b *bench)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { f(t, benchOn(t, s)) })
}

func benchOn(t *testing.T, s *store.Store) *bench {
	b := &bench{t: t, clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	b.Installation = flowtest.New(t, s, flow.Deps{Now: func() time.Time {
		b.clock = b.clock.Add(time.Millisecond)
		return b.clock
	}})
	return b
}

var manager = desk.Actor{Kind: "usuario", ID: "3", Name: "Carla Nunes", Origin: desk.House, Roles: []desk.Role{desk.Manager}}

// refused is an occurrence whose comment Mobuss refused, with so many waiting behind it.
func (b *bench) refused(behind int) (number int64, delivery string) {
	b.t.Helper()
	n := b.opened()
	b.mustMove(n, "40")
	j := b.one(desk.AddComment)
	b.settle(j, refusedBecause("recusado_pelo_mobuss"))
	for range behind {
		b.mustMove(n, "40")
	}
	return n, j.DeliveryID
}

func (b *bench) deliveries(q flow.DeliveriesQuery) *flow.Deliveries {
	b.t.Helper()
	if q.Most == 0 {
		q.Most = 50
	}
	d, err := b.ListDeliveries(b.t.Context(), flowtest.Attendant(), q)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func ids(d *flow.Deliveries) (out []string) {
	for _, l := range d.Lines {
		out = append(out, l.ID)
	}
	return out
}

// TestTheListOfDeliveries: each filter finds what it says and nothing else.
func TestTheListOfDeliveries(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		first, one := b.refused(2)
		noon := b.clock.Add(time.Hour)
		b.clock = b.clock.Add(24 * time.Hour)
		second, two := b.refused(0)
		blocked := b.deliveries(flow.DeliveriesQuery{Blocked: true})
		if got := ids(blocked); !slices.Equal(got, []string{two, one}) {
			t.Fatalf("blocked: %v, want %v", got, []string{two, one})
		}
		if l := blocked.Lines[1]; l.Behind != 2 || l.Number != first || l.OrderNumber != "88001" || blocked.Waiting.N != 2 {
			t.Errorf("the head: %+v, %d wait", l, blocked.Waiting.N)
		}
		for name, c := range map[string]struct {
			q    flow.DeliveriesQuery
			want int
		}{
			"all":               {flow.DeliveriesQuery{}, 6},
			"queued":            {flow.DeliveriesQuery{States: []desk.DeliveryState{desk.Queued}}, 2},
			"on their way":      {flow.DeliveriesQuery{States: []desk.DeliveryState{desk.Queued, desk.Sending, desk.Uncertain, desk.Refused}}, 4},
			"delivered":         {flow.DeliveriesQuery{States: []desk.DeliveryState{desk.Delivered}}, 2},
			"ignored":           {flow.DeliveriesQuery{States: []desk.DeliveryState{desk.Ignored}}, 0},
			"openings":          {flow.DeliveriesQuery{Point: desk.OpenOrder}, 2},
			"blocked comments":  {flow.DeliveriesQuery{Blocked: true, Point: desk.AddComment}, 2},
			"blocked openings":  {flow.DeliveriesQuery{Blocked: true, Point: desk.OpenOrder}, 0},
			"homologation":      {flow.DeliveriesQuery{Environment: desk.Homologation}, 6},
			"production":        {flow.DeliveriesQuery{Environment: desk.Production}, 0},
			"this version":      {flow.DeliveriesQuery{Version: 1}, 6},
			"no such version":   {flow.DeliveriesQuery{Version: 7}, 0},
			"of a reason":       {flow.DeliveriesQuery{Reason: "recusado_pelo_mobuss"}, 2},
			"reason by text":    {flow.DeliveriesQuery{Text: "recusado_pelo_mobuss"}, 2},
			"before noon":       {flow.DeliveriesQuery{Until: noon}, 4},
			"since noon":        {flow.DeliveriesQuery{Since: noon}, 2},
			"by occurrence":     {flow.DeliveriesQuery{Text: fmt.Sprint(first)}, 4},
			"by the other":      {flow.DeliveriesQuery{Text: " " + fmt.Sprint(second) + " "}, 2},
			"by id":             {flow.DeliveriesQuery{Text: strings.ToUpper(two)}, 1},
			"by id, not queued": {flow.DeliveriesQuery{Text: two, States: []desk.DeliveryState{desk.Queued}}, 0},
			"by order":          {flow.DeliveriesQuery{Text: "88001"}, 6},
			"by nothing known":  {flow.DeliveriesQuery{Text: "nada disso"}, 0},
		} {
			if got := b.deliveries(c.q); len(got.Lines) != c.want {
				t.Errorf("%s: %d lines, want %d", name, len(got.Lines), c.want)
			}
		}
		waits := b.deliveries(flow.DeliveriesQuery{States: []desk.DeliveryState{desk.Queued}})
		if !waits.Lines[0].Waits || waits.Lines[0].Blocked() {
			t.Errorf("what stands behind a refused one: %+v", waits.Lines[0])
		}
		nobody := desk.Actor{Kind: "usuario", Roles: []desk.Role{}}
		if _, err := b.ListDeliveries(t.Context(), nobody, flow.DeliveriesQuery{Most: 5}); code(err) != desk.ErrForbidden {
			t.Error("somebody without a role sees the list:", err)
		}
		elsewhere := flowtest.Attendant()
		elsewhere.Developments = []int64{777}
		if d, err := b.ListDeliveries(t.Context(), elsewhere, flow.DeliveriesQuery{Most: 5}); err != nil || len(d.Lines) != 0 {
			t.Error("somebody of another development sees", d, err)
		}
		if _, err := b.DeliveryPage(t.Context(), elsewhere, one); code(err) != desk.ErrNoDelivery {
			t.Error("somebody of another development opens one:", err)
		}
	})
}

// TestPagesOfDeliveries: every row once, in one order, whatever the page's size and question.
func TestPagesOfDeliveries(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		for range 3 {
			b.refused(1)
		}
		for _, q := range []flow.DeliveriesQuery{{}, {Blocked: true}, {States: []desk.DeliveryState{desk.Queued, desk.Refused}}, {Version: 1},
			{Reason: "recusado_pelo_mobuss"}, {States: []desk.DeliveryState{desk.Delivered}}, {Text: "recusado_pelo_mobuss"}} {
			whole := ids(b.deliveries(q))
			var paged []string
			for q.Most = 2; ; {
				d := b.deliveries(q)
				paged = append(paged, ids(d)...)
				if q.After = d.Next; d.Next == "" {
					break
				}
			}
			if len(whole) < 3 || !slices.Equal(whole, paged) {
				t.Errorf("%+v: whole %v, paged %v", q, whole, paged)
			}
		}
	})
}
