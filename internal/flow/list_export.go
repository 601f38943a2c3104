package flow

import (
	"context"
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

// exportedAtOnce is how many rows are asked for together.
const exportedAtOnce = 500

// MayExport says whether the actor may take the list away as a file: who works at the desk, or looks over it.
func MayExport(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager) }

// Export gives each occurrence that a list's question finds, in the developments of who asks, a row at a time. That somebody
// exported, and whether with whole documents, which only they may have that may see one whole, is written down before the
// first of them.
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
	many, end, err := f.Store.Reading(ctx)
	if err != nil {
		return err
	}
	defer end()
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	return f.eachListed(r, q, func(id int64) error {
		x, err := exportedOf(ctx, many.Queries, cfg, id, reveal)
		if err != nil || !a.MayTouch(x.development) {
			return err
		}
		return each(&x.Exported)
	})
}

// eachListed walks all that a question finds: along the index, newest first, or status by status.
func (f *Flow) eachListed(r *reader, q ListQuery, each func(id int64) error) error {
	q.After, q.Most = "", exportedAtOnce
	codes := q.among(statusesOf(r.cfg, q.View))
	if q.indexed() {
		return f.eachFound(r, q, codes, each)
	}
	if q.Span.Set() {
		return r.eachOfSpan(q, codes, each)
	}
	places, err := r.places(q)
	if err != nil {
		return err
	}
	walks := [][]int64{nil}
	if places != nil {
		walks = walks[:0]
		for _, p := range places {
			walks = append(walks, []int64{p})
		}
	}
	for _, code := range codes {
		for _, walk := range walks {
			if err := r.eachOfStatus(q, code, walk, each); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) eachOfStatus(q ListQuery, code string, places []int64, each func(int64) error) error {
	for {
		rows, err := r.newest(q, code, places)
		if err != nil {
			return err
		}
		for _, o := range rows[:min(len(rows), q.Most)] {
			if err := each(o.ID); err != nil {
				return err
			}
		}
		if len(rows) <= q.Most {
			return nil
		}
		last := rows[q.Most-1]
		q.After = itoa(last.NewsAt) + "." + itoa(last.ID)
	}
}

func (r *reader) eachOfSpan(q ListQuery, codes []string, each func(int64) error) error {
	for {
		page := &List{}
		if err := r.bySpan(q, codes, page); err != nil {
			return err
		}
		for _, o := range page.Lines {
			if err := each(o.ID); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

func (f *Flow) eachFound(r *reader, q ListQuery, codes []string, each func(int64) error) error {
	keyed := &List{}
	if found, err := f.byKey(r, q, codes, keyed); found || err != nil {
		for i := 0; i < len(keyed.Lines) && err == nil; i++ {
			err = each(keyed.Lines[i].ID)
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
		for _, id := range ids[:min(len(ids), q.Most)] {
			if err := each(id); err != nil {
				return err
			}
		}
		if len(ids) <= q.Most {
			return nil
		}
		below = ids[q.Most-1]
	}
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
