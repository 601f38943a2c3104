package webservice

import "strings"

// Describe is the operation's documentation, with what its parameters' tags say of all of them, as every document
// prints it.
func (e *Entry) Describe() string {
	text := e.Doc
	for _, group := range e.groups() {
		text += " Exatamente um de: " + strings.Join(group, ", ") + "."
	}
	if len(e.Errors) > 0 {
		text += " Erros próprios: " + strings.Join(e.Errors, ", ") + "."
	}
	return text
}

// groups lists the parameters of which exactly one is sent.
func (e *Entry) groups() [][]string {
	lists := make([][]string, len(e.input.groups))
	for g, members := range e.input.groups {
		for _, i := range members {
			lists[g] = append(lists[g], e.input.specs[i].Name)
		}
	}
	return lists
}

// Describe is the parameter's documentation, with the forms that its kind takes.
func (s ParamSpec) Describe() string {
	doc := s.Doc
	if doc == "" {
		doc = s.Name
	}
	switch s.Kind {
	case KindMoment:
		doc += " ISO 8601 ou dd/mm/aaaa hh:mm[:ss]; sem fuso, vale o do empreendimento."
	case KindFlag:
		doc += " T ou F (também true/false e 1/0)."
	}
	return doc
}
