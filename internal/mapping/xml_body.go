package mapping

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// element is an XML element under construction. Children keep the order in which rows named them; those of one name
// stand together, by their index.
type element struct {
	attributes []attribute
	children   []group
	value      string // encoded JSON; empty where no row gave it one
}

type attribute struct{ name, value string }

type group struct {
	name    string
	indexed bool
	items   []item
}

type item struct {
	index int
	to    *element
}

// put sets the value at the end of steps; false where a row already put something else there. An element can have
// attributes beside its value, and no elements.
func (e *element) put(steps []step, value string) bool {
	if len(steps) == 0 {
		if e.value != "" || len(e.children) > 0 {
			return false
		}
		e.value = value
		return true
	}
	name, isAttribute := strings.CutPrefix(steps[0].key, "@")
	if isAttribute {
		if slices.ContainsFunc(e.attributes, func(a attribute) bool { return a.name == name }) {
			return false
		}
		e.attributes = append(e.attributes, attribute{name, value})
		return true
	}
	if e.value != "" {
		return false
	}
	index, rest, indexed := 0, steps[1:], len(steps) > 1 && steps[1].key == ""
	if indexed {
		index, rest = steps[1].index, steps[2:]
	}
	i := slices.IndexFunc(e.children, func(g group) bool { return g.name == name })
	if i < 0 {
		i = len(e.children)
		e.children = append(e.children, group{name: name, indexed: indexed})
	}
	g := &e.children[i]
	if g.indexed != indexed {
		return false
	}
	at, there := slices.BinarySearchFunc(g.items, index, func(it item, n int) int { return it.index - n })
	if !there {
		g.items = slices.Insert(g.items, at, item{index, &element{}})
	}
	return g.items[at].to.put(rest, value)
}

// xmlWriter writes elements and notes whether they need the namespace of xsi:nil.
type xmlWriter struct {
	b   []byte
	xsi bool
}

func (w *xmlWriter) element(name string, e *element) {
	if e.value != "" {
		w.valued(name, e, e.value)
		return
	}
	w.open(name, e)
	if len(e.children) == 0 {
		w.b = append(w.b, "/>"...)
		return
	}
	w.b = append(w.b, '>')
	w.inside(e)
	w.close(name)
}

func (w *xmlWriter) inside(e *element) {
	for _, g := range e.children {
		for _, it := range g.items {
			w.element(g.name, it.to)
		}
	}
}

// valued writes one value: a list as the element once for each of its items, a map as elements within it.
func (w *xmlWriter) valued(name string, e *element, value string) {
	switch value[0] {
	case '[':
		var list []json.RawMessage
		_ = json.Unmarshal([]byte(value), &list) // it is our own encoding
		for _, v := range list {
			w.valued(name, e, string(v))
		}
		return
	case '{':
		var m map[string]json.RawMessage
		_ = json.Unmarshal([]byte(value), &m) // likewise
		w.open(name, e)
		w.b = append(w.b, '>')
		for _, key := range slices.Sorted(maps.Keys(m)) {
			w.valued(key, &element{}, string(m[key]))
		}
	case 'n':
		w.xsi = true
		w.open(name, e)
		w.b = append(w.b, ` xsi:nil="true"/>`...)
		return
	default:
		w.open(name, e)
		w.b = append(w.b, '>')
		w.b = appendXML(w.b, plain(value), false)
	}
	w.close(name)
}

// open writes a start tag up to its end, which is the caller's.
func (w *xmlWriter) open(name string, e *element) {
	w.b = append(append(w.b, '<'), name...)
	w.xsi = w.xsi || prefixOf(name) == "xsi"
	for _, a := range e.attributes {
		w.xsi = w.xsi || prefixOf(a.name) == "xsi"
		w.b = append(append(append(w.b, ' '), a.name...), `="`...)
		w.b = append(appendXML(w.b, plain(a.value), true), '"')
	}
}

func (w *xmlWriter) close(name string) {
	w.b = append(append(append(w.b, "</"...), name...), '>')
}

// appendXML escapes a text. What XML has no form for becomes U+FFFD, as invalid UTF-8 does.
func appendXML(b []byte, s string, inAttribute bool) []byte {
	for _, r := range s {
		switch {
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '\r':
			b = append(b, "&#xD;"...)
		case inAttribute && r == '"':
			b = append(b, "&quot;"...)
		case inAttribute && r == '\n':
			b = append(b, "&#xA;"...)
		case inAttribute && r == '\t':
			b = append(b, "&#x9;"...)
		case r < ' ' && r != '\n' && r != '\t', r == 0xfffe, r == 0xffff:
			b = append(b, "\ufffd"...)
		default:
			b = append(b, string(r)...)
		}
	}
	return b
}

// fits says whether a row's value can stand in XML where the row wants it: a list or a map not in an attribute, and
// a map only of names that XML takes and the frame knows.
func (x *XML) fits(steps []step, value string) bool {
	if value[0] != '[' && value[0] != '{' {
		return !strings.HasPrefix(steps[len(steps)-1].key, "@") || value != "null"
	}
	var v any
	return !strings.HasPrefix(steps[len(steps)-1].key, "@") && json.Unmarshal([]byte(value), &v) == nil && x.knowsNames(v)
}

func (x *XML) knowsNames(v any) bool {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if _, nested := e.([]any); nested || !x.knowsNames(e) {
				return false
			}
		}
	case map[string]any:
		for name, e := range v {
			_, declared := x.Namespaces[prefixOf(name)]
			if !isQName(name) || prefixOf(name) != "" && !declared || !x.knowsNames(e) {
				return false
			}
		}
	}
	return true
}

// write puts the rows' elements in their frame.
func (x *XML) write(head, body *element) string {
	w := xmlWriter{b: make([]byte, 0, 1024)}
	if !x.isSOAP() {
		w.element(x.Root, body)
		return xmlDeclaration + w.declared(x, len("<")+len(x.Root), true)
	}
	if len(head.children) > 0 {
		w.b = append(w.b, soapHeaderOpen...)
		w.inside(head)
		w.b = append(w.b, soapHeaderClose...)
	}
	w.b = append(w.b, soapBodyOpen...)
	rootNamed := len(w.b) + len("<") + len(x.Root)
	w.element(x.Root, body)
	w.b = append(w.b, "</soap:Body></soap:Envelope>"...)
	space := soap11Space
	if x.Envelope == SOAP12 {
		space = soap12Space
	}
	inside := w.declared(x, rootNamed, false)
	return xmlDeclaration + `<soap:Envelope xmlns:soap="` + space + `"` + string(x.prefixes(w.xsi)) + ">" + inside
}

const (
	xmlDeclaration  = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	soapHeaderOpen  = "<soap:Header>"
	soapHeaderClose = "</soap:Header>"
	soapBodyOpen    = "<soap:Body>"
)

// declared is what was written with the namespaces of the root in the root's tag, which is named up to at. The one of
// names without a prefix always stands there, so that it is not the envelope's.
func (w *xmlWriter) declared(x *XML, at int, all bool) string {
	var d []byte
	if uri, ok := x.Namespaces[""]; ok {
		d = append(appendXML(append(d, ` xmlns="`...), uri, true), '"')
	}
	if all {
		d = append(d, x.prefixes(w.xsi)...)
	}
	return string(w.b[:at]) + string(d) + string(w.b[at:])
}

// prefixes declares the namespaces that have one, in the order of their names.
func (x *XML) prefixes(xsi bool) (d []byte) {
	for _, prefix := range slices.Sorted(maps.Keys(x.Namespaces)) {
		if prefix != "" {
			d = append(append(append(d, " xmlns:"...), prefix...), `="`...)
			d = append(appendXML(d, x.Namespaces[prefix], true), '"')
		}
	}
	if xsi {
		d = append(d, ` xmlns:xsi="`+xsiSpace+`"`...)
	}
	return d
}

// contentType is the body's, and for SOAP 1.2 the action.
func (x *XML) contentType() string {
	switch {
	case x.Envelope == SOAP12 && x.Action != "":
		return `application/soap+xml; charset=utf-8; action="` + x.Action + `"`
	case x.Envelope == SOAP12:
		return "application/soap+xml; charset=utf-8"
	case x.Envelope == SOAP11:
		return "text/xml; charset=utf-8"
	}
	return "application/xml; charset=utf-8"
}
