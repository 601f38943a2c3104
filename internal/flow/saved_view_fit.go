package flow

import (
	"context"
	"slices"

	"ponte/internal/desk"
)

// LeftOut is what a question names and there is no longer, or not for who asks.
type LeftOut struct {
	Filter string   // as the list's URL names it
	Named  []string // what can be said of it; developments and their blocks are only counted, as they may be there for others
	N      int
}

// NoneLeft stands in a filter of which nothing is left: it is about nothing then, and must not turn into one about everything.
const NoneLeft = "-"

// Fit answers a question without what it names and there is no longer, and what that was.
func (f *Flow) Fit(ctx context.Context, a desk.Actor, q ListQuery) (ListQuery, []LeftOut, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return q, nil, err
	}
	fit := &fitting{reader: &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}}
	q.Statuses = fit.keep("status", q.Statuses, func(code string) bool { _, there := cfg.Status(code); return there }, cfg.calledOnce)
	if err := fit.places(&q); err != nil {
		return q, nil, err
	}
	oneOf := func(all []string) func(string) bool {
		return func(v string) bool { return slices.Contains(all, v) }
	}
	q.Situations = fit.keep("situacao", q.Situations, oneOf(Situations), asIs)
	q.Types = fit.keep("tipo", q.Types, oneOf(cfg.Types), asIs)
	q.Priorities = fit.keep("prioridade", q.Priorities, oneOf(cfg.Priorities), asIs)
	return q, fit.left, nil
}

// fitting gathers what a question loses.
type fitting struct {
	*reader
	left []LeftOut
}

// keep answers what is there; of the rest, what it is called, where that may be said.
func (f *fitting) keep(filter string, has []string, there func(string) bool, called func(string) string) (kept []string) {
	gone := LeftOut{Filter: filter}
	for _, v := range has {
		if there(v) {
			kept = append(kept, v)
			continue
		}
		gone.N++
		if called != nil {
			gone.Named = append(gone.Named, called(v))
		}
	}
	if gone.N > 0 {
		f.left = append(f.left, gone)
		if len(kept) == 0 {
			return []string{NoneLeft}
		}
	}
	return kept
}

func asIs(v string) string { return v }

// calledOnce is a status as it was called when there was such a one.
func (c *config) calledOnce(code string) string {
	if s, ok := c.former[code]; ok {
		return s.Name
	}
	return code
}

func (f *fitting) places(q *ListQuery) error {
	if len(q.Developments)+len(q.Blocks) == 0 {
		return nil
	}
	choices, err := f.choices(*q)
	if err != nil {
		return err
	}
	q.Developments = f.keep("empreendimento", q.Developments, func(code string) bool {
		return slices.ContainsFunc(choices.Developments, func(d PlaceName) bool { return d.Code == code })
	}, nil)
	if !slices.Contains(q.Developments, NoneLeft) && len(q.Developments) > 0 { // or else nobody knows which blocks are meant
		q.Blocks = f.keep("bloco", q.Blocks, func(code string) bool { return slices.Contains(choices.Blocks, code) }, nil)
	}
	return nil
}
