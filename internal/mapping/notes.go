package mapping

import "strings"

// blockNotes are the keys of a file that are headed by their note.
var blockNotes = map[string]bool{
	"metodo": true, "status": true, "status_inicial": true, "status_de_falha": true, "tipos": true, "primeiro_numero": true,
	"integracao": true, "integracao.politica": true, "integracao.autenticacao": true, "integracao.cabecalhos": true,
	"integracao.pontos": true, "anexos": true, "ambientes": true,
}

// noteOf describes a key by its path; what stands in maps and calls is the same everywhere.
func noteOf(path string) string {
	if note, ok := notes[path]; ok {
		return note
	}
	return notes["*."+path[strings.LastIndexByte(path, '.')+1:]]
}

// notes are the words of the exported file and of the schema: Portuguese, as the keys are. "*." is a key that means
// the same wherever it stands.
var notes = map[string]string{
	"metodo":                  "Quem abre o quê e onde: nenhum, A (o Ponte abre no campo e recebe o andamento), B (o campo abre aqui, só registro) ou C (os dois).",
	"status":                  "O catálogo de status: o nome, para onde se pode ir dele e o ponto de integração que ele dispara.",
	"status_inicial":          "Onde nasce uma ocorrência aberta pela casa, e a que o campo abriu; o status de quem falhou na integração; o de encerramento.",
	"status_inicial_do_campo": "Onde nasce uma ocorrência que o campo abriu.",
	"status_de_falha":         "Para onde vai a ocorrência cujo envio falhou. Sem ele o envio não pode ser ligado.",
	"status_encerrada":        "Para onde vai a ocorrência encerrada pelo campo.",
	"tipos":                   "Tipos e prioridades de uma ocorrência; o primeiro é o que vale quando vem um desconhecido.",
	"prioridades":             "As prioridades; a primeira é a que vale quando vem uma desconhecida.",
	"primeiro_numero":         "De onde começa a numeração das ocorrências.",
	"status.codigo":           "O código, que os webservices usam (cod_status).",
	"status.nome":             "O nome que as pessoas veem.",
	"status.tipo":             "O grupo: cor, ícone e a situação que ConsultarOcorrencia responde.",
	"status.icone":            "Outro ícone que não o do tipo.",
	"status.proximos":         "Os códigos para onde uma pessoa ou a casa pode mover a partir daqui.",
	"status.botao":            "O texto do botão que move para cá; sem ele, o nome.",
	"status.ponto":            "O ponto de integração que uma movimentação para cá dispara.",
	"status.apos_sucesso":     "O status que segue um envio entregue, se ninguém moveu antes.",
	"status.quem_move":        "Quem pode mover para cá: atendente, gestor, admin, programa (um token da casa). Sem esta chave, todos os que movem.",

	"status.comentario_obrigatorio": "Se quem move para cá precisa escrever um comentário. O campo e o próprio Ponte não precisam.",

	"integracao":                                 "Como a ferramenta do campo é chamada. Onde ela está e as credenciais pertencem a um ambiente, fora da versão.",
	"integracao.preset":                          "De onde o documento veio; só uma nota.",
	"integracao.politica":                        "A paciência: tempos, repetições e o que cada HTTP quer dizer (repetir, consultar ou recusar).",
	"integracao.autenticacao":                    "Como o Ponte se identifica: nenhuma, bearer, basic, cabecalho, parametro_url ou oauth2. Só a forma; os segredos são do ambiente.",
	"integracao.cabecalhos":                      "Cabeçalhos fixos de toda chamada; vazio não é enviado. Nunca um segredo.",
	"integracao.pontos":                          "Uma chamada para cada ponto: o que vai, o que a resposta quer dizer, e a consulta que esclarece uma dúvida.",
	"integracao.janelas":                         "Por código de status: um endereço que a pessoa abre em pop-up enquanto a ocorrência está nele. Nada é enviado.",
	"integracao.consulta_de_unidade":             "Como se pergunta à ferramenta do campo se conhece uma unidade pelo id; só em homologação, e nada é mudado. Sem a chave: só a lista importada diz.",
	"anexos":                                     "O que pode entrar como anexo.",
	"anexos.hosts_permitidos":                    "De onde um anexo pode ser buscado por url: arquivos.exemplo.com.br, *.exemplo.com.br. Nenhum: de lugar nenhum.",
	"ambientes":                                  "Onde está a homologação. A produção só se informa no go-live. Mudar o endereço para outro servidor esquece as credenciais.",
	"ambientes.homologacao":                      "A homologação; sem esta chave, fica como está.",
	"ambientes.homologacao.url":                  "O endereço, como https://homologacao.exemplo.com.br. O caminho de cada ponto é acrescentado a ele.",
	"ambientes.homologacao.url_do_token":         "Onde client_id e client_secret viram um token, para o tipo oauth2.",
	"ambientes.homologacao.enderecos":            "Endereços completos no lugar da url e do caminho, por ação: MOBUSS_ISA, MOBUSS_ISA.consulta, janela.70.",
	"ambientes.homologacao.permite_rede_privada": "Se endereços da rede interna e desta máquina podem ser chamados.",

	"integracao.politica.tempo_limite":                 "De uma chamada inteira, até 1m.",
	"integracao.politica.primeira_espera":              "Antes da segunda tentativa; dobra a partir dela.",
	"integracao.politica.espera_maxima":                "Entre duas tentativas.",
	"integracao.politica.variacao":                     "A parte da espera que fica ao acaso, de 0 a 1.",
	"integracao.politica.limite_total":                 "Depois disto o envio falhou.",
	"integracao.politica.assentamento":                 "Antes que o \"não achado\" de uma consulta valha.",
	"integracao.politica.corpo_maximo":                 "Quantos bytes de uma resposta são lidos.",
	"integracao.politica.http":                         "O que um HTTP quer dizer: repetir, consultar ou recusar. Sem linha: 5xx consultar, o resto recusar.",
	"integracao.politica.limites":                      "Quanto a ferramenta do campo é chamada, por processo. Sem a chave: sem limite.",
	"integracao.politica.limites.chamadas_por_segundo": "No máximo tantas por segundo, espalhadas por igual.",
	"integracao.politica.limites.chamadas_por_minuto":  "No máximo tantas por minuto, espalhadas por igual.",
	"integracao.politica.limites.chamadas_simultaneas": "No máximo tantas ao mesmo tempo.",
	"integracao.autenticacao.tipo":                     "nenhuma, bearer, basic, cabecalho, parametro_url (chave na URL) ou oauth2 (client credentials).",
	"integracao.autenticacao.cabecalhos":               "Os nomes dos cabeçalhos cujos valores são segredos, para o tipo cabecalho.",
	"integracao.autenticacao.parametros_url":           "Os nomes dos parâmetros da URL cujos valores são segredos, para o tipo parametro_url.",
	"integracao.autenticacao.oauth2":                   "O que o servidor de tokens quer saber, para o tipo oauth2. Onde ele está é do ambiente (url_do_token).",
	"integracao.autenticacao.oauth2.escopo":            "O escopo pedido; vários com espaço entre eles.",
	"integracao.autenticacao.oauth2.audiencia":         "A audiência pedida (audience), se o servidor de tokens quiser uma.",
	"integracao.autenticacao.oauth2.identificacao":     "Como client_id e client_secret vão: basic (o que vale sem esta chave) ou corpo.",
	"integracao.autenticacao.certificado_cliente":      "Se o Ponte mostra um certificado seu (TLS mútuo), além do tipo escolhido.",

	"*.nome":                    "O nome que as pessoas veem.",
	"*.observacao":              "Para quem lê: o que foi suposto, e quem tem de confirmar.",
	"*.metodo":                  "GET, POST, PUT, PATCH ou DELETE.",
	"*.caminho":                 "Começa com / e segue o endereço do ambiente; {nome} é preenchido pela linha de destino caminho:nome.",
	"*.corpo":                   "json (o que vale sem esta chave), form, query, xml ou multipart.",
	"*.xml":                     "A moldura de um corpo xml: o elemento raiz, os espaços de nomes, o envelope SOAP.",
	"*.raiz":                    "O elemento que contém o que as linhas dizem, com prefixo se tiver: ns:IncluirOS.",
	"*.espacos":                 "Prefixo -> URI. O prefixo vazio (\"\") é o espaço dos nomes sem prefixo.",
	"*.envelope":                "nenhum (o que vale sem esta chave), soap11 ou soap12.",
	"*.acao":                    "A ação SOAP, sem aspas: o cabeçalho SOAPAction, ou o action do Content-Type.",
	"*.cabecalhos":              "Cabeçalhos fixos desta chamada.",
	"*.parametros":              "As linhas: para onde vai um valor e de onde ele vem.",
	"*.resposta":                "Como a resposta é lida: json, json_ou_lista, xml ou texto.",
	"*.sucesso":                 "Expressão (CEL) que diz se a resposta é um sucesso.",
	"*.consultar_se":            "Expressão que marca uma resposta que não diz nem sim nem não.",
	"*.recusar_se":              "Expressão que marca uma recusa, qualquer que seja o HTTP.",
	"*.mensagem":                "Expressão que dá o motivo de uma recusa.",
	"*.extrair":                 "Textos que se tiram da resposta, por nome: id_mobuss, numero_os, id_visita.",
	"*.obrigatorio_na_resposta": "Sem estes um sucesso não vale.",
	"*.consulta":                "A consulta em uso, de consultas; sem ela, uma pessoa decide.",
	"*.consultas":               "As maneiras de descobrir se uma chamada em dúvida foi feita.",
	"*.achado":                  "Expressão: foi feita.",
	"*.nao_achado":              "Expressão: não foi feita. Tem de ser dita, não concluída.",
	"*.conhecida":               "Expressão: o id é de uma unidade de lá.",
	"*.desconhecida":            "Expressão: não é de nenhuma. Tem de ser dita, não concluída.",
	"*.repetir_se":              "Expressão: nada foi feito, e vale tentar de novo (numa consulta: a resposta não é resposta).",
	"*.destino":                 "Um caminho no corpo (a.b[0].c; em XML ns:a.b.@id), cabecalho:Nome, url:nome, caminho:nome, arquivo:nome ou cabecalho_soap:ns:a.",
	"*.campo":                   "Um fato da ocorrência, pelo nome.",
	"*.fixo":                    "Um valor fixo.",
	"*.cel":                     "Uma expressão sobre os fatos.",
	"*.referencia":              "Um valor que só se conhece na hora do envio.",
	"*.tipo":                    "Como o valor é enviado: texto, numero, booleano, data ou datahora.",
	"*.formato":                 "Como é escrito: so_digitos, pontuado, sem_acentos, maiusculas, virgula, s_n, t_f, 1_0, iso, br, iso_utc, iso_offset, unix, unix_ms, ou um desenho de data como dd/MM/aaaa HH:mm.",
	"*.obrigatorio":             "Sem valor a chamada não é feita.",
	"*.se_vazio":                "O que fazer sem valor: omitir, nulo, vazio ou recusar.",
}
