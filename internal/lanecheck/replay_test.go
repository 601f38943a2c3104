package lanecheck

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// soak is for how long a test goes on beyond its usual number of tries: PONTE_SOAK, such as 10m; nothing by default.
func soak(t testing.TB) time.Duration {
	t.Helper()
	text := os.Getenv("PONTE_SOAK")
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("PONTE_SOAK: %v", err)
	}
	return d
}

// TestFaultSchedulesForReal plays schedules of the model against flow's own Claim and Settle, and compares every row
// after every step: what is shown of the model holds for the code as far as the two agree.
func TestFaultSchedulesForReal(t *testing.T) {
	const schedules = 10
	for name, c := range map[string]clock{"a short lease": leaseFirst, "a long lease": leaseLast} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c)
			p := newPlanner(rules{messages: 2, clock: c, budget: budget{stalls: 2, crashes: 1, losses: 2, retries: 1, refusals: 1, badLooks: 1, unclear: 1, broken: 1, voids: 1}})
			played := 0
			for end := time.Now().Add(soak(t)); played < schedules || time.Now().Before(end); played++ {
				if err := p.replay(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("tried: %d schedules of the model played for real", played)
			t.Logf("tried: %d steps of them", p.steps)
			t.Logf("on %d ways that the database can change in the model", len(p.taken))
		})
	}
}

// planner walks at random through the model, and by preference where it has not been.
type planner struct {
	rules
	rand  *rand.Rand
	taken map[way]int
	steps int
}

// way is a step with what the database shows before it and after it.
type way struct {
	act      act
	holds    bool
	from, to shown
}

type shown struct {
	msg             [maxMessages]mstate
	due             due
	leased          bool
	looked, settled bool
}

func show(s *state) shown { return shown{s.msg, s.due, s.leased, s.looked, s.settled} }

func newPlanner(r rules) *planner {
	return &planner{rules: r, rand: rand.New(rand.NewPCG(rand.Uint64(), 0)), taken: map[way]int{}} //nolint:gosec // no secret
}

type choice struct {
	step step
	to   state
	way  way
}

// choose takes a step that was taken least often, or any.
func (p *planner) choose(s state) (choice, bool) {
	var all []choice
	p.next(s, func(by step, n state, _ wrong) {
		c := choice{step: by, to: p.normal(n)}
		c.way = way{act: by.act, from: show(&s), to: show(&c.to)}
		if by.act == settle {
			c.way.holds = s.w[by.who].holds
		}
		all = append(all, c)
	})
	if len(all) == 0 {
		return choice{}, false
	}
	p.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	best := all[0]
	for _, c := range all {
		if p.taken[c.way] < p.taken[best.way] && p.rand.IntN(4) > 0 {
			best = c
		}
	}
	return best, true
}

// longest is how long a schedule may be told: some forty steps.
const longest = 700

// replay plans a schedule and plays it.
func (p *planner) replay(ctx context.Context, s *stage) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	var told strings.Builder
	for now := p.start(); told.Len() < longest; {
		c, ok := p.choose(now)
		if !ok {
			break
		}
		fmt.Fprintf(&told, " %s", c.step)
		p.steps++
		p.taken[c.way]++
		err := s.play(ctx, c.step, &now, &c.to)
		if err == nil {
			err = s.same(ctx, p.rules, &c.to)
		}
		if err != nil {
			return fmt.Errorf("%w\nafter%s", err, told.String())
		}
		now = c.to
	}
	if err := s.drain(ctx); err != nil {
		return fmt.Errorf("%w\nafter%s", err, told.String())
	}
	return nil
}

// The control: a model of another protocol is found out.
func TestControlTheReplayFindsDifferences(t *testing.T) {
	b := budget{stalls: 2, losses: 2}
	for name, r := range map[string]rules{
		"a token that nobody asks for": {messages: 2, clock: leaseFirst, budget: b, noToken: true},
		"a lane that passes over":      {messages: 2, clock: leaseFirst, budget: budget{refusals: 1}, passesOver: true},
		"a lease that lasts":           {messages: 2, clock: anyClock, budget: b},
	} {
		t.Run(name, func(t *testing.T) {
			s, p := newStage(t, leaseFirst), newPlanner(r)
			for range 200 {
				if err := p.replay(t.Context(), s); err != nil {
					t.Logf("found: %v", err)
					return
				}
			}
			t.Error("the replay finds no difference between this model and the code")
		})
	}
}
