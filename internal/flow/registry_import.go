package flow

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/store"
)

// RegistryKind is what a sheet of the ERP's is about.
type RegistryKind string

const (
	OfDevelopments RegistryKind = "empreendimentos"
	OfBlocks       RegistryKind = "blocos"
	OfUnits        RegistryKind = "unidades"
	OfCustomers    RegistryKind = "clientes"
	OfContracts    RegistryKind = "contratos"
	OfParties      RegistryKind = "vinculos"
	// OfOccurrences are the open ones of the system that was used before.
	OfOccurrences RegistryKind = "ocorrencias"
	// OfAll is one sheet of units with their contracts and customers.
	OfAll RegistryKind = "completo"
)

// RegistryKinds in the order in which sheets that rest on each other are imported.
var RegistryKinds = []RegistryKind{OfDevelopments, OfBlocks, OfUnits, OfAll, OfCustomers, OfContracts, OfParties, OfOccurrences}

// Valid says whether there is such a kind.
func (k RegistryKind) Valid() bool { return slices.Contains(RegistryKinds, k) }

func (k RegistryKind) hasUnits() bool     { return k == OfUnits || k == OfAll }
func (k RegistryKind) hasContracts() bool { return k == OfContracts || k == OfAll }

// RegistryColumns are those that a sheet has. What it has, the ERP owns: an empty cell empties. What it lacks stays.
type RegistryColumns uint16

const (
	HasDevelopmentName RegistryColumns = 1 << iota
	HasZone
	HasBlockName
	HasCommonArea
	HasMobussHomologation
	HasMobussProduction
	HasName
	HasEmail
	HasPhone
	HasCurrent
)

// Has says whether one of the columns is there.
func (c RegistryColumns) Has(any RegistryColumns) bool { return c&any != 0 }

// RegistryRow is one line of a sheet, read.
type RegistryRow struct {
	File, Line int // for reasons, and to know a row again; at most 64 files of 67 million lines
	Kind       RegistryKind
	Columns    RegistryColumns

	Development, DevelopmentName, Zone   string
	Block, BlockName                     string
	Unit                                 string
	CommonArea                           bool
	MobussHomologation, MobussProduction string
	Contract                             string
	Current                              bool
	Document                             desk.Document
	Name, Email, Phone                   string
	Relation                             desk.Relation
	Occurrence                           ImportedOccurrence
}

// RowState is what a row would do, or did.
type RowState string

const (
	RowNew      RowState = "novo"
	RowChanged  RowState = "alterado"
	RowSame     RowState = "igual"
	RowConflict RowState = "conflito" // nothing of it is written; the reasons say why
)

// RegistryChange is one thing that a row makes or changes. Of a new one, only New says something.
type RegistryChange struct {
	Thing    string // "empreendimento", "bloco", "unidade", "cliente", "contrato" or "vinculo"
	Key      string // AUR-A-101, a contract's code, a masked CPF
	Field    string // empty: the thing is new
	Old, New string
}

// RegistryOutcome is what became of a row.
type RegistryOutcome struct {
	File, Line int
	State      RowState
	Changes    []RegistryChange
	Reasons    []desk.FieldError // of a conflict
	Warnings   []desk.FieldError
}

// RegistryImport is one walk through the ERP's sheets: either a plan, which writes nothing and knows what earlier rows
// would make, or the import itself. It keeps some 80 bytes per row, to find rows that contradict each other.
type RegistryImport struct {
	flow         *Flow
	actor        desk.Actor
	plans        bool
	seed         maphash.Seed
	developments map[string]*importedDevelopment
	folded       map[string]string // a code's plain form -> the code
	columns      map[int]RegistryColumns
	said         claims
	seenUnits    bitmap
	seenContract bitmap
	refused      int
	pace         int // how many rows are written at a time, by how long the last took
	written      int
	counted      int // of those, when the database last counted its tables
	// Breath is how long each chunk is followed by nothing, and chunks are shorter for it, so that another process gets at
	// the database.
	Breath time.Duration
	// fence says, in each transaction that writes, whether this walk may go on; nil: it may.
	fence func(*work) error
}

// PlanRegistry begins a plan; ImportRegistry begins the import. Both are for one goroutine.
func (f *Flow) PlanRegistry(ctx context.Context, a desk.Actor) (*RegistryImport, error) {
	return f.registryImport(ctx, a, true)
}

// ImportRegistry begins an import. Rows that were imported before, by a walk that was interrupted too, are found to be
// the same and cost nothing but the look.
func (f *Flow) ImportRegistry(ctx context.Context, a desk.Actor) (*RegistryImport, error) {
	return f.registryImport(ctx, a, false)
}

func (f *Flow) registryImport(ctx context.Context, a desk.Actor, plans bool) (*RegistryImport, error) {
	if !a.MayKeepRegistry() {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	im := &RegistryImport{flow: f, actor: a, plans: plans, pace: firstRows, seed: maphash.MakeSeed(), developments: map[string]*importedDevelopment{},
		folded: map[string]string{}, columns: map[int]RegistryColumns{}}
	rows, err := f.Store.Read().AllDevelopments(ctx)
	for _, d := range rows {
		im.keep(&importedDevelopment{id: d.ID, code: d.Code, name: d.Name, zone: d.Zone})
	}
	return im, err
}

// A chunk is written at once; between two of them, calls get in.
const (
	chunkRows  = 500
	leastRows  = 100
	firstRows  = 200
	chunkTime  = 50 * time.Millisecond
	shortChunk = 10 * time.Millisecond // where there is a breath
)

// ChunkRows is how many rows are best given to Take at a time.
const ChunkRows = chunkRows

// Take plans or imports the next rows and says what became of each. An error means that the rows of the chunks before
// it are done and the others are not.
func (im *RegistryImport) Take(ctx context.Context, rows []RegistryRow) ([]RegistryOutcome, error) {
	places, err := im.places(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]RegistryOutcome, 0, len(rows))
	if im.plans {
		out, err = im.plan(ctx, rows, places, out)
	}
	for !im.plans && len(out) < len(rows) && err == nil {
		var done []RegistryOutcome
		err = im.flow.Store.Write(ctx, func(tx *store.Tx) error {
			var err error
			done, err = im.chunk(im.flow.bare(ctx, tx), rows[len(out):], places[len(out):])
			return err
		})
		if err == nil {
			crashpoint.Pass(crashpoint.AfterChunk)
			out = append(out, done...)
			err = errors.Join(im.count(ctx, done), im.breathe(ctx))
		}
	}
	for _, o := range out {
		if o.State == RowConflict {
			im.refused++
		}
	}
	return out, err
}

func (im *RegistryImport) plan(ctx context.Context, rows []RegistryRow, places []placed, out []RegistryOutcome) ([]RegistryOutcome, error) {
	many, end, err := im.flow.Store.Reading(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	s, err := look(ctx, many, rows, places)
	if err != nil {
		return nil, err
	}
	if formerOf(rows) {
		if err := im.lookFormer(im.reader(ctx), s, rows); err != nil {
			return nil, err
		}
	}
	for i := range rows {
		v, err := im.decide(ctx, s, &rows[i], places[i])
		if err != nil {
			return out, fmt.Errorf("line %d: %w", rows[i].Line, err)
		}
		out = append(out, v.outcome(&rows[i]))
	}
	return out, nil
}

// chunk imports as many of the rows as are to be written at a time. It may run twice.
func (im *RegistryImport) chunk(w *work, rows []RegistryRow, places []placed) (done []RegistryOutcome, err error) {
	if formerOf(rows) { // they are born where the phase says
		if err := w.HoldSwitch(false); err != nil {
			return nil, err
		}
	}
	if err := im.mayGoOn(w); err != nil {
		return nil, err
	}
	began, counts := time.Now(), map[string]any{}
	rows = rows[:min(len(rows), im.pace)]
	s, err := look(w.ctx, w.Many(), rows, places[:len(rows)])
	if err != nil {
		return nil, err
	}
	if formerOf(rows) {
		if err := im.lookFormer(w, s, rows); err != nil {
			return nil, err
		}
	}
	if err := s.reserve(w.ctx, rows, places[:len(rows)]); err != nil {
		return nil, err
	}
	for i := range rows {
		v, err := im.decide(w.ctx, s, &rows[i], places[i])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", rows[i].Line, err)
		}
		if len(v.reasons) == 0 {
			s.put(&rows[i], &v)
			if err := s.putFormer(im.actor, &rows[i], &v); err != nil {
				return nil, fmt.Errorf("line %d: %w", rows[i].Line, err)
			}
		}
		o := v.outcome(&rows[i])
		done = append(done, o)
		if o.State == RowNew || o.State == RowChanged {
			n, _ := counts[string(o.State)].(int)
			counts[string(o.State)] = n + 1
		}
	}
	if err := s.write(w.ctx); store.Taken(err) { // by a call that came between: what it wrote is seen the next time
		return nil, store.Again()
	} else if err != nil {
		return nil, fmt.Errorf("lines %d-%d: %w", rows[0].Line, rows[len(rows)-1].Line, err)
	}
	im.setPace(len(rows), time.Since(began))
	if len(counts) == 0 {
		return done, nil
	}
	counts["linhas"] = fmt.Sprintf("%d-%d", rows[0].Line, rows[len(rows)-1].Line)
	return done, w.audit(im.actor, "cadastro.importar", "cadastro", counts)
}

// setPace makes the next chunk as long as took its time.
func (im *RegistryImport) setPace(rows int, took time.Duration) {
	most := chunkTime
	if im.Breath > 0 {
		most = shortChunk
	}
	switch {
	case took > most:
		im.pace = max(leastRows, rows/2)
	case took < most/2 && rows == im.pace:
		im.pace = min(chunkRows, im.pace*2)
	}
}

// The database counts its tables after so many rows that did something, and whenever there are so many times more.
const (
	firstCount = 2000
	countAgain = 8
)

func (im *RegistryImport) count(ctx context.Context, done []RegistryOutcome) error {
	for _, o := range done {
		if o.State == RowNew || o.State == RowChanged {
			im.written++
		}
	}
	if im.written < max(firstCount, im.counted*countAgain) {
		return nil
	}
	im.counted = im.written
	return im.flow.Store.CountRegistry(ctx)
}

func (im *RegistryImport) mayGoOn(w *work) error {
	if im.fence == nil {
		return nil
	}
	return im.fence(w)
}

func (im *RegistryImport) breathe(ctx context.Context) error {
	if im.Breath <= 0 {
		return nil
	}
	t := time.NewTimer(im.Breath)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
