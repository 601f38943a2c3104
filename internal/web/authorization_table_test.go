package web_test

import "fmt"

// reach says what a route is about, and so who of those with the role may.
type reach int

const (
	anyone   reach = iota // without signing in
	own                   // whoever has signed in, of themselves
	mine                  // a list: who has the role, each with what is theirs
	placed                // one thing of the development AUR: elsewhere there is no such thing
	unplaced              // one thing that may be about any development: only for those who see them all
	whole                 // the whole installation
	entire                // the whole installation, too: but only for those who see it all
)

// rule is a route, filled in, with who may: roles by their first letter (a attendant, g manager, c consultant; an
// administrator always). The form is one that changes nothing, or nothing that a later rule needs.
type rule struct {
	route string // as web.go has it
	path  string
	about reach
	may   string
	form  []string
	// missing: nobody's act meets such a thing, so that whoever may is told so.
	missing bool
}

func (w *world) rules() []rule {
	occurrence, delivery := fmt.Sprintf("/ocorrencias/%d", w.number), "/integracao/envios/"+w.delivery
	call, loose, finding, unknown := callAt(w.call), callAt(w.loose), findings+"/"+w.finding, findings+"/"+w.unknown
	many, alerts := "/integracao/envios/lote/"+w.many, "/parametrizacoes/alertas"
	file := fmt.Sprintf("%s/anexos/%d", occurrence, w.file)
	moves := "/mover/" + w.moves
	const settings, connectionAt = "/parametrizacoes", "/parametrizacoes/mobuss"
	statuses, ws, users := settings+"/status", settings+"/webservice", settings+"/usuarios"
	implementation, runs, versions := settings+"/implantacao", runsPath, settings+"/versoes"
	production := implementation + "/producao"
	user := fmt.Sprintf("%s/%d", users, w.spareUser)
	return []rule{
		{"GET /entrar", "/entrar", anyone, "", nil, false},
		{"GET /entrar/codigo", "/entrar/codigo", anyone, "", nil, false},
		{"POST /entrar/codigo", "/entrar/codigo", anyone, "", []string{"codigo", "123456"}, false},
		{"GET /conta/segundo-fator", "/conta/segundo-fator", own, "agc", nil, false},
		{"POST /conta/segundo-fator/{ato}", "/conta/segundo-fator/comecar", own, "agc", nil, false},
		{"POST /conta/segundo-fator/{ato}", "/conta/segundo-fator/confirmar", own, "agc", []string{"codigo", "x"}, false},
		{"POST /parametrizacoes/usuarios/segundo-fator", users + "/segundo-fator", whole, "", nil, false},
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/fator", whole, "", nil, false},
		{"GET /entrar/sso", "/entrar/sso", anyone, "", nil, true}, // there is no provider here: TestSingleSignOn has one
		{"GET /entrar/sso/volta", "/entrar/sso/volta", anyone, "", nil, true},
		{"GET /entrar/esqueci", "/entrar/esqueci", anyone, "", nil, false},
		{"POST /entrar/esqueci", "/entrar/esqueci", anyone, "", []string{"login", ""}, false},
		{"GET /entrar/nova-senha", "/entrar/nova-senha", anyone, "", nil, true},
		{"POST /entrar/nova-senha", "/entrar/nova-senha", anyone, "", nil, true},
		{"POST /aparencia", "/aparencia", anyone, "", []string{"tema", "dark", "volta", "/"}, false},
		{"GET /{$}", "/", own, "agc", nil, false},
		{"GET /painel", "/painel", own, "agc", nil, false},
		{"GET /busca", "/busca?q=101", own, "agc", nil, false},
		{"GET /ocorrencias", "/ocorrencias?ver=todas", mine, "agc", nil, false},
		{"GET /ocorrencias/quadro", "/ocorrencias/quadro?coluna=10&coluna=40&coluna=90&coluna=99", mine, "agc", nil, false},
		{"GET /ocorrencias/{numero}/mover", occurrence + "/mover", placed, "ag", nil, false},
		{"POST /ocorrencias/{numero}/mover", occurrence + "/mover", placed, "ag", []string{"status", ""}, false},
		{"GET /ocorrencias/visoes", "/ocorrencias/visoes", mine, "agc", nil, false},
		{"POST /ocorrencias/visoes", "/ocorrencias/visoes", mine, "agc", []string{"nome", "", "consulta", "visao=todas"}, false},
		{"POST /ocorrencias/visoes/{id}/{ato}", "/ocorrencias/visoes/999999/apagar", mine, "agc", nil, true},
		{"GET /ocorrencias/exportar", "/ocorrencias/exportar?visao=todas&formato=csv", mine, "ag", nil, false},
		{"POST /ocorrencias/exportar", "/ocorrencias/exportar", mine, "ag", []string{"visao", "todas"}, false},
		{"GET /ocorrencias/nova", "/ocorrencias/nova?q=101", mine, "ag", nil, false},
		{"POST /ocorrencias/nova", "/ocorrencias/nova", placed, "ag", []string{"unidade", fmt.Sprint(w.unit), "cliente", fmt.Sprint(w.customer), "descricao", "Torneira pingando"}, false},
		{"GET /ocorrencias/{numero}", occurrence, placed, "agc", nil, false},
		{"POST /rascunhos", "/rascunhos", placed, "ag", []string{"lugar", fmt.Sprint("ocorrencia:", w.number)}, false},
		{"POST /rascunhos/descartar", "/rascunhos/descartar", mine, "ag", []string{"lugar", fmt.Sprint("ocorrencia:", w.number)}, false},
		{"POST /ocorrencias/{numero}/movimentacoes", occurrence + "/movimentacoes", placed, "ag", []string{"comentario", ""}, false},
		{"POST /ocorrencias/{numero}/documento", occurrence + "/documento", placed, "ag", nil, false},
		{"GET /mover", "/mover", mine, "ag", nil, false},
		{"POST /mover", "/mover", mine, "ag", []string{"ocorrencia", fmt.Sprint(w.number), "ocorrencia", "x"}, false},
		{"GET /mover/contagem", "/mover/contagem?visao=todas", mine, "ag", nil, false},
		{"GET /mover/{id}", moves, placed, "g", nil, false}, // an attendant sees their own only
		{"GET /mover/{id}/arquivo", moves + "/arquivo", placed, "g", nil, false},
		{"POST /mover/{id}/{ato}", moves + "/de-novo", placed, "g", nil, false},
		{"POST /mover/{id}/{ato}", moves + "/parar", placed, "g", nil, false},
		{"GET /unidades/{id}/pessoas", fmt.Sprintf("/unidades/%d/pessoas", w.unit), placed, "ag", nil, false},
		{"POST /unidades/{id}/pessoas", fmt.Sprintf("/unidades/%d/pessoas", w.unit), placed, "ag", []string{"cpf_cnpj", ""}, false},
		{"POST /unidades/{id}/pessoas/{prazo}/encerrar", fmt.Sprintf("/unidades/%d/pessoas/999999/encerrar", w.unit), placed, "ag", nil, true},
		{"POST /unidades/{id}/pessoas/{pessoa}/cartas", fmt.Sprintf("/unidades/%d/pessoas/%d/cartas", w.unit, w.customer), placed, "ag", []string{"enviar", "1"}, false},
		{"POST /ocorrencias/{numero}/cartas/{id}/reenviar", occurrence + "/cartas/nenhuma/reenviar", placed, "ag", nil, true},
		{"GET /integracao/cartas", "/integracao/cartas", mine, "agc", nil, false},
		{"GET /parametrizacoes/cartas", settings + "/cartas", entire, "cg", nil, false},
		{"POST /parametrizacoes/cartas", settings + "/cartas", entire, "cg", []string{"ato", "previa"}, false},
		{"GET /ocorrencias/{numero}/corrigir", fmt.Sprintf("%s/corrigir?unidade=%d&cliente=%d", occurrence, w.unit, w.customer), placed, "ag", nil, false},
		{"POST /ocorrencias/{numero}/corrigir", occurrence + "/corrigir", placed, "ag", []string{"unidade", fmt.Sprint(w.unit), "cliente", fmt.Sprint(w.customer)}, false},
		{"GET /ocorrencias/{numero}/cancelar", occurrence + "/cancelar", placed, "ag", nil, false},
		{"POST /ocorrencias/{numero}/cancelar", occurrence + "/cancelar", placed, "ag", []string{"motivo", ""}, false},
		{"GET /ocorrencias/{numero}/anexos/{id}", file, placed, "agc", nil, false},
		{"GET /ocorrencias/{numero}/anexos/{id}/miniatura", file + "/miniatura", placed, "agc", nil, false},
		{"GET /integracao/pausa", "/integracao/pausa", own, "agc", nil, false},
		{"POST /integracao/pausa", "/integracao/pausa", own, "agc", []string{"ambiente", "homologacao"}, false},
		{"GET /integracao/envios", "/integracao/envios", mine, "agc", nil, false},
		{"GET /integracao/envios/contagem", "/integracao/envios/contagem", mine, "agc", nil, false},
		{"GET /integracao/envios/lote", "/integracao/envios/lote?ato=reenviar", mine, "g", nil, false},
		{"POST /integracao/envios/lote", "/integracao/envios/lote", mine, "g", []string{"ato", "pular", "motivo", ""}, false},
		{"GET /integracao/envios/lote/{id}", many, placed, "g", nil, false},
		{"POST /integracao/envios/lote/{id}/{ato}", many + "/parar", placed, "g", nil, false},
		{"GET /integracao/envios/{id}", delivery, placed, "agc", nil, false},
		{"POST /integracao/envios/{id}/confirmar", delivery + "/confirmar", placed, "ag", nil, false},
		{"POST /integracao/envios/{id}/consultar", delivery + "/consultar", placed, "ag", nil, false},
		{"POST /integracao/envios/{id}/pular", delivery + "/pular", placed, "ag", []string{"ocorrencia", fmt.Sprint(w.number), "motivo", ""}, false},
		{"POST /integracao/envios/{id}/reenviar", delivery + "/reenviar", placed, "ag", []string{"ocorrencia", fmt.Sprint(w.number)}, false},
		{"GET /integracao/conciliacao", findings, mine, "agc", nil, false},
		{"GET /integracao/conciliacao/contagem", findings + "/contagem", mine, "agc", nil, false},
		{"POST /integracao/conciliacao/conferir", findings + "/conferir", mine, "agc", nil, false},
		{"POST /integracao/conciliacao/agenda", findings + "/agenda", whole, "c", nil, false},
		{"GET /integracao/conciliacao/lote", findings + "/lote?ato=ignorar", mine, "g", nil, false},
		{"POST /integracao/conciliacao/lote", findings + "/lote", mine, "g", []string{"ato", "ignorar", "motivo", ""}, false},
		{"GET /integracao/conciliacao/{id}", finding, placed, "agc", nil, false},
		{"GET /integracao/conciliacao/{id}", unknown, unplaced, "agc", nil, false},
		{"POST /integracao/conciliacao/{id}/corrigir", finding + "/corrigir", placed, "ag", []string{"como", "x"}, false},
		{"POST /integracao/conciliacao/{id}/corrigir", unknown + "/corrigir", unplaced, "ag", []string{"como", "x"}, false},
		{"POST /integracao/conciliacao/{id}/reabrir", finding + "/reabrir", placed, "ag", nil, false},
		{"GET /integracao/recebimentos", "/integracao/recebimentos", mine, "agc", nil, false},
		{"GET /integracao/recebimentos/contagem", "/integracao/recebimentos/contagem", mine, "agc", nil, false},
		{"GET /integracao/recebimentos/lote", "/integracao/recebimentos/lote", mine, "gc", nil, false},
		{"POST /integracao/recebimentos/lote", "/integracao/recebimentos/lote", mine, "gc", []string{"ato", "descartar", "motivo", ""}, false},
		{"GET /integracao/recebimentos/{id}", call, placed, "agc", nil, false},
		{"GET /integracao/recebimentos/{id}", loose, unplaced, "agc", nil, false},
		{"POST /integracao/recebimentos/{id}/atribuir", call + "/atribuir", placed, "agc", []string{"usuario", "0"}, false},
		{"POST /integracao/recebimentos/{id}/atribuir", loose + "/atribuir", unplaced, "agc", []string{"usuario", "0"}, false},
		{"POST /integracao/recebimentos/{id}/descartar", call + "/descartar", placed, "gc", []string{"motivo", ""}, false},
		{"POST /integracao/recebimentos/{id}/descartar", loose + "/descartar", unplaced, "gc", []string{"motivo", ""}, false},
		{"POST /integracao/recebimentos/{id}/reabrir", call + "/reabrir", placed, "gc", nil, false},
		{"POST /integracao/recebimentos/{id}/reenviar", call + "/reenviar", placed, "gc", nil, false},
		{"POST /integracao/recebimentos/{id}/reenviar", loose + "/reenviar", unplaced, "gc", nil, false},
		{"GET /conta", "/conta", own, "agc", nil, false},
		{"POST /conta/senha", "/conta/senha", own, "agc", nil, false},
		{"POST /conta/sessoes", "/conta/sessoes", own, "agc", nil, false},
		{"GET /novidades", "/novidades", own, "agc", nil, false},
		{"GET /parametrizacoes/usuarios", users, whole, "", nil, false},
		{"POST /parametrizacoes/usuarios", users, whole, "", nil, false},
		{"GET /parametrizacoes/usuarios/{id}", user, whole, "", nil, false},
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/salvar", whole, "", nil, false},
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/encerrar", whole, "", nil, false},
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/destravar", whole, "", nil, false},
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/link", whole, "", nil, false},
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/link-por-email", whole, "", nil, true}, // there is no mail here
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/senha", whole, "", nil, false},
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/desativar", whole, "", nil, false},
		{"POST /parametrizacoes/usuarios/{id}/{ato}", user + "/reativar", whole, "", nil, false},
		{"GET /parametrizacoes/alertas", alerts, whole, "", nil, false},
		{"POST /parametrizacoes/alertas", alerts, whole, "", nil, false},
		{"POST /parametrizacoes/alertas/destinos", alerts + "/destinos", whole, "", nil, false},
		{"POST /parametrizacoes/alertas/destinos/{id}/{ato}", alerts + "/destinos/1/retirar", whole, "", nil, true},
		{"GET /parametrizacoes/auditoria", settings + "/auditoria", whole, "", nil, false},
		{"GET /parametrizacoes/auditoria/arquivo", settings + "/auditoria/arquivo", whole, "", nil, false},
		{"GET /parametrizacoes/dados-pessoais", settings + "/dados-pessoais?q=marina", whole, "", nil, false},
		{"GET /parametrizacoes/dados-pessoais/{id}", fmt.Sprintf("%s/dados-pessoais/%d", settings, w.customer), whole, "", nil, false},
		{"POST /parametrizacoes/dados-pessoais/{id}/{ato}", fmt.Sprintf("%s/dados-pessoais/%d/exportar", settings, w.customer), whole, "", nil, false},
		{"POST /parametrizacoes/dados-pessoais/{id}/{ato}", fmt.Sprintf("%s/dados-pessoais/%d/remover", settings, w.customer), whole, "", nil, false},
		{"GET " + connectionAt, connectionAt, whole, "c", nil, false},
		{"POST " + connectionAt, connectionAt, whole, "c", nil, false},
		{"POST " + connectionAt + "/credenciais", connectionAt + "/credenciais", whole, "c", nil, false},
		{"POST " + connectionAt + "/teste", connectionAt + "/teste", whole, "c", []string{"ambiente", "homologacao"}, false},
		{"GET " + connectionAt + "/predefinicao/{nome}", connectionAt + "/predefinicao/mobuss-atual", whole, "c", nil, false},
		{"POST " + connectionAt + "/predefinicao/{nome}", connectionAt + "/predefinicao/mobuss-atual", whole, "c", []string{"versao", "99"}, false},
		{"GET /parametrizacoes/status", statuses, whole, "c", nil, false},
		{"GET /parametrizacoes/dados-enviados", settings + "/dados-enviados", whole, "c", nil, false},
		{"GET /parametrizacoes/itens", settings + "/itens", whole, "c", nil, false},
		{"POST /parametrizacoes/itens", settings + "/itens", whole, "c", nil, false},
		{"GET /parametrizacoes/itens/{tipo}/{codigo}", settings + "/itens/falha/Novo", whole, "c", nil, false},
		{"POST /parametrizacoes/itens/{tipo}/{codigo}", settings + "/itens/falha/Novo", whole, "c", nil, false},
		{"GET /parametrizacoes/catalogo", settings + "/catalogo", whole, "c", nil, false},
		{"POST /parametrizacoes/catalogo", settings + "/catalogo", whole, "c", nil, false},
		{"GET /parametrizacoes/catalogo/novo", settings + "/catalogo/novo", whole, "c", nil, false},
		{"POST /parametrizacoes/catalogo/novo", settings + "/catalogo/novo", whole, "c", nil, false},
		{"GET /parametrizacoes/status/{codigo}", statuses + "/30", whole, "c", nil, false},
		{"POST /parametrizacoes/status/{codigo}", statuses + "/30", whole, "c", nil, false},
		{"GET /parametrizacoes/status/{codigo}/retirar", statuses + "/30/retirar", whole, "c", nil, false},
		{"POST /parametrizacoes/status/{codigo}/retirar", statuses + "/30/retirar", whole, "c", nil, false},
		{"GET /parametrizacoes/status/{codigo}/integracao", statuses + "/20/integracao", whole, "c", nil, false},
		{"POST /parametrizacoes/status/{codigo}/integracao", statuses + "/20/integracao", whole, "c", nil, false},
		{"POST /parametrizacoes/status/{codigo}/integracao/previa", statuses + "/20/integracao/previa", whole, "c", nil, false},
		{"POST /parametrizacoes/status/{codigo}/integracao/testar", statuses + "/20/integracao/testar", whole, "c", nil, false},
		{"GET /parametrizacoes/implantacao", implementation, whole, "c", nil, false},
		{"POST /parametrizacoes/implantacao/passos/{passo}", implementation + "/passos/metodo", whole, "c", nil, false},
		{"GET /parametrizacoes/implantacao/producao", production, whole, "c", nil, false},
		{"POST /parametrizacoes/implantacao/producao", production, whole, "c", nil, false},
		{"POST /parametrizacoes/implantacao/producao/{ato}", production + "/volta", whole, "c", nil, false},
		{"GET /parametrizacoes/implantacao/conformidade", runs, whole, "c", nil, false},
		{"POST /parametrizacoes/implantacao/conformidade", runs, whole, "c", nil, false},
		{"GET /parametrizacoes/implantacao/conformidade/{id}", runs + "/" + w.run, whole, "c", nil, false},
		{"POST /parametrizacoes/implantacao/conformidade/{id}/interromper", runs + "/" + w.run + "/interromper", whole, "c", nil, false},
		{"POST /parametrizacoes/implantacao/conformidade/{id}/assinar", runs + "/" + w.run + "/assinar", whole, "c", nil, false},
		{"GET /parametrizacoes/versoes", versions, whole, "c", nil, false},
		{"GET /parametrizacoes/versoes/{numero}/arquivo", versions + "/1/arquivo", whole, "c", nil, false},
		{"POST /parametrizacoes/versoes/{numero}/restaurar", versions + "/99/restaurar", whole, "c", nil, true},
		{"GET /parametrizacoes/webservice", ws, whole, "c", nil, false},
		{"POST /parametrizacoes/webservice/tokens", ws + "/tokens", whole, "c", nil, false},
		{"POST /parametrizacoes/webservice/tokens/{id}/{ato}", fmt.Sprintf("%s/tokens/%d/revogar", ws, w.spareToken), whole, "c", nil, false},
		{"POST /parametrizacoes/webservice/tokens/{id}/{ato}", fmt.Sprintf("%s/tokens/%d/trocar", ws, w.spareToken), whole, "c", nil, false},
		{"POST /parametrizacoes/webservice/respostas/{operacao}", ws + "/respostas/IncluirOcorrencia", whole, "c", []string{"formato", "x"}, false},
		{"GET /parametrizacoes/webservice/exemplo/{operacao}", ws + "/exemplo/IncluirOcorrencia", whole, "c", nil, false},
		{"GET /parametrizacoes/webservice/parametros", ws + "/parametros", whole, "cg", nil, false},
		{"GET /parametrizacoes/webservice/parametros.pdf", ws + "/parametros.pdf", whole, "cg", nil, false},
		{"GET /parametrizacoes/webservice/experimentar", ws + "/experimentar", whole, "c", nil, false},
		{"POST /parametrizacoes/webservice/experimentar", ws + "/experimentar", whole, "c", nil, false},
		{"GET /cadastros", "/cadastros", whole, "c", nil, false},
		{"GET /cadastros/empreendimentos/{id}", fmt.Sprintf("/cadastros/empreendimentos/%d", w.development), whole, "c", nil, false},
		{"GET /cadastros/blocos/{id}", fmt.Sprintf("/cadastros/blocos/%d", w.block), whole, "c", nil, false},
		{"POST /cadastros/{resto...}", fmt.Sprintf("/cadastros/blocos/%d", w.block), whole, "c", nil, false},
		{"GET /cadastros/importacao", "/cadastros/importacao", whole, "c", nil, false},
		{"POST /cadastros/importacao", "/cadastros/importacao", whole, "c", nil, false},
		{"GET /cadastros/importacao/{id}", "/cadastros/importacao/nenhuma", whole, "c", nil, true},
		{"POST /cadastros/importacao/{id}/{ato}", "/cadastros/importacao/nenhuma/importar", whole, "c", nil, true},
		{"GET /cadastros/importacao/{id}/recusadas/{n}", "/cadastros/importacao/nenhuma/recusadas/1", whole, "c", nil, true},
		{"GET /cadastros/unidades-no-mobuss", "/cadastros/unidades-no-mobuss", whole, "c", nil, false},
		{"POST /cadastros/unidades-no-mobuss", "/cadastros/unidades-no-mobuss?ambiente=homologacao", whole, "c", nil, false},
		{"GET /cadastros/unidades-no-mobuss/{lista}", "/cadastros/unidades-no-mobuss/sem-id.csv?ambiente=homologacao", whole, "c", nil, false},
		{"POST /cadastros/unidades-no-mobuss/{ato}", "/cadastros/unidades-no-mobuss/parar", whole, "c", nil, false},
		{"/", "/nada", own, "agc", nil, true},
		{"POST /entrar", "/entrar", anyone, "", []string{"login", "ninguem@demo", "senha", "x"}, false},
		{"POST /sair", "/sair", anyone, "", nil, false},
	}
}
