package flow

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Replay says of a call that it is a kept one, sent again by a person.
type Replay struct {
	Of   string // the kept call's id
	By   desk.Actor
	Hash string // of what the caller sent: the same again from there is the same request
	// Changed are the names of the parameters that were corrected.
	Changed []string
}

// TakenUp is a kept call ready to be served again, as the token that sent it.
type TakenUp struct {
	Operation, Door string
	Params          map[string]string
	Corrected       bool // a person looked at every parameter; unknown ones go
	Token           Token
	Actor           desk.Actor
	Replay          *Replay
}

// ParamField describes a parameter of an operation, for a form.
type ParamField struct {
	Name, Doc  string
	Required   bool
	Choices    []string
	Flag, Long bool
	File       bool // its bytes are not kept
	Max        int
}

// MayReplay says who answers for what enters the registry's books: replaying writes as somebody else's program.
// Attendants see the queue and share it out.
func MayReplay(a desk.Actor) bool { return a.Has(desk.Consultant, desk.Manager) }

// MaySeeCalls says who sees the queue.
func MaySeeCalls(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Consultant, desk.Manager) }

// TakeUp makes a kept call ready to be served again. values are the parameters as a person corrected them; nil sends
// it as it came. A value that is still masked is what it was, or the chosen customer's. id_externo is the
// caller's and stays. The token may have ended since: it is a person who answers for it now.
func (f *Flow) TakeUp(ctx context.Context, a desk.Actor, id string, values map[string]string, customer int64) (TakenUp, error) {
	if !MayReplay(a) {
		return TakenUp{}, desk.Fail(desk.ErrForbidden)
	}
	c, raw, err := f.openCall(ctx, a, id)
	if err != nil {
		return TakenUp{}, err
	}
	if c.Undecoded {
		return TakenUp{}, desk.Fail(desk.ErrCallUnread)
	}
	token, actor, err := f.tokenActor(ctx, c.TokenID)
	if err != nil {
		return TakenUp{}, err
	}
	actor.Environment, actor.Connection = c.Environment, c.ConnectionID
	t := TakenUp{Operation: c.Operation, Door: c.Door, Token: token, Actor: actor, Params: paramsOf(raw), Corrected: values != nil,
		Replay: &Replay{Of: id, By: a, Hash: c.BodyHash}}
	chosen := ""
	if customer != 0 {
		row, err := f.Store.Read().CustomerByID(ctx, customer)
		if err != nil && !store.NoRows(err) {
			return TakenUp{}, err
		}
		chosen = row.DocumentKey.String
	}
	for name, v := range values {
		was := t.Params[name]
		switch {
		case name == "id_externo":
			continue
		case name == "cpf_cnpj" && chosen != "" && v == shownDocument(a, chosen):
			v = chosen
		case v == redact(a, name, was):
			continue
		}
		if v != was {
			t.Params[name] = v
			t.Replay.Changed = append(t.Replay.Changed, name)
		}
	}
	slices.Sort(t.Replay.Changed)
	return t, nil
}

// tokenActor is a token with who acts with it, whether or not it still works.
func (f *Flow) tokenActor(ctx context.Context, id int64) (Token, desk.Actor, error) {
	row, err := f.Store.Read().TokenByID(ctx, id)
	if err != nil {
		return Token{}, desk.Actor{}, err
	}
	a, err := f.bearer(ctx, row)
	return token(row), a, err
}

// takeUp locks the kept calls that a write will end, and the call that a replay answers: of two people who send it at
// once one finds it settled. All of it comes before the numbering: in any other order PostgreSQL would find the caller
// and the person each waiting for the other, and look for that only after a second.
func (in *inbound) takeUp() error {
	c := in.call
	if c.ExternalID != "" && c.Trial == nil {
		if err := in.LockSameInbound(in.ctx, db.LockSameInboundParams{ExternalID: c.ExternalID, Integration: c.Actor.Integration,
			Environment: c.Actor.Environment, Operation: c.Operation}); err != nil {
			return err
		}
	}
	if c.Replay == nil {
		return nil
	}
	if err := in.LockSameBody(in.ctx, db.LockSameBodyParams{BodyHash: c.Replay.Hash, Integration: c.Actor.Integration,
		Environment: c.Actor.Environment, Operation: c.Operation}); err != nil {
		return err
	}
	n, err := in.LockOpenInbound(in.ctx, c.Replay.Of)
	if err == nil && n == 0 {
		err = desk.Fail(desk.ErrCallState)
	}
	return err
}

// openCall is a refused call that waits, with what was received.
func (f *Flow) openCall(ctx context.Context, a desk.Actor, id string) (db.InboundCall, []byte, error) {
	c, err := f.Store.Read().InboundCall(ctx, id)
	if store.NoRows(err) {
		return c, nil, desk.Fail(desk.ErrNoCall)
	}
	if err != nil {
		return c, nil, err
	}
	if len(a.Developments) > 0 {
		if !c.OccurrenceID.Valid { // it may be about anything
			return c, nil, desk.Fail(desk.ErrNoCall)
		}
		o, err := f.Store.Read().OccurrenceByID(ctx, c.OccurrenceID.Int64)
		if err != nil || !visible(a, o) {
			return c, nil, desk.Fail(desk.ErrNoCall)
		}
	}
	if c.Outcome != inboundRefused || c.Ended.Valid {
		return c, nil, desk.Fail(desk.ErrCallState)
	}
	raw, err := f.Keys.Open("inbound_call.call:"+id, c.Call)
	return c, raw, err
}

// paramsOf reads the canonical form of a call: the texts by name. Files have only a digest there and are left out.
func paramsOf(raw []byte) map[string]string {
	var members map[string]any
	if json.Unmarshal(raw, &members) != nil {
		return map[string]string{}
	}
	out := make(map[string]string, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		v := members[name]
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		if s, ok := v.(string); ok {
			out[name] = s
		}
	}
	return out
}
