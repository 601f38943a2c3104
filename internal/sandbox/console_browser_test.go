package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const refusal422 = `{"type":"urn:ponte:erro:unidade_ambigua","title":"Unidade ambígua","status":422,
	"detail":"Mais de uma unidade corresponde aos dados enviados. São 2. Informe também cod_empreendimento e cod_bloco.",
	"instance":"urn:ponte:pedido:1","codigo":"unidade_ambigua","recebimento":"R-17"}`

// TestOpeningFromTheField: an order waits for Ponte's number, is refused with Ponte's reason, goes again, and is renumbered.
func TestOpeningFromTheField(t *testing.T) {
	r, _ := dayRig(t)
	p := newPonte(t)
	p.answer = func(n int, h heard) (int, string, map[string]string) {
		switch {
		case n == 0:
			return 422, refusal422, nil
		case h.op == "ocorrencias":
			return 201, `{"numero_ocorrencia": 1301}`, nil
		}
		return 201, `{}`, nil
	}
	x := r.tab(chromium(t), phone)
	x.open("/ordens/nova")
	x.look("nova-360-light")
	x.click(".go .pri") // the browser itself asks for what is missing
	x.until("the cursor in the first field", `document.activeElement.id === "c-texto" && document.activeElement.matches(":invalid")`)
	x.write("#c-texto", "Portão da garagem não abre\nDesde hoje cedo.")
	x.write("#c-unidade", "101")
	x.write("#c-cpf_cnpj", "123")
	x.click(".go .pri")
	x.untilText("#e-cpf_cnpj", "11 dígitos")
	if got := eval[string](x, `[document.getElementById("c-texto").value, document.getElementById("c-unidade").value].join("|")`); got != "Portão da garagem não abre\nDesde hoje cedo.|101" {
		t.Errorf("what was typed became %q", got)
	}
	x.look("nova-recusada-360-light")
	eval[any](x, `document.getElementById("c-cpf_cnpj").value = ""; null`)
	x.click(".go .pri")
	x.untilText(".awaits", "O número 88001 é provisório")
	x.untilText(".awaits", "O endereço da Ponte não foi informado")
	x.look("ordem-aguarda-360-light")

	r.ring(p, "rest")
	x.untilText(".trouble", "Unidade ambígua: Mais de uma unidade corresponde aos dados enviados.")
	x.untilText(".trouble h2", "A Ponte recusou a abertura")
	x.look("ordem-recusada-360-light")
	x.click(".trouble button")
	x.untilText("#feito", "Reenviando")
	x.untilText(".tbar", "OS 1301")
	x.untilText(".names", "antes OS 88001")
	x.look("ordem-numerada-360-light")
	x.open("/")
	x.untilText("#sem-data", "Portão da garagem")
	x.quiet("status of 422")
}

// TestConsole asks for faults, sees them fire, and forgets everything; and shows what can't be delivered.
func TestConsole(t *testing.T) {
	r, back := dayRig(t)
	r.cfg.RetryMin, r.cfg.RetryMax = 40*time.Second, 40*time.Second
	p := newPonte(t)
	down := false
	p.answer = func(n int, h heard) (int, string, map[string]string) {
		switch {
		case h.params["comentario"] == "Chave com o zelador.":
			return 422, refusal422, nil
		case down:
			return 503, "", nil
		}
		return 201, `{"numero_ocorrencia": 1302}`, nil
	}
	id := r.fullDay(back)
	r.ring(p, "rest")
	r.awaitResults(7)
	r.act(id, `{"acao":"comentar","texto":"Chave com o zelador."}`)
	r.awaitResults(1)
	p.mu.Lock()
	down = true
	p.mu.Unlock()
	r.act(id, `{"acao":"vistoriar"}`)
	r.act(id, `{"acao":"comentar","texto":"Volto amanhã."}`)

	b := chromium(t)
	x := r.tab(b, phone)
	x.open("/ordens/" + id)
	x.untilText(".trouble", "Comentário: Unidade ambígua")
	x.untilText(".notices", "2 aguardando")
	x.untilText(".notices", "Ponte respondeu HTTP 503, 1 tentativa; nova tentativa em")
	x.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".notices").scrollIntoView({block: "center"})`))
	x.look("ordem-avisos-360-light")
	x.open("/")
	x.untilText("#hoje", "1 aviso recusado pela Ponte")

	x.open("/")
	x.click(".foot a")
	x.untilText("h1", "Console de falhas")
	x.look("console-vazio-360-light")
	y := r.tab(b, desk)
	y.open("/console")
	y.do(chromedp.SetValue(chromedp.CSS("#c-tipo"), faultAcceptLate))
	eval[any](y, `document.getElementById("c-tipo").dispatchEvent(new Event("change")); null`)
	y.untilText("#d-tipo", "só depois que a Ponte desistiu")
	y.until("the wait", `document.getElementById("c-ms").checkVisibility()`)
	y.do(chromedp.SetValue(chromedp.CSS("#c-metodo"), "incluirSolicitacaoAtendimento"))
	y.do(chromedp.SetValue(chromedp.CSS("#c-quantas"), "0"))
	eval[any](y, `document.querySelector("#c-quantas").form.noValidate = true; null`)
	y.click("form[action='/console/falhas'] .pri")
	y.untilText(".often + .bad", "de 1 a 100000")
	y.do(chromedp.SetValue(chromedp.CSS("#c-quantas"), "2"))
	y.click("form[action='/console/falhas'] .pri")
	y.untilText("#feito", "Falha pedida")
	y.untilText("#falhas", "Aceita tarde demais")
	y.untilText("#falhas", "restam 2 chamadas")
	y.do(chromedp.SetValue(chromedp.CSS("#c-tipo"), fault503), chromedp.SetValue(chromedp.CSS("#c-porcento"), "20"))
	y.click("[name=vezes][value=porcento]")
	y.click("form[action='/console/falhas'] .pri")
	y.untilText("#falhas", "20% das chamadas")
	r.faults(`[{"metodo":"incluirSolicitacaoAtendimento","tipo":"aceita_depois","quantas":2,"ms":3000},
		{"metodo":"consultarObrasEmpresa","tipo":"http_500","quantas":1},{"metodo":"*","tipo":"http_503_retry_after","probabilidade":0.2}]`)
	_, _ = r.try("POST", newer+"consultarObrasEmpresa", `{}`)
	y.untilText("#falhas", "Consultar empreendimentos")
	y.open("/console")
	y.look("console-1440-light")
	z := r.tab(b, window{width: 1440, height: 1000, dark: true})
	z.open("/console")
	z.look("console-1440-dark")

	y.click("#falhas li:nth-child(2) button")
	y.untilText("#feito", "Falha tirada")
	y.click("#falhas .phead button")
	y.untilText("#falhas", "Nenhuma")
	x.open("/console/zerar")
	x.untilText(".losses", "6 ordens serão esquecidas")
	x.look("zerar-360-light")
	x.click("main .danger")
	x.untilText("#feito", "Sandbox zerado")
	if n := len(r.orders()); n != 0 {
		t.Errorf("%d orders are left", n)
	}
	for _, v := range []*tab{x, y, z} {
		v.quiet("status of 422")
	}
}

// TestLongAndEnglish: what is too long for the place it has, in the other language, and without a script.
func TestLongAndEnglish(t *testing.T) {
	r, _ := dayRig(t)
	p := newPonte(t)
	r.ring(p, "rest")
	long := strings.Repeat("Associação dos Proprietários e Moradores ", 4)
	id := r.openFull("123456789-2", "Infiltração generalizada no teto, nas paredes e no piso do banheiro da suíte master, do lavabo e da cozinha, com queda de gesso",
		strings.Repeat("A água desce pela luminária. ", 30)+strings.Repeat("palavra", 40),
		"Condomínio Residencial Jardins Suspensos da Babilônia e Adjacências", "Torre Norte", "COBERTURA DUPLEX 2101-B", long)
	r.houseSays(id, long, strings.Repeat("semespaço", 60))
	r.act(id, `{"acao":"comentar","texto":"`+strings.Repeat("tudomolhado", 40)+`","anexos":[{"nome":"`+strings.Repeat("foto-comprida-", 9)+`.pdf","conteudo":"Zm90bw=="}]}`)
	bare := httptest.NewServer(withoutScripts(r.Handler()))
	t.Cleanup(bare.Close)
	x := r.tab(chromium(t), phone)
	x.base = bare.URL
	x.open("/")
	x.click(".foot button")
	x.untilText("h1", "My orders")
	x.look("long-lista-en-360-light")
	x.click(".orders a")
	x.untilText(".where", "No date set")
	x.look("long-ordem-en-360-light")
	x.click("#agir .pri")
	x.untilText("h1", "Schedule the inspection")
	x.click(".go .pri")
	x.untilText("#feito", "Ponte is being told")
	x.click("#agir .btn:not(.pri)")
	x.write("#c-texto", "Done without a script.")
	x.click(".go .pri")
	x.untilText(".deeds", "Done without a script.")
	x.quiet()
}

// withoutScripts serves a site whose scripts do nothing, as to a browser that runs none.
func withoutScripts(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".js") {
			w.Header().Set("Content-Type", "text/javascript")
			return
		}
		site.ServeHTTP(w, r)
	})
}
