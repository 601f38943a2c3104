package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// RecoveryCodes is how many are made.
const RecoveryCodes = 10

// RefusedCode is why somebody with the right password was not let in.
const RefusedCode = "codigo_errado"

// Factor is an account's second factor.
type Factor struct {
	On   bool
	Left int64 // recovery codes
}

func factorPlace(user int64) string { return "second_factor.secret:" + itoa(user) }

// FactorOf is a person's second factor.
func (f *Flow) FactorOf(ctx context.Context, user int64) (Factor, error) {
	q := f.Store.Read()
	row, err := q.SecondFactor(ctx, user)
	if store.NoRows(err) {
		return Factor{}, nil
	}
	if err != nil {
		return Factor{}, err
	}
	left, err := q.CountRecoveryCodes(ctx, user)
	return Factor{On: row.ConfirmedAt.Valid, Left: left}, err
}

// Device is one that isn't confirmed yet: its person's session alone keeps it, sealed, so that whoever opens the account
// elsewhere sees nothing of it.
type Device struct {
	Secret  []byte
	Instead bool // of the one that is on, whose code was given
}

// SealDevice is what a session keeps of a device's secret.
func (f *Flow) SealDevice(user int64, secret []byte) []byte {
	return f.Keys.Seal(factorPlace(user), secret)
}

// OpenDevice reads what SealDevice made; nil where it can't be read any more.
func (f *Flow) OpenDevice(user int64, sealed []byte) []byte {
	secret, err := f.Keys.Open(factorPlace(user), sealed)
	if err != nil {
		return nil // of another person, or sealed by a key that is gone: the device is begun anew
	}
	return secret
}

// FactorMatch finds the step whose code this is; auth's.
type FactorMatch func(secret []byte, code string, now time.Time) (step int64, ok bool)

// ConfirmFactor turns a person's own second factor on, by a code of the device, or puts it in the former one's place; codes
// are those for when it is lost. A wrong code leaves all as it was.
func (f *Flow) ConfirmFactor(ctx context.Context, u User, d Device, code string, match FactorMatch, codes []string) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w, action := f.bare(ctx, tx), "usuario.fator.ativar"
		if d.Instead {
			action = "usuario.fator.trocar"
			if n, err := tx.DropSecondFactor(w.ctx, u.ID); err != nil || n == 0 { // zeroed meanwhile: there is no code that allowed it
				return orBad(err, "codigo_errado")
			}
		}
		n, err := tx.PutSecondFactor(w.ctx, db.PutSecondFactorParams{UserID: u.ID, Secret: f.Keys.Seal(factorPlace(u.ID), d.Secret)})
		if err != nil || n == 0 {
			return orBad(err, "fator_ligado")
		}
		if right, err := w.deviceCode(u.ID, code, match); err != nil || !right {
			return orBad(err, "codigo_errado")
		}
		if n, err := tx.ConfirmSecondFactor(w.ctx, db.ConfirmSecondFactorParams{UserID: u.ID, ConfirmedAt: store.Null(w.now.UnixMilli())}); err != nil || n == 0 {
			return orBad(err, "fator_ligado")
		}
		if err := w.putRecoveryCodes(u.ID, codes); err != nil {
			return err
		}
		return w.audit(u.Actor(), action, "usuario:"+itoa(u.ID), nil)
	})
}

func orBad(err error, reason string) error {
	if err != nil {
		return err
	}
	return desk.BadField("codigo", reason)
}

// RenewRecoveryCodes puts new codes in place of what is left of the former ones.
func (f *Flow) RenewRecoveryCodes(ctx context.Context, u User, codes []string) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if err := w.putRecoveryCodes(u.ID, codes); err != nil {
			return err
		}
		return w.audit(u.Actor(), "usuario.fator.codigos", "usuario:"+itoa(u.ID), nil)
	})
}

func (w *work) putRecoveryCodes(user int64, codes []string) error {
	if err := w.DropRecoveryCodes(w.ctx, user); err != nil {
		return err
	}
	for _, c := range codes {
		if err := w.InsertRecoveryCode(w.ctx, db.InsertRecoveryCodeParams{UserID: user, CodeHash: recoveryHash(user, c)}); err != nil {
			return err
		}
	}
	return nil
}

// deviceCode takes a code of the device. Its step, and every one before it, counts once, whichever replica is asked.
func (w *work) deviceCode(user int64, code string, match FactorMatch) (bool, error) {
	row, err := w.SecondFactor(w.ctx, user)
	if store.NoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	secret, err := w.flow.Keys.Open(factorPlace(user), row.Secret)
	if err != nil {
		return false, err
	}
	step, ok := match(secret, strings.ReplaceAll(code, " ", ""), w.now)
	if !ok {
		return false, nil
	}
	n, err := w.TakeStep(w.ctx, db.TakeStepParams{UserID: user, LastStep: step})
	return n > 0, err
}

// recoveryHash is what is kept of a code, which has 50 random bits; blanks, dashes and the size of letters don't count.
func recoveryHash(user int64, code string) string {
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
	sum := sha256.Sum256([]byte("ponte recovery " + itoa(user) + " " + code))
	return hex.EncodeToString(sum[:])
}

// UseFactor says whether a code lets a person in: one of the device, or one of those for when it is lost. Either counts once.
func (f *Flow) UseFactor(ctx context.Context, u User, code string, match FactorMatch) (right bool, err error) {
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if right, err = w.deviceCode(u.ID, code, match); err != nil || right {
			return err
		}
		n, err := tx.TakeRecoveryCode(w.ctx, db.TakeRecoveryCodeParams{UserID: u.ID, CodeHash: recoveryHash(u.ID, code), UsedAt: store.Null(w.now.UnixMilli())})
		if right = n > 0; err != nil || !right {
			return err
		}
		return w.audit(u.Actor(), "usuario.fator.reserva", "usuario:"+itoa(u.ID), nil)
	})
	return right, err
}

// DropFactor takes a person's second factor away: their own, or anybody's for an administrator.
func (f *Flow) DropFactor(ctx context.Context, a desk.Actor, user int64) error {
	own := a.Kind == "usuario" && a.ID == itoa(user)
	action := "usuario.fator.zerar"
	if own {
		action = "usuario.fator.retirar"
	}
	return f.changeUser(ctx, a, user, action, own, func(tx *store.Tx) (int64, error) {
		ctx := context.WithoutCancel(ctx)
		if err := tx.DropRecoveryCodes(ctx, user); err != nil {
			return 0, err
		}
		_, err := tx.DropSecondFactor(ctx, user)
		return 1, err
	})
}

// FactorRoles are the roles that must have a second factor, where people come by password.
func (f *Flow) FactorRoles(ctx context.Context) (out []desk.Role, err error) {
	rows, err := f.Store.Read().SecondFactorRoles(ctx)
	for _, r := range rows {
		out = append(out, desk.Role(r))
	}
	return out, err
}

// SetFactorRoles says which must. Whoever has none yet is led to it at the next sign-in.
func (f *Flow) SetFactorRoles(ctx context.Context, a desk.Actor, roles []desk.Role) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		if !a.Has(desk.Admin) {
			return desk.Fail(desk.ErrForbidden)
		}
		w := f.bare(ctx, tx)
		if err := tx.ForgetSecondFactorRoles(w.ctx); err != nil {
			return err
		}
		for _, r := range desk.Roles {
			if slices.Contains(roles, r) {
				if err := tx.InsertSecondFactorRole(w.ctx, string(r)); err != nil {
					return err
				}
			}
		}
		return w.audit(a, "usuario.fator.exigir", "usuarios", map[string]any{"papeis": roles})
	})
}
