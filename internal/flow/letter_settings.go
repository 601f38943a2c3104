package flow

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// MaySetLetters says who decides what customers are written: whoever configures, and managers who answer for every development.
func MaySetLetters(a desk.Actor) bool {
	return a.Has(desk.Consultant, desk.Manager) && len(a.Developments) == 0
}

// LetterSettings answers what is sent, with who changed it last.
func (f *Flow) LetterSettings(ctx context.Context, a desk.Actor) (s desk.LetterSettings, at time.Time, by string, err error) {
	if !MaySetLetters(a) {
		return s, at, "", desk.Fail(desk.ErrForbidden)
	}
	row, err := f.Store.Read().LetterSettings(ctx)
	s, err = letterSettings(row, err)
	if row.UpdatedAt != 0 {
		at = fromMillis(row.UpdatedAt).In(Zone(""))
	}
	return s, at, row.UpdatedBy, err
}

// letterSettings reads a row over the usual settings, so that what a later release adds has a value.
func letterSettings(row db.LetterSetting, err error) (desk.LetterSettings, error) {
	s := desk.DefaultLetters()
	if store.NoRows(err) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(row.Document), &s)
}

// SetLetterSettings keeps them. They are no part of the integration's configuration version: nobody signs what customers
// are written. A development that there is not is a problem of the field sem_cartas.
func (f *Flow) SetLetterSettings(ctx context.Context, a desk.Actor, s desk.LetterSettings) error {
	if !MaySetLetters(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	if wrong := s.Check(); wrong != nil {
		return wrong
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		known, err := w.AllDevelopments(w.ctx)
		if err != nil {
			return err
		}
		for _, code := range s.Without {
			if !slices.ContainsFunc(known, func(d db.Development) bool { return d.Code == code }) {
				return desk.BadField("sem_cartas", "nao_existe")
			}
		}
		return w.putLetterSettings(a, s)
	})
}

func (w *work) putLetterSettings(a desk.Actor, s desk.LetterSettings) error {
	doc, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := w.PutLetterSettings(w.ctx, db.PutLetterSettingsParams{Document: string(doc), UpdatedAt: w.now.UnixMilli(), UpdatedBy: a.Name}); err != nil {
		return err
	}
	on := make([]string, len(s.On))
	for i, k := range s.On {
		on[i] = string(k)
	}
	if err := w.SetLetterKinds(w.ctx, strings.Join(on, " ")); err != nil {
		return err
	}
	w.AfterCommit(func() { w.flow.Changed(TopicLetters) })
	return w.audit(a, "cartas.configurar", "cartas", map[string]any{"ligadas": on, "idioma": s.Language, "sem_cartas": s.Without,
		"endereco_de_teste": s.TestAddress != "", "com_solucao": s.Solution})
}

// LettersOn says which kinds are sent; for processes.
func (f *Flow) LettersOn(ctx context.Context) ([]desk.LetterKind, error) {
	s, err := letterSettings(f.Store.Read().LetterSettings(ctx))
	return s.On, err
}

// TrialLetter sends whoever asks a letter as the settings make it, about an occurrence that there is not. Their login must be
// a mail address.
func (f *Flow) TrialLetter(ctx context.Context, a desk.Actor, k desk.LetterKind, facts LetterFacts) error {
	if !MaySetLetters(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	if !slices.Contains(desk.LetterKinds, k) {
		return desk.BadField("ligadas", "nao_existe")
	}
	id, err := strconv.ParseInt(a.ID, 10, 64)
	if err != nil || a.Kind != "usuario" {
		return desk.Fail(desk.ErrForbidden)
	}
	return f.write(ctx, func(w *work) error {
		u, err := w.UserByID(w.ctx, id)
		if err != nil {
			return err
		}
		if !desk.MailAddress(u.Login) {
			return desk.BadField("testar", "login_sem_email")
		}
		facts.To, facts.Sample = u.Login, string(k)
		row := db.InsertLetterParams{ID: newID(), Kind: desk.LetterTrial, Test: true, Shown: maskMail(u.Login), CreatedAt: w.now.UnixMilli(), CreatedBy: a.Name,
			DueAt: w.steady().UnixMilli(), ExpiresAt: w.now.Add(time.Hour).UnixMilli()}
		if err := w.insertLetter(row, facts); err != nil {
			return err
		}
		return w.audit(a, "cartas.testar", "cartas", map[string]any{"tipo": string(k)})
	})
}

// RefuseLetters keeps that a person of a unit wants no letters, or wants them again.
func (f *Flow) RefuseLetters(ctx context.Context, a desk.Actor, unit, customer int64, none bool) error {
	people, err := f.UnitPeople(ctx, a, unit)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people.Now, func(p UnitPerson) bool { return p.ID == customer }) {
		return desk.Fail(desk.ErrNotFound)
	}
	return f.write(ctx, func(w *work) error {
		n, err := w.SetNoLetters(w.ctx, db.SetNoLettersParams{ID: customer, NoLetters: none})
		if err == nil && n == 0 {
			err = desk.Fail(desk.ErrNotFound)
		}
		if err != nil {
			return err
		}
		return w.audit(a, "pessoa.cartas", "pessoa:"+itoa(customer), map[string]any{"nao_enviar": none})
	})
}

// writeToNobody turns every letter off: a copy for trying must not reach a customer.
func (w *work) writeToNobody() error {
	if w.inst.Letters == "" {
		return nil
	}
	is, err := letterSettings(w.LetterSettings(w.ctx))
	if err != nil {
		return err
	}
	is.On = nil
	return w.putLetterSettings(desk.Ponte(), is)
}
