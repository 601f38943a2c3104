package flow

import (
	"context"
	"database/sql"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// The registry as consultants look it over. The ERP owns it: nothing here is typed.

// PlaceLine is a development or a block in a list.
type PlaceLine struct {
	ID         int64
	Code, Name string
	Blocks     int // of a development
	Units      int64
}

// UnitLine is a unit in a list.
type UnitLine struct {
	ID                                   int64
	Development, Block, Number           string // codes; of a search alone
	BlockID                              int64
	CommonArea                           bool
	MobussHomologation, MobussProduction string
	Contracts                            int64 // current ones
}

// RegistryDevelopments answers all developments with how many blocks and units they have.
func (f *Flow) RegistryDevelopments(ctx context.Context, a desk.Actor) ([]PlaceLine, error) {
	if !a.Has(desk.Consultant) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	q := f.Store.Read()
	rows, err := q.AllDevelopments(ctx)
	if err != nil {
		return nil, err
	}
	units, err := unitsByBlock(ctx, q)
	if err != nil {
		return nil, err
	}
	blocks, err := q.AllBlocks(ctx)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(rows))
	out := make([]PlaceLine, len(rows))
	for i, d := range rows {
		at[d.ID], out[i] = i, PlaceLine{ID: d.ID, Code: d.Code, Name: d.Name}
	}
	for _, b := range blocks {
		d := &out[at[b.DevelopmentID]]
		d.Blocks, d.Units = d.Blocks+1, d.Units+units[b.ID]
	}
	return out, nil
}

func unitsByBlock(ctx context.Context, q *db.Queries) (map[int64]int64, error) {
	rows, err := q.CountUnitsByBlock(ctx)
	out := make(map[int64]int64, len(rows))
	for _, r := range rows {
		out[r.BlockID] = r.N
	}
	return out, err
}

// RegistryBlocks answers a development with its blocks.
func (f *Flow) RegistryBlocks(ctx context.Context, a desk.Actor, development int64) (d PlaceLine, out []PlaceLine, err error) {
	if !a.Has(desk.Consultant) {
		return d, nil, desk.Fail(desk.ErrForbidden)
	}
	q := f.Store.Read()
	row, err := q.DevelopmentByID(ctx, development)
	if store.NoRows(err) {
		return d, nil, desk.Fail(desk.ErrRoute)
	}
	if err != nil {
		return d, nil, err
	}
	d = PlaceLine{ID: row.ID, Code: row.Code, Name: row.Name}
	blocks, err := q.BlocksOfDevelopment(ctx, development)
	if err != nil {
		return d, nil, err
	}
	units, err := unitsByBlock(ctx, q)
	for _, b := range blocks {
		out = append(out, PlaceLine{ID: b.ID, Code: b.Code, Name: b.Name, Units: units[b.ID]})
	}
	return d, out, err
}

// RegistryBlockPage is a block with a page of its units.
type RegistryBlockPage struct {
	ID                               int64
	Code, Name                       string
	DevelopmentID                    int64
	DevelopmentCode, DevelopmentName string
	Units                            []UnitLine
	Next                             string // the number behind which it goes on; empty at the end
}

// RegistryUnits answers a block with its units from behind a number on.
func (f *Flow) RegistryUnits(ctx context.Context, a desk.Actor, block int64, above string, most int) (p RegistryBlockPage, err error) {
	if !a.Has(desk.Consultant) {
		return p, desk.Fail(desk.ErrForbidden)
	}
	q := f.Store.Read()
	b, err := q.BlockByID(ctx, block)
	if store.NoRows(err) {
		return p, desk.Fail(desk.ErrRoute)
	}
	if err != nil {
		return p, err
	}
	p = RegistryBlockPage{ID: b.ID, Code: b.Code, Name: b.Name, DevelopmentID: b.DevelopmentID, DevelopmentCode: b.DevelopmentCode, DevelopmentName: b.DevelopmentName}
	rows, err := q.UnitsOfBlockPage(ctx, db.UnitsOfBlockPageParams{BlockID: block, Number: above, Column3: int64(most) + 1})
	for i, u := range rows {
		if i == most {
			p.Next = rows[i-1].Number
			break
		}
		p.Units = append(p.Units, UnitLine{ID: u.ID, Number: u.Number, CommonArea: u.CommonArea, MobussHomologation: u.IDMobussHomologacao.String,
			MobussProduction: u.IDMobussProducao.String, Contracts: u.Contracts})
	}
	return p, err
}

// FindUnits answers the units that people mean by a number, or that have it as their id in Mobuss, of all developments.
func (f *Flow) FindUnits(ctx context.Context, a desk.Actor, text string, most int) ([]UnitLine, error) {
	if !a.Has(desk.Consultant) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	rows, err := f.Store.Read().UnitsByKeyOrID(ctx, db.UnitsByKeyOrIDParams{Key: desk.UnitKey(text), Mobuss: sql.NullString{String: text, Valid: true}, Most: int64(most)})
	out := make([]UnitLine, len(rows))
	for i, u := range rows {
		out[i] = UnitLine{ID: u.ID, Development: u.DevelopmentCode, Block: u.BlockCode, Number: u.Number, BlockID: u.BlockID, CommonArea: u.CommonArea,
			MobussHomologation: u.IDMobussHomologacao.String, MobussProduction: u.IDMobussProducao.String, Contracts: u.Contracts}
	}
	return out, err
}
