package conformance

import (
	"fmt"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// named is a case of a point.
type named struct {
	name string
	try  func(*kase) (outcome, error)
}

// point makes all cases of a point. What closes an order comes after what needs it open.
func (r *run) point(p desk.Point) error {
	v := &pointCases{run: r, p: p}
	var all []named
	switch p {
	case desk.OpenOrder:
		all = []named{{"sucesso", v.success}, {"consulta", v.unknownID}, {"repetida", v.again}, {"recusa", v.refusedUnit},
			{"credencial", v.credential}, {"tempo_esgotado", v.timeout}, {"acentos", v.accents}}
	case desk.SendFile:
		all = []named{{"anexo", v.success}, {"consulta", v.unknownID}, {"repetida", v.again}, {"recusa", v.refusedOrder},
			{"credencial", v.credential}, {"tempo_esgotado", v.timeout}}
	default:
		all = []named{{"consulta", v.unknownID}, {"recusa", v.refusedOrder}, {"credencial", v.credential}, {"tempo_esgotado", v.timeout},
			{"acentos", v.accents}, {"sucesso", v.success}, {"repetida", v.again}}
	}
	for _, c := range all {
		if err := r.do(string(p), c.name, c.try); err != nil {
			return err
		}
	}
	return nil
}

// pointCases are the cases of one point, with what the later ones need of the earlier.
type pointCases struct {
	*run
	p     desk.Point
	first *call             // of sucesso, which arrived
	gave  map[string]string // what was extracted from its answer
}

// facts are what a call is made of: the test occurrence's, with a comment and an inspection to ask for.
func (v *pointCases) facts(text string) mapping.Facts {
	f := *v.c.Facts
	f.Movement.Comment, f.Movement.Author, f.Movement.At = text, v.c.By.Name, time.Now().In(f.Zone)
	day := time.Now().In(f.Zone).AddDate(0, 0, 5)
	f.Movement.VisitStart = time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, f.Zone)
	f.Movement.VisitEnd = f.Movement.VisitStart.Add(time.Hour)
	if v.p == desk.OpenOrder {
		f.Occurrence.LegacyID = v.legacy()
	}
	return f
}

// legacy is what the next order is called over there.
func (r *run) legacy() string {
	r.ids++
	return fmt.Sprintf("CONF-%s-%d", r.c.Mark, r.ids)
}

// make is the point's call on an open order of this run; one is opened where there is none. no is the case's outcome
// where there can't be a call.
func (v *pointCases) make(k *kase, f mapping.Facts) (c *call, o *order, no outcome, err error) {
	refs := mapping.Refs{}
	if v.p != desk.OpenOrder {
		if o, no, err = v.openOrder(k); err != nil || o == nil {
			return nil, nil, no, err
		}
		f.Occurrence.LegacyID, refs.OrderID, refs.OrderNumber = o.legacy, o.id, o.number
	}
	c, no, err = k.bind(v.p, f, refs)
	return c, o, no, err
}

// openOrder is an order of this run that is still open.
func (v *pointCases) openOrder(k *kase) (*order, outcome, error) {
	for _, o := range v.own {
		if !o.closed {
			return o, outcome{}, nil
		}
	}
	if !v.c.Rules.Has(desk.OpenOrder) {
		return nil, reserved("conf_sem_ordem"), nil
	}
	opener := &pointCases{run: v.run, p: desk.OpenOrder}
	c, no, err := k.bind(desk.OpenOrder, opener.facts(comment), mapping.Refs{})
	if err != nil || c == nil {
		return nil, no, err
	}
	got, err := k.deliver(c)
	if err != nil {
		return nil, outcome{}, err
	}
	if got.Outcome != mapping.Delivered {
		return nil, failed("conf_ordem_nao_abriu"), nil
	}
	return v.opened(c, got.Extracted), outcome{}, nil
}

// opened remembers an order that the run has opened, so that it is closed in the end.
func (r *run) opened(c *call, got map[string]string) *order {
	o := &order{id: got[mapping.ExtractOrderID], number: got[mapping.ExtractOrderNumber], legacy: c.Keys.LegacyID}
	if o.id == "" {
		return o
	}
	for _, known := range r.own {
		if known.id == o.id {
			return known
		}
	}
	r.own = append(r.own, o)
	return o
}

// arrived remembers what a call did that arrived over there.
func (v *pointCases) arrived(c *call, o *order, got map[string]string) {
	switch {
	case v.p == desk.OpenOrder:
		v.opened(c, got)
	case v.p == desk.CloseOrder && o != nil:
		o.closed = true
	}
}

// deliverTries and deliverWait bound how often a call goes again that was certainly not done, and how long it waits.
const (
	deliverTries = 3
	deliverWait  = 5 * time.Second
)

// deliver sends until the answer is something else than "not now".
func (k *kase) deliver(c *call) (mapping.Verdict, error) {
	for try := 1; ; try++ {
		v, err := k.send(c)
		if err != nil || v.Outcome != mapping.Retry || try == deliverTries {
			return v, err
		}
		wait := max(v.RetryAfter, c.rules.Policy().FirstRetry.Std())
		if !k.sleep(min(wait, deliverWait)) {
			return v, nil
		}
	}
}

// closeRest closes what the run has opened and nothing closed, as far as orders can be closed from here.
func (r *run) closeRest() error {
	v := &pointCases{run: r, p: desk.CloseOrder}
	var rest []*order
	for _, o := range r.own {
		if !o.closed {
			rest = append(rest, o)
		}
	}
	if len(rest) == 0 || !r.c.Rules.Has(desk.CloseOrder) {
		return nil
	}
	return r.do(string(desk.CloseOrder), "encerramento", func(k *kase) (outcome, error) {
		for _, o := range rest {
			f := v.facts(comment)
			f.Occurrence.LegacyID = o.legacy
			c, no, err := k.bind(desk.CloseOrder, f, mapping.Refs{OrderID: o.id, OrderNumber: o.number})
			if err != nil || c == nil {
				return no, err
			}
			got, err := k.deliver(c)
			if err != nil {
				return outcome{}, err
			}
			o.closed = got.Outcome == mapping.Delivered
		}
		var left []string
		for _, o := range rest {
			if !o.closed {
				left = append(left, o.id)
			}
		}
		if len(left) > 0 {
			return outcome{flow.CaseReserved, desk.Because("conf_ficou_aberta", "ordens", left)}, nil
		}
		return passed("conf_encerradas", "n", len(rest)), nil
	})
}
