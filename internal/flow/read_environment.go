package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
)

// ActiveEnvironment is where new occurrences are born; empty before an installation is set up.
func (f *Flow) ActiveEnvironment(ctx context.Context) (desk.Environment, error) {
	inst, err := f.Store.Read().Installation(ctx)
	if store.NoRows(err) {
		return "", nil
	}
	return inst.ActiveEnvironment, err
}
