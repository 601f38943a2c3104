package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ponte/internal/browsertest"
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
	x := r.tab(browsertest.Start(t), phone)
	x.Open("/ordens/nova")
	x.look("nova-360-light")
	x.Click(".go .pri") // the browser itself asks for what is missing
	x.Until("the cursor in the first field", `document.activeElement.id === "c-texto" && document.activeElement.matches(":invalid")`)
	x.Write("#c-texto", "Portão da garagem não abre\nDesde hoje cedo.")
	x.Write("#c-unidade", "101")
	x.Write("#c-cpf_cnpj", "123")
	x.Click(".go .pri")
	x.UntilText("#e-cpf_cnpj", "11 dígitos")
	if got := browsertest.Eval[string](x.Tab, `[document.getElementById("c-texto").value, document.getElementById("c-unidade").value].join("|")`); got != "Portão da garagem não abre\nDesde hoje cedo.|101" {
		t.Errorf("what was typed became %q", got)
	}
	x.look("nova-recusada-360-light")
	browsertest.Eval[any](x.Tab, `document.getElementById("c-cpf_cnpj").value = ""; null`)
	x.Click(".go .pri")
	x.UntilText(".awaits", "O número 88001 é provisório")
	x.UntilText(".awaits", "O endereço da Ponte não foi informado")
	x.look("ordem-aguarda-360-light")

	r.ring(p, "rest")
	x.UntilText(".trouble", "Unidade ambígua: Mais de uma unidade corresponde aos dados enviados.")
	x.UntilText(".trouble h2", "A Ponte recusou a abertura")
	x.look("ordem-recusada-360-light")
	x.Click(".trouble button")
	x.UntilText("#feito", "Reenviando")
	x.UntilText(".tbar", "OS 1301")
	x.UntilText(".names", "antes OS 88001")
	x.look("ordem-numerada-360-light")
	x.Open("/")
	x.UntilText("#sem-data", "Portão da garagem")
	x.Quiet("status of 422")
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

	b := browsertest.Start(t)
	x := r.tab(b, phone)
	x.Open("/ordens/" + id)
	x.UntilText(".trouble", "Comentário: Unidade ambígua")
	x.UntilText(".notices", "2 aguardando")
	x.UntilText(".notices", "Ponte respondeu HTTP 503, 1 tentativa; nova tentativa em")
	x.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".notices").scrollIntoView({block: "center"})`))
	x.look("ordem-avisos-360-light")
	x.Open("/")
	x.UntilText("#hoje", "1 aviso recusado pela Ponte")

	x.Open("/")
	x.Click(".foot a")
	x.UntilText("h1", "Console de falhas")
	x.look("console-vazio-360-light")
	y := r.tab(b, desk)
	y.Open("/console")
	y.Do(chromedp.SetValue(chromedp.CSS("#c-tipo"), faultAcceptLate))
	browsertest.Eval[any](y.Tab, `document.getElementById("c-tipo").dispatchEvent(new Event("change")); null`)
	y.UntilText("#d-tipo", "só depois que a Ponte desistiu")
	y.Until("the wait", `document.getElementById("c-ms").checkVisibility()`)
	y.Do(chromedp.SetValue(chromedp.CSS("#c-metodo"), "incluirSolicitacaoAtendimento"))
	y.Do(chromedp.SetValue(chromedp.CSS("#c-quantas"), "0"))
	browsertest.Eval[any](y.Tab, `document.querySelector("#c-quantas").form.noValidate = true; null`)
	y.Click("form[action='/console/falhas'] .pri")
	y.UntilText(".often + .bad", "de 1 a 100000")
	y.Do(chromedp.SetValue(chromedp.CSS("#c-quantas"), "2"))
	y.Click("form[action='/console/falhas'] .pri")
	y.UntilText("#feito", "Falha pedida")
	y.UntilText("#falhas", "Aceita tarde demais")
	y.UntilText("#falhas", "restam 2 chamadas")
	y.Do(chromedp.SetValue(chromedp.CSS("#c-tipo"), fault503), chromedp.SetValue(chromedp.CSS("#c-porcento"), "20"))
	y.Click("[name=vezes][value=porcento]")
	y.Click("form[action='/console/falhas'] .pri")
	y.UntilText("#falhas", "20% das chamadas")
	r.faults(`[{"metodo":"incluirSolicitacaoAtendimento","tipo":"aceita_depois","quantas":2,"ms":3000},
		{"metodo":"consultarObrasEmpresa","tipo":"http_500","quantas":1},{"metodo":"*","tipo":"http_503_retry_after","probabilidade":0.2}]`)
	_, _ = r.try("POST", newer+"consultarObrasEmpresa", `{}`)
	y.UntilText("#falhas", "Consultar empreendimentos")
	y.Open("/console")
	y.look("console-1440-light")
	z := r.tab(b, browsertest.Window{Width: 1440, Height: 1000, Dark: true})
	z.Open("/console")
	z.look("console-1440-dark")

	y.Click("#falhas li:nth-child(2) button")
	y.UntilText("#feito", "Falha tirada")
	y.Click("#falhas .phead button")
	y.UntilText("#falhas", "Nenhuma")
	x.Open("/console/zerar")
	x.UntilText(".losses", "6 ordens serão esquecidas")
	x.look("zerar-360-light")
	x.Click("main .danger")
	x.UntilText("#feito", "Sandbox zerado")
	if n := len(r.orders()); n != 0 {
		t.Errorf("%d orders are left", n)
	}
	for _, v := range []*tab{x, y, z} {
		v.Quiet("status of 422")
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
	x := r.tabAt(browsertest.Start(t), bare.URL, phone)
	x.Open("/")
	x.Click(".foot button")
	x.UntilText("h1", "My orders")
	x.look("long-lista-en-360-light")
	x.Click(".orders a")
	x.UntilText(".where", "No date set")
	x.look("long-ordem-en-360-light")
	x.Click("#agir .pri")
	x.UntilText("h1", "Schedule the inspection")
	x.Click(".go .pri")
	x.UntilText("#feito", "Ponte is being told")
	x.Click("#agir .btn:not(.pri)")
	x.Write("#c-texto", "Done without a script.")
	x.Click(".go .pri")
	x.UntilText(".deeds", "Done without a script.")
	x.Quiet()
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
