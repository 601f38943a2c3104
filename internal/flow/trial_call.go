package flow

import (
	"context"
	"encoding/json"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store/db"
)

// TrialCall is a real call to homologation that a person makes while configuring, with a configuration that nobody may
// have saved. It goes by an id of its own: no occurrence and no order of ours knows of it.
type TrialCall struct {
	ID      string
	Number  int64 // of the occurrence whose facts it tells
	Point   desk.Point
	Route   Route
	Rules   *mapping.Compiled
	Request *mapping.Request
}

// TrialShown is a trial with what the rules make of its answer, as the reader may see it.
type TrialShown struct {
	ConformanceCall
	Number int64
	Point  desk.Point
	Legacy string              // what the call named its order
	Rules  []mapping.Explained // each by itself
	Masked bool
}

// PrepareTrialCall makes the call of a point for an occurrence of homologation, as the configuration has it, and writes
// it down before a byte is sent. The error is a *mapping.Missing where the call lacks something.
func (f *Flow) PrepareTrialCall(ctx context.Context, a desk.Actor, c *mapping.Config, in PreviewInput) (*TrialCall, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return nil, err
	}
	if !c.Method.Sends() {
		return nil, desk.Fail(desk.ErrMethod, "metodo", string(c.Method))
	}
	rules, err := mapping.Compile(c)
	if err != nil {
		return nil, err
	}
	q := f.Store.Read()
	o, err := trialOccurrence(ctx, q, a, in.Number)
	if err != nil {
		return nil, err
	}
	facts, refs, err := f.previewFacts(ctx, q, inst, a, o, in)
	if err != nil {
		return nil, err
	}
	t := &TrialCall{ID: newID(), Number: o.Number, Point: in.Point, Rules: rules, Route: Route{o.ConnectionID, o.Environment}}
	facts.Occurrence.LegacyID, refs.DeliveryID = "TESTE-"+markOf(t.ID), t.ID
	frozen, err := rules.Freeze(in.Point, facts)
	if err != nil {
		return nil, err
	}
	if t.Request, err = frozen.Bind(refs); err != nil {
		return nil, err
	}
	sealed, err := f.sealTrial(t, ConformanceExchange{Kind: CallSent, At: f.Now(), Planned: t.Request})
	if err != nil {
		return nil, err
	}
	return t, f.write(ctx, func(w *work) error {
		if err := w.InsertTrialCall(w.ctx, db.InsertTrialCallParams{ID: t.ID, ConnectionID: o.ConnectionID, Environment: o.Environment,
			OccurrenceID: o.ID, Point: string(in.Point), At: w.now.UnixMilli(), ByName: a.Name, Call: sealed}); err != nil {
			return err
		}
		return w.audit(a, "integracao.testar", subjectOf(o.Number), map[string]any{"ponto": in.Point, "teste": t.ID})
	})
}

// trialOccurrence is one of homologation: nothing of production is ever told there.
func trialOccurrence(ctx context.Context, q *db.Queries, a desk.Actor, number int64) (db.Occurrence, error) {
	if number == 0 {
		const looked = 50
		recent, err := q.RecentOccurrences(ctx, looked)
		if err != nil {
			return db.Occurrence{}, err
		}
		for _, r := range recent {
			o, err := q.OccurrenceByNumber(ctx, r.Number)
			if err != nil || o.Environment == desk.Homologation && visible(a, o) {
				return o, err
			}
		}
		return db.Occurrence{}, desk.Fail(desk.ErrNotFound, "numero", number)
	}
	o, err := previewed(ctx, q, a, number)
	if err == nil && o.Environment != desk.Homologation {
		err = desk.BadField("ocorrencia", "teste_so_homologacao")
	}
	return o, err
}

func (f *Flow) sealTrial(t *TrialCall, x ConformanceExchange) ([]byte, error) {
	plain, err := json.Marshal(x)
	return f.Keys.Seal("trial_call.call:"+t.ID, plain), err
}

// RecordTrialCall writes down what came of a trial.
func (f *Flow) RecordTrialCall(ctx context.Context, t *TrialCall, x ConformanceExchange) error {
	sealed, err := f.sealTrial(t, x)
	if err != nil {
		return err
	}
	return f.write(ctx, func(w *work) error {
		return w.SetTrialCall(w.ctx, db.SetTrialCallParams{ID: t.ID, Call: sealed})
	})
}

// ShowTrialCall is a trial for whoever made it; answer is nil where none came.
func (f *Flow) ShowTrialCall(ctx context.Context, a desk.Actor, t *TrialCall, x ConformanceExchange, answer *mapping.Answer) (*TrialShown, error) {
	q := f.Store.Read()
	o, err := q.OccurrenceByNumber(ctx, t.Number)
	if err != nil {
		return nil, err
	}
	c, err := q.CustomerByID(ctx, o.CustomerID)
	if err != nil {
		return nil, err
	}
	hide := newRedactor(a, person{c.Name, c.DocumentKey.String, c.Phone, c.Email}, person{name: o.RequesterName, phone: o.RequesterPhone})
	out := &TrialShown{ConformanceCall: x.shown(hide, Zone("")), Number: t.Number, Point: t.Point, Legacy: t.Request.Keys.LegacyID, Masked: !a.SeesDocuments}
	out.Rule = ruleOf(t.Rules.Config(), t.Point, out.Attempt)
	if answer != nil {
		out.Rules = t.Rules.Explain(t.Point, answer)
		for i := range out.Rules {
			out.Rules[i].Value = hide.text(out.Rules[i].Value)
		}
	}
	return out, nil
}
