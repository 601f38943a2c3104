package webservice

import (
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Known tells the use cases what operations there are and what each can answer, so that scopes and profiles can be
// checked when they are chosen. It needs nothing that runs.
func Known() []flow.Operation {
	var out []flow.Operation
	for _, e := range Operations(nil, func(desk.Reason) string { return "" }) {
		op := flow.Operation{Name: e.Name, Summary: e.Summary(), Reads: e.Reads, Fields: e.Paths()}
		if !e.Reads {
			op.Always = e.always()
		}
		out = append(out, op)
	}
	return out
}

// always are the fields of a write that callers rely on, whatever its profile: the number (S10).
func (e *Entry) always() (names []string) {
	for _, f := range e.AnswerFields() {
		if f.Required {
			names = append(names, f.Name)
		}
	}
	return names
}

// Example is an answer made of the examples that stand beside its fields, one item in every list.
func (e *Entry) Example() []Node { return exampleNodes(e.AnswerFields()) }

// Example is the body that an operation would answer under a profile, with the examples of its fields; empty for an
// operation that there is not.
func (r *Registry) Example(p flow.Profile) string {
	e, ok := r.Entry(p.Operation)
	if !ok {
		return ""
	}
	_, body := ProfileOf(p).Rendered(e, p.Form, e.Example())
	return string(body)
}

func exampleNodes(fields []FieldSpec) []Node {
	nodes := make([]Node, len(fields))
	for i, f := range fields {
		nodes[i] = exampleNode(f, f.Kind)
	}
	return nodes
}

func exampleNode(f FieldSpec, kind Kind) Node {
	n := Node{Name: f.Name, Kind: kind, Text: f.Example}
	switch kind {
	case KindInt:
		n.Num, _ = strconv.ParseInt(f.Example, 10, 64)
	case KindBool:
		n.Bool = f.Example == "true"
	case KindObject:
		n.Children = exampleNodes(f.Children)
	case KindList:
		n.Children = []Node{exampleNode(f, f.Item)}
	}
	return n
}
