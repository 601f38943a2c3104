package flow_test

import (
	"slices"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
)

// letterStates are an installation's letters in short, newest first.
func (b *bench) letterStates() (out []string) {
	b.t.Helper()
	l, err := b.ListLetters(b.t.Context(), flowtest.Admin(), flow.LettersQuery{Most: 20})
	b.must(err)
	for _, x := range l.Lines {
		out = append(out, string(x.State)+" "+x.Reason)
	}
	return out
}

// TestARestoredBackupWritesToNobody of what waited when it was taken: whoever ran meanwhile may have sent it. A copy writes
// nothing new either.
func TestARestoredBackupWritesToNobody(t *testing.T) {
	old := newBench(t)
	is := desk.DefaultLetters()
	is.On, is.TestAddress = []desk.LetterKind{desk.LetterOpened}, "teste@empresa.com.br"
	old.must(old.SetLetterSettings(t.Context(), flowtest.Admin(), is))
	old.Open(t)
	if got := old.letterStates(); !slices.Equal(got, []string{"fila "}) {
		t.Fatalf("%q", got)
	}
	for _, copy := range []bool{false, true} {
		b, _ := old.restore(store.Restoration{Copy: copy})
		if got := b.letterStates(); !slices.Equal(got, []string{"dispensada restaurado"}) {
			t.Errorf("copy %v: %q", copy, got)
		}
		b.Open(t)
		if got := b.letterStates(); (len(got) == 1) != copy {
			t.Errorf("copy %v, one more: %q", copy, got)
		}
	}
}

// TestACorrectedCustomer: what waits for the wrong one doesn't leave, and the right one is told.
func TestACorrectedCustomer(t *testing.T) {
	b := newBench(t)
	ctx, a := t.Context(), flowtest.Attendant()
	is := desk.DefaultLetters()
	is.On, is.TestAddress = []desk.LetterKind{desk.LetterOpened}, "teste@empresa.com.br"
	b.must(b.SetLetterSettings(ctx, flowtest.Admin(), is))
	n := b.Open(t)
	found, err := b.Search(ctx, a, "AUR-A-102", 1)
	b.must(err)
	b.must(b.Correct(ctx, a, flow.CorrectInput{Number: n, Unit: found.People[0].UnitID, Customer: found.People[0].CustomerID, Way: desk.CorrectHere}))
	if got := b.letterStates(); !slices.Equal(got, []string{"fila ", "dispensada cliente_corrigido"}) {
		t.Errorf("%q", got)
	}
	for who, developments := range map[string][]int64{"who works there": {1}, "who works elsewhere": {2}} { // each sees what is theirs
		few := a
		few.Developments = developments
		if l, err := b.ListLetters(ctx, few, flow.LettersQuery{Most: 1}); err != nil || len(l.Lines) != 2-int(developments[0]) || (l.Next == "") != (developments[0] == 2) {
			t.Errorf("%s: %+v, %v", who, l, err)
		}
	}
	if _, err := b.ListLetters(ctx, desk.Actor{}, flow.LettersQuery{Most: 1}); codeOf(err) != desk.ErrForbidden {
		t.Errorf("nobody: %v", err)
	}
}

// TestLetterSettings: what the house writes is checked when it is saved, and nobody else saves it.
func TestLetterSettings(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	few := flowtest.Attendant()
	few.Roles, few.Developments = []desk.Role{desk.Manager}, []int64{1}
	for name, a := range map[string]desk.Actor{"an attendant": flowtest.Attendant(), "a manager of one development": few, "nobody": {}} {
		if err := b.SetLetterSettings(ctx, a, desk.DefaultLetters()); codeOf(err) != desk.ErrForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		set   func(*desk.LetterSettings)
		field string
	}{
		"an unknown placeholder":    {text(desk.LetterOpened, "{cpf}"), "texto-protocolo-pt-BR-rodape"},
		"one of another kind":       {text(desk.LetterOpened, "{data}"), "texto-protocolo-pt-BR-rodape"},
		"a brace that stays open":   {text(desk.LetterVisit, "em {data"), "texto-vistoria-pt-BR-rodape"},
		"a brace that closes":       {text(desk.LetterVisit, "em data}"), "texto-vistoria-pt-BR-rodape"},
		"a character nobody sees":   {text(desk.LetterVisit, "a\x00b"), "texto-vistoria-pt-BR-rodape"},
		"a sender with an address":  {func(s *desk.LetterSettings) { s.SenderName = "Central <x@y.z>" }, "remetente"},
		"a sender of two lines":     {func(s *desk.LetterSettings) { s.SenderName = "a\r\nBcc: x@y.z" }, "remetente"},
		"answers to two":            {func(s *desk.LetterSettings) { s.ReplyTo = "a@b.c, d@e.f" }, "responder_a"},
		"no address for tests":      {func(s *desk.LetterSettings) { s.TestAddress = "teste" }, "endereco_de_teste"},
		"no such development":       {func(s *desk.LetterSettings) { s.Without = []string{"XYZ"} }, "sem_cartas"},
		"a language that is not":    {func(s *desk.LetterSettings) { s.Language = "fr" }, "idioma"},
		"a kind that is not":        {func(s *desk.LetterSettings) { s.On = []desk.LetterKind{"teste"} }, "ligadas"},
		"a text for what there not": {text("outra", "x"), "ligadas"},
	} {
		s := desk.DefaultLetters()
		c.set(&s)
		if err := b.SetLetterSettings(ctx, flowtest.Admin(), s); fieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := desk.DefaultLetters()
	s.On = desk.LetterKinds
	text(desk.LetterVisit, "Em {data}, {hora}: {numero} {assunto} {cliente} {unidade} {empreendimento}")(&s)
	b.must(b.SetLetterSettings(ctx, flowtest.Admin(), s))
	if got, _, by, err := b.LetterSettings(ctx, flowtest.Admin()); err != nil || by == "" || got.Text(desk.LetterVisit).Footer == "" {
		t.Errorf("%+v %q %v", got, by, err)
	}
}

func text(k desk.LetterKind, footer string) func(*desk.LetterSettings) {
	return func(s *desk.LetterSettings) {
		s.Texts = map[desk.LetterKind]map[string]desk.LetterText{k: {"pt-BR": {Footer: footer}}}
	}
}

// TestAPlaceholderIsReadOnce: what a value says is never taken for one.
func TestAPlaceholderIsReadOnce(t *testing.T) {
	got, _, ok := desk.FillLetter("a {x} b {y}{x}", map[string]string{"x": "{y}", "y": "{x}{"})
	if !ok || got != "a {y} b {x}{{y}" {
		t.Errorf("%q %v", got, ok)
	}
}
