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

// forgetUploads takes away the sheets of imports that nobody goes on with.
func (a *App) forgetUploads(ctx context.Context) {
	n, err := a.Flow.SweepUploads(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		a.cfg.Log.ErrorContext(ctx, "sweep uploads to the registry", "error", err)
	case n > 0:
		a.cfg.Log.InfoContext(ctx, "swept uploads to the registry", "uploads", n)
	}
}
