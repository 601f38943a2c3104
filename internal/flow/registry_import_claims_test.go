package flow_test

import (
	"math/rand/v2"
	"testing"

	"ponte/internal/flow"
)

// TestClaims: what was put is found, whatever else was put, and nothing is found that wasn't; hashes that lie next to each
// other, and the hash 0, are things like any other. Many take not much more room than they have.
func TestClaims(t *testing.T) {
	type claim struct{ said, ref uint32 }
	for name, hash := range map[string]func(i int) uint64{
		"scattered": func(int) uint64 { return rand.Uint64() },
		"crowded":   func(i int) uint64 { return uint64(i) },              //nolint:gosec // never negative
		"at an end": func(i int) uint64 { return ^uint64(0) - uint64(i) }, //nolint:gosec // never negative
	} {
		var c flow.Claims
		want := map[uint64]claim{}
		for i := range 1000 {
			at := hash(i)
			if _, _, ok := c.Get(at); ok != (want[at].ref != 0) {
				t.Fatalf("%s: %x is found before it is put", name, at)
			}
			want[at] = claim{rand.Uint32(), uint32(i + 1)} //nolint:gosec // small
			c.Put(at, want[at].said, want[at].ref)
		}
		for at, w := range want {
			if said, ref, ok := c.Get(at); !ok || said != w.said || ref != w.ref {
				t.Fatalf("%s: %x is %d of %d, %v; want %d of %d", name, at, said, ref, ok, w.said, w.ref)
			}
		}
	}
	var many flow.Claims
	const n = 200_000
	for i := range uint32(n) {
		many.Put(rand.Uint64(), i, i+1)
	}
	if places := many.Places(); places > n*3/2 {
		t.Errorf("%d places for %d claims", places, n)
	}
}
