package rest

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

// maxDepth bounds nested values, which are refused anyway but have to be skipped.
const maxDepth = 64

// decodeJSON reads one flat object, which must be valid UTF-8. encoding/json is not used because it takes lone
// surrogates, can't say that a value was nested without decoding it, and copies a file's base64 three times; here
// values are cut out of the body. A fuzz test compares the two.
func decodeJSON(body string) ([]webservice.Param, error) {
	s := &scanner{text: strings.TrimPrefix(body, "\uFEFF")} // RFC 8259 allows to ignore a BOM; .NET sends it
	s.blanks()
	if s.at == len(s.text) {
		return nil, nil // no body: an empty object
	}
	params, ok := s.object()
	if ok {
		s.blanks()
		ok = s.at == len(s.text)
	}
	switch {
	case s.full:
		return nil, desk.Fail(desk.ErrContent, "motivo", "parametros_demais")
	case !ok:
		return nil, desk.Fail(desk.ErrContent, "motivo", "json", "posicao", s.at+len(body)-len(s.text)+1)
	}
	return params, nil
}

// scanner walks over the text; its methods say whether what they expect was there, and stop where it wasn't.
type scanner struct {
	text string
	at   int
	full bool // too many parameters
}

func (s *scanner) blanks() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next is the byte at hand, 0 at the end (0 itself is never valid outside a string).
func (s *scanner) next() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) object() ([]webservice.Param, bool) {
	if !s.take('{') {
		return nil, false
	}
	params := make([]webservice.Param, 0, 8)
	s.blanks()
	if s.take('}') {
		return params, true
	}
	for {
		if len(params) == webservice.MaxParams {
			s.full = true
			return nil, false
		}
		name, ok := s.name()
		if !ok {
			return nil, false
		}
		p, ok := s.param(name)
		if !ok {
			return nil, false
		}
		params = append(params, p)
		s.blanks()
		if s.take('}') {
			return params, true
		}
		if !s.take(',') {
			return nil, false
		}
	}
}

// name reads `"name":` with the blanks around it.
func (s *scanner) name() (string, bool) {
	s.blanks()
	name, ok := s.str()
	if !ok {
		return "", false
	}
	s.blanks()
	if !s.take(':') {
		return "", false
	}
	s.blanks()
	return name, true
}

func (s *scanner) param(name string) (webservice.Param, bool) {
	p := webservice.Param{Name: name}
	start := s.at
	switch s.next() {
	case '"':
		text, ok := s.str()
		p.Text = text
		return p, ok
	case 'n':
		p.Form = webservice.Null
	case '{', '[':
		p.Form = webservice.Nested
	}
	ok := s.skip(0)
	p.Text = s.text[start:s.at]
	return p, ok
}

// skip passes over any value.
func (s *scanner) skip(depth int) bool {
	switch c := s.next(); {
	case depth > maxDepth:
		return false
	case c == '"':
		_, ok := s.str()
		return ok
	case c == '{':
		return s.skipAll('}', depth, true)
	case c == '[':
		return s.skipAll(']', depth, false)
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) skipAll(end byte, depth int, named bool) bool {
	s.at++
	s.blanks()
	if s.take(end) {
		return true
	}
	for {
		s.blanks()
		if named {
			if _, ok := s.name(); !ok {
				return false
			}
		}
		if !s.skip(depth + 1) {
			return false
		}
		s.blanks()
		if s.take(end) {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) word(w string) bool {
	if !strings.HasPrefix(s.text[s.at:], w) {
		return false
	}
	s.at += len(w)
	return true
}

func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if c := s.next(); c == 'e' || c == 'E' {
		s.at++
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.at
	for c := s.next(); c >= '0' && c <= '9'; c = s.next() {
		s.at++
	}
	return s.at > start
}

// str reads a string; without escapes it shares the body's bytes.
func (s *scanner) str() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	start := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[start : s.at-1], true
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return "", false
		}
		s.at++
	}
	return "", false
}

var shortEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on with a string that has an escape.
func (s *scanner) escaped(start int) (string, bool) {
	b := []byte(s.text[start:s.at])
	for s.at < len(s.text) {
		c := s.text[s.at]
		if c < ' ' {
			return "", false
		}
		s.at++
		if c == '"' {
			return string(b), true
		}
		if c != '\\' {
			b = append(b, c)
			continue
		}
		if s.take('u') {
			r, ok := s.unicode()
			if !ok {
				return "", false
			}
			b = utf8.AppendRune(b, r)
			continue
		}
		plain := shortEscapes[s.next()]
		if plain == 0 {
			return "", false
		}
		b = append(b, plain)
		s.at++
	}
	return "", false
}

// unicode reads the digits of \uXXXX, and the second half of a surrogate pair; half a pair is no character.
func (s *scanner) unicode() (rune, bool) {
	r, ok := s.hex4()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if !s.take('\\') || !s.take('u') {
		return 0, false
	}
	second, ok := s.hex4()
	r = utf16.DecodeRune(r, second)
	return r, ok && r != utf8.RuneError
}

func (s *scanner) hex4() (rune, bool) {
	if s.at+4 > len(s.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(s.text[s.at:s.at+4], 16, 16)
	if err != nil {
		return 0, false
	}
	s.at += 4
	return rune(n), true
}
