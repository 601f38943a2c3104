package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// enqueue takes a place in an occurrence's lane and writes a message there, as flow does, and answers its place.
func (w world) enqueue(tx *store.Tx, occurrence, movement, now int64, id string) (db.Lane, error) {
	ctx := context.Background()
	lane, err := tx.EnqueueLane(ctx, db.EnqueueLaneParams{OccurrenceID: occurrence, ConnectionID: w.connection, Environment: desk.Homologation, Now: store.Null(now)})
	if err != nil {
		return lane, err
	}
	return lane, tx.InsertDelivery(ctx, db.InsertDeliveryParams{ID: id, LaneID: lane.ID, Seq: lane.LastSeq, OccurrenceID: occurrence,
		MovementID: movement, Point: desk.AddComment, State: desk.Queued, ConfigVersionID: w.config})
}

// lanes makes n lanes with a message each, due at 1, 2, ... n, and answers their ids in that order.
func (w world) lanes(t testing.TB, s *store.Store, n int) (ids []int64) {
	t.Helper()
	for i := range n {
		o := w.occurrence(t, s, int64(1000+i))
		m := w.movement(t, s, o)
		write(t, s, func(tx *store.Tx) error {
			lane, err := w.enqueue(tx, o, m, int64(i+1), fmt.Sprint(o))
			ids = append(ids, lane.ID)
			return err
		})
	}
	return ids
}

// gapless says whether the numbers are first, first+1, ... in any order.
func gapless(numbers []int64, first int64) error {
	sorted := slices.Sorted(slices.Values(numbers))
	for i, n := range sorted {
		if n != first+int64(i) {
			return fmt.Errorf("number %d stands where %d should: %v", n, first+int64(i), sorted)
		}
	}
	return nil
}

func TestControlGaplessFindsGapsAndRepetitions(t *testing.T) {
	for _, numbers := range [][]int64{{1, 3}, {1, 1}, {2, 3}, {3, 1, 2, 2}} {
		if gapless(numbers, 1) == nil {
			t.Errorf("%v passes", numbers)
		}
	}
	if err := gapless([]int64{3, 1, 2}, 1); err != nil {
		t.Error(err)
	}
}

func TestALaneNumbersItsMessagesWithoutGaps(t *testing.T) {
	const callers, rounds = 16, 12
	each(t, func(t *testing.T, s *store.Store, w world) {
		o := w.occurrence(t, s, 1)
		m := w.movement(t, s, o)
		var wg sync.WaitGroup
		for who := range callers {
			wg.Go(func() {
				for round := range rounds {
					fails := (who+round)%4 == 0
					err := s.Write(context.Background(), func(tx *store.Tx) error {
						if _, err := w.enqueue(tx, o, m, int64(100+who), subjectOf(who, round)); err != nil || !fails {
							return err
						}
						return errRefused // and its place is free again
					})
					if (err != nil) != fails {
						t.Errorf("fails=%v: %v", fails, err)
					}
				}
			})
		}
		wg.Wait()
		var places []int64
		deliveries := read[[]db.Delivery](t)(s.Read().DeliveriesOf(t.Context(), o))
		for _, d := range deliveries {
			places = append(places, d.Seq)
		}
		if err := gapless(places, 1); err != nil {
			t.Error(err)
		}
		lane := read[db.Lane](t)(s.Read().LaneByID(t.Context(), deliveries[0].LaneID))
		const want = callers * rounds * 3 / 4
		if len(places) != want || lane.LastSeq != want || lane.Pending != want {
			t.Errorf("%d messages, last place %d, %d pending; want %d of each", len(places), lane.LastSeq, lane.Pending, want)
		}
	})
}

func TestALaneIsDueWhenItsFirstMessageCameAndAnIgnoredOneWaitsForNobody(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, w world) {
		o := w.occurrence(t, s, 1)
		m := w.movement(t, s, o)
		place := db.SkippedInLaneParams{OccurrenceID: o, ConnectionID: w.connection, Environment: desk.Homologation}
		write(t, s, func(tx *store.Tx) error {
			lane, err := tx.SkippedInLane(t.Context(), place)
			if err == nil && (lane.LastSeq != 1 || lane.Pending != 0 || lane.NextAt.Valid) {
				t.Errorf("after an ignored one: %+v", lane)
			}
			return err
		})
		for i, now := range []int64{100, 200} {
			write(t, s, func(tx *store.Tx) error {
				lane, err := w.enqueue(tx, o, m, now, fmt.Sprint(now))
				if err == nil && (lane.LastSeq != int64(2+i) || lane.Pending != int64(1+i) || lane.NextAt.Int64 != 100) {
					t.Errorf("after message %d: %+v", i+1, lane)
				}
				return err
			})
		}
	})
}

// claim takes lanes at a time until the time after.
func (w world) claim(t testing.TB, s *store.Store, now, until int64, owner string, limit int) (lanes []db.Lane) {
	t.Helper()
	err := s.Write(context.Background(), func(tx *store.Tx) (err error) {
		lanes, err = tx.ClaimLanes(store.LaneClaim{Connection: w.connection, Environment: desk.Homologation, Now: now, Until: until, Owner: owner, Limit: limit})
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if len(lanes) > limit {
		t.Errorf("claimed %d lanes, want at most %d", len(lanes), limit)
	}
	return lanes
}

// claimed runs owners against each other until a claim comes back empty (or has come back full so often that
// something is wrong), and counts how often each lane was given away.
func claimed(owners int, claim func(owner string) []int64) map[int64]int {
	var mu sync.Mutex
	given := map[int64]int{}
	var wg sync.WaitGroup
	for i := range owners {
		wg.Go(func() {
			for range 100 {
				ids := claim(fmt.Sprint("owner ", i))
				if len(ids) == 0 {
					return
				}
				mu.Lock()
				for _, id := range ids {
					given[id]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return given
}

func TestFaultAClaimNeverGivesALaneToTwo(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, w world) {
		lanes := w.lanes(t, s, 40)
		rounds := 0
		for now := int64(1000); now <= 10_000; now += 1000 { // the leases of the round before are over
			rounds++
			given := claimed(8, func(owner string) (ids []int64) {
				for _, l := range w.claim(t, s, now, now+1000, owner, 3) {
					if ids = append(ids, l.ID); l.LeaseOwner != owner || l.LeaseUntil != now+1000 || l.Token != int64(rounds) {
						t.Errorf("claimed %+v", l)
					}
				}
				return ids
			})
			for _, id := range lanes {
				if given[id] != 1 {
					t.Errorf("lane %d was given %d times", id, given[id])
				}
			}
		}
		t.Logf("tried: %d claimed lanes", rounds*len(lanes))
	})
}

// The control: a claim that looks first and takes afterwards gives lanes to several, and the count above shows it.
func TestControlAClaimInTwoStepsGivesALaneToSeveral(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, w world) {
		lane := w.lanes(t, s, 1)[0]
		const owners = 4
		var looked sync.WaitGroup
		looked.Add(owners)
		tries := make(chan bool, owners)
		given := claimed(owners, func(owner string) []int64 {
			l, err := s.Read().LaneByID(context.Background(), lane)
			select {
			case tries <- true: // the first time round, all look before anyone takes
				looked.Done()
				looked.Wait()
			default:
			}
			if err != nil || l.LeaseUntil > 1000 {
				return nil
			}
			if s.Write(context.Background(), func(tx *store.Tx) error {
				return tx.Exec("UPDATE lane SET lease_until = 2000, lease_owner = $1, token = token + 1 WHERE id = $2", owner, lane)
			}) != nil {
				return nil
			}
			return []int64{lane}
		})
		if given[lane] < 2 {
			t.Errorf("given %d times: this control controls nothing", given[lane])
		}
	})
}

func TestAClaimRespectsTheLeaseTheTimeAndTheLane(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, w world) {
		lanes := w.lanes(t, s, 4) // due at 1, 2, 3, 4
		ids := func(claimed []db.Lane) (out []int64) {
			for _, l := range claimed {
				out = append(out, l.ID)
			}
			slices.Sort(out)
			return out
		}
		want := func(what string, got []db.Lane, want ...int64) {
			t.Helper()
			if !slices.Equal(ids(got), want) {
				t.Errorf("%s: claimed %v, want %v", what, ids(got), want)
			}
		}
		want("nothing is due", w.claim(t, s, 0, 100, "a", 9))
		want("the earliest two of three", w.claim(t, s, 3, 50, "a", 2), lanes[0], lanes[1])
		want("the third", w.claim(t, s, 3, 60, "b", 9), lanes[2])
		want("all leased but one that is not due", w.claim(t, s, 3, 100, "c", 9))
		want("one lease is over, and the fourth is due", w.claim(t, s, 50, 200, "c", 9), lanes[0], lanes[1], lanes[3])
		due := read[[]int64](t)(s.Read().NextDue(t.Context(), db.NextDueParams{ConnectionID: w.connection, Environment: desk.Homologation}))
		if !slices.Equal(due, []int64{60}) { // when the first of the leases runs out
			t.Errorf("next due at %v", due)
		}
		write(t, s, func(tx *store.Tx) error {
			other, err := tx.ClaimLanes(store.LaneClaim{Connection: w.connection, Environment: desk.Production, Now: 1000, Until: 2000, Owner: "a", Limit: 9})
			want("another environment", other)
			return err
		})
		write(t, s, func(tx *store.Tx) error { return tx.Exec("UPDATE lane SET next_at = NULL WHERE id = $1", lanes[2]) })
		want("a blocked lane", w.claim(t, s, 199, 300, "d", 9))
	})
}

// settle is what every settlement does: write, then pass the gate, or take everything back.
func settle(s *store.Store, gate func(*store.Tx) (int64, error), subject string) error {
	return s.Write(context.Background(), func(tx *store.Tx) error {
		if err := note(tx, subject); err != nil {
			return err
		}
		if n, err := gate(tx); err != nil || n != 1 {
			return errRefused
		}
		return nil
	})
}

func TestASettlementWithAnOldTokenWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, w world) {
		id := w.lanes(t, s, 1)[0]
		old := w.claim(t, s, 10, 20, "stalled", 1)[0]
		now := w.claim(t, s, 20, 30, "successor", 1)[0]
		release := func(token int64) func(*store.Tx) (int64, error) {
			return func(tx *store.Tx) (int64, error) {
				return tx.ReleaseLane(context.Background(), db.ReleaseLaneParams{ID: id, Token: token, Done: 1})
			}
		}
		if err := settle(s, release(old.Token), "stalled"); err == nil {
			t.Error("the old token opened the gate")
		}
		if l := read[db.Lane](t)(s.Read().LaneByID(t.Context(), id)); l.LeaseOwner != "successor" || l.Pending != 1 {
			t.Errorf("the lane was touched: %+v", l)
		}
		if err := settle(s, release(now.Token), "successor"); err != nil {
			t.Error(err)
		}
		wantNotes(t, s, map[string]int{"stalled": 0, "successor": 1})
		if l := read[db.Lane](t)(s.Read().LaneByID(t.Context(), id)); l.LeaseOwner != "" || l.LeaseUntil != 0 || l.Pending != 0 || l.NextAt.Valid {
			t.Errorf("after the settlement: %+v", l)
		}

		// the control: a gate that does not ask for the token lets the stalled worker through
		err := settle(s, func(tx *store.Tx) (int64, error) {
			return 1, tx.Exec("UPDATE lane SET pending = pending - 1 WHERE id = $1", id)
		}, "without the token")
		if n := notes(t, s, "without the token"); err != nil || n != 1 {
			t.Errorf("the control wrote %d rows: %v", n, err)
		}
	})
}

func TestVoidedLeasesAreFreeAndTheirOwnersShutOut(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, w world) {
		w.lanes(t, s, 3)
		mine := w.claim(t, s, 10, 1000, "killed", 2)
		w.claim(t, s, 10, 1000, "other", 1)
		var n int64
		write(t, s, func(tx *store.Tx) (err error) {
			n, err = tx.VoidLeasesOf(t.Context(), db.VoidLeasesOfParams{Owner: "killed", Now: 1})
			return err
		})
		if n != 2 || len(w.claim(t, s, 10, 1000, "next", 9)) != 2 {
			t.Errorf("voided %d leases", n)
		}
		write(t, s, func(tx *store.Tx) (err error) { n, err = tx.VoidLeases(t.Context(), 1); return err })
		if n != 3 || len(w.claim(t, s, 10, 1000, "last", 9)) != 3 {
			t.Errorf("voided %d leases", n)
		}
		write(t, s, func(tx *store.Tx) (err error) {
			n, err = tx.ReleaseLane(t.Context(), db.ReleaseLaneParams{ID: mine[0].ID, Token: mine[0].Token, Done: 1})
			return err
		})
		if n != 0 {
			t.Error("the killed owner settled")
		}
	})
}
