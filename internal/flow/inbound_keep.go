package flow

import (
	"context"
	"encoding/json"
	"errors"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// What became of a refused call; an open one has none of them.
const (
	EndResolved  = "resolvido"
	EndDismissed = "descartado"
	endRead      = "consulta" // a refused read: there is nothing to mend
	endClosed    = "ambiente" // of a homologation that is closed: production is where the work is
)

// Topics under which pages listen: everything that was received, and what a person should look at.
const (
	TopicCalls     = "recebimentos"
	TopicOpenCalls = "recebimentos-abertos"
)

// TopicCall is the name under which a received call's page listens for news.
func TopicCall(id string) string { return "recebimento-" + id }

// keep writes the call down as it came, sealed. occurrence is what it made or named; 0 where there is none.
func (in *inbound) keep(outcome string, refused *desk.Error, occurrence int64, differsFrom string) error {
	c := in.call
	p := db.KeepInboundCallParams{ID: c.ID, ConnectionID: c.Actor.Connection, Environment: c.Actor.Environment,
		TokenID: c.TokenID, Integration: c.Actor.Integration, Operation: c.Operation, Door: c.Door,
		ReceivedAt: in.now.UnixMilli(), Outcome: outcome, OccurrenceID: store.Null(occurrence), BodyHash: c.Hash,
		DiffersFrom: store.NullText(differsFrom), Call: in.flow.Keys.Seal("inbound_call.call:"+c.ID, c.Raw),
		ExternalID: c.ExternalID, Undecoded: c.Undecoded, Trial: c.Trial != nil}
	if c.Replay != nil {
		p.ReplayOf, p.ReplayedBy = store.NullText(c.Replay.Of), c.Replay.By.Name
	}
	if refused != nil {
		p.Code, p.Error, p.Fields = refused.Code, desk.Reason{Args: refused.Args}.ArgsJSON(), fieldsJSON(refused.Fields)
		if c.ExternalID == "" && !c.Undecoded {
			p.ExternalID = paramsOf(c.Raw)["id_externo"]
		}
		if closed := in.phase().Takes(c.Actor.Environment); closed != nil && c.Actor.Environment == desk.Homologation {
			p.Ended, p.EndedAt = store.NullText(endClosed), store.Null(in.now.UnixMilli())
		}
		if c.Reads {
			p.Ended, p.EndedAt = store.NullText(endRead), store.Null(in.now.UnixMilli())
		}
		if c.Trial != nil {
			p.Ended, p.EndedAt = store.NullText(endTrial), store.Null(in.now.UnixMilli())
		}
	}
	if c.Trial != nil {
		p.ReplayedBy = c.Trial.By.Name // the person who sent it
		if err := in.audit(c.Trial.By, "webservice.experimentar", "recebimento:"+c.ID, map[string]any{"operacao": c.Operation, "token": c.TokenID, "resultado": outcome}); err != nil {
			return err
		}
	}
	in.AfterCommit(func() {
		in.flow.Changed(TopicCalls)
		if refused != nil {
			in.flow.Changed(TopicOpenCalls)
		}
	})
	return in.KeepInboundCall(in.ctx, p)
}

// KeepRefused keeps a refused call for analysis and names it in the error. Doors call it for what was refused
// before it reached a use case. A refused replay is kept already: it is the call that it answers.
func (f *Flow) KeepRefused(ctx context.Context, c Call, refused *desk.Error) error {
	return f.keepRefused(ctx, c, refused, 0)
}

func (f *Flow) keepRefused(ctx context.Context, c Call, refused *desk.Error, about int64) error {
	if refused.KeptCall != "" {
		return nil
	}
	if c.Replay != nil {
		refused.KeptCall = c.Replay.Of
		return nil
	}
	err := f.write(context.WithoutCancel(ctx), func(w *work) error {
		return (&inbound{work: w, call: c}).keep(inboundRefused, refused, about, "")
	})
	if err == nil {
		refused.KeptCall = c.ID
	}
	return err
}

// refuse ends a write that was refused: kept as work, unless a person has replayed this very call meanwhile.
func (f *Flow) refuse(ctx context.Context, c Call, refused desk.Error, about int64) (Receipt, error) {
	if refused.Code != desk.ErrForbidden {
		if r, ok, err := f.AnsweredByReplay(ctx, c); ok || err != nil {
			return r, err
		}
	}
	if err := f.keepRefused(ctx, c, &refused, about); err != nil {
		return Receipt{}, err
	}
	return Receipt{}, &refused
}

// AnsweredByReplay answers a call that would be refused, but that a person has corrected and replayed before: the
// caller gets the replay's number (RULES.md, "The same call again").
func (f *Flow) AnsweredByReplay(ctx context.Context, c Call) (Receipt, bool, error) {
	if c.Replay != nil || c.Trial != nil || c.Undecoded || c.Reads || c.Hash == "" {
		return Receipt{}, false, nil
	}
	p := db.BindingParams{Integration: c.Actor.Integration, Environment: c.Actor.Environment, Operation: c.Operation, Key: bodyKey(c.Hash)}
	ctx = context.WithoutCancel(ctx)
	first, err := f.Store.Read().Binding(ctx, p)
	if store.NoRows(err) {
		return Receipt{}, false, nil
	}
	if err != nil {
		return Receipt{}, false, err
	}
	out := false
	err = f.write(ctx, func(w *work) error {
		in := &inbound{work: w, call: c}
		if err := in.repeatable(first); err != nil {
			return err
		}
		out = true
		return in.keep(inboundRepeated, nil, first.OccurrenceID, "")
	})
	var hidden *desk.Error
	if errors.As(err, &hidden) { // not this token's to know: it is refused like any other
		return Receipt{}, false, nil
	}
	return Receipt{Number: first.Number, Repeated: true}, out && err == nil, err
}

// bodyKey binds a whole body: what a replay answered may have no id_externo, or never get as far as having one read.
func bodyKey(hash string) string { return "corpo:" + hash }

// original is the hash of what the caller sent, which of a replay is not what was done.
func (c Call) original() string {
	if c.Replay != nil {
		return c.Replay.Hash
	}
	return c.Hash
}

// settle ends the work that earlier refusals of the same call were.
func (in *inbound) settle(occurrence int64) error {
	c := in.call
	if c.Trial != nil {
		return nil // what the program sent is still to be answered
	}
	by, n := desk.Ponte().Name, int64(0)
	if c.Replay != nil {
		by = c.Replay.By.Name
		k, err := in.EndInbound(in.ctx, db.EndInboundParams{ID: c.Replay.Of, Ended: store.NullText(EndResolved),
			EndedAt: store.Null(in.now.UnixMilli()), EndedBy: by, OccurrenceID: store.Null(occurrence), AnsweredBy: store.NullText(c.ID)})
		if err != nil {
			return err
		}
		same, err := in.EndSameBody(in.ctx, db.EndSameBodyParams{BodyHash: c.Replay.Hash, EndedAt: store.Null(in.now.UnixMilli()),
			EndedBy: by, OccurrenceID: store.Null(occurrence), AnsweredBy: store.NullText(c.ID), Integration: c.Actor.Integration,
			Environment: c.Actor.Environment, Operation: c.Operation})
		if err != nil {
			return err
		}
		if err := in.audit(c.Replay.By, "recebimento.reenviar", "recebimento:"+c.Replay.Of, map[string]any{"resposta": c.ID, "corrigidos": c.Replay.Changed}); err != nil {
			return err
		}
		n += k + same
	}
	if c.ExternalID != "" {
		k, err := in.EndSameInbound(in.ctx, db.EndSameInboundParams{ExternalID: c.ExternalID, EndedAt: store.Null(in.now.UnixMilli()),
			EndedBy: by, OccurrenceID: store.Null(occurrence), AnsweredBy: store.NullText(c.ID), Integration: c.Actor.Integration,
			Environment: c.Actor.Environment, Operation: c.Operation})
		if err != nil {
			return err
		}
		n += k
	}
	if n > 0 {
		in.AfterCommit(func() {
			in.flow.Changed(TopicOpenCalls)
			if c.Replay != nil {
				in.flow.Changed(TopicCall(c.Replay.Of))
			}
		})
	}
	return nil
}

// fieldsJSON keeps what was wrong with which parameter; ParseFields reads it.
func fieldsJSON(fields []desk.FieldError) string {
	if len(fields) == 0 {
		return ""
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return "" // only what json can hold is ever put in
	}
	return string(b)
}

func parseFields(text string) (out []desk.FieldError) {
	if text != "" {
		_ = json.Unmarshal([]byte(text), &out)
	}
	return out
}
