package lanecheck

import (
	"maps"
	"slices"
	"testing"
)

// bounds are the explorations: each lets some things go wrong often and others not at all, because all of them at
// once have too many interleavings for every day.
var bounds = map[string]rules{
	"most things once, two messages":  {messages: 2, budget: budget{stalls: 1, crashes: 1, losses: 1, retries: 1, refusals: 1, badLooks: 1}},
	"two workers stall, two messages": {messages: 2, budget: budget{stalls: 3, losses: 2, retries: 1}},
	"processes end, two messages":     {messages: 2, budget: budget{stalls: 1, losses: 1, crashes: 2, voids: 1}},
	"people decide, two messages":     {messages: 2, budget: budget{stalls: 1, losses: 1, refusals: 1, unclear: 1, broken: 1}},
	"much goes wrong with one":        {messages: 1, budget: budget{stalls: 2, crashes: 1, losses: 2, retries: 1, refusals: 1, badLooks: 1, unclear: 1}},
	"three messages":                  {messages: 3, budget: budget{stalls: 1, crashes: 1, losses: 1, refusals: 1}},
	"three messages, one broken":      {messages: 3, budget: budget{stalls: 2, losses: 1, broken: 1}},
}

// soaking are explorations for a machine with time: some millions of states.
var soaking = map[string]rules{
	"everything once, two messages": {messages: 2,
		budget: budget{stalls: 1, crashes: 1, losses: 1, retries: 1, refusals: 1, badLooks: 1, unclear: 1, broken: 1, voids: 1}},
	"much goes wrong with three": {messages: 3, budget: budget{stalls: 2, crashes: 1, losses: 2, refusals: 1, badLooks: 1}},
}

// TestFaultEveryInterleaving: whatever happens within the bounds, in whatever order, each message is done at most
// once and in order, none is lost, a stale token writes nothing, and what is entregue is there.
func TestFaultEveryInterleaving(t *testing.T) {
	all := maps.Clone(bounds)
	if soak(t) > 0 {
		maps.Copy(all, soaking)
	}
	for name, r := range all {
		t.Run(name, func(t *testing.T) {
			x := explore(r)
			for _, bad := range x.kinds() {
				t.Error(x.tell(bad))
			}
			t.Logf("tried: %d states of a lane", len(x.states))
			t.Logf("tried: %d steps between them", len(x.edges))
		})
	}
}

// The controls: without any one of the protocol's parts, or of what it asks of the world, the exploration finds what
// it is there to prevent.
func TestControlEveryPartIsNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		rules
		want []wrong
	}{
		"a settlement without the token": {rules{messages: 2, budget: budget{stalls: 2, losses: 1}, noToken: true},
			[]wrong{acceptedTwice, lost, staleWrite, miscounted}},
		"no look-up before sending again": {rules{messages: 2, budget: budget{losses: 1}, noLookUp: true}, []wrong{acceptedTwice}},
		"not found counts at once":        {rules{messages: 2, budget: budget{losses: 1}, firstCounts: true}, []wrong{acceptedTwice}},
		"a look-up counts that began before the settling time was over": {
			rules{messages: 2, budget: budget{losses: 1, stalls: 1, crashes: 1, broken: 1}, judgedLate: true}, []wrong{acceptedTwice}},
		"a blocked message is passed over":                    {rules{messages: 2, budget: budget{refusals: 1}, passesOver: true}, []wrong{outOfOrder}},
		"a worker sends long after its lease":                 {rules{messages: 1, budget: budget{stalls: 1}, sendsForever: true}, []wrong{acceptedTwice}},
		"the server is slower than the settling time":         {rules{messages: 1, budget: budget{losses: 1}, serverIsLate: true}, []wrong{acceptedTwice}},
		"the same, and no answer is lost but a worker stalls": {rules{messages: 1, budget: budget{stalls: 1}, serverIsLate: true}, []wrong{acceptedTwice}},
	} {
		t.Run(name, func(t *testing.T) {
			x := explore(c.rules)
			for _, bad := range c.want {
				if !slices.Contains(x.kinds(), bad) {
					t.Errorf("not found: %s", bad)
					continue
				}
				t.Log(x.tell(bad))
			}
		})
	}
}
