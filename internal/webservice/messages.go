package webservice

import (
	"fmt"
	"strings"
	"time"

	"ponte/internal/desk"
)

// The answers of the webservices are in Portuguese always: whoever reads them is an integrator's log, which has
// no language of its own.

// fieldTexts maps a FieldError's message id to what stands behind the parameter's name ("comentario: é
// obrigatório"). Use cases may raise ids of their own; their rows belong here too.
var fieldTexts = map[string]phrase{
	"obrigatorio":         {"é obrigatório"},
	"desconhecido":        {"não é um parâmetro desta operação", "(seria {sugestao}?)"},
	"repetido":            {"foi enviado mais de uma vez"},
	"fora_do_corpo":       {"vai no corpo da chamada, não na URL"},
	"registros_demais":    {"são mais de {maximo}: divida o lote"},
	"formas_demais":       {"nomeiam colunas de mais de {maximo} maneiras: mande os de mesmas colunas juntos"},
	"nao_simples":         {"deve ser um valor simples, não uma lista nem um objeto"},
	"vazio":               {"foi enviado vazio", "(para não informar, omita o elemento ou use xsi:nil)"},
	"arquivo_no_lugar":    {"deve ser um texto, não um arquivo"},
	"longo_demais":        {"tem mais de {max} caracteres"},
	"grande_demais":       {"tem mais de {max} bytes"},
	"controle":            {"contém caracteres de controle"},
	"codificacao":         {"não está em UTF-8"},
	"fora_da_lista":       {"deve ser um de: {valores}"},
	"nao_e_numero":        {"não é um número inteiro"},
	"menor_que":           {"deve ser {minimo} ou mais"},
	"maior_que":           {"deve ser {maximo} ou menos"},
	"nao_e_data":          {"não é uma data: use AAAA-MM-DDThh:mm:ss-03:00 ou dd/mm/aaaa hh:mm"},
	"nao_e_sim_nao":       {"não é T nem F"},
	"nao_e_base64":        {"não é base64"},
	"um_deles":            {"informe um de: {nomes}"},
	"so_um_deles":         {"informe apenas um de: {nomes}"},
	"cpf_cnpj_invalido":   {"não é um CPF nem um CNPJ: os dígitos verificadores não conferem"},
	"antes_do_inicio":     {"é anterior ao início"},
	"status_desconhecido": {"não é um status do catálogo"},

	"arquivo_vazio":         {"é um arquivo vazio"},
	"arquivo_expirou":       {"demorou demais entre chegar e ser incluído; envie de novo"},
	"url_de_anexo_invalida": {"não é uma URL https com endereço e sem senha"},
	"host_nao_permitido":    {"é de um host que a configuração não permite; o consultor de implantação pode incluí-lo"},
	"url_sem_arquivo":       {"não responde com um arquivo", "(HTTP {http})"},
}

// reasons maps the message id in an error's argument "motivo" to the text that its detail carries.
var reasons = map[string]phrase{
	"json":                  {"não é um objeto JSON"},
	"utf8":                  {"não está em UTF-8"},
	"byte":                  {"tem um byte que não existe no charset declarado"},
	"formulario":            {"não é um formulário bem formado"},
	"multipart":             {"não é um multipart bem formado"},
	"incompleto":            {"a transmissão foi interrompida"},
	"parametros_demais":     {"tem parâmetros demais"},
	"tipo":                  {"Content-Type ausente ou diferente"},
	"charset":               {"charset não aceito; use UTF-8, ISO-8859-1 ou windows-1252"},
	"utf16":                 {"não está em UTF-16"},
	"xml":                   {"não é XML bem formado"},
	"xml_cortado":           {"o XML termina antes do fim"},
	"xml_controle":          {"tem um caractere que XML não aceita"},
	"xml_dtd":               {"tem DTD, que não é aceita em SOAP"},
	"xml_entidade":          {"tem uma entidade desconhecida ou um caractere que XML não aceita"},
	"xml_prefixo":           {"tem um prefixo de namespace que não foi declarado"},
	"xml_fundo":             {"tem elementos dentro de elementos demais"},
	"xml_demais":            {"tem elementos ou atributos demais"},
	"envelope":              {"não é um envelope SOAP 1.1 ou 1.2 com uma operação no Body"},
	"cabecalho_longo":       {"o Header é longo demais"},
	"cabecalho_obrigatorio": {"um bloco do Header com mustUnderstand não é conhecido"},
	"operacao":              {"o elemento do Body não é uma operação de {espaco}"},
	"password_digest":       {"PasswordDigest não é aceito; envie o token em PasswordText"},
	"mtom":                  {"MTOM e SwA não são aceitos; envie o arquivo em base64 no próprio elemento"},
	"compactado":            {"Content-Encoding não é aceito; envie sem compactar"},
	"cpf_cnpj_desconhecido": {"não há cliente com este CPF ou CNPJ"},
	"sem_contrato_unico":    {"sem cpf_cnpj, a unidade precisa ter um único contrato vigente", "(tem {quantos})"},
	"fora_do_catalogo":      {"o status de destino não segue o atual"},
	"abertura_em_andamento": {"a abertura da ordem no Mobuss ainda está em andamento"},
	"ordem_aberta":          {"já há uma ordem aberta no Mobuss"},
	"sem_ordem":             {"não há ordem aberta no Mobuss"},

	"arquivo_pagina":           {"o conteúdo é HTML, SVG ou XML, qualquer que seja o nome"},
	"arquivo_programa":         {"o conteúdo é um programa ou script, qualquer que seja o nome"},
	"arquivo_nome_de_programa": {"o nome do arquivo é de programa, script ou página"},
	"anexo_inacessivel":        {"o endereço do anexo não respondeu"},

	"operacao_fora_do_token":       {"o token não inclui esta operação"},
	"cadastro_fora_do_token":       {"o token não é da casa, ou o alcance dele não nomeia cadastro"},
	"empreendimento_fora_do_token": {"a unidade é de um empreendimento que o token não inclui"},
}

// FieldMessage is the Portuguese text for one field's error. An id without a text still says something true.
func FieldMessage(f desk.FieldError) string {
	p, ok := fieldTexts[f.Code]
	if !ok {
		return "não é aceito"
	}
	return p.fill(f.Args)
}

// fill joins the sentences whose arguments are all there.
func (p phrase) fill(args map[string]any) string {
	var b strings.Builder
	for _, sentence := range p {
		text, ok := fillSentence(sentence, args)
		if !ok {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	return b.String()
}

func fillSentence(s string, args map[string]any) (string, bool) {
	if !strings.Contains(s, "{") {
		return s, true
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		name, after, _ := strings.Cut(rest, "}")
		text, ok := argText(name, args)
		if !ok {
			return "", false
		}
		b.WriteString(text)
		s = after
	}
}

func argText(name string, args map[string]any) (string, bool) {
	v, ok := args[name]
	if !ok || v == nil {
		return "", false
	}
	switch v := v.(type) {
	case string:
		if name == "motivo" {
			r, known := reasons[v]
			return r.fill(args), known
		}
		return v, v != ""
	case []string:
		return strings.Join(v, ", "), len(v) > 0
	case time.Duration:
		return fmt.Sprint(Seconds(v)), true
	}
	return fmt.Sprint(v), true
}

// Seconds rounds a wait up to whole seconds, at least one, as Retry-After wants it.
func Seconds(d time.Duration) int64 {
	return max(1, int64((d+time.Second-1)/time.Second))
}
