package sheet

import "strconv"

// Section is a heading with what stands under it.
type Section struct {
	Title string
	Lines []Line
}

// Line is something that a caller must know; Code is how it looks on the wire.
type Line struct{ Head, Text, Code string }

// Access says who may call and how a caller proves itself.
func (s *Sheet) Access() Section {
	in := "A base em uso nesta instalação é a de homologação, e é o token de homologação que vale agora."
	if s.Production {
		in = "A base em uso nesta instalação é a de produção: é preciso um token de produção. Os de homologação deixaram de valer na virada."
	}
	return Section{"Acesso", []Line{
		{"Ambiente", in + " O endereço é o mesmo nos dois ambientes: o token diz em qual deles a chamada acontece.", ""},
		{"Qual token", "O Mobuss usa um token de origem Mobuss: o que ele escreve é notícia do campo e nunca é devolvido a ele. Portal, chatbot e ERP usam um token de origem casa: movimentam como um atendente e disparam a integração do status. O administrador cria o token, que aparece uma única vez, e o entrega por um canal seguro; nesta ficha ele aparece como " + Token + ".", ""},
		{"Bearer", "Em REST e em SOAP, no cabeçalho HTTP:", "Authorization: Bearer " + Token},
		{"Basic", "Em REST e em SOAP; o usuário é livre, a senha é o token:", "curl -u mobuss:" + Token + " ..."},
		{"WS-Security", "Só em SOAP, no Header do envelope, com PasswordText:", usernameToken},
	}}
}

const usernameToken = `<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">
  <wsse:UsernameToken>
    <wsse:Username>mobuss</wsse:Username>
    <wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText">` + Token + `</wsse:Password>
  </wsse:UsernameToken>
</wsse:Security>`

// Rules are what every caller must know, whatever the operation.
func (s *Sheet) Rules() Section {
	limit := "O token pode ter um limite de chamadas por minuto."
	if s.CallsPerMinute > 0 {
		limit = "O limite é de " + strconv.Itoa(s.CallsPerMinute) + " chamadas por minuto, salvo se o token tiver o seu."
	}
	return Section{"Regras que valem para todas as operações", []Line{
		{"id_externo e repetição", "É o id do registro no sistema de quem chama. A mesma operação com o mesmo id_externo é o mesmo pedido: a resposta é a da primeira vez (HTTP 200) e nada é feito de novo. Por isso é seguro reenviar depois de uma queda ou de um tempo esgotado. Um id só fica preso quando a chamada é aceita; a recusada pode ser corrigida e enviada outra vez com o mesmo id.", ""},
		{"Datas", "ISO 8601 com fuso (2026-01-31T14:30:00-03:00) ou dd/mm/aaaa hh:mm[:ss]. Sem fuso, vale o do empreendimento.", ""},
		{"T e F", "Sim é T, não é F. true/false e 1/0 também são aceitos.", ""},
		{"Em branco é ausente", "Em JSON e em formulário, um valor em branco ou null é o mesmo que não enviar o parâmetro. Em SOAP, omita o elemento ou use xsi:nil; um elemento vazio que não seja texto é recusado.", ""},
		{"Nomes", "Os nomes dos parâmetros são comparados letra a letra, maiúsculas e minúsculas inclusive. Um parâmetro desconhecido ou repetido é recusado; o token pode ser configurado para que o desconhecido vire apenas um aviso.", ""},
		{"Corpo em REST", "application/json, application/x-www-form-urlencoded ou, com arquivo, multipart/form-data. Escrever por GET não é possível.", ""},
		{"Codificação de caracteres", "UTF-8. Formulários em ISO-8859-1 ou windows-1252 são aceitos quando o Content-Type o declara; em SOAP vale a declaração do XML.", "Content-Type: application/x-www-form-urlencoded; charset=ISO-8859-1"},
		{"Arquivos", "Em base64, codificado uma única vez, ou como parte com nome de arquivo em multipart. PHP: o SoapClient já codifica; não codifique duas vezes (passe os bytes, sem base64_encode).", ""},
		{"Tamanho", "Uma chamada pode ter até " + Bytes(s.MaxBody) + "; as operações que levam arquivo têm limite próprio, indicado na seção de cada uma. Content-Encoding não é aceito.", ""},
		{"Limite de chamadas", limit + " Acima dele a resposta é muitas_chamadas, com Retry-After em segundos.", ""},
		{"Respostas", "201 para o que foi criado, 200 para o repetido e para consultas; o perfil de resposta configurado pode pedir 200 sempre. A forma é a do perfil (JSON, texto ou XML) ou a do cabeçalho Accept. Em SOAP é sempre o elemento NomeDaOperacaoResponse.", ""},
		{"Erros", "Em REST, application/problem+json (RFC 9457) com codigo, detail, campos (um por parâmetro errado, todos de uma vez) e recebimento, o número da chamada guardada. Em SOAP, um Fault com os mesmos dados em detail: HTTP 500 em 1.1, 400 em 1.2 quando o erro é de quem chama, e 401 sem autenticação. Decida pelo codigo, nunca pelo texto.", ""},
		{"O que reenviar", "Falha de rede, 429, 500 e 503: envie de novo a mesma chamada, com o mesmo id_externo, esperando cada vez mais. Outros 4xx: corrija antes. A chamada recusada fica guardada e pode ser corrigida e aceita pela equipe da construtora; nesse caso, a próxima chamada igual recebe o número da ocorrência.", ""},
	}}
}
