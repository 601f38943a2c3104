package flow

import (
	"context"
	"fmt"

	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Window is the address that the page of an occurrence offers to open while the occurrence is in a pop-up status (S7).
// Nothing is sent and nothing can fail: what keeps it from being opened is said instead.
type Window struct {
	Label string // the "Texto do Botão"
	Name  string
	URL   string // empty where it can't be opened, for one of the reasons below
	// Missing are the rows that the address can't do without.
	Missing []PreviewRow
	// NoAddress says that the occurrence's environment has no address.
	NoAddress bool
	// Withheld says that the address depends on the customer's document, which this person may not see.
	Withheld bool
}

// windowOf is the window of an occurrence's status for a person; nil where it has none. It is of the occurrence's own
// environment, whatever is active.
func (r *reader) windowOf(f *Flow, row db.Occurrence, o *Occurrence) (*Window, error) {
	if !r.cfg.rules.HasWindow(row.StatusCode) {
		return nil, nil
	}
	facts, refs, err := r.windowFacts(f, row, o)
	if err != nil {
		return nil, err
	}
	w := &Window{Label: o.Status.ButtonText(), Name: r.cfg.Integration.Windows[row.StatusCode].Name}
	t, err := r.cfg.rules.Window(row.StatusCode, facts, refs)
	if err != nil {
		return nil, err
	}
	for _, lacks := range t.Missing() {
		w.Missing = append(w.Missing, PreviewRow{Target: lacks.Target, Source: lacks.Source(), Code: lacks.Code})
	}
	base, complete, err := addressOf(r.ctx, r.q, row, mapping.WindowAddress(row.StatusCode))
	if err != nil {
		return nil, err
	}
	address := t.Address(base, complete)
	w.NoAddress = address == ""
	if !r.actor.SeesDocuments && facts.Customer.Document != "" {
		bare := *facts
		bare.Customer.Document = ""
		without, err := r.cfg.rules.Window(row.StatusCode, &bare, refs)
		if err != nil {
			return nil, err
		}
		w.Withheld = without.Address(base, complete) != address
	}
	if len(w.Missing) == 0 && !w.Withheld {
		w.URL = address
	}
	return w, nil
}

// windowFacts are those of the movement that brought the occurrence to its status.
func (r *reader) windowFacts(f *Flow, row db.Occurrence, o *Occurrence) (*mapping.Facts, mapping.Refs, error) {
	// facts is asked as a movement asks it, outside a transaction: it only reads.
	w := &work{Tx: &store.Tx{Queries: r.q}, ctx: r.ctx, flow: f, now: f.Now(), rehearsal: true}
	place, err := r.q.Place(r.ctx, row.UnitID)
	if err != nil {
		return nil, mapping.Refs{}, err
	}
	by := firedBy{place: place}
	for _, m := range o.Movements {
		if m.ID == row.StatusMovementID.Int64 {
			by.actor.Name, by.m.at = m.Actor, m.At
			if !m.Internal {
				by.m.comment = m.Comment
			}
		}
	}
	if by.visitStart, by.visitEnd, err = w.wishedVisit(row.StatusMovementID.Int64); err != nil {
		return nil, mapping.Refs{}, err
	}
	legacy, refs := itoa(row.Number), mapping.Refs{}
	if last, ok := o.LastOrder(); ok {
		legacy, refs = last.LegacyID, mapping.Refs{OrderID: last.MobussID, OrderNumber: last.Number}
	}
	facts, err := w.facts(row, legacy, by)
	return facts, refs, err
}

// addressOf is where the calls of an occurrence's environment go: below its URL, or to the complete address that it has
// for this action.
func addressOf(ctx context.Context, q *db.Queries, o db.Occurrence, action string) (base, complete string, err error) {
	row, err := q.Endpoint(ctx, db.EndpointParams{ConnectionID: o.ConnectionID, Environment: o.Environment})
	if store.NoRows(err) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	p, err := addressesOf(row)
	return p.URL, p.URLs[action], err
}

// sum is what the window adds to the revision of its page: an address may change without the occurrence.
func (w *Window) sum() string {
	if w == nil {
		return ""
	}
	return fmt.Sprint(w.Label, w.URL, len(w.Missing), w.NoAddress, w.Withheld)
}

// windowed marks the moves that lead to a window, whose "Texto do Botão" is the window's own.
func windowed(cfg *config, next []NextStatus) []NextStatus {
	for i := range next {
		next[i].Opens = cfg.rules.HasWindow(next[i].Code)
	}
	return next
}
