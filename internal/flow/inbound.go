package flow

import (
	"context"
	"errors"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/tracing"
)

// Call is an authenticated call of a webservice, as it came.
type Call struct {
	ID        string // made by the door with NewID; callers see it as "recebimento"
	Operation string
	Door      string // "rest" or "soap"
	Actor     desk.Actor
	TokenID   int64
	// ExternalID is the caller's own id of the record; empty where there is none.
	ExternalID string
	// Raw is the call without credentials and file bytes; Hash tells two bodies apart. Undecoded: no parameters could
	// be read, and Raw is the beginning of the body as text.
	Raw       []byte
	Hash      string
	Undecoded bool
	// Reads: it changes nothing, so a refused one leaves nothing to mend.
	Reads bool
	// Replay is set where a person sends a kept call again.
	Replay *Replay
	// Trial is set where a person tries the operation out.
	Trial *Trial
}

// Receipt is what a write answers: the occurrence's number and nothing else (S10).
type Receipt struct {
	Number   int64
	Repeated bool // the same call came before: the first answer, nothing done
}

// Outcomes of a received call.
const (
	inboundAccepted = "aceito"
	inboundRepeated = "repetido"
	inboundRefused  = "recusado"
)

// inbound is the transaction of a received call. rebind may be called when a second key becomes known.
type inbound struct {
	*work
	call  Call
	keys  []string // to be bound once the call is accepted
	about int64    // the occurrence that the call names, once it is known
}

// errRepeated carries the first answer out of a use case that found its key bound.
type errRepeated struct{ first db.BindingRow }

func (*errRepeated) Error() string { return "the same call came before" }

// receive runs a write of a webservice. Accepted: the call is kept and its keys are bound in the transaction of
// the write. The same again: the first answer, the call kept, nothing done. Refused: nothing is written but the
// kept call, and the error names it.
func (f *Flow) receive(ctx context.Context, c Call, do func(*inbound) (db.Occurrence, error)) (_ Receipt, err error) {
	var r Receipt
	var about int64
	ctx, span := tracing.Start(ctx, "flow."+c.Operation)
	defer func() { span.End(err) }()
	err = f.write(ctx, func(w *work) error {
		in := &inbound{work: w, call: c}
		if err := in.takeUp(); err != nil {
			return err
		}
		o, err := in.run(do)
		about = in.about
		var again *errRepeated
		switch {
		case errors.As(err, &again):
			r = Receipt{Number: again.first.Number, Repeated: true}
			differs := ""
			if again.first.BodyHash != c.original() {
				differs = again.first.InboundCallID
			}
			if err := in.keep(inboundRepeated, nil, again.first.OccurrenceID, differs); err != nil {
				return err
			}
			return in.settle(again.first.OccurrenceID)
		case err != nil && in.boundMeanwhile(err):
			return store.Again()
		case err != nil:
			return err
		}
		r = Receipt{Number: o.Number}
		if err := in.keep(inboundAccepted, nil, o.ID, ""); err != nil {
			return err
		}
		if err := in.settle(o.ID); err != nil {
			return err
		}
		return in.bind(o.ID)
	})
	var refused *desk.Error
	if errors.As(err, &refused) && refused.KeptCall == "" {
		return f.refuse(ctx, c, *refused, about)
	}
	return r, err
}

func (in *inbound) run(do func(*inbound) (db.Occurrence, error)) (db.Occurrence, error) {
	if closed := in.phase().Takes(in.call.Actor.Environment); closed != nil && in.call.Trial == nil {
		return db.Occurrence{}, closed
	}
	if in.call.Actor.Origin == desk.Field && !in.cfg.Method.FieldMayReport() {
		return db.Occurrence{}, desk.Fail(desk.ErrMethod, "metodo", string(in.cfg.Method))
	}
	if in.call.ExternalID != "" {
		if err := in.same("id_externo:" + in.call.ExternalID); err != nil {
			return db.Occurrence{}, err
		}
	}
	if in.call.Replay != nil {
		if err := in.same(bodyKey(in.call.Replay.Hash)); err != nil {
			return db.Occurrence{}, err
		}
	}
	return do(in)
}

// same ends the use case if key is bound already; otherwise the call will bind it.
func (in *inbound) same(key string) error {
	if in.call.Trial != nil {
		key = trialKey(key)
	}
	first, err := in.bound(key)
	switch {
	case err == nil:
		if err := in.repeatable(first); err != nil {
			return err
		}
		return &errRepeated{first: first}
	case !store.NoRows(err):
		return err
	}
	in.keys = append(in.keys, key)
	return nil
}

// repeatable refuses the first answer to a token that could not have got it: tokens of one integration may differ in
// their developments.
func (in *inbound) repeatable(first db.BindingRow) error {
	if len(in.call.Actor.Developments) == 0 {
		return nil
	}
	o, err := in.OccurrenceByNumber(in.ctx, first.Number)
	if err != nil || visible(in.call.Actor, o) {
		return err
	}
	return desk.Fail(desk.ErrNotFound, "numero", first.Number)
}

func (in *inbound) bound(key string) (db.BindingRow, error) {
	return in.Binding(in.ctx, db.BindingParams{Integration: in.call.Actor.Integration,
		Environment: in.call.Actor.Environment, Operation: in.call.Operation, Key: key})
}

// boundMeanwhile says whether a refusal rests on what the very same call has just done through another process: it
// may have come to its end between our look at the key and our lock on the occurrence. Run again, it is recognised.
func (in *inbound) boundMeanwhile(err error) bool {
	var refused *desk.Error
	return errors.As(err, &refused) && slices.ContainsFunc(in.keys, func(key string) bool {
		_, err := in.bound(key)
		return err == nil
	})
}

// bind is where the database, not a mutex, keeps two identical calls from both being accepted: whoever finds the
// key taken runs again, and then sees the first answer.
func (in *inbound) bind(occurrence int64) error {
	for _, key := range in.keys {
		n, err := in.Bind(in.ctx, db.BindParams{Integration: in.call.Actor.Integration,
			Environment: in.call.Actor.Environment, Operation: in.call.Operation, Key: key, OccurrenceID: occurrence,
			BodyHash: in.call.original(), InboundCallID: in.call.ID, BoundAt: in.now.UnixMilli()})
		if err != nil {
			return err
		}
		if n == 0 {
			return store.Again()
		}
	}
	return nil
}

// theirOccurrence finds and locks the occurrence that a call names. One of the other environment is not theirs
// to see.
func (in *inbound) theirOccurrence(number int64) (db.Occurrence, error) {
	o, err := in.OccurrenceForUpdate(in.ctx, number)
	if store.NoRows(err) || err == nil && !visible(in.call.Actor, o) {
		return db.Occurrence{}, desk.Fail(desk.ErrNotFound, "numero", number)
	}
	in.about = o.ID
	return o, err
}

// visible says whether an actor may see an occurrence: a program sees its own environment, everyone their
// developments.
func visible(a desk.Actor, o db.Occurrence) bool {
	return (a.Kind != "token" || o.Environment == a.Environment) && a.MayTouch(o.DevelopmentID)
}
