package webservice

import (
	"maps"
	"strings"

	"ponte/internal/desk"
)

// phrase is a text in sentences. A sentence that names an argument that the error doesn't carry is left out, so
// one text serves the terse and the talkative use case.
type phrase []string

// codeText is what a person reads beside a codigo: the title never varies (RFC 9457), the detail says what to do.
type codeText struct {
	code   string
	title  string
	detail phrase
}

// kept tells a caller that nothing is lost; it is said only where it is true.
const kept = "A chamada ficou guardada para análise: recebimento {recebimento}."

// codes are all that a webservice answers, in the order of CONTRACT.md. Encodings map each to their own form and
// test that they forgot none.
var codes = []codeText{
	{desk.ErrContent, "Conteúdo ilegível", phrase{
		"O corpo da chamada não pôde ser lido.", "Motivo: {motivo}.", "Posição: byte {posicao}.",
		"Confira o formato e a codificação de caracteres e envie de novo."}},
	{desk.ErrUnknownParameter, "Parâmetro desconhecido", phrase{
		"Retire ou corrija os parâmetros indicados em campos; os nomes são comparados letra a letra, maiúsculas e minúsculas inclusive."}},
	{desk.ErrUnauthenticated, "Não autenticado", phrase{
		"Motivo: {motivo}.", "Envie o token em Authorization: Bearer TOKEN, ou como senha da autenticação Basic.",
		"Tokens expiram e podem ter sido revogados: peça outro ao administrador do Ponte."}},
	{desk.ErrForbidden, "Sem permissão", phrase{
		"O token não tem direito a esta operação ou a este registro.", "Motivo: {motivo}.",
		"Peça o direito ao administrador do Ponte."}},
	{desk.ErrNotFound, "Ocorrência não encontrada", phrase{
		"Nenhuma ocorrência com esta identificação está ao alcance deste token.",
		"Use o número devolvido por IncluirOcorrencia, no mesmo ambiente (homologação ou produção)."}},
	{desk.ErrRoute, "Rota não encontrada", phrase{
		"Este endereço não existe.", "Motivo: {motivo}.", "Os endereços, com seus parâmetros, estão em {documento}."}},
	{desk.ErrHTTPMethod, "Método HTTP não aceito", phrase{
		"Este endereço aceita apenas {permitidos}.", "Escrever por GET não é possível."}},
	{desk.ErrMethod, "Fora do método de integração", phrase{
		"O método de integração em uso não inclui esta operação.", "Método em uso: {metodo}.",
		"O método é combinado com o consultor de implantação."}},
	{desk.ErrClosed, "Ocorrência encerrada", phrase{
		"A ocorrência está encerrada e não aceita movimentações.",
		"Comentários e anexos de trabalho anterior ao encerramento ainda são aceitos."}},
	{desk.ErrTransition, "Movimentação não permitida", phrase{
		"A movimentação não é permitida agora.", "Motivo: {motivo}.", "De {de} para {para}.",
		"Consulte a ocorrência antes de tentar de novo."}},
	{desk.ErrTooLarge, "Conteúdo grande demais", phrase{
		"A chamada passa do tamanho aceito.", "O limite é de {limite} bytes.",
		"Envie arquivos um a um, com IncluirAnexo."}},
	{desk.ErrUnsupported, "Tipo de conteúdo não aceito", phrase{
		"O tipo do conteúdo não é aceito aqui.", "Motivo: {motivo}.", "Tipos aceitos: {tipos}."}},
	{desk.ErrParameter, "Parâmetro inválido", phrase{
		"Corrija os parâmetros indicados em campos e envie de novo; todos os erros encontrados estão na lista."}},
	{desk.ErrBlock, "bloqueio_incluir_cliente é obrigatório", phrase{
		"Com o Mobuss integrado, bloqueio_incluir_cliente deve ser T: o cadastro de clientes vem do ERP e nenhum cliente é criado por webservice."}},
	{desk.ErrCustomer, "Cliente não identificado", phrase{
		"O cliente não foi encontrado no cadastro.", "Motivo: {motivo}.",
		"Confira cpf_cnpj, ou aguarde o cadastro e envie de novo.", kept}},
	{desk.ErrUnit, "Unidade não identificada", phrase{
		"Nenhuma unidade corresponde a cod_projeto com o empreendimento e o bloco informados.", "Motivo: {motivo}.",
		"Confira os três códigos e envie de novo.", kept}},
	{desk.ErrAmbiguousUnit, "Unidade ambígua", phrase{
		"Mais de uma unidade corresponde aos dados enviados.", "São {quantas}.", "Candidatas: {candidatas}.",
		"Informe também cod_empreendimento e cod_bloco, ou o id da unidade no Mobuss em cod_projeto.", kept}},
	{desk.ErrNoContract, "Unidade sem contrato do cliente", phrase{
		"O cliente existe, mas não tem contrato desta unidade nem é seu inquilino ou síndico registrado.",
		"Confira a unidade e cpf_cnpj.", kept}},
	{desk.ErrTooMany, "Chamadas demais", phrase{
		"O limite de chamadas deste token foi atingido.", "Espere {segundos} s e envie de novo."}},
	{desk.ErrInternal, "Erro interno", phrase{
		"O Ponte falhou ao atender a chamada; o erro foi registrado.",
		"Envie de novo com o mesmo id_externo: o que já foi feito não é feito outra vez."}},
	{desk.ErrUnavailable, "Indisponível no momento", phrase{
		"O Ponte não pôde atender agora.", "Motivo: {motivo}.", "Espere {segundos} s.",
		"Envie de novo com o mesmo id_externo: o que já foi feito não é feito outra vez."}},
}

// Codes lists every codigo that a webservice answers.
func Codes() []string {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = c.code
	}
	return list
}

// nearest is what is answered in place of a code that is not the webservices' own (envio_em_outro_estado is for
// pages): callers script against CONTRACT.md and must not meet anything else.
var nearest = map[desk.Kind]string{
	desk.Internal:         desk.ErrInternal,
	desk.Invalid:          desk.ErrContent,
	desk.Unauthenticated:  desk.ErrUnauthenticated,
	desk.Forbidden:        desk.ErrForbidden,
	desk.NotFound:         desk.ErrNotFound,
	desk.MethodNotAllowed: desk.ErrHTTPMethod,
	desk.Conflict:         desk.ErrTransition,
	desk.TooLarge:         desk.ErrTooLarge,
	desk.Unsupported:      desk.ErrUnsupported,
	desk.Unprocessable:    desk.ErrParameter,
	desk.TooMany:          desk.ErrTooMany,
	desk.Unavailable:      desk.ErrUnavailable,
}

func textOf(code string) (codeText, bool) {
	for _, c := range codes {
		if c.code == code {
			return c, true
		}
	}
	return codeText{}, false
}

// Title is the fixed text of a codigo, in Portuguese.
func Title(code string) string {
	c, _ := textOf(code)
	return c.title
}

// Detail says in Portuguese what happened and what to do about it, with the error's arguments filled in.
func Detail(err *desk.Error) string {
	c, _ := textOf(err.Code)
	args := err.Args
	if err.KeptCall != "" {
		args = map[string]any{"recebimento": err.KeptCall}
		maps.Copy(args, err.Args)
	}
	return c.detail.fill(args)
}

// ErrorText is "codigo: mensagem" on one line, for whoever reads no more than that.
func ErrorText(err *desk.Error) string {
	var b strings.Builder
	b.WriteString(err.Code + ": " + Detail(err))
	for i, f := range err.Fields {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(" " + f.Field + " " + FieldMessage(f))
	}
	return b.String()
}
