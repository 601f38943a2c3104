package flow_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// lost is an installation with a person who lost the password, and a clock that the test moves.
type lost struct {
	*flowtest.Installation
	t   *testing.T
	ana flow.User
	now atomic.Int64
}

func newLost(t *testing.T, s *store.Store) *lost {
	t.Helper()
	l := &lost{t: t}
	l.now.Store(time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC).UnixMilli())
	l.Installation = flowtest.New(t, s, flow.Deps{Now: func() time.Time { return time.UnixMilli(l.now.Load()) }})
	id, err := l.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "ana@exemplo.com.br", Name: "Ana Souza", PasswordHash: "old", Roles: []desk.Role{desk.Attendant}})
	must(t, err)
	l.ana.ID = id
	return l
}

func (l *lost) ask(login, key string) (flow.User, bool) {
	l.t.Helper()
	u, ok, err := l.AskPasswordReset(l.t.Context(), login, key)
	must(l.t, err)
	return u, ok
}

func (l *lost) hand(key string) {
	l.t.Helper()
	u, err := l.HandPasswordReset(l.t.Context(), flowtest.Admin(), l.ana.ID, key)
	must(l.t, err)
	if u.Login != "ana@exemplo.com.br" {
		l.t.Errorf("handed for %q", u.Login)
	}
}

// over checks that a key opens nothing, for looking and for using, and that both say the same.
func (l *lost) over(what, key string) {
	l.t.Helper()
	_, looked := l.PasswordReset(l.t.Context(), key)
	_, used := l.UsePasswordReset(l.t.Context(), key, "stolen")
	for _, err := range []error{looked, used} {
		var e *desk.Error
		if !errors.As(err, &e) || e.Code != desk.ErrResetKey {
			l.t.Errorf("%s: %v", what, err)
		}
	}
	if u, _, err := l.UserByLogin(l.t.Context(), "ana@exemplo.com.br"); err != nil || u.PasswordHash == "stolen" {
		l.t.Errorf("%s: the password was set; %v", what, err)
	}
}

func (l *lost) works(what, key string) {
	l.t.Helper()
	if u, err := l.PasswordReset(l.t.Context(), key); err != nil || u.ID != l.ana.ID {
		l.t.Errorf("%s: %v", what, err)
	}
}

func TestANewPasswordByAKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLost(t, s)
		if u, ok := l.ask(" ANA@exemplo.com.br ", "k1"); !ok || u.Name != "Ana Souza" {
			t.Fatalf("%+v, %v", u, ok)
		}
		l.works("asked", "k1")
		l.works("looked at before", "k1")
		l.over("another", "k0")
		u, err := l.UsePasswordReset(t.Context(), "k1", "new")
		must(t, err)
		if u.ID != l.ana.ID {
			t.Errorf("%+v", u)
		}
		if got, _, _ := l.UserByLogin(t.Context(), "ana@exemplo.com.br"); got.PasswordHash != "new" {
			t.Errorf("the password is %q", got.PasswordHash)
		}
		l.over("used", "k1")
		rows, err := s.Read().AuditOf(t.Context(), "usuario:"+fmt.Sprint(l.ana.ID))
		must(t, err)
		var got []string
		for _, r := range rows {
			got = append(got, r.Action+" "+r.ActorKind+" "+r.Detail)
			for _, secret := range []string{"k1", "new", "old"} {
				if strings.Contains(fmt.Sprintf("%+v", r), secret) {
					t.Errorf("the audit tells %q: %+v", secret, r)
				}
			}
		}
		if want := `usuario.criar comando {"empreendimentos":"","papeis":["atendente"]}; usuario.senha.pedir sistema ; usuario.senha.redefinir usuario `; strings.Join(got, "; ") != want {
			t.Errorf("audit: %s", strings.Join(got, "; "))
		}
	})
}

func TestKeysEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLost(t, s)
		ctx, admin := t.Context(), flowtest.Admin()
		pass := func(d time.Duration) { l.now.Add(d.Milliseconds()) }

		l.ask("ana@exemplo.com.br", "a1")
		l.ask("ana@exemplo.com.br", "a2")
		l.over("the earlier one", "a1")
		pass(time.Hour - time.Millisecond)
		l.works("within the hour", "a2")
		pass(time.Millisecond)
		l.over("after the hour", "a2")

		l.hand("h1")
		pass(24*time.Hour - time.Millisecond)
		l.works("within the day", "h1")
		l.ask("ana@exemplo.com.br", "a3")
		l.works("handed, although anybody asked", "h1")
		pass(time.Millisecond)
		l.over("after the day", "h1")
		l.works("asked", "a3")
		l.hand("h2")
		l.over("asked before it was handed", "a3")
		l.ask("ana@exemplo.com.br", "a4")
		if _, err := l.UsePasswordReset(ctx, "a4", "new"); err != nil {
			t.Error(err)
		}
		l.over("handed, and another was used", "h2")

		l.ask("ana@exemplo.com.br", "a5")
		must(t, l.SetPassword(ctx, admin, l.ana.ID, "by hand"))
		l.over("asked before the password was changed", "a5")
		l.hand("h3")
		must(t, l.SetDisabled(ctx, admin, l.ana.ID, true))
		l.over("of a closed account", "h3")
		if _, ok := l.ask("ana@exemplo.com.br", "a6"); ok {
			t.Error("a closed account asks")
		}
		if _, err := l.HandPasswordReset(ctx, admin, l.ana.ID, "h4"); err == nil {
			t.Error("handed for a closed account")
		}
		must(t, l.SetDisabled(ctx, admin, l.ana.ID, false))
		for _, key := range []string{"h3", "a6", "h4"} {
			l.over("slept in a closed account", key)
		}
		if _, ok := l.ask("nobody@exemplo.com.br", "a7"); ok {
			t.Error("nobody asks")
		}
		l.over("nobody's", "a7")
		l.over("no key", "")
	})
}

func TestOnlyAdministratorsHandKeys(t *testing.T) {
	l := newLost(t, storetest.New(t, store.SQLite))
	for _, role := range []desk.Role{desk.Attendant, desk.Consultant, desk.Manager} {
		a := flowtest.Attendant()
		a.Roles = []desk.Role{role}
		_, err := l.HandPasswordReset(t.Context(), a, l.ana.ID, "h")
		var e *desk.Error
		if !errors.As(err, &e) || e.Code != desk.ErrForbidden {
			t.Errorf("%s: %v", role, err)
		}
	}
	l.over("never handed", "h")
}

// TestAKeyIsUsedOnce, whoever else holds it at that moment: the database sees to it.
func TestAKeyIsUsedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLost(t, s)
		l.ask("ana@exemplo.com.br", "k")
		var won atomic.Int64
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				_, err := l.UsePasswordReset(t.Context(), "k", fmt.Sprint("new", i))
				var e *desk.Error
				switch {
				case err == nil:
					won.Add(1)
				case !errors.As(err, &e) || e.Code != desk.ErrResetKey:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("used %d times", won.Load())
		}
	})
}
