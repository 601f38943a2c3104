package sandbox

import "encoding/json"

// record is one line of the journal. Exactly one of its members is set. Live changes, the reading of the journal at
// start and the snapshot that replaces it all go through state.apply, so they can't come to differ.
type record struct {
	Install *install  `json:"instalacao,omitempty"`
	Change  *change   `json:"ordem,omitempty"`
	Faults  *[]fault  `json:"falhas,omitempty"`
	Fired   *int      `json:"disparo,omitempty"` // place of the fault that fired
	Return  *Return   `json:"retorno,omitempty"`
	Catalog *registry `json:"cadastro,omitempty"`
	Reset   bool      `json:"reset,omitempty"`
}

// install is written once per journal. Next is the sequence of the next order: it never goes back, so that an order
// forgotten by a reset lends its id to nobody.
type install struct {
	Epoch string `json:"epoca"`
	Next  int64  `json:"proxima"`
}

// change is what happened to one order, in one step.
type change struct {
	Seq      int64     `json:"s"`
	Open     *opening  `json:"a,omitempty"`
	Status   situation `json:"e,omitempty"`
	Number   string    `json:"n,omitempty"`
	Comments []comment `json:"c,omitempty"`
	Visits   []visit   `json:"v,omitempty"` // by place: a new one, or another face of an old one
	Files    []file    `json:"f,omitempty"`
	Closing  *closing  `json:"z,omitempty"`
	Calls    []call    `json:"q,omitempty"`
	Results  []result  `json:"r,omitempty"`
	Requeue  bool      `json:"k,omitempty"` // the refused calls go back to the queue, in their places
}

type opening struct {
	At        int64           `json:"t"`
	FromField bool            `json:"c,omitempty"`
	Legacy    string          `json:"l,omitempty"`
	Unit      string          `json:"u,omitempty"`
	Customer  string          `json:"p,omitempty"`
	Data      json.RawMessage `json:"d"`
}

// result settles one call back.
type result struct {
	N        int    `json:"n"`
	State    string `json:"e"`
	Attempts int    `json:"a"`
	Status   int    `json:"s,omitempty"`
	Body     string `json:"b,omitempty"`
	Trouble  string `json:"w,omitempty"`
}

// state is everything the sandbox knows. It is guarded by the server's mutex.
type state struct {
	ids
	next       int64
	base       int64 // seq of orders[0]
	orders     []*order
	byLegacy   map[string][]*order
	byCustomer map[string][]*order
	faults     []fault
	ret        Return
	catalog    registry
}

func newState() state {
	s := state{next: 1, faults: []fault{}}
	s.forget()
	return s
}

// forget empties what a reset forgets. The address of the call-backs, the registry and the numbering stay.
func (s *state) forget() {
	s.base, s.orders, s.faults = s.next, nil, []fault{}
	s.byLegacy, s.byCustomer = make(map[string][]*order), make(map[string][]*order)
}

func (s *state) bySeq(seq int64) *order {
	if seq < s.base || seq >= s.base+int64(len(s.orders)) {
		return nil
	}
	return s.orders[seq-s.base]
}

func (s *state) byID(id string) *order {
	seq, ok := s.parseOrder(id)
	if !ok {
		return nil
	}
	return s.bySeq(seq)
}

// apply makes a record true. It decides nothing and can't fail: what is in the journal was decided before.
func (s *state) apply(r record, lsn int64) {
	switch {
	case r.Install != nil:
		s.epoch, s.next = r.Install.Epoch, r.Install.Next
		s.base = s.next
	case r.Change != nil:
		s.change(r.Change, lsn)
	case r.Faults != nil:
		s.faults = *r.Faults
	case r.Fired != nil:
		if i := *r.Fired; i >= 0 && i < len(s.faults) {
			s.faults[i].fired()
		}
	case r.Return != nil:
		s.ret = *r.Return
	case r.Catalog != nil:
		s.catalog = *r.Catalog
	case r.Reset:
		s.forget()
	}
}

func (s *state) change(c *change, lsn int64) {
	if c.Open != nil && c.Seq == s.next {
		s.open(c.Seq, c.Open)
	}
	o := s.bySeq(c.Seq)
	if o == nil {
		return
	}
	o.lsn = lsn
	if c.Status != "" {
		o.status = c.Status
	}
	if c.Number != "" {
		o.number = c.Number
	}
	if c.Closing != nil {
		o.closing = c.Closing
	}
	o.comments = append(o.comments, c.Comments...)
	o.files = append(o.files, c.Files...)
	for _, v := range c.Visits {
		if v.N <= len(o.visits) {
			o.visits[v.N-1] = v
		} else {
			o.visits = append(o.visits, v)
		}
	}
	o.queue(c)
}

func (s *state) open(seq int64, a *opening) {
	o := &order{seq: seq, openedAt: a.At, legacy: a.Legacy, unit: a.Unit, customer: a.Customer, data: a.Data,
		status: orderOpen, fromField: a.FromField}
	s.next = seq + 1
	s.orders = append(s.orders, o)
	if o.legacy != "" {
		s.byLegacy[o.legacy] = append(s.byLegacy[o.legacy], o)
	}
	if o.customer != "" {
		s.byCustomer[o.customer] = append(s.byCustomer[o.customer], o)
	}
}

// queue applies the part of a change that concerns the calls back to Ponte.
func (o *order) queue(c *change) {
	o.calls = append(o.calls, c.Calls...)
	for _, r := range c.Results {
		q := &o.calls[r.N-1]
		q.State, q.Attempts, q.Status, q.Body, q.Trouble = r.State, r.Attempts, r.Status, r.Body, r.Trouble
	}
	if c.Requeue {
		for i := range o.calls {
			if o.calls[i].State == callRefused {
				o.calls[i].State, o.calls[i].Trouble = callQueued, ""
			}
		}
		o.settled = 0
	}
	for o.settled < len(o.calls) && o.calls[o.settled].State != callQueued {
		o.settled++
	}
}

// pending is the call that is next in this order's lane, or nil.
func (o *order) pending() *call {
	if o.settled == len(o.calls) {
		return nil
	}
	return &o.calls[o.settled]
}

// snapshot is the shortest journal that makes this state.
func (s *state) snapshot(emit func(record) error) error {
	head := []record{{Install: &install{Epoch: s.epoch, Next: s.base}}, {Return: &s.ret}, {Catalog: &s.catalog},
		{Faults: &s.faults}}
	for _, r := range head {
		if err := emit(r); err != nil {
			return err
		}
	}
	for _, o := range s.orders {
		c := change{Seq: o.seq, Status: o.status, Number: o.number, Comments: o.comments, Visits: o.visits,
			Files: o.files, Closing: o.closing, Calls: o.calls,
			Open: &opening{At: o.openedAt, FromField: o.fromField, Legacy: o.legacy, Unit: o.unit,
				Customer: o.customer, Data: o.data}}
		if err := emit(record{Change: &c}); err != nil {
			return err
		}
	}
	return nil
}
