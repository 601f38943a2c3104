package flow

import (
	"slices"

	"ponte/internal/desk"
)

// keepsAnAdmin refuses what would leave the installation without anybody who can let others in; it is asked after the
// change, within its transaction, which holds the people. The command line may: whoever has it can make another one.
func (w *work) keepsAnAdmin(a desk.Actor, before User, field string) error {
	if before.Disabled || !slices.Contains(before.Roles, desk.Admin) || a.Kind == "comando" {
		return nil
	}
	rows, err := w.Users(w.ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if u := user(r); !u.Disabled && slices.Contains(u.Roles, desk.Admin) {
			return nil
		}
	}
	return desk.BadField(field, "ultimo_administrador")
}
