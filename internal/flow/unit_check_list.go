package flow

import (
	"context"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// UnitFlaw is what may be wrong with a unit's id.
type UnitFlaw string

const (
	FlawMissing UnitFlaw = "sem-id"
	FlawShared  UnitFlaw = "repetidos"
	FlawUnknown UnitFlaw = "desconhecidos"
	// FlawExtra is a unit of Mobuss's that no unit of ours has.
	FlawExtra UnitFlaw = "so-no-mobuss"
)

// UnitFlaws in the order in which they are told.
var UnitFlaws = []UnitFlaw{FlawMissing, FlawShared, FlawUnknown, FlawExtra}

// FlawedUnit is a line of a list of what is wrong. Of FlawExtra there is only an id, and a name if the list had one.
type FlawedUnit struct {
	ID                         int64
	Development, Block, Number string
	CommonArea                 bool
	MobussID, Name             string
}

// EachFlawedUnit tells all that is wrong in one way, a page at a time, until each answers an error; ErrEnough ends it
// without one. Missing ones come block by block, the others by their id.
func (f *Flow) EachFlawedUnit(ctx context.Context, a desk.Actor, env desk.Environment, flaw UnitFlaw, each func(FlawedUnit) error) error {
	if !a.Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	if !env.Valid() {
		return desk.BadField("ambiente", "ambiente_desconhecido")
	}
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return err
	}
	ask, err := unitQuestionsOf(ctx, q, inst.ConnectionID, env)
	if err != nil {
		return err
	}
	switch flaw {
	case FlawMissing:
		err = ask.eachMissing(ctx, each)
	case FlawShared:
		err = ask.eachShared(ctx, each)
	case FlawUnknown:
		err = ask.eachUnknown(ctx, each)
	case FlawExtra:
		err = ask.eachExtra(ctx, each)
	default:
		return desk.Fail(desk.ErrRoute)
	}
	if err == ErrEnough { //nolint:errorlint // it is a word between the two of us
		return nil
	}
	return err
}

// ErrEnough ends a walk that has told enough.
var ErrEnough = enough{}

type enough struct{}

func (enough) Error() string { return "enough" }

// FlawedUnits answers the first so many.
func (f *Flow) FlawedUnits(ctx context.Context, a desk.Actor, env desk.Environment, flaw UnitFlaw, most int) (out []FlawedUnit, err error) {
	err = f.EachFlawedUnit(ctx, a, env, flaw, func(u FlawedUnit) error {
		if out = append(out, u); len(out) == most {
			return ErrEnough
		}
		return nil
	})
	return out, err
}

// CountMobussOnly counts the units of the list that no unit of ours has; 0 where there is no list.
func (f *Flow) CountMobussOnly(ctx context.Context, a desk.Actor, env desk.Environment) (int64, error) {
	if !a.Has(desk.Consultant) {
		return 0, desk.Fail(desk.ErrForbidden)
	}
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return 0, err
	}
	ask, err := unitQuestionsOf(ctx, q, inst.ConnectionID, env)
	if err != nil || ask.list.ImportedAt == 0 {
		return 0, err
	}
	if ask.production() {
		return q.CountMobussOnlyProduction(ctx, db.CountMobussOnlyProductionParams{Connection: ask.connection, Listed: ask.list.ImportedAt})
	}
	return q.CountMobussOnlyHomologation(ctx, db.CountMobussOnlyHomologationParams{Connection: ask.connection, Listed: ask.list.ImportedAt})
}

// MissingByBlock is how many units of a block have no id.
type MissingByBlock struct {
	BlockID            int64
	Development, Block string
	N                  int64
}

// UnitsMissingByBlock says in which blocks units have no id, in the order of their codes.
func (f *Flow) UnitsMissingByBlock(ctx context.Context, a desk.Actor, env desk.Environment) ([]MissingByBlock, error) {
	if !a.Has(desk.Consultant) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	return unitQuestions{q: f.Store.Read(), env: env}.missingByBlock(ctx)
}

func (u unitQuestions) missingByBlock(ctx context.Context) ([]MissingByBlock, error) {
	var rows []db.MissingByBlockHomologationRow
	var err error
	if u.production() {
		var p []db.MissingByBlockProductionRow
		p, err = u.q.MissingByBlockProduction(ctx)
		for _, r := range p {
			rows = append(rows, db.MissingByBlockHomologationRow(r))
		}
	} else {
		rows, err = u.q.MissingByBlockHomologation(ctx)
	}
	if err != nil {
		return nil, err
	}
	out := make([]MissingByBlock, 0, len(rows))
	for _, r := range rows {
		b, err := u.q.BlockByID(ctx, r.BlockID)
		if err != nil {
			return nil, err
		}
		out = append(out, MissingByBlock{r.BlockID, b.DevelopmentCode, b.Code, r.N})
	}
	slices.SortFunc(out, func(a, b MissingByBlock) int {
		if c := strings.Compare(a.Development, b.Development); c != 0 {
			return c
		}
		return strings.Compare(a.Block, b.Block)
	})
	return out, nil
}

const pageOfFlaws = 200

func (u unitQuestions) eachMissing(ctx context.Context, each func(FlawedUnit) error) error {
	blocks, err := u.missingByBlock(ctx)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		for above := ""; ; {
			rows, err := u.without(ctx, b.BlockID, above)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := each(FlawedUnit{ID: r.ID, Development: b.Development, Block: b.Block, Number: r.Number, CommonArea: r.CommonArea}); err != nil {
					return err
				}
			}
			if len(rows) < pageOfFlaws {
				break
			}
			above = rows[len(rows)-1].Number
		}
	}
	return nil
}

func (u unitQuestions) without(ctx context.Context, block int64, above string) ([]db.UnitsWithoutHomologationRow, error) {
	if !u.production() {
		return u.q.UnitsWithoutHomologation(ctx, db.UnitsWithoutHomologationParams{BlockID: block, Number: above, Column3: pageOfFlaws})
	}
	p, err := u.q.UnitsWithoutProduction(ctx, db.UnitsWithoutProductionParams{BlockID: block, Number: above, Column3: pageOfFlaws})
	rows := make([]db.UnitsWithoutHomologationRow, len(p))
	for i, r := range p {
		rows[i] = db.UnitsWithoutHomologationRow(r)
	}
	return rows, err
}

func (u unitQuestions) eachShared(ctx context.Context, each func(FlawedUnit) error) error {
	for above := ""; ; {
		ids, err := u.sharedIDs(ctx, above)
		if err != nil {
			return err
		}
		for _, id := range ids {
			rows, err := u.sharing(ctx, id)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := each(FlawedUnit{ID: r.ID, Development: r.DevelopmentCode, Block: r.BlockCode, Number: r.Number, CommonArea: r.CommonArea, MobussID: id}); err != nil {
					return err
				}
			}
		}
		if len(ids) < pageOfFlaws {
			return nil
		}
		above = ids[len(ids)-1]
	}
}

func (u unitQuestions) sharedIDs(ctx context.Context, above string) (ids []string, err error) {
	if u.production() {
		rows, err := u.q.SharedProduction(ctx, db.SharedProductionParams{Above: above, Most: pageOfFlaws})
		for _, r := range rows {
			ids = append(ids, r.MobussID.String)
		}
		return ids, err
	}
	rows, err := u.q.SharedHomologation(ctx, db.SharedHomologationParams{Above: above, Most: pageOfFlaws})
	for _, r := range rows {
		ids = append(ids, r.MobussID.String)
	}
	return ids, err
}

// mostSharing bounds how many units of one id are told.
const mostSharing = 1000

func (u unitQuestions) sharing(ctx context.Context, id string) ([]db.UnitsSharingHomologationRow, error) {
	if !u.production() {
		return u.q.UnitsSharingHomologation(ctx, db.UnitsSharingHomologationParams{IDMobussHomologacao: store.NullText(id), Column2: mostSharing})
	}
	p, err := u.q.UnitsSharingProduction(ctx, db.UnitsSharingProductionParams{IDMobussProducao: store.NullText(id), Column2: mostSharing})
	rows := make([]db.UnitsSharingHomologationRow, len(p))
	for i, r := range p {
		rows[i] = db.UnitsSharingHomologationRow(r)
	}
	return rows, err
}

func (u unitQuestions) eachUnknown(ctx context.Context, each func(FlawedUnit) error) error {
	for above := ""; ; {
		rows, err := u.unknownFrom(ctx, above)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			if err := each(FlawedUnit{ID: r.ID, Development: r.DevelopmentCode, Block: r.BlockCode, Number: r.Number, CommonArea: r.CommonArea, MobussID: r.MobussID.String}); err != nil {
				return err
			}
		}
		above = rows[len(rows)-1].MobussID.String
	}
}

func (u unitQuestions) unknownFrom(ctx context.Context, above string) ([]db.UnknownHomologationRow, error) {
	if !u.production() {
		return u.q.UnknownHomologation(ctx, db.UnknownHomologationParams{Connection: u.connection, Listed: u.list.ImportedAt, Above: above, Most: pageOfFlaws})
	}
	p, err := u.q.UnknownProduction(ctx, db.UnknownProductionParams{Connection: u.connection, Listed: u.list.ImportedAt, Above: above, Most: pageOfFlaws})
	rows := make([]db.UnknownHomologationRow, len(p))
	for i, r := range p {
		rows[i] = db.UnknownHomologationRow(r)
	}
	return rows, err
}

func (u unitQuestions) eachExtra(ctx context.Context, each func(FlawedUnit) error) error {
	if u.list.ImportedAt == 0 {
		return nil
	}
	for above := ""; ; {
		rows, err := u.extraFrom(ctx, above)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := each(FlawedUnit{MobussID: r.MobussID, Name: r.Name}); err != nil {
				return err
			}
		}
		if len(rows) < pageOfFlaws {
			return nil
		}
		above = rows[len(rows)-1].MobussID
	}
}

func (u unitQuestions) extraFrom(ctx context.Context, above string) ([]db.MobussOnlyHomologationRow, error) {
	if !u.production() {
		return u.q.MobussOnlyHomologation(ctx, db.MobussOnlyHomologationParams{Connection: u.connection, Listed: u.list.ImportedAt, Above: above, Most: pageOfFlaws})
	}
	p, err := u.q.MobussOnlyProduction(ctx, db.MobussOnlyProductionParams{Connection: u.connection, Listed: u.list.ImportedAt, Above: above, Most: pageOfFlaws})
	rows := make([]db.MobussOnlyHomologationRow, len(p))
	for i, r := range p {
		rows[i] = db.MobussOnlyHomologationRow(r)
	}
	return rows, err
}
