package web

import (
	"net/http"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

const newStatusPath = cataloguePath + "/novo"

// showNewStatus is GET /parametrizacoes/catalogo/novo.
func (s *site) showNewStatus(r *request) error {
	return s.newStatus(r, http.StatusOK, statusView{})
}

func (s *site) newStatus(r *request, code int, v statusView) error {
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	v.catalogue = &now.Config.Catalogue
	if v.form.base == "" {
		v.form = statusForm{base: number(now.Number), kind: string(desk.KindField)}
	}
	p := r.page(r.l.T("catalogue.new"), "status")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("statuses.title"), href: statusesPath}, {label: p.title}}
	p.path = newStatusPath
	return r.show(code, newStatusPage(p, v))
}

// addStatus is POST /parametrizacoes/catalogo/novo: the status comes before the first of closing or of failure, where
// the catalogue's order has a place for it.
func (s *site) addStatus(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	f := readStatus(r)
	err := s.publish(r, f.base, f.note, func(d *mapping.Document) error { return f.add(&d.Catalogue) })
	if err == nil {
		return r.redirect(statusSettings(f.code) + "?salvo=1")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v := statusView{form: f, problems: placed(r, e, statusField(f.code))}
	if v.clash, err = s.clash(r, e); err != nil {
		return err
	}
	if v.clash != nil {
		v.form.base = number(v.clash.Number)
	}
	return s.newStatus(r, statusOf[e.Kind], v)
}

func (f statusForm) add(c *desk.Catalogue) error {
	if _, there := c.Status(f.code); there || f.code == "" {
		code := "codigo_repetido"
		if f.code == "" {
			code = "obrigatorio"
		}
		e := desk.Fail(desk.ErrConfig)
		e.Fields = desk.BadField("status."+f.code, code).Fields
		return e
	}
	st := desk.Status{Code: f.code}
	f.into(&st)
	c.Statuses = slices.Clone(c.Statuses)
	for i := range c.Statuses {
		if from := &c.Statuses[i]; slices.Contains(f.from, from.Code) {
			from.Next = append(slices.Clone(from.Next), f.code)
		}
	}
	at := slices.IndexFunc(c.Statuses, func(s desk.Status) bool { return s.Kind == desk.KindClosed || s.Kind == desk.KindFail })
	if at < 0 || st.Kind == desk.KindClosed || st.Kind == desk.KindFail {
		at = len(c.Statuses)
	}
	c.Statuses = slices.Insert(c.Statuses, at, st)
	return nil
}
