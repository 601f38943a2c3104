package sandbox

import (
	"cmp"
	"strings"
)

// What Ponte is told where the technician wrote nothing.
const (
	sayScheduled = "Vistoria agendada."
	sayInspected = "Vistoria realizada."
	sayRepaired  = "Reparo executado."
)

// button is what each of the technician's buttons does to an order, and what Ponte hears of it.
func button(name string) (press func(*order, *action) (change, news, error), ok bool) {
	switch name {
	case "comentar":
		return pressComment, true
	case "agendar":
		return pressSchedule, true
	case "vistoriar":
		return pressInspect, true
	case "executar":
		return pressRepair, true
	case "encerrar":
		return pressClose, true
	}
	return nil, false
}

func pressComment(o *order, a *action) (change, news, error) {
	c := comment{Text: a.say("Comentário do técnico."), Author: a.who(""), At: a.at, Field: true}
	return change{Comments: []comment{c}}, news{opComment, [][2]string{
		{"comentario", c.Text}, {"autor", c.Author}, {"data", formatMoment(c.At)}}}, nil
}

// pressSchedule dates the oldest visit that waits for a date, or books another one.
func pressSchedule(o *order, a *action) (change, news, error) {
	if a.start == 0 {
		return change{}, news{}, badAction("agendar precisa de inicio")
	}
	v, _ := o.firstVisit(visitRequested)
	v.Start, v.End, v.Situation, v.Technician = a.start, a.end, visitScheduled, a.who(v.Technician)
	return change{Status: orderScheduled, Visits: []visit{v}}, a.tellVisit(v, sayScheduled), nil
}

// pressInspect marks the visit that was booked last as done; without one, the one that was asked for, or a new one.
func pressInspect(o *order, a *action) (change, news, error) {
	v, booked := o.lastVisit(visitScheduled)
	if !booked {
		v, _ = o.firstVisit(visitRequested)
	}
	if a.start != 0 {
		v.Start, v.End = a.start, a.end
	}
	if v.Start == 0 {
		v.Start = a.at
	}
	v.Situation, v.Technician = visitDone, a.who(v.Technician)
	return change{Status: orderInspected, Visits: []visit{v}}, a.tellVisit(v, sayInspected), nil
}

func pressRepair(o *order, a *action) (change, news, error) {
	return change{Status: orderRepaired}, news{opMove, [][2]string{
		{"cod_status", "60"}, {"comentario", a.say(sayRepaired)}, {"data", formatMoment(a.at)}}}, nil
}

func pressClose(o *order, a *action) (change, news, error) {
	z := closing{Solution: a.say("Atendimento concluído."), At: a.at}
	return change{Status: orderClosed, Closing: &z}, news{opClose, [][2]string{
		{"solucao", z.Solution}, {"procedente", cmp.Or(yesNo(string(a.Procedente)), "T")}, {"data", formatMoment(z.At)}}}, nil
}

func (a *action) tellVisit(v visit, instead string) news {
	return news{opVisit, [][2]string{{"inicio", formatMoment(v.Start)}, {"fim", formatMoment(v.End)},
		{"tecnico", v.Technician}, {"situacao", v.Situation}, {"comentario", a.say(instead)}}}
}

// tellOpening is the opening as Ponte hears it: an unknown customer is never to be created by it.
func (a *action) tellOpening(idMobuss, number string) news {
	r := a.asRequest()
	return news{opOpen, [][2]string{{"cod_projeto", r.IDUnidade}, {"cod_empreendimento", r.CodEmpreendimento},
		{"cod_bloco", r.CodBloco}, {"cpf_cnpj", r.CPFCNPJCliente}, {"nome_solicitante", r.NomeSolicitante},
		{"telefone_solicitante", r.TelefoneSolicitante}, {"local", r.Local}, {"emergencia", r.Emergencia},
		{"descricao", r.DesSolicitacao}, {"assunto", r.Assunto}, {"bloqueio_incluir_cliente", "T"},
		{"id_mobuss", idMobuss}, {"numero_os", number}, {"data_abertura", formatMoment(a.at)}}}
}

// fieldRequest is what is kept of an opening from the field, in the words of the API.
type fieldRequest struct {
	IDUnidade           string `json:"idUnidade"`
	CPFCNPJCliente      string `json:"cpfCnpjCliente,omitempty"`
	NomeSolicitante     string `json:"nomeSolicitante,omitempty"`
	TelefoneSolicitante string `json:"telefoneSolicitante,omitempty"`
	DesSolicitacao      string `json:"desSolicitacao"`
	Assunto             string `json:"assunto,omitempty"`
	Local               string `json:"local,omitempty"`
	Emergencia          string `json:"emergencia,omitempty"` // T or F
	CodEmpreendimento   string `json:"codEmpreendimento,omitempty"`
	CodBloco            string `json:"codBloco,omitempty"`
}

func (a *action) asRequest() fieldRequest {
	return fieldRequest{IDUnidade: string(a.Unidade), CPFCNPJCliente: string(a.CPFCNPJ),
		NomeSolicitante: string(a.NomeSolicitante), TelefoneSolicitante: string(a.TelefoneSolicitante),
		DesSolicitacao: a.say("Solicitação aberta em campo."), Assunto: string(a.Assunto), Local: string(a.Local),
		Emergencia: yesNo(string(a.Emergencia)), CodEmpreendimento: string(a.CodEmpreendimento),
		CodBloco: string(a.CodBloco)}
}

// yesNo writes a yes or no as Ponte reads it.
func yesNo(s string) string {
	switch strings.ToUpper(s) {
	case "":
		return ""
	case "T", "TRUE", "S", "SIM", "1":
		return "T"
	}
	return "F"
}

// say is the technician's text, or what stands for it.
func (a *action) say(instead string) string {
	if a.Texto != "" {
		return string(a.Texto)
	}
	return instead
}

// who is the technician named in the action, else the one named before, else nobody in particular.
func (a *action) who(before string) string {
	switch {
	case a.Tecnico != "":
		return string(a.Tecnico)
	case before != "":
		return before
	}
	return "Técnico de campo"
}

// firstVisit is the oldest visit in a situation; not found: a new one.
func (o *order) firstVisit(situation string) (visit, bool) {
	for _, v := range o.visits {
		if v.Situation == situation {
			return v, true
		}
	}
	return o.newVisit(), false
}

// lastVisit is the newest visit in a situation; not found: a new one.
func (o *order) lastVisit(situation string) (visit, bool) {
	for i := len(o.visits) - 1; i >= 0; i-- {
		if o.visits[i].Situation == situation {
			return o.visits[i], true
		}
	}
	return o.newVisit(), false
}

func (o *order) newVisit() visit { return visit{N: len(o.visits) + 1, Kind: "VISTORIA"} }
