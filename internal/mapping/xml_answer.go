package mapping

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// What an answer in XML may hold; more is taken for an attack or an accident.
const (
	maxXMLDepth  = 64
	maxXMLTokens = 200_000
)

// xmlText is the key of an element's own text, where it has attributes or elements beside it.
const xmlText = "#texto"

// xmlAnswer is an answer in XML: what its root holds, out of the envelope where there is one.
type xmlAnswer struct {
	root  string // local name
	body  any    // what the root holds
	fault map[string]any
}

// node is an element on its way to becoming a value.
type node struct {
	space, name string
	fields      map[string]any
	text        strings.Builder
	isNil       bool
	first       *node // of its elements
	value       any   // once it has ended
}

// decodeXML reads one whole document. It knows no entities but XML's own five, refuses a DTD, and stops at its limits.
// Elements become maps by their local names; one that comes more than once, a list; attributes "@name"; an element
// with neither is its text, without the blanks around it, and with xsi:nil null.
func decodeXML(text string) (*xmlAnswer, bool) {
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // the text is UTF-8 by now
	var top, body *node
	var path []*node
	for range maxXMLTokens {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if top == nil || len(path) > 0 {
				return nil, false
			}
			return opened(top, body)
		}
		if err != nil {
			return nil, false
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, false
		case xml.StartElement:
			n := newNode(t)
			switch {
			case len(path) == maxXMLDepth, top != nil && len(path) == 0:
				return nil, false
			case top == nil:
				top = n
			case len(path) == 1 && body == nil && n.name == "Body" && n.space == top.space:
				body = n
			}
			path = append(path, n)
		case xml.EndElement:
			n := path[len(path)-1]
			n.end()
			if path = path[:len(path)-1]; len(path) > 0 {
				path[len(path)-1].takes(n)
			}
		case xml.CharData:
			if len(path) > 0 {
				path[len(path)-1].text.Write(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return nil, false
			}
		}
	}
	return nil, false
}

func newNode(t xml.StartElement) *node {
	n := &node{space: t.Name.Space, name: t.Name.Local}
	for _, a := range t.Attr {
		switch a.Name.Space {
		case "xmlns", soap11Space, soap12Space:
		case xsiSpace:
			n.isNil = n.isNil || a.Name.Local == "nil" && (a.Value == "true" || a.Value == "1")
		default:
			if a.Name.Local != "xmlns" {
				n.add("@"+a.Name.Local, a.Value)
			}
		}
	}
	return n
}

func (n *node) takes(child *node) {
	if n.first == nil {
		n.first = child
	}
	n.add(child.name, child.value)
}

// repeated is a list that is still growing.
type repeated []any

func (n *node) add(name string, v any) {
	if n.fields == nil {
		n.fields = map[string]any{}
	}
	before, there := n.fields[name]
	list, isList := before.(repeated)
	switch {
	case isList:
		list = append(list, v)
		n.fields[name] = list
	case there:
		n.fields[name] = repeated{before, v}
	default:
		n.fields[name] = v
	}
}

func (n *node) end() {
	text := strings.TrimSpace(n.text.String())
	switch {
	case n.isNil:
	case n.fields == nil:
		n.value = text
	default:
		for name, v := range n.fields {
			if list, ok := v.(repeated); ok {
				n.fields[name] = []any(list)
			}
		}
		if text != "" {
			n.fields[xmlText] = text
		}
		n.value = n.fields
	}
}

// opened takes an answer out of its envelope. An envelope without a body is no answer; one with nothing in its body
// says nothing, as an empty answer does.
func opened(top, body *node) (*xmlAnswer, bool) {
	if top.name != "Envelope" || top.space != soap11Space && top.space != soap12Space {
		return &xmlAnswer{root: top.name, body: top.value}, true
	}
	if body == nil {
		return nil, false
	}
	out := &xmlAnswer{}
	if first := body.first; first != nil {
		out.root, out.body = first.name, first.value
		if first.name == "Fault" && first.space == top.space {
			out.fault = faultOf(first)
		}
	}
	return out, true
}

// faultOf gives the Faults of both versions one form: codigo and subcodigo without their prefixes, mensagem, detalhe.
func faultOf(n *node) map[string]any {
	at := func(v any, name string) any {
		m, _ := v.(map[string]any)
		return m[name]
	}
	code, sub := at(n.value, "faultcode"), any(nil)
	message, detail := at(n.value, "faultstring"), at(n.value, "detail")
	if n.space == soap12Space {
		code, sub = at(at(n.value, "Code"), "Value"), at(at(at(n.value, "Code"), "Subcode"), "Value")
		message, detail = at(at(n.value, "Reason"), "Text"), at(n.value, "Detail")
	}
	local := func(v any) string {
		s := elementText(v)
		return s[strings.LastIndexByte(s, ':')+1:]
	}
	return map[string]any{"codigo": local(code), "subcodigo": local(sub), "mensagem": elementText(message), "detalhe": detail}
}

// elementText is the text of an element, whether it has attributes or not, and of the first where there are several.
func elementText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		s, _ := v[xmlText].(string)
		return s
	case []any:
		if len(v) > 0 {
			return elementText(v[0])
		}
	}
	return ""
}

var xmlEncoding = regexp.MustCompile(`^<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']`)

// latin1 says whether a charset is one of the two that old servers still use beside UTF-8.
func latin1(name string) bool {
	switch strings.ToLower(name) {
	case "iso-8859-1", "latin1", "windows-1252":
		return true
	}
	return false
}

// fromLatin1 reads Windows-1252, which is ISO-8859-1 as it is written.
func fromLatin1(b []byte) (string, bool) {
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	return string(out), err == nil
}
