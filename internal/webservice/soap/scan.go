package soap

import (
	"strings"

	"ponte/internal/desk"
)

// What a message may hold: a hundred times what a caller needs, and nothing that costs.
const (
	maxDepth      = 64
	maxTokens     = 10_000
	maxAttributes = 64
)

// scanner reads XML 1.0 with namespaces, without DTDs. encoding/xml is not used because it copies a file's base64 four
// times and is slow; here values are cut out of the message. A fuzz test compares the two.
type scanner struct {
	text   string
	at     int
	tokens int
	open   []element
	bound  []binding
	attrs  []attribute // of the last start tag
	closed bool        // the last start tag closed itself: its end comes next
	begun  bool        // the root was seen
}

// element is one that is open.
type element struct {
	raw   string // as it is written
	bound int    // how many bindings held outside it
}

type binding struct{ prefix, space string }

type name struct{ space, local string }

type attribute struct {
	raw string
	name
	value string
}

type kind uint8

const (
	startTag kind = iota
	endTag
	chars
	theEnd
)

// token is a piece of the message; attributes lie in the scanner until the next one.
type token struct {
	kind kind
	name name
	text string
	at   int // where it begins
}

// bad is a refusal of the text at hand.
func (s *scanner) bad(reason string) error {
	return desk.Fail(desk.ErrContent, "motivo", reason, "posicao", s.at+1)
}

// cut is a refusal of what ends too early, or is malformed where it ends.
func (s *scanner) cut() error {
	if s.at >= len(s.text) {
		return s.bad("xml_cortado")
	}
	return s.bad("xml")
}

// next passes over comments and processing instructions.
func (s *scanner) next() (token, error) {
	if s.closed {
		s.closed = false
		return s.pop()
	}
	for {
		if s.tokens++; s.tokens > maxTokens {
			return token{}, s.bad("xml_demais")
		}
		if s.at == len(s.text) {
			if len(s.open) > 0 || !s.begun {
				return token{}, s.cut()
			}
			return token{kind: theEnd, at: s.at}, nil
		}
		if s.text[s.at] != '<' {
			return s.run()
		}
		rest := s.text[s.at:]
		var err error
		switch {
		case strings.HasPrefix(rest, "</"):
			return s.end()
		case strings.HasPrefix(rest, "<?"):
			err = s.instruction()
		case strings.HasPrefix(rest, "<!--"):
			err = s.comment()
		case strings.HasPrefix(rest, "<![CDATA["):
			return s.cdata()
		case strings.HasPrefix(rest, "<!"):
			if strings.HasPrefix("<![CDATA[", rest) || strings.HasPrefix("<!--", rest) {
				s.at = len(s.text)
				return token{}, s.cut()
			}
			return token{}, s.bad("xml_dtd")
		default:
			return s.start()
		}
		if err != nil {
			return token{}, err
		}
	}
}

// run reads text up to the next tag.
func (s *scanner) run() (token, error) {
	t := token{kind: chars, at: s.at}
	raw := s.text[s.at:]
	if i := strings.IndexByte(raw, '<'); i >= 0 {
		raw = raw[:i]
	}
	if len(s.open) == 0 && strings.Trim(raw, blanks) != "" {
		return t, s.bad("xml") // text before or after the root
	}
	if i := strings.Index(raw, "]]>"); i >= 0 {
		s.at += i
		return t, s.bad("xml")
	}
	text, err := s.resolved(raw)
	s.at += len(raw)
	t.text = text
	return t, err
}

const blanks = " \t\r\n"

// after finds the end of something that must end.
func (s *scanner) after(skip int, end string) (inside string, err error) {
	if s.at+skip > len(s.text) {
		s.at = len(s.text)
		return "", s.cut()
	}
	inside, _, ok := strings.Cut(s.text[s.at+skip:], end)
	if !ok {
		s.at = len(s.text)
		return "", s.cut()
	}
	s.at += skip + len(inside) + len(end)
	return inside, nil
}

func (s *scanner) comment() error {
	start := s.at
	inside, err := s.after(len("<!--"), "--")
	if err != nil {
		return err
	}
	if s.at == len(s.text) {
		return s.cut()
	}
	if s.text[s.at] != '>' {
		s.at = start + len("<!--") + len(inside)
		return s.bad("xml") // -- inside
	}
	s.at++
	return nil
}

// instruction takes the declaration at the very beginning, and passes over any other.
func (s *scanner) instruction() error {
	start := s.at
	inside, err := s.after(len("<?"), "?>")
	if err != nil {
		return err
	}
	target := inside[:nameLength(inside)]
	if target == "" || len(inside) > len(target) && !strings.ContainsRune(blanks, rune(inside[len(target)])) ||
		strings.EqualFold(target, "xml") && (start != 0 || target != "xml") {
		s.at = start
		return s.bad("xml")
	}
	return nil
}

func (s *scanner) cdata() (token, error) {
	t := token{kind: chars, at: s.at}
	if len(s.open) == 0 {
		return t, s.bad("xml")
	}
	inside, err := s.after(len("<![CDATA["), "]]>")
	t.text = inside
	return t, err
}

// start reads a start tag, and finds out what its names stand for.
func (s *scanner) start() (token, error) {
	t := token{kind: startTag, at: s.at}
	if len(s.open) == 0 && s.begun {
		return t, s.bad("xml") // a second root
	}
	if len(s.open) == maxDepth {
		return t, s.bad("xml_fundo")
	}
	s.at++
	raw, err := s.rawName()
	if err != nil {
		return t, err
	}
	s.begun = true
	s.open = append(s.open, element{raw: raw, bound: len(s.bound)})
	if err := s.attributes(); err != nil {
		return t, err
	}
	if s.text[s.at] == '/' {
		s.closed = true
		s.at++
	}
	s.at++
	return t, s.meanings(raw, &t)
}

// attributes reads up to the tag's > or />.
func (s *scanner) attributes() error {
	s.attrs = s.attrs[:0]
	for {
		before := s.at
		s.skipBlanks()
		switch {
		case s.at == len(s.text):
			return s.cut()
		case s.text[s.at] == '>', strings.HasPrefix(s.text[s.at:], "/>"):
			return nil
		case s.text[s.at:] == "/":
			s.at++
			return s.cut()
		case s.at == before:
			return s.bad("xml") // no blank before an attribute
		case len(s.attrs) == maxAttributes:
			return s.bad("xml_demais")
		}
		if err := s.attribute(); err != nil {
			return err
		}
	}
}

func (s *scanner) attribute() error {
	raw, err := s.rawName()
	if err != nil {
		return err
	}
	for _, a := range s.attrs {
		if a.raw == raw {
			return s.bad("xml")
		}
	}
	s.skipBlanks()
	if s.at == len(s.text) || s.text[s.at] != '=' {
		return s.cut()
	}
	s.at++
	s.skipBlanks()
	if s.at == len(s.text) || s.text[s.at] != '"' && s.text[s.at] != '\'' {
		return s.cut()
	}
	start := s.at
	value, err := s.after(1, s.text[start:start+1])
	if err != nil {
		return err
	}
	end := s.at
	s.at = start + 1
	if i := strings.IndexByte(value, '<'); i >= 0 {
		s.at += i
		return s.bad("xml")
	}
	if value, err = s.resolved(value); err != nil {
		return err
	}
	s.at = end
	s.attrs = append(s.attrs, attribute{raw: raw, value: value})
	return nil
}

func (s *scanner) skipBlanks() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\t' || s.text[s.at] == '\r') {
		s.at++
	}
}

func (s *scanner) rawName() (string, error) {
	n := nameLength(s.text[s.at:])
	if n == 0 {
		return "", s.cut()
	}
	raw := s.text[s.at : s.at+n]
	if strings.Count(raw, ":") > 1 || raw[0] == ':' || raw[n-1] == ':' && s.at+n < len(s.text) {
		return "", s.bad("xml")
	}
	s.at += n
	return raw, nil
}

func (s *scanner) end() (token, error) {
	t := token{kind: endTag, at: s.at}
	s.at += len("</")
	raw, err := s.rawName()
	if err != nil {
		return t, err
	}
	s.skipBlanks()
	if s.at == len(s.text) {
		return t, s.cut()
	}
	if s.text[s.at] != '>' || len(s.open) == 0 || s.open[len(s.open)-1].raw != raw {
		s.at = t.at
		return t, s.bad("xml")
	}
	s.at++
	ended, err := s.pop()
	ended.at = t.at
	return ended, err
}

func (s *scanner) pop() (token, error) {
	last := s.open[len(s.open)-1]
	s.open, s.bound = s.open[:len(s.open)-1], s.bound[:last.bound]
	return token{kind: endTag, at: s.at}, nil
}
