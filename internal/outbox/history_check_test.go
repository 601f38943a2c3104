package outbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store/db"
)

// calm lets everything come to its end, in homologation and then in production.
func (h *history) calm() {
	h.configure(desk.MethodC)
	for _, p := range []desk.Phase{desk.Implementing, desk.Live} {
		h.enter(p)
		h.finish()
	}
}

// finish lets what is on its way now come to its end: workers without trouble, and people who decide what blocks.
func (h *history) finish() {
	h.flights = nil
	h.pass(historyLease)
	for rounds := 0; ; rounds++ {
		if rounds > 500 {
			h.Fatal("it never comes to an end")
		}
		if wait, due := h.nextDue(); h.runAll() > 0 || due {
			h.pass(wait)
			continue
		}
		decided := 0
		for _, n := range h.numbers {
			how := "resend"
			if h.again[fmt.Sprint(n)] {
				how = "skip"
			}
			k := h.decide(n, how)
			h.again[fmt.Sprint(n)] = k > 0 && how == "resend"
			decided += k
		}
		if decided == 0 {
			return
		}
	}
}

// nextDue is for how long nothing is due, if anything will be.
func (h *history) nextDue() (wait time.Duration, any bool) {
	routes, err := h.Routes(h.Context())
	h.must(err)
	for _, r := range routes {
		due, err := h.NextDue(h.Context(), r.Connection, r.Environment)
		h.must(err)
		if due.IsZero() {
			continue
		}
		if d := max(due.Sub(h.clock), 0); !any || d < wait {
			wait, any = d, true
		}
	}
	return wait, any
}

func (h *history) runAll() (n int) {
	routes, err := h.Routes(h.Context())
	h.must(err)
	for _, r := range routes {
		jobs, err := h.Claim(h.Context(), flow.ClaimRequest{Owner: "calm", Connection: r.Connection, Environment: r.Environment, Lease: historyLease, Limit: 10})
		h.must(err)
		for _, j := range jobs {
			f := &flight{Job: j, claimed: h.clock}
			h.exchange(f, fine)
			h.settled(f)
			n++
		}
	}
	return n
}

// twice are the deliveries that the field did more than once.
func (h *history) twice() (all []string) {
	for _, f := range h.fields {
		times := map[string]int{}
		for _, d := range f.did {
			if times[d.delivery]++; times[d.delivery] == 2 {
				all = append(all, d.delivery)
			}
		}
	}
	return all
}

// check is what every history must have kept.
func (h *history) check() {
	if again := h.twice(); len(again) > 0 {
		h.Errorf("done twice: %v", again)
	}
	for _, f := range h.fields {
		h.checkOrders(f)
	}
	for _, n := range h.numbers {
		row, err := h.Store.Read().OccurrenceByNumber(h.Context(), n)
		h.must(err)
		rows, err := h.Store.Read().DeliveriesOf(h.Context(), row.ID)
		h.must(err)
		o, err := h.Show(h.Context(), flowtest.Attendant(), n)
		h.must(err)
		h.checkLane(row, rows)
		h.checkDeliveries(o, rows)
		h.checkBelief(o)
	}
}

// checkOrders: an opening has one order, and an occurrence one order at a time.
func (h *history) checkOrders(f *field) {
	open := map[int64]int{}
	for _, o := range f.orders {
		if o.Legacy != "" && len(f.byLegacy(o.Legacy)) != 1 {
			h.Errorf("%s: %d orders are called %s", f.env, len(f.byLegacy(o.Legacy)), o.Legacy)
		}
		if n := o.occurrence(); n != 0 && !o.closed {
			if open[n]++; open[n] > 1 && !h.excused[n] {
				h.Errorf("%s: occurrence %d has %d open orders", f.env, n, open[n])
			}
		}
		ours := "MOB-"
		if f.env == desk.Production {
			ours = "PROD-"
		}
		if !strings.HasPrefix(o.Unit, ours) {
			h.Errorf("%s: an order for unit %s", f.env, o.Unit)
		}
	}
}

// checkLane: places without gaps, done in the order of the lane, in its environment only, and nothing left over.
func (h *history) checkLane(o db.Occurrence, rows []db.Delivery) {
	place := map[string]int64{}
	for i, d := range rows {
		place[d.ID] = d.Seq
		if d.Seq != int64(i+1) || d.LaneID != rows[0].LaneID {
			h.Errorf("occurrence %d: delivery %d has place %d in lane %d", o.Number, i+1, d.Seq, d.LaneID)
		}
	}
	for env, f := range h.fields {
		last := int64(0)
		for _, d := range f.did {
			seq, ours := place[d.delivery]
			if !ours {
				continue
			}
			if env != o.Environment {
				h.Errorf("occurrence %d of %s: delivery %s in %s", o.Number, o.Environment, d.delivery, env)
			}
			if seq < last {
				h.Errorf("occurrence %d: message %d was done after message %d", o.Number, seq, last)
			}
			last = seq
		}
	}
	if len(rows) == 0 {
		return
	}
	lane, err := h.Store.Read().LaneByID(h.Context(), rows[0].LaneID)
	h.must(err)
	if lane.Pending != 0 || lane.NextAt.Valid || lane.LeaseUntil != 0 || lane.Environment != o.Environment {
		h.Errorf("occurrence %d: its lane at the end: %+v", o.Number, lane)
	}
}

// checkDeliveries: what is entregue is there, once and where it belongs; what is not has its reason; and nothing that
// came from the field went back.
func (h *history) checkDeliveries(o *flow.Occurrence, rows []db.Delivery) {
	f := h.fields[o.Environment]
	for _, d := range rows {
		m, err := h.Store.Read().MovementByID(h.Context(), d.MovementID)
		h.must(err)
		if m.Origin != desk.House {
			h.Errorf("delivery %s was caused by a movement of %s", d.ID, m.Origin)
		}
		switch {
		case d.State == desk.Delivered && !h.there(f, d):
			h.Errorf("%s of %d is entregue, and the field has it not", d.Point, o.Number)
		case d.State == desk.Ignored && d.ReasonCode == "", d.State != desk.Delivered && d.State != desk.Ignored:
			h.Errorf("%s of %d ends as %s because of %q", d.Point, o.Number, d.State, d.ReasonCode)
		}
	}
	for _, d := range f.did {
		ours := slices.ContainsFunc(rows, func(r db.Delivery) bool { return r.ID == d.delivery })
		if !ours || !strings.Contains(d.body, fromField) {
			continue
		}
		if d.point != desk.OpenOrder || o.Origin != desk.Field { // an order after a reopening tells what was first said
			h.Errorf("an echo: %s", d.body)
		}
	}
}

// there asks the field for a delivery by what it is known by there.
func (h *history) there(f *field, d db.Delivery) bool {
	o, err := h.Store.Read().OrderByID(h.Context(), d.OrderID.Int64)
	h.must(err)
	theirs := f.byID(o.MobussID.String)
	if theirs == nil {
		return false
	}
	switch d.Point {
	case desk.OpenOrder:
		return theirs.Legacy == o.LegacyID
	case desk.AddComment:
		return slices.Contains(theirs.comments, d.ID)
	case desk.AskVisit:
		return slices.Contains(theirs.visits, d.ID)
	}
	return theirs.closed
}

// checkBelief: what Ponte believes of an order is so, unless somebody is excused.
func (h *history) checkBelief(o *flow.Occurrence) {
	if h.excused[o.Number] {
		return
	}
	live := 0
	for _, s := range o.Orders {
		if s.State.Live() {
			live++
		}
		theirs := h.fields[o.Environment].byID(s.MobussID)
		if (s.State == desk.OrderOpen || s.State == desk.OrderClosed) && (theirs == nil || theirs.closed != (s.State == desk.OrderClosed)) {
			h.Errorf("occurrence %d: Ponte believes its order %s to be %s; the field has %+v", o.Number, s.LegacyID, s.State, theirs)
		}
	}
	if live > 1 {
		h.Errorf("occurrence %d has %d live orders", o.Number, live)
	}
	sorted := slices.IsSortedFunc(o.Movements, func(a, b flow.Movement) int {
		return a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second))
	})
	if !sorted {
		h.Errorf("occurrence %d: its timeline is out of order", o.Number)
	}
}
