package mapping

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"ponte/internal/desk"
)

// PersonalRow is a row of a call that sends something of a person, or text in which somebody may have written of one.
type PersonalRow struct {
	Target string
	// Facts are the personal facts that the row draws on: "cliente.cpf_cnpj".
	Facts []string
	// Spare says that the point's work can be done without it: the technician finds the unit and calls whoever asked.
	Spare bool
}

// PersonalCall is what a call sends of people.
type PersonalCall struct {
	Point  desk.Point
	LookUp string // a look-up's name; empty: the point's own call
	Rows   []PersonalRow
}

// personal are the facts that are about a person; text is what people write freely.
var (
	personal = []string{"cliente.nome", "cliente.cpf_cnpj", "cliente.email", "cliente.telefone", "solicitante.nome", "solicitante.telefone"}
	freeText = []string{"ocorrencia.assunto", "ocorrencia.descricao", "ocorrencia.local", "movimentacao.comentario", "movimentacao.autor"}
	// needed are those without which the field can't do a point's work: who is to be called, and whom Mobuss knows by their CPF.
	needed  = map[desk.Point][]string{desk.OpenOrder: {"cliente.cpf_cnpj", "solicitante.nome", "solicitante.telefone"}}
	celFact = regexp.MustCompile(`\b(cliente|solicitante|ocorrencia|movimentacao)\b(\.[a-z_]+)?`)
)

// PersonalCalls lists what the configuration's calls send of people, in the order of the points; a call that sends nothing has no
// rows.
func PersonalCalls(c *Config) (out []PersonalCall) {
	for _, p := range []desk.Point{desk.OpenOrder, desk.AskVisit, desk.AddComment, desk.CloseOrder, desk.SendFile} {
		of, there := c.Integration.Points[p]
		if !there {
			continue
		}
		out = append(out, PersonalCall{Point: p, Rows: personalRows(p, of.Params)})
		for _, name := range slices.Sorted(maps.Keys(of.LookUps)) {
			if rows := personalRows(p, of.LookUps[name].Params); len(rows) > 0 && name == of.LookUp {
				out = append(out, PersonalCall{Point: p, LookUp: name, Rows: rows})
			}
		}
	}
	return out
}

func personalRows(p desk.Point, rows []Param) (out []PersonalRow) {
	for _, r := range rows {
		facts := personalFacts(r)
		if len(facts) == 0 {
			continue
		}
		row := PersonalRow{Target: r.Target, Facts: facts}
		about := slices.DeleteFunc(slices.Clone(facts), func(f string) bool { return slices.Contains(freeText, f) })
		row.Spare = len(about) > 0 && !slices.ContainsFunc(about, func(f string) bool { return slices.Contains(needed[p], f) })
		out = append(out, row)
	}
	return out
}

// personalFacts are those that a row names. An expression that takes a person whole takes all there is of them.
func personalFacts(r Param) (out []string) {
	add := func(fact string) {
		if (slices.Contains(personal, fact) || slices.Contains(freeText, fact)) && !slices.Contains(out, fact) {
			out = append(out, fact)
		}
	}
	add(r.Field)
	for _, m := range celFact.FindAllStringSubmatch(r.CEL, -1) {
		if m[2] != "" {
			add(m[0])
			continue
		}
		for _, f := range slices.Concat(personal, freeText) {
			if strings.HasPrefix(f, m[1]+".") {
				add(f)
			}
		}
	}
	return out
}
