package web

import (
	"strconv"

	"ponte/internal/desk"
)

// skipDraft is a reason for going on without sending that was not taken.
type skipDraft struct {
	delivery, reason, error string
	asked                   bool // the reason was asked for: the error stands beside its field
}

// resendDelivery is POST /integracao/envios/{id}/reenviar, from an occurrence's page or from the delivery's own.
func (s *site) resendDelivery(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if onSentPage(r) {
		return s.resendSent(r)
	}
	number, err := occurrenceOfForm(r)
	if err != nil {
		return err
	}
	d := draft{}
	failed := s.flow.Resend(r.Context(), r.actor(), r.PathValue("id"))
	if e, ok := besideForm(failed); ok {
		d.skip = skipDraft{delivery: r.PathValue("id"), error: r.l.Error(e)}
	}
	return s.again(r, number, d, failed)
}

// skipDelivery is POST /integracao/envios/{id}/pular, with the reason.
func (s *site) skipDelivery(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if onSentPage(r) {
		return s.skipSent(r)
	}
	number, err := occurrenceOfForm(r)
	if err != nil {
		return err
	}
	d := draft{skip: skipDraft{delivery: r.PathValue("id"), reason: r.typed("motivo"), asked: true}}
	failed := s.flow.Skip(r.Context(), r.actor(), d.skip.delivery, d.skip.reason)
	if e, ok := besideForm(failed); ok {
		d.skip.error = r.l.Error(e)
		if len(e.Fields) > 0 {
			d.skip.error = r.l.T("trouble.reason_missing")
		}
	}
	return s.again(r, number, d, failed)
}

// occurrenceOfForm is the page that a delivery was decided on; flow checks that the person may see it.
func occurrenceOfForm(r *request) (int64, error) {
	n, err := strconv.ParseInt(r.PostFormValue("ocorrencia"), 10, 64)
	if err != nil || n <= 0 {
		return 0, desk.Fail(desk.ErrContent)
	}
	return n, nil
}
