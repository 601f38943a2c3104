package soap

import (
	"slices"
	"strings"

	"ponte/internal/webservice"
)

// header is what a message's header says that matters here.
type header struct {
	password string // of a WS-Security UsernameToken
	digest   bool   // it came as a digest, which a stored hash can't be held against
	// missed are the blocks that must be understood and aren't.
	missed []name
}

func (h header) credentials() (webservice.Credentials, bool) {
	return webservice.Credentials{Scheme: "wsse", Token: h.password}, h.password != ""
}

// header reads the blocks up to the Header's end.
func (s *scanner) header(m *message) error {
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return err
		case t.kind == endTag:
			return nil
		case t.kind == chars:
			if strings.Trim(t.text, blanks) != "" {
				s.at = t.at
				return s.bad("envelope")
			}
			continue
		}
		demanded := s.demanded(m.version)
		understood := addressing(t.name.space)
		if security(t.name) {
			understood, err = s.security(&m.header)
		} else {
			_, err = s.skip()
		}
		if err != nil {
			return err
		}
		if demanded && !understood {
			m.header.missed = append(m.header.missed, t.name)
		}
	}
}

// demanded says whether the block must be understood, and by us.
func (s *scanner) demanded(v *version) bool {
	must := s.value(func(n name) bool { return n == name{v.space, "mustUnderstand"} })
	actor := s.value(func(n name) bool { return n == name{v.space, v.actor} })
	return (must == "1" || must == "true") && (actor == "" || slices.Contains(v.next, actor))
}

// addressing is WS-Addressing, whose blocks .NET marks as mandatory: the answer to an anonymous caller by HTTP is what
// they ask for.
func addressing(space string) bool {
	return space == "http://www.w3.org/2005/08/addressing" || strings.HasPrefix(space, "http://schemas.xmlsoap.org/ws/") && strings.HasSuffix(space, "/addressing")
}

// security is WS-Security's block, of the standard or of the drafts before it.
func security(n name) bool { return n.local == "Security" && strings.Contains(n.space, "secext") }

// security looks for a UsernameToken's password. A signature or something encrypted is more than is understood.
func (s *scanner) security(h *header) (understood bool, err error) {
	understood = true
	for depth := 1; depth > 0; {
		t, err := s.next()
		if err != nil {
			return false, err
		}
		switch {
		case t.kind == endTag:
			depth--
		case t.kind == startTag && t.name.local == "Password" && depth == 2:
			digest := strings.HasSuffix(s.value(func(n name) bool { return n.local == "Type" }), "#PasswordDigest")
			text, err := s.skip()
			if err != nil {
				return false, err
			}
			if h.digest = h.digest || digest; !digest {
				h.password = strings.Trim(text, blanks)
			}
		case t.kind == startTag:
			if depth == 1 && t.name.local != "UsernameToken" && t.name.local != "Timestamp" {
				understood = false
			}
			depth++
		}
	}
	return understood, nil
}
