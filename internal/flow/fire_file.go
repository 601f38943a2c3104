package flow

import (
	"fmt"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// chosenFiles are the attachments of an occurrence that a person sends along with a movement. What came from Mobuss never
// goes back, and what is for the house only never leaves.
func (w *work) chosenFiles(o db.Occurrence, ids []int64) ([]db.Attachment, error) {
	if len(ids) > desk.MaxFiles {
		return nil, desk.BadField("anexos", "arquivos_demais", "maximo", desk.MaxFiles)
	}
	var out []db.Attachment
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		a, err := w.AttachmentByID(w.ctx, id)
		switch {
		case store.NoRows(err) || err == nil && a.OccurrenceID != o.ID:
			return nil, desk.BadField("anexos", "nao_existe")
		case err != nil:
			return nil, err
		case a.Origin == desk.Field:
			return nil, desk.BadField("anexos", "anexo_do_campo")
		case a.Internal:
			return nil, desk.BadField("anexos", "anexo_interno")
		}
		out = append(out, a)
	}
	return out, nil
}

// sendable leaves out what is for the house only.
func sendable(files []db.Attachment) []db.Attachment {
	return slices.DeleteFunc(slices.Clone(files), func(a db.Attachment) bool { return a.Internal })
}

// fireFiles writes one delivery for each file that goes with a movement, behind the movement's own.
func (w *work) fireFiles(o db.Occurrence, order db.ServiceOrder, by firedBy) error {
	for _, a := range by.files {
		by.file = a
		d := db.Delivery{ID: newID(), OccurrenceID: o.ID, MovementID: by.movement, OrderID: store.Null(order.ID),
			Point: desk.SendFile, State: desk.Queued, ConfigVersionID: w.cfg.version, CreatedAt: w.now.UnixMilli()}
		sent, err := w.CountSendings(w.ctx, db.CountSendingsParams{AttachmentID: a.ID, OrderID: d.OrderID})
		switch {
		case err != nil:
			return err
		case sent > 0:
			return desk.BadField("anexos", "anexo_ja_enviado")
		case !w.cfg.rules.Has(desk.SendFile):
			err = w.ignoreFile(o, d, a, desk.Because(desk.WhyNoFilePoint))
		default:
			err = w.fireFile(o, d, order, by)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *work) fireFile(o db.Occurrence, d db.Delivery, order db.ServiceOrder, by firedBy) error {
	frozen, missing, err := w.freeze(o, desk.SendFile, order.LegacyID, by)
	if err != nil {
		return err
	}
	if err := w.enqueue(o, &d, frozen); err != nil {
		return err
	}
	if err := w.InsertDeliveryAttachment(w.ctx, db.InsertDeliveryAttachmentParams{DeliveryID: d.ID, AttachmentID: by.file.ID}); err != nil {
		return err
	}
	if missing.Code == "" {
		return nil
	}
	return w.refuse(o, d, missing)
}

// ignoreFiles keeps that files would have gone with a movement, and why they did not.
func (w *work) ignoreFiles(o db.Occurrence, by firedBy, why desk.Reason) error {
	for _, a := range by.files {
		d := db.Delivery{ID: newID(), OccurrenceID: o.ID, MovementID: by.movement, Point: desk.SendFile,
			ConfigVersionID: w.cfg.version, CreatedAt: w.now.UnixMilli()}
		if err := w.ignoreFile(o, d, a, why); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) ignoreFile(o db.Occurrence, d db.Delivery, a db.Attachment, why desk.Reason) error {
	if err := w.recordIgnored(o, d, why); err != nil {
		return err
	}
	return w.InsertDeliveryAttachment(w.ctx, db.InsertDeliveryAttachmentParams{DeliveryID: d.ID, AttachmentID: a.ID})
}

// fileOf is the attachment that a delivery carries; zero where it carries none.
func (w *work) fileOf(d db.Delivery) (a db.Attachment, err error) {
	if d.Point != desk.SendFile {
		return a, nil
	}
	if a, err = w.AttachmentOfDelivery(w.ctx, d.ID); err != nil {
		err = fmt.Errorf("the attachment of delivery %s: %w", d.ID, err)
	}
	return a, err
}

// leaveFailure follows a delivered file: it has no status of its own, so it moves nothing, but for the failure
// status, if it was its own failure that led there. Then the occurrence goes back to where it was.
func (w *work) leaveFailure(o db.Occurrence, d db.Delivery) error {
	if !d.FailureMovementID.Valid || o.StatusMovementID != d.FailureMovementID {
		return nil
	}
	failure, err := w.MovementByID(w.ctx, d.FailureMovementID.Int64)
	if err != nil {
		return err
	}
	back := failure.FromStatus.String
	if back == "" || back == w.cfg.Failure { // another failure had led there before
		m, err := w.MovementByID(w.ctx, d.MovementID)
		if err != nil {
			return err
		}
		s, _ := w.cfg.Status(m.ToStatus)
		back = s.AfterSuccess
	}
	if _, ok := w.cfg.Status(back); !ok {
		return nil
	}
	_, err = w.setStatus(desk.Ponte(), o, movement{kind: kindMove, to: back, at: w.now})
	return err
}
