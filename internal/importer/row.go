package importer

import (
	"slices"
	"strings"
	"unicode"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Row is one row of a sheet: what it says, and what of it can't be understood.
type Row struct {
	flow.RegistryRow
	Bad    []desk.FieldError // the row is not taken to the use case
	Fields []string          // as they stand in the sheet
}

func (r *Row) bad(field, code string, args ...any) {
	r.Bad = append(r.Bad, desk.BadField(field, code, args...).Fields...)
}

// columnFlags tie columns to what the use case is told to take over.
var columnFlags = map[string]flow.RegistryColumns{
	"nome_empreendimento": flow.HasDevelopmentName, "fuso": flow.HasZone, "nome_bloco": flow.HasBlockName, "area_comum": flow.HasCommonArea,
	"id_mobuss_homologacao": flow.HasMobussHomologation, "id_mobuss_producao": flow.HasMobussProduction,
	"nome_cliente": flow.HasName, "email": flow.HasEmail, "telefone": flow.HasPhone, "vigente": flow.HasCurrent,
}

// flags are the columns that a sheet has.
func (h headers) flags() (c flow.RegistryColumns) {
	for name, flag := range columnFlags {
		if _, ok := h.at[name]; ok || h.fixed[name] != "" {
			c |= flag
		}
	}
	return c
}

// maxDescription is how long an occurrence's description may be, in bytes.
const maxDescription = 16_000

// maxCell is longer than any name; what is longer stands in the wrong column.
const maxCell = 300

// row reads a record.
func (h headers) row(file int, rec record) Row {
	r := Row{Fields: rec.fields, RegistryRow: flow.RegistryRow{File: file, Line: rec.line, Kind: h.kind, Columns: h.flags()}}
	if rec.bad != "" {
		r.bad("linha", rec.bad)
		return r
	}
	for i := len(h.fields); i < len(rec.fields); i++ {
		if rec.fields[i] != "" {
			r.bad("linha", "campos_demais", "maximo", len(h.fields))
			return r
		}
	}
	cell := func(name string) string {
		most := maxCell
		if name == "descricao" {
			most = maxDescription
		}
		text, ok := h.fixed[name]
		if i, found := h.at[name]; found && i < len(rec.fields) {
			text, ok = unescaped(rec.fields[i]), true
		}
		if strings.HasPrefix(text, "#") && slices.Contains(formulaErrors, strings.ToUpper(text)) {
			r.bad(name, "erro_de_formula")
		}
		if len(text) > most {
			r.bad(name, "grande_demais", "maximo", most)
		}
		if ok && strings.ContainsFunc(text, func(c rune) bool { return c < ' ' }) {
			text = strings.Join(strings.Fields(text), " ") // a line break inside of a cell
			if hasControl(text) {
				r.bad(name, "caractere_de_controle")
			}
		}
		return text
	}
	r.Development, r.DevelopmentName, r.Zone = cell("cod_empreendimento"), cell("nome_empreendimento"), cell("fuso")
	r.Block, r.BlockName, r.Unit = cell("cod_bloco"), cell("nome_bloco"), cell("numero")
	r.MobussHomologation, r.MobussProduction = cell("id_mobuss_homologacao"), cell("id_mobuss_producao")
	r.Contract, r.Name, r.Email, r.Phone = cell("cod_contrato"), cell("nome_cliente"), cell("email"), cell("telefone")
	r.CommonArea = r.yes("area_comum", cell("area_comum"), false)
	r.Current = r.yes("vigente", cell("vigente"), true)
	r.document(cell("cpf_cnpj"))
	r.relation(cell("relacao"))
	if h.kind == flow.OfOccurrences {
		r.occurrence(cell, h.days1904)
	}
	r.complete(h)
	return r
}

// hasControl says whether a text holds what no text does and no database keeps: a NUL above all.
func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }

// complete asks for what the row's kind can't do without.
func (r *Row) complete(h headers) {
	said := map[string]bool{"cod_empreendimento": r.Development != "", "nome_empreendimento": r.DevelopmentName != "", "cod_bloco": r.Block != "",
		"numero": r.Unit != "", "cod_contrato": r.Contract != "", "cpf_cnpj": r.Document != "" || r.has("cpf_cnpj"),
		"numero_ocorrencia": r.Occurrence.Number != 0 || r.has("numero_ocorrencia"), "assunto": r.Occurrence.Subject != "",
		"cod_status": r.Occurrence.Status != "", "data_abertura": r.Occurrence.OpenedAt.Set || r.has("data_abertura"),
		"nome_cliente": r.Name != "", "relacao": r.Relation != "" || r.has("relacao")}
	empty := h.kind == flow.OfAll && r.Contract == "" && r.Document == "" && !r.has("cpf_cnpj") // a unit that nobody has bought yet
	for _, name := range needs[h.kind] {
		if !said[name] && !(empty && (name == "cod_contrato" || name == "cpf_cnpj")) {
			r.bad(name, "obrigatorio")
		}
	}
	if r.Email != "" && !strings.Contains(r.Email, "@") {
		r.bad("email", "email_invalido")
	}
}

// has says whether something is wrong with a column already.
func (r *Row) has(name string) bool {
	for _, f := range r.Bad {
		if f.Field == name {
			return true
		}
	}
	return false
}

// yes reads how people say yes and no.
func (r *Row) yes(name, text string, empty bool) bool {
	switch desk.Plain(text) {
	case "":
		return empty
	case "S", "SIM", "T", "TRUE", "VERDADEIRO", "1", "X", "V", "Y", "YES", "ATIVO", "VIGENTE":
		return true
	case "N", "NAO", "F", "FALSE", "FALSO", "0", "NO", "INATIVO", "ENCERRADO", "DISTRATADO":
		return false
	}
	r.bad(name, "sim_ou_nao")
	return false
}

// document reads a CPF or CNPJ, and gives back the zeros that a spreadsheet took from its beginning. Where both would
// be valid, it doesn't choose; a company has fewer than a hundred branches there, or every hundredth CPF could be one.
func (r *Row) document(text string) {
	if text == "" {
		return
	}
	if d, ok := desk.ParseDocument(text); ok {
		r.Document = d
		return
	}
	digits := strings.TrimSuffix(text, ".0") // a number that passed through a calculation
	if digits == desk.Digits(digits) {
		var found []desk.Document
		for _, n := range []int{11, 14} {
			if len(digits) <= n && n-len(digits) <= 6 {
				d, ok := desk.ParseDocument(strings.Repeat("0", n-len(digits)) + digits)
				if ok && (!d.IsCompany() || strings.HasPrefix(string(d[8:]), "00")) {
					found = append(found, d)
				}
			}
		}
		switch len(found) {
		case 1:
			r.Document = found[0]
			return
		case 2:
			r.bad("cpf_cnpj", "cpf_ou_cnpj")
			return
		}
	}
	if strings.ContainsAny(text, "eE") && strings.ContainsAny(text, "+,") {
		r.bad("cpf_cnpj", "cpf_cnpj_arredondado")
		return
	}
	r.bad("cpf_cnpj", "cpf_cnpj_invalido")
}

func (r *Row) relation(text string) {
	switch desk.Plain(text) {
	case "":
	case "INQUILINO", "INQUILINA", "LOCATARIO", "LOCATARIA":
		r.Relation = desk.Tenant
	case "SINDICO", "SINDICA":
		r.Relation = desk.Syndic
	case "CONDOMINIO":
		r.Relation = desk.Condominium
	default:
		r.bad("relacao", "relacao_desconhecida")
	}
}
