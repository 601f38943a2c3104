package lanecheck

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// stage is where schedules of the model are played for real: flow over a database, with a clock of its own. Messages
// are comments for an order that is open; the server, the wire and the workers are the model's.
type stage struct {
	*flowtest.Installation
	connection int64
	clock      time.Time
	lease      time.Duration
	settling   time.Duration
	orders     int
	mended     bool // the registry has what a broken message lacks

	// of the schedule that is being played
	number     int64
	occurrence int64
	lane       int64
	deliveries []string
	jobs       [maxWorkers]*flow.Job
}

// newStage sets up method C with one rule more: a request for a visit wants the customer's e-mail, which Otávio
// has not. So a message can be broken from birth, and be mended.
func newStage(t *testing.T, c clock) *stage {
	s := &stage{clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), lease: 10 * time.Second, settling: time.Hour}
	if c == leaseLast {
		s.lease, s.settling = time.Hour, 10*time.Second
	}
	s.Installation = flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{Now: func() time.Time { return s.clock }})
	cfg := flowtest.Config(t)
	cfg.Integration.Policy.Settling = mapping.Duration(s.settling)
	visit := cfg.Integration.Points[desk.AskVisit]
	visit.Params = append(visit.Params, mapping.Param{Target: "emailCliente", Field: "cliente.email", Required: true})
	cfg.Integration.Points[desk.AskVisit] = visit
	if err := s.Configure(t.Context(), flowtest.Admin(), cfg); err != nil {
		t.Fatal(err)
	}
	routes, err := s.Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.connection = routes[0].Connection
	return s
}

// begin gives a new schedule an occurrence that Mobuss opened, so that its order is open.
func (s *stage) begin(ctx context.Context) error {
	if s.mended {
		if err := s.email(ctx, ""); err != nil {
			return err
		}
	}
	s.orders++
	r, err := s.Flow.Open(ctx, s.Call("IncluirOcorrencia", fmt.Sprint("order ", s.orders), "", s.Field),
		flow.OpenInput{Project: "203", BlockNewCustomer: "T", Description: "Vazamento", MobussID: fmt.Sprint("SAT-", s.orders)})
	if err != nil {
		return err
	}
	o, err := s.Store.Read().OccurrenceByNumber(ctx, r.Number)
	s.number, s.occurrence, s.lane, s.deliveries, s.jobs = r.Number, o.ID, 0, nil, [maxWorkers]*flow.Job{}
	return err
}

// email gives Otávio one, or takes it from him.
func (s *stage) email(ctx context.Context, address string) error {
	s.mended = address != ""
	otavio := flow.RegistryCustomer{Name: "Otávio Sá", Document: flowtest.Otavio, Email: address}
	return s.PutRegistry(ctx, flowtest.Admin(), flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "AUR", Name: "Residencial Aurora",
		Blocks: []flow.RegistryBlock{{Code: "B", Name: "Bloco B", Units: []flow.RegistryUnit{{Number: "203", MobussIDHomologation: "MOB-AUR-B-203",
			Contracts: []flow.RegistryContract{{Code: "AUR-B-203", Customer: otavio}}}}}}}}})
}

// play does a step for real, from the model's state before it to the one after it.
func (s *stage) play(ctx context.Context, by step, before, after *state) error {
	s.clock = s.clock.Add(time.Millisecond)
	switch by.act {
	case enqueue:
		return s.move(ctx, "40")
	case enqueueBroken:
		return s.move(ctx, "30")
	case claim:
		return s.claim(ctx, by.who, &after.w[by.who])
	case settle:
		return s.settleJob(ctx, by.who, &before.w[by.who])
	case giveUp, crash:
		s.jobs[by.who] = nil
	case restart:
		s.jobs = [maxWorkers]*flow.Job{}
		_, err := s.VoidLeases(ctx)
		return err
	case handBack:
		return s.HandBack(ctx, owner(by.who))
	case expire:
		s.clock = s.clock.Add(s.lease)
	case settlingPasses:
		return s.waitOutSettling(ctx)
	case resend:
		if before.broken[by.who] {
			if err := s.email(ctx, "otavio@exemplo.com.br"); err != nil {
				return err
			}
		}
		return s.Resend(ctx, flowtest.Attendant(), s.deliveries[by.who])
	case skip:
		return s.Skip(ctx, flowtest.Attendant(), s.deliveries[by.who], "avisado por telefone")
	}
	return nil // the wire and the server are the model's alone
}

func owner(who uint8) string { return fmt.Sprint("worker ", who+1) }

func (s *stage) move(ctx context.Context, status string) error {
	if err := s.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: s.number, Status: status, Comment: "uma mensagem"}); err != nil {
		return err
	}
	rows, err := s.Store.Read().DeliveriesOf(ctx, s.occurrence)
	if err != nil {
		return err
	}
	last := rows[len(rows)-1]
	s.lane, s.deliveries = last.LaneID, append(s.deliveries, last.ID)
	return nil
}

func (s *stage) claim(ctx context.Context, who uint8, want *worker) error {
	jobs, err := s.Claim(ctx, flow.ClaimRequest{Owner: owner(who), Connection: s.connection, Environment: desk.Homologation, Lease: s.lease, Limit: 1})
	if err != nil {
		return err
	}
	switch {
	case want.at == idle && len(jobs) == 0:
		return nil
	case len(jobs) != 1 || want.at == idle:
		return fmt.Errorf("claimed %d jobs, the model says %+v", len(jobs), *want)
	}
	j := jobs[0]
	if j.DeliveryID != s.deliveries[want.msg] || j.LookUp != (want.at == hasLook) || j.LookUp && (j.Looks > 0) != want.second {
		return fmt.Errorf("claimed %+v, the model says %+v", j, *want)
	}
	s.jobs[who] = &j
	return nil
}

// settleJob settles with the verdict that outbox's decide comes to.
func (s *stage) settleJob(ctx context.Context, who uint8, w *worker) error {
	j := s.jobs[who]
	s.jobs[who] = nil
	err := s.Settle(ctx, *j, s.outcome(w, j))
	if !w.holds {
		if !errors.Is(err, flow.ErrLeaseLost) {
			return fmt.Errorf("a worker that lost its lease settles: %w", err)
		}
		return nil
	}
	return err
}

func (s *stage) outcome(w *worker, j *flow.Job) flow.Outcome {
	why := desk.Because("um_motivo")
	switch w.verdict {
	case done:
		return flow.Outcome{Verdict: flow.Done}
	case rejected:
		return flow.Outcome{Verdict: flow.Rejected, Reason: why}
	case tryAgain:
		return flow.Outcome{Verdict: flow.TryAgain, Reason: why}
	case isUnknown:
		return flow.Outcome{Verdict: flow.Unknown, Reason: why}
	case lookAgain:
		return flow.Outcome{Verdict: flow.LookAgain, Reason: why}
	case askPerson:
		return flow.Outcome{Verdict: flow.AskPerson, Reason: why}
	}
	if w.second && w.settled {
		return flow.Outcome{Verdict: flow.TryAgain, Reason: why}
	}
	return flow.Outcome{Verdict: flow.NotThere, Reason: why, In: max(j.UnknownSince.Add(s.settling).Sub(s.clock), 0)}
}

func (s *stage) waitOutSettling(ctx context.Context) error {
	rows, err := s.Store.Read().DeliveriesOf(ctx, s.occurrence)
	if err != nil {
		return err
	}
	for _, d := range rows {
		if d.State == desk.Uncertain {
			if over := time.UnixMilli(d.UnknownSince.Int64).Add(s.settling); s.clock.Before(over) {
				s.clock = over
			}
			return nil
		}
	}
	return errors.New("nothing is uncertain")
}

// same says where the rows differ from the model.
func (s *stage) same(ctx context.Context, r rules, want *state) error {
	rows, err := s.Store.Read().DeliveriesOf(ctx, s.occurrence)
	if err != nil {
		return err
	}
	var got state
	for i, d := range rows {
		got.msg[i] = messageState(d)
	}
	if got.msg != want.msg {
		return fmt.Errorf("messages %v, the model has %v", got.msg, want.msg)
	}
	if len(rows) == 0 {
		return nil
	}
	lane, err := s.Store.Read().LaneByID(ctx, s.lane)
	if err != nil {
		return err
	}
	if h := r.head(want); h >= 0 && want.msg[h] == unknown && (rows[h].Looks > 0) != want.looked {
		return fmt.Errorf("%d look-ups, the model has %v", rows[h].Looks, want.looked)
	}
	if lane.Pending != int64(want.pending) || (lane.LeaseUntil > s.clock.UnixMilli()) != want.leased {
		return fmt.Errorf("lane %+v at %d, the model has %d pending, leased %v", lane, s.clock.UnixMilli(), want.pending, want.leased)
	}
	if got := dueOf(lane, s.clock.UnixMilli()); !want.leased && got != want.due { // a leased lane is due to nobody
		return fmt.Errorf("lane %+v at %d is due %d, the model says %d", lane, s.clock.UnixMilli(), got, want.due)
	}
	for i, j := range s.jobs {
		if w := want.w[i]; (j != nil) != (w.at != idle) || j != nil && (j.Token == lane.Token) != w.holds {
			return fmt.Errorf("worker %d has job %+v, the lane's token is %d; the model has %+v", i+1, j, lane.Token, w)
		}
	}
	return nil
}

func messageState(d db.Delivery) mstate {
	if d.State == desk.Uncertain && d.NeedsPerson {
		return asks
	}
	return map[desk.DeliveryState]mstate{desk.Queued: queued, desk.Sending: sending, desk.Uncertain: unknown,
		desk.Refused: refused, desk.Delivered: delivered, desk.Ignored: skipped}[d.State]
}

func dueOf(l db.Lane, at int64) due {
	switch {
	case !l.NextAt.Valid:
		return never
	case l.NextAt.Int64 > at:
		return later
	}
	return now
}

// drain plays on, with nothing going wrong any more, until no lane is due: the next schedule must not meet this one's
// lane. What waits then must be behind something blocked.
func (s *stage) drain(ctx context.Context) error {
	if _, err := s.VoidLeases(ctx); err != nil {
		return err
	}
	s.clock = s.clock.Add(s.settling)
	for {
		jobs, err := s.Claim(ctx, flow.ClaimRequest{Owner: "drain", Connection: s.connection, Environment: desk.Homologation, Lease: s.lease, Limit: 1})
		if err != nil || len(jobs) == 0 {
			return errors.Join(err, s.drained(ctx))
		}
		if err := s.Settle(ctx, jobs[0], flow.Outcome{Verdict: flow.Done}); err != nil {
			return err
		}
	}
}

func (s *stage) drained(ctx context.Context) error {
	if s.lane == 0 {
		return nil
	}
	lane, err := s.Store.Read().LaneByID(ctx, s.lane)
	if err != nil {
		return err
	}
	head, err := s.Store.Read().LaneHead(ctx, s.lane)
	switch {
	case store.NoRows(err) && lane.Pending == 0 && !lane.NextAt.Valid:
		return nil
	case err == nil && messageState(head).blocked():
		return nil
	}
	return fmt.Errorf("left over: lane %+v, head %+v: %w", lane, head, err)
}
