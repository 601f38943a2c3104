package flow_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestExportHoldsNothing: exports that wait for whoever takes them, however many, hold no connection to the database.
func TestExportHoldsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		in.Open(t)
		const many = 12 // more than there are connections
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		at, leave, out := make(chan struct{}), make(chan struct{}), make(chan error)
		for range many {
			go func() {
				out <- in.Export(ctx, flowtest.Attendant(), flow.ListQuery{View: flow.ViewAll}, false, "csv", func(*flow.Exported) error {
					at <- struct{}{}
					<-leave
					return nil
				})
			}()
		}
		for range many {
			select {
			case <-at:
			case <-ctx.Done():
				t.Fatal("exports wait for each other")
			}
		}
		list, err := in.List(ctx, flowtest.Attendant(), flow.ListQuery{View: flow.ViewAll, Text: "teto", Most: 5})
		if err != nil || len(list.Lines) != 1 {
			t.Errorf("the list meanwhile: %v", err)
		}
		close(leave)
		for range many {
			must(t, <-out)
		}
	})
}

// TestExportOnce: what moves while a file is written stands in it once, and what still is what was asked for is not missing.
func TestExportOnce(t *testing.T) {
	for _, dialect := range storetest.Dialects {
		for name, c := range map[string]struct {
			ask  flow.ListQuery
			want string
		}{
			"all":     {flow.ListQuery{View: flow.ViewAll}, "[1004 1003 1002 1001 1000]"},
			"open":    {flow.ListQuery{View: flow.ViewOpen}, "[1004 1003 1001 1000]"}, // 1002 is closed meanwhile
			"a place": {flow.ListQuery{View: flow.ViewAll, Developments: []string{"AUR"}}, "[1004 1003 1002 1001 1000]"},
			"nowhere": {flow.ListQuery{View: flow.ViewAll, Developments: []string{"ZZZ"}}, "[]"},
			"opened":  {flow.ListQuery{View: flow.ViewAll, Span: flow.Span{Event: flow.Opened}}, "[1004 1003 1002 1001 1000]"},
			"found":   {flow.ListQuery{View: flow.ViewAll, Text: "vazamento"}, "[1004 1003 1002 1001 1000]"},
		} {
			in := flowtest.New(t, storetest.New(t, dialect), flow.Deps{})
			for range 5 {
				in.Open(t)
			}
			c.ask.Most = 1
			got := []int64{}
			must(t, in.Export(t.Context(), flowtest.Attendant(), c.ask, false, "csv", func(x *flow.Exported) error {
				if got = append(got, x.Number); len(got) > 1 {
					return nil
				}
				must(t, in.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: x.Number, Status: "20"}))
				must(t, in.CommentByHand(t.Context(), flowtest.Attendant(), flow.CommentInput{Number: 1000, Text: "mudou"}))
				return in.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: 1002, Status: "90", Comment: "ok"})
			}))
			slices.Sort(got)
			slices.Reverse(got)
			if fmt.Sprint(got) != c.want {
				t.Errorf("%s, %s: %v, want %s", dialect, name, got, c.want)
			}
		}
	}
}
