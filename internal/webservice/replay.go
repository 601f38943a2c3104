package webservice

import (
	"context"
	"errors"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// replayed answers what was refused before it reached its use case, if a replay has answered that very call. What a
// use case refused and kept has been looked up there.
func (r *Registry) replayed(ctx context.Context, e *Entry, c *Call, err error) (Answer, bool) {
	var refused *desk.Error
	if r.Replayed == nil || e.Reads || !errors.As(err, &refused) || refused.KeptCall != "" || refused.Code == desk.ErrTooMany || refused.Code == desk.ErrForbidden {
		return Answer{}, false
	}
	number, ok := r.Replayed(ctx, c)
	if !ok {
		return Answer{}, false
	}
	return Answer{Nodes: []Node{{Name: "numero_ocorrencia", Kind: KindInt, Num: number}}, Repeated: true}, true
}

// ReplayedWith makes a registry's Replayed from the use case.
func ReplayedWith(f *flow.Flow, complain func(error)) func(context.Context, *Call) (int64, bool) {
	return func(ctx context.Context, c *Call) (int64, bool) {
		r, ok, err := f.AnsweredByReplay(ctx, call(c, ""))
		if err != nil {
			complain(err)
		}
		return r.Number, ok
	}
}

// Replay serves a kept call again, with its parameters as a person corrected them, by the token that sent it. Names
// that the operation doesn't have are left out where asked: what is unknown can't be meant.
func (r *Registry) Replay(ctx context.Context, k flow.TakenUp) error {
	e, ok := r.Entry(k.Operation)
	if !ok {
		return desk.Fail(desk.ErrCallUnread)
	}
	var params []Param
	for _, s := range e.Params() {
		if text := k.Params[s.Name]; text != "" {
			params = append(params, Param{Name: s.Name, Text: text})
		}
		delete(k.Params, s.Name)
	}
	if !k.Corrected {
		for name, text := range k.Params {
			params = append(params, Param{Name: name, Text: text})
		}
	}
	c := &Call{Request: k.Replay.Of, Operation: e.Name, Reads: e.Reads, Door: k.Door, Replay: k.Replay,
		Caller: &Caller{Actor: k.Actor, IgnoreUnknown: k.Token.IgnoresUnknown, Token: k.Token}}
	_, err := r.guarded(ctx, e, c, params) // not Serve: the error is a person's to read, and the call is kept already
	return err
}

// Fields describes an operation's parameters for a form.
func (r *Registry) Fields(operation string) []flow.ParamField {
	e, ok := r.Entry(operation)
	if !ok {
		return nil
	}
	var out []flow.ParamField
	for _, s := range e.Params() {
		out = append(out, flow.ParamField{Name: s.Name, Doc: s.Doc, Required: s.Required || s.Demanded, Choices: s.Enum,
			Flag: s.Kind == KindFlag, Long: s.Kind == KindText && s.Max >= 1000 && !s.OneLine, File: s.Kind == KindFile, Max: s.Max})
	}
	return out
}
