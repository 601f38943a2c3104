package mapping

import (
	"strings"
	"unicode"
)

// parseXMLTarget reads a destino of a body of kind xml: a path of elements below the root, a.b[1].c, that may end in
// an attribute, a.b.@id; or the same below the envelope's header.
func parseXMLTarget(s string) (target, string) {
	path, inHead := strings.CutPrefix(s, soapHeader)
	steps, ok := parseSteps(path)
	if !ok || !validXMLSteps(steps) || inHead && strings.HasPrefix(steps[0].key, "@") {
		return target{}, "destino_invalido"
	}
	t := target{place: inBody, name: s, steps: steps}
	if inHead {
		t.place = inSOAPHeader
	}
	return t, ""
}

// validXMLSteps: names that XML takes, an attribute only at the end, an index only after an element.
func validXMLSteps(steps []step) bool {
	for i, s := range steps {
		name, isAttribute := strings.CutPrefix(s.key, "@")
		switch {
		case s.key == "" && (i == 0 || steps[i-1].key == ""):
			return false
		case s.key != "" && !isQName(name), isAttribute && (i < len(steps)-1 || name == "xmlns"):
			return false
		}
	}
	return true
}

// isQName takes "name" and "prefix:name".
func isQName(s string) bool {
	prefix, local, there := strings.Cut(s, ":")
	return isNCName(prefix) && (!there || isNCName(local))
}

// isNCName is XML's rule for names but for the full stop, which stands between the steps of a path.
func isNCName(s string) bool {
	for i, r := range s {
		switch {
		case r == '_', unicode.IsLetter(r):
		case i > 0 && (r == '-' || r == '·' || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)):
		default:
			return false
		}
	}
	return s != ""
}

// prefixOf is the prefix of an element's or an attribute's name; "" where it has none.
func prefixOf(name string) string {
	prefix, _, there := strings.Cut(strings.TrimPrefix(name, "@"), ":")
	if !there {
		return ""
	}
	return prefix
}

// takesNull says whether "nothing" has a form of its own there: null in JSON, xsi:nil of an element.
func (t target) takesNull(body BodyKind) bool {
	switch {
	case body == BodyJSON:
		return t.place == inBody
	case body == BodyXML && len(t.steps) > 0:
		return !strings.HasPrefix(t.steps[len(t.steps)-1].key, "@")
	}
	return false
}
