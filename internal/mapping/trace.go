package mapping

import (
	"context"
	"encoding/json"
	"strings"
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

	call FrozenCall
	refs Refs
}

// Masked is the same with every value as mask shows it: for people who may not see all of them. What is masked is masked
// before it is written, so that it is nowhere in the request, however that is encoded.
func (t *Trace) Masked(mask func(target, text string) string) *Trace {
	out := &Trace{call: t.call, refs: t.refs}
	out.call.Values = nil
	for _, r := range t.Rows {
		if r.JSON != "" && !r.Later {
			if text := r.Text(); mask(r.Target, text) != text {
				r.JSON = encode(masked(r.JSON, func(s string) string { return mask(r.Target, s) }), time.UTC)
			}
		}
		if r.JSON != "" {
			out.call.Values = append(out.call.Values, FrozenValue{Target: r.Target, JSON: r.JSON})
		}
		out.Rows = append(out.Rows, r)
	}
	out.Request = (&binder{refs: t.refs}).call(&out.call)
	out.Request.Point = t.Request.Point
	return out
}

// masked masks each text and number of an encoded value.
func masked(value string, mask func(string) string) any {
	list, isList := []json.RawMessage{}, strings.HasPrefix(value, "[")
	fields, isMap := map[string]json.RawMessage{}, strings.HasPrefix(value, "{")
	switch {
	case isList && json.Unmarshal([]byte(value), &list) == nil:
		out := make([]any, len(list))
		for i, v := range list {
			out[i] = masked(string(v), mask)
		}
		return out
	case isMap && json.Unmarshal([]byte(value), &fields) == nil:
		out := map[string]any{}
		for name, v := range fields {
			out[name] = masked(string(v), mask)
		}
		return out
	}
	return mask(plain(value))
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
	out := &Trace{refs: refs}
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
	out.call = shown
	out.Request = (&binder{refs: refs}).call(&shown)
	return out
}

// Source names where a row's value comes from: a fact, a reference, "cel" or "fixo".
func (p Param) Source() string { return (&row{Param: p}).source() }
