package flow

import (
	"context"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// FindingLine is a finding in the list.
type FindingLine struct {
	ID          string
	Kind        desk.FindingKind
	State       desk.FindingState
	Environment desk.Environment
	Number      int64  // the occurrence's; 0 where it is about none
	Subject     string // the occurrence's
	OrderNumber string
	MobussID    string
	Run         string
	FoundAt     time.Time
	SeenAt      time.Time // the last look that found it
	EndedAt     time.Time // zero while it is open
	EndedBy     string
	Why         string
	Mend        desk.Mend
}

// FindingsQuery asks the list of findings; it is what stands in the page's URL.
type FindingsQuery struct {
	Open        bool
	State       desk.FindingState
	Kind        desk.FindingKind
	Environment desk.Environment
	Run         string
	Text        string // an occurrence's number, an order's, or its id in Mobuss, whole
	After       string
	Most        int
}

// Findings is a page of them, newest first.
type Findings struct {
	Lines []FindingLine
	// Next and Partial are as those of Deliveries.
	Next    string
	Partial bool
	Waiting Count // all that are open
}

// MaySeeFindings says who sees them.
func MaySeeFindings(a desk.Actor) bool { return MaySeeDeliveries(a) }

// How far a question looks, and in what steps.
const (
	findingsLooked = 5000
	findingsStep   = 300
)

type findingRow = db.OpenFindingsRow

// ListFindings answers a page of findings.
func (f *Flow) ListFindings(ctx context.Context, a desk.Actor, q FindingsQuery) (*Findings, error) {
	if !MaySeeFindings(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	out := &Findings{}
	var err error
	if out.Waiting, err = f.CountFindings(ctx, a); err != nil {
		return nil, err
	}
	read := f.Store.Read()
	back := lookBack[findingRow, FindingLine]{after: q.After, stride: findingsStep, far: findingsLooked,
		rows: func(before int64, id string, most int64) ([]findingRow, error) {
			if q.Open || q.State == desk.FindingOpen {
				return read.OpenFindings(ctx, db.OpenFindingsParams{Before: before, BeforeID: id, Most: most})
			}
			rows, err := read.AllFindings(ctx, db.AllFindingsParams{Before: before, BeforeID: id, Most: most})
			out := make([]findingRow, len(rows))
			for i, r := range rows {
				out[i] = findingRow(r)
			}
			return out, err
		},
		at:   func(r findingRow) (int64, string) { return r.FoundAt, r.ID },
		fits: func(r findingRow) bool { return q.fits(a, r) },
		line: func(r findingRow) (FindingLine, error) { return findingLine(r), nil }}
	out.Lines, out.Next, out.Partial, err = back.page(q.Most)
	return out, err
}

func (q FindingsQuery) fits(a desk.Actor, r findingRow) bool {
	text := strings.TrimSpace(q.Text)
	named := text == "" || r.MobussID == text || r.MobussNumber.String == text || r.Number.Valid && strconv.FormatInt(r.Number.Int64, 10) == text
	return touches(a, r.DevelopmentID.Int64, r.DevelopmentID.Valid) && named && (!q.Open || r.State == desk.FindingOpen) &&
		(q.State == "" || q.State == r.State) && (q.Kind == "" || q.Kind == r.Kind) && (q.Environment == "" || q.Environment == r.Environment) &&
		(q.Run == "" || q.Run == r.RunID)
}

// touches: an order that nobody knows belongs to no development, and only who sees them all sees it.
func touches(a desk.Actor, development int64, known bool) bool {
	if !known {
		return len(a.Developments) == 0
	}
	return a.MayTouch(development)
}

func findingLine(r findingRow) FindingLine {
	z := Zone("")
	l := FindingLine{ID: r.ID, Kind: r.Kind, State: r.State, Environment: r.Environment, Number: r.Number.Int64, Subject: r.Subject.String,
		OrderNumber: r.MobussNumber.String, MobussID: r.MobussID, Run: r.RunID, FoundAt: fromMillis(r.FoundAt).In(z), SeenAt: fromMillis(r.SeenAt).In(z),
		EndedBy: r.EndedBy, Why: r.EndedWhy, Mend: r.Mend}
	if r.EndedAt.Valid {
		l.EndedAt = fromMillis(r.EndedAt.Int64).In(z)
	}
	return l
}

// FindingCursor is FindingsQuery.After behind a line.
func FindingCursor(l FindingLine) string { return cursorOf(l.FoundAt.UnixMilli(), l.ID) }

// CountFindings is how many findings are open, of those that the actor may see.
func (f *Flow) CountFindings(ctx context.Context, a desk.Actor) (Count, error) {
	if few(a) != "" {
		byKind, err := openByKind(ctx, f.Store.Read(), a)
		var n int64
		for _, of := range byKind {
			n += of
		}
		return counted(n), err
	}
	n, err := f.Store.Read().CountOpenFindings(ctx, countMost)
	return counted(n), err
}

// OpenFinding is a finding of an occurrence, for its page.
type OpenFinding struct {
	ID   string
	Kind desk.FindingKind
	At   time.Time
}

// FindingsOf are an occurrence's open findings. The occurrence is one that the actor may see.
func (f *Flow) FindingsOf(ctx context.Context, a desk.Actor, o *Occurrence) (out []OpenFinding, err error) {
	if !MaySeeFindings(a) {
		return nil, nil
	}
	rows, err := f.Store.Read().OpenFindingsOfOccurrence(ctx, store.Null(o.id))
	for _, r := range rows {
		out = append(out, OpenFinding{r.ID, r.Kind, fromMillis(r.FoundAt).In(o.OpenedAt.Location())})
	}
	return out, err
}

// Run is a run as it is shown.
type Run struct {
	ID        string
	State     string // RunRunning, RunDone, RunCut
	AskedBy   string // empty: the schedule
	StartedAt time.Time
	EndedAt   time.Time // zero while it goes on
	Orders    int64
	Customers int64
	Failed    int64
	Found     int64
	Taken     int64
	Reason    string // why it was cut off
}

// Runs are the last runs of the active environment, newest first.
func (f *Flow) Runs(ctx context.Context, a desk.Actor, most int) (out []Run, err error) {
	if !MaySeeFindings(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := q.LastReconcileRuns(ctx, db.LastReconcileRunsParams{ConnectionID: inst.ConnectionID, Environment: inst.ActiveEnvironment, Most: int64(most)})
	for _, r := range rows {
		run := Run{ID: r.ID, State: r.State, AskedBy: r.AskedBy, StartedAt: fromMillis(r.StartedAt).In(Zone("")), Orders: r.Orders, Customers: r.Customers,
			Failed: r.Failed, Found: r.Found, Taken: r.Taken, Reason: r.ReasonCode}
		if r.EndedAt.Valid {
			run.EndedAt = fromMillis(r.EndedAt.Int64).In(Zone(""))
		}
		out = append(out, run)
	}
	return out, err
}

// Why nothing is compared: codes, part of message ids.
const (
	OffMethod   = "metodo"
	OffNoRules  = "sem_regras"
	OffNoPlace  = "sem_endereco"
	OffNoSystem = "sem_instalacao"
)

// ReconcileStatus is how the comparing stands.
type ReconcileStatus struct {
	Off         string // why nothing is compared; empty where it is
	Environment desk.Environment
	Paused      bool // production is only read
	Rules       *mapping.Reconcile
	Runs        []Run     // newest first
	Asked       bool      // one is asked for and has not begun
	Next        time.Time // of the schedule; zero: only on demand
	ByKind      map[desk.FindingKind]int64
	MayAsk      bool
}

const comparisonsShown = 5

// ReconcileStatus answers how the comparing stands.
func (f *Flow) ReconcileStatus(ctx context.Context, a desk.Actor) (*ReconcileStatus, error) {
	out := &ReconcileStatus{ByKind: map[desk.FindingKind]int64{}, MayAsk: MayReconcile(a)}
	var err error
	if out.Runs, err = f.Runs(ctx, a, comparisonsShown); store.NoRows(err) {
		out.Off = OffNoSystem
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	w, err := f.rehearse(ctx)
	if err != nil {
		return nil, err
	}
	out.Environment, out.Rules = w.inst.ActiveEnvironment, w.cfg.rules.Reconciles()
	out.Paused = out.Environment == desk.Production && w.inst.ProductionPaused
	if out.Off, err = w.comparesNothing(); err != nil {
		return nil, err
	}
	row, err := w.ReconcileLease(ctx, db.ReconcileLeaseParams{ConnectionID: w.inst.ConnectionID, Environment: out.Environment})
	if err != nil && !store.NoRows(err) {
		return nil, err
	}
	out.Asked = row.AskedAt.Valid && row.RunID == ""
	if out.Rules != nil && out.Rules.Every > 0 {
		out.Next = fromMillis(row.LastAt).Add(out.Rules.Every.Std()).In(Zone(""))
		if out.Next.Before(w.now) {
			out.Next = w.now.In(Zone(""))
		}
	}
	out.ByKind, err = openByKind(ctx, w.Queries, a)
	return out, err
}

// openByKind counts the open findings that an actor may see.
func openByKind(ctx context.Context, q *db.Queries, a desk.Actor) (map[desk.FindingKind]int64, error) {
	out := map[desk.FindingKind]int64{}
	if where := few(a); where != "" {
		kinds, err := q.CountFindingsIn(ctx, where)
		for _, k := range kinds {
			out[k.Kind] = k.N
		}
		return out, err
	}
	kinds, err := q.CountFindingsByKind(ctx)
	for _, k := range kinds {
		out[k.Kind] = k.N
	}
	return out, err
}

func (w *work) comparesNothing() (string, error) {
	switch {
	case !w.cfg.Method.Sends():
		return OffMethod, nil
	case w.cfg.rules.Reconciles() == nil:
		return OffNoRules, nil
	}
	row, err := w.Queries.Endpoint(w.ctx, db.EndpointParams{ConnectionID: w.inst.ConnectionID, Environment: w.inst.ActiveEnvironment})
	if store.NoRows(err) || err == nil && row.BaseUrl == "" && row.Urls == "" {
		return OffNoPlace, nil
	}
	return "", err
}
