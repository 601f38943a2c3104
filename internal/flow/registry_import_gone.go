package flow

import (
	"context"
	"maps"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// RegistryGone is a unit or a current contract that the registry has and the sheets no longer name. Nothing is ever
// deleted.
type RegistryGone struct {
	Thing string // "unidade" or "contrato"
	Key   string
	Unit  string // of a contract
	id    int64
}

// pageOfGone is how many units are looked at at a time.
const pageOfGone = 500

// Gone tells, once every row was taken, what is missing: in the developments that the sheets name, units where there was
// a sheet of units, current contracts where there was one of contracts.
func (im *RegistryImport) Gone(ctx context.Context, each func(RegistryGone) error) error {
	q, end, err := im.flow.Store.Reading(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, code := range slices.Sorted(maps.Keys(im.developments)) {
		d := im.developments[code]
		if d.id == 0 || !d.units && !d.contracts {
			continue
		}
		for _, b := range slices.Sorted(maps.Keys(d.blocks)) {
			if err := im.goneOf(ctx, q, d.blocks[b], each); err != nil {
				return err
			}
		}
	}
	return nil
}

func (im *RegistryImport) goneOf(ctx context.Context, q *store.Many, b *importedBlock, each func(RegistryGone) error) error {
	if b.id == 0 {
		return nil
	}
	for above := ""; ; {
		units, err := q.UnitsOfBlock(ctx, db.UnitsOfBlockParams{BlockID: b.id, Number: above, Column3: pageOfGone})
		if err != nil || len(units) == 0 {
			return err
		}
		for _, u := range units {
			if b.development.units && !im.namedUnit(b, u) {
				if err := each(RegistryGone{Thing: "unidade", Key: unitName(b, u.Number), id: u.ID}); err != nil {
					return err
				}
			}
		}
		upto := units[len(units)-1].Number
		if b.development.contracts {
			contracts, err := q.CurrentContractsOfBlock(ctx, db.CurrentContractsOfBlockParams{Block: b.id, Above: above, Upto: upto})
			if err != nil {
				return err
			}
			for _, c := range contracts {
				if _, made := im.said.get(im.hash("contrato", c.Code)); made || im.seenContract.has(c.ID) {
					continue
				}
				if err := each(RegistryGone{"contrato", c.Code, unitName(b, c.Number), c.ID}); err != nil {
					return err
				}
			}
		}
		above = upto
	}
}

// namedUnit: it was found by a row, or made by one.
func (im *RegistryImport) namedUnit(b *importedBlock, u db.UnitsOfBlockRow) bool {
	if im.seenUnits.has(u.ID) {
		return true
	}
	_, made := im.said.get(im.hash("unidade", b.development.code, b.code, desk.UnitKey(u.Number)))
	return made
}

// EndGone marks the current contracts that are missing as not current, for sheets that are complete. It is refused
// while a row is in conflict or broken, because a row that was not understood is not missing.
func (im *RegistryImport) EndGone(ctx context.Context, broken int) (ended int, err error) {
	if im.refused+broken > 0 {
		return 0, desk.BadField("completo", "ha_linhas_recusadas", "n", im.refused+broken)
	}
	var ids []int64
	err = im.Gone(ctx, func(g RegistryGone) error {
		if g.Thing == "contrato" {
			ids = append(ids, g.id)
		}
		return nil
	})
	for chunk := range slices.Chunk(ids, chunkRows) {
		if err != nil {
			break
		}
		var n int64
		err = im.flow.Store.Write(ctx, func(tx *store.Tx) error {
			w := im.flow.bare(ctx, tx)
			if err := im.mayGoOn(w); err != nil {
				return err
			}
			var err error
			if n, err = w.Many().EndContracts(w.ctx, chunk); err != nil {
				return err
			}
			return w.audit(im.actor, "cadastro.importar", "cadastro", map[string]any{"contratos_encerrados": n})
		})
		ended += int(n)
	}
	return ended, err
}
