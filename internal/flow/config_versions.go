package flow

import (
	"context"
	"errors"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Version is one of the configuration's, as a list shows it.
type Version struct {
	Number       int64
	At           time.Time
	By, Note     string
	RestoredFrom int64 // the older version whose document it is again; 0: none
	Runs         bool
}

// VersionDocument is a version with what it says.
type VersionDocument struct {
	Version
	Config *mapping.Config
	YAML   []byte // canonical, without the file's comments
}

// Versions lists them all, the newest first.
func (f *Flow) Versions(ctx context.Context, a desk.Actor) ([]Version, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return nil, err
	}
	rows, err := f.Store.Read().ConfigHistory(ctx, inst.ConnectionID)
	out := make([]Version, len(rows))
	for i, r := range rows {
		out[i] = Version{r.Number, fromMillis(r.CreatedAt), r.CreatedBy, r.Note, r.RestoredFrom.Int64, r.ID == inst.ConfigVersionID}
	}
	return out, err
}

// configured is the installation, for whoever may see how it is configured.
func (f *Flow) configured(ctx context.Context, a desk.Actor) (db.Installation, error) {
	if !a.Has(desk.Consultant) {
		return db.Installation{}, desk.Fail(desk.ErrForbidden)
	}
	return f.Store.Read().Installation(ctx)
}

// VersionByNumber answers one; parametro_invalido where there is none. Number 0 is the one that runs.
func (f *Flow) VersionByNumber(ctx context.Context, a desk.Actor, number int64) (VersionDocument, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return VersionDocument{}, err
	}
	return versionDocument(ctx, f.Store.Read(), inst, number)
}

func versionDocument(ctx context.Context, q *db.Queries, inst db.Installation, number int64) (VersionDocument, error) {
	var row db.ConfigVersion
	var err error
	if number == 0 {
		row, err = q.ConfigVersionByID(ctx, inst.ConfigVersionID)
	} else {
		row, err = q.ConfigVersionByNumber(ctx, db.ConfigVersionByNumberParams{ConnectionID: inst.ConnectionID, Number: number})
	}
	if store.NoRows(err) {
		return VersionDocument{}, desk.BadField("versao", "versao_desconhecida")
	}
	if err != nil {
		return VersionDocument{}, err
	}
	c, err := mapping.Parse([]byte(row.Document))
	return VersionDocument{Config: c, YAML: []byte(row.Document), Version: Version{row.Number, fromMillis(row.CreatedAt), row.CreatedBy,
		row.Note, row.RestoredFrom.Int64, row.ID == inst.ConfigVersionID}}, err
}

// CompareVersions says by meaning what changed from one version to another.
func (f *Flow) CompareVersions(ctx context.Context, a desk.Actor, from, to int64) ([]mapping.Change, error) {
	before, err := f.VersionByNumber(ctx, a, from)
	if err != nil {
		return nil, err
	}
	after, err := f.VersionByNumber(ctx, a, to)
	if err != nil {
		return nil, err
	}
	return mapping.Diff(&mapping.Document{Config: *before.Config}, &mapping.Document{Config: *after.Config})
}

// PlanRestore says what restoring a version would do.
func (f *Flow) PlanRestore(ctx context.Context, a desk.Actor, number int64) (ConfigPlan, error) {
	old, err := f.VersionByNumber(ctx, a, number)
	if err != nil {
		return ConfigPlan{}, err
	}
	return f.PlanConfig(ctx, a, &mapping.Document{Config: *old.Config})
}

// RestoreVersion publishes an old version's document as a new version and answers its number; addresses and
// credentials stay. It must be usable by today's rules.
func (f *Flow) RestoreVersion(ctx context.Context, a desk.Actor, number int64, p Publication) (int64, error) {
	old, err := f.VersionByNumber(ctx, a, number)
	if err != nil {
		return 0, err
	}
	p.restored = number
	return f.PublishConfig(ctx, a, &mapping.Document{Config: *old.Config}, p)
}

// ExportConfig is what runs and where homologation is, as one file without credentials.
func (f *Flow) ExportConfig(ctx context.Context, a desk.Actor) (*mapping.Document, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return nil, err
	}
	d, err := exported(ctx, f.Store.Read(), inst)
	if err != nil {
		return nil, err
	}
	return d, withClasses(ctx, f.Store.Read(), d)
}

// withClasses adds the catalogue of items to a file, where there is one.
func withClasses(ctx context.Context, q *db.Queries, d *mapping.Document) error {
	book, err := classBook(ctx, q)
	if err == nil && len(book.Items)+len(book.Failures) > 0 {
		d.Classes = &book.Classes
	}
	return err
}

func exported(ctx context.Context, q *db.Queries, inst db.Installation) (*mapping.Document, error) {
	now, err := versionDocument(ctx, q, inst, 0)
	if err != nil {
		return nil, err
	}
	row, err := q.Endpoint(ctx, db.EndpointParams{ConnectionID: inst.ConnectionID, Environment: desk.Homologation})
	if err != nil && !store.NoRows(err) {
		return nil, err
	}
	place, err := addressesOf(row)
	return &mapping.Document{Config: *now.Config, Environments: mapping.Environments{Homologation: &place}}, err
}

// Publication is how a document is published.
type Publication struct {
	Note string // why, for the list of versions; at most 500 characters
	// Base is the version that the change was made from: if another runs by now, it is refused
	// (configuracao_mudou). 0: whatever runs.
	Base     int64
	restored int64
}

const maxNote = 500

// PublishConfig makes a document the version that runs, and sets homologation's address where the document names
// one. What is so already stays: without any change there is no new version. It answers the number of the version
// that runs then.
func (f *Flow) PublishConfig(ctx context.Context, a desk.Actor, d *mapping.Document, p Publication) (int64, error) {
	if err := d.Check(); err != nil {
		return 0, err
	}
	if len([]rune(p.Note)) > maxNote {
		return 0, desk.BadField("observacao", "grande_demais", "maximo", maxNote)
	}
	doc, err := d.Config.YAML()
	if err != nil {
		return 0, err
	}
	cfg, err := f.Compiler.published(doc)
	if err != nil {
		return 0, err
	}
	var number int64
	err = f.write(ctx, func(w *work) error {
		if !a.Has(desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		now, err := exported(w.ctx, w.Queries, w.inst)
		if err != nil {
			return err
		}
		running, err := w.ConfigVersionByID(w.ctx, w.inst.ConfigVersionID)
		if err != nil {
			return err
		}
		if p.Base != 0 && running.Number != p.Base {
			return desk.Fail(desk.ErrConfigChanged, "versao", running.Number)
		}
		if err := w.keepsSecrets(doc); err != nil {
			return err
		}
		if h := d.Environments.Homologation; h != nil && !h.Equal(*now.Environments.Homologation) {
			if err := w.place(a, desk.Homologation, *h); err != nil {
				return err
			}
		}
		if err := w.fitsPlaces(cfg.Config); err != nil {
			return err
		}
		if err := w.importClasses(a, cfg, d); err != nil {
			return err
		}
		if number = running.Number; running.Document == string(doc) {
			return nil
		}
		if refused := cfg.CheckSwitchOn(&w.cfg.Catalogue); refused != nil {
			return refused
		}
		if err := w.keepsOccurrences(&cfg.Catalogue); err != nil {
			return err
		}
		number, err = w.publish(a, cfg, doc, w.inst, p)
		return err
	})
	return number, err
}

// keepsSecrets refuses a document that holds a sealed credential: a version is kept for ever and shown.
func (w *work) keepsSecrets(doc []byte) error {
	for _, env := range []desk.Environment{desk.Homologation, desk.Production} {
		row, err := w.Queries.Endpoint(w.ctx, db.EndpointParams{ConnectionID: w.inst.ConnectionID, Environment: env})
		if store.NoRows(err) {
			continue
		}
		if err != nil {
			return err
		}
		secrets, err := w.flow.secrets(row)
		if err != nil {
			return err
		}
		for name, s := range secrets {
			if !mapping.IsPublic(name) && holds(doc, s) {
				e := desk.Fail(desk.ErrConfig)
				e.Fields = desk.BadField("documento", "segredo_no_documento").Fields
				return e
			}
		}
	}
	return nil
}

// Switch is something that starts or stops with a configuration.
type Switch struct {
	What   string // "envio", "abertura_pelo_campo", "noticias_do_campo" or "ponto"
	Point  desk.Point
	Status string // the code of the status that fires the point
	On     bool
}

// Left is a status that a configuration no longer has while occurrences are in it: PublishConfig refuses it until they
// have moved on.
type Left struct {
	Status string
	Count  int64 // counted no further than 1,000
}

// ConfigPlan is what publishing a document would do.
type ConfigPlan struct {
	Base     int64 // the version that runs: give it to Publication, so that what is applied is what was shown
	Changes  []mapping.Change
	Switches []Switch
	// Forgets says that homologation's credentials would be forgotten, because its address becomes another server's.
	Forgets bool
	Left    []Left
}

// PlanConfig compares a document with what runs. It refuses what PublishConfig would refuse.
func (f *Flow) PlanConfig(ctx context.Context, a desk.Actor, d *mapping.Document) (ConfigPlan, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return ConfigPlan{}, err
	}
	if err := d.Check(); err != nil {
		return ConfigPlan{}, err
	}
	q := f.Store.Read()
	now, err := exported(ctx, q, inst)
	if err != nil {
		return ConfigPlan{}, err
	}
	if err := withClasses(ctx, q, now); err != nil {
		return ConfigPlan{}, err
	}
	if refused := d.CheckSwitchOn(&now.Catalogue); refused != nil {
		return ConfigPlan{}, refused
	}
	running, err := q.ConfigVersionByID(ctx, inst.ConfigVersionID)
	if err != nil {
		return ConfigPlan{}, err
	}
	p := ConfigPlan{Base: running.Number, Switches: switches(&now.Catalogue, &d.Catalogue)}
	wanted := *d
	if wanted.Classes, err = mergedClasses(now.Classes, d); err != nil {
		return ConfigPlan{}, err
	}
	if h := d.Environments.Homologation; h == nil {
		wanted.Environments = now.Environments
	} else {
		row, err := q.Endpoint(ctx, db.EndpointParams{ConnectionID: inst.ConnectionID, Environment: desk.Homologation})
		if err != nil && !store.NoRows(err) {
			return ConfigPlan{}, err
		}
		if p.Forgets, err = forgets(row, *h); err != nil {
			return ConfigPlan{}, err
		}
	}
	if p.Changes, err = mapping.Diff(now, &wanted); err != nil {
		return ConfigPlan{}, err
	}
	p.Left, err = left(ctx, q, &now.Catalogue, &d.Catalogue)
	return p, err
}

func switches(before, after *desk.Catalogue) (out []Switch) {
	turn := func(s Switch, was, is bool) {
		if was != is {
			s.On = is
			out = append(out, s)
		}
	}
	turn(Switch{What: "envio"}, before.Method.Sends(), after.Method.Sends())
	turn(Switch{What: "abertura_pelo_campo"}, before.Method.FieldMayOpen(), after.Method.FieldMayOpen())
	turn(Switch{What: "noticias_do_campo"}, before.Method.FieldMayReport(), after.Method.FieldMayReport())
	fires := func(c *desk.Catalogue, code string) desk.Point {
		s, _ := c.Status(code)
		return s.Point
	}
	for _, s := range before.Statuses {
		if s.Point != desk.NoPoint && fires(after, s.Code) != s.Point {
			out = append(out, Switch{What: "ponto", Point: s.Point, Status: s.Code})
		}
	}
	for _, s := range after.Statuses {
		if s.Point != desk.NoPoint && fires(before, s.Code) != s.Point {
			out = append(out, Switch{What: "ponto", Point: s.Point, Status: s.Code, On: true})
		}
	}
	return out
}

// keepsOccurrences refuses to take a status away from under its occurrences: nobody could say what they are in.
func (w *work) keepsOccurrences(after *desk.Catalogue) error {
	gone, err := left(w.ctx, w.Queries, &w.cfg.Catalogue, after)
	if err != nil || len(gone) == 0 {
		return err
	}
	e := desk.Fail(desk.ErrConfig)
	for _, l := range gone {
		e.Fields = append(e.Fields, desk.BadField("status."+l.Status, "status_com_ocorrencias", "n", l.Count).Fields...)
	}
	return e
}

const leftCounted = 1000

func left(ctx context.Context, q *db.Queries, before, after *desk.Catalogue) (out []Left, err error) {
	for _, s := range before.Statuses {
		if _, stays := after.Status(s.Code); stays {
			continue
		}
		n, countErr := q.CountStatus(ctx, db.CountStatusParams{StatusCode: s.Code, Column2: leftCounted})
		if err = errors.Join(err, countErr); n > 0 {
			out = append(out, Left{s.Code, n})
		}
	}
	return out, err
}
