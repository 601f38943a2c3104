package flow

import (
	"context"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// User is a person with an account.
type User struct {
	ID           int64
	Login        string
	Name         string
	PasswordHash string // argon2id, in its own encoding; doors verify it
	Roles        []desk.Role
	Language     string // "pt-BR", "en", or empty for the browser's
	Theme        string // "light", "dark" or empty for the device's
	Disabled     bool
	// Few: the person works only for Developments; otherwise for all, those to come too.
	Few          bool
	Developments []Development
	// LastSeenAt is when the person last opened a page, within SeenEvery; zero: never.
	LastSeenAt time.Time
}

// nowhere is a development that there is not: who is limited to none at all touches nothing, rather than everything.
const nowhere = 0

// Actor is the person as an actor of use cases. A role that reaches over the whole installation is not held by somebody
// who is limited to some of its developments.
func (u User) Actor() desk.Actor {
	a := desk.Actor{Kind: "usuario", ID: itoa(u.ID), Name: u.Name, Origin: desk.House, Roles: u.Roles}
	if !u.Few {
		return a
	}
	a.Roles = slices.DeleteFunc(slices.Clone(u.Roles), desk.Role.ReachesAll)
	for _, d := range u.Developments {
		a.Developments = append(a.Developments, d.ID)
	}
	if len(a.Developments) == 0 {
		a.Developments = []int64{nowhere}
	}
	return a
}

// AddUser creates an account; an existing login is parametro_invalido.
func (f *Flow) AddUser(ctx context.Context, a desk.Actor, u User) (int64, error) {
	if err := checkUser(u); err != nil {
		return 0, err
	}
	var id int64
	err := f.Store.Write(ctx, func(tx *store.Tx) error {
		if !a.Has(desk.Admin) {
			return desk.Fail(desk.ErrForbidden)
		}
		w := f.bare(ctx, tx)
		login := strings.ToLower(u.Login)
		if _, err := tx.UserByLogin(w.ctx, login); !store.NoRows(err) {
			if err == nil {
				return desk.BadField("login", "ja_existe")
			}
			return err
		}
		var err error
		if id, err = tx.InsertUser(w.ctx, db.InsertUserParams{Login: login, Name: u.Name, PasswordHash: u.PasswordHash,
			Roles: joinRoles(u.Roles), CreatedAt: w.now.UnixMilli()}); err != nil {
			return err
		}
		if err := w.setUser(id, u); err != nil {
			return err
		}
		return w.audit(a, "usuario.criar", "usuario:"+itoa(id), map[string]any{"papeis": u.Roles, "empreendimentos": u.reach()})
	})
	return id, err
}

func checkUser(u User) error {
	e := desk.Fail(desk.ErrParameter)
	need := func(field, value string) {
		if strings.TrimSpace(value) == "" {
			e.Fields = append(e.Fields, desk.FieldError{Field: field, Code: "obrigatorio"})
		}
	}
	need("login", u.Login)
	need("senha", u.PasswordHash)
	u.checkReach(e, need)
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// checkReach gathers what is wrong with what a person may do and where.
func (u User) checkReach(e *desk.Error, need func(field, value string)) {
	need("nome", u.Name)
	switch {
	case u.Few && len(u.Developments) == 0:
		e.Fields = append(e.Fields, desk.FieldError{Field: "empreendimento", Code: "obrigatorio"})
	case u.Few && slices.ContainsFunc(u.Roles, desk.Role.ReachesAll):
		e.Fields = append(e.Fields, desk.FieldError{Field: "empreendimento", Code: "papel_de_toda_a_casa"})
	}
	if len(u.Roles) == 0 || slices.ContainsFunc(u.Roles, func(r desk.Role) bool { return !slices.Contains(desk.Roles, r) }) {
		e.Fields = append(e.Fields, desk.FieldError{Field: "papel", Code: "papel_desconhecido"})
	}
}

// bare is a transaction that needs no configuration yet: before an installation is set up there is none.
func (f *Flow) bare(ctx context.Context, tx *store.Tx) *work {
	return &work{Tx: tx, ctx: context.WithoutCancel(ctx), flow: f, now: f.Now()}
}

// UserByLogin finds an account that may sign in; ok is false for an unknown or disabled one.
func (f *Flow) UserByLogin(ctx context.Context, login string) (u User, ok bool, err error) {
	q := f.Store.Read()
	row, err := q.UserByLogin(ctx, strings.ToLower(strings.TrimSpace(login)))
	return wholeUser(ctx, q, row, err)
}

// UserByID finds an account that may act.
func (f *Flow) UserByID(ctx context.Context, id int64) (u User, ok bool, err error) {
	q := f.Store.Read()
	row, err := q.UserByID(ctx, id)
	return wholeUser(ctx, q, row, err)
}

// wholeUser is userOf with the developments.
func wholeUser(ctx context.Context, q *db.Queries, row db.AppUser, err error) (User, bool, error) {
	u, ok, err := userOf(row, err)
	if !ok || !u.Few {
		return u, ok, err
	}
	rows, err := q.UserDevelopments(ctx, u.ID)
	for _, d := range rows {
		u.Developments = append(u.Developments, Development(d))
	}
	return u, err == nil, err
}

func userOf(row db.AppUser, err error) (User, bool, error) {
	if store.NoRows(err) || err == nil && row.Disabled {
		return User{}, false, nil
	}
	return user(row), err == nil, err
}

func user(row db.AppUser) User {
	u := User{ID: row.ID, Login: row.Login, Name: row.Name, PasswordHash: row.PasswordHash, Roles: splitRoles(row.Roles),
		Language: row.Language, Theme: row.Theme, Disabled: row.Disabled, Few: row.FewDevelopments}
	if row.LastSeenAt.Valid {
		u.LastSeenAt = fromMillis(row.LastSeenAt.Int64)
	}
	return u
}

// Users lists the accounts by login.
func (f *Flow) Users(ctx context.Context) ([]User, error) {
	q := f.Store.Read()
	rows, err := q.Users(ctx)
	if err != nil {
		return nil, err
	}
	scopes, err := q.DevelopmentsOfUsers(ctx)
	developments := map[int64][]Development{}
	for _, s := range scopes {
		developments[s.UserID] = append(developments[s.UserID], Development{s.ID, s.Code, s.Name})
	}
	out := make([]User, len(rows))
	for i, r := range rows {
		out[i] = user(r)
		out[i].Developments = developments[r.ID]
	}
	return out, err
}

// SetPassword replaces a person's password hash: their own, or anybody's for an administrator.
func (f *Flow) SetPassword(ctx context.Context, a desk.Actor, user int64, hash string) error {
	return f.changeUser(ctx, a, user, "usuario.senha", a.ID == itoa(user) && a.Kind == "usuario", func(tx *store.Tx) (int64, error) {
		ctx := context.WithoutCancel(ctx)
		if err := tx.EndPasswordResets(ctx, user); err != nil { // a link that was asked for before is of the password before
			return 0, err
		}
		return tx.SetPassword(ctx, db.SetPasswordParams{ID: user, PasswordHash: hash})
	})
}

// SetDisabled closes or reopens an account.
func (f *Flow) SetDisabled(ctx context.Context, a desk.Actor, id int64, disabled bool) error {
	return f.changeUser(ctx, a, id, "usuario.desativar", false, func(tx *store.Tx) (int64, error) {
		ctx := context.WithoutCancel(ctx)
		if err := tx.HoldPeople(); err != nil {
			return 0, err
		}
		if err := tx.EndPasswordResets(ctx, id); err != nil { // none sleeps in a closed account
			return 0, err
		}
		row, err := tx.UserByID(ctx, id)
		if err != nil && !store.NoRows(err) {
			return 0, err
		}
		before := user(row)
		n, err := tx.SetUserDisabled(ctx, db.SetUserDisabledParams{ID: id, Disabled: disabled})
		if err == nil && n > 0 {
			err = f.bare(ctx, tx).keepsAnAdmin(a, before, "usuario")
		}
		if err == nil && disabled {
			err = dropOwnViews(ctx, tx, id)
		}
		return n, err
	})
}

// SetLook keeps a person's language and theme.
func (f *Flow) SetLook(ctx context.Context, a desk.Actor, user int64, language, theme string) error {
	return f.changeUser(ctx, a, user, "usuario.aparencia", a.ID == itoa(user) && a.Kind == "usuario", func(tx *store.Tx) (int64, error) {
		return tx.SetUserLook(context.WithoutCancel(ctx), db.SetUserLookParams{ID: user, Language: language, Theme: theme})
	})
}

func (f *Flow) changeUser(ctx context.Context, a desk.Actor, user int64, action string, own bool, change func(*store.Tx) (int64, error)) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		if !own && !a.Has(desk.Admin) {
			return desk.Fail(desk.ErrForbidden)
		}
		n, err := change(tx)
		if err != nil {
			return err
		}
		if n == 0 {
			return desk.BadField("usuario", "nao_existe")
		}
		return f.bare(ctx, tx).audit(a, action, "usuario:"+itoa(user), nil)
	})
}

func joinRoles(roles []desk.Role) string {
	s := make([]string, len(roles))
	for i, r := range roles {
		s[i] = string(r)
	}
	return strings.Join(s, ",")
}

func splitRoles(s string) (out []desk.Role) {
	for r := range strings.SplitSeq(s, ",") {
		out = append(out, desk.Role(r))
	}
	return out
}
