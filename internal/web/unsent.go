package web

import (
	"net/http"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// What was written and not sent is kept by the server as it is typed (app.js), so that a closed tab loses nothing and the
// browser keeps nothing.

const unsentPath = "/rascunhos"

// keepWriting is POST /rascunhos: a form's fields as they stand now.
func (s *site) keepWriting(r *request) error {
	if !mayOpen(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	if err := r.form(); err != nil {
		return err
	}
	if err := s.flow.KeepWriting(r.Context(), r.actor(), flow.UnsentPlace(r.PostFormValue("lugar")), r.PostFormValue); err != nil {
		return err
	}
	r.w.WriteHeader(http.StatusNoContent)
	return nil
}

// dropWriting is POST /rascunhos/descartar, and leads to the form as it is without.
func (s *site) dropWriting(r *request) error {
	if !mayOpen(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	if err := r.form(); err != nil {
		return err
	}
	place := flow.UnsentPlace(r.PostFormValue("lugar"))
	form, ids, ok := place.Split()
	if !ok {
		return desk.Fail(desk.ErrRoute)
	}
	if err := s.flow.DropWriting(r.Context(), r.actor(), place); err != nil {
		return err
	}
	if form == "nova" {
		return r.redirect("/ocorrencias/nova")
	}
	return r.redirect(occurrencePath(ids[0]))
}

// restore puts what was written last time into the form for a chosen customer and unit.
func (v *newView) restore(u *flow.Unsent) {
	if u == nil {
		return
	}
	f := u.Fields
	v.unsent = u
	v.in.Description, v.in.Subject, v.in.Place, v.in.Emergency = f["descricao"], f["assunto"], f["local"], f["emergencia"] != ""
	v.in.RequesterName, v.in.RequesterPhone, v.in.Relation = f["nome_solicitante"], f["telefone_solicitante"], f["relacao"]
	v.typed = classTyped{f["item"], f["falha"]}
}

// sent forgets what was kept of a form that has been taken in. Its failure is nobody's trouble but the next visitor's: it
// is logged, and the form counts as sent.
func (s *site) sent(r *request, place flow.UnsentPlace) {
	if err := s.flow.DropWriting(r.Context(), r.actor(), place); err != nil {
		s.log.Warn("what was kept of a form that was sent is still there", "error", err)
	}
}
