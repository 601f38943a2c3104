// Package flow holds the use cases, one file each: permit, rule, freeze, save, audit, enqueue, in one transaction.
//
// It promises that what it acknowledged is durable and audited, that what came from Mobuss is never sent back,
// and that a delivery is born in the same transaction as the movement that caused it. It must not know how it was
// called (page, webservice, command) nor how calls travel; who acts is an argument.
package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"ponte/internal/blob"
	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/seal"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Deps is what app supplies.
type Deps struct {
	Store *store.Store
	Keys  *seal.Keyring
	// Blobs keeps the bytes of attachments; without it none can be taken in.
	Blobs *blob.Store
	// Fetch gets attachments that calls name by URL; nil fetches none.
	Fetch Fetch
	// Probe asks production before its data is kept; nil: it can't be entered.
	Probe Probe
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Steady is the clock that leases, waits and settling times are measured by: see steadyNow. Nil is Now.
	Steady func() time.Time
	// Wake tells the outbox that a lane is due. It must not block. Nil wakes nobody; the outbox polls.
	Wake func()
	// WakeImport tells whoever imports that an upload waits. It must not block. Nil wakes nobody.
	WakeImport func()
	// WakeLooks tells whoever asks about units that there is something to ask. It must not block. Nil wakes nobody.
	WakeLooks func()
	// WakeBulk tells whoever decides over many deliveries that somebody wants it. As Wake.
	WakeBulk func()
	// WakeReconcile tells whoever compares that somebody asked for it. As Wake.
	WakeReconcile func()
	// WakeAlerts tells whoever tells of trouble that something changed. As Wake.
	WakeAlerts func()
	// WakeLetters tells whoever sends letters that one waits. As Wake.
	WakeLetters func()
	// Changed announces that what is shown under a topic ("ocorrencia-1234") is no longer current. It must not
	// block. Nil announces to nobody.
	Changed func(topic string)
	// Operations are those of the webservices, for what is configured by their names: scopes and answers.
	Operations []Operation
	// Compiler is shared with others over other databases; nil: one of its own.
	Compiler *Compiler
	Log      *slog.Logger
}

// Flow is the use cases over one database. It is safe for concurrent use.
type Flow struct {
	Deps
	configs sync.Map // config version id -> *config
	answers answers
	reads   atomic.Pointer[chan keptRead]
	figures sync.Map // days -> *keptFacts
}

// New makes the use cases.
func New(d Deps) *Flow {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Wake == nil {
		d.Wake = func() {}
	}
	if d.WakeImport == nil {
		d.WakeImport = func() {}
	}
	if d.WakeLooks == nil {
		d.WakeLooks = func() {}
	}
	if d.WakeBulk == nil {
		d.WakeBulk = func() {}
	}
	if d.WakeReconcile == nil {
		d.WakeReconcile = func() {}
	}
	if d.WakeAlerts == nil {
		d.WakeAlerts = func() {}
	}
	if d.WakeLetters == nil {
		d.WakeLetters = func() {}
	}
	if d.Changed == nil {
		d.Changed = func(string) {}
	}
	if d.Compiler == nil {
		d.Compiler = new(Compiler)
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Flow{Deps: d}
}

// config is a configuration version ready for use.
type config struct {
	version int64
	*mapping.Config
	rules *mapping.Compiled
	// former are the statuses of earlier versions that this one no longer has, by their code.
	former map[string]desk.Status
}

// Status finds a status by its code. One that only an earlier version had keeps its name, so that history can be read;
// false says that nobody can move to it.
func (c *config) Status(code string) (desk.Status, bool) {
	s, there := c.Config.Status(code)
	if old, ok := c.former[code]; ok && !there {
		return old, false
	}
	return s, there
}

// work is one transaction of a use case: the rows, the moment, and the configuration that runs.
type work struct {
	*store.Tx
	ctx  context.Context //nolint:containedctx // tracing only; it lives as long as the transaction's function
	flow *Flow
	now  time.Time
	inst db.Installation
	cfg  *config
	// rehearsal: nothing may be written; it is only asked what would happen
	rehearsal bool
}

// write runs a use case's transaction.
func (f *Flow) write(ctx context.Context, do func(*work) error) error {
	return f.writeUnder(ctx, func(*store.Tx) error { return nil }, do)
}

// writeSteady is write for what rests on the phase: it stays what it is until the transaction is durable.
func (f *Flow) writeSteady(ctx context.Context, do func(*work) error) error {
	return f.writeUnder(ctx, func(tx *store.Tx) error { return tx.HoldSwitch(false) }, do)
}

// writeUnder takes a lock before anything is read.
func (f *Flow) writeUnder(ctx context.Context, lock func(*store.Tx) error, do func(*work) error) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		if err := lock(tx); err != nil {
			return err
		}
		w := &work{Tx: tx, ctx: context.WithoutCancel(ctx), flow: f, now: f.Now()}
		var err error
		if w.inst, err = tx.Installation(w.ctx); err != nil {
			return fmt.Errorf("read the installation: %w", err)
		}
		if w.cfg, err = f.config(w.ctx, tx.Queries, w.inst.ConfigVersionID); err != nil {
			return err
		}
		return do(w)
	})
}

// phase is where the installation stands on its way into production.
func (w *work) phase() desk.Phase { return phaseOf(w.inst) }

func phaseOf(inst db.Installation) desk.Phase {
	return desk.PhaseOf(inst.ActiveEnvironment, inst.ProductionPaused)
}

// config answers a version, compiled once.
func (f *Flow) config(ctx context.Context, q *db.Queries, version int64) (*config, error) {
	if c, ok := f.configs.Load(version); ok {
		return c.(*config), nil
	}
	doc, err := q.ConfigDocument(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("read configuration version %d: %w", version, err)
	}
	compiled, err := f.Compiler.kept([]byte(doc))
	if err != nil {
		return nil, fmt.Errorf("configuration version %d: %w", version, err)
	}
	c := &config{version: version, Config: compiled.Config, rules: compiled.rules}
	if c.former, err = formerStatuses(ctx, q, c.Config); err != nil {
		return nil, err
	}
	f.configs.Store(version, c)
	return c, nil
}

// IsClosed says whether the status ends the occurrence.
func (c *config) IsClosed(code string) bool {
	s, _ := c.Status(code)
	return s.Kind == desk.KindClosed
}

func formerStatuses(ctx context.Context, q *db.Queries, c *mapping.Config) (map[string]desk.Status, error) {
	all, err := q.AllStatuses(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the statuses: %w", err)
	}
	out := map[string]desk.Status{}
	for _, s := range all {
		if _, there := c.Status(s.Code); !there {
			out[s.Code] = desk.Status{Code: s.Code, Name: s.Name, Kind: desk.StatusKind(s.Kind)}
		}
	}
	return out, nil
}

// current answers the configuration that runs, for reading.
func (f *Flow) current(ctx context.Context) (*config, error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the installation: %w", err)
	}
	return f.config(ctx, q, inst.ConfigVersionID)
}

// audit lands in the same transaction as what it tells of. detail is json and never holds personal data.
func (w *work) audit(a desk.Actor, action, subject string, detail map[string]any) error {
	text := ""
	if len(detail) > 0 {
		b, err := json.Marshal(detail)
		if err != nil {
			return err
		}
		text = string(b)
	}
	return w.Audit(w.ctx, db.AuditParams{At: w.now.UnixMilli(), ActorKind: a.Kind, ActorID: a.ID, ActorName: a.Name,
		Action: action, Subject: subject, Detail: text})
}

// changed announces an occurrence once the transaction is durable.
func (w *work) changed(number int64) {
	w.AfterCommit(func() { w.flow.Changed(Topic(number)) })
}

// Topic is the name under which an occurrence's page listens for news.
func Topic(number int64) string { return fmt.Sprintf("ocorrencia-%d", number) }

// TopicList is the name under which lists listen for news.
const TopicList = "ocorrencias"

func subjectOf(number int64) string { return fmt.Sprintf("ocorrencia:%d", number) }

// newID is a UUIDv7: unique across installations, and in the order of time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// NewID makes the id of a received call, before anything else is known of it.
func NewID() string { return newID() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms) }
