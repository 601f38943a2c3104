package flow

import (
	"context"
	"errors"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store/db"
)

// Classes answers the catalogue of items and failure types, to whoever works here.
func (f *Flow) Classes(ctx context.Context) (*desk.ClassBook, error) {
	return classBook(ctx, f.Store.Read())
}

func classBook(ctx context.Context, q *db.Queries) (*desk.ClassBook, error) {
	rows, err := q.Classes(ctx)
	if err != nil {
		return nil, err
	}
	var c desk.Classes
	for _, r := range rows {
		x := desk.Class{Kind: r.Kind, Code: r.Code, Name: r.Name, Parent: r.Parent, Priority: r.Priority, Emergency: r.Emergency, Inactive: !r.Active}
		if r.Kind == desk.ClassItem {
			c.Items = append(c.Items, x)
		} else {
			c.Failures = append(c.Failures, x)
		}
	}
	return desk.NewClassBook(c), nil
}

// PutClass adds an item or a failure type, or changes the one of its code. fresh refuses a code that is taken.
func (f *Flow) PutClass(ctx context.Context, a desk.Actor, c desk.Class, fresh bool) error {
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		book, err := classBook(w.ctx, w.Queries)
		if err != nil {
			return err
		}
		if _, taken := book.Get(c.Kind, c.Code); taken && fresh {
			return desk.BadField(string(c.Kind)+"."+c.Code+".codigo", "codigo_de_item_repetido")
		}
		more := desk.Classes{}
		more.Put(c)
		return w.putClasses(a, book.Classes, more)
	})
}

// StartClasses puts in the catalogue that ships, for a house that has none.
func (f *Flow) StartClasses(ctx context.Context, a desk.Actor) error {
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		book, err := classBook(w.ctx, w.Queries)
		if err != nil || len(book.Items)+len(book.Failures) > 0 {
			return err
		}
		start, err := mapping.DefaultClasses()
		if err != nil {
			return err
		}
		for _, all := range [][]desk.Class{start.Items, start.Failures} {
			for i := range all {
				if !slices.Contains(w.cfg.Priorities, all[i].Priority) {
					all[i].Priority = "" // this house calls them otherwise
				}
			}
		}
		return w.putClasses(a, book.Classes, start)
	})
}

// putClasses adds and changes; it writes what is not so already.
func (w *work) putClasses(a desk.Actor, before, more desk.Classes) error {
	after := before.Merge(more)
	if wrong := after.Check(more, w.cfg.Priorities); wrong != nil {
		return wrong
	}
	for _, k := range desk.ClassKinds {
		for _, c := range after.Of(k) {
			if slices.Contains(before.Of(k), c) {
				continue
			}
			if err := w.PutClass(w.ctx, db.PutClassParams{Kind: k, Code: c.Code, Parent: c.Parent, Name: c.Name, Priority: c.Priority,
				Emergency: c.Emergency, Active: !c.Inactive, UpdatedAt: w.now.UnixMilli(), UpdatedBy: a.Name}); err != nil {
				return err
			}
			if err := w.audit(a, "itens.salvar", string(k)+":"+c.Code, map[string]any{"nome": c.Name, "dentro_de": c.Parent, "prioridade": c.Priority,
				"emergencia": c.Emergency, "ativo": !c.Inactive}); err != nil {
				return err
			}
		}
	}
	return nil
}

// classified is what an occurrence is opened as.
type classified struct {
	kind, priority, item, failure string
	emergency                     bool
	notes                         []desk.Reason
}

// classify says what an opening is about. tipo names a type, a failure type or an item by its code; what it does not name
// becomes the default with a note (RULES.md). What a person chose must be there.
func (w *work) classify(in OpenInput) (classified, error) {
	book := desk.NewClassBook(desk.Classes{})
	if in.Type != "" || in.Item != "" || in.Failure != "" { // most programs say none of them: then nothing is read
		var err error
		if book, err = classBook(w.ctx, w.Queries); err != nil {
			return classified{}, err
		}
	}
	failure, failed := active(book, desk.ClassFailure, in.Failure)
	item, found := active(book, desk.ClassItem, in.Item)
	e := desk.Fail(desk.ErrParameter)
	if in.Item != "" && !found {
		e.Fields = append(e.Fields, desk.FieldError{Field: "item", Code: "item_desconhecido"})
	}
	if in.Failure != "" && !failed {
		e.Fields = append(e.Fields, desk.FieldError{Field: "falha", Code: "falha_desconhecida"})
	}
	if len(e.Fields) > 0 {
		return classified{}, e
	}
	meant := false // tipo, by the catalogue of defects
	if x, there := active(book, desk.ClassFailure, in.Type); there && !failed {
		failure, meant = x, true
	}
	if x, there := active(book, desk.ClassItem, in.Type); there && !found {
		item, meant = x, true
	}
	if item.Code == "" {
		item, _ = active(book, desk.ClassItem, failure.Parent)
	}
	return w.weigh(book, in, item, failure, meant), nil
}

func (w *work) weigh(book *desk.ClassBook, in OpenInput, item, failure desk.Class, meant bool) classified {
	out := classified{item: item.Code, failure: failure.Code, emergency: in.Emergency || item.Emergency || failure.Emergency}
	var note desk.Reason
	root := book.Root(item.Code)
	switch out.kind, note = known(in.Type, w.cfg.Types, desk.WhyUnknownType); {
	case slices.Contains(w.cfg.Types, root) && (in.Type == "" || note.Code != "" && meant):
		out.kind, note = root, desk.Reason{}
	case meant:
		note = desk.Reason{}
	}
	wished := in.Priority
	for _, c := range []desk.Class{failure, item} {
		if wished == "" {
			wished = c.Priority
		}
	}
	priority, priorityNote := known(wished, w.cfg.Priorities, desk.WhyUnknownPriority)
	if in.Priority == "" {
		priorityNote = desk.Reason{} // nobody said it; the catalogue of defects is older than that of priorities
	}
	out.priority, out.notes = priority, []desk.Reason{note, priorityNote}
	return out
}

func active(book *desk.ClassBook, k desk.ClassKind, code string) (desk.Class, bool) {
	x, there := book.Get(k, code)
	if !there || !book.Active(x) {
		return desk.Class{}, false
	}
	return x, true
}

// bookOf reads the catalogue where an occurrence names something of it.
func (w *work) bookOf(o db.Occurrence) (*desk.ClassBook, error) {
	if o.ItemCode == "" && o.FailureCode == "" {
		return desk.NewClassBook(desk.Classes{}), nil
	}
	return classBook(w.ctx, w.Queries)
}

// importClasses takes what a file says of the catalogue, by the priorities that it brings.
func (w *work) importClasses(a desk.Actor, cfg *config, d *mapping.Document) error {
	if d.Classes == nil {
		return nil
	}
	book, err := classBook(w.ctx, w.Queries)
	if err != nil {
		return err
	}
	under := *w
	under.cfg = cfg
	return inConfig(under.putClasses(a, book.Classes, *d.Classes))
}

// mergedClasses is what the catalogue would be after a file.
func mergedClasses(now *desk.Classes, d *mapping.Document) (*desk.Classes, error) {
	if d.Classes == nil {
		return now, nil
	}
	var before desk.Classes
	if now != nil {
		before = *now
	}
	after := before.Merge(*d.Classes)
	if wrong := after.Check(*d.Classes, d.Priorities); wrong != nil {
		return nil, inConfig(wrong)
	}
	return &after, nil
}

// inConfig says of a file what Check says of the catalogue.
func inConfig(err error) error {
	var wrong *desk.Error
	if !errors.As(err, &wrong) || wrong.Code != desk.ErrParameter {
		return err
	}
	e := desk.Fail(desk.ErrConfig)
	for _, x := range wrong.Fields {
		x.Field = "itens_e_falhas." + x.Field
		e.Fields = append(e.Fields, x)
	}
	return e
}
