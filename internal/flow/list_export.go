package flow

import (
	"cmp"
	"context"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Exported is an occurrence as a row of a file.
type Exported struct {
	Number                     int64
	Subject, Description       string
	Status                     desk.Status
	Development, Block, Unit   string
	Customer                   string
	Document                   string // masked, unless the export reveals
	Type, Priority             string
	Emergency                  bool
	OpenedAt, ClosedAt, NewsAt time.Time // in the development's zone; ClosedAt is zero while it is open
	News, NewsBy, OrderNumber  string
}

// exportedAtOnce is how many rows are asked for, and held, together.
const exportedAtOnce = 500

// MayExport says whether the actor may take the list away as a file: who works at the desk, or looks over it.
func MayExport(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager) }

// Export gives each occurrence that a list's question finds, in the developments of who asks, a row at a time, the newest
// first: none twice, and each that was meant from its beginning to its end. That somebody exported, and whether with whole
// documents, which only they may have that may see one whole, is written down before the first of them.
//
// While each is at it no connection to the database is held: it writes to somebody who may be slow, and there are few.
func (f *Flow) Export(ctx context.Context, a desk.Actor, q ListQuery, reveal bool, format string, each func(*Exported) error) error {
	if !MayExport(a) || reveal && !a.MayReveal() {
		return desk.Fail(desk.ErrForbidden)
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return err
	}
	if err := f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		return w.audit(a, "ocorrencia.exportar", "lista", map[string]any{"formato": format, "documentos": reveal, "visao": q.View})
	}); err != nil {
		return err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	return f.eachListed(r, q, 0, func(ids []int64, codes []string) error {
		rows, err := f.exported(r, ids, codes, reveal)
		for i := 0; i < len(rows) && err == nil; i++ {
			err = each(&rows[i].Exported)
		}
		return err
	})
}

// eachListed walks all that a question finds, the newest first, a piece at a time: along the index, or by ids that are all
// taken before the first is read. codes are the statuses that a row of the piece must still be in; nil: it needn't. Whoever
// ends the walk behind so many says so by most, and no more are taken; 0: all are wanted.
func (f *Flow) eachListed(r *reader, q ListQuery, most int, each func(ids []int64, codes []string) error) error {
	q.After, q.Most = "", min(cmp.Or(q.Most, exportedAtOnce), exportedAtOnce)
	codes := q.among(statusesOf(r.cfg, q.View))
	if q.indexed() {
		return f.eachFound(r, q, codes, each)
	}
	places, err := r.places(q)
	if err != nil || places != nil && len(places) == 0 {
		return err
	}
	var ids []int64
	if q.Span.Set() {
		ids, err = r.idsOfSpan(q, codes, places, most)
		codes = nil // what happened has happened
	} else {
		ids, err = f.idsOfStatuses(r.ctx, codes, places)
	}
	if err != nil {
		return err
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	slices.Reverse(ids)
	for piece := range slices.Chunk(ids, q.Most) {
		if err := each(piece, codes); err != nil {
			return err
		}
	}
	return nil
}

// idsOfStatuses takes them in one statement, which sees one moment: an occurrence that moves from status to status
// meanwhile is there, and once.
func (f *Flow) idsOfStatuses(ctx context.Context, codes []string, places []int64) (ids []int64, err error) {
	err = f.Store.InStatuses(ctx, codes, func(id, development int64) {
		if places == nil || slices.Contains(places, development) {
			ids = append(ids, id)
		}
	})
	return ids, err
}

func (r *reader) idsOfSpan(q ListQuery, codes []string, places []int64, most int) (ids []int64, err error) {
	for {
		rows, err := r.spanRows(q, codes, places)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(rows, latestFirst)
		for _, o := range rows[:min(len(rows), q.Most)] {
			ids = append(ids, o.ID)
		}
		if len(rows) <= q.Most || most > 0 && len(ids) > most {
			return ids, nil
		}
		q.After = afterEvent(rows[q.Most-1])
	}
}

func (f *Flow) eachFound(r *reader, q ListQuery, codes []string, each func([]int64, []string) error) error {
	keyed := &List{}
	if found, err := f.byKey(r, q, codes, keyed); found || err != nil {
		ids := make([]int64, len(keyed.Lines))
		for i := range keyed.Lines {
			ids[i] = keyed.Lines[i].ID
		}
		if err == nil {
			err = each(ids, nil)
		}
		return err
	}
	d, err := f.ask(r, q, codes)
	if err != nil {
		return err
	}
	for below := int64(maxID); ; {
		ids, err := d.find(below, q.Most)
		if err != nil {
			return err
		}
		if err := each(ids[:min(len(ids), q.Most)], nil); err != nil {
			return err
		}
		if len(ids) <= q.Most {
			return nil
		}
		below = ids[q.Most-1]
	}
}

// exported reads a piece's rows that the actor may see, on one connection, which it lets go of.
func (f *Flow) exported(r *reader, ids []int64, codes []string, reveal bool) ([]exportedRow, error) {
	many, end, err := f.Store.Reading(r.ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	out := make([]exportedRow, 0, len(ids))
	for _, id := range ids {
		x, err := exportedOf(r.ctx, many.Queries, r.cfg, id, reveal)
		if err != nil {
			return nil, err
		}
		if r.actor.MayTouch(x.development) && (codes == nil || slices.Contains(codes, x.Status.Code)) {
			out = append(out, x)
		}
	}
	return out, nil
}

type exportedRow struct {
	Exported
	development int64
}

func exportedOf(ctx context.Context, q *db.Queries, cfg *config, id int64, reveal bool) (x exportedRow, err error) {
	o, err := q.ExportedOccurrence(ctx, id)
	if err != nil {
		return x, err
	}
	orders, err := q.LastOrderNumber(ctx, id)
	if err != nil {
		return x, err
	}
	zone := Zone(o.Zone)
	document := desk.Document(o.DocumentKey.String)
	x = exportedRow{development: o.DevelopmentID, Exported: Exported{Number: o.Number, Subject: o.Subject, Description: o.Description, Development: o.DevelopmentName,
		Block: o.BlockCode, Unit: o.UnitNumber, Customer: o.CustomerName, Document: document.Masked(), Type: o.Type, Priority: o.Priority, Emergency: o.Emergency,
		OpenedAt: fromMillis(o.OpenedAt).In(zone), NewsAt: fromMillis(o.NewsAt).In(zone), News: o.News, NewsBy: o.NewsBy}}
	x.Status, _ = cfg.Status(o.StatusCode)
	if reveal {
		x.Document = document.String()
	}
	if o.ClosedAt.Valid {
		x.ClosedAt = fromMillis(o.ClosedAt.Int64).In(zone)
	}
	if len(orders) > 0 {
		x.OrderNumber = orders[0].String
	}
	return x, nil
}
