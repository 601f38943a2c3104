package webservice

import (
	"context"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Operations are those of CONTRACT.md over the use cases, defined once for every encoding. words
// puts a reason into Portuguese.
func Operations(f *flow.Flow, words func(desk.Reason) string) []*Entry {
	o := operations{flow: f, words: words}
	write := []string{desk.ErrMethod, desk.ErrNotFound}
	number := func(suffix string) []Route { return []Route{{Method: "POST", Path: "/ocorrencias/{numero}" + suffix}} }
	return []*Entry{
		Define(Operation{Name: "IncluirOcorrencia", Routes: []Route{{Method: "POST", Path: "/ocorrencias"}},
			Doc:    "Abre uma ocorrência e responde o seu número. Chamada de novo com o mesmo id_externo (ou, sem ele, com o mesmo numero_os e unidade), responde o número da primeira vez e nada mais faz.",
			Errors: []string{desk.ErrMethod, desk.ErrBlock, desk.ErrCustomer, desk.ErrUnit, desk.ErrAmbiguousUnit, desk.ErrNoContract}}, o.open),
		Define(Operation{Name: "IncluirComentario", Routes: number("/comentarios"), Errors: write,
			Doc: "Inclui um comentário na ocorrência, sem mudar o status. É aceito também depois do encerramento, porque conta de trabalho feito antes."}, o.comment),
		Define(Operation{Name: "InformarVistoria", Routes: number("/vistorias"), Errors: write,
			Doc: "Informa uma vistoria: agendada, realizada ou cancelada. A mesma vistoria, reconhecida pelo início, muda de situação."}, o.visit),
		Define(Operation{Name: "IncluirAnexo", Routes: number("/anexos"), MaxBody: 32 << 20,
			Errors: append(slices.Clone(write), desk.ErrTooLarge, desk.ErrUnsupported),
			Doc:    "Inclui um anexo: o arquivo em base64 ou em multipart, até 20 MiB, ou a URL de onde buscá-lo. O tipo é o que o conteúdo é, não o que se diz dele; páginas, scripts e programas são recusados. É aceito também depois do encerramento, porque mostra trabalho feito antes."}, o.attach),
		Define(Operation{Name: "MovimentarOcorrencia", Routes: number("/movimentacoes"), Errors: append(slices.Clone(write), desk.ErrClosed, desk.ErrTransition),
			Doc: "Move a ocorrência para um status. Vinda do Mobuss é notícia do campo e nunca volta a ele; vinda da casa vale como a de um atendente e dispara a integração do status."}, o.move),
		Define(Operation{Name: "EncerrarOcorrencia", Routes: number("/encerramento"), Errors: append(slices.Clone(write), desk.ErrClosed, desk.ErrTransition),
			Doc: "Encerra a ocorrência com a solução dada. Depois disso são aceitos comentários e vistorias, mas não movimentações."}, o.close),
		Define(Operation{Name: "ConsultarOcorrencia", Reads: true, Errors: write, Routes: []Route{
			{Method: "GET", Path: "/ocorrencias/{numero}"}, {Method: "GET", Path: "/ocorrencias", ID: "ConsultarOcorrenciaPorIdExterno"}},
			Doc: "Consulta uma ocorrência, pelo seu número ou pelo id_externo com que foi aberta."}, o.show),
	}
}

type operations struct {
	flow  *flow.Flow
	words func(desk.Reason) string
}

// Written is what every write answers: the number and nothing else (S10).
type Written struct {
	Number int64 `ws:"numero_ocorrencia,obrigatorio" doc:"O número da ocorrência no Ponte." exemplo:"1234"`
}

func written(r flow.Receipt, err error) (*Written, bool, error) {
	if err != nil {
		return nil, false, err
	}
	return &Written{Number: r.Number}, r.Repeated, nil
}

// call is the toolkit's call in the use case's words.
func call(c *Call, externalID string) flow.Call {
	token, _ := c.Caller.Token.(flow.Token)
	return flow.Call{ID: flow.NewID(), Operation: c.Operation, Door: c.Door, Actor: c.Caller.Actor, TokenID: token.ID,
		ExternalID: externalID, Raw: c.Raw, Hash: c.Hash, Undecoded: c.Undecoded, Reads: c.Reads, Replay: c.Replay, Trial: c.Caller.Trial}
}

// KeepWith makes a registry's Keep from the use case that keeps refused calls.
func KeepWith(f *flow.Flow, complain func(error)) func(context.Context, *Call, *desk.Error) string {
	return func(ctx context.Context, c *Call, refused *desk.Error) string {
		if err := f.KeepRefused(ctx, call(c, ""), refused); err != nil {
			complain(err)
		}
		return refused.KeptCall
	}
}

func when(m Moment) flow.When {
	if m.IsZero() {
		return flow.When{}
	}
	return flow.When{Time: m.In(asClock), Set: true, NoZone: !m.Zoned()}
}

type openIn struct {
	ExternalID  string `ws:"id_externo,max=120,linha" doc:"O id deste registro no sistema de quem chama. O mesmo id é o mesmo pedido." exemplo:"SAT-2026-000123"`
	MobussID    string `ws:"id_mobuss,max=120,linha" doc:"O id da ordem de serviço no Mobuss; sem ele vale o id_externo." exemplo:"SAT-000123"`
	OrderNumber string `ws:"numero_os,max=60,linha" doc:"O número que a ordem tinha no Mobuss antes de receber o da ocorrência." exemplo:"88214"`
	Project     string `ws:"cod_projeto,obrigatorio,max=120,linha" doc:"Do Mobuss: o número da unidade, ou o id da unidade no Mobuss. Da casa: o código do contrato, ou o número da unidade." exemplo:"101"`
	Development string `ws:"cod_empreendimento,max=60,linha" doc:"Código do empreendimento, quando o número da unidade existe em mais de um." exemplo:"AUR"`
	Block       string `ws:"cod_bloco,max=60,linha" doc:"Código do bloco, quando o número da unidade existe em mais de um." exemplo:"A"`

	Document string `ws:"cpf_cnpj,max=30,linha" doc:"CPF ou CNPJ do cliente, com ou sem pontuação. Sem ele vale o único contrato vigente da unidade." exemplo:"529.982.247-25"`
	Name     string `ws:"nome_cliente,max=200,linha" doc:"Nome do cliente." exemplo:"Marina Figueiredo Prado"`
	Email    string `ws:"email,max=200,linha" doc:"E-mail do cliente." exemplo:"marina@exemplo.com.br"`
	Phone    string `ws:"telefone,max=60,linha" doc:"Telefone do cliente." exemplo:"(11) 98765-4321"`

	RequesterName  string `ws:"nome_solicitante,max=200,linha" doc:"Quem pediu, se não foi o cliente." exemplo:"Paulo Prado"`
	RequesterPhone string `ws:"telefone_solicitante,max=60,linha" doc:"Telefone de quem pediu." exemplo:"(11) 91234-5678"`
	Relation       string `ws:"relacao,enum=proprietario|inquilino|sindico|outro" doc:"O que quem pediu é da unidade." exemplo:"inquilino"`
	Place          string `ws:"local,max=200,linha" doc:"Onde na unidade." exemplo:"Banheiro da suíte"`
	Emergency      Flag   `ws:"emergencia" doc:"T se é emergência." exemplo:"F"`

	BlockNew    Flag   `ws:"bloqueio_incluir_cliente,exigido" doc:"T, sempre, enquanto o Mobuss está integrado: um cliente desconhecido nunca é criado por uma chamada." exemplo:"T"`
	Description string `ws:"descricao,obrigatorio,max=4000" doc:"O que aconteceu, nas palavras de quem pediu." exemplo:"Mancha úmida no teto do banheiro da suíte."`
	Subject     string `ws:"assunto,max=200,linha" doc:"Assunto; sem ele valem as primeiras palavras da descrição." exemplo:"Infiltração no teto"`
	Type        string `ws:"tipo,max=60,linha" doc:"Tipo do catálogo; um desconhecido vira o padrão, com uma nota na ocorrência." exemplo:"reparo"`
	Priority    string `ws:"prioridade,max=60,linha" doc:"Prioridade do catálogo; uma desconhecida vira a padrão, com uma nota na ocorrência." exemplo:"normal"`
	OpenedAt    Moment `ws:"data_abertura" doc:"Quando foi aberta; sem ela, agora." exemplo:"2026-01-31T14:30:00-03:00"`
}

func (o operations) open(ctx context.Context, c *Call, in *openIn) (*Written, bool, error) {
	return written(o.flow.Open(ctx, call(c, in.ExternalID), flow.OpenInput{
		MobussID: in.MobussID, OrderNumber: in.OrderNumber, Project: in.Project, Development: in.Development, Block: in.Block,
		Document: in.Document, CustomerName: in.Name, Email: in.Email, Phone: in.Phone,
		RequesterName: in.RequesterName, RequesterPhone: in.RequesterPhone, Relation: in.Relation, Place: in.Place,
		Emergency: in.Emergency.True(), BlockNewCustomer: in.BlockNew.String(), Description: in.Description, Subject: in.Subject,
		Type: in.Type, Priority: in.Priority, OpenedAt: when(in.OpenedAt)}))
}

// target is what all operations but the first name.
type target struct {
	Number     int64  `ws:"numero_ocorrencia,obrigatorio,caminho=numero,min=1" doc:"O número da ocorrência no Ponte." exemplo:"1234"`
	ExternalID string `ws:"id_externo,max=120,linha" doc:"O id deste registro no sistema de quem chama. O mesmo id é o mesmo pedido." exemplo:"C-991"`
}

type commentIn struct {
	target
	Text   string `ws:"comentario,obrigatorio,max=4000" doc:"O comentário." exemplo:"Rejunte refeito; aguardar 48 h de cura."`
	Author string `ws:"autor,max=200,linha" doc:"Quem comentou." exemplo:"Jorge Lima"`
	At     Moment `ws:"data" doc:"Quando foi; sem ela, agora." exemplo:"2026-01-31T14:30:00-03:00"`
}

func (o operations) comment(ctx context.Context, c *Call, in *commentIn) (*Written, bool, error) {
	return written(o.flow.Comment(ctx, call(c, in.ExternalID), flow.CommentInput{Number: in.Number, Text: in.Text, Author: in.Author, At: when(in.At)}))
}

type visitIn struct {
	target
	Start      Moment `ws:"inicio,obrigatorio" doc:"Início da vistoria." exemplo:"2026-02-03T14:00:00-03:00"`
	End        Moment `ws:"fim" doc:"Fim da vistoria." exemplo:"2026-02-03T15:00:00-03:00"`
	Technician string `ws:"tecnico,max=200,linha" doc:"Quem vai ou foi." exemplo:"Jorge Lima"`
	State      string `ws:"situacao,obrigatorio,enum=agendada|realizada|cancelada" doc:"Como está a vistoria." exemplo:"agendada"`
	Comment    string `ws:"comentario,max=4000" doc:"O que se viu ou combinou." exemplo:"Retirar a chave na portaria."`
}

func (o operations) visit(ctx context.Context, c *Call, in *visitIn) (*Written, bool, error) {
	return written(o.flow.Visit(ctx, call(c, in.ExternalID), flow.VisitInput{Number: in.Number, Start: when(in.Start), End: when(in.End),
		Technician: in.Technician, State: in.State, Comment: in.Comment}))
}

type attachIn struct {
	target
	Name    string `ws:"nome,obrigatorio,max=255,linha,arquivo_nome" doc:"Nome do arquivo; em multipart, sem ele vale o da parte." exemplo:"teto.jpg"`
	Type    string `ws:"tipo_conteudo,max=100,linha,arquivo_tipo" doc:"Tipo do conteúdo, para registro: vale o que o conteúdo é." exemplo:"image/jpeg"`
	Content []byte `ws:"conteudo,max=20971520,um_de=origem" doc:"O arquivo: em base64, ou como parte com nome de arquivo em multipart. Codifique uma vez só." exemplo:"/9j/4AAQSkZJRg=="`
	URL     string `ws:"url,max=2000,linha,um_de=origem" doc:"De onde buscar o arquivo, em um dos hosts permitidos pela configuração; sem redirecionamento." exemplo:"https://arquivos.exemplo.com.br/teto.jpg"`
}

func (o operations) attach(ctx context.Context, c *Call, in *attachIn) (*Written, bool, error) {
	return written(o.flow.Attach(ctx, call(c, in.ExternalID), flow.AttachInput{Number: in.Number, Name: in.Name, Type: in.Type, Content: in.Content, URL: in.URL}))
}

type moveIn struct {
	target
	Status  string `ws:"cod_status,obrigatorio,max=20,linha" doc:"Código do status de destino." exemplo:"60"`
	Comment string `ws:"comentario,max=4000" doc:"O que acompanha a mudança." exemplo:"Reparo executado."`
	At      Moment `ws:"data" doc:"Quando foi; sem ela, agora." exemplo:"2026-02-03T16:10:00-03:00"`
}

func (o operations) move(ctx context.Context, c *Call, in *moveIn) (*Written, bool, error) {
	return written(o.flow.Move(ctx, call(c, in.ExternalID), flow.MoveInput{Number: in.Number, Status: in.Status, Comment: in.Comment, At: when(in.At)}))
}

type closeIn struct {
	target
	Solution string `ws:"solucao,obrigatorio,max=4000" doc:"O que foi feito." exemplo:"Rejunte do 201 refeito e teto pintado."`
	Founded  Flag   `ws:"procedente" doc:"T se a queixa procedia." exemplo:"T"`
	At       Moment `ws:"data" doc:"Quando foi; sem ela, agora." exemplo:"2026-02-05T11:00:00-03:00"`
}

func (o operations) close(ctx context.Context, c *Call, in *closeIn) (*Written, bool, error) {
	ci := flow.CloseInput{Number: in.Number, Solution: in.Solution, At: when(in.At)}
	if in.Founded.Has() {
		t := in.Founded.True()
		ci.Founded = &t
	}
	return written(o.flow.Close(ctx, call(c, in.ExternalID), ci))
}

type showIn struct {
	Number     int64  `ws:"numero_ocorrencia,um_de=ocorrencia,caminho=numero,min=1" doc:"O número da ocorrência no Ponte." exemplo:"1234"`
	ExternalID string `ws:"id_externo,um_de=ocorrencia,max=120,linha" doc:"O id_externo com que a ocorrência foi aberta." exemplo:"SAT-2026-000123"`
}

func (o operations) show(ctx context.Context, c *Call, in *showIn) (*Shown, bool, error) {
	a := c.Caller.Actor
	if err := o.flow.CheckReports(ctx, call(c, "")); err != nil {
		return nil, false, err
	}
	number := in.Number
	if in.ExternalID != "" {
		var err error
		find := o.flow.FindByExternalID
		if c.Caller.Trial != nil {
			find = o.flow.FindTried
		}
		if number, err = find(ctx, a, in.ExternalID); err != nil {
			return nil, false, err
		}
	}
	found, err := o.flow.Show(ctx, a, number)
	if err != nil {
		return nil, false, err
	}
	if err := o.flow.KeepRead(ctx, call(c, ""), found); err != nil {
		return nil, false, err
	}
	return o.shown(found), false, nil
}
