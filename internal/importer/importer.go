package importer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// State is what became of a row: the use case's states, and Broken for one that was not understood.
type State = flow.RowState

// Broken is a row that could not be read.
const Broken = flow.RowBroken

// States in the order in which they are told.
var States = []State{flow.RowNew, flow.RowChanged, flow.RowSame, flow.RowConflict, Broken}

// Outcome is a row's, with the sheet that it stands in.
type Outcome struct {
	Sheet string
	flow.RegistryOutcome
}

// Things are the kinds of things that rows make, in the order in which they are told.
var Things = []string{"empreendimento", "bloco", "unidade", "cliente", "contrato", "vinculo", "ocorrencia"}

// Report is what a walk would do, or did.
type Report struct {
	Sheets  []Sheet
	Rows    int
	States  map[State]int
	New     map[string]int // by thing
	Changed map[string]int // things of which something changed
	Gone    map[string]int // "unidade", "contrato"
	Ended   int            // contracts that are no longer current
	// Told are the first rows of each state but igual, capped; Missing, the first of what is gone.
	Told    []Outcome
	Missing []flow.RegistryGone
}

// Refused counts the rows that are not taken.
func (r *Report) Refused() int { return r.States[Broken] + r.States[flow.RowConflict] }

// Nothing says whether there is nothing to import.
func (r *Report) Nothing() bool { return r.States[flow.RowNew]+r.States[flow.RowChanged] == 0 }

// Progress is how far a walk is.
type Progress struct {
	Sheet      string
	Rows       int
	Bytes, All int64 // of the sheet; All is 0 where its size is not known
}

// Options of a walk.
type Options struct {
	// Most is how many rows of each state the report tells; 0: 20.
	Most int
	// Errors opens where a sheet's refused rows go, as a sheet that can be mended and sent again: once there is one, and
	// after a plan as after an import; format is the ending
	// of such files. Nil: nowhere. Words says what is wrong, for its last column.
	Errors func(sheet, format string) (io.WriteCloser, error)
	Words  func(desk.FieldError) string
	// Whole opens where every row goes that does something, or is not taken, with what and why, as a CSV. Nil: nowhere.
	Whole func() io.WriteCloser
	// Complete: the sheets hold everything of the developments that they name, so that contracts that are missing are no
	// longer current.
	Complete bool
	// Breath is how long nothing is written after each chunk, so that another process gets at the database.
	Breath   time.Duration
	Progress func(Progress)
	// Print, if any, is written what the walk comes to, so that two plans that come to the same can be told from others.
	Print io.Writer
}

// Plan says what importing the sheets would do, and writes nothing.
func Plan(ctx context.Context, f *flow.Flow, a desk.Actor, files []File, o Options) (*Report, error) {
	im, err := f.PlanRegistry(ctx, a)
	if err != nil {
		return nil, err
	}
	return walk(ctx, im, files, o, false)
}

// Import imports them. What is so already is left; an import that was interrupted is done again and goes on from where
// it was.
func Import(ctx context.Context, f *flow.Flow, a desk.Actor, files []File, o Options) (*Report, error) {
	im, err := f.ImportRegistry(ctx, a)
	if err != nil {
		return nil, err
	}
	im.Breath = o.Breath
	return walk(ctx, im, files, o, true)
}

// maxFiles is what a row's reference can name.
const maxFiles = 60

func walk(ctx context.Context, im *flow.RegistryImport, files []File, o Options, writes bool) (*Report, error) {
	if len(files) > maxFiles {
		return nil, desk.BadField("arquivo", "arquivos_demais", "maximo", maxFiles)
	}
	if o.Most == 0 {
		o.Most = 20
	}
	w := &walker{im: im, o: o, report: &Report{States: map[State]int{}, New: map[string]int{}, Changed: map[string]int{}, Gone: map[string]int{}}}
	if o.Whole != nil {
		w.whole = &wholePlan{open: o.Whole, words: o.Words}
	}
	files, err := ordered(files)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		if err := w.sheet(ctx, f, i); err != nil {
			return w.report, err
		}
	}
	if err := w.gone(ctx, writes); err != nil {
		return w.report, err
	}
	return w.report, w.whole.close()
}

// ordered puts the sheets so that what one rests on comes before it.
func ordered(files []File) ([]File, error) {
	type known struct {
		File
		kind Kind
	}
	all := make([]known, len(files))
	for i, f := range files {
		s, err := open(f, i)
		if err != nil {
			return nil, err
		}
		f.charset = s.Charset // which is found by reading all of it
		all[i] = known{f, s.Kind}
		if err := s.close(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b known) int {
		return slices.Index(flow.RegistryKinds, a.kind) - slices.Index(flow.RegistryKinds, b.kind)
	})
	out := make([]File, len(all))
	for i, k := range all {
		out[i] = k.File
	}
	return out, nil
}

type walker struct {
	im      *flow.RegistryImport
	o       Options
	report  *Report
	refused *refused
	whole   *wholePlan // nil: not wanted
	line    []byte     // of print, used again
}

// sheet takes one sheet's rows, a chunk at a time.
func (w *walker) sheet(ctx context.Context, f File, number int) (err error) {
	s, err := open(f, number)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	w.report.Sheets = append(w.report.Sheets, *s)
	w.refused = &refused{sheet: s, open: w.o.Errors, words: w.o.Words}
	defer func() { err = errors.Join(err, w.refused.close()) }()
	var refused error
	err = readAhead(s).each(func(p portion) error {
		refused = w.take(ctx, s, p)
		return refused
	})
	if err != nil && refused == nil {
		err = fmt.Errorf("%s: %w", f.Name, err)
	}
	return err
}

func (w *walker) take(ctx context.Context, s *Sheet, p portion) error {
	good := make([]flow.RegistryRow, 0, len(p.rows))
	for _, r := range p.rows {
		if len(r.Bad) == 0 {
			good = append(good, r.RegistryRow)
		}
	}
	outcomes, err := w.im.Take(ctx, good)
	next := 0
	for _, r := range p.rows {
		o := flow.RegistryOutcome{File: r.File, Line: r.Line, State: Broken, Reasons: r.Bad}
		if len(r.Bad) == 0 {
			if next == len(outcomes) {
				break // the chunk failed here
			}
			o = outcomes[next]
			next++
		}
		if err := w.tell(Outcome{s.Name, o}, r); err != nil {
			return err
		}
	}
	if w.o.Progress != nil {
		w.o.Progress(Progress{Sheet: s.Name, Rows: w.report.Rows, Bytes: p.bytes})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

// tell counts an outcome, and keeps the first of each state.
func (w *walker) tell(o Outcome, r Row) error {
	if w.o.Print != nil {
		w.print(&o)
	}
	w.report.Rows++
	w.report.States[o.State]++
	type thing struct{ is, key string }
	last := thing{}
	for _, c := range o.Changes {
		switch {
		case c.Field == "":
			w.report.New[c.Thing]++
		case (thing{c.Thing, c.Key}) != last:
			w.report.Changed[c.Thing]++
			last = thing{c.Thing, c.Key}
		}
	}
	if o.State != flow.RowSame && w.report.States[o.State] <= w.o.Most || len(o.Warnings) > 0 && len(w.report.Told) < 10*w.o.Most {
		w.report.Told = append(w.report.Told, o)
	}
	if err := w.whole.row(o); err != nil {
		return err
	}
	if len(o.Reasons) > 0 {
		return w.refused.row(r, o.Reasons)
	}
	return nil
}

// print tells what an outcome comes to, a length before each text, so that no two outcomes are told alike.
func (w *walker) print(o *Outcome) {
	b := w.line[:0]
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = binary.AppendUvarint(b, uint64(o.File)) //nolint:gosec // neither is ever negative
	b = binary.AppendUvarint(b, uint64(o.Line)) //nolint:gosec // as above
	text(string(o.State))
	for i := range o.Changes {
		c := &o.Changes[i]
		text(c.Thing)
		text(c.Key)
		text(c.Field)
		text(c.Old)
		text(c.New)
	}
	b = append(binary.AppendUvarint(b, uint64(len(o.Reasons))), '\n')
	_, _ = w.o.Print.Write(b) // a hash never fails
	w.line = b
}

func (w *walker) gone(ctx context.Context, writes bool) error {
	err := w.im.Gone(ctx, func(g flow.RegistryGone) error {
		if w.o.Print != nil {
			_, _ = fmt.Fprintln(w.o.Print, g.Thing, g.Key)
		}
		if err := w.whole.gone(g); err != nil {
			return err
		}
		if w.report.Gone[g.Thing]++; w.report.Gone[g.Thing] <= w.o.Most {
			w.report.Missing = append(w.report.Missing, g)
		}
		return nil
	})
	if err != nil || !w.o.Complete || w.report.Refused() > 0 { // a row that was refused is not missing
		return err
	}
	if !writes {
		w.report.Ended = w.report.Gone["contrato"]
		return nil
	}
	w.report.Ended, err = w.im.EndGone(ctx, w.report.States[Broken])
	return err
}
