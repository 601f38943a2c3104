package soap

import (
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

// params reads the children of the operation's element, by their local names and in any order, and the end of the
// message.
func (s *scanner) params(e *webservice.Entry) ([]webservice.Param, error) {
	params := make([]webservice.Param, 0, 8)
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case t.kind == endTag:
			return params, s.finish()
		case t.kind == chars:
			if strings.Trim(t.text, blanks) != "" {
				s.at = t.at
				return nil, s.bad("envelope")
			}
			continue
		case len(params) == webservice.MaxParams:
			return nil, desk.Fail(desk.ErrContent, "motivo", "parametros_demais")
		}
		p, err := s.param(t.name.local, e)
		if err != nil {
			return nil, err
		}
		params = append(params, p)
	}
}

// param reads one child, whose start tag was just read.
func (s *scanner) param(local string, e *webservice.Entry) (webservice.Param, error) {
	p := webservice.Param{Name: local}
	null := truth(s.value(func(n name) bool { return instance(n) && (n.local == "nil" || n.local == "null") }))
	_, kind, _ := strings.Cut(s.value(func(n name) bool { return instance(n) && n.local == "type" }), ":")
	inside, more, nested := s.at, strings.Builder{}, false
	for depth := 1; depth > 0; {
		t, err := s.next()
		if err != nil {
			return p, err
		}
		switch t.kind {
		case startTag:
			depth++
			nested = true
		case endTag:
			depth--
			if depth == 0 && nested {
				p.Form, p.Text = webservice.Nested, s.text[inside:t.at]
				return p, nil
			}
		case chars:
			switch { // one piece, as nearly always, isn't copied
			case more.Len() > 0:
				more.WriteString(t.text)
			case p.Text == "":
				p.Text = t.text
			default:
				more.WriteString(p.Text)
				more.WriteString(t.text)
			}
		}
	}
	if more.Len() > 0 {
		p.Text = more.String()
	}
	switch {
	case strings.Trim(p.Text, blanks) != "":
		err := unpack(&p, kind, e)
		return p, err
	case null:
		p.Form = webservice.Null
	default:
		p.Form = webservice.Hollow
	}
	return p, nil
}

// instance is the namespace of xsi, of the standard and of the drafts that SOAP::Lite may still write.
func instance(n name) bool {
	return strings.HasPrefix(n.space, "http://www.w3.org/") && strings.HasSuffix(n.space, "/XMLSchema-instance")
}

func truth(s string) bool { return s == "1" || s == "true" }

// unpack deals with base64: a file's may be laid out with blanks, which are none of its own, and a text may come as it,
// because SOAP::Lite writes everything beyond ASCII so.
func unpack(p *webservice.Param, kind string, e *webservice.Entry) error {
	file := slices.ContainsFunc(e.Params(), func(s webservice.ParamSpec) bool { return s.Kind == webservice.KindFile && s.Name == p.Name })
	encoded := strings.EqualFold(kind, "base64Binary") || strings.EqualFold(kind, "base64")
	if !file && !encoded {
		return nil
	}
	p.Text = strings.Trim(p.Text, blanks)
	if strings.ContainsAny(p.Text, " \t") { // line breaks alone are passed over when it is decoded, without a copy
		p.Text = strings.Join(strings.Fields(p.Text), "")
	}
	if file {
		return nil
	}
	raw, ok := webservice.ParseBase64(p.Text)
	if !ok {
		return desk.BadField(webservice.ShownName(p.Name), "nao_e_base64")
	}
	p.Text = string(raw)
	return nil
}
