package importer

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Kind is what a sheet is about.
type Kind = flow.RegistryKind

// column is one of ours: its name, the headers by which people mean it, and those that mean it in some sheets only.
type column struct {
	name  string
	words []string
	in    map[Kind][]string
}

// columns are all that are understood. Headers are compared without accents, case, blanks and punctuation.
var columns = []column{
	{"cod_empreendimento", []string{"empreendimento", "codigo do empreendimento", "cod empreend", "sigla do empreendimento", "cod obra", "codigo da obra", "obra"},
		map[Kind][]string{flow.OfDevelopments: {"codigo", "cod", "sigla"}}},
	{"nome_empreendimento", []string{"nome do empreendimento", "nome da obra", "descricao do empreendimento"},
		map[Kind][]string{flow.OfDevelopments: {"nome", "descricao"}}},
	{"fuso", []string{"fuso horario", "timezone"}, nil},
	{"cod_bloco", []string{"bloco", "codigo do bloco", "torre", "cod torre", "quadra"}, map[Kind][]string{flow.OfBlocks: {"codigo", "cod"}}},
	{"nome_bloco", []string{"nome do bloco", "nome da torre", "descricao do bloco"}, map[Kind][]string{flow.OfBlocks: {"nome", "descricao"}}},
	{"numero", []string{"unidade", "numero da unidade", "num unidade", "nr unidade", "no unidade", "apartamento", "apto", "cod unidade"}, nil},
	{"area_comum", []string{"e area comum"}, nil},
	{"id_mobuss_homologacao", []string{"id mobuss homolog", "id unidade homologacao", "mobuss homologacao"}, nil},
	{"id_mobuss_producao", []string{"id mobuss prod", "id unidade producao", "mobuss producao"}, nil},
	{"cod_contrato", []string{"contrato", "codigo do contrato", "numero do contrato", "num contrato", "nr contrato"}, map[Kind][]string{flow.OfContracts: {"codigo", "cod"}}},
	{"vigente", []string{"contrato vigente", "atual", "ativo", "em vigor"}, nil},
	{"cpf_cnpj", []string{"cpf", "cnpj", "cpf ou cnpj", "documento", "cpf do cliente", "cpf cnpj do cliente"}, nil},
	{"nome_cliente", []string{"cliente", "nome do cliente", "nome", "razao social", "proprietario", "comprador", "adquirente", "nome do proprietario"}, nil},
	{"email", []string{"e mail", "mail", "email do cliente", "e mail do cliente", "correio eletronico"}, nil},
	{"telefone", []string{"fone", "celular", "telefone do cliente", "tel", "whatsapp"}, nil},
	{"numero_ocorrencia", []string{"ocorrencia", "numero da ocorrencia", "num ocorrencia", "chamado", "protocolo"}, nil},
	{"assunto", []string{"titulo", "resumo"}, nil},
	{"descricao", []string{"descricao da ocorrencia", "detalhe", "relato"}, nil},
	{"cod_status", []string{"status", "situacao", "codigo do status"}, nil},
	{"data_abertura", []string{"abertura", "data de abertura", "aberta em", "data"}, nil},
	{"tipo_ocorrencia", []string{"tipo da ocorrencia", "categoria"}, nil},
	{"prioridade", nil, nil},
	{"id_mobuss", []string{"id da ordem", "id da os", "id da solicitacao", "id solicitacao mobuss"}, nil},
	{"numero_os", []string{"os", "numero da os", "ordem de servico", "num solicitacao"}, nil},
	{"nome_solicitante", []string{"solicitante"}, nil},
	{"telefone_solicitante", []string{"fone do solicitante"}, nil},
	{"relacao", []string{"vinculo", "tipo de vinculo", "papel", "tipo"}, nil},
}

// errorColumn is where a sheet of refused rows says why; coming back, it is passed over.
const errorColumn = "erro"

// needs are the columns that a kind can't do without; may, those that it takes as well.
var needs = map[Kind][]string{
	flow.OfDevelopments: {"cod_empreendimento", "nome_empreendimento"},
	flow.OfBlocks:       {"cod_empreendimento", "cod_bloco"},
	flow.OfUnits:        {"cod_empreendimento", "cod_bloco", "numero"},
	flow.OfAll:          {"cod_empreendimento", "cod_bloco", "numero", "cod_contrato", "cpf_cnpj"},
	flow.OfCustomers:    {"cpf_cnpj", "nome_cliente"},
	flow.OfContracts:    {"cod_contrato", "cod_empreendimento", "cod_bloco", "numero", "cpf_cnpj"},
	flow.OfParties:      {"cod_empreendimento", "cod_bloco", "numero", "relacao", "cpf_cnpj"},
	flow.OfOccurrences:  {"numero_ocorrencia", "cod_empreendimento", "cod_bloco", "numero", "cpf_cnpj", "assunto", "cod_status", "data_abertura"},
}

var may = map[Kind][]string{
	flow.OfDevelopments: {"fuso"},
	flow.OfBlocks:       {"nome_bloco", "nome_empreendimento", "fuso"},
	flow.OfUnits:        {"nome_empreendimento", "fuso", "nome_bloco", "area_comum", "id_mobuss_homologacao", "id_mobuss_producao"},
	flow.OfAll: {"nome_empreendimento", "fuso", "nome_bloco", "area_comum", "id_mobuss_homologacao", "id_mobuss_producao",
		"vigente", "nome_cliente", "email", "telefone"},
	flow.OfCustomers:   {"email", "telefone"},
	flow.OfContracts:   {"vigente", "nome_cliente", "email", "telefone"},
	flow.OfParties:     {"nome_cliente", "email", "telefone"},
	flow.OfOccurrences: {"descricao", "tipo_ocorrencia", "prioridade", "id_mobuss", "numero_os", "nome_solicitante", "telefone_solicitante"},
}

// Columns are the names that a kind takes, those it needs first.
func Columns(k Kind) (needed, taken []string) { return slices.Clone(needs[k]), slices.Clone(may[k]) }

// detected are the kinds that headers can tell, the more specific first: contratos is what completo is to a registry
// that has its units.
var detected = []Kind{flow.OfOccurrences, flow.OfParties, flow.OfAll, flow.OfUnits, flow.OfCustomers, flow.OfBlocks, flow.OfDevelopments}

// headers is where a sheet has each of our columns.
type headers struct {
	kind    Kind
	at      map[string]int    // our name -> the place of the field
	fixed   map[string]string // our name -> what every row says
	unknown []string          // headers that nobody understood
	fields  []string          // as they stand in the sheet
	// days1904 says how a workbook counts its days.
	days1904 bool
}

// understand matches a row of headers. It answers the columns that are missing where the row can't be that of the
// sheet's kind.
func understand(fields []string, f File) (h headers, missing []string) {
	kinds := detected
	if f.Kind != "" {
		kinds = []Kind{f.Kind}
	}
	for i, k := range kinds {
		if f.Kind == "" {
			k = asNamed(k, f, fields)
		}
		one, lacks := match(fields, f.Map, k)
		if len(lacks) == 0 {
			return one, nil
		}
		if i == 0 || len(lacks) < len(missing) {
			h, missing = one, lacks
		}
	}
	return h, missing
}

// asNamed: headers can't tell a sheet of contracts from one of units with their contracts; the name of the file may, unless
// the sheet says what only a unit has.
func asNamed(k Kind, f File, fields []string) Kind {
	if k != flow.OfAll || !strings.HasPrefix(strings.ToLower(filepath.Base(f.Name)), string(flow.OfContracts)) {
		return k
	}
	whole, _ := match(fields, f.Map, k)
	for _, ofUnits := range []string{"area_comum", "id_mobuss_homologacao", "id_mobuss_producao"} {
		if _, there := whole.at[ofUnits]; there {
			return k
		}
	}
	return flow.OfContracts
}

func match(fields []string, mapped map[string]string, k Kind) (h headers, missing []string) {
	h = headers{kind: k, at: map[string]int{}, fixed: map[string]string{}, fields: fields}
	takes := slices.Concat(needs[k], may[k])
	used := map[int]bool{}
	place := func(name string, words []string) {
		if _, done := h.at[name]; done || h.fixed[name] != "" {
			return
		}
		for _, w := range words {
			if i := slices.IndexFunc(fields, func(f string) bool { return headerKey(f) == headerKey(w) }); i >= 0 && !used[i] {
				h.at[name], used[i] = i, true
				return
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(mapped)) {
		if value, ok := strings.CutPrefix(mapped[name], "="); ok {
			h.fixed[name] = value
		} else {
			place(name, []string{mapped[name]})
			if _, found := h.at[name]; !found && slices.Contains(takes, name) {
				missing = append(missing, name)
			}
		}
	}
	for _, c := range columns {
		if slices.Contains(takes, c.name) {
			place(c.name, []string{c.name})
		}
	}
	for _, c := range columns {
		if slices.Contains(takes, c.name) {
			place(c.name, slices.Concat(c.in[k], c.words))
		}
	}
	for _, name := range needs[k] {
		if _, ok := h.at[name]; !ok && h.fixed[name] == "" && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	for i, f := range fields {
		if !used[i] && f != "" && headerKey(f) != headerKey(errorColumn) {
			h.unknown = append(h.unknown, f)
		}
	}
	return h, missing
}

// headerKey is a header as it is compared: "Nº da Unidade" and "no_da_unidade" meet.
func headerKey(s string) string {
	var b strings.Builder
	for _, w := range desk.Words(strings.ReplaceAll(s, "º", "o")) {
		if !slices.Contains([]string{"DE", "DA", "DO", "DAS", "DOS"}, w) {
			b.WriteString(w)
		}
	}
	return b.String()
}

// knownColumn says whether a name is one of ours.
func knownColumn(name string) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.name == name })
}
