package web

import (
	"slices"
	"strconv"
	"strings"
)

// What a form can ask for at the most.
const (
	mostRows    = 200
	mostPairs   = 40
	mostLookUps = 10
)

// list is the i-th of the fields of a name, as it was typed; "" where there are fewer.
func (r *request) list(name string, i int) string {
	if all := r.PostForm[name]; i < len(all) {
		return strings.TrimSpace(strings.ReplaceAll(all[i], "\r\n", "\n"))
	}
	return ""
}

// ticked says whether the box of the i-th row is ticked; its value is the row.
func (r *request) ticked(name string, i int) bool {
	return slices.Contains(r.PostForm[name], strconv.Itoa(i))
}

// readIntegration is the form as it was sent.
func readIntegration(r *request) integrationForm {
	f := integrationForm{base: r.typed("versao"), note: r.typed("nota"), on: r.PostFormValue("ativar") != "", way: r.typed("ponto"),
		button: r.typed("botao"), number: r.typed("ocorrencia"), call: readCall(r, "")}
	f.rules = rulesForm{success: r.typed("sucesso"), lookUpIf: r.typed("consultar_se"), refuseIf: r.typed("recusar_se"),
		retryIf: r.typed("repetir_se"), message: r.typed("mensagem"), extract: readExtract(r, ""), lookUp: r.typed("consulta")}
	for i := range mostLookUps {
		p := lookUpPrefix(i)
		if !r.PostForm.Has(p + "nome") {
			break
		}
		f.rules.lookUps = append(f.rules.lookUps, lookUpForm{name: r.typed(p + "nome"), note: r.typed(p + "observacao"), call: readCall(r, p),
			found: r.typed(p + "achado"), notFound: r.typed(p + "nao_achado"), retryIf: r.typed(p + "repetir_se"), extract: readExtract(r, p)})
	}
	return f
}

func readCall(r *request, p string) callForm {
	f := callForm{prefix: p, method: r.typed(p + "metodo_http"), path: r.typed(p + "caminho"), body: r.typed(p + "corpo"), answer: r.typed(p + "resposta"),
		xml:     xmlForm{r.typed(p + "xml_raiz"), r.typed(p + "xml_envelope"), r.typed(p + "xml_acao"), readPairs(r, p+"xml_prefixo", p+"xml_espaco")},
		headers: readPairs(r, p+"cab_nome", p+"cab_valor")}
	for i := range min(len(r.PostForm[p+"destino"]), mostRows) {
		f.rows = append(f.rows, rowForm{target: r.list(p+"destino", i), source: r.list(p+"origem", i), text: r.list(p+"texto", i),
			format: r.list(p+"formato", i), ifEmpty: r.list(p+"vazio", i), note: r.list(p+"nota_linha", i), kind: r.list(p+"especie", i),
			required: r.ticked(p+"obrigatorio", i)})
	}
	return f
}

func readPairs(r *request, names, values string) (out []pairForm) {
	for i := range min(len(r.PostForm[names]), mostPairs) {
		out = append(out, pairForm{r.list(names, i), r.list(values, i)})
	}
	return out
}

func readExtract(r *request, p string) (out []extractForm) {
	for i := range min(len(r.PostForm[p+"extrair_nome"]), mostPairs) {
		out = append(out, extractForm{r.list(p+"extrair_nome", i), r.list(p+"extrair_expr", i), r.ticked(p+"extrair_obrigatorio", i)})
	}
	return out
}
