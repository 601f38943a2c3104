package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestSearchIndex: the newest of what meets every group come first, what was taken out is not found, and after a purge its
// letters stand nowhere in the index.
func TestSearchIndex(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for from := 0; from < 600; from += 20 { // many small segments, as a day's work leaves them
			write(t, s, func(tx *store.Tx) error {
				var rows []store.Indexed
				for i := from + 1; i <= from+20; i++ {
					rows = append(rows, store.Indexed{ID: int64(i), Tokens: []string{"TETO", fmt.Sprint("P", i%3), fmt.Sprint("ZIRCONIO", i)}, Words: []string{"TETO"}})
				}
				return tx.PutSearch(ctx, rows)
			})
		}
		one := func(text string, prefix bool) []store.Term { return []store.Term{{Text: text, Prefix: prefix}} }
		for _, c := range []struct {
			all  [][]store.Term
			want []int64
		}{
			{[][]store.Term{one("TETO", false)}, []int64{600, 599, 598}},
			{[][]store.Term{one("TETO", false), one("P1", false)}, []int64{598, 595, 592}},
			{[][]store.Term{{{Text: "P1"}, {Text: "P2"}}}, []int64{599, 598, 596}},
			{[][]store.Term{one("ZIR", true), one("P0", false)}, []int64{600, 597, 594}},
			{[][]store.Term{one("ZIRCONIO599", true)}, []int64{599}},
			{[][]store.Term{one("TET", false)}, nil},
		} {
			if got := read[[]int64](t)(s.Found(ctx, store.SearchQuery{All: c.all, Below: 601, Most: 3})); !slices.Equal(got, c.want) {
				t.Errorf("%v found %v, want %v", c.all, got, c.want)
			}
		}
		pages := func() (n int64) { // in which its letters stand
			if s.Dialect() == store.SQLite {
				write(t, s, func(tx *store.Tx) (err error) {
					n, err = tx.Count("SELECT COUNT(*) FROM search_data WHERE instr(block, CAST('irconio' AS BLOB)) > 0")
					return err
				})
			}
			return n
		}
		if n := pages(); n == 0 && s.Dialect() == store.SQLite {
			t.Error("its letters stand in no page, so that nothing is shown by what follows")
		}
		write(t, s, func(tx *store.Tx) error {
			for i := range int64(600) {
				if err := tx.ForgetSearch(ctx, i+1); err != nil {
					return err
				}
			}
			return nil
		})
		if got := read[[]int64](t)(s.Found(ctx, store.SearchQuery{All: [][]store.Term{one("TETO", false)}, Below: 601, Most: 3})); len(got) > 0 {
			t.Errorf("still finds %v", got)
		}
		for first, more := true, true; more; first = false {
			write(t, s, func(tx *store.Tx) (err error) {
				more, err = tx.PurgeSearch(ctx, first)
				more = more || first
				return err
			})
		}
		if n := pages(); n > 0 {
			t.Errorf("its letters stand in %d pages", n)
		}
	})
}
