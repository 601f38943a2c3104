package soap

import (
	"strings"
)

// version is one of SOAP's two.
type version struct {
	space, mime      string
	sender, receiver string // whose fault it is
	actor            string // the attribute that says whom a header is for
	refused          int    // HTTP status of the sender's fault
	next             []string
}

var (
	soap11 = &version{space: "http://schemas.xmlsoap.org/soap/envelope/", mime: "text/xml", sender: "Client", receiver: "Server",
		actor: "actor", refused: 500, next: []string{"http://schemas.xmlsoap.org/soap/actor/next"}}
	soap12 = &version{space: "http://www.w3.org/2003/05/soap-envelope", mime: "application/soap+xml", sender: "Sender", receiver: "Receiver",
		actor: "role", refused: 400, next: []string{"http://www.w3.org/2003/05/soap-envelope/role/next", "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver"}}
)

// message is what is known of a message before its parameters are read.
type message struct {
	version *version
	header  header
	// operation is the body's element, which alone says what is called: SOAPAction may be quoted, absent or wrong.
	operation name
	// body is where the Body begins: what stands before may hold credentials.
	body int
}

// Fault codes that aren't about who is at fault.
const (
	mismatch   = "VersionMismatch"
	understand = "MustUnderstand"
)

// wrongEnvelope is the root being no envelope of a version that is spoken here.
type wrongEnvelope struct{ error }

func (w wrongEnvelope) Unwrap() error { return w.error }

// head reads up to the operation's start tag. The message says what was known when it failed.
func (s *scanner) head() (m message, err error) {
	root, err := s.element()
	if err != nil {
		return m, err
	}
	switch {
	case root.name == name{soap11.space, "Envelope"}:
		m.version = soap11
	case root.name == name{soap12.space, "Envelope"}:
		m.version = soap12
	default:
		s.at = root.at
		return m, wrongEnvelope{s.bad("envelope")}
	}
	part, err := s.element()
	if err == nil && part.name == (name{m.version.space, "Header"}) {
		if err = s.header(&m); err == nil {
			part, err = s.element()
		}
	}
	if err != nil {
		return m, err
	}
	if part.name != (name{m.version.space, "Body"}) {
		s.at = part.at
		return m, s.bad("envelope")
	}
	m.body = part.at
	operation, err := s.element()
	m.operation = operation.name
	return m, err
}

// element is the next start tag, with nothing but blanks before it. Where there is an end tag instead, the envelope
// is not what it should be.
func (s *scanner) element() (token, error) {
	for {
		t, err := s.next()
		switch {
		case err != nil, t.kind == startTag:
			return t, err
		case t.kind != chars || strings.Trim(t.text, blanks) != "":
			s.at = t.at
			return t, s.bad("envelope")
		}
	}
}

// finish sees that nothing follows the operation but the end of everything.
func (s *scanner) finish() error {
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return err
		case t.kind == theEnd:
			return nil
		case t.kind == startTag, t.kind == chars && strings.Trim(t.text, blanks) != "":
			s.at = t.at
			return s.bad("envelope")
		}
	}
}

// skip passes over the element whose start tag was just read, and answers the text inside it.
func (s *scanner) skip() (text string, err error) {
	var content strings.Builder
	for depth := 1; depth > 0; {
		t, err := s.next()
		if err != nil {
			return "", err
		}
		switch t.kind {
		case startTag:
			depth++
		case endTag:
			depth--
		case chars:
			content.WriteString(t.text)
		}
	}
	return content.String(), nil
}
