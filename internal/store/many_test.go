package store_test

import (
	"fmt"
	"slices"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// TestMany: rows by the hundred are those that were put, whatever portions they went in, and putting them again with
// other words changes them.
func TestMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := seed(t, s)
		const n = 617 // a full portion, some of the next, and some alone
		var ids []int64
		unit := func(i int, common bool) db.Unit {
			mobuss := ""
			if i%2 == 0 {
				mobuss = fmt.Sprint("M", i)
			}
			return db.Unit{ID: ids[i], DevelopmentID: w.development, BlockID: 1, Number: fmt.Sprint("N", i), NumberKey: fmt.Sprint("N", i), CommonArea: common,
				IDMobussHomologacao: store.NullText(mobuss)}
		}
		put := func(common bool) {
			write(t, s, func(tx *store.Tx) error {
				all := make([]db.Unit, n)
				for i := range all {
					all[i] = unit(i, common)
				}
				return tx.Many().PutUnits(t.Context(), all)
			})
		}
		write(t, s, func(tx *store.Tx) (err error) {
			ids, err = tx.Many().NewIDs(t.Context(), "unit", n)
			return err
		})
		if len(ids) != n || slices.Contains(ids, w.unit) {
			t.Fatalf("%d ids, or one that is taken", len(ids))
		}
		put(false)
		put(true)
		many, end, err := s.Reading(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer end()
		var at []store.UnitAt
		for i := range n {
			at = append(at, store.UnitAt{Block: 1, Key: fmt.Sprint("N", i)})
		}
		at = append(at, store.UnitAt{Block: 1, Key: "nowhere"})
		found := map[int64]db.Unit{}
		if err := many.Units(t.Context(), at, func(u db.Unit) { found[u.ID] = u }); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if got := found[ids[i]]; got != unit(i, true) {
				t.Fatalf("unit %d: %+v", i, got)
			}
		}
		if len(found) != n {
			t.Errorf("%d units, want %d", len(found), n)
		}
		write(t, s, func(tx *store.Tx) error {
			many := tx.Many()
			contract := db.Contract{ID: ids[0], Code: "K-1", UnitID: ids[0], CustomerID: w.customer, Current: true}
			if err := many.PutContracts(t.Context(), []db.Contract{contract}); err != nil {
				return err
			}
			if err := many.PutCustomerWords(t.Context(), []db.CustomerWord{{Word: "MANY", CustomerID: w.customer}}); err != nil {
				return err
			}
			ended, err := many.EndContracts(t.Context(), ids)
			if again, err := many.EndContracts(t.Context(), ids); err != nil || ended != 1 || again != 0 {
				t.Errorf("%d contracts ended, and %d again (%v)", ended, again, err)
			}
			if err != nil {
				return err
			}
			return many.ForgetWords(t.Context(), []int64{w.customer, 0, 0, 0})
		})
		words := 0
		err = s.Snapshot(t.Context(), func(snap *store.Snapshot) error {
			i := slices.IndexFunc(snap.Tables, func(t store.Table) bool { return t.Name == "customer_word" })
			return snap.Rows(t.Context(), snap.Tables[i], func([]any) error { words++; return nil })
		})
		if err != nil || words != 0 {
			t.Errorf("%d words are left (%v)", words, err)
		}
		ofMobuss := 0
		if err := many.UnitsOfMobuss(t.Context(), false, []string{"M0", "M1", "M2"}, func(db.Unit) { ofMobuss++ }); err != nil || ofMobuss < 2 {
			t.Errorf("%d units by their ids in Mobuss (%v)", ofMobuss, err)
		}
	})
}
