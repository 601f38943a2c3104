package web

import (
	"strings"

	"github.com/a-h/templ"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// invalid ties a field to the words about what is wrong with it.
func invalid(problems map[string]string, name string) templ.Attributes {
	if problems[name] == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "erro-" + name}
}

// foundFacts are what tells two customers of a name apart.
func foundFacts(p *page, f flow.Found) string {
	facts := []string{sentence(foundRelation(p, f))}
	for _, s := range []string{f.Contract, phoneText(f.Customer.Phone), maskedText(f.Customer.Document)} {
		if s != "" {
			facts = append(facts, s)
		}
	}
	return strings.Join(facts, " · ")
}

func foundRelation(p *page, f flow.Found) string {
	if f.Relation == desk.Owner || f.Relation == "" {
		return p.T("relation.proprietario")
	}
	return relation(p, string(f.Relation))
}
