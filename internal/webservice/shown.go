package webservice

import (
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// asClock reads a moment without a zone as a clock reading; flow knows the development's zone.
var asClock = time.UTC

// Shown is what ConsultarOcorrencia answers.
type Shown struct {
	Number      int64      `ws:"numero_ocorrencia,obrigatorio" doc:"O número da ocorrência no Ponte." exemplo:"1234"`
	Subject     string     `ws:"assunto,obrigatorio" doc:"Assunto." exemplo:"Infiltração no teto"`
	Description string     `ws:"descricao,obrigatorio" doc:"O que aconteceu." exemplo:"Mancha úmida no teto do banheiro da suíte."`
	Status      string     `ws:"cod_status,obrigatorio" doc:"Código do status." exemplo:"50"`
	StatusName  string     `ws:"status,obrigatorio" doc:"Nome do status." exemplo:"em atendimento no campo"`
	Situation   string     `ws:"situacao,obrigatorio,enum=aberta|em_andamento|falha|encerrada" doc:"Como está, em uma palavra." exemplo:"em_andamento"`
	OpenedAt    time.Time  `ws:"aberta_em,obrigatorio" doc:"Quando foi aberta." exemplo:"2026-01-31T14:30:00-03:00"`
	ClosedAt    *time.Time `ws:"encerrada_em" doc:"Quando foi encerrada." exemplo:"2026-02-05T11:00:00-03:00"`

	Customer    ShownCustomer `ws:"cliente,obrigatorio" doc:"O cliente."`
	Unit        ShownUnit     `ws:"unidade,obrigatorio" doc:"A unidade."`
	OrderNumber string        `ws:"numero_os" doc:"O número da ordem de serviço no Mobuss." exemplo:"88214"`
	MobussID    string        `ws:"id_mobuss" doc:"O id da ordem de serviço no Mobuss." exemplo:"SAT-000123"`

	Movements  []ShownMovement `ws:"movimentacoes,obrigatorio" doc:"Movimentações e comentários, da mais antiga à mais nova."`
	Visits     []ShownVisit    `ws:"vistorias,obrigatorio" doc:"Vistorias."`
	Files      []ShownFile     `ws:"anexos,obrigatorio" doc:"Anexos."`
	Deliveries []ShownDelivery `ws:"envios,obrigatorio" doc:"Envios ao Mobuss, na ordem em que vão."`
}

// ShownCustomer is the customer; the document is masked unless the token may see it.
type ShownCustomer struct {
	Name     string `ws:"nome,obrigatorio" doc:"Nome." exemplo:"Marina Figueiredo Prado"`
	Document string `ws:"cpf_cnpj" doc:"CPF ou CNPJ; mascarado, salvo se o token puder vê-lo." exemplo:"***.982.247-**"`
}

// ShownUnit is where it is.
type ShownUnit struct {
	Development string `ws:"cod_empreendimento,obrigatorio" doc:"Código do empreendimento." exemplo:"AUR"`
	Block       string `ws:"cod_bloco,obrigatorio" doc:"Código do bloco." exemplo:"A"`
	Number      string `ws:"numero,obrigatorio" doc:"Número da unidade." exemplo:"101"`
	MobussID    string `ws:"id_mobuss" doc:"O id da unidade no Mobuss." exemplo:"MOB-AUR-A-101"`
}

// ShownMovement is an entry of the timeline.
type ShownMovement struct {
	At      time.Time `ws:"data,obrigatorio" doc:"Quando aconteceu." exemplo:"2026-01-31T14:30:00-03:00"`
	Status  string    `ws:"cod_status,obrigatorio" doc:"Código do status em que ficou." exemplo:"50"`
	Comment string    `ws:"comentario,obrigatorio" doc:"O comentário; vazio se não houve." exemplo:"Rejunte refeito."`
	Author  string    `ws:"autor,obrigatorio" doc:"Quem." exemplo:"Jorge Lima"`
	Origin  string    `ws:"origem,obrigatorio,enum=casa|mobuss|sistema" doc:"De onde veio." exemplo:"mobuss"`
}

// ShownVisit is an inspection.
type ShownVisit struct {
	Start      *time.Time `ws:"inicio" doc:"Início." exemplo:"2026-02-03T14:00:00-03:00"`
	End        *time.Time `ws:"fim" doc:"Fim." exemplo:"2026-02-03T15:00:00-03:00"`
	Technician string     `ws:"tecnico" doc:"Quem vai ou foi." exemplo:"Jorge Lima"`
	State      string     `ws:"situacao,obrigatorio,enum=agendada|realizada|cancelada" doc:"Como está." exemplo:"agendada"`
}

// ShownFile is an attachment.
type ShownFile struct {
	Name string `ws:"nome,obrigatorio" doc:"Nome do arquivo." exemplo:"teto.jpg"`
	Type string `ws:"tipo_conteudo,obrigatorio" doc:"Tipo do conteúdo." exemplo:"image/jpeg"`
	Size int64  `ws:"tamanho,obrigatorio" doc:"Tamanho em bytes." exemplo:"248113"`
}

// ShownDelivery is an outbound call.
type ShownDelivery struct {
	Point    string `ws:"ponto,obrigatorio,enum=MOBUSS_ISA|MOBUSS_ICSA|MOBUSS_IVV|MOBUSS_SRSA|MOBUSS_ANEXO" doc:"O ponto de integração; MOBUSS_ANEXO para um anexo que segue uma movimentação." exemplo:"MOBUSS_ISA"`
	State    string `ws:"situacao,obrigatorio,enum=fila|enviando|entregue|incerto|recusado|ignorado" doc:"Como está o envio." exemplo:"entregue"`
	Attempts int64  `ws:"tentativas,obrigatorio" doc:"Quantas vezes foi enviado." exemplo:"1"`
	Error    string `ws:"erro" doc:"Por que não foi entregue." exemplo:"O Mobuss recusou: solicitação em edição."`
}

func (o operations) shown(f *flow.Occurrence) *Shown {
	s := &Shown{Number: f.Number, Subject: f.Subject, Description: f.Description, Status: f.Status.Code,
		StatusName: f.Status.Name, Situation: f.Status.Kind.Situation(), OpenedAt: f.OpenedAt, ClosedAt: moment(f.ClosedAt),
		Customer:  ShownCustomer{Name: f.Customer.Name, Document: f.Customer.Document},
		Unit:      ShownUnit{Development: f.Unit.DevelopmentCode, Block: f.Unit.BlockCode, Number: f.Unit.Number, MobussID: f.Unit.MobussID},
		Movements: []ShownMovement{}, Visits: []ShownVisit{}, Files: []ShownFile{}, Deliveries: []ShownDelivery{}}
	if last, ok := f.LastOrder(); ok {
		s.OrderNumber, s.MobussID = last.Number, last.MobussID
	}
	for _, m := range f.Movements {
		text := m.Comment
		if text == "" && m.Reason.Code != "" {
			text = o.words(m.Reason)
		}
		s.Movements = append(s.Movements, ShownMovement{At: m.At, Status: m.To, Comment: text, Author: m.Actor, Origin: string(m.Origin)})
	}
	for _, v := range f.Visits {
		s.Visits = append(s.Visits, ShownVisit{Start: moment(v.Start), End: moment(v.End), Technician: v.Technician, State: v.State})
	}
	for _, a := range f.Attachments {
		s.Files = append(s.Files, ShownFile{Name: a.Name, Type: a.Type, Size: a.Size})
	}
	for _, d := range f.Deliveries {
		e := ShownDelivery{Point: string(d.Point), State: string(d.State), Attempts: int64(d.Attempts)}
		if d.Reason.Code != "" && d.State != desk.Delivered {
			e.Error = o.words(d.Reason)
		}
		s.Deliveries = append(s.Deliveries, e)
	}
	return s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
