// node's soap by the WSDL, as an integrator writes it: client.js URL TOKEN FILE ID VERSION(1|2). NODE_PATH says where
// soap is. Authentication is Bearer. Each line printed is what one step saw.
'use strict'
const fs = require('fs')
const soap = require('soap')

const [url, token, file, id, version] = process.argv.slice(2)

async function client(token) {
  const c = await soap.createClientAsync(url + '/ws/soap?wsdl', { forceSoap12Headers: version === '2' })
  c.setSecurity(new soap.BearerSecurity(token))
  return c
}

const saw = (step, what) => console.log(JSON.stringify({ step, ...what }))

// fault is what a caller can read of a refusal.
async function fault(step, call) {
  try {
    await call()
    saw(step, { code: 'none: it was accepted' })
  } catch (err) {
    if (!err.root) throw err
    const f = err.root.Envelope.Body.Fault
    const e = (f.detail ?? f.Detail).Erro
    const code = f.faultcode ?? f.Code.Value
    const text = f.faultstring ?? f.Reason.Text
    saw(step, {
      fault: code.$value ?? code, text: text.$value ?? text, code: e.codigo, message: e.mensagem,
      fields: [].concat(e.campos?.campo ?? []).map((c) => c.campo), receipt: e.recebimento ?? '' // one alone is no list
    })
  }
}

async function main() {
  const ponte = await client(token)
  const number = async (operation, parameters) => (await ponte[operation + 'Async'](parameters))[0].numero_ocorrencia
  const opening = {
    id_externo: id + '-1',
    cod_projeto: 7, // a number, as whoever has it as one
    cod_empreendimento: 'PDA',
    bloqueio_incluir_cliente: true,
    assunto: 'Infiltração no teto – suíte',
    descricao: 'Infiltração no teto – suíte: água & luz <apagada>.\nSegunda linha, com “aspas” e 50% de 3 m².',
    emergencia: false
  }
  const numero_ocorrencia = await number('IncluirOcorrencia', opening)
  saw('open', { number: numero_ocorrencia })
  saw('again', { number: await number('IncluirOcorrencia', opening) })
  saw('comment', { number: await number('IncluirComentario', { numero_ocorrencia, id_externo: id + '-2', comentario: 'Rejunte refeito – aguardar 48 h “de cura”.', autor: 'Técnico João' }) })
  saw('visit', { number: await number('InformarVistoria', { numero_ocorrencia, inicio: new Date('2026-02-03T14:00:00-03:00').toISOString(), fim: '03/02/2026 15:00', tecnico: 'Técnico João', situacao: 'realizada' }) })
  saw('attach', { number: await number('IncluirAnexo', { numero_ocorrencia, nome: 'teto-da-suíte.png', tipo_conteudo: 'image/png', conteudo: fs.readFileSync(file).toString('base64') }) })
  saw('move', { number: await number('MovimentarOcorrencia', { numero_ocorrencia, cod_status: 60, comentario: 'Reparo executado na suíte.' }) })
  saw('close', { number: await number('EncerrarOcorrencia', { numero_ocorrencia, solucao: 'Vedação refeita.', procedente: true }) })
  saw('show', { shown: (await ponte.ConsultarOcorrenciaAsync({ numero_ocorrencia }))[0] })
  saw('find', { shown: (await ponte.ConsultarOcorrenciaAsync({ id_externo: id + '-1' }))[0] })
  await fault('unknown unit', () => number('IncluirOcorrencia', { ...opening, id_externo: id + '-3', cod_projeto: '9999' }))
  await fault('bad fields', () => number('InformarVistoria', { numero_ocorrencia, inicio: 'depois de amanhã', situacao: 'marcada' }))
  const stranger = await client('not-a-token')
  await fault('no token', () => stranger.ConsultarOcorrenciaAsync({ numero_ocorrencia }))
}

main().catch((err) => {
  console.error(err.response?.data ?? err.stack)
  process.exit(1)
})
