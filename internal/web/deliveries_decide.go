package web

import (
	"ponte/internal/desk"
)

// confirmDelivery is POST /integracao/envios/{id}/confirmar: Mobuss has it, by a person's word.
func (s *site) confirmDelivery(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	id, number := r.typed("id_mobuss"), r.typed("numero_os")
	return s.decidedSent(r, sentOne{act: "confirmar", typed: map[string]string{"id_mobuss": id, "numero_os": number}},
		s.flow.Confirm(r.Context(), r.actor(), r.PathValue("id"), id, number))
}

// askDeliveryAgain is POST /integracao/envios/{id}/consultar: Mobuss is asked anew.
func (s *site) askDeliveryAgain(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	return s.decidedSent(r, sentOne{act: "consultar"}, s.flow.AskAgain(r.Context(), r.actor(), r.PathValue("id")))
}

// onSentPage says that a delivery was decided on its own page, and not on its occurrence's.
func onSentPage(r *request) bool { return r.PostFormValue("pagina") == "envio" }

func (s *site) resendSent(r *request) error {
	return s.decidedSent(r, sentOne{act: "reenviar"}, s.flow.Resend(r.Context(), r.actor(), r.PathValue("id")))
}

func (s *site) skipSent(r *request) error {
	why := r.typed("motivo")
	return s.decidedSent(r, sentOne{act: "pular", typed: map[string]string{"motivo": why}}, s.flow.Skip(r.Context(), r.actor(), r.PathValue("id"), why))
}

// decidedSent shows the page after a decision: anew, or with what is wrong beside the form and what was typed in it.
func (s *site) decidedSent(r *request, v sentOne, failed error) error {
	if failed == nil {
		return r.redirect(sentPath(r.PathValue("id")))
	}
	e, beside := besideForm(failed)
	if !beside || e.Code == desk.ErrForbidden {
		return failed
	}
	v.problems = map[string]string{}
	for _, f := range e.Fields {
		v.problems[f.Field] = r.l.Field(f)
		if f.Field == "motivo" {
			v.problems[f.Field] = r.l.T("trouble.reason_missing")
		}
	}
	if len(e.Fields) == 0 {
		v.problems[""] = r.l.Error(e)
	}
	var err error
	if v.DeliveryPage, err = s.flow.DeliveryPage(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return s.delivery(r, statusOf[e.Kind], v)
}
