package flow

import (
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// keepsAnAdmin refuses what would leave the installation without anybody who can let others in; it is asked after the
// change, within its transaction, which holds the people. The command line may: whoever has it can make another one.
func (w *work) keepsAnAdmin(a desk.Actor, before User, field string) error {
	if before.Disabled || !slices.Contains(before.Roles, desk.Admin) || a.Kind == "comando" {
		return nil
	}
	alone, err := w.aloneAdmin(0)
	if err == nil && alone {
		err = desk.BadField(field, "ultimo_administrador")
	}
	return err
}

// aloneAdmin says whether nobody but this account may let others in.
func (w *work) aloneAdmin(but int64) (bool, error) {
	rows, err := w.Users(w.ctx)
	return err == nil && !slices.ContainsFunc(rows, func(r db.AppUser) bool {
		u := user(r)
		return u.ID != but && !u.Disabled && slices.Contains(u.Roles, desk.Admin)
	}), err
}
