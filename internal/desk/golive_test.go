package desk_test

import (
	"slices"
	"testing"

	"ponte/internal/desk"
)

func TestPhases(t *testing.T) {
	for _, c := range []struct {
		active desk.Environment
		paused bool
		want   desk.Phase
	}{
		{desk.Homologation, false, desk.Implementing}, {desk.Production, false, desk.Live}, {desk.Production, true, desk.Paused},
		{desk.Homologation, true, desk.Implementing}, // nobody writes this; there is no production to pause
	} {
		if got := desk.PhaseOf(c.active, c.paused); got != c.want {
			t.Errorf("PhaseOf(%s, %v) = %s, want %s", c.active, c.paused, got, c.want)
		}
	}
}

// What may happen in each phase: the table of docs/adr/0014.
func TestWhatAPhaseLets(t *testing.T) {
	const h, p = desk.Homologation, desk.Production
	for _, c := range []struct {
		phase                  desk.Phase
		active                 desk.Environment
		test                   desk.Environment // where a test is born; empty: refused
		real, tested, produced desk.Passage     // of a homologation occurrence, of a test there, of a production one
		takesH, takesP, marksH bool
	}{
		{desk.Implementing, h, h, desk.Goes, desk.Goes, desk.Waits, true, false, false},
		{desk.Live, p, "", desk.Shut, desk.Shut, desk.Goes, false, true, true},
		{desk.Paused, p, h, desk.Shut, desk.Goes, desk.Waits, true, true, true},
	} {
		if env, err := c.phase.Born(false); env != c.active || err != nil || c.phase.Active() != c.active {
			t.Errorf("%s: born in %s (%v), active %s", c.phase, env, err, c.phase.Active())
		}
		if env, err := c.phase.Born(true); env != c.test || (err == nil) != (c.test != "") {
			t.Errorf("%s: a test is born in %q: %v", c.phase, env, err)
		}
		for _, s := range []struct {
			env  desk.Environment
			test bool
			want desk.Passage
		}{{h, false, c.real}, {h, true, c.tested}, {p, false, c.produced}, {p, true, c.produced}} {
			if got := c.phase.Passage(s.env, s.test); got != s.want {
				t.Errorf("%s: %s, test %v: %d, want %d", c.phase, s.env, s.test, got, s.want)
			}
		}
		if (c.phase.Takes(h) == nil) != c.takesH || (c.phase.Takes(p) == nil) != c.takesP {
			t.Errorf("%s: takes calls of homologation: %v, of production: %v", c.phase, c.phase.Takes(h), c.phase.Takes(p))
		}
		if c.phase.Marks(h) != c.marksH || c.phase.Marks(p) {
			t.Errorf("%s: marks %v, %v", c.phase, c.phase.Marks(h), c.phase.Marks(p))
		}
	}
}

func TestWaysBetweenPhases(t *testing.T) {
	ways := map[desk.Switch]map[desk.Phase]desk.Phase{
		desk.GoLive: {desk.Implementing: desk.Live}, desk.SwitchBack: {desk.Live: desk.Paused}, desk.Resume: {desk.Paused: desk.Live},
	}
	for s, from := range ways {
		for _, p := range desk.Phases {
			to, ok := s.After(p)
			if want, leads := from[p]; ok != leads || leads && to != want {
				t.Errorf("%s from %s leads to %s, %v", s, p, to, ok)
			}
			if _, err := desk.CheckSwitch(s, p, ready()); (err == nil) != ok || !ok && err.Reason() != "fase" {
				t.Errorf("%s from %s: %v", s, p, err)
			}
		}
	}
}

// ready has everything.
func ready() desk.Ready {
	return desk.Ready{Method: desk.MethodC, Proof: desk.Proven, Complete: true, Token: true, Units: 3}
}

func TestWhatASwitchLacks(t *testing.T) {
	for name, c := range map[string]struct {
		change           func(*desk.Ready)
		goLive, toResume []string
	}{
		"nothing":                      {func(*desk.Ready) {}, nil, nil},
		"no method":                    {func(r *desk.Ready) { r.Method = desk.NoMethod }, []string{desk.LacksMethod}, []string{desk.LacksMethod}},
		"no report":                    {func(r *desk.Ready) { r.Proof = desk.NoProof }, []string{desk.LacksProof}, []string{desk.LacksProof}},
		"of another version":           {func(r *desk.Ready) { r.Proof = desk.ProofOther }, []string{desk.LacksProof}, []string{desk.LacksProof}},
		"running":                      {func(r *desk.Ready) { r.Proof = desk.ProofRunning }, []string{desk.LacksProof}, []string{desk.LacksProof}},
		"failed":                       {func(r *desk.Ready) { r.Proof = desk.ProofFailed }, []string{desk.LacksProof}, []string{desk.LacksProof}},
		"unsigned":                     {func(r *desk.Ready) { r.Proof = desk.ProofUnsigned }, []string{desk.LacksProof}, []string{desk.LacksProof}},
		"no data":                      {func(r *desk.Ready) { r.Complete = false }, []string{desk.LacksAddress}, []string{desk.LacksAddress}},
		"no data, and nothing is sent": {func(r *desk.Ready) { r.Method, r.Complete = desk.MethodB, false }, nil, nil},
		"no units":                     {func(r *desk.Ready) { r.Units = 0 }, []string{desk.LacksUnits}, nil},
		"units without id":             {func(r *desk.Ready) { r.Unmapped = 2 }, []string{desk.LacksReason}, nil},
		"and why":                      {func(r *desk.Ready) { r.Unmapped, r.Reason = 2, "ainda em obra" }, nil, nil},
		"units, and nothing is sent":   {func(r *desk.Ready) { r.Method, r.Unmapped = desk.MethodB, 2 }, nil, nil},
		"no token":                     {func(r *desk.Ready) { r.Token = false }, []string{desk.LacksToken}, nil},
		"everything": {func(r *desk.Ready) { *r = desk.Ready{Method: desk.MethodA, Unmapped: 1} },
			[]string{desk.LacksProof, desk.LacksAddress, desk.LacksUnits, desk.LacksReason, desk.LacksToken}, []string{desk.LacksProof, desk.LacksAddress}},
	} {
		r := ready()
		c.change(&r)
		if got := desk.GoLive.Lacks(r); !slices.Equal(got, c.goLive) {
			t.Errorf("%s: the go-live lacks %v, want %v", name, got, c.goLive)
		}
		if got := desk.Resume.Lacks(r); !slices.Equal(got, c.toResume) {
			t.Errorf("%s: the resuming lacks %v, want %v", name, got, c.toResume)
		}
		if got := desk.SwitchBack.Lacks(r); got != nil {
			t.Errorf("%s: the switch back lacks %v", name, got)
		}
		if _, err := desk.CheckSwitch(desk.GoLive, desk.Implementing, r); (err == nil) != (len(c.goLive) == 0) || err != nil && len(err.Fields) != len(c.goLive) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhenProductionMayBeEntered(t *testing.T) {
	for _, proof := range []desk.Proof{desk.NoProof, desk.ProofOther, desk.ProofRunning, desk.ProofFailed, desk.ProofUnsigned, desk.Proven} {
		for _, p := range desk.Phases {
			open := p != desk.Implementing || proof == desk.Proven
			if err := p.MayEnterProduction(proof); (err == nil) != open || !open && err.Reason() != string(proof) {
				t.Errorf("%s, %s: %v", p, proof, err)
			}
		}
	}
}
