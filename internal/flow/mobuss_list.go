package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// MobussUnit is a unit that Mobuss says it has.
type MobussUnit struct{ ID, Name string }

// MobussList is the import of the list of units that Mobuss has in an environment. It takes the former one's place when
// it is finished; one that was not finished changes nothing but that ids which it named are known already.
type MobussList struct {
	flow       *Flow
	actor      desk.Actor
	connection int64
	env        desk.Environment
	name       string
	at         int64
	fence      func(*work) error
}

// MaxMobussID is how long an id of Mobuss's may be.
const MaxMobussID = 200

// ImportMobussUnits begins a list; name is the file's. It is for one goroutine.
func (f *Flow) ImportMobussUnits(ctx context.Context, a desk.Actor, env desk.Environment, name string) (*MobussList, error) {
	if !a.Has(desk.Consultant) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	if !env.Valid() {
		return nil, desk.BadField("ambiente", "ambiente_desconhecido")
	}
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return nil, err
	}
	before, err := unitQuestionsOf(ctx, q, inst.ConnectionID, env)
	return &MobussList{flow: f, actor: a, connection: inst.ConnectionID, env: env, name: name,
		at: max(f.Now().UnixMilli(), before.list.ImportedAt+1), fence: func(*work) error { return nil }}, err
}

// Take writes units, at most ChunkRows at a time. An id twice is one unit.
func (m *MobussList) Take(ctx context.Context, units []MobussUnit) error {
	return m.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := m.flow.bare(ctx, tx)
		if err := m.fence(w); err != nil {
			return err
		}
		for _, u := range units {
			if err := tx.PutMobussUnit(w.ctx, db.PutMobussUnitParams{ConnectionID: m.connection, Environment: m.env, MobussID: u.ID, Name: u.Name, ImportedAt: m.at}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Finish makes it the list that counts and answers how many units it has; one without any is refused.
func (m *MobussList) Finish(ctx context.Context) (int64, error) {
	n, err := m.flow.Store.Read().CountMobussUnits(ctx, db.CountMobussUnitsParams{ConnectionID: m.connection, Environment: m.env, ImportedAt: m.at})
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, desk.BadField("arquivo", "lista_sem_unidades")
	}
	err = m.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := m.flow.bare(ctx, tx)
		if err := m.fence(w); err != nil {
			return err
		}
		if err := tx.SetMobussUnitList(w.ctx, db.SetMobussUnitListParams{ConnectionID: m.connection, Environment: m.env, ImportedAt: m.at,
			ImportedBy: m.actor.Name, Name: m.name, Units: n}); err != nil {
			return err
		}
		w.AfterCommit(func() { m.flow.Changed(TopicUnits) })
		return w.audit(m.actor, "unidades.lista_do_mobuss", "ambiente:"+string(m.env), map[string]any{"unidades": n})
	})
	if err != nil {
		return 0, err
	}
	return n, m.forgetFormer(ctx)
}

// forgetFormer takes away what stands in former lists only; until then it counts for nothing already.
func (m *MobussList) forgetFormer(ctx context.Context) error {
	for above := ""; ; {
		rows, err := m.flow.Store.Read().FormerMobussUnits(ctx, db.FormerMobussUnitsParams{ConnectionID: m.connection, Environment: m.env,
			MobussID: above, Column4: chunkRows})
		if err != nil || len(rows) == 0 {
			return err
		}
		err = m.flow.Store.Write(ctx, func(tx *store.Tx) error {
			for _, r := range rows {
				if r.ImportedAt >= m.at {
					continue
				}
				if err := tx.ForgetMobussUnit(ctx, db.ForgetMobussUnitParams{ConnectionID: m.connection, Environment: m.env, MobussID: r.MobussID, ImportedAt: m.at}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		above = rows[len(rows)-1].MobussID
	}
}

// TopicUnits is the name under which the pages of units listen for news.
const TopicUnits = "unidades"
