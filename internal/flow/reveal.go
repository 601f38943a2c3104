package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
)

// RevealDocument answers the whole CPF of an occurrence's customer to a person who may see it, once it is written down
// who saw it, when, whose, and from which page. Export alone reveals in
// bulk, to the same people, and writes down that it did.
func (f *Flow) RevealDocument(ctx context.Context, a desk.Actor, number int64, page string) (document string, err error) {
	if !a.MayReveal() {
		return "", desk.Fail(desk.ErrForbidden)
	}
	err = f.write(ctx, func(w *work) error {
		o, err := w.OccurrenceByNumber(w.ctx, number)
		if store.NoRows(err) || err == nil && !visible(a, o) {
			return desk.Fail(desk.ErrNotFound, "numero", number)
		}
		if err != nil {
			return err
		}
		c, err := w.CustomerByID(w.ctx, o.CustomerID)
		if err != nil {
			return err
		}
		document = desk.Document(c.DocumentKey.String).String()
		return w.audit(a, "documento.revelar", subjectOf(number), map[string]any{"cliente": c.ID, "pagina": page})
	})
	if err != nil {
		document = ""
	}
	return document, err
}
