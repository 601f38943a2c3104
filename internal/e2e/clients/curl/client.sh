#!/usr/bin/env bash
# curl with form bodies, as a shell script or an old client has them: client.sh URL TOKEN FILE ID FORM.
# FORM utf8 writes UTF-8 to the paths, with Bearer; latin1 writes Latin-1, declared, to the flat addresses, with Basic.
# Answers are asked for as JSON, text and XML in turn. Each line printed is what one step saw.
set -euo pipefail

url=$1/ws/rest/v1 token=$2 file=$3 id=$4 form=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bytes() { if [ "$form" = latin1 ]; then iconv -f UTF-8 -t CP1252; else cat; fi; }

# post ACCEPT OPERATION PATH NAME=TEXT...: the answer. In the flat form the path is a parameter too.
post() {
  local accept=$1 operation=$2 path=$3 parameter options=() address
  shift 3
  if [ "$form" = latin1 ]; then
    address=$url/$operation
    options+=(-u "mobuss:$token" -H 'Content-Type: application/x-www-form-urlencoded; charset=ISO-8859-1')
    case $path in /ocorrencias/*) set -- "$@" "numero_ocorrencia=$number" ;; esac
  else
    address=$url$path
    options+=(-H "Authorization: Bearer $token")
  fi
  local i=0
  for parameter in "$@"; do
    printf %s "${parameter#*=}" | bytes >"$work/$i"
    options+=(--data-urlencode "${parameter%%=*}@$work/$i")
    i=$((i + 1))
  done
  curl -sS -H "Accept: $accept" "${options[@]}" "$address"
}

# The number in an answer, by its form.
of_json() { sed -n 's/^{"numero_ocorrencia":\([0-9]*\)}$/\1/p'; }
of_xml() { xmllint --xpath 'string(/*[local-name()="IncluirComentarioResponse" or local-name()="MovimentarOcorrenciaResponse"]/*[local-name()="numero_ocorrencia"])' -; }
saw() { printf '{"step":"%s","number":%s}\n' "$1" "$2"; }

opening=(
  'cod_empreendimento=PDA'
  'bloqueio_incluir_cliente=T'
  'assunto=Infiltração no teto – suíte'
  $'descricao=Infiltração no teto – suíte: água & luz <apagada>.\nSegunda linha, com “aspas” e 50% de 3 m².'
  'emergencia=F'
)
number=$(post application/json IncluirOcorrencia /ocorrencias "id_externo=$id-1" cod_projeto=7 "${opening[@]}" | of_json)
saw open "$number"
saw again "$(post text/plain IncluirOcorrencia /ocorrencias "id_externo=$id-1" cod_projeto=7 "${opening[@]}")"
to=/ocorrencias/$number
saw comment "$(post application/xml IncluirComentario "$to/comentarios" "id_externo=$id-2" 'comentario=Rejunte refeito – aguardar 48 h “de cura”.' 'autor=Técnico João' | of_xml)"
saw visit "$(post text/plain InformarVistoria "$to/vistorias" inicio=2026-02-03T14:00:00-03:00 'fim=03/02/2026 15:00' 'tecnico=Técnico João' situacao=realizada)"
if [ "$form" = latin1 ]; then
  saw attach "$(post application/json IncluirAnexo "$to/anexos" 'nome=teto-da-suíte.png' tipo_conteudo=image/png "conteudo=$(base64 -w0 "$file")" | of_json)"
else
  saw attach "$(curl -sS -H "Authorization: Bearer $token" -F 'nome=teto-da-suíte.png' -F "conteudo=@$file;type=image/png" "$url$to/anexos" | of_json)"
fi
saw move "$(post application/xml MovimentarOcorrencia "$to/movimentacoes" cod_status=60 'comentario=Reparo executado na suíte.' | of_xml)"
saw close "$(post text/plain EncerrarOcorrencia "$to/encerramento" 'solucao=Vedação refeita.' procedente=T)"
if [ "$form" = latin1 ]; then
  shown=$(post application/json ConsultarOcorrencia "$to")
  found=$(post application/json ConsultarOcorrencia /ocorrencias "id_externo=$id-1")
else
  shown=$(curl -sS -H "Authorization: Bearer $token" "$url$to")
  found=$(curl -sS -H "Authorization: Bearer $token" -G --data-urlencode "id_externo=$id-1" "$url/ocorrencias")
fi
printf '{"step":"show","shown":%s}\n{"step":"find","shown":%s}\n' "$shown" "$found"

# A problem document is printed as it came.
problem() { printf '{"step":"%s","problem":%s}\n' "$1" "$2"; }
problem 'unknown unit' "$(post application/json IncluirOcorrencia /ocorrencias "id_externo=$id-3" cod_projeto=9999 "${opening[@]}")"
problem 'bad fields' "$(post application/json InformarVistoria "$to/vistorias" 'inicio=depois de amanhã' situacao=marcada)"
token=not-a-token
problem 'no token' "$(post application/json IncluirComentario "$to/comentarios" comentario=x)"
