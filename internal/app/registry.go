package app

import (
	"context"
	"io"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/importer"
	"ponte/internal/web"
	"ponte/internal/webservice/rest"
)

// registrySheets lets the pages write and explain sheets.
func registrySheets(f *flow.Flow) web.Registry {
	return web.Registry{Columns: importer.Columns, Units: func(ctx context.Context, a desk.Actor, env desk.Environment, flaw flow.UnitFlaw, w io.Writer) error {
		return importer.WriteUnits(ctx, f, a, env, flaw, w)
	}}
}

// registryRows lets a program of the house keep the registry up to date, by the use case of the sheets.
func registryRows(f *flow.Flow, words *i18n.Catalogues, about rest.About) rest.Registry {
	return rest.Registry{Columns: importer.Columns, Reason: words.In(i18n.Portuguese).Field, About: about,
		Put: func(ctx context.Context, a desk.Actor, kind flow.RegistryKind, rows []map[string]string, plan bool) ([]flow.RegistryOutcome, error) {
			all, err := importer.PutRows(ctx, f, a, kind, rows, plan)
			out := make([]flow.RegistryOutcome, len(all))
			for i := range all {
				out[i] = all[i].RegistryOutcome
			}
			return out, err
		}}
}
