package soap

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// letters are those beyond ASCII that a name may begin with (XML 1.0, fifth edition); marks may only follow.
var (
	letters = &unicode.RangeTable{R16: []unicode.Range16{{0xC0, 0xD6, 1}, {0xD8, 0xF6, 1}, {0xF8, 0x2FF, 1}, {0x370, 0x37D, 1}, {0x37F, 0x1FFF, 1},
		{0x200C, 0x200D, 1}, {0x2070, 0x218F, 1}, {0x2C00, 0x2FEF, 1}, {0x3001, 0xD7FF, 1}, {0xF900, 0xFDCF, 1}, {0xFDF0, 0xFFFD, 1}},
		R32: []unicode.Range32{{0x10000, 0xEFFFF, 1}}, LatinOffset: 2}
	marks = &unicode.RangeTable{R16: []unicode.Range16{{0xB7, 0xB7, 1}, {0x300, 0x36F, 1}, {0x203F, 0x2040, 1}}, LatinOffset: 1}
)

// nameLength is how many bytes of text are a name, its colon included.
func nameLength(text string) int {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':':
			i++
		case c >= '0' && c <= '9' || c == '-' || c == '.':
			if i == 0 {
				return 0
			}
			i++
		case c < utf8.RuneSelf:
			return i
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 || !unicode.Is(letters, r) && (i == 0 || !unicode.Is(marks, r)) {
				return i
			}
			i += size
		}
	}
	return len(text)
}

const xmlSpace = "http://www.w3.org/XML/1998/namespace"

// meanings binds the tag's prefixes and resolves its names.
func (s *scanner) meanings(raw string, t *token) error {
	for _, a := range s.attrs {
		prefix, declared := strings.CutPrefix(a.raw, "xmlns:")
		if a.raw == "xmlns" {
			prefix, declared = "", true
		}
		if !declared {
			continue
		}
		if prefix != "" && a.value == "" || prefix == "xmlns" || prefix == "xml" != (a.value == xmlSpace) {
			s.at = t.at
			return s.bad("xml")
		}
		s.bound = append(s.bound, binding{prefix, a.value})
	}
	var ok bool
	if t.name, ok = s.meaning(raw, true); !ok {
		s.at = t.at
		return s.bad("xml_prefixo")
	}
	for i := range s.attrs {
		a := &s.attrs[i]
		if a.raw == "xmlns" || strings.HasPrefix(a.raw, "xmlns:") {
			continue
		}
		if a.name, ok = s.meaning(a.raw, false); !ok {
			s.at = t.at
			return s.bad("xml_prefixo")
		}
	}
	return nil
}

// meaning finds what a name stands for; the default namespace is for elements only.
func (s *scanner) meaning(raw string, element bool) (name, bool) {
	prefix, local, prefixed := strings.Cut(raw, ":")
	if !prefixed {
		prefix, local = "", raw
		if !element {
			return name{local: local}, true
		}
	}
	for i := len(s.bound) - 1; i >= 0; i-- {
		if s.bound[i].prefix == prefix {
			return name{s.bound[i].space, local}, true
		}
	}
	if prefix == "xml" {
		return name{xmlSpace, local}, true
	}
	return name{local: local}, !prefixed
}

// value is the attribute's, "" where it isn't there.
func (s *scanner) value(match func(name) bool) string {
	for _, a := range s.attrs {
		if a.local != "" && match(a.name) {
			return strings.Trim(a.value, blanks)
		}
	}
	return ""
}

// entities are the five of XML; a DTD could name others, and is refused.
var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// resolved fills in references; text without them is given back as it is. s.at stands where raw begins, and moves
// only to the reference that is none.
func (s *scanner) resolved(raw string) (string, error) {
	if !strings.Contains(raw, "&") {
		return raw, nil
	}
	var b strings.Builder
	b.Grow(len(raw))
	rest := raw
	for {
		before, reference, found := strings.Cut(rest, "&")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		start := s.at + len(raw) - len(reference) - 1
		reference, after, ended := strings.Cut(reference, ";")
		if !ended && s.at+len(raw) == len(s.text) {
			s.at = len(s.text)
			return "", s.cut()
		}
		text, known := dereference(reference)
		if !ended || !known {
			s.at = start
			return "", s.bad("xml_entidade")
		}
		b.WriteString(text)
		rest = after
	}
}

func dereference(reference string) (string, bool) {
	digits, numeric := strings.CutPrefix(reference, "#")
	if !numeric {
		text, ok := entities[reference]
		return text, ok
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil || digits[0] == '+' || !allowed(rune(n)) {
		return "", false
	}
	return string(rune(n)), true
}

// allowed says whether XML may hold the character.
func allowed(r rune) bool {
	return r >= ' ' && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}
