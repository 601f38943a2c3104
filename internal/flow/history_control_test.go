package flow_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/seal"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// The control: what histories are compared with finds each kind of damage.
func TestControlTheCheckFindsDamage(t *testing.T) {
	ctx, h := context.Background(), newHistory(t)
	for want, damage := range map[string]func(*store.Tx, *picture) error{
		"message 2 is entregue after 0 sends": func(tx *store.Tx, p *picture) error {
			return tx.SetDelivered(ctx, db.SetDeliveredParams{ID: p.deliveries[1].ID})
		},
		"of which 1 wait": func(tx *store.Tx, p *picture) error {
			return tx.SetDelivered(ctx, db.SetDeliveredParams{ID: p.deliveries[0].ID, SettledAt: store.Null(1)})
		},
		"of which 2 wait": func(tx *store.Tx, p *picture) error {
			return tx.AdvanceLane(ctx, db.AdvanceLaneParams{ID: p.lanes[0].ID, Now: 1})
		},
		"will never be due": func(tx *store.Tx, p *picture) error {
			_, err := tx.ReleaseLane(ctx, db.ReleaseLaneParams{ID: p.lanes[0].ID, Token: p.lanes[0].Token, Blocked: 1})
			return err
		},
		"is ignorado without a reason": func(tx *store.Tx, p *picture) error {
			return tx.SetIgnored(ctx, db.SetIgnoredParams{ID: p.deliveries[0].ID})
		},
		"was caused by a comentario of mobuss": func(tx *store.Tx, p *picture) error {
			comment := p.movements[len(p.movements)-1]
			return tx.Refreeze(ctx, db.RefreezeParams{ID: p.deliveries[1].ID, MovementID: comment.ID, ConfigVersionID: p.deliveries[1].ConfigVersionID})
		},
		"status 50 after a movement to 40": func(tx *store.Tx, p *picture) error {
			return tx.SetOccurrenceStatus(ctx, db.SetOccurrenceStatusParams{ID: p.row.ID, StatusCode: "50"})
		},
		"lines of ocorrencia.comentar in the audit": func(tx *store.Tx, p *picture) error {
			return tx.Audit(ctx, db.AuditParams{Action: "ocorrencia.comentar", Subject: "ocorrencia:" + p.orders[0].LegacyID})
		},
		"is uncertain without a reason": func(tx *store.Tx, p *picture) error {
			return tx.SetUnknown(ctx, db.SetUnknownParams{ID: p.deliveries[0].ID})
		},
		"was fila and is entregue": func(tx *store.Tx, p *picture) error {
			return tx.SetDelivered(ctx, db.SetDeliveredParams{ID: p.deliveries[0].ID, SettledAt: store.Null(1)})
		},
	} {
		var found []string
		repeatedly(t, 1, 1, func(rt *rapid.T) {
			h.T, h.ways = rt, map[[2]desk.DeliveryState]int{}
			n := h.Open(t)
			h.must(h.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20"}))
			h.must(h.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: n, Status: "40", Comment: "x"}))
			_, err := h.Comment(ctx, h.Call("IncluirComentario", flow.NewID(), "", h.Field), flow.CommentInput{Number: n, Text: "do campo"})
			h.must(err)
			before := h.picture(n)
			if problems := before.problems(h); len(problems) > 0 {
				h.Fatalf("before any damage: %v", problems)
			}
			h.must(h.Store.Write(ctx, func(tx *store.Tx) error { return damage(tx, before) }))
			after := h.picture(n)
			found = append(after.problems(h), after.since(before, h.ways)...)
		})
		if !strings.Contains(strings.Join(found, "\n"), want) {
			t.Errorf("not found: %s; only %q", want, found)
		}
	}
}

// TestTheDatabaseKeepsOneLiveOrder: a second live order in a lane is refused by the database itself.
func TestTheDatabaseKeepsOneLiveOrder(t *testing.T) {
	b := newBench(t)
	n := b.opened()
	row, err := b.Store.Read().OccurrenceByNumber(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertOrder(context.Background(), db.InsertOrderParams{OccurrenceID: row.ID, ConnectionID: row.ConnectionID,
			Environment: row.Environment, LegacyID: "another", State: desk.OrderOpening, OpenedBy: desk.House})
		return err
	}); err == nil {
		t.Error("two live orders in one lane")
	}
}

// TestWhatCantBeReadKeepsNobodyElse: a delivery that no key at hand opens blocks its own lane and no other. If it was
// never sent it has failed; if it was, nobody can say, and a person decides.
func TestWhatCantBeReadKeepsNobodyElse(t *testing.T) {
	b := newBench(t)
	sent, queued := b.Open(t), b.Open(t)
	b.mustMove(sent, "20")
	b.one(desk.OpenOrder)
	b.clock = b.clock.Add(time.Hour) // its worker died
	b.mustMove(queued, "20")
	keys, err := seal.New("another secret of the tests")
	if err != nil {
		t.Fatal(err)
	}
	b.Flow = flow.New(flow.Deps{Store: b.Store, Keys: keys, Now: b.Now})
	fresh := b.Open(t)
	b.mustMove(fresh, "20")
	b.settle(b.one(desk.OpenOrder), accepted)
	b.want(fresh, "50", desk.Delivered)
	if d := b.want(queued, "99", desk.Refused).Deliveries[0]; d.Reason.Code != desk.WhyUnreadable {
		t.Errorf("%+v", d)
	}
	if d := b.want(sent, "99", desk.Uncertain).Deliveries[0]; d.Reason.Code != desk.WhyUnreadable || !d.NeedsPerson {
		t.Errorf("%+v", d)
	}
	if err := b.Resend(t.Context(), flowtest.Attendant(), b.show(queued).Deliveries[0].ID); err != nil {
		t.Fatal(err)
	}
	b.settle(b.one(desk.OpenOrder), flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-2"}})
	b.want(queued, "50", desk.Delivered)
}

// TestTheFieldClosesBeforeTheAnswerIsKnown: what the field closes, it has. The order stays closed when a look-up finds
// it, a reopened occurrence gets another one, and an opening that turns out not to be there is not sent any more.
func TestTheFieldClosesBeforeTheAnswerIsKnown(t *testing.T) {
	for _, there := range []bool{true, false} {
		b := newBench(t)
		n := b.Open(t)
		b.mustMove(n, "20")
		b.settle(b.one(desk.OpenOrder), flow.Outcome{Verdict: flow.Unknown, Reason: desk.Because("tempo_esgotado")})
		if _, err := b.Close(t.Context(), b.Call("EncerrarOcorrencia", "1", "", b.Field), flow.CloseInput{Number: n, Solution: "feito"}); err != nil {
			t.Fatal(err)
		}
		want := desk.Delivered
		if there {
			b.settle(b.one(desk.OpenOrder), accepted)
		} else {
			want = desk.Ignored
			b.settle(b.one(desk.OpenOrder), flow.Outcome{Verdict: flow.TryAgain})
			if jobs := b.claim(); len(jobs) != 0 {
				t.Errorf("an order that the field closed is opened again: %+v", jobs)
			}
		}
		o := b.want(n, "90", want)
		if o.Orders[0].State != desk.OrderClosed {
			t.Errorf("there %v: the order is %s", there, o.Orders[0].State)
		}
		b.mustMove(n, "10")
		b.mustMove(n, "20")
		b.settle(b.one(desk.OpenOrder), flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-2"}})
		if o = b.want(n, "50", want, desk.Delivered); len(o.Orders) != 2 || o.Orders[1].State != desk.OrderOpen {
			t.Errorf("there %v: %+v", there, o.Orders)
		}
	}
	b := newBench(t) // an opening that was never sent can't be meant
	n := b.Open(t)
	b.mustMove(n, "20")
	if _, err := b.Close(t.Context(), b.Call("EncerrarOcorrencia", "1", "", b.Field), flow.CloseInput{Number: n, Solution: "feito"}); err != nil {
		t.Fatal(err)
	}
	b.settle(b.one(desk.OpenOrder), accepted)
	if o := b.show(n); o.Orders[0].State != desk.OrderOpen {
		t.Errorf("the order is %s", o.Orders[0].State)
	}
}
