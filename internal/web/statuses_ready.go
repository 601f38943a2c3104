package web

import (
	"slices"

	"ponte/internal/mapping"
)

// readyRule fills the rules of the usual answers, so that most consultants write no expression. What it has no word for
// stays as it is.
type readyRule struct {
	id                        string
	answer                    mapping.AnswerKind
	success, refuseIf, reason string
	extract                   *extractForm
}

// readyRules in the order of the page; the ids name their words.
var readyRules = []readyRule{
	{id: "http_2xx", success: "http >= 200 && http < 300", reason: `texto_de(corpo.?mensagem)`},
	{id: "status_ok", success: `http == 200 && texto_de(corpo.?status) == "OK"`, reason: `texto_de(corpo.?mensagem)`},
	{id: "status_erro", success: `http in [200, 201] && texto_de(corpo.?status) != "ERRO"`, reason: `texto_de(corpo.?mensagem)`},
	{id: "soap", answer: mapping.AnswerXML, success: `http == 200 && falha == null`, refuseIf: `falha != null`, reason: `texto_de(falha.?mensagem)`},
	{id: "xml_elemento", answer: mapping.AnswerXML, success: `http == 200 && texto_de(corpo.?resultado) == "OK"`, reason: `texto_de(corpo.?mensagem)`},
	{id: "id_json", extract: &extractForm{mapping.ExtractOrderID, `texto_de(corpo.?id)`, true}},
	{id: "id_location", extract: &extractForm{mapping.ExtractOrderID, `ultimo_segmento(cabecalhos[?"location"].orValue(""))`, true}},
	{id: "numero_json", extract: &extractForm{mapping.ExtractOrderNumber, `texto_de(corpo.?numero)`, false}},
}

// useReady fills the form from a ready-made rule; an unknown one changes nothing.
func (f *integrationForm) useReady(id string) {
	i := slices.IndexFunc(readyRules, func(r readyRule) bool { return r.id == id })
	if i < 0 {
		return
	}
	r := readyRules[i]
	if r.answer != "" {
		f.call.answer = string(r.answer)
	}
	if r.success != "" {
		f.rules.success, f.rules.refuseIf, f.rules.message = r.success, r.refuseIf, r.reason
		if r.answer == "" && f.call.answer != string(mapping.AnswerJSONList) {
			f.call.answer = string(mapping.AnswerJSON)
		}
	}
	if r.extract == nil {
		return
	}
	f.rules.extract = slices.DeleteFunc(f.rules.extract, func(e extractForm) bool { return e.name == r.extract.name })
	f.rules.extract = append(f.rules.extract, *r.extract)
}
