package flow

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Why somebody whom the provider knows was not let in, as the log and the audit trail say it.
const (
	SSONoAccount  = "sem_conta"            // and none may be made
	SSOUnverified = "email_nao_verificado" // an address that anybody could claim links to nothing
	SSONoGroup    = "sem_grupo"            // no group of the person's gives a role
	SSOBadMap     = "mapa_invalido"        // the map names a development that there isn't
)

// Arrival is a person as the house's provider sends them.
type Arrival struct {
	Issuer, Subject string
	Email, Name     string
	EmailVerified   bool
	// Mapped: groups give the roles; otherwise they are given in Ponte.
	Mapped       bool
	Roles        []desk.Role
	Few          bool
	Developments []string // codes
	// Create: an account may be made.
	Create  bool
	Address string
}

// Arrive finds or makes the account of a person whom the provider sends, gives it what the groups say, and writes it down.
// An account is bound to the provider's own name of the person; the first time, to the account whose login is the verified
// address. Whoever is not let in is desk.ErrSSO, with the reason written down.
func (f *Flow) Arrive(ctx context.Context, a Arrival) (u User, err error) {
	var refused *desk.Error
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		refused, u = nil, User{}
		w := f.bare(ctx, tx)
		if err := tx.HoldPeople(); err != nil {
			return err
		}
		var row db.AppUser
		reason, err := w.knownMap(a)
		if err == nil && reason == "" {
			row, reason, err = w.accountOf(a)
		}
		if err == nil && reason == "" {
			u, reason, err = w.granted(row, a)
		}
		if err != nil {
			return err
		}
		e := Entrance{How: BySSO, Address: a.Address}
		if reason != "" {
			refused = desk.Fail(desk.ErrSSO, "motivo", reason)
			facts, subject := e.facts(), "entrada"
			if facts["motivo"] = reason; row.ID != 0 {
				subject = "usuario:" + itoa(row.ID)
			}
			return w.audit(desk.Actor{Kind: "ninguem"}, "entrada.recusada", subject, facts)
		}
		return w.audit(u.Actor(), "entrada.feita", "usuario:"+itoa(u.ID), e.facts())
	})
	if err == nil && refused != nil {
		err = refused
	}
	return u, err
}

func (a Arrival) named() (out []Development) {
	for _, code := range a.Developments {
		out = append(out, Development{Code: code})
	}
	return out
}

// knownMap looks at the developments before anything is written.
func (w *work) knownMap(a Arrival) (reason string, err error) {
	var unknown *desk.Error
	if _, err = w.knownDevelopments(a.named()); errors.As(err, &unknown) {
		return SSOBadMap, nil
	}
	return "", err
}

// provider is who acts when groups change what a person may.
var provider = desk.Actor{Kind: "sistema", Name: "SSO"}

// accountOf is the account that a person is bound to, or becomes bound to now.
func (w *work) accountOf(a Arrival) (row db.AppUser, reason string, err error) {
	bound, err := w.UserOfIdentity(w.ctx, db.UserOfIdentityParams{Issuer: a.Issuer, Subject: a.Subject})
	if err == nil {
		if row, err = w.UserByID(w.ctx, bound); row.Disabled {
			reason = RefusedClosed
		}
		return row, reason, err
	}
	if !store.NoRows(err) {
		return row, "", err
	}
	if a.Mapped && len(a.Roles) == 0 {
		return row, SSONoGroup, nil
	}
	if address, err := mail.ParseAddress(a.Email); !a.EmailVerified || err != nil || address.Address != a.Email || len(a.Email) > 120 {
		return row, SSOUnverified, nil
	}
	row, err = w.UserByLogin(w.ctx, a.Email)
	switch {
	case store.NoRows(err) && !a.Create:
		return row, SSONoAccount, nil
	case store.NoRows(err):
		row, err = w.newcomer(a)
	case err == nil && row.Disabled:
		return row, RefusedClosed, nil
	}
	if err != nil {
		return row, "", err
	}
	if err := w.InsertIdentity(w.ctx, db.InsertIdentityParams{Issuer: a.Issuer, Subject: a.Subject, UserID: row.ID, CreatedAt: w.now.UnixMilli()}); err != nil {
		return row, "", err
	}
	return row, "", w.audit(provider, "usuario.sso.vincular", "usuario:"+itoa(row.ID), nil)
}

// newcomer makes an account without a password: no password opens it until somebody sets one.
func (w *work) newcomer(a Arrival) (db.AppUser, error) {
	name := strings.TrimSpace(a.Name)
	if name == "" {
		name = a.Email
	}
	id, err := w.InsertUser(w.ctx, db.InsertUserParams{Login: a.Email, Name: cutRunes(name, 120), Roles: joinRoles(a.Roles), CreatedAt: w.now.UnixMilli()})
	if err != nil {
		return db.AppUser{}, err
	}
	if err := w.audit(provider, "usuario.criar", "usuario:"+itoa(id), map[string]any{"papeis": a.Roles, "empreendimentos": strings.Join(a.Developments, ",")}); err != nil {
		return db.AppUser{}, err
	}
	return w.UserByID(w.ctx, id)
}

func cutRunes(text string, most int) string {
	if all := []rune(text); len(all) > most {
		return string(all[:most])
	}
	return text
}

// granted gives an account what the groups say now. The last administrator keeps that role, whatever they say.
func (w *work) granted(row db.AppUser, a Arrival) (u User, reason string, err error) {
	before := user(row)
	if before.Developments, err = developmentsOf(w, row.ID); err != nil || !a.Mapped {
		return before, "", err
	}
	if len(a.Roles) == 0 {
		return before, SSONoGroup, nil
	}
	u = before
	u.Roles, u.Few, u.Developments = a.Roles, a.Few, a.named()
	if changes := changesOf(before, u); len(changes) > 0 {
		alone, err := w.aloneAdmin(row.ID)
		if err != nil {
			return before, "", err
		}
		if alone && slices.Contains(before.Roles, desk.Admin) && !slices.Contains(u.Roles, desk.Admin) {
			return before, "", w.audit(provider, "usuario.sso.mantido", "usuario:"+itoa(row.ID), nil)
		}
		if err = w.setUser(row.ID, u); err == nil {
			err = w.audit(provider, "usuario.alterar", "usuario:"+itoa(row.ID), changes)
		}
		if err != nil {
			return before, "", err
		}
	}
	if err == nil {
		u.Developments, err = developmentsOf(w, row.ID)
	}
	return u, "", err
}
