package importer

import (
	"bufio"
	"context"
	"io"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// WriteUnits writes what is wrong with an environment's units in one way as a sheet: where the id is filled in or
// mended, it can be imported again. Nothing in it runs in a spreadsheet.
func WriteUnits(ctx context.Context, f *flow.Flow, a desk.Actor, env desk.Environment, flaw flow.UnitFlaw, to io.Writer) error {
	w := bufio.NewWriter(to)
	line := func(fields ...string) error {
		for i, s := range fields {
			fields[i] = escaped(s, ';')
		}
		_, err := w.WriteString(strings.Join(fields, ";") + "\r\n")
		return err
	}
	if _, err := w.WriteString("\ufeff"); err != nil {
		return err
	}
	heads := []string{"cod_empreendimento", "cod_bloco", "numero", "area_comum", "id_mobuss_" + string(env)}
	if flaw == flow.FlawExtra {
		heads = []string{"id_mobuss", "nome"}
	}
	if err := line(heads...); err != nil {
		return err
	}
	err := f.EachFlawedUnit(ctx, a, env, flaw, func(u flow.FlawedUnit) error {
		if flaw == flow.FlawExtra {
			return line(u.MobussID, u.Name)
		}
		common := "N"
		if u.CommonArea {
			common = "S"
		}
		return line(u.Development, u.Block, u.Number, common, u.MobussID)
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
