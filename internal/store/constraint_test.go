package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

func order(w world, occurrence int64, env desk.Environment, legacy string, state desk.OrderState) db.InsertOrderParams {
	return db.InsertOrderParams{OccurrenceID: occurrence, ConnectionID: w.connection, Environment: env, LegacyID: legacy, State: state, OpenedBy: desk.House}
}

func TestALaneHasOneLiveOrder(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, w world) {
		o := w.occurrence(t, s, 1234)
		insert := func(p db.InsertOrderParams) (id int64, err error) {
			err = s.Write(context.Background(), func(tx *store.Tx) (err error) { id, err = tx.InsertOrder(context.Background(), p); return err })
			return id, err
		}
		won := make(chan int64, 16)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				state := []desk.OrderState{desk.OrderOpening, desk.OrderOpen}[i%2]
				if id, err := insert(order(w, o, desk.Homologation, subjectOf(1234, i), state)); err == nil {
					won <- id
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%d orders live at once, want 1", len(won))
		}
		id := <-won
		read[int64](t)(insert(order(w, o, desk.Production, "1234", desk.OrderOpen)))                          // another lane
		read[int64](t)(insert(order(w, w.occurrence(t, s, 1235), desk.Homologation, "1235", desk.OrderOpen))) // another occurrence
		write(t, s, func(tx *store.Tx) error {
			return tx.SetOrderState(t.Context(), db.SetOrderStateParams{ID: id, State: desk.OrderClosed, ClosedAt: store.Null(1)})
		})
		read[int64](t)(insert(order(w, o, desk.Homologation, "1234-2", desk.OrderOpening)))
		if n := read[int64](t)(s.Read().CountOrders(t.Context(), db.CountOrdersParams{OccurrenceID: o, ConnectionID: w.connection, Environment: desk.Homologation})); n != 2 {
			t.Errorf("%d orders in the lane, want 2", n)
		}
	})
}

func TestAnIdempotencyKeyBindsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, w world) {
		o := w.occurrence(t, s, 1)
		bind := func(environment desk.Environment, caller int) bool {
			var n int64
			err := s.Write(context.Background(), func(tx *store.Tx) (err error) {
				n, err = tx.Bind(context.Background(), db.BindParams{Integration: "mobuss", Environment: environment, Operation: "IncluirOcorrencia",
					Key: "OS-1", OccurrenceID: o, BodyHash: subjectOf(caller, 0), InboundCallID: subjectOf(caller, 0)})
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return n == 1
		}
		if n := winners(64, func(i int) bool { return bind(desk.Homologation, i) }); n != 1 {
			t.Errorf("%d of 64 callers bound the key, want 1", n)
		}
		if !bind(desk.Production, 0) {
			t.Error("the other environment's key is another key")
		}
		b := read[db.BindingRow](t)(s.Read().Binding(t.Context(), db.BindingParams{Integration: "mobuss", Environment: desk.Homologation,
			Operation: "IncluirOcorrencia", Key: "OS-1"}))
		if b.Number != 1 || b.BodyHash == "" {
			t.Errorf("bound to %+v", b)
		}
	})
}

// The control: where the look and the write are two transactions, more than one caller wins, and this way of
// counting finds it.
func TestControlLookingBeforeBindingLetsSeveralWin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var looked sync.WaitGroup
		looked.Add(8)
		n := winners(8, func(int) bool {
			rows, err := s.Read().AuditOf(context.Background(), "OS-1")
			looked.Done()
			looked.Wait()
			return err == nil && len(rows) == 0 && s.Write(context.Background(), func(tx *store.Tx) error { return note(tx, "OS-1") }) == nil
		})
		if n != 8 {
			t.Errorf("%d winners, want all 8", n)
		}
	})
}

// winners runs a race and counts who says that they won.
func winners(runners int, run func(i int) bool) int {
	won := make(chan bool, runners)
	var wg sync.WaitGroup
	for i := range runners {
		wg.Go(func() {
			if run(i) {
				won <- true
			}
		})
	}
	wg.Wait()
	return len(won)
}

func TestACounterCountsWithoutGapsOrRepetitions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const callers, rounds, first = 16, 20, 1000
		next := func(first int64) (n int64, err error) {
			err = s.Write(context.Background(), func(tx *store.Tx) (err error) {
				n, err = tx.NextCount(context.Background(), db.NextCountParams{Name: "ocorrencia", First: first})
				return err
			})
			return n, err
		}
		var mu sync.Mutex
		var numbers []int64
		var wg sync.WaitGroup
		for who := range callers {
			wg.Go(func() {
				for round := range rounds {
					if (who+round)%5 == 0 { // takes a number and gives it back
						_ = s.Write(context.Background(), func(tx *store.Tx) error {
							_, _ = tx.NextCount(context.Background(), db.NextCountParams{Name: "ocorrencia", First: first})
							return errRefused
						})
						continue
					}
					n, err := next(first)
					mu.Lock()
					if numbers = append(numbers, n); err != nil {
						t.Error(err)
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if err := gapless(numbers, first); err != nil {
			t.Error(err)
		}
		slices.Sort(numbers)
		if last := numbers[len(numbers)-1]; read[int64](t)(next(first)) != last+1 {
			t.Error("the next number does not follow")
		}
		if n := read[int64](t)(next(5000)); n != 5000 {
			t.Errorf("a raised first number gives %d", n)
		}
		if n := read[int64](t)(next(first)); n != 5001 {
			t.Errorf("a lowered first number gives %d, want 5001", n)
		}
	})
}
