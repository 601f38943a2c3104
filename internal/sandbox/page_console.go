package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// consoleCalls is how many calls back the console lists.
const consoleCalls = 50

// consoleView is the console: faults, the way back to Ponte, and the way to forget everything.
type consoleView struct {
	faults                      []faultView
	form                        *form
	ret                         returnView
	queue                       []queueLine
	queued                      int // lines there would be
	delivered, waiting, refused int
}

// faultView is a fault that was asked for.
type faultView struct {
	place              int
	f                  fault
	method, kind, left string
	fired, ms          string
	spent              bool
}

// queueLine is a call back that has not arrived.
type queueLine struct {
	id, number  string // of its order
	what        string
	state       string
	why, detail string
	at          int64
}

// console is GET /console.
func (g *pages) console(q *pageRequest) error {
	f := q.emptyForm()
	for name, value := range map[string]string{"metodo": "*", "tipo": fault500, "vezes": "quantas", "quantas": "1",
		"porcento": "20", "ms": "3000"} {
		f.values.Set(name, value)
	}
	return g.showConsole(q, f, http.StatusOK)
}

func (g *pages) showConsole(q *pageRequest, f *form, status int) error {
	p := g.page(q, q.T("console.title"))
	p.wide, p.path = true, "/console"
	v := consoleView{form: f}
	err := g.read(func(st *state) int64 {
		for i, one := range st.faults {
			v.faults = append(v.faults, p.faultView(i, one))
		}
		v.ret = st.ret.view()
		for _, o := range slices.Backward(st.orders) {
			g.addCalls(p, st, o, &v)
		}
		return g.log.position()
	})
	if err != nil {
		return err
	}
	return q.show(status, consolePage(p, v))
}

func (p *page) faultView(i int, f fault) faultView {
	v := faultView{place: i, f: f, method: p.T("faults.all"), kind: p.T("kind." + f.Type),
		fired: p.N("faults.fired", f.Fired)}
	if f.Fired == 0 {
		v.fired = p.T("faults.unfired")
	}
	if f.Method != "*" {
		v.method = p.T("method." + f.Method)
	}
	switch {
	case f.Count == nil:
		v.left = p.T("faults.chance", "n", percent(*f.Probability))
	case *f.Count <= 0:
		v.left, v.spent = p.T("faults.spent"), true
	default:
		v.left = p.N("faults.left", *f.Count)
	}
	if f.MS > 0 {
		v.ms = p.T("faults.ms", "n", f.MS)
	}
	return v
}

// addCalls counts an order's calls, and lists those that have not arrived, in the order of their lane.
func (g *pages) addCalls(p *page, st *state, o *order, v *consoleView) {
	next := o.pending()
	for i := range o.calls {
		c := &o.calls[i]
		if c.State == callDelivered {
			v.delivered++
			continue
		}
		if v.queued++; c.State == callQueued {
			v.waiting++
		} else {
			v.refused++
		}
		if len(v.queue) >= consoleCalls {
			continue
		}
		line := queueLine{id: st.order(o.seq), number: o.numSolicitacao(), what: p.T("op." + c.Op), state: c.State,
			at: c.At, why: p.T("queue.behind")}
		if strings.HasPrefix(c.Trouble, troubleNetwork) {
			line.detail = strings.TrimPrefix(c.Trouble, troubleNetwork)
		}
		switch {
		case c.State == callRefused:
			line.why = joined(" · ", p.reason(c), p.tries(c))
			if c.Status != 0 {
				line.why += " · HTTP " + strconv.Itoa(c.Status)
			}
		case c == next:
			line.why, _ = g.hold(p.words, st, o, c)
		}
		v.queue = append(v.queue, line)
	}
}

// tries says how often a call that is settled was tried; one that could not even be sent, not at all.
func (w words) tries(c *call) string {
	if c.Attempts == 0 {
		return ""
	}
	return w.N("notice.tried", c.Attempts)
}

// protocolName is REST where nothing was said.
func (v returnView) protocolName() string {
	if v.Protocolo == "soap" {
		return "SOAP"
	}
	return "REST"
}
