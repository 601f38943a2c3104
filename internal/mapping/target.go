package mapping

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// place is the part of a call in which a value travels.
type place int

const (
	inBody place = iota // of JSON, or as a form field
	inURL               // a query parameter
	inHeader
	inPath
	inFile       // the part of a multipart body that carries an attachment's bytes
	inSOAPHeader // the header of an envelope of SOAP
)

var prefixes = []struct {
	text  string
	place place
}{{"cabecalho:", inHeader}, {"url:", inURL}, {"caminho:", inPath}, {"arquivo:", inFile}}

// soapHeader begins a destino in the header of an envelope; a path in XML follows.
const soapHeader = "cabecalho_soap:"

const (
	maxTarget = 200
	maxDepth  = 10
	maxIndex  = 99
)

// target is a parsed destino: a path where it lies in JSON, a name everywhere else.
type target struct {
	place place
	name  string
	steps []step
}

// step goes into an object by key, or into a list by index where key is empty.
type step struct {
	key   string
	index int
}

// parseTarget answers the code of what is wrong, or "".
func parseTarget(s string, body BodyKind) (target, string) {
	if s == "" {
		return target{}, "obrigatorio"
	}
	if len(s) > maxTarget || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.TrimSpace(s) != s {
		return target{}, "destino_invalido"
	}
	for _, p := range prefixes {
		if name, ok := strings.CutPrefix(s, p.text); ok {
			if name == "" || p.place == inPath && !isName(name) {
				return target{}, "destino_invalido"
			}
			return target{place: p.place, name: name}, ""
		}
	}
	switch body {
	case BodyXML:
		return parseXMLTarget(s)
	case BodyQuery:
		return target{place: inURL, name: s}, ""
	case BodyForm, BodyMultipart:
		return target{place: inBody, name: s}, ""
	}
	steps, ok := parseSteps(s)
	if !ok {
		return target{}, "destino_invalido"
	}
	return target{place: inBody, name: s, steps: steps}, ""
}

func parseSteps(s string) (steps []step, ok bool) {
	rest, wantKey := s, true
	for rest != "" {
		if len(steps) == maxDepth {
			return nil, false
		}
		if rest[0] == '[' {
			end := strings.IndexByte(rest, ']')
			if end < 2 || wantKey && len(steps) > 0 {
				return nil, false
			}
			n, err := strconv.Atoi(rest[1:end])
			if err != nil || n < 0 || n > maxIndex || strconv.Itoa(n) != rest[1:end] {
				return nil, false
			}
			steps, rest, wantKey = append(steps, step{index: n}), rest[end+1:], false
		} else {
			if !wantKey {
				return nil, false
			}
			end := strings.IndexAny(rest, ".[]")
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				return nil, false
			}
			steps, rest, wantKey = append(steps, step{key: rest[:end]}), rest[end:], false
		}
		if strings.HasPrefix(rest, ".") {
			rest, wantKey = rest[1:], true
		}
	}
	return steps, !wantKey
}

// isName says whether s can be a {name} of a path or the key of an extraction.
func isName(s string) bool {
	return s != "" && len(s) <= 60 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	})
}

// tree is a JSON value under construction. Keys keep the order in which rows named them, so that a body reads
// like its table and is the same every time.
type tree struct {
	leaf     string // encoded JSON; empty in a branch
	branches []branch
	list     bool
}

type branch struct {
	step
	to *tree
}

// put sets the leaf at the end of steps; false where a row already put something else there.
func (t *tree) put(steps []step, leaf string) bool {
	if len(steps) == 0 {
		if t.leaf != "" || len(t.branches) > 0 {
			return false
		}
		t.leaf = leaf
		return true
	}
	s := steps[0]
	isList := s.key == ""
	if t.leaf != "" || len(t.branches) > 0 && t.list != isList {
		return false
	}
	t.list = isList
	i := slices.IndexFunc(t.branches, func(b branch) bool { return b.step == s })
	if i < 0 {
		i = len(t.branches)
		if isList {
			i, _ = slices.BinarySearchFunc(t.branches, s.index, func(b branch, n int) int { return b.index - n })
		}
		t.branches = slices.Insert(t.branches, i, branch{s, &tree{}})
	}
	return t.branches[i].to.put(steps[1:], leaf)
}

func (t *tree) write(b []byte) []byte {
	switch {
	case t.leaf != "":
		return append(b, t.leaf...)
	case t.list:
		b = append(b, '[')
		for i, e := range t.branches {
			if i > 0 {
				b = append(b, ',')
			}
			b = e.to.write(b)
		}
		return append(b, ']')
	}
	b = append(b, '{')
	for i, e := range t.branches {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, e.key)
		b = append(b, ':')
		b = e.to.write(b)
	}
	return append(b, '}')
}
