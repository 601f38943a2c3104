package flow

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// StepName is a step of the implementation, in the source's words (MISSION S16).
type StepName string

const (
	StepMethod  StepName = "metodo"
	StepPlace   StepName = "homologacao"
	StepFailure StepName = "falha"
	StepPoints  StepName = "status"
	StepUnits   StepName = "unidades"
	StepSheet   StepName = "ficha"
	StepProven  StepName = "pontos"
	StepInbound StepName = "entrada"
	StepReport  StepName = "relatorio"
	StepData    StepName = "producao"
	StepGoLive  StepName = "entrada_em_producao"
)

// Steps in their order.
var Steps = []StepName{StepMethod, StepPlace, StepFailure, StepPoints, StepUnits, StepSheet, StepProven, StepInbound, StepReport, StepData, StepGoLive}

// asked are the steps that only a person can confirm, beside what the system sees of them.
var asked = []StepName{StepMethod, StepSheet}

// StepState is how a step stands.
type StepState string

const (
	StepDone    StepState = "feito"
	StepMissing StepState = "falta"
	StepConfirm StepState = "confirmar" // the system's part is there, and a person has to say so
	StepNotOurs StepState = "nao_se_aplica"
)

// Lack is one thing that a step lacks: a message id of the page, with its arguments.
type Lack struct {
	Code string
	Args map[string]any
}

// StepProof is one piece of evidence of a step: a message id of the page with its arguments, and what it leads to.
type StepProof struct {
	Code string
	Args map[string]any
	// Ref is the id of what it leads to, by Code: a version's number, a delivery, a run, a received call.
	Ref string
	At  time.Time // zero: it has none
	By  string    // empty: the system itself
}

// Step is a step of the implementation as the system finds it.
type Step struct {
	Name   StepName
	State  StepState
	Lacks  []Lack
	Proofs []StepProof
	// Asked: a person confirms it; Note is what they said last, zero where nobody has.
	Asked bool
	Note  StepNote
}

// StepNote is what a person confirmed.
type StepNote struct {
	Done bool
	At   time.Time
	By   string
	Text string
}

// ImplementationPage is the whole way into production.
type ImplementationPage struct {
	Standing Standing
	Method   desk.Method
	Steps    []Step
}

// Done counts the steps that are done and those that are to be.
func (p ImplementationPage) Done() (done, of int) {
	for _, s := range p.Steps {
		if s.State == StepNotOurs {
			continue
		}
		if of++; s.State == StepDone {
			done++
		}
	}
	return done, of
}

// Next is the first step that is not done; false where all are.
func (p ImplementationPage) Next() (Step, bool) {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.State == StepMissing || s.State == StepConfirm })
	if i < 0 {
		return Step{}, false
	}
	return p.Steps[i], true
}

// ConfirmStep says of a step that only a person can confirm that it is done, or takes that back. A note is needed to confirm:
// with whom it was agreed, to whom it was handed over.
func (f *Flow) ConfirmStep(ctx context.Context, a desk.Actor, step StepName, done bool, note string) error {
	note = strings.TrimSpace(note)
	switch {
	case !a.Has(desk.Consultant):
		return desk.Fail(desk.ErrForbidden)
	case !slices.Contains(asked, step):
		return desk.BadField("passo", "passo_desconhecido")
	case done && note == "":
		return desk.BadField("nota", "obrigatorio")
	case len([]rune(note)) > maxNote:
		return desk.BadField("nota", "grande_demais", "maximo", maxNote)
	}
	return f.write(ctx, func(w *work) error {
		if err := w.InsertImplementationNote(w.ctx, db.InsertImplementationNoteParams{ConnectionID: w.inst.ConnectionID, Step: string(step),
			Done: done, At: w.now.UnixMilli(), ByName: a.Name, Note: note}); err != nil {
			return err
		}
		w.AfterCommit(func() { w.flow.Changed(TopicEnvironment) })
		return w.audit(a, "implantacao.confirmar", "passo:"+string(step), map[string]any{"feito": done})
	})
}

// Implementation checks every step anew, for consultants.
func (f *Flow) Implementation(ctx context.Context, a desk.Actor) (ImplementationPage, error) {
	var out ImplementationPage
	inst, err := f.configured(ctx, a)
	if err != nil {
		return out, err
	}
	c := checker{f: f, ctx: ctx, q: f.Store.Read(), a: a, inst: inst}
	if c.cfg, err = f.config(ctx, c.q, inst.ConfigVersionID); err != nil {
		return out, err
	}
	if c.standing, err = f.Standing(ctx); err != nil {
		return out, err
	}
	if c.upTo, err = c.q.FirstGoLive(ctx, inst.ConnectionID); err != nil {
		return out, err
	}
	if c.upTo == 0 {
		c.upTo = math.MaxInt64
	}
	out.Standing, out.Method = c.standing, c.cfg.Method
	for _, name := range Steps {
		s := Step{Name: name, State: StepDone}
		if err := c.check(&s); err != nil {
			return out, err
		}
		out.Steps = append(out.Steps, s)
	}
	return out, nil
}

// checker looks at one step after the other.
type checker struct {
	f        *Flow
	ctx      context.Context
	q        *db.Queries
	a        desk.Actor
	inst     db.Installation
	cfg      *config
	standing Standing
	upTo     int64 // the end of homologation's time, in Unix milliseconds
	cases    []db.ConformanceCase
	read     bool
}

func (c *checker) check(s *Step) error {
	if c.notOurs(s.Name) {
		s.State = StepNotOurs
		return nil
	}
	look := map[StepName]func(*Step) error{StepMethod: c.method, StepPlace: c.place, StepFailure: c.failure, StepPoints: c.points, StepUnits: c.units,
		StepSheet: c.sheet, StepProven: c.proven, StepInbound: c.inbound, StepReport: c.report, StepData: c.data, StepGoLive: c.goLive}[s.Name]
	if err := look(s); err != nil {
		return err
	}
	if len(s.Lacks) > 0 {
		s.State = StepMissing
	}
	if !slices.Contains(asked, s.Name) {
		return nil
	}
	s.Asked = true
	n, err := c.q.ImplementationNote(c.ctx, db.ImplementationNoteParams{ConnectionID: c.inst.ConnectionID, Step: string(s.Name)})
	if err != nil && !store.NoRows(err) {
		return err
	}
	if err == nil {
		s.Note = StepNote{n.Done, fromMillis(n.At), n.ByName, n.Note}
	}
	if s.State == StepDone && !s.Note.Done {
		s.State = StepConfirm
	}
	return nil
}

// notOurs are the steps that the chosen method leaves out (MISSION S2).
func (c *checker) notOurs(name StepName) bool {
	switch name {
	case StepPlace, StepFailure, StepPoints, StepUnits, StepProven, StepData:
		return c.cfg.Method == desk.MethodB
	}
	return false
}

func (s *Step) lack(code string, args ...any) { s.Lacks = append(s.Lacks, Lack{code, pairs(args)}) }

func (s *Step) proof(code, ref string, at time.Time, by string, args ...any) {
	s.Proofs = append(s.Proofs, StepProof{Code: code, Args: pairs(args), Ref: ref, At: at, By: by})
}

func pairs(args []any) map[string]any {
	out := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		out[args[i].(string)] = args[i+1]
	}
	return out
}
