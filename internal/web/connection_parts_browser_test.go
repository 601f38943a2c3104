package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// field answers every look-up that there is no such order.
func fieldTool(t *testing.T) *httptest.Server {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer chave-certa" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"mensagem":"quem é?"}`)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, `{"codigoInterno":"SAT-AT002","mensagem":"Solicitação não encontrada"}`)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// TestTheConnectionsPartsLook opens every part of the page, in every kind of authentication, in both languages and widths.
func TestTheConnectionsPartsLook(t *testing.T) {
	h := newHouse(t)
	tool := fieldTool(t)
	c := h.config()
	c.Integration.Auth.ClientCertificate = true
	c.Integration.Header = map[string]string{"companyID": "123", "idObra": ""}
	c.Integration.Policy.Limits.PerMinute = 60
	h.must(h.Configure(t.Context(), flowtest.Admin(), c))
	cert, key := flowtest.Certificate(t, "ponte.construtora.com.br", 12*24*time.Hour)
	h.must(h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: tool.URL, AllowPrivate: true,
		URLs:    map[string]string{"MOBUSS_ICSA": tool.URL + "/comentarios"},
		Secrets: map[string]string{"token": "chave-certa", "certificado": cert, "chave_privada": key}}))
	user, _, err := h.UserByLogin(t.Context(), "consultor@demo")
	h.must(err)
	b := browsertest.Start(t)
	for _, c := range []struct {
		name string
		p    browsertest.Window
	}{{"1440-light", desktop}, {"360-dark", darkest}, {"1440-en", english}} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), user.Actor(), user.ID, c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("consultor@demo")
			x.Open(connPath)
			browsertest.Eval[any](x.Tab, `document.querySelectorAll("details.fold").forEach(d => d.open = true); null`)
			x.look("conexao-" + c.name)
			for _, kind := range []string{"cabecalho", "parametro_url", "oauth2"} {
				browsertest.Eval[any](x.Tab, fmt.Sprintf(`document.querySelector("#autenticacao").value = %q; document.querySelector("#autenticacao").scrollIntoView({block: "center"}); null`, kind))
				x.Wide("conexao-" + kind + "-" + c.name)
				x.Picture("conexao-" + kind + "-" + c.name)
			}
			x.Axe("conexao-oauth2-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("#http").scrollIntoView({block: "center"}); null`)
			x.Picture("conexao-http-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("#consultas").scrollIntoView({block: "center"}); null`)
			x.Picture("conexao-consultas-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("#credencial-certificado").scrollIntoView({block: "center"}); null`)
			x.Picture("conexao-credenciais-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("[name=metodo][value=B]").checked = true; document.querySelector("[name=metodo][value=B]").checked; document.querySelector(".if-silent").scrollIntoView({block: "center"}); null`)
			x.look("conexao-metodo-b-" + c.name)

			// the test, by the keyboard alone
			browsertest.Eval[any](x.Tab, `document.querySelector("form[action*='/teste'] button").focus(); null`)
			x.Keys(kb.Enter)
			x.Until("what came of it", `document.querySelector(".probe .st.done") && document.activeElement?.classList.contains("probe")`)
			browsertest.Eval[any](x.Tab, `document.querySelector(".probe details").open = true; document.querySelector("#teste").scrollIntoView(); null`)
			x.look("conexao-teste-" + c.name)
			h.must(h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: tool.URL, AllowPrivate: true,
				Secrets: map[string]string{"token": "chave-errada", "certificado": cert, "chave_privada": key}}))
			x.Click("form[action*='/teste'] button")
			x.Until("refused", `document.querySelector(".probe .st.fail")`)
			browsertest.Eval[any](x.Tab, `document.querySelector("#teste").scrollIntoView(); null`)
			x.look("conexao-teste-recusado-" + c.name)
			h.must(h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: tool.URL, AllowPrivate: true,
				Secrets: map[string]string{"token": "chave-certa", "certificado": cert, "chave_privada": key}}))

			x.Open(connPath + "/predefinicao/mobuss-legado")
			x.look("predefinicao-" + c.name)
			x.Quiet()
		})
	}
	h.t = t
}

// TestAConsultantChoosesAuthenticationByKeyboard: the fields of a kind come with it, a refusal opens the part that it is
// in, and what was typed stays.
func TestAConsultantChoosesAuthenticationByKeyboard(t *testing.T) {
	h := newHouse(t)
	x := h.tab(browsertest.Start(t), small)
	x.signIn("consultor@demo")
	x.Open(connPath)
	shown := func(id string) string {
		return fmt.Sprintf(`document.querySelector(%q).offsetParent !== null`, id)
	}
	x.Until("no fields of other kinds", `!(`+shown("#url_do_token")+`) && !(`+shown("#parametros_url")+`) && !(`+shown("#cabecalhos")+`)`)
	browsertest.Eval[any](x.Tab, `document.querySelector("#autenticacao").focus(); null`)
	x.Keys("O") // the list goes to OAuth 2
	x.Until("its fields", shown("#url_do_token")+` && `+shown("#escopo"))
	x.Keys(kb.Tab)
	x.Until("the first of them", `document.activeElement?.id === "url_do_token"`)
	x.Keys("login.exemplo" + kb.Tab + "ordens" + kb.Enter)
	x.Until("refused", `document.querySelector("#erro-url_do_token") && document.querySelector("#escopo").value === "ordens" && document.querySelector("#autenticacao").value === "oauth2"`)
	browsertest.Eval[any](x.Tab, `(e => { e.focus(); e.select() })(document.querySelector("#url_do_token")); null`)
	x.Keys("https://login.exemplo/token" + kb.Enter)
	x.Until("saved", `document.querySelector(".noted[role=status]") && document.querySelector("#credencial-client_secret")`)
	// an address that is none, in a part that is closed
	browsertest.Eval[any](x.Tab, `(e => { e.closest("details").open = true; e.focus() })(document.querySelector("[name='endereco.MOBUSS_IVV']")); null`)
	x.Keys("aqui" + kb.Enter)
	x.Until("the part stands open", `document.querySelector("[id='erro-endereco.MOBUSS_IVV']")?.closest("details").open`)
	x.Axe("conexao-endereco-errado")
	x.Quiet("status of 422")
}
