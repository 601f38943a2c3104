package lanecheck

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// storm is many workers and many movers at once over one database, on a clock that they push: what the model takes
// for atomic is left to the database. Workers stall beyond their leases, die, lose answers and meet a slow server.
type storm struct {
	*flowtest.Installation
	connection int64
	noLookUp   bool // the control

	// mu is the world's: who sends or looks holds it for reading, who pushes the clock holds it whole, so that no
	// byte leaves after its lease and the server is never later than the settling time.
	mu     sync.RWMutex
	clock  time.Time
	calm   bool // nothing goes wrong any more
	lates  []lateRequest
	server struct {
		sync.Mutex
		did map[string]int     // delivery id -> how often
		of  map[int64][]string // occurrence -> what was done, in order
	}
	sent int // guarded by server
}

type lateRequest struct {
	job flow.Job
	at  time.Time
}

const (
	stormLease    = 10 * time.Second
	stormSettling = 15 * time.Second
)

func (s *storm) now() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.clock
}

// push moves the clock, and lets the slow server do what is due.
func (s *storm) push(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
	s.lates = slices.DeleteFunc(s.lates, func(l lateRequest) bool {
		if l.at.After(s.clock) {
			return false
		}
		s.do(l.job)
		return true
	})
}

func (s *storm) do(j flow.Job) {
	s.server.Lock()
	defer s.server.Unlock()
	s.server.did[j.DeliveryID]++
	s.server.of[j.OccurrenceID] = append(s.server.of[j.OccurrenceID], j.DeliveryID)
}

func (s *storm) there(j flow.Job) bool {
	s.server.Lock()
	defer s.server.Unlock()
	return s.server.did[j.DeliveryID] > 0
}

func (s *storm) dice(sides int) int {
	if s.calm {
		return -1
	}
	return rand.IntN(sides) //nolint:gosec // no secret
}

// work claims and does a job, and those that settling it claims, and answers whether there was one.
func (s *storm) work(ctx context.Context, owner string) (bool, error) {
	request := flow.ClaimRequest{Owner: owner, Connection: s.connection, Environment: desk.Homologation, Lease: stormLease, Limit: 1}
	began := s.now()
	jobs, err := s.Claim(ctx, request)
	did := len(jobs) > 0
	for err == nil && len(jobs) > 0 {
		j := jobs[0]
		s.stall()
		out, lives := s.exchange(j, began)
		s.stall()
		if !lives || s.dice(8) == 0 {
			break // it died; its lease ends some day
		}
		if began, jobs = s.now(), nil; s.dice(2) == 0 {
			jobs, err = s.SettleAndClaim(ctx, j, out, request)
		} else {
			err = s.Settle(ctx, j, out)
		}
		if errors.Is(err, flow.ErrLeaseLost) {
			jobs, err = nil, nil
		}
	}
	return did, err
}

// stall lets time pass, sometimes more than a lease has left.
func (s *storm) stall() {
	if s.dice(4) == 0 {
		s.push(time.Duration(rand.IntN(12)) * time.Second) //nolint:gosec // no secret
	}
}

// exchange sends or looks, within the lease, and comes to a verdict as outbox does.
func (s *storm) exchange(j flow.Job, began time.Time) (out flow.Outcome, lives bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case j.LookUp && s.noLookUp:
		return flow.Outcome{Verdict: flow.TryAgain}, true
	case j.LookUp && s.there(j):
		return flow.Outcome{Verdict: flow.Done}, true
	case j.LookUp:
		if left := j.UnknownSince.Add(stormSettling).Sub(s.clock); j.Looks == 0 || left > 0 {
			return flow.Outcome{Verdict: flow.NotThere, In: max(left, time.Millisecond)}, true
		}
		return flow.Outcome{Verdict: flow.TryAgain}, true
	case s.clock.Sub(began) >= stormLease:
		return out, false
	}
	s.server.Lock()
	s.sent++
	s.server.Unlock()
	switch s.dice(8) {
	case 0: // not done
		return flow.Outcome{Verdict: flow.TryAgain, In: time.Second}, true
	case 1: // done, and the answer is lost
		s.do(j)
		return flow.Outcome{Verdict: flow.Unknown}, true
	case 2: // done by a slow server, which nobody waits for
		s.server.Lock()
		s.lates = append(s.lates, lateRequest{j, s.clock.Add(stormSettling / 2)})
		s.server.Unlock()
		return flow.Outcome{Verdict: flow.Unknown}, true
	case 3:
		return flow.Outcome{Verdict: flow.Rejected, Reason: desk.Because("recusado_pelo_mobuss")}, true
	}
	s.do(j)
	return flow.Outcome{Verdict: flow.Done}, true
}

// patience is how often in a row a worker finds nothing to do before it leaves the storm.
const patience = 10

// rage lets movers and workers loose, and then calms down until every lane is at its end.
func (s *storm) rage(ctx context.Context, numbers []int64, movers, moves, workers int) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failed = errors.Join(failed, err)
	}
	for range movers {
		wg.Go(func() {
			for range moves {
				n := numbers[rand.IntN(len(numbers))] //nolint:gosec // no secret
				err := s.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: n, Status: "40", Comment: "uma mensagem"})
				if err == nil && s.dice(4) == 0 {
					_, err = s.unblock(ctx, n)
				}
				fail(err)
			}
		})
	}
	for w := range workers {
		wg.Go(func() {
			for idle := 0; idle < patience; idle++ {
				did, err := s.work(ctx, fmt.Sprint("process ", w%2))
				fail(err)
				if did {
					idle = 0
				}
				s.push(time.Duration(rand.IntN(1500)) * time.Millisecond) //nolint:gosec // no secret
			}
		})
	}
	wg.Wait()
	s.calm = true
	for failed == nil {
		did, err := s.work(ctx, "calm")
		if fail(err); did {
			continue
		}
		s.push(stormSettling)
		if did, err = s.work(ctx, "calm"); did {
			continue
		}
		fail(err)
		resent := 0
		for _, n := range numbers {
			k, err := s.unblock(ctx, n)
			fail(err)
			resent += k
		}
		if resent == 0 {
			break
		}
	}
	return failed
}

// unblock is a person who sends what was refused again. (Passing over it is in the replay: here everything is to be
// delivered in the end.)
func (s *storm) unblock(ctx context.Context, number int64) (n int, err error) {
	o, err := s.Show(ctx, flowtest.Attendant(), number)
	if err != nil {
		return 0, err
	}
	for _, d := range o.Deliveries {
		if d.State != desk.Refused {
			continue
		}
		err := s.Resend(ctx, flowtest.Attendant(), d.ID)
		var busy *desk.Error
		if err != nil && (!errors.As(err, &busy) || busy.Code != desk.ErrDelivery) { // someone else was quicker
			return n, err
		}
		n++
	}
	return n, nil
}

// check says what the storm has broken.
func (s *storm) check(ctx context.Context, numbers []int64, messages int) (err error) {
	wrong := func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) }
	total := 0
	for _, number := range numbers {
		o, err := s.Store.Read().OccurrenceByNumber(ctx, number)
		if err != nil {
			return err
		}
		rows, err := s.Store.Read().DeliveriesOf(ctx, o.ID)
		if err != nil {
			return err
		}
		var order []string
		for i, d := range rows {
			if d.State != desk.Delivered || d.Seq != int64(i+1) || s.server.did[d.ID] != 1 {
				wrong("lane %d, message %d (place %d): %s, done %d times", d.LaneID, i+1, d.Seq, d.State, s.server.did[d.ID])
			}
			order = append(order, d.ID)
		}
		if len(rows) == 0 {
			continue
		}
		total += len(rows)
		if !slices.Equal(order, s.server.of[o.ID]) {
			wrong("lane %d: done in another order than that of the lane", rows[0].LaneID)
		}
		lane, err := s.Store.Read().LaneByID(ctx, rows[0].LaneID)
		if err != nil || lane.Pending != 0 || lane.NextAt.Valid || lane.LeaseUntil != 0 {
			wrong("left over: %+v (%w)", lane, err)
		}
	}
	if total != messages {
		wrong("%d messages, want %d", total, messages)
	}
	return err
}

const stormLanes = 6

func newStorm(t *testing.T, db *store.Store) (*storm, []int64) {
	s := &storm{clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	s.server.did, s.server.of = map[string]int{}, map[int64][]string{}
	s.Installation = flowtest.New(t, db, flow.Deps{Now: s.now})
	routes, err := s.Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.connection = routes[0].Connection
	return s, s.lanes(t)
}

// lanes opens occurrences whose orders Mobuss opened.
func (s *storm) lanes(t *testing.T) (numbers []int64) {
	t.Helper()
	s.calm = false
	for range stormLanes {
		id := flow.NewID()
		r, err := s.Flow.Open(t.Context(), s.Call("IncluirOcorrencia", id, "", s.Field),
			flow.OpenInput{Project: "203", BlockNewCustomer: "T", Description: "Vazamento", MobussID: id})
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, r.Number)
	}
	return numbers
}

// TestFaultAStormOfWorkers: on both databases, with real concurrency, nothing is done twice, out of order or not at
// all.
func TestFaultAStormOfWorkers(t *testing.T) {
	const movers, moves, workers = 4, 12, 6
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, numbers := newStorm(t, db)
		for end := time.Now().Add(soak(t)); ; numbers = s.lanes(t) {
			if err := s.rage(t.Context(), numbers, movers, moves, workers); err != nil {
				t.Fatal(err)
			}
			if err := s.check(t.Context(), numbers, movers*moves); err != nil {
				t.Fatal(err)
			}
			if !time.Now().Before(end) {
				break
			}
		}
		t.Logf("tried: %d messages under concurrent workers", len(s.server.did))
		t.Logf("tried: %d sends of them", s.sent)
	})
}

// The control: without look-ups the same storm does messages twice.
func TestControlAStormWithoutLookUps(t *testing.T) {
	s, numbers := newStorm(t, storetest.New(t, store.SQLite))
	s.noLookUp = true
	if err := s.rage(t.Context(), numbers, 4, 12, 6); err != nil {
		t.Fatal(err)
	}
	for _, n := range s.server.did {
		if n > 1 {
			return
		}
	}
	t.Error("nothing was done twice: this control controls nothing")
}
