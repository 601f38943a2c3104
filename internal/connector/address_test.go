package connector

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// TestCompleteAddresses: one stands in place of base and path; queries follow each other in a fixed order, the key last.
func TestCompleteAddresses(t *testing.T) {
	var asked string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.RequestURI }))
	defer srv.Close()
	for _, c := range []struct{ base, url, want string }{
		{srv.URL + "/base", "", "/base/a/b%2Fc?x=1&api_key=chave+secreta"},
		{"http://192.0.2.1", srv.URL + "/outro/lugar", "/outro/lugar?x=1&api_key=chave+secreta"},
		{"", srv.URL + "/rpc?metodo=abrir", "/rpc?metodo=abrir&x=1&api_key=chave+secreta"},
		{"", srv.URL, "/?x=1&api_key=chave+secreta"},
	} {
		ep := near(c.base)
		ep.URL = c.url
		ep.Auth = Auth{Kind: mapping.AuthQuery, Params: map[string]string{"api_key": "chave secreta"}}
		x := client(t).Send(t.Context(), key, ep, post("{}"))
		if x.Status() != 200 || asked != c.want {
			t.Errorf("%s %s: %s asked %s", c.base, c.url, x.ErrCode, asked)
		}
		if strings.Contains(x.Request, "api_key") || strings.Contains(x.Request, "secreta") {
			t.Errorf("the key is in the record\n%s", x.Request)
		}
	}
	for _, bad := range []string{"ftp://x/y", "http://a:b@x/y", "/so/um/caminho", "http://x/y#z", "http://x/y?a=b#z", "http://x/y?a b"} {
		ep := near("")
		ep.URL = bad
		if x := client(t).Send(t.Context(), key, ep, post("{}")); x.ErrCode != ReasonURL || !x.NotSent {
			t.Errorf("%s: %s", bad, x.ErrCode)
		}
	}
}

// TestEchoedCredentialsAreHidden: whatever way a server writes them, in header, body and message.
func TestEchoedCredentialsAreHidden(t *testing.T) {
	const secret = `chave/do "campo"&+á`
	rules, err := mapping.Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := mapping.Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.URL.Query().Get("k")
		w.Header().Set("X-Echo", url.QueryEscape(got))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(422)
		_, _ = fmt.Fprintf(w, `{"mensagem":%q,"url":%q,"b64":%q,"path":%q}`, "chave "+strings.ReplaceAll(got, `"`, "'")+" recusada: "+base64.StdEncoding.EncodeToString([]byte(got)), r.RequestURI,
			base64.RawURLEncoding.EncodeToString([]byte(got)), url.PathEscape(got))
	}))
	defer srv.Close()
	ep := near(srv.URL)
	ep.Auth = Auth{Kind: mapping.AuthQuery, Params: map[string]string{"k": secret}}
	x := client(t).Send(t.Context(), key, ep, post("{}"))
	v := x.Verdict(compiled, desk.AddComment)
	text := x.Request + x.Response + fmt.Sprint(v.ReasonArgs)
	if v.Outcome != mapping.Refused || !strings.Contains(fmt.Sprint(v.ReasonArgs), "•••") {
		t.Fatalf("%+v", v)
	}
	for _, form := range forms(secret) {
		if strings.Contains(text, form) {
			t.Errorf("%q is in\n%s", form, text)
		}
	}
	// the control: what was answered does hold it
	if !strings.Contains(string(x.Answer.Body), base64.StdEncoding.EncodeToString([]byte(secret))) {
		t.Error("the server echoes nothing")
	}
}

// TestSiteIsTheEnvironment: each kind of authentication takes its secrets by their names, and nobody else's.
func TestSiteIsTheEnvironment(t *testing.T) {
	s := Site{BaseURL: "https://a", URLs: map[string]string{"MOBUSS_ISA.consulta": "https://b/c"}, TokenURL: "https://t", AllowPrivate: true, Secrets: map[string]string{
		"token": "1", "usuario": "2", "senha": "3", "X-Chave": "4", "api_key": "5", "client_id": "6", "client_secret": "7", "certificado": "8", "chave_privada": "9", "autoridade": "10"}}
	for _, c := range []struct {
		auth mapping.Auth
		want Auth
		tls  TLS
	}{
		{mapping.Auth{Kind: mapping.AuthNone}, Auth{}, TLS{"", "", "10"}},
		{mapping.Auth{Kind: mapping.AuthBearer, ClientCertificate: true}, Auth{Token: "1"}, TLS{"8", "9", "10"}},
		{mapping.Auth{Kind: mapping.AuthBasic}, Auth{User: "2", Password: "3"}, TLS{"", "", "10"}},
		{mapping.Auth{Kind: mapping.AuthHeader, Headers: []string{"X-Chave"}}, Auth{Headers: map[string]string{"X-Chave": "4"}}, TLS{"", "", "10"}},
		{mapping.Auth{Kind: mapping.AuthQuery, Params: []string{"api_key"}}, Auth{Params: map[string]string{"api_key": "5"}}, TLS{"", "", "10"}},
		{mapping.Auth{Kind: mapping.AuthOAuth, OAuth: mapping.OAuth{Scope: "s", Audience: "a", Style: mapping.ClientInBody}},
			Auth{OAuth: OAuth{"https://t", "6", "7", "s", "a", true}}, TLS{"", "", "10"}},
	} {
		c.want.Kind = c.auth.Kind
		ep := s.Endpoint(&mapping.Integration{Auth: c.auth, Policy: mapping.DefaultPolicy()}, "MOBUSS_ISA.consulta")
		if fmt.Sprint(ep.Auth) != fmt.Sprint(c.want) || ep.TLS != c.tls || ep.URL != "https://b/c" || ep.BaseURL != "https://a" || !ep.AllowPrivate || ep.Timeout <= 0 || ep.BodyCap != 1<<20 {
			t.Errorf("%s: %+v", c.auth.Kind, ep)
		}
		if other := s.Endpoint(&mapping.Integration{Auth: c.auth}, "MOBUSS_ISA"); other.URL != "" {
			t.Errorf("another action's address: %s", other.URL)
		}
	}
}

// TestACutDoesNotLeaveHalfACredential: neither in the record of a long answer nor in a long message; and an id keeps what
// only looks like a short credential.
func TestACutDoesNotLeaveHalfACredential(t *testing.T) {
	const secret = "segredo-comprido-0123456789"
	rules, err := mapping.Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := mapping.Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	for at := range len(secret) + 2 {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(422)
			message := strings.Repeat("x", 500-at) + secret
			say(w, fmt.Sprintf(`{"mensagem":%q,"z":"`, message))
			begun := len(fmt.Sprintf(`{"mensagem":%q,"z":"`, message))
			say(w, strings.Repeat("y", keptBody-begun-at)+secret+strings.Repeat("z", 100)+`"}`)
		}))
		ep := near(srv.URL)
		ep.Auth = Auth{Kind: mapping.AuthBearer, Token: secret}
		x := client(t).Send(t.Context(), key, ep, post("{}"))
		srv.Close()
		text := x.Response + fmt.Sprint(x.Verdict(compiled, desk.AddComment).ReasonArgs)
		if strings.Contains(text, secret[:leastSecret]) {
			t.Errorf("cut at %d: half a credential is left", at)
		}
	}
	x := Exchange{hidden: []string{"segredo-comprido", "2026"}}
	ids := map[string]string{"id_mobuss": "SAT-2026-17", "eco": "a segredo-comprido b"}
	x.hide(nil, ids)
	if ids["id_mobuss"] != "SAT-2026-17" || ids["eco"] != "a ••• b" {
		t.Errorf("%v", ids)
	}
}
