package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// ConnectionCode names the one connection of today.
const ConnectionCode = "mobuss"

// SetUp makes a new installation: its connection, its first configuration version, homologation active. An
// installation that exists is left as it is.
func (f *Flow) SetUp(ctx context.Context, a desk.Actor, c *mapping.Config) error {
	doc, err := c.YAML()
	if err != nil {
		return err
	}
	cfg, err := f.Compiler.published(doc)
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if _, err := tx.Installation(w.ctx); !store.NoRows(err) {
			return err
		}
		if err := tx.HoldSwitch(true); err != nil { // several replicas may start at once on a new database
			return err
		}
		if _, err := tx.Installation(w.ctx); !store.NoRows(err) {
			return err
		}
		connection, err := tx.InsertConnection(w.ctx, db.InsertConnectionParams{Code: ConnectionCode, Name: "Mobuss Construção"})
		if err != nil {
			return err
		}
		_, err = w.publish(a, cfg, doc, db.Installation{ConnectionID: connection, ActiveEnvironment: desk.Homologation}, Publication{})
		return err
	})
}

// IsSetUp says whether there is an installation.
func (f *Flow) IsSetUp(ctx context.Context) (bool, error) {
	_, err := f.Store.Read().Installation(ctx)
	if store.NoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// Configure makes a new configuration version the one that runs. What was frozen with former versions keeps them.
func (f *Flow) Configure(ctx context.Context, a desk.Actor, c *mapping.Config) error {
	doc, err := c.YAML()
	if err != nil {
		return err
	}
	cfg, err := f.Compiler.published(doc)
	if err != nil {
		return err
	}
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		if refused := cfg.CheckSwitchOn(&w.cfg.Catalogue); refused != nil {
			return refused
		}
		if err := w.keepsOccurrences(&cfg.Catalogue); err != nil {
			return err
		}
		if err := w.fitsPlaces(cfg.Config); err != nil {
			return err
		}
		_, err := w.publish(a, cfg, doc, w.inst, Publication{})
		return err
	})
}

// publish answers the new version's number.
func (w *work) publish(a desk.Actor, cfg *config, doc []byte, inst db.Installation, p Publication) (int64, error) {
	version, err := w.InsertConfigVersion(w.ctx, db.InsertConfigVersionParams{ConnectionID: inst.ConnectionID,
		Document: string(doc), CreatedAt: w.now.UnixMilli(), CreatedBy: a.Name, Note: p.Note, RestoredFrom: store.Null(p.restored)})
	if err != nil {
		return 0, err
	}
	if err := w.RetireStatuses(w.ctx); err != nil {
		return 0, err
	}
	for _, s := range cfg.Statuses {
		if err := w.UpsertStatus(w.ctx, db.UpsertStatusParams{Code: s.Code, Name: s.Name, Kind: string(s.Kind)}); err != nil {
			return 0, err
		}
	}
	if err := w.run(inst, version.ID); err != nil {
		return 0, err
	}
	if inst.ConfigVersionID != 0 {
		for _, env := range []desk.Environment{desk.Homologation, desk.Production} {
			if err := w.askPausedNow(env); err != nil {
				return 0, err
			}
		}
	}
	detail := map[string]any{"numero": version.Number}
	if p.restored != 0 {
		detail["restaurada"] = p.restored
	}
	return version.Number, w.audit(a, "configuracao.publicar", "configuracao:"+itoa(version.ID), detail)
}

// run makes a version the one that runs, and leaves the phase alone: somebody may be switching meanwhile.
func (w *work) run(inst db.Installation, version int64) error {
	if inst.ConfigVersionID != 0 {
		return w.SetConfigVersion(w.ctx, version)
	}
	return w.UpsertInstallation(w.ctx, db.UpsertInstallationParams{ConnectionID: inst.ConnectionID, ConfigVersionID: version,
		ActiveEnvironment: inst.ActiveEnvironment, ProductionPaused: inst.ProductionPaused})
}

// Config answers the configuration that runs. It is shared: nobody changes it.
func (f *Flow) Config(ctx context.Context) (*mapping.Config, error) {
	c, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	return c.Config, nil
}

// Route is a connection and environment that deliveries go to now.
type Route struct {
	Connection  int64
	Environment desk.Environment
}

// Routes are where deliveries may go now: homologation, where a claim drops what is closed, and production while it is live.
func (f *Flow) Routes(ctx context.Context) ([]Route, error) {
	inst, err := f.Store.Read().Installation(ctx)
	if store.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	routes := []Route{{inst.ConnectionID, desk.Homologation}}
	if phaseOf(inst) == desk.Live {
		routes = append(routes, Route{inst.ConnectionID, desk.Production})
	}
	return routes, nil
}
