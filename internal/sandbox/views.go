package sandbox

import "encoding/json"

// orderView is an order as the API answers it.
type orderView struct {
	IDMobuss         string        `json:"idMobuss"`
	NumSolicitacao   string        `json:"numSolicitacao"`
	IDLegado         string        `json:"idLegado"`
	IDUnidade        string        `json:"idUnidade"`
	Situacao         situation     `json:"situacao"`
	Assunto          string        `json:"assunto,omitempty"`
	DesSolicitacao   string        `json:"desSolicitacao"`
	DataAbertura     string        `json:"dataAbertura"`
	Solucao          string        `json:"solucao,omitempty"`
	DataEncerramento string        `json:"dataEncerramento,omitempty"`
	Comentarios      []commentView `json:"comentarios"`
	Visitas          []visitView   `json:"visitas"`
	Anexos           []fileView    `json:"anexos"`
	Quantidade       int           `json:"quantidade,omitempty"` // how many carry this idLegado
}

// controlView adds what only the sandbox's own controls tell.
type controlView struct {
	orderView
	Origem        string          `json:"origem"` // ponte or campo
	NumOcorrencia string          `json:"numOcorrencia"`
	Dados         json.RawMessage `json:"dados"` // the request that opened it, unknown fields included
}

type commentView struct {
	IDComentario string `json:"idComentario"`
	Texto        string `json:"texto"`
	Autor        string `json:"autor"`
	Data         string `json:"data"`
	IDLegado     string `json:"idLegado"`
}

type visitView struct {
	IDVisita   string `json:"idVisita"`
	TipoVisita string `json:"tipoVisita"`
	Objetivo   string `json:"objetivo"`
	Inicio     string `json:"inicio"`
	Fim        string `json:"fim"`
	Situacao   string `json:"situacao"`
	Tecnico    string `json:"tecnico"`
	IDLegado   string `json:"idLegado"`
}

type fileView struct {
	IDAnexo      string `json:"idAnexo"`
	Nome         string `json:"nome"`
	TipoConteudo string `json:"tipoConteudo"`
	Tamanho      int64  `json:"tamanho"`
	SHA256       string `json:"sha256"`
	Data         string `json:"data"`
	IDLegado     string `json:"idLegado"`
}

func (s *state) view(o *order) orderView {
	texts := o.texts("assunto", "desSolicitacao")
	v := orderView{IDMobuss: s.order(o.seq), NumSolicitacao: o.numSolicitacao(), IDLegado: o.legacy,
		IDUnidade: o.unit, Situacao: o.status, Assunto: texts[0], DesSolicitacao: texts[1],
		DataAbertura: formatMoment(o.openedAt), Comentarios: make([]commentView, 0, len(o.comments)),
		Visitas: make([]visitView, 0, len(o.visits)), Anexos: make([]fileView, 0, len(o.files))}
	if o.closing != nil {
		v.Solucao, v.DataEncerramento = o.closing.Solution, formatMoment(o.closing.At)
	}
	for i, c := range o.comments {
		v.Comentarios = append(v.Comentarios, commentView{s.part("COM", o.seq, i+1), c.Text, c.Author,
			formatMoment(c.At), c.Legacy})
	}
	for _, t := range o.visits {
		v.Visitas = append(v.Visitas, visitView{s.part("VIS", o.seq, t.N), t.Kind, t.Purpose,
			formatMoment(t.Start), formatMoment(t.End), t.Situation, t.Technician, t.Legacy})
	}
	for i, f := range o.files {
		v.Anexos = append(v.Anexos, fileView{s.part("ANX", o.seq, i+1), f.Name, f.Type, f.Size, f.SHA256,
			formatMoment(f.At), f.Legacy})
	}
	return v
}

func (s *state) controlView(o *order) controlView {
	v := controlView{orderView: s.view(o), Origem: "ponte", NumOcorrencia: o.occurrence(), Dados: o.data}
	if o.fromField {
		v.Origem = "campo"
	}
	return v
}

// callView is one call back to Ponte as the controls show it: everything but the token.
type callView struct {
	IDExterno  string            `json:"idExterno"`
	IDMobuss   string            `json:"idMobuss"`
	Operacao   string            `json:"operacao"`
	Situacao   string            `json:"situacao"`
	Tentativas int               `json:"tentativas"`
	Status     int               `json:"status"` // of the last answer; 0: none came
	Corpo      string            `json:"corpo"`
	Motivo     string            `json:"motivo"`
	Parametros map[string]string `json:"parametros"`
	CriadoEm   string            `json:"criadoEm"`
}

func (s *state) callView(o *order, c *call) callView {
	v := callView{IDExterno: s.externalID(o.seq, c.N), IDMobuss: s.order(o.seq), Operacao: c.Op, Situacao: c.State,
		Tentativas: c.Attempts, Status: c.Status, Corpo: c.Body, Motivo: c.Trouble,
		Parametros: make(map[string]string, len(c.Params)), CriadoEm: formatMoment(c.At)}
	for _, p := range c.Params {
		v.Parametros[p[0]] = p[1]
	}
	return v
}
