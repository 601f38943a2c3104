package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Why a sign-in was refused, as the audit trail says it; the person is told less.
const (
	RefusedPassword = "senha_errada"
	RefusedUnknown  = "conta_desconhecida"
	RefusedClosed   = "conta_desativada"
)

// Ways in, as the audit trail says them. A code of the second factor stands behind the way that it completes.
const (
	ByPassword = "senha"
	ByLink     = "link" // the emergency's
	BySSO      = "sso"
	PlusCode   = "+codigo"
)

// Entrance is how and from where somebody came in, or tried to.
type Entrance struct {
	How     string // a way in, with PlusCode where the second factor was asked for
	Address string
}

func (e Entrance) facts() map[string]any { return map[string]any{"como": e.How, "endereco": e.Address} }

// SignedIn writes down that a person came in.
func (f *Flow) SignedIn(ctx context.Context, u User, e Entrance) error {
	return f.entered(ctx, u, "entrada.feita", e)
}

// SignedOut writes down that a person left.
func (f *Flow) SignedOut(ctx context.Context, u User, address string) error {
	return f.entered(ctx, u, "entrada.saida", Entrance{Address: address})
}

func (f *Flow) entered(ctx context.Context, u User, action string, e Entrance) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		return f.bare(ctx, tx).audit(u.Actor(), action, "usuario:"+itoa(u.ID), e.facts())
	})
}

// SignInRefused writes down that somebody was not let in, and why; that an account has no try left from there is a line of
// its own. What was typed for an account that there isn't stays out: people type passwords into the wrong field.
func (f *Flow) SignInRefused(ctx context.Context, login, reason string, e Entrance) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w, nobody := f.bare(ctx, tx), desk.Actor{Kind: "ninguem"}
		row, err := tx.UserByLogin(w.ctx, tryLogin(login))
		subject, facts := "usuario:"+itoa(row.ID), e.facts()
		switch {
		case store.NoRows(err):
			subject, reason = "entrada", RefusedUnknown
		case err != nil:
			return err
		case row.Disabled:
			reason = RefusedClosed
		}
		facts["motivo"] = reason
		if err := w.audit(nobody, "entrada.recusada", subject, facts); err != nil {
			return err
		}
		full, err := tx.TryFullAt(w.ctx, db.TryFullAtParams{Scope: string(TrySignIn), Login: tryLogin(login), Address: e.Address})
		if store.NoRows(err) || err == nil && full <= tryLimits[TrySignIn].account.spent(w.now) {
			return nil
		}
		if err != nil {
			return err
		}
		return w.audit(nobody, "entrada.travada", subject, e.facts())
	})
}
