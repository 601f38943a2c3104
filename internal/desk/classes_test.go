package desk_test

import (
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
)

func someClasses() desk.Classes {
	return desk.Classes{Items: []desk.Class{{Code: "hidraulica", Name: "Hidráulica"}, {Code: "hidraulica.torneira", Name: "Torneira", Parent: "hidraulica"},
		{Code: "pintura", Name: "Pintura"}, {Code: "pintura.parede", Name: "Parede", Parent: "pintura"}, {Code: "estrutura", Name: "Estrutura", Inactive: true},
		{Code: "estrutura.parede", Name: "Parede", Parent: "estrutura"}},
		Failures: []desk.Class{{Code: "vazamento", Name: "Vazamento"}, {Code: "quebrado", Name: "Quebrado"},
			{Code: "trinca.pintura", Name: "Trinca", Parent: "pintura"}, {Code: "trinca.piso", Name: "Trinca", Parent: "hidraulica"}}}
}

// TestWhatSomebodyMeans who types the beginnings of words; what could be several is all of them.
func TestWhatSomebodyMeans(t *testing.T) {
	b := desk.NewClassBook(someClasses())
	for _, c := range []struct {
		kind desk.ClassKind
		text string
		want []string
	}{
		{desk.ClassItem, "Hidráulica > Torneira", []string{"hidraulica.torneira"}},
		{desk.ClassItem, "  hidraulica >  TORNEIRA ", []string{"hidraulica.torneira"}},
		{desk.ClassItem, "torn", []string{"hidraulica.torneira"}},
		{desk.ClassItem, "tor hid", []string{"hidraulica.torneira"}},
		{desk.ClassItem, "hidraulica.torneira", []string{"hidraulica.torneira"}},
		{desk.ClassItem, "hidráulica", []string{"hidraulica"}},
		{desk.ClassItem, "parede", []string{"pintura.parede"}}, // the other stands in what is not used any more
		{desk.ClassItem, "p", []string{"pintura", "pintura.parede"}},
		{desk.ClassItem, "estrutura", nil},
		{desk.ClassItem, "xyz", nil},
		{desk.ClassItem, " > ", nil},
		{desk.ClassFailure, "vaz", []string{"vazamento"}},
		{desk.ClassFailure, "trinca", []string{"trinca.pintura", "trinca.piso"}},
		{desk.ClassFailure, "Trinca (Pintura)", []string{"trinca.pintura"}},
	} {
		var got []string
		for _, x := range b.Typed(c.kind, c.text) {
			got = append(got, x.Code)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
	if got := b.Said("hidraulica.torneira", "vazamento"); got != "Hidráulica > Torneira: Vazamento" {
		t.Error(got)
	}
	if got := b.Said("", "gone"); got != "gone" {
		t.Error(got)
	}
	for _, k := range desk.ClassKinds { // whatever is offered is found by its label, and by nothing else's
		for _, x := range b.Offered(k) {
			if got := b.Typed(k, b.Label(x)); len(got) != 1 || got[0].Code != x.Code {
				t.Errorf("%s is not found by its label %q: %v", x.Code, b.Label(x), got)
			}
		}
	}
}

// TestClassesAreChecked: each fault alone, at its field; a whole catalogue has none.
func TestClassesAreChecked(t *testing.T) {
	priorities := []string{"normal", "alta"}
	if e := someClasses().Check(someClasses(), priorities); e != nil {
		t.Fatal(e)
	}
	deep := desk.Classes{Items: []desk.Class{{Code: "a0", Name: "A0"}}}
	for i := range 6 {
		deep.Items = append(deep.Items, desk.Class{Code: "a" + string(rune('1'+i)), Name: "A", Parent: "a" + string(rune('0'+i))})
	}
	for name, c := range map[string]struct {
		put  []desk.Class
		want string
	}{
		"a code with capitals":   {[]desk.Class{{Kind: desk.ClassItem, Code: "Piso", Name: "Piso"}}, "item.Piso.codigo"},
		"a code that is a path":  {[]desk.Class{{Kind: desk.ClassItem, Code: "../x", Name: "Piso"}}, "item.../x.codigo"},
		"no name":                {[]desk.Class{{Kind: desk.ClassFailure, Code: "x", Name: " "}}, "falha.x.nome"},
		"a name with an arrow":   {[]desk.Class{{Kind: desk.ClassItem, Code: "x", Name: "a > b"}}, "item.x.nome"},
		"an unknown priority":    {[]desk.Class{{Kind: desk.ClassItem, Code: "x", Name: "X", Priority: "ontem"}}, "item.x.prioridade"},
		"an unknown parent":      {[]desk.Class{{Kind: desk.ClassFailure, Code: "x", Name: "X", Parent: "nada"}}, "falha.x.dentro_de"},
		"inside itself":          {[]desk.Class{{Kind: desk.ClassItem, Code: "pintura", Name: "Pintura", Parent: "pintura.parede"}}, "item.pintura.dentro_de"},
		"the same name, beside":  {[]desk.Class{{Kind: desk.ClassItem, Code: "x", Name: "torneira", Parent: "hidraulica"}}, "item.x.nome"},
		"the same failure twice": {[]desk.Class{{Kind: desk.ClassFailure, Code: "x", Name: "VAZAMENTO"}}, "falha.x.nome"},
		"too deep":               {deep.Of(desk.ClassItem), "item.a6.dentro_de"},
	} {
		more := desk.Classes{}
		for _, x := range c.put {
			more.Put(x)
		}
		e := someClasses().Merge(more).Check(more, priorities)
		if e == nil || !slices.ContainsFunc(e.Fields, func(f desk.FieldError) bool { return f.Field == c.want }) {
			t.Errorf("%s: %v, want %s", name, e, c.want)
		}
	}
	// A priority that the house renamed keeps nobody from changing something else.
	old := someClasses()
	old.Items[0].Priority = "antiga"
	if e := old.Check(desk.Classes{Items: []desk.Class{{Code: "pintura", Name: "Pintura"}}}, priorities); e != nil {
		t.Error(e)
	}
	if b := desk.NewClassBook(desk.Classes{Items: []desk.Class{{Code: "a", Name: "A", Parent: "b"}, {Code: "b", Name: "B", Parent: "a"}}}); !strings.Contains(b.ItemPath("a"), "A") {
		t.Error("a tree that bites its tail can't be shown")
	}
}
