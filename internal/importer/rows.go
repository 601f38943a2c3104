package importer

import (
	"context"
	"maps"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// maxShapes is how many sets of columns the rows of one batch may have between them.
const maxShapes = 50

// PutRows plans or imports rows that a program sends instead of a sheet, by the same use case: what a row says under a
// column of ours is taken over, an empty value empties, and what it does not name stays. Each row has its own outcome,
// in the order in which they were sent; Line counts them from 1. An error that the sender can mend is a *desk.Error.
func PutRows(ctx context.Context, f *flow.Flow, a desk.Actor, kind Kind, rows []map[string]string, plan bool) ([]Outcome, error) {
	begin := f.ImportRegistry
	if plan {
		begin = f.PlanRegistry
	}
	im, err := begin(ctx, a)
	if err != nil {
		return nil, err
	}
	read, err := readRows(kind, rows)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, 0, len(rows))
	for chunk := range slices.Chunk(read, flow.ChunkRows) {
		good := make([]flow.RegistryRow, 0, len(chunk))
		for _, r := range chunk {
			if len(r.Bad) == 0 {
				good = append(good, r.RegistryRow)
			}
		}
		outcomes, err := im.Take(ctx, good)
		if err != nil {
			return out, err
		}
		for _, r := range chunk {
			o := flow.RegistryOutcome{File: r.File, Line: r.Line, State: Broken, Reasons: r.Bad}
			if len(r.Bad) == 0 {
				o, outcomes = outcomes[0], outcomes[1:]
			}
			out = append(out, Outcome{RegistryOutcome: o})
		}
	}
	return out, nil
}

// readRows reads rows as a sheet's; those that name the same columns are of one shape, as a sheet's are.
func readRows(kind Kind, rows []map[string]string) ([]Row, error) {
	if _, known := needs[kind]; !known {
		return nil, desk.BadField("tipo", "tipo_desconhecido")
	}
	takes := slices.Concat(needs[kind], may[kind])
	shapes := map[string]int{}
	out := make([]Row, len(rows))
	for i, values := range rows {
		names := slices.Sorted(maps.Keys(values))
		key := strings.Join(names, ",")
		shape, known := shapes[key]
		if !known {
			if shape = len(shapes); shape == maxShapes {
				return nil, desk.BadField("registros", "formas_demais", "maximo", maxShapes)
			}
			shapes[key] = shape
		}
		h := headers{kind: kind, at: map[string]int{}, fixed: map[string]string{}, fields: names}
		rec := record{line: i + 1, fields: make([]string, len(names))}
		var unknown []string
		for at, name := range names {
			if !slices.Contains(takes, name) {
				unknown = append(unknown, name)
				continue
			}
			h.at[name], rec.fields[at] = at, values[name]
		}
		out[i] = h.row(shape, rec)
		for _, name := range unknown {
			out[i].bad(name, "coluna_desconhecida", "nome", name)
		}
	}
	return out, nil
}
