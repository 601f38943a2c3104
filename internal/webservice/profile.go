package webservice

import (
	"context"
	"strings"

	"ponte/internal/flow"
)

// Profile is how one operation answers: which fields (S10), in which form, and whether a first call is answered
// like a repeat.
type Profile struct {
	// Fields are names, dotted inside objects and lists ("cliente.nome"); an object's name means all of it.
	// Empty means everything.
	Fields []string
	// Form is "json", "text" or "xml"; empty is "json". In HTTP an Accept header that prefers another one wins.
	Form string
	// AlwaysOK answers 200 where 201 would be answered.
	AlwaysOK bool
}

// Prune leaves the fields that the profile names, in the answer's own order.
func (p Profile) Prune(nodes []Node) []Node {
	if len(p.Fields) == 0 {
		return nodes
	}
	return prune(nodes, "", p.Fields)
}

func prune(nodes []Node, prefix string, fields []string) []Node {
	kept := make([]Node, 0, len(nodes))
	for _, n := range nodes {
		whole, part := wanted(prefix+n.Name, fields)
		switch {
		case whole:
		case part && n.Kind == KindObject:
			n.Children = prune(n.Children, prefix+n.Name+".", fields)
		case part && n.Kind == KindList:
			items := make([]Node, len(n.Children))
			for i, item := range n.Children {
				item.Children = prune(item.Children, prefix+n.Name+".", fields)
				items[i] = item
			}
			n.Children = items
		default:
			continue
		}
		kept = append(kept, n)
	}
	return kept
}

// wanted says whether a path is named itself, or only something inside it.
func wanted(path string, fields []string) (whole, part bool) {
	for _, f := range fields {
		if f == path {
			return true, false
		}
		part = part || strings.HasPrefix(f, path) && len(f) > len(path) && f[len(path)] == '.'
	}
	return false, part
}

// Paths lists every field that a profile can name, for the page on which it is configured.
func (e *Entry) Paths() []string { return paths("", e.AnswerFields()) }

func paths(prefix string, fields []FieldSpec) []string {
	var list []string
	for _, f := range fields {
		list = append(list, prefix+f.Name)
		list = append(list, paths(prefix+f.Name+".", f.Children)...)
	}
	return list
}

// ProfileWith makes a door's Profile from the use case that knows what was chosen. Where it can't be read the preset
// answers: a call that was accepted must not look refused.
func ProfileWith(f *flow.Flow, complain func(error)) func(context.Context, *Call) Profile {
	return func(ctx context.Context, c *Call) Profile {
		p, err := f.Profile(ctx, c.Operation, c.Caller.Actor.Integration)
		if err != nil {
			if ctx.Err() == nil {
				complain(err)
			}
			p = flow.Preset(c.Operation, c.Caller.Actor.Integration)
		}
		return ProfileOf(p)
	}
}

// ProfileOf is what was chosen, in the toolkit's words.
func ProfileOf(p flow.Profile) Profile {
	return Profile{Fields: p.Fields, Form: p.Form, AlwaysOK: p.AlwaysOK}
}

// Rendered is an answer's body under the profile, as it stands in HTTP, and its media type.
func (p Profile) Rendered(e *Entry, form string, nodes []Node) (mime string, body []byte) {
	nodes = p.Prune(nodes)
	switch form {
	case "text":
		return "text/plain; charset=utf-8", AppendText(nil, nodes)
	case "xml":
		return "application/xml; charset=utf-8", AppendXML([]byte(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"), e.Name+"Response", "", nodes)
	}
	return "application/json", AppendJSON(nil, nodes)
}
