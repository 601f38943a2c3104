package web

import (
	"time"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// maxComment is the webservices' limit too, so that what is written here fits there.
const maxComment = 4000

// moveOccurrence is POST /ocorrencias/{numero}/movimentacoes: a movement, or without a status a mere note.
func (s *site) moveOccurrence(r *request) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	if !mayOpen(r.actor()) { // before files are taken in
		return desk.Fail(desk.ErrForbidden)
	}
	brought, err := r.formWithFiles()
	if err != nil {
		return err
	}
	d := draft{comment: r.typed("comentario"), private: r.PostFormValue("interno") != "", status: r.PostFormValue("status"),
		visitFrom: r.PostFormValue("vistoria_inicio"), visitTo: r.PostFormValue("vistoria_fim"),
		filesPrivate: r.PostFormValue(filesPrivateField) != "", files: brought.asked(r), send: chosenFiles(r)}
	failed := brought.refused()
	if failed == nil {
		failed = s.move(r, number, d)
	}
	if failed == nil {
		s.sent(r, flow.AtOccurrence(number))
	}
	if failed != nil {
		d.explain(r, failed)
		if brought.any && !r.htmx() {
			d.problems = append(d.problems, r.l.T("files.again"))
		}
	}
	return s.again(r, number, d, failed)
}

func (s *site) move(r *request, number int64, d draft) error {
	if utf8.RuneCountInString(d.comment) > maxComment {
		return desk.BadField("comentario", "grande_demais", "maximo", maxComment)
	}
	if d.status == "" {
		if len(d.send) > 0 {
			return desk.BadField(filesField, "anexo_sem_aviso")
		}
		return s.flow.CommentByHand(r.Context(), r.actor(), flow.CommentInput{Number: number, Text: d.comment, Private: d.private, Files: d.files})
	}
	from, to, refused := visitWish(d)
	if refused != nil {
		return refused
	}
	if err := s.fitsPoint(r, d); err != nil {
		return err
	}
	in := flow.MoveInput{Number: number, Status: d.status, VisitStart: from, VisitEnd: to, Attachments: d.send}
	if !d.private {
		in.Comment, in.Files = d.comment, d.files
		return s.flow.MoveByHand(r.Context(), r.actor(), in)
	}
	// What is for the house only must not travel with the movement: it is a note of its own, beside it.
	if err := s.flow.MoveByHand(r.Context(), r.actor(), in); err != nil || d.comment == "" && len(d.files) == 0 {
		return err
	}
	return s.flow.CommentByHand(r.Context(), r.actor(), flow.CommentInput{Number: number, Text: d.comment, Private: true, Files: d.files})
}

// fitsPoint: a comment for the field with nothing in it would be refused by Mobuss, minutes later, and files that were
// chosen for a status that tells it nothing would stay behind unnoticed. It is said here instead, while the person
// still sits in front of it. What a status asks for must stay with its movement, so a note for the house doesn't do.
func (s *site) fitsPoint(r *request, d draft) error {
	if d.comment != "" && !d.private && len(d.send) == 0 {
		return nil
	}
	cfg, err := s.flow.Config(r.Context())
	if err != nil {
		return err
	}
	to, _ := cfg.Status(d.status)
	switch {
	case to.Point == desk.NoPoint && len(d.send) > 0:
		return desk.BadField(filesField, "anexo_sem_aviso")
	case to.CommentRequired && d.private && d.comment != "":
		return desk.BadField("comentario", "interno_no_exigido")
	case to.Point != desk.AddComment || d.comment != "" && !d.private:
		return nil
	case d.comment != "":
		return desk.BadField("comentario", "interno_no_campo")
	}
	return desk.BadField("comentario", "obrigatorio")
}

// visitWish reads when an inspection is wished for: a clock reading, told in the development's zone.
func visitWish(d draft) (from, to flow.When, refused *desk.Error) {
	read := func(text string) (flow.When, bool) {
		if text == "" {
			return flow.When{}, true
		}
		for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "02/01/2006 15:04"} {
			if t, err := time.Parse(layout, text); err == nil {
				return flow.When{Time: t, Set: true, NoZone: true}, true
			}
		}
		return flow.When{}, false
	}
	var ok bool
	if from, ok = read(d.visitFrom); !ok {
		return from, to, desk.BadField("vistoria_inicio", "data_invalida")
	}
	if to, ok = read(d.visitTo); !ok {
		return from, to, desk.BadField("vistoria_fim", "data_invalida")
	}
	if to.Set && !from.Set {
		return from, to, desk.BadField("vistoria_inicio", "obrigatorio")
	}
	if to.Set && to.Time.Before(from.Time) {
		return from, to, desk.BadField("vistoria_fim", "antes_do_inicio")
	}
	return from, to, nil
}
