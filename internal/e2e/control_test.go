package e2e

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// doctored falsifies books that were right, each in one way; twice says that the oracle has to call it a repetition.
var doctored = map[string]struct {
	twice bool
	do    func(o *order, known *occurrence, b *books)
}{
	"ordem_em_dobro":         {true, func(o *order, _ *occurrence, b *books) { x := *o; x.MobussID += "-2"; b.Orders = append(b.Orders, x) }},
	"ordem_perdida":          {false, func(o *order, _ *occurrence, b *books) { o.Legacy = "" }},
	"ordem_que_ninguem_quis": {false, func(o *order, _ *occurrence, b *books) { x := *o; x.Legacy = "999999"; b.Orders = append(b.Orders, x) }},
	"ordem_aberta":           {false, func(o *order, _ *occurrence, b *books) { o.State = "aberta" }},
	"solucao_errada":         {false, func(o *order, _ *occurrence, b *books) { o.Solution = "outra" }},
	"comentario_em_dobro":    {true, func(o *order, _ *occurrence, b *books) { o.Comments = append(o.Comments, o.Comments[0]) }},
	"comentario_perdido":     {false, func(o *order, _ *occurrence, b *books) { o.Comments = o.Comments[1:] }},
	"comentarios_trocados": {false, func(o *order, _ *occurrence, b *books) {
		o.Comments[0], o.Comments[1] = o.Comments[1], o.Comments[0]
	}},
	"vistoria_em_dobro": {true, func(o *order, _ *occurrence, b *books) { o.Visits = append(o.Visits, o.Visits[0]) }},
	"vistoria_perdida":  {false, func(o *order, _ *occurrence, b *books) { o.Visits = o.Visits[1:] }},
	"movimento_perdido": {false, func(_ *order, known *occurrence, b *books) {
		i := slices.IndexFunc(known.Movements, func(m movementShown) bool { return m.Origin == "casa" })
		known.Movements = slices.Delete(known.Movements, i, i+1)
	}},
	"movimento_em_dobro": {true, func(_ *order, known *occurrence, b *books) {
		known.Movements = append(known.Movements, known.Movements[slices.IndexFunc(known.Movements, func(m movementShown) bool { return m.Origin == "casa" })])
	}},
	"palavra_do_campo_perdida": {false, func(_ *order, known *occurrence, b *books) {
		known.Movements = slices.DeleteFunc(known.Movements, func(m movementShown) bool { return m.Origin == "mobuss" })
	}},
	"envio_parado":   {false, func(_ *order, known *occurrence, b *books) { known.Deliveries[1].State = "fila" }},
	"envio_perdido":  {false, func(_ *order, known *occurrence, b *books) { known.Deliveries = known.Deliveries[1:] }},
	"status_errado":  {false, func(_ *order, known *occurrence, b *books) { known.Status = "50" }},
	"ordem_de_outro": {false, func(_ *order, known *occurrence, b *books) { known.Order += "9" }},
	"fila_presa":     {false, func(_ *order, _ *occurrence, b *books) { b.Pending = 1 }},
	"numero_de_outro": {false, func(_ *order, _ *occurrence, b *books) {
		b.Pending = 0 // the stories are doctored: see TestControlBooks
	}},
}

// TestControlBooks shows that the oracle finds whatever can go wrong: the books of a run in which nothing did are
// falsified in one way at a time, and it has to cry each time, and as what it is.
func TestControlBooks(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	l := &load{site: newSite(t, sqliteURL(t), 1, released), seed: rand.Uint64()}
	if err := l.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for _, id := range []string{"a", "b"} {
		st := &story{id: id, contract: "PDA-U-1", solution: "feito " + id, reports: []string{"do campo " + id},
			steps: []step{{"20", "ao campo"}, {"40", "um"}, {"30", "vistoria"}, {"40", "dois"}, {"80", "feito " + id}}}
		if err := l.tellAll(ctx, st, dice); err != nil {
			t.Fatal(err)
		}
		l.stories = append(l.stories, st)
	}
	l.recover(ctx, t)
	right := l.verdict(ctx, t)
	cells := map[string]func(*testing.T){}
	for name, wrong := range doctored {
		cells[name] = func(t *testing.T) {
			b, stories := copied(t, right), l.stories
			first := stories[0].number
			known := b.Known[first]
			wrong.do(&b.Orders[slices.IndexFunc(b.Orders, func(o order) bool { return o.MobussID == known.MobussID })], &known, b)
			b.Known[first] = known
			if name == "numero_de_outro" {
				twin := *stories[1]
				twin.number = first
				stories = []*story{stories[0], &twin}
			}
			f := b.judge(stories)
			if len(f.all()) == 0 || wrong.twice != (len(f.twice) > 0) {
				t.Errorf("the oracle finds %q twice and %q wrong", f.twice, f.problems)
			}
		}
	}
	runCells(t, cells)
}

func copied(t *testing.T, b *books) *books {
	t.Helper()
	text, err := json.Marshal(b)
	out := &books{}
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tellAll tells a story with each of its reports told before its last step.
func (l *load) tellAll(ctx context.Context, st *story, dice *rand.Rand) error {
	last, reports := st.steps[len(st.steps)-1:], st.reports
	st.steps, st.reports = st.steps[:len(st.steps)-1], nil
	if err := l.tell(ctx, st, dice); err != nil {
		return err
	}
	for _, text := range reports {
		if err := l.report(ctx, st, text); err != nil {
			return err
		}
	}
	st.steps = append(st.steps, last...)
	err := l.tell(ctx, st, dice) // what is told already is a repetition
	st.reports = reports
	return err
}
