package flow

import (
	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// written finds the units that cod_projeto means where it is no number and no id but written as people do: "ap 101
// bl A", "AUR A 101". Every word must name the place; what a word says narrows as cod_bloco would, and several left
// are ambiguous as ever. A contract code is never read so, though it may look like it (RULES.md: never the contract
// code).
func (w *work) written(project string) ([]desk.UnitCandidate, error) {
	if _, err := w.ContractByCode(w.ctx, project); !store.NoRows(err) {
		return nil, err
	}
	var out []desk.UnitCandidate
	seen := map[int64]bool{}
	for _, reading := range desk.ReadUnit(project) {
		if reading.Bare() {
			continue // that was looked up already
		}
		rows, err := w.UnitsWritten(w.ctx, reading.Number)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if !seen[r.ID] && reading.Fits(placeOf(r)) {
				seen[r.ID] = true
				out = append(out, candidate(r))
			}
		}
	}
	return out, nil
}

func placeOf(r db.UnitsWrittenRow) desk.Place {
	return desk.Place{DevelopmentCode: r.DevelopmentCode, DevelopmentName: r.DevelopmentName, BlockCode: r.BlockCode, BlockName: r.BlockName}
}

func candidate(r db.UnitsWrittenRow) desk.UnitCandidate {
	return desk.UnitCandidate{ID: r.ID, DevelopmentID: r.DevelopmentID, DevelopmentCode: r.DevelopmentCode, BlockCode: r.BlockCode,
		Number: r.Number, CommonArea: r.CommonArea}
}
