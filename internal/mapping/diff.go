package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ChangeKind is what happened to a part of a document.
type ChangeKind string

const (
	Added     ChangeKind = "incluido"
	Removed   ChangeKind = "retirado"
	Altered   ChangeKind = "alterado"
	Reordered ChangeKind = "reordenado" // the same parts in another order, which is that of the body or of the page
)

// Change is one difference between two documents: what a person would say changed, at the smallest part that has a
// name. Old and New are YAML on one line; empty where there was or is nothing.
type Change struct {
	Path     string // as in errors: "integracao.pontos.MOBUSS_ISA.sucesso", "status.20.nome"
	Kind     ChangeKind
	Old, New string
}

// Diff compares two configurations by meaning: rows by their target and statuses by their code, wherever they stand.
func Diff(before, after *Document) ([]Change, error) {
	var a, b yaml.Node
	if err := a.Encode(before); err != nil {
		return nil, fmt.Errorf("mapping: compare: %w", err)
	}
	if err := b.Encode(after); err != nil {
		return nil, fmt.Errorf("mapping: compare: %w", err)
	}
	var d differ
	d.compare(&a, &b, "")
	return d.changes, nil
}

type differ struct{ changes []Change }

func (d *differ) compare(a, b *yaml.Node, path string) {
	x, y := pieces(a), pieces(b)
	if x == nil || y == nil || a.Kind != b.Kind {
		if s, t := oneLine(a), oneLine(b); s != t {
			d.changes = append(d.changes, Change{path, Altered, s, t})
		}
		return
	}
	at := func(p piece) string { return strings.TrimPrefix(path+"."+p.name, ".") }
	for _, p := range x {
		if q, ok := named(y, p.name); ok {
			d.compare(p.node, q.node, at(p))
		} else {
			d.changes = append(d.changes, Change{at(p), Removed, oneLine(p.node), ""})
		}
	}
	for _, q := range y {
		if _, ok := named(x, q.name); !ok {
			d.changes = append(d.changes, Change{at(q), Added, "", oneLine(q.node)})
		}
	}
	if s, t := common(x, y), common(y, x); a.Kind == yaml.SequenceNode && !slices.Equal(s, t) {
		d.changes = append(d.changes, Change{path, Reordered, strings.Join(s, ", "), strings.Join(t, ", ")})
	}
}

// piece is a piece of a document that has a name.
type piece struct {
	name string
	node *yaml.Node
}

func named(all []piece, name string) (piece, bool) {
	i := slices.IndexFunc(all, func(p piece) bool { return p.name == name })
	if i < 0 {
		return piece{}, false
	}
	return all[i], true
}

// common are the names in all that other has too, in the order of all.
func common(all, other []piece) (out []string) {
	for _, p := range all {
		if _, ok := named(other, p.name); ok {
			out = append(out, p.name)
		}
	}
	return out
}

// pieces are the named pieces of a node: the keys of a mapping, the items of a list that have names of their own. Nil
// where it is one piece.
func pieces(n *yaml.Node) []piece {
	out := []piece{}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, piece{n.Content[i].Value, n.Content[i+1]})
		}
		return out
	case yaml.SequenceNode:
		for _, item := range n.Content {
			name := itemName(item)
			if _, twice := named(out, name); name == "" || twice {
				return nil
			}
			out = append(out, piece{name, item})
		}
		return out
	}
	return nil
}

func itemName(item *yaml.Node) string {
	for _, key := range []string{"codigo", "destino"} {
		if _, v := child(item, key); v != nil && item.Kind == yaml.MappingNode {
			return v.Value
		}
	}
	return ""
}

// oneLine is a node as YAML on one line.
func oneLine(n *yaml.Node) string {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	if err := enc.Encode(flat(n)); err != nil {
		return n.Value
	}
	return strings.TrimSpace(b.String())
}

// flat copies a node with everything in flow style, texts with line breaks in quotes.
func flat(n *yaml.Node) *yaml.Node {
	out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle)}
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		out.Style = yaml.DoubleQuotedStyle
	}
	if n.Kind != yaml.ScalarNode {
		out.Style = yaml.FlowStyle
	}
	for _, c := range n.Content {
		out.Content = append(out.Content, flat(c))
	}
	return out
}
