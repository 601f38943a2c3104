package flow

import (
	"context"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// TryScope tells apart what is tried: each has its own count.
type TryScope string

const (
	TrySignIn TryScope = "entrar"
	TryAsk    TryScope = "pedir"  // a link for a new password
	TryCode   TryScope = "codigo" // the second factor, behind a right password
	TrySSO    TryScope = "sso"    // the way to the house's provider
)

// bucket is so many tries, of which one comes back every so often.
type bucket struct {
	most  int64
	every time.Duration
}

// tries bounds a scope: at an account, and from an address whatever the accounts. anywhere: an account's are counted
// together from wherever they come.
type tries struct {
	account, address bucket
	anywhere         bool
}

// Guessing passwords is slow: five tries at an account from an address, then one every half minute; and sixty from
// an address, then one every two seconds. Nobody can lock another person out from elsewhere. Asking for a link is slower,
// since each asking may be a mail: five for a login, whoever asks, then one every ten minutes; twenty from an address, then
// one a minute. The database counts, so a restart forgets nothing and replicas count together.
var tryLimits = map[TryScope]tries{
	TrySignIn: {account: bucket{5, 30 * time.Second}, address: bucket{60, 2 * time.Second}},
	TryCode:   {account: bucket{10, time.Minute}, address: bucket{60, 2 * time.Second}, anywhere: true},
	TrySSO:    {account: bucket{60, 2 * time.Second}, address: bucket{60, 2 * time.Second}},
	TryAsk:    {account: bucket{5, 10 * time.Minute}, address: bucket{20, time.Minute}, anywhere: true},
}

// Try counts a try at what was typed, whether or not it is an account; where there were too many it answers how long to
// wait, and counts nothing more.
func (f *Flow) Try(ctx context.Context, scope TryScope, login, address string) (wait time.Duration, err error) {
	limits, login := tryLimits[scope], tryLogin(login)
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if err := tx.SweepTries(w.ctx, w.now.UnixMilli()); err != nil {
			return err
		}
		if wait, err = w.try(scope, "", address, limits.address); err != nil || wait > 0 {
			return err
		}
		from := address
		if limits.anywhere {
			from = ""
		}
		wait, err = w.try(scope, login, from, limits.account)
		return err
	})
	return wait, err
}

// spent: a bucket that is full only after this moment has no whole try left now.
func (b bucket) spent(now time.Time) int64 {
	return now.Add(time.Duration(b.most-1) * b.every).UnixMilli()
}

func (w *work) try(scope TryScope, login, address string, b bucket) (time.Duration, error) {
	now, step, latest := w.now.UnixMilli(), b.every.Milliseconds(), b.spent(w.now)
	n, err := w.TakeTry(w.ctx, db.TakeTryParams{Scope: string(scope), Login: login, Address: address, Now: now, Every: step, Latest: latest})
	if err != nil || n > 0 {
		return 0, err
	}
	full, err := w.TryFullAt(w.ctx, db.TryFullAtParams{Scope: string(scope), Login: login, Address: address})
	return time.Duration(max(1, full-latest)) * time.Millisecond, err
}

// tryLogin is how an account is called here. One that is longer than any login is cut: it is counted, not kept.
func tryLogin(login string) string {
	login = strings.ToLower(strings.TrimSpace(login))
	if len(login) > 120 {
		login = strings.ToValidUTF8(login[:120], "")
	}
	if login == "" {
		return "-" // the empty one counts the address
	}
	return login
}

// Forgive forgets the tries of whoever got in.
func (f *Flow) Forgive(ctx context.Context, scope TryScope, login, address string) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ForgiveTries(context.WithoutCancel(ctx), db.ForgiveTriesParams{Scope: string(scope), Login: tryLogin(login), Address: address})
		return err
	})
}

// Locked is an account at an address from which nobody can try again before a moment.
type Locked struct {
	Login, Address string
	Until          time.Time
}

// LockedAccounts are those that can't be signed in to now, for an administrator.
func (f *Flow) LockedAccounts(ctx context.Context, a desk.Actor) (out []Locked, err error) {
	if !a.Has(desk.Admin) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	now := f.Now()
	latest := tryLimits[TrySignIn].account.spent(now)
	rows, err := f.Store.Read().SpentTries(ctx, db.SpentTriesParams{Scope: string(TrySignIn), FullAt: latest})
	for _, r := range rows {
		out = append(out, Locked{r.Login, r.Address, now.Add(time.Duration(r.FullAt-latest) * time.Millisecond)})
	}
	return out, err
}

// Unlock gives a person all tries back, from every address.
func (f *Flow) Unlock(ctx context.Context, a desk.Actor, user int64) error {
	return f.changeUser(ctx, a, user, "usuario.destravar", false, func(tx *store.Tx) (int64, error) {
		ctx := context.WithoutCancel(ctx)
		u, err := tx.UserByID(ctx, user)
		if store.NoRows(err) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		if _, err = tx.UnlockLogin(ctx, db.UnlockLoginParams{Scope: string(TryCode), Login: u.Login}); err != nil {
			return 0, err
		}
		_, err = tx.UnlockLogin(ctx, db.UnlockLoginParams{Scope: string(TrySignIn), Login: u.Login})
		return 1, err
	})
}
