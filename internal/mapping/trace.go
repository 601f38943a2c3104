package mapping

import (
	"context"
	"time"

	"ponte/internal/desk"
)

// Traced is a row of a call as it would be filled for certain facts.
type Traced struct {
	Param
	JSON string // the value, encoded; empty where the row is left out
	Code string // what is wrong with it, as in MissingValue; empty where nothing is
	// Later says that the value is known only when the call is sent, and what JSON has is its name.
	Later bool
}

// Text is the value as a person reads it.
func (t Traced) Text() string { return plain(t.JSON) }

// Trace is a call as it would be sent now, row by row; what is missing is left out of the request.
type Trace struct {
	Rows    []Traced
	Request *Request
}

// Missing are the rows that the call can't do without.
func (t *Trace) Missing() (out []Traced) {
	for _, r := range t.Rows {
		if r.Code != "" {
			out = append(out, r)
		}
	}
	return out
}

// laterText stands for a value that is not known yet.
func laterText(ref string) string { return "‹" + ref + "›" }

// Trace shows the call of a point for these facts, where Freeze would only refuse: for whoever is configuring it. refs
// are those that are known already.
func (c *Compiled) Trace(p desk.Point, f *Facts, refs Refs) (*Trace, error) {
	pt := c.points[p]
	if pt == nil {
		return nil, desk.Fail(desk.ErrConfig, "motivo", "ponto_sem_configuracao", "ponto", string(p))
	}
	t := pt.call.trace(f, refs, true)
	t.Request.Point = p
	return t, nil
}

// trace shows a call for these facts; waits says that a reference which is empty will be known by the time it is sent.
func (c *call) trace(f *Facts, refs Refs, waits bool) *Trace {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	z := freezer{ctx: ctx, facts: f, zone: f.Zone}
	if z.zone == nil {
		z.zone = time.UTC
	}
	known := map[string]string{RefOrderID: refs.OrderID, RefOrderNumber: refs.OrderNumber, RefDeliveryID: refs.DeliveryID}
	out := &Trace{}
	shown := FrozenCall{Method: c.Method, Path: c.Path, Body: c.Body, XML: c.XML, Answer: c.Answer, Header: c.Header}
	for i := range c.rows {
		r := &c.rows[i]
		t := Traced{Param: r.Param}
		switch text := known[r.Ref]; {
		case r.Ref == "":
			t.JSON, t.Code = z.value(r)
		case text == "" && waits:
			t.JSON, t.Later = encode(laterText(r.Ref), z.zone), true
		case text == "":
			t.JSON, t.Code = ifEmpty(r.IfEmpty)
		default:
			if v, ok := convert(text, r.Type, r.Format, z.zone); ok {
				t.JSON = encode(v, z.zone)
			} else {
				t.Code = "valor_invalido"
			}
		}
		if t.JSON != "" {
			shown.Values = append(shown.Values, FrozenValue{Target: r.Target, JSON: t.JSON})
		}
		out.Rows = append(out.Rows, t)
	}
	b := binder{refs: refs}
	out.Request = b.call(&shown)
	return out
}

// Source names where a row's value comes from: a fact, a reference, "cel" or "fixo".
func (p Param) Source() string { return (&row{Param: p}).source() }
