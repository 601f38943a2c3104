package flow

import (
	"context"
	"net/url"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// How long a key holds: one that was asked for comes by mail at once; one that is handed over may wait for a day.
const (
	AskedResetLife  = time.Hour
	HandedResetLife = 24 * time.Hour
)

// ResetPath is the page where a key is used.
const ResetPath = "/entrar/nova-senha"

// ResetLink is what letters, pages and commands give to a person, under the address that people see.
func ResetLink(publicURL, key string) string {
	return strings.TrimRight(publicURL, "/") + ResetPath + "?chave=" + url.QueryEscape(key)
}

// AskPasswordReset keeps the hash of a key for an account that may sign in and answers whose it is; the account's
// earlier asked one ends. ok is false for an unknown or disabled login, and nothing is kept. Whoever asks must not be
// told which: doors answer before they call this. Anybody can ask, so asking ends nothing that an administrator
// handed over.
func (f *Flow) AskPasswordReset(ctx context.Context, login, keyHash string) (u User, ok bool, err error) {
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		row, err := tx.UserByLogin(w.ctx, strings.ToLower(strings.TrimSpace(login)))
		if u, ok, err = userOf(row, err); err != nil || !ok {
			return err
		}
		if ok = u.PasswordHash != ""; !ok { // who comes by the house's provider has none to lose
			return nil
		}
		return w.putReset(desk.Ponte(), u, keyHash, false)
	})
	return u, ok, err
}

// HandPasswordReset keeps the hash of a key that an administrator hands over, in place of all that the account had.
// A disabled account gets none: it is opened first.
func (f *Flow) HandPasswordReset(ctx context.Context, a desk.Actor, user int64, keyHash string) (u User, err error) {
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		if !a.Has(desk.Admin) {
			return desk.Fail(desk.ErrForbidden)
		}
		w := f.bare(ctx, tx)
		row, err := tx.UserByID(w.ctx, user)
		var ok bool
		if u, ok, err = userOf(row, err); err != nil {
			return err
		}
		if !ok {
			return desk.BadField("usuario", "nao_existe")
		}
		if err := tx.EndPasswordResets(w.ctx, user); err != nil {
			return err
		}
		return w.putReset(a, u, keyHash, true)
	})
	return u, err
}

func (w *work) putReset(a desk.Actor, u User, keyHash string, handed bool) error {
	life, action := AskedResetLife, "usuario.senha.pedir"
	if handed {
		life, action = HandedResetLife, "usuario.senha.link"
	}
	err := w.PutPasswordReset(w.ctx, db.PutPasswordResetParams{UserID: u.ID, Handed: handed, KeyHash: keyHash,
		ExpiresAt: w.now.Add(life).UnixMilli()})
	if err != nil {
		return err
	}
	return w.audit(a, action, "usuario:"+itoa(u.ID), nil)
}

// PasswordReset answers whose password a key can set. A key that is unknown, used, expired, or of an account that is
// closed is link_de_senha_invalido, and nothing tells which.
func (f *Flow) PasswordReset(ctx context.Context, keyHash string) (User, error) {
	q := f.Store.Read()
	row, err := q.PasswordReset(ctx, keyHash)
	return f.ofReset(ctx, q, row.UserID, row.ExpiresAt, err)
}

// UsePasswordReset sets the password of a key's account; the key and every other of the account end, and so do its
// sessions, which are tied to the password. It is the person who acts. Errors are those of PasswordReset.
func (f *Flow) UsePasswordReset(ctx context.Context, keyHash, passwordHash string) (u User, err error) {
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		row, err := tx.TakePasswordReset(w.ctx, keyHash)
		if u, err = f.ofReset(w.ctx, tx.Queries, row.UserID, row.ExpiresAt, err); err != nil {
			return err
		}
		if err := tx.EndPasswordResets(w.ctx, u.ID); err != nil {
			return err
		}
		if _, err := tx.SetPassword(w.ctx, db.SetPasswordParams{ID: u.ID, PasswordHash: passwordHash}); err != nil {
			return err
		}
		return w.audit(u.Actor(), "usuario.senha.redefinir", "usuario:"+itoa(u.ID), nil)
	})
	return u, err
}

// ofReset is the account of a key's row, however that was read.
func (f *Flow) ofReset(ctx context.Context, q *db.Queries, user, expires int64, err error) (User, error) {
	if err != nil && !store.NoRows(err) {
		return User{}, err
	}
	if err != nil || expires <= f.Now().UnixMilli() {
		return User{}, desk.Fail(desk.ErrResetKey)
	}
	row, err := q.UserByID(ctx, user)
	u, ok, err := userOf(row, err)
	if err == nil && !ok {
		err = desk.Fail(desk.ErrResetKey)
	}
	return u, err
}
