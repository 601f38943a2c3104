package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// ReceivedCall is all that is shown of a received call.
type ReceivedCall struct {
	CallLine
	TokenName string
	Params    []ReceivedParam
	Body      string // the beginning of a body that could not be read
	Fields    []desk.FieldError
	EndedBy   string
	EndedWhy  string
	EndedAt   time.Time
	// AnsweredBy is the call that was accepted in its place.
	AnsweredBy string
	// Differs is the earlier call of the same id_externo whose body was another.
	Differs string
	// Same are the other calls of the same id_externo, newest first.
	Same []CallLine
	// Near are the units and customers that the call may have meant, the likeliest first.
	Near []NearMatch
	// MayReplay: the actor may correct and dismiss.
	MayReplay bool
}

// Error is why it was refused, as it was told.
func (c *ReceivedCall) Error() *desk.Error {
	return &desk.Error{Code: c.Code, Args: c.Reason.Args, Fields: c.Fields}
}

// ReceivedParam is a parameter as it was received, redacted for who reads it.
type ReceivedParam struct {
	Name, Text string
	Bytes      int64 // of a file, of which only the size is kept
	File       bool
	Secret     bool // it looked like a credential, and was not kept
}

const sameShown = 20

// ReceivedCall answers a received call that the actor may see, near matches included while it waits.
func (f *Flow) ReceivedCall(ctx context.Context, a desk.Actor, id string) (*ReceivedCall, error) {
	row, err := f.callRow(ctx, a, id)
	if err != nil {
		return nil, err
	}
	q := f.Store.Read()
	c, err := q.InboundCall(ctx, id)
	if err != nil {
		return nil, err
	}
	w := callWalk{ctx: ctx, q: q, actor: a, zone: Zone("")}
	token, err := q.TokenByID(ctx, c.TokenID)
	if err != nil {
		return nil, err
	}
	out := &ReceivedCall{CallLine: w.line(row), TokenName: token.Name, Fields: parseFields(c.Fields), EndedBy: c.EndedBy, EndedWhy: c.EndedWhy,
		AnsweredBy: c.AnsweredBy.String, Differs: c.DiffersFrom.String, MayReplay: MayReplay(a)}
	if c.EndedAt.Valid {
		out.EndedAt = fromMillis(c.EndedAt.Int64).In(w.zone)
	}
	raw, err := f.Keys.Open("inbound_call.call:"+id, c.Call)
	if err != nil {
		return nil, fmt.Errorf("open the received call %s: %w", id, err)
	}
	// What the previous release kept doesn't say whether it could be read.
	params, readable := receivedParams(a, raw)
	if out.Undecoded = out.Undecoded || !readable; out.Undecoded {
		out.Body = redactBody(a, string(raw))
	} else {
		out.Params = params
	}
	if c.ExternalID != "" {
		same, err := callRows(q.InboundByExternal(ctx, db.InboundByExternalParams{ExternalID: c.ExternalID, Most: sameShown + 1}))
		if err != nil {
			return nil, err
		}
		for _, r := range same {
			if r.ID != id && r.Integration == c.Integration && w.sees(r) {
				out.Same = append(out.Same, w.line(r))
			}
		}
	}
	if out.Open() && !out.Undecoded {
		out.Near, err = f.near(ctx, a, c, paramsOf(raw))
	}
	return out, err
}

// callRow finds a call that the actor may see.
func (f *Flow) callRow(ctx context.Context, a desk.Actor, id string) (callRow, error) {
	if !MaySeeCalls(a) {
		return callRow{}, desk.Fail(desk.ErrForbidden)
	}
	rows, err := callRows(f.Store.Read().InboundByID(ctx, id))
	w := callWalk{actor: a}
	if err == nil && (len(rows) == 0 || !w.sees(rows[0])) {
		err = desk.Fail(desk.ErrNoCall)
	}
	if err != nil {
		return callRow{}, err
	}
	return rows[0], nil
}

// receivedParams reads the canonical form for showing; not readable: it is none.
func receivedParams(a desk.Actor, raw []byte) (out []ReceivedParam, readable bool) {
	var members map[string]any
	if json.Unmarshal(raw, &members) != nil {
		return nil, false
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		values, several := members[name].([]any)
		if !several {
			values = []any{members[name]}
		}
		for _, v := range values {
			p := ReceivedParam{Name: name}
			switch v := v.(type) {
			case string:
				p.Secret = v == "***"
				p.Text = redact(a, name, v)
			case map[string]any:
				size, _ := v["bytes"].(float64)
				p.File, p.Bytes = true, int64(size)
			}
			out = append(out, p)
		}
	}
	return out, true
}

// CallFilters are what lists of received calls can be narrowed to.
type CallFilters struct {
	Integrations []string
	People       []User
}

// CallFilters answers the integrations that there are tokens of, and who may look after a call.
func (f *Flow) CallFilters(ctx context.Context) (CallFilters, error) {
	var out CallFilters
	var err error
	if out.Integrations, err = f.Store.Read().Integrations(ctx); err != nil {
		return out, err
	}
	users, err := f.Users(ctx)
	for _, u := range users {
		if !u.Disabled && MaySeeCalls(u.Actor()) {
			u.PasswordHash = ""
			out.People = append(out.People, u)
		}
	}
	return out, err
}

// ParamsForForm are the parameters of a kept call, masked as its page shows them.
func (f *Flow) ParamsForForm(ctx context.Context, a desk.Actor, id string) (map[string]string, error) {
	if !MayReplay(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	_, raw, err := f.openCall(ctx, a, id)
	if err != nil {
		return nil, err
	}
	out := paramsOf(raw)
	for name, text := range out {
		out[name] = redact(a, name, text)
	}
	return out, nil
}

// ChosenMatch answers what a near match puts into the form: the unit by its codes, and the customer if one was chosen.
func (f *Flow) ChosenMatch(ctx context.Context, a desk.Actor, unit, customer int64) (map[string]string, error) {
	out := map[string]string{}
	q := f.Store.Read()
	if unit != 0 {
		p, err := q.Place(ctx, unit)
		if store.NoRows(err) || err == nil && !a.MayTouch(p.DevelopmentID) {
			return nil, desk.Fail(desk.ErrUnit)
		}
		if err != nil {
			return nil, err
		}
		out["cod_projeto"], out["cod_empreendimento"], out["cod_bloco"] = p.Number, p.DevelopmentCode, p.BlockCode
	}
	if customer != 0 {
		c, err := q.CustomerByID(ctx, customer)
		if store.NoRows(err) {
			return nil, desk.Fail(desk.ErrCustomer)
		}
		if err != nil {
			return nil, err
		}
		out["cpf_cnpj"] = shownDocument(a, c.DocumentKey.String)
	}
	return out, nil
}
