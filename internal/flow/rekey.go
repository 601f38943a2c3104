package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
)

// SealedColumns are all the columns that Keys seals. A test holds them against the schema and against every call that
// seals.
var SealedColumns = []store.SealedColumn{
	{Table: "endpoint", Column: "credentials", Key: []string{"connection_id", "environment"}, Place: "endpoint.credentials:%v/%v", PlaceOf: []string{"connection_id", "environment"}},
	{Table: "delivery", Column: "frozen", Key: []string{"id"}, Place: "delivery.frozen:%v", PlaceOf: []string{"id"}},
	{Table: "delivery", Column: "bound", Key: []string{"id"}, Place: "delivery.bound:%v", PlaceOf: []string{"id"}},
	{Table: "delivery_former", Column: "frozen", Key: []string{"id"}, Place: "delivery.frozen:%v", PlaceOf: []string{"delivery_id"}},
	{Table: "delivery_former", Column: "bound", Key: []string{"id"}, Place: "delivery.bound:%v", PlaceOf: []string{"delivery_id"}},
	{Table: "attempt", Column: "exchange", Key: []string{"delivery_id", "token"}, Place: "attempt.exchange:%v/%v", PlaceOf: []string{"delivery_id", "token"}},
	{Table: "inbound_call", Column: "call", Key: []string{"id"}, Place: "inbound_call.call:%v", PlaceOf: []string{"id"}},
	{Table: "conformance_case", Column: "exchanges", Key: []string{"run_id", "seq"}, Place: "conformance_case.exchanges:%v/%v", PlaceOf: []string{"run_id", "seq"}},
	{Table: "alert_receiver", Column: "secret", Key: []string{"id"}, Place: "alert_receiver.secret:%v", PlaceOf: []string{"id"}},
	{Table: "letter", Column: "facts", Key: []string{"id"}, Place: "letter.facts:%v", PlaceOf: []string{"id"}},
	{Table: "second_factor", Column: "secret", Key: []string{"user_id"}, Place: "second_factor.secret:%v", PlaceOf: []string{"user_id"}},
	{Table: "finding", Column: "facts", Key: []string{"id"}, Place: "finding.facts:%v", PlaceOf: []string{"id"}},
	{Table: "trial_call", Column: "call", Key: []string{"id"}, Place: "trial_call.call:%v", PlaceOf: []string{"id"}},
	{Table: "registry_job", Column: "report", Key: []string{"id"}, Place: "registry_job.report:%v", PlaceOf: []string{"id"}},
	{Table: "unsent", Column: "body", Key: []string{"user_id", "place"}, Place: "unsent.body:%v/%v", PlaceOf: []string{"user_id", "place"}},
	{Table: "registry_job_piece", Column: "bytes", Key: []string{"job_id", "seq", "piece"}, Place: "registry_job_piece.bytes:%v/%v/%v", PlaceOf: []string{"job_id", "seq", "piece"}},
}

// Rekeyed is what became of the sealed values.
type Rekeyed struct {
	Sealed     int64 // anew, with the current key
	Unreadable int64 // that no key at hand opens; they stay as they are
	Late       int64 // that somebody sealed with a former key meanwhile
}

// RekeyOptions of Rekey.
type RekeyOptions struct {
	// Breath is how long nothing is written between two chunks, so that a server on the same embedded database gets its turn.
	Breath time.Duration
	// Progress is told of each chunk; nil: nobody is.
	Progress func(table, column string, sealed int64)
}

// rekeyChunk bounds a transaction, and what lies in memory: a value is a call with its answer at most.
const rekeyChunk = 50

// Rekey seals anew whatever is not sealed with the current key, a chunk at a time, while others work. It may be interrupted
// and begun again at any time: what is done is known by its key. Only operators may.
//
// Afterwards nothing needs the former keys, if it answers neither Unreadable nor Late: the latter means that a process still
// runs whose current key is a former one.
func (f *Flow) Rekey(ctx context.Context, a desk.Actor, o RekeyOptions) (out Rekeyed, err error) {
	if !a.Has(desk.Admin) {
		return out, desk.Fail(desk.ErrForbidden)
	}
	for _, c := range SealedColumns {
		if err := f.rekey(ctx, c, o, &out); err != nil {
			return out, err
		}
	}
	if out.Late, err = f.SealedOtherwise(ctx); err != nil {
		return out, err
	}
	out.Late -= out.Unreadable
	return out, f.write(ctx, func(w *work) error {
		return w.audit(a, "instalacao.chave_trocada", "instalacao", map[string]any{"selados": out.Sealed, "ilegiveis": out.Unreadable, "tardios": out.Late})
	})
}

func (f *Flow) rekey(ctx context.Context, c store.SealedColumn, o RekeyOptions, out *Rekeyed) error {
	var after []any
	for {
		values, err := f.Store.SealedAfter(ctx, c, f.Keys.CurrentPrefix(), after, rekeyChunk)
		if err != nil || len(values) == 0 {
			return err
		}
		after = values[len(values)-1].Key
		sealed := make([][]byte, len(values))
		for i, v := range values {
			plain, err := f.Keys.Open(v.Place, v.Value)
			if err != nil {
				out.Unreadable++
				continue
			}
			if plain == nil {
				plain = []byte{} // sealed emptiness is not absence
			}
			sealed[i] = f.Keys.Seal(v.Place, plain)
		}
		n, err := f.reseal(ctx, c, values, sealed)
		if err != nil {
			return err
		}
		out.Sealed += n
		if o.Progress != nil {
			o.Progress(c.Table, c.Column, out.Sealed)
		}
		select {
		case <-time.After(o.Breath):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *Flow) reseal(ctx context.Context, c store.SealedColumn, values []store.SealedValue, sealed [][]byte) (n int64, err error) {
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		n = 0
		for i, v := range values {
			if sealed[i] == nil {
				continue
			}
			done, err := tx.Reseal(c, v, sealed[i])
			if err != nil {
				return err
			}
			if done {
				n++
			}
		}
		return nil
	})
	return n, err
}

// SealedOtherwise counts values that are not sealed with the current key.
func (f *Flow) SealedOtherwise(ctx context.Context) (n int64, err error) {
	for _, c := range SealedColumns {
		k, err := f.Store.CountSealed(ctx, c, f.Keys.CurrentPrefix())
		if err != nil {
			return 0, err
		}
		n += k
	}
	return n, nil
}
