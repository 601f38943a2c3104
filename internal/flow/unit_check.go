package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// UnitCheck is how the registry's units stand to an environment of Mobuss (MISSION S7: without IdUnidade an order can't
// be opened). Common areas are units too.
type UnitCheck struct {
	Environment desk.Environment
	Units       int64
	WithID      int64
	Missing     int64 // units without an id
	Duplicates  int64 // units that share their id with another: a call that names it is ambiguous
	SharedIDs   int64 // how many ids those are
	Unknown     int64 // units whose id Mobuss does not know, by the list or a look-up, whichever is later
	Unchecked   int64 // units whose id nobody has compared with Mobuss
	// Listed: a list of Mobuss's units was imported, at ListedAt. Without one, Unknown rests on look-ups alone.
	Listed    bool
	ListedAt  time.Time
	ListedBy  string
	ListName  string // the file's
	ListUnits int64
	Looks     int64     // ids that were looked up, whenever
	Checked   time.Time // the latest comparison with Mobuss, of either kind; zero: never
}

// Right says whether every unit has an id of its own that Mobuss knows.
func (c UnitCheck) Right() bool {
	return c.Units > 0 && c.Missing+c.Duplicates+c.Unknown+c.Unchecked == 0
}

// UnitCheck checks an environment's ids, for consultants. Its cost grows with the units (measured: see the test of a
// million), not with what is wrong.
func (f *Flow) UnitCheck(ctx context.Context, a desk.Actor, env desk.Environment) (UnitCheck, error) {
	if !a.Has(desk.Consultant) {
		return UnitCheck{}, desk.Fail(desk.ErrForbidden)
	}
	if !env.Valid() {
		return UnitCheck{}, desk.BadField("ambiente", "ambiente_desconhecido")
	}
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return UnitCheck{}, err
	}
	return unitCheck(ctx, q, inst.ConnectionID, env)
}

// unitCheck is the check by a transaction's queries, or outside of any.
func unitCheck(ctx context.Context, q *db.Queries, connection int64, env desk.Environment) (UnitCheck, error) {
	c := UnitCheck{Environment: env}
	ask, err := unitQuestionsOf(ctx, q, connection, env)
	if err != nil {
		return c, err
	}
	if list := ask.list; list.ImportedAt != 0 {
		c.Listed, c.ListedAt, c.ListedBy, c.ListName, c.ListUnits = true, fromMillis(list.ImportedAt), list.ImportedBy, list.Name, list.Units
		c.Checked = c.ListedAt
	}
	if c.Units, err = q.CountUnits(ctx); err != nil {
		return c, err
	}
	if c.Missing, err = ask.missing(ctx); err != nil {
		return c, err
	}
	c.WithID = c.Units - c.Missing
	if c.SharedIDs, c.Duplicates, err = ask.shared(ctx); err != nil {
		return c, err
	}
	return c, ask.unknown(ctx, &c)
}

// unitQuestions ask about an environment's ids: each environment has a column and indexes of its own.
type unitQuestions struct {
	q          *db.Queries
	connection int64
	env        desk.Environment
	list       db.MobussUnitList // zero: there is none
}

func unitQuestionsOf(ctx context.Context, q *db.Queries, connection int64, env desk.Environment) (unitQuestions, error) {
	list, err := q.MobussUnitList(ctx, db.MobussUnitListParams{ConnectionID: connection, Environment: env})
	if store.NoRows(err) {
		list, err = db.MobussUnitList{}, nil
	}
	return unitQuestions{q, connection, env, list}, err
}

func (u unitQuestions) production() bool { return u.env == desk.Production }

func (u unitQuestions) missing(ctx context.Context) (int64, error) {
	if u.production() {
		return u.q.CountUnitsWithoutProduction(ctx)
	}
	return u.q.CountUnitsWithoutHomologation(ctx)
}

func (u unitQuestions) shared(ctx context.Context) (ids, units int64, err error) {
	if u.production() {
		r, err := u.q.CountSharedProduction(ctx)
		return r.Ids, r.Units, err
	}
	r, err := u.q.CountSharedHomologation(ctx)
	return r.Ids, r.Units, err
}

// unknown counts what Mobuss does not know, and what nobody compared. Production is never asked, so there only the list
// speaks.
func (u unitQuestions) unknown(ctx context.Context, c *UnitCheck) (err error) {
	if c.Unchecked = c.WithID; c.Listed {
		c.Unchecked = 0
	}
	if u.production() {
		if c.Listed {
			c.Unknown, err = u.q.CountUnknownProduction(ctx, db.CountUnknownProductionParams{Connection: u.connection, Listed: u.list.ImportedAt})
		}
		return err
	}
	looks, err := u.q.LatestMobussLook(ctx, db.LatestMobussLookParams{ConnectionID: u.connection, Environment: u.env})
	if err != nil || looks.N == 0 && !c.Listed {
		return err
	}
	if c.Unknown, err = u.q.CountUnknownHomologation(ctx, db.CountUnknownHomologationParams{Connection: u.connection, Listed: u.list.ImportedAt}); err != nil {
		return err
	}
	if c.Looks = looks.N; c.Looks > 0 && fromMillis(looks.At).After(c.Checked) {
		c.Checked = fromMillis(looks.At)
	}
	if c.Looks > 0 && !c.Listed {
		looked, err := u.q.CountLookedHomologation(ctx, u.connection)
		c.Unchecked -= looked
		return err
	}
	return nil
}
