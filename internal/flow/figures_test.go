package flow_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// counted is an installation with a random past, whose occurrences are counted one by one.
type counted struct {
	*flowtest.Installation
	*rapid.T
	clock    time.Time
	numbers  []int64
	aur, pda desk.Actor
	boss     desk.Actor
}

func (c *counted) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// TestFiguresOfAnyHistory: each figure is what counting the occurrences one by one says, for whoever looks at whatever part,
// and its link leads to a list of just as many.
func TestFiguresOfAnyHistory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := &counted{clock: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
		c.Installation = flowtest.New(t, s, flow.Deps{Now: func() time.Time { return c.clock }})
		c.aur, c.pda = twoDevelopments(t, c.Installation)
		c.boss = flowtest.Attendant()
		c.boss.Roles = []desk.Role{desk.Attendant, desk.Manager}
		repeatedly(t, 4, 30, func(rt *rapid.T) {
			c.T = rt
			rt.Repeat(map[string]func(*rapid.T){
				"open": c.opens, "visit": c.visits, "move": c.moves, "fail": c.fails,
				"time": func(*rapid.T) {
					c.clock = c.clock.Add(time.Duration(rapid.IntRange(1, 100).Draw(c.T, "hours")) * time.Hour)
				},
			})
			for range 3 {
				c.check()
			}
		})
	})
}

func (c *counted) past(most int) flow.When {
	return flow.When{Time: c.clock.Add(-time.Duration(rapid.IntRange(0, most*24*60).Draw(c.T, "minutes ago")) * time.Minute), Set: true}
}

func (c *counted) opens(*rapid.T) {
	in := flow.OpenInput{Project: rapid.SampledFrom([]string{"AUR-A-101", "AUR-A-102", "AUR-B-101", "PDA-U-1"}).Draw(c.T, "unit"), BlockNewCustomer: "T",
		Description: "Vazamento", Type: rapid.SampledFrom([]string{"geral", "hidraulica"}).Draw(c.T, "type"), OpenedAt: c.past(rapid.SampledFrom([]int{3, 40, 120, 500}).Draw(c.T, "age"))}
	n, err := c.OpenByHand(c.Context(), c.boss, in)
	c.must(err)
	c.numbers = append(c.numbers, n)
}

func (c *counted) any() int64 {
	if len(c.numbers) == 0 {
		c.opens(c.T)
	}
	return rapid.SampledFrom(c.numbers[max(0, len(c.numbers)-12):]).Draw(c.T, "occurrence")
}

func (c *counted) visits(*rapid.T) {
	in := flow.VisitInput{Number: c.any(), Start: c.past(60), State: rapid.SampledFrom([]string{"agendada", "realizada", "cancelada"}).Draw(c.T, "state")}
	_, err := c.Visit(c.Context(), c.Call("InformarVistoria", "", "", c.Field), in)
	c.must(err)
}

func (c *counted) moves(*rapid.T) {
	n := c.any()
	o, err := c.Page(c.Context(), c.boss, n)
	c.must(err)
	to := "90"
	if o.Status.Kind == desk.KindClosed {
		to = "10"
	}
	c.must(c.MoveByHand(c.Context(), c.boss, flow.MoveInput{Number: n, Status: to, At: c.past(20)}))
}

// fails lets what is sent be refused.
func (c *counted) fails(*rapid.T) {
	n := c.any()
	if o, err := c.Page(c.Context(), c.boss, n); err != nil || !slices.ContainsFunc(o.Next, func(s flow.NextStatus) bool { return s.Code == "20" }) {
		c.must(err)
		return
	}
	c.must(c.MoveByHand(c.Context(), c.boss, flow.MoveInput{Number: n, Status: "20"}))
	routes, err := c.Routes(c.Context())
	c.must(err)
	jobs, err := c.Claim(c.Context(), flow.ClaimRequest{Owner: "test", Connection: routes[0].Connection, Environment: desk.Homologation, Lease: time.Minute, Limit: 100})
	c.must(err)
	for _, j := range jobs {
		c.must(c.Settle(c.Context(), j, refusedBecause("recusado_pelo_mobuss")))
	}
}

// check counts and compares what somebody sees of some part.
func (c *counted) check() {
	c.clock = c.clock.Add(2 * time.Minute) // longer than facts are kept
	ask := flow.FiguresAsk{Days: rapid.SampledFrom(flow.Periods).Draw(c.T, "days"), Type: rapid.SampledFrom([]string{"", "", "hidraulica"}).Draw(c.T, "type"),
		Development: rapid.SampledFrom([]string{"", "", "AUR", "PDA"}).Draw(c.T, "development")}
	who := rapid.SampledFrom([]desk.Actor{c.boss, c.aur, c.pda}).Draw(c.T, "who")
	got, err := c.Figures(c.Context(), who, ask)
	c.must(err)
	want := c.naive(who, ask)
	if a, b := want.String(), naiveOf(got).String(); a != b {
		c.Fatalf("%+v for %v: counted one by one\n%s\nfigures\n%s", ask, who.Developments, a, b)
	}
	c.checkLinks(who, got)
}

// checkLinks: lists are as long as the figures that lead to them say.
func (c *counted) checkLinks(who desk.Actor, v *flow.Figures) {
	lists := func(what string, n int64, view flow.View, span flow.Span, statuses ...string) {
		span.Type = v.Type
		q := flow.ListQuery{View: view, Statuses: statuses, Span: span, Most: 7}
		if v.Development != "" {
			q.Developments = []string{v.Development}
		}
		seen := map[int64]bool{}
		for {
			l, err := c.List(c.Context(), who, q)
			c.must(err)
			for _, o := range l.Lines {
				seen[o.Number] = true
			}
			if q.After = l.Next; q.After == "" {
				break
			}
		}
		if int64(len(seen)) != n {
			c.Fatalf("%s: the figure is %d, its list has %d", what, n, len(seen))
		}
	}
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format(time.DateOnly)
	}
	of := func(e flow.Event, from, until time.Time) flow.Span {
		return flow.Span{Event: e, From: day(from), Until: day(until)}
	}
	lists("opened", v.Opened, flow.ViewAll, of(flow.Opened, v.From, v.Until))
	lists("closed", v.Closed, flow.ViewAll, of(flow.Closed, v.From, v.Until))
	lists("visited", v.Visit.N, flow.ViewAll, of(flow.Visited, v.From, v.Until))
	lists("failed", v.Failed, flow.ViewAll, of(flow.Failed, v.From, v.Until))
	w := v.Weeks[len(v.Weeks)/2]
	lists("opened in a week", w.Opened, flow.ViewAll, of(flow.Opened, w.From, w.Until))
	lists("failed in a week", w.Failed, flow.ViewAll, of(flow.Failed, w.From, w.Until))
	for i, b := range v.Bands {
		var sum int64
		for _, l := range v.Backlog {
			sum += l.Bands[i]
		}
		lists("an age", sum, flow.ViewOpen, of(flow.Opened, b.From, b.Until))
	}
	for _, l := range v.Backlog {
		lists("a status of an age", l.Bands[3], flow.ViewOpen, of(flow.Opened, v.Bands[3].From, v.Bands[3].Until), l.Code)
	}
	for _, r := range v.Repeats {
		span := of(flow.Opened, v.From, v.Until)
		span.Unit = r.Unit
		lists("a unit", r.N, flow.ViewAll, span)
	}
}

// naive is what figures say, flat.
type naive struct {
	opened, closed, failed, repeat int64
	visit, close                   flow.Lasting
	weeks                          [][3]int64
	backlog                        map[string][5]int64
	shares                         map[string]flow.Share
	repeats                        map[int64]int64
}

func (n naive) String() string { return fmt.Sprintf("%+v", struct{ naive any }{n}) }

func naiveOf(v *flow.Figures) naive {
	n := naive{opened: v.Opened, closed: v.Closed, failed: v.Failed, repeat: v.Repeat, visit: v.Visit, close: v.Close,
		backlog: map[string][5]int64{}, shares: map[string]flow.Share{}, repeats: map[int64]int64{}}
	for _, w := range v.Weeks {
		n.weeks = append(n.weeks, [3]int64{w.Opened, w.Closed, w.Failed})
	}
	for _, l := range v.Backlog {
		if l.Total > 0 {
			n.backlog[l.Code] = [5]int64(l.Bands)
		}
	}
	for _, s := range slices.Concat(v.ByDevelopment, v.ByType) {
		s.Name = ""
		n.shares[s.Code] = s
	}
	for _, r := range v.Repeats {
		n.repeats[r.Unit] = r.N
	}
	return n
}

// naive looks at every occurrence, as its page shows it.
func (c *counted) naive(who desk.Actor, ask flow.FiguresAsk) naive {
	n := naive{backlog: map[string][5]int64{}, shares: map[string]flow.Share{}, repeats: map[int64]int64{}}
	zone := flow.Zone("")
	midnight := func(at time.Time) time.Time {
		y, m, d := at.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, zone)
	}
	today := midnight(c.clock)
	from := today.AddDate(0, 0, 1-ask.Days)
	week := func(at time.Time) int { // Mondays between
		i := 0
		for d := from.AddDate(0, 0, 1); !d.After(midnight(at)); d = d.AddDate(0, 0, 1) {
			if d.Weekday() == time.Monday {
				i++
			}
		}
		return i
	}
	n.weeks = make([][3]int64, week(today)+1)
	in := func(at time.Time) bool { return !at.IsZero() && !at.Before(from) && at.Before(today.AddDate(0, 0, 1)) }
	visit, closing, calls := map[string][]time.Duration{}, map[string][]time.Duration{}, map[int64]int64{}
	for _, number := range c.numbers {
		o, err := c.Show(c.Context(), who, number)
		if codeOf(err) == desk.ErrNotFound {
			continue
		}
		c.must(err)
		if ask.Type != "" && o.Type != ask.Type || ask.Development != "" && o.Unit.DevelopmentCode != ask.Development {
			continue
		}
		keys := []string{"", o.Unit.DevelopmentCode, o.Type}
		if o.ClosedAt.IsZero() {
			bands := n.backlog[o.Status.Code]
			days := int(math.Round(today.Sub(midnight(o.OpenedAt)).Hours() / 24))
			i, _ := slices.BinarySearch([]int{2, 7, 30, 90}, days)
			bands[i]++
			n.backlog[o.Status.Code] = bands
		}
		if in(o.OpenedAt) {
			n.opened++
			n.weeks[week(o.OpenedAt)][0]++
			calls[o.Unit.ID]++
			for _, k := range keys[1:] {
				s := n.shares[k]
				s.Opened++
				n.shares[k] = s
			}
		}
		if in(o.ClosedAt) {
			n.closed++
			n.weeks[week(o.ClosedAt)][1]++
			for _, k := range keys {
				closing[k] = append(closing[k], max(o.ClosedAt.Sub(o.OpenedAt), 0))
			}
		}
		var first time.Time
		for _, v := range o.Visits {
			if v.State == "realizada" && (first.IsZero() || v.Start.Before(first)) {
				first = v.Start
			}
		}
		if in(first) {
			for _, k := range keys {
				visit[k] = append(visit[k], max(first.Sub(o.OpenedAt), 0))
			}
		}
		failed := map[int]bool{}
		for _, m := range o.Movements {
			if m.Kind == "movimentacao" && m.Origin == desk.System && m.To == "99" && in(m.At) {
				failed[week(m.At)] = true
			}
		}
		for w := range failed {
			n.weeks[w][2]++
		}
		n.failed += int64(min(len(failed), 1))
	}
	for unit, k := range calls {
		if k > 1 {
			n.repeat++
			n.repeats[unit] = k
		}
	}
	n.visit, n.close = rank(visit[""]), rank(closing[""])
	for _, of := range []map[string][]time.Duration{visit, closing} {
		for k := range of {
			if k != "" {
				s := n.shares[k]
				s.Visit, s.Close, s.Closed = rank(visit[k]), rank(closing[k]), int64(len(closing[k]))
				n.shares[k] = s
			}
		}
	}
	for k, s := range n.shares {
		s.Code = k
		n.shares[k] = s
	}
	return n
}

// rank is by counting: the least duration that at least the share of them does not exceed.
func rank(all []time.Duration) flow.Lasting {
	least := func(of, part int) time.Duration {
		for _, d := range slices.Sorted(slices.Values(all)) {
			within := 0
			for _, other := range all {
				if cmp.Compare(other, d) <= 0 {
					within++
				}
			}
			if within*of >= len(all)*part {
				return d
			}
		}
		return 0
	}
	return flow.Lasting{N: int64(len(all)), Median: least(2, 1), P90: least(10, 9)}
}
