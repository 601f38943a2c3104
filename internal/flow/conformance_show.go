package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// ConformanceRun is a run as a list shows it.
type ConformanceRun struct {
	ID       string
	Version  int64 // the number of the configuration version that it proves
	Running  bool  // that version runs now, and homologation is where it was
	State    string
	At       time.Time
	By       string
	EndedAt  time.Time // zero while it goes on
	Digest   string
	SignedAt time.Time // zero: not signed
	SignedBy string
	Note     string
	Counts   map[CaseResult]int
}

// ConformanceCase is a case with its calls, as the reader may see them.
type ConformanceCase struct {
	Seq      int64
	Area     string // a point, "entrada.rest" or "entrada.soap"
	Name     string
	Result   CaseResult
	Reason   desk.Reason
	At       time.Time
	Duration time.Duration
	Calls    []ConformanceCall
}

// ConformanceCall is one call of a case, judged by the configuration of its run.
type ConformanceCall struct {
	Attempt
	// Received: it came through one of our doors.
	Received  bool
	Extracted map[string]string
	// Unsent: it was about to be sent, and nothing more is known.
	Unsent bool
}

// ConformancePage is all that is shown of a run.
type ConformancePage struct {
	ConformanceRun
	Mark     string
	Method   desk.Method
	Number   int64 // of the test occurrence
	Unit     Unit
	Customer string // the name, hidden from whoever may not see documents
	Address  string
	URLs     map[string]string // complete addresses of single calls
	TokenURL string
	Cases    []ConformanceCase
	// Intact: what is kept sums up to the digest that was set at its end.
	Intact bool
	Masked bool
	Zone   *time.Location
}

// Areas are the points and doors of the run, in its order.
func (p *ConformancePage) Areas() (out []string) {
	for _, c := range p.Cases {
		if len(out) == 0 || out[len(out)-1] != c.Area {
			out = append(out, c.Area)
		}
	}
	return out
}

// Of are an area's cases.
func (p *ConformancePage) Of(area string) (out []ConformanceCase) {
	for _, c := range p.Cases {
		if c.Area == area {
			out = append(out, c)
		}
	}
	return out
}

// Reserved says whether signing wants a note.
func (p *ConformancePage) Reserved() bool { return p.Counts[CaseReserved] > 0 }

// Rev changes whenever what the page shows changes.
func (p *ConformancePage) Rev() string {
	h := fnv.New64a()
	fmt.Fprint(h, p.State, p.Running, p.Intact, p.SignedAt.UnixMilli(), len(p.Cases))
	for _, c := range p.Cases {
		fmt.Fprint(h, c.Result, len(c.Calls))
		for _, x := range c.Calls {
			fmt.Fprint(h, x.Outcome, x.Response != nil)
		}
	}
	return fmt.Sprintf("%x", h.Sum64())
}

// Signable says whether the run can be signed as things stand.
func (p *ConformancePage) Signable() bool {
	return p.State == RunPassed && p.SignedAt.IsZero() && p.Running && p.Intact
}

const runsShown = 100

// ConformanceRuns lists them, the newest first.
func (f *Flow) ConformanceRuns(ctx context.Context, a desk.Actor) ([]ConformanceRun, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return nil, err
	}
	q := f.Store.Read()
	place, err := placeNow(ctx, q, inst)
	if err != nil {
		return nil, err
	}
	rows, err := q.ConformanceRuns(ctx, db.ConformanceRunsParams{ConnectionID: inst.ConnectionID, Most: runsShown})
	var out []ConformanceRun
	for _, r := range rows {
		one, err := f.conformanceRun(ctx, q, db.ConformanceRunByIDRow{ID: r.ID, ConfigVersionID: r.ConfigVersionID, State: r.State, StartedAt: r.StartedAt,
			StartedBy: r.StartedBy, Beat: r.Beat, EndedAt: r.EndedAt, Digest: r.Digest, SignedAt: r.SignedAt, SignedBy: r.SignedBy, SignNote: r.SignNote,
			Place: r.Place, VersionNumber: r.VersionNumber}, inst, place)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, err
}

// LiveConformance is the run that goes on now; empty where none does.
func (f *Flow) LiveConformance(ctx context.Context) (string, error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return "", err
	}
	r, err := q.LiveConformanceRun(ctx, inst.ConnectionID)
	if store.NoRows(err) || err == nil && stale(r.Beat, f.Now()) {
		return "", nil
	}
	return r.ID, err
}

func (f *Flow) conformanceRun(ctx context.Context, q *db.Queries, r db.ConformanceRunByIDRow, inst db.Installation, place string) (ConformanceRun, error) {
	out := ConformanceRun{ID: r.ID, Version: r.VersionNumber, Running: r.ConfigVersionID == inst.ConfigVersionID && r.Place == place, State: r.State,
		At: fromMillis(r.StartedAt), By: r.StartedBy, Digest: r.Digest, SignedBy: r.SignedBy, Note: r.SignNote, Counts: map[CaseResult]int{}}
	if r.State == RunGoing && stale(r.Beat, f.Now()) {
		out.State = RunStopped // its process died; the next start writes it down
		out.EndedAt = fromMillis(r.Beat)
	}
	if r.EndedAt.Valid {
		out.EndedAt = fromMillis(r.EndedAt.Int64)
	}
	if r.SignedAt.Valid {
		out.SignedAt = fromMillis(r.SignedAt.Int64)
	}
	counts, err := q.ConformanceCounts(ctx, r.ID)
	for _, c := range counts {
		out.Counts[CaseResult(c.Result)] = int(c.N)
	}
	return out, err
}

// ConformancePage answers a run with all its calls, redacted for the reader. The times are in the development's zone.
func (f *Flow) ConformancePage(ctx context.Context, a desk.Actor, run string) (*ConformancePage, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return nil, err
	}
	q := f.Store.Read()
	row, err := q.ConformanceRunByID(ctx, run)
	if store.NoRows(err) || err == nil && row.ConnectionID != inst.ConnectionID {
		return nil, desk.Fail(desk.ErrNoConformance)
	}
	if err != nil {
		return nil, err
	}
	place, err := placeNow(ctx, q, inst)
	if err != nil {
		return nil, err
	}
	out := &ConformancePage{Mark: markOf(run), Number: row.OccurrenceNumber.Int64, Masked: !a.SeesDocuments, Zone: Zone("")}
	if out.ConformanceRun, err = f.conformanceRun(ctx, q, row, inst, place); err != nil {
		return nil, err
	}
	cfg, err := f.config(ctx, q, row.ConfigVersionID)
	if err != nil {
		return nil, err
	}
	out.Method = cfg.Method
	out.readPlace(row.Place)
	hide, err := out.around(ctx, q, a, row)
	if err != nil {
		return nil, err
	}
	cases, err := q.ConformanceCases(ctx, run)
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		out.Cases = append(out.Cases, f.shownCase(cfg, c, hide, out.Zone))
	}
	if row.Digest != "" {
		again, err := f.digest(ctx, q, row, cases)
		out.Intact = err == nil && again == row.Digest
	}
	return out, nil
}

func (p *ConformancePage) readPlace(text string) {
	var place runPlace
	_ = json.Unmarshal([]byte(text), &place) // it was written by provenPlace
	p.Address, p.TokenURL = place.BaseURL, place.TokenURL
	_ = json.Unmarshal([]byte(place.URLs), &p.URLs) // empty where there are none
}

// around is whom and what the run tells of, and how that is hidden.
func (p *ConformancePage) around(ctx context.Context, q *db.Queries, a desk.Actor, row db.ConformanceRunByIDRow) (*redactor, error) {
	o, err := q.OccurrenceByID(ctx, row.OccurrenceID.Int64)
	if err != nil {
		return nil, err
	}
	place, err := q.Place(ctx, o.UnitID)
	if err != nil {
		return nil, err
	}
	c, err := q.CustomerByID(ctx, o.CustomerID)
	if err != nil {
		return nil, err
	}
	p.Zone = Zone(place.Zone)
	p.Unit = Unit{ID: o.UnitID, DevelopmentCode: place.DevelopmentCode, DevelopmentName: place.DevelopmentName, BlockCode: place.BlockCode,
		BlockName: place.BlockName, Number: place.Number, MobussID: place.IDMobussHomologacao.String, CommonArea: place.CommonArea}
	hide := newRedactor(a, person{c.Name, c.DocumentKey.String, c.Phone, c.Email})
	p.Customer = hide.text(c.Name)
	return hide, nil
}

func (f *Flow) shownCase(cfg *config, c db.ConformanceCase, hide *redactor, zone *time.Location) ConformanceCase {
	out := ConformanceCase{Seq: c.Seq, Area: c.Area, Name: c.Name, Result: CaseResult(c.Result), Reason: desk.ParseReason(c.ReasonCode, c.ReasonArgs),
		At: fromMillis(c.StartedAt).In(zone), Duration: time.Duration(c.DurationMs) * time.Millisecond}
	hide.reason(&out.Reason)
	_, all, err := f.openExchanges(c)
	if err != nil {
		return out // the keys of today don't open it; its facts stand
	}
	for i := range all {
		call := all[i].shown(hide, zone)
		if !call.Received && !call.Unsent {
			call.Rule = ruleOf(cfg.Config, desk.Point(c.Area), call.Attempt)
		}
		call.Token = c.Seq*100 + int64(i) // names it on the page
		out.Calls = append(out.Calls, call)
	}
	return out
}

// shown is a call as the reader may see it.
func (x *ConformanceExchange) shown(hide *redactor, zone *time.Location) ConformanceCall {
	call := ConformanceCall{Attempt: Attempt{LookUp: x.Kind == CallLookUp, At: x.At.In(zone), Duration: time.Duration(x.DurationMS) * time.Millisecond,
		HTTPStatus: x.HTTPStatus, Outcome: x.Outcome, Reason: x.Reason()}, Extracted: x.Extracted, Received: x.Kind == CallReceived}
	hide.reason(&call.Reason)
	if m, ok := readWire(x.Request); ok {
		shown := m.shownTo(hide)
		call.Request = &shown
	} else if x.Planned != nil {
		shown := wireOf(x.Planned).shownTo(hide)
		call.Request, call.Unsent = &shown, true
	}
	if m, ok := readWire(x.Response); ok {
		shown := m.shownTo(hide)
		call.Response = &shown
	}
	return call
}

// reason hides inside what the other side said.
func (r *redactor) reason(why *desk.Reason) {
	for name, v := range why.Args {
		if text, ok := v.(string); ok {
			why.Args[name] = r.text(text)
		}
	}
}
