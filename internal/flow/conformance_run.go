package flow

import (
	"bytes"
	"context"
	"slices"
	"time"

	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// StartConformance begins a run of the configuration that runs now against homologation: it opens the test occurrence
// that its calls tell of. One run at a time: the database sees to it.
func (f *Flow) StartConformance(ctx context.Context, a desk.Actor, in ConformanceInput) (*Conformance, error) {
	if !MayConform(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	var files []Upload
	if len(in.Picture) > 0 {
		u, err := f.takeIn(ctx, "anexos", in.PictureName, "image/png", bytes.NewReader(in.Picture))
		if err != nil {
			return nil, err
		}
		files = append(files, u)
	}
	var out *Conformance
	err := f.write(ctx, func(w *work) error {
		if err := w.abandonConformance(); err != nil {
			return err
		}
		if !w.cfg.Method.Integrated() {
			return desk.Fail(desk.ErrMethod, "metodo", string(w.cfg.Method))
		}
		id, err := w.conformanceUnit(in)
		if err != nil {
			return err
		}
		row, err := w.endpoint(desk.Homologation)
		if err != nil {
			return err
		}
		if w.cfg.Method.Sends() && row.BaseUrl == "" && row.Urls == "" {
			return desk.BadField("url", "conformidade_sem_endereco")
		}
		o, err := w.open(a, desk.Homologation, w.inst.ConnectionID, id, OpenInput{Subject: in.Subject, Description: in.Description, Test: true, Files: files})
		if err != nil {
			return err
		}
		run := newID()
		n, err := w.InsertConformanceRun(w.ctx, db.InsertConformanceRunParams{ID: run, ConnectionID: w.inst.ConnectionID,
			Environment: desk.Homologation, ConfigVersionID: w.cfg.version, UnitID: store.Null(o.UnitID), OccurrenceID: store.Null(o.ID),
			StartedAt: w.now.UnixMilli(), StartedBy: a.Name, Place: provenPlace(row)})
		if err != nil {
			return err
		}
		if n == 0 {
			return desk.Fail(desk.ErrConformance, "motivo", runUnderWay)
		}
		out = &Conformance{ID: run, Mark: markOf(run), By: a, Number: o.Number, Rules: w.cfg.rules,
			Route: Route{w.inst.ConnectionID, desk.Homologation}}
		if out.Facts, err = w.conformanceFacts(a, o); err != nil {
			return err
		}
		w.AfterCommit(func() { w.flow.Changed(TopicConformance) })
		return w.audit(a, "conformidade.iniciar", "conformidade:"+run, map[string]any{"versao": w.cfg.version, "ocorrencia": o.Number})
	})
	return out, err
}

// conformanceUnit is the chosen unit with its customer, or the first with which the configuration can be tried.
func (w *work) conformanceUnit(in ConformanceInput) (identity, error) {
	sends := w.cfg.Method.Sends()
	if in.Unit == 0 {
		unit, customer, err := firstUnit(w.ctx, w.Queries, sends)
		if err != nil {
			return identity{}, err
		}
		if unit == 0 {
			return identity{}, desk.BadField("unidade", "conformidade_sem_unidade")
		}
		in.Unit, in.Customer = unit, customer
	}
	id, err := w.exactly(in.Unit, in.Customer)
	if err != nil {
		return id, err
	}
	place, err := w.Place(w.ctx, in.Unit)
	if err == nil && sends && place.IDMobussHomologacao.String == "" {
		err = desk.BadField("unidade", "conformidade_unidade_sem_id")
	}
	return id, err
}

// firstUnit answers 0 where the registry has none.
func firstUnit(ctx context.Context, q *db.Queries, sends bool) (unit, customer int64, err error) {
	if sends {
		rows, err := q.ConformanceUnits(ctx, 1)
		if err != nil || len(rows) == 0 {
			return 0, 0, err
		}
		return rows[0].UnitID, rows[0].CustomerID, nil
	}
	rows, err := q.AnyContractUnits(ctx, 1)
	if err != nil || len(rows) == 0 {
		return 0, 0, err
	}
	return rows[0].UnitID, rows[0].CustomerID, nil
}

// ConformanceUnit is who a run is made with where nobody chooses; false where the registry has no unit fit for it.
func (f *Flow) ConformanceUnit(ctx context.Context, a desk.Actor) (Found, bool, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return Found{}, false, err
	}
	unit, customer, err := firstUnit(ctx, f.Store.Read(), cfg.Method.Sends())
	if err != nil || unit == 0 {
		return Found{}, false, err
	}
	found, err := f.Chosen(ctx, a, unit, customer)
	return found, err == nil, err
}

func (w *work) conformanceFacts(a desk.Actor, o db.Occurrence) (*mapping.Facts, error) {
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return nil, err
	}
	by := firedBy{m: movement{at: w.now}, actor: a, place: place}
	files, err := w.AttachmentsOf(w.ctx, o.ID)
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		by.file = files[0]
	}
	return w.facts(o, itoa(o.Number), by)
}

// OpenConformanceTest opens one more test occurrence for a run: where the field may not open any, the news that it
// sends through a door need one.
func (f *Flow) OpenConformanceTest(ctx context.Context, c *Conformance, subject, description string) (int64, error) {
	var number int64
	err := f.write(ctx, func(w *work) error {
		if err := w.beat(c.ID); err != nil {
			return err
		}
		first, err := w.OccurrenceByNumber(w.ctx, c.Number)
		if err != nil {
			return err
		}
		id, err := w.exactly(first.UnitID, first.CustomerID)
		if err != nil {
			return err
		}
		o, err := w.open(c.By, desk.Homologation, c.Route.Connection, id, OpenInput{Subject: subject, Description: description, Test: true})
		number = o.Number
		return err
	})
	return number, err
}

// beat says that a run lives, and locks it. A run that is over takes no more records: whoever carries it on has lost it.
func (w *work) beat(run string) error {
	n, err := w.BeatConformance(w.ctx, db.BeatConformanceParams{ID: run, Beat: w.now.UnixMilli()})
	if err == nil && n == 0 {
		err = desk.Fail(desk.ErrConformance, "motivo", runOver)
	}
	return err
}

// onRun is a write about a run that goes on.
func (f *Flow) onRun(ctx context.Context, run string, do func(*work) error) error {
	return f.write(ctx, func(w *work) error {
		if err := w.beat(run); err != nil {
			return err
		}
		w.AfterCommit(func() { w.flow.Changed(TopicConformance) })
		return do(w)
	})
}

// BeatConformance says that the run's process lives; ErrConformance where the run is over, and must be left.
func (f *Flow) BeatConformance(ctx context.Context, run string) error {
	return f.write(ctx, func(w *work) error { return w.beat(run) })
}

// BeginCase records a case before it does anything.
func (f *Flow) BeginCase(ctx context.Context, run string, seq int64, area, name string) error {
	return f.onRun(ctx, run, func(w *work) error {
		return w.InsertConformanceCase(w.ctx, db.InsertConformanceCaseParams{RunID: run, Seq: seq, Area: area, Name: name, StartedAt: w.now.UnixMilli()})
	})
}

// KeepExchanges records a case's calls so far: before one is sent, and with its answer before the next step.
func (f *Flow) KeepExchanges(ctx context.Context, run string, seq int64, all []ConformanceExchange) error {
	sealed, err := f.sealExchanges(run, seq, all)
	if err != nil {
		return err
	}
	return f.onRun(ctx, run, func(w *work) error {
		_, err := w.KeepConformanceCase(w.ctx, db.KeepConformanceCaseParams{RunID: run, Seq: seq, Exchanges: sealed})
		return err
	})
}

// EndCase records what a case came to.
func (f *Flow) EndCase(ctx context.Context, run string, seq int64, result CaseResult, why desk.Reason, took time.Duration, all []ConformanceExchange) error {
	sealed, err := f.sealExchanges(run, seq, all)
	if err != nil {
		return err
	}
	err = f.onRun(ctx, run, func(w *work) error {
		_, err := w.EndConformanceCase(w.ctx, db.EndConformanceCaseParams{RunID: run, Seq: seq, Result: string(result),
			ReasonCode: why.Code, ReasonArgs: why.ArgsJSON(), DurationMs: took.Milliseconds(), Exchanges: sealed})
		return err
	})
	crashpoint.Pass(crashpoint.AfterCase)
	return err
}

// FinishConformance ends a run: passed where every case did, with or without reservations. Its digest is set, and its
// test occurrences, tests among others, are closed.
func (f *Flow) FinishConformance(ctx context.Context, c *Conformance, tests ...int64) (state string, err error) {
	err = f.onRun(ctx, c.ID, func(w *work) error {
		cases, err := w.ConformanceCases(w.ctx, c.ID)
		if err != nil {
			return err
		}
		if state = RunFailed; passes(cases) {
			state = RunPassed
		}
		row, err := w.ConformanceRunByID(w.ctx, c.ID)
		if err != nil {
			return err
		}
		row.State, row.EndedAt = state, store.Null(w.now.UnixMilli())
		digest, err := w.flow.digest(w.ctx, w.Queries, row, cases)
		if err != nil {
			return err
		}
		if _, err := w.EndConformanceRun(w.ctx, db.EndConformanceRunParams{ID: c.ID, State: state, EndedAt: row.EndedAt, Digest: digest}); err != nil {
			return err
		}
		for _, number := range append([]int64{c.Number}, tests...) {
			if err := w.closeTest(number); err != nil {
				return err
			}
		}
		return w.audit(c.By, "conformidade.terminar", "conformidade:"+c.ID, map[string]any{"resultado": state, "resumo": digest})
	})
	return state, err
}

// passes: something was proven, and nothing failed or was left undone.
func passes(cases []db.ConformanceCase) bool {
	proven := false
	for _, c := range cases {
		switch CaseResult(c.Result) {
		case CasePassed, CaseReserved:
			proven = true
		case CaseFailed, CaseGoing:
			return false
		}
	}
	return proven
}

// closeTest closes an occurrence of a run; one that is closed already, or that is no test, is left alone.
func (w *work) closeTest(number int64) error {
	o, err := w.OccurrenceForUpdate(w.ctx, number)
	if err != nil || !o.IsTest || o.ClosedAt.Valid {
		return err
	}
	_, err = w.setStatus(desk.Ponte(), o, movement{kind: kindMove, to: w.cfg.Closed, at: w.now})
	return err
}

// StopConformance ends a run before its time, for a person, or for a process that stops. What it has recorded stays.
func (f *Flow) StopConformance(ctx context.Context, a desk.Actor, run string) error {
	return f.write(ctx, func(w *work) error {
		if !MayConform(a) && a.Origin != desk.System {
			return desk.Fail(desk.ErrForbidden)
		}
		row, err := w.ConformanceRunByID(w.ctx, run)
		if store.NoRows(err) {
			return desk.Fail(desk.ErrNoConformance)
		}
		if err != nil {
			return err
		}
		if err := w.beat(run); err != nil {
			return err
		}
		if _, err := w.EndConformanceRun(w.ctx, db.EndConformanceRunParams{ID: run, State: RunStopped, EndedAt: store.Null(w.now.UnixMilli())}); err != nil {
			return err
		}
		if row.OccurrenceNumber.Valid {
			if err := w.closeTest(row.OccurrenceNumber.Int64); err != nil {
				return err
			}
		}
		w.AfterCommit(func() { w.flow.Changed(TopicConformance) })
		return w.audit(a, "conformidade.interromper", "conformidade:"+run, nil)
	})
}

// abandonConformance ends runs whose process died.
func (w *work) abandonConformance() error {
	gone, err := w.AbandonConformance(w.ctx, db.AbandonConformanceParams{ConnectionID: w.inst.ConnectionID,
		EndedAt: store.Null(w.now.UnixMilli()), Beat: w.now.Add(-caseBeatStale).UnixMilli()})
	if err != nil {
		return err
	}
	for _, g := range gone {
		o, err := w.OccurrenceByID(w.ctx, g.OccurrenceID.Int64)
		if err != nil {
			return err
		}
		if err := w.closeTest(o.Number); err != nil {
			return err
		}
		if err := w.audit(desk.Ponte(), "conformidade.interromper", "conformidade:"+g.ID, nil); err != nil {
			return err
		}
	}
	return nil
}

// ConformancePoints are the points that a run proves: those that a status fires, and the attachments' where it is
// configured. What closes an order comes last.
func ConformancePoints(c *Conformance) (out []desk.Point) {
	catalogue := c.Rules.Catalogue()
	if !catalogue.Method.Sends() {
		return nil
	}
	for _, p := range []desk.Point{desk.OpenOrder, desk.AddComment, desk.AskVisit, desk.SendFile, desk.CloseOrder} {
		fires := p == desk.SendFile || slices.ContainsFunc(catalogue.Statuses, func(s desk.Status) bool { return s.Point == p })
		if fires && c.Rules.Has(p) {
			out = append(out, p)
		}
	}
	return out
}
