package e2e

import (
	"context"
	"math/rand/v2"
	"testing"
)

// round lets so many callers tell one story each while something is wrong, sees that it was, and judges all that was
// ever told. Meanwhile is called once the callers are at it; it puts right again what recover does not.
func (l *load) round(ctx context.Context, t *testing.T, callers int, meanwhile func(), faults ...fault) *books {
	t.Helper()
	defer func() {
		for _, p := range l.running {
			if t.Failed() && p != nil {
				t.Logf("Ponte said at the end:\n%s", p.said())
			}
		}
	}()
	if err := l.field.setFaults(ctx, faults...); err != nil {
		t.Fatal(err)
	}
	l.enough.Store(false)
	l.seed = rand.Uint64()
	l.start(ctx, callers, 1)
	meanwhile()
	l.callers.Wait()
	l.recover(ctx, t)
	l.errs = nil
	return l.verdict(ctx, t)
}

// verdict is the oracle's, over all that was told so far.
func (l *load) verdict(ctx context.Context, t *testing.T) *books {
	t.Helper()
	b, err := l.books(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range b.judge(l.stories).all() {
		t.Error(problem)
	}
	t.Logf("tried: %d stories judged after %s", len(l.stories), t.Name())
	return b
}
