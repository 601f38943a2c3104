package importer

import (
	"strconv"
	"strings"
	"time"

	"ponte/internal/flow"
)

// occurrence reads what a row says of an occurrence of the former system.
func (r *Row) occurrence(cell func(string) string, days1904 bool) {
	o := &r.Occurrence
	o.Number = r.number("numero_ocorrencia", cell("numero_ocorrencia"))
	o.Status, o.Subject, o.Description = cell("cod_status"), cell("assunto"), cell("descricao")
	o.Type, o.Priority = cell("tipo_ocorrencia"), cell("prioridade")
	o.MobussID, o.OrderNumber = cell("id_mobuss"), cell("numero_os")
	o.RequesterName, o.RequesterTelephone = cell("nome_solicitante"), cell("telefone_solicitante")
	o.OpenedAt = r.date("data_abertura", cell("data_abertura"), days1904)
}

// number reads a whole number as people and spreadsheets write one: 1234, 1.234, 1.234,00 or 1234.0.
func (r *Row) number(name, text string) int64 {
	if text == "" {
		return 0
	}
	whole := text
	switch {
	case strings.Contains(text, ","):
		var cents string
		whole, cents, _ = strings.Cut(text, ",")
		if strings.Trim(cents, "0") != "" {
			whole = "x"
		}
		whole = strings.ReplaceAll(whole, ".", "")
	case strings.HasSuffix(text, ".0"):
		whole = strings.TrimSuffix(text, ".0")
	default:
		if head, groups, found := strings.Cut(text, "."); found {
			for group := range strings.SplitSeq(groups, ".") {
				if len(group) != 3 || len(head) > 3 {
					whole = "x"
				}
			}
			whole = strings.ReplaceAll(whole, ".", "")
		}
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n <= 0 {
		r.bad(name, "nao_e_numero")
		return 0
	}
	return n
}

// dateForms are how dates are written; those without a zone are the development's.
var dateForms = []string{"02/01/2006", "02/01/2006 15:04", "02/01/2006 15:04:05", "2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", "02-01-2006", "02.01.2006"}

// date reads a date as text, or as the number by which a spreadsheet keeps it.
func (r *Row) date(name, text string, days1904 bool) flow.When {
	if text == "" {
		return flow.When{}
	}
	if at, ok := serialDay(text, days1904); ok {
		return flow.When{Time: at, Set: true, NoZone: true}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return flow.When{Time: at, Set: true}
	}
	for _, form := range dateForms {
		if at, err := time.Parse(form, text); err == nil {
			return flow.When{Time: at, Set: true, NoZone: true}
		}
	}
	r.bad(name, "nao_e_data")
	return flow.When{}
}
