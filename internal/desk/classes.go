package desk

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// ClassKind tells the two parts of the catalogue of defects apart: where something is wrong, and what.
type ClassKind string

const (
	ClassItem    ClassKind = "item"
	ClassFailure ClassKind = "falha"
)

// ClassKinds in the order of the page.
var ClassKinds = []ClassKind{ClassItem, ClassFailure}

// Class is an item or a failure type. Occurrences name it by its code, which never changes.
type Class struct {
	Kind ClassKind `yaml:"-"`
	Code string    `yaml:"codigo"`
	Name string    `yaml:"nome"`
	// Parent is the item that it stands in; empty: an item at the top, a failure type that any item may have.
	Parent string `yaml:"dentro_de,omitempty"`
	// Priority is what an occurrence gets that names none; empty: no say.
	Priority string `yaml:"prioridade,omitempty"`
	// Emergency marks every occurrence that is opened with it.
	Emergency bool `yaml:"emergencia,omitempty"`
	// Inactive is not offered any more, and not taken from a call.
	Inactive bool `yaml:"inativo,omitempty"`
}

// Classes are the catalogue of defects. It lies outside of the configuration version: a new kind of tap needs no new proof
// that the calls work.
type Classes struct {
	Items    []Class `yaml:"itens,omitempty"`
	Failures []Class `yaml:"falhas,omitempty"`
}

// field is where an error of it belongs.
func (x Class) field(part string) string { return string(x.Kind) + "." + x.Code + "." + part }

// Limits of the catalogue: more than a house needs, and few enough to be read whole.
const (
	maxClasses   = 2000
	maxClassCode = 60
	maxClassName = 80
	maxItemDepth = 5
)

func isClassCode(s string) bool {
	return s != "" && len(s) <= maxClassCode && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == ""
}

// Of answers the classes of a kind.
func (c Classes) Of(k ClassKind) []Class {
	all := c.Failures
	if k == ClassItem {
		all = c.Items
	}
	out := slices.Clone(all)
	for i := range out {
		out[i].Kind = k
	}
	return out
}

// Put adds a class, or changes the one of its code.
func (c *Classes) Put(x Class) {
	all := &c.Failures
	if x.Kind == ClassItem {
		all = &c.Items
	}
	if i := slices.IndexFunc(*all, func(y Class) bool { return y.Code == x.Code }); i >= 0 {
		(*all)[i] = x
		return
	}
	*all = append(*all, x)
}

// Merge adds and changes, and takes nothing away: history names what is there.
func (c Classes) Merge(more Classes) Classes {
	out := Classes{slices.Clone(c.Items), slices.Clone(c.Failures)}
	for _, k := range ClassKinds {
		for _, x := range more.Of(k) {
			out.Put(x)
		}
	}
	return out.sorted()
}

func (c Classes) sorted() Classes {
	for _, all := range [][]Class{c.Items, c.Failures} {
		slices.SortFunc(all, func(a, b Class) int { return strings.Compare(a.Code, b.Code) })
	}
	return c
}

// Check gathers what is wrong with a catalogue into which more has been put. A field is the kind, the code and the part:
// "item.torneira.nome". Priorities are those of what is put in: the house may have renamed what others still name.
func (c Classes) Check(more Classes, priorities []string) *Error {
	e := Fail(ErrParameter)
	bad := func(field, code string, args ...any) {
		e.Fields = append(e.Fields, FieldError{Field: field, Code: code, Args: pairs(args)})
	}
	book := NewClassBook(c)
	for _, k := range ClassKinds {
		seen := map[string]bool{}
		for _, x := range c.Of(k) {
			if !isClassCode(x.Code) || seen[x.Code] {
				bad(x.field("codigo"), "codigo_de_item_invalido", "maximo", maxClassCode)
			}
			seen[x.Code] = true
			if strings.TrimSpace(x.Name) == "" {
				bad(x.field("nome"), "obrigatorio")
			} else if utf8.RuneCountInString(x.Name) > maxClassName || strings.ContainsAny(x.Name, ">\n") {
				bad(x.field("nome"), "nome_de_item_invalido", "maximo", maxClassName)
			}
			book.checkParent(x, bad)
		}
	}
	for _, x := range append(more.Of(ClassItem), more.Of(ClassFailure)...) {
		if x.Priority != "" && !slices.Contains(priorities, x.Priority) {
			bad(x.field("prioridade"), "prioridade_desconhecida")
		}
	}
	book.checkLabels(bad)
	if len(c.Items)+len(c.Failures) > maxClasses {
		bad(Class{Kind: ClassItem}.field("codigo"), "itens_demais", "maximo", maxClasses)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (c *ClassBook) checkParent(x Class, bad func(field, code string, args ...any)) {
	if x.Parent == "" {
		return
	}
	line := c.line(x.Parent)
	switch _, there := c.Get(ClassItem, x.Parent); {
	case !there:
		bad(x.field("dentro_de"), "item_desconhecido")
	case x.Kind == ClassItem && (x.Parent == x.Code || slices.ContainsFunc(line, func(p Class) bool { return p.Code == x.Code })):
		bad(x.field("dentro_de"), "item_dentro_de_si")
	case len(line) >= maxItemDepth:
		bad(x.field("dentro_de"), "itens_fundos_demais", "maximo", maxItemDepth)
	}
}

// checkLabels refuses two that could not be told apart where they are chosen.
func (c *ClassBook) checkLabels(bad func(field, code string, args ...any)) {
	for _, k := range ClassKinds {
		seen := map[string]bool{}
		for _, x := range c.Offered(k) {
			label := Plain(c.Label(x))
			if seen[label] {
				bad(x.field("nome"), "nome_de_item_repetido")
			}
			seen[label] = true
		}
	}
}
