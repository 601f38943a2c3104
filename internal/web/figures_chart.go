package web

import (
	"strconv"

	"ponte/internal/flow"
)

// chart is bars side by side, drawn by the server. Without colour the series are told apart by their filling, and the table
// behind says all that it shows.
type chart struct {
	id     string // of the page's elements
	title  string
	series []string // names, in the order of the bars' values; at most two
	kinds  []string // classes of theirs
	groups []bars
}

// bars are what stands over one label.
type bars struct {
	label string
	whole string // the label in words
	n     []int64
	links []string
}

// The drawing's own units; the page scales it.
const (
	chartWidth  = 380
	chartHeight = 170
	chartLeft   = 30
	chartTop    = 16
	chartBottom = 150
)

// bar is a rectangle of a chart.
type bar struct {
	x, y, w, h float64
	kind       string
	link, says string
	n          int64
	labelled   bool
}

func (c chart) top() int64 {
	var most int64 = 1
	for _, g := range c.groups {
		for _, n := range g.n {
			most = max(most, n)
		}
	}
	return roundUp(most)
}

// roundUp answers the next number that a scale may end at: 1, 2, 4, 5 or 10 times a power of ten.
func roundUp(n int64) int64 {
	for power := int64(1); ; power *= 10 {
		for _, step := range []int64{1, 2, 4, 5, 10} {
			if step*power >= n {
				return step * power
			}
		}
	}
}

func (c chart) step() float64 { return float64(chartWidth-chartLeft) / float64(max(len(c.groups), 1)) }

// few says whether there is room for a number over each bar.
func (c chart) few() bool { return len(c.groups)*len(c.series) <= 12 }

func (c chart) bars(p *page) (out []bar) {
	step, top := c.step(), float64(c.top())
	wide := min(step*.72/float64(len(c.series)), 34)
	for i, g := range c.groups {
		left := chartLeft + step*float64(i) + (step-wide*float64(len(c.series)))/2
		for k, n := range g.n {
			h := float64(n) / top * (chartBottom - chartTop)
			out = append(out, bar{x: left + wide*float64(k), y: chartBottom - h, w: max(wide-1, 1), h: h, kind: c.kinds[k], link: g.links[k], n: n,
				labelled: c.few(), says: g.whole + ": " + p.Number(n) + " " + c.series[k]})
		}
	}
	return out
}

// labels are the texts below, as many as there is room for.
func (c chart) labels() (out []bar) {
	every := max(1, (len(c.groups)+6)/7)
	for i, g := range c.groups {
		if i%every == 0 {
			out = append(out, bar{x: chartLeft + c.step()*(float64(i)+.5), says: g.label})
		}
	}
	return out
}

// lines are the scale: nothing, the half where it is whole, and the end.
func (c chart) lines() (out []bar) {
	top := c.top()
	for _, n := range []int64{0, top / 2, top} {
		if n == top/2 && (top%2 != 0 || n == 0) {
			continue
		}
		out = append(out, bar{y: chartBottom - float64(n)/float64(top)*(chartBottom-chartTop), n: n})
	}
	return out
}

// at writes a coordinate.
func at(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

func (v figuresView) weekChart(p *page) chart {
	c := chart{id: "semanas", title: p.T("figures.weeks"), series: []string{p.T("figures.opened_series"), p.T("figures.closed_series")}, kinds: []string{"open", "shut"}}
	for _, w := range v.Weeks {
		c.groups = append(c.groups, bars{label: p.dayMonth(w.From), whole: v.weekName(p, w), n: []int64{w.Opened, w.Closed},
			links: []string{v.weekList(flow.Opened, w), v.weekList(flow.Closed, w)}})
	}
	return c
}

func (v figuresView) failChart(p *page) chart {
	c := chart{id: "falhas", title: p.T("figures.failures"), series: []string{p.T("figures.failed_series")}, kinds: []string{"fail"}}
	for _, w := range v.Weeks {
		c.groups = append(c.groups, bars{label: p.dayMonth(w.From), whole: v.weekName(p, w), n: []int64{w.Failed}, links: []string{v.weekList(flow.Failed, w)}})
	}
	return c
}

func (v figuresView) ageChart(p *page) chart {
	c := chart{id: "idades", title: p.T("figures.ages"), series: []string{p.T("figures.waiting_series")}, kinds: []string{"open"}}
	for i, b := range v.Bands {
		c.groups = append(c.groups, bars{label: p.T("figures.band." + b.Code), whole: p.T("figures.band." + b.Code), n: []int64{v.bandSum(i)}, links: []string{v.aged(b, "")}})
	}
	return c
}

func (v figuresView) weekName(p *page, w flow.Week) string {
	if w.From.Equal(w.Until) {
		return p.dayMonth(w.From)
	}
	return p.T("figures.week", "from", p.dayMonth(w.From), "until", p.dayMonth(w.Until))
}

func (v figuresView) weekList(e flow.Event, w flow.Week) string {
	return v.listOf(e, w.From, w.Until, v.Development, v.Type, 0)
}

func (v figuresView) shareList(e flow.Event, s flow.Share, types bool) string {
	if types {
		return v.listOf(e, v.From, v.Until, v.Development, s.Code, 0)
	}
	return v.listOf(e, v.From, v.Until, s.Code, v.Type, 0)
}

func (c chart) box() string {
	return "0 0 " + strconv.Itoa(chartWidth) + " " + strconv.Itoa(chartHeight)
}

// fill is a pattern for the second series; the first is filled by its class.
func (c chart) fill(i int) string {
	if i == 1 {
		return "url(#" + c.id + "-p)"
	}
	return "currentColor"
}

func (c chart) fillOf(kind string) string {
	for i, k := range c.kinds {
		if k == kind {
			return c.fill(i)
		}
	}
	return "currentColor"
}
