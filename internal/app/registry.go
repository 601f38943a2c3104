package app

import (
	"context"
	"io"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/importer"
	"ponte/internal/web"
)

// registrySheets lets the pages write and explain sheets.
func registrySheets(f *flow.Flow) web.Registry {
	return web.Registry{Columns: importer.Columns, Units: func(ctx context.Context, a desk.Actor, env desk.Environment, flaw flow.UnitFlaw, w io.Writer) error {
		return importer.WriteUnits(ctx, f, a, env, flaw, w)
	}}
}
