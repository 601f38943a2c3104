package flow

import (
	"context"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// ChangeUser sets a person's name, roles and developments; it holds from their next request on, in every process.
// Administrators can't take that role from themselves: there is always somebody who can let others in.
func (f *Flow) ChangeUser(ctx context.Context, a desk.Actor, u User) error {
	e := desk.Fail(desk.ErrParameter)
	u.checkReach(e, func(field, value string) {
		if strings.TrimSpace(value) == "" {
			e.Fields = append(e.Fields, desk.FieldError{Field: field, Code: "obrigatorio"})
		}
	})
	if a.Kind == "usuario" && a.ID == itoa(u.ID) && !slices.Contains(u.Roles, desk.Admin) {
		e.Fields = append(e.Fields, desk.FieldError{Field: "papel", Code: "papel_proprio"})
	}
	if len(e.Fields) > 0 && a.Has(desk.Admin) {
		return e
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		if !a.Has(desk.Admin) {
			return desk.Fail(desk.ErrForbidden)
		}
		w := f.bare(ctx, tx)
		if err := tx.HoldPeople(); err != nil {
			return err
		}
		row, err := tx.UserByID(w.ctx, u.ID)
		if store.NoRows(err) {
			return desk.BadField("usuario", "nao_existe")
		}
		if err != nil {
			return err
		}
		before := user(row)
		if before.Developments, err = developmentsOf(w, u.ID); err != nil {
			return err
		}
		if err := w.setUser(u.ID, u); err != nil {
			return err
		}
		if err := w.keepsAnAdmin(a, before, "papel"); err != nil {
			return err
		}
		return w.audit(a, "usuario.alterar", "usuario:"+itoa(u.ID), changesOf(before, u))
	})
}

// setUser writes what a person is called, may do and where.
func (w *work) setUser(id int64, u User) error {
	_, err := w.SetUser(w.ctx, db.SetUserParams{ID: id, Name: strings.TrimSpace(u.Name), Roles: joinRoles(u.Roles), FewDevelopments: u.Few})
	if err == nil {
		err = w.ForgetUserDevelopments(w.ctx, id)
	}
	if err != nil || !u.Few {
		return err
	}
	ids, err := w.knownDevelopments(u.Developments)
	for _, d := range ids {
		if err == nil {
			err = w.InsertUserDevelopment(w.ctx, db.InsertUserDevelopmentParams{UserID: id, DevelopmentID: d})
		}
	}
	return err
}

// knownDevelopments finds the developments by their codes, each once.
func (w *work) knownDevelopments(named []Development) (ids []int64, err error) {
	rows, err := w.Developments(w.ctx)
	for _, d := range named {
		i := slices.IndexFunc(rows, func(r db.DevelopmentsRow) bool { return r.Code == d.Code })
		switch {
		case err != nil:
			return nil, err
		case i < 0:
			return nil, desk.BadField("empreendimento", "nao_existe")
		case !slices.Contains(ids, rows[i].ID):
			ids = append(ids, rows[i].ID)
		}
	}
	return ids, err
}

func developmentsOf(w *work, user int64) (out []Development, err error) {
	rows, err := w.UserDevelopments(w.ctx, user)
	for _, d := range rows {
		out = append(out, Development(d))
	}
	return out, err
}

// reach names a person's developments, for the audit trail; empty: all.
func (u User) reach() string {
	if !u.Few {
		return ""
	}
	codes := make([]string, len(u.Developments))
	for i, d := range u.Developments {
		codes[i] = d.Code
	}
	slices.Sort(codes)
	return strings.Join(codes, ",")
}

// changesOf are what was and what is, of what changed. Names stay out: they are personal data.
func changesOf(before, after User) map[string]any {
	out := map[string]any{}
	put := func(name, was, is string) {
		if was != is {
			out[name+"_antes"], out[name+"_depois"] = was, is
		}
	}
	put("papeis", joinRoles(before.Roles), joinRoles(after.Roles))
	put("empreendimentos", before.reach(), after.reach())
	if before.Name != strings.TrimSpace(after.Name) {
		out["nome"] = "alterado"
	}
	return out
}

// few names the developments of an actor for queries: their ids between commas, with one at each end; empty: all.
func few(a desk.Actor) string {
	if len(a.Developments) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte(',')
	for _, d := range a.Developments {
		b.WriteString(itoa(d))
		b.WriteByte(',')
	}
	return b.String()
}
