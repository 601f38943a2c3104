package desk

import (
	"cmp"
	"slices"
	"strings"
)

// ClassBook is the catalogue of defects, ready to be looked up.
type ClassBook struct {
	Classes
	items, failures map[string]Class
	paths           map[string]string // of items, by code
	sameName        map[string]int    // how many active failure types have a name, plain
}

// NewClassBook reads a catalogue; a broken one too, so that Check can say what is wrong with it.
func NewClassBook(c Classes) *ClassBook {
	b := &ClassBook{Classes: c, items: map[string]Class{}, failures: map[string]Class{}, paths: map[string]string{}, sameName: map[string]int{}}
	for _, x := range c.Of(ClassItem) {
		b.items[x.Code] = x
	}
	for _, x := range c.Of(ClassFailure) {
		b.failures[x.Code] = x
		if !x.Inactive {
			b.sameName[Plain(x.Name)]++
		}
	}
	for code := range b.items {
		var names []string
		for _, x := range b.line(code) {
			names = append(names, x.Name)
		}
		b.paths[code] = strings.Join(names, " > ")
	}
	return b
}

// Get finds a class by its code, as it is written in calls.
func (c *ClassBook) Get(k ClassKind, code string) (Class, bool) {
	code = strings.ToLower(strings.TrimSpace(code))
	if k == ClassItem {
		x, there := c.items[code]
		return x, there
	}
	x, there := c.failures[code]
	return x, there
}

// Active says whether a class is still chosen: it and all that it stands in.
func (c *ClassBook) Active(x Class) bool {
	return !x.Inactive && !slices.ContainsFunc(c.line(x.Parent), func(p Class) bool { return p.Inactive })
}

// line is an item with what it stands in, the outermost first. It ends where the tree is broken or bites its tail.
func (c *ClassBook) line(code string) (out []Class) {
	for code != "" && len(out) <= maxItemDepth {
		x, there := c.items[code]
		if !there {
			break
		}
		out = append(out, x)
		code = x.Parent
	}
	slices.Reverse(out)
	return out
}

// ItemPath is an item as people read it: "Hidráulica > Torneira". An unknown code is shown as it is.
func (c *ClassBook) ItemPath(code string) string {
	if path, there := c.paths[code]; there {
		return path
	}
	return code
}

// Root is the code of the outermost item that an item stands in.
func (c *ClassBook) Root(code string) string {
	if line := c.line(code); len(line) > 0 {
		return line[0].Code
	}
	return ""
}

// Depth is how many items an item stands in.
func (c *ClassBook) Depth(code string) int { return max(0, len(c.line(code))-1) }

// Label is a class as it is chosen: no two of a kind that are active have the same.
func (c *ClassBook) Label(x Class) string {
	switch {
	case x.Kind == ClassItem:
		return c.ItemPath(x.Code)
	case x.Parent != "" && c.sameName[Plain(x.Name)] > 1:
		return x.Name + " (" + c.ItemPath(x.Parent) + ")"
	}
	return x.Name
}

// Name is what is shown of a code in an occurrence; empty where it has none.
func (c *ClassBook) Name(k ClassKind, code string) string {
	if k == ClassItem {
		return c.ItemPath(code)
	}
	if x, there := c.failures[code]; there {
		return x.Name
	}
	return code
}

// ItemName is an item without what it stands in.
func (c *ClassBook) ItemName(code string) string {
	if x, there := c.items[code]; there {
		return x.Name
	}
	return code
}

// Said is what an occurrence is about, in a line: "Hidráulica > Torneira: Vazamento".
func (c *ClassBook) Said(item, failure string) string {
	parts := slices.DeleteFunc([]string{c.Name(ClassItem, item), c.Name(ClassFailure, failure)}, func(s string) bool { return s == "" })
	return strings.Join(parts, ": ")
}

// All are the classes of a kind by their label, the inactive ones too.
func (c *ClassBook) All(k ClassKind) []Class {
	out := c.Of(k)
	slices.SortStableFunc(out, func(a, b Class) int { return cmp.Compare(Plain(c.Label(a)), Plain(c.Label(b))) })
	return out
}

// Offered are those that can be chosen.
func (c *ClassBook) Offered(k ClassKind) []Class {
	return slices.DeleteFunc(c.All(k), func(x Class) bool { return !c.Active(x) })
}

// Typed finds what somebody means who typed a code, a label or the beginnings of its words: the one, or those that it may be.
func (c *ClassBook) Typed(k ClassKind, text string) []Class {
	plain, words := Plain(strings.Join(strings.Fields(text), " ")), Words(text)
	if len(words) == 0 {
		return nil
	}
	var begun, named []Class
	for _, x := range c.Offered(k) {
		label := c.Label(x)
		if Plain(label) == plain || Plain(x.Code) == plain {
			return []Class{x}
		}
		of := Words(label)
		if slices.ContainsFunc(words, func(w string) bool {
			return !slices.ContainsFunc(of, func(o string) bool { return strings.HasPrefix(o, w) })
		}) {
			continue
		}
		begun = append(begun, x)
		if Plain(x.Name) == plain {
			named = append(named, x)
		}
	}
	if len(named) == 1 {
		return named
	}
	return begun
}
