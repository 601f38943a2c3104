package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// AuthKind is how the field's tool wants to be told who calls.
type AuthKind string

const (
	AuthNone   AuthKind = "nenhuma"
	AuthBearer AuthKind = "bearer"
	AuthBasic  AuthKind = "basic"
	AuthHeader AuthKind = "cabecalho"     // keys in headers of any name; the older Mobuss has token
	AuthQuery  AuthKind = "parametro_url" // keys in the query string
	AuthOAuth  AuthKind = "oauth2"        // client credentials, RFC 6749 section 4.4
)

// AuthKinds is all of them.
var AuthKinds = []AuthKind{AuthNone, AuthBearer, AuthBasic, AuthHeader, AuthQuery, AuthOAuth}

// Auth is the scheme only; the secrets belong to an environment.
type Auth struct {
	Kind AuthKind `yaml:"tipo"`
	// Headers are the names of the headers whose values are secrets, for AuthHeader.
	Headers []string `yaml:"cabecalhos,flow,omitempty"`
	// Params are the names of the query string's parameters whose values are secrets, for AuthQuery.
	Params []string `yaml:"parametros_url,flow,omitempty"`
	OAuth  OAuth    `yaml:"oauth2,omitempty"`
	// ClientCertificate says that Ponte shows a certificate of its own in TLS, beside whatever Kind asks for.
	ClientCertificate bool `yaml:"certificado_cliente,omitempty"`
}

// OAuth is what a token server wants to be asked, for AuthOAuth. Where it is belongs to an environment.
type OAuth struct {
	Scope    string      `yaml:"escopo,omitempty"` // several with blanks between them
	Audience string      `yaml:"audiencia,omitempty"`
	Style    ClientStyle `yaml:"identificacao,omitempty"` // ClientInHeader where empty
}

// ClientStyle is how client_id and client_secret travel to the token server.
type ClientStyle string

const (
	ClientInHeader ClientStyle = "basic" // HTTP Basic, the usual way
	ClientInBody   ClientStyle = "corpo" // in the form, for servers that don't take Basic
)

// Names of credentials that are no header's and no parameter's.
const (
	SecretToken        = "token"
	SecretUser         = "usuario"
	SecretPassword     = "senha"
	SecretClientID     = "client_id"
	SecretClientSecret = "client_secret"
	SecretCertificate  = "certificado"   // PEM, ours, with its chain
	SecretKey          = "chave_privada" // PEM, of the certificate
	SecretAuthority    = "autoridade"    // PEM: whom the environment's server is signed by, in place of the system's list
)

// SecretNames are those of the credentials that the authentication asks an environment for.
func (a Auth) SecretNames() []string {
	var names []string
	switch a.Kind {
	case AuthBearer:
		names = []string{SecretToken}
	case AuthBasic:
		names = []string{SecretUser, SecretPassword}
	case AuthHeader:
		names = slices.Clone(a.Headers)
	case AuthQuery:
		names = slices.Clone(a.Params)
	case AuthOAuth:
		names = []string{SecretClientID, SecretClientSecret}
	}
	if a.ClientCertificate {
		names = append(names, SecretCertificate, SecretKey)
	}
	return names
}

// OptionalNames are those that an environment may have beside them.
func (a Auth) OptionalNames() []string { return []string{SecretAuthority} }

// IsPublic says whether a credential of this name is no secret by itself, and may stand in a document too: who one is,
// and certificates. They are sealed and not shown all the same.
func IsPublic(secretName string) bool {
	return slices.Contains([]string{SecretUser, SecretClientID, SecretCertificate, SecretAuthority}, secretName)
}

// IsPEM says whether a credential of this name has several lines.
func IsPEM(secretName string) bool {
	return slices.Contains([]string{SecretCertificate, SecretKey, SecretAuthority}, secretName)
}

func (k *checker) auth(a Auth) {
	const at = "integracao.autenticacao"
	if !slices.Contains(AuthKinds, a.Kind) {
		k.bad(at+".tipo", "autenticacao_desconhecida")
		return
	}
	names := func(field string, of AuthKind, names []string, fits func(string) bool, code string) {
		switch {
		case a.Kind == of && len(names) == 0:
			k.bad(at+field, "obrigatorio")
		case a.Kind != of && len(names) > 0:
			k.bad(at+field, "nao_se_aplica")
		}
		for i, name := range names {
			lower := func(s string) bool { return strings.EqualFold(s, name) }
			switch {
			case !fits(name) || IsPEM(strings.ToLower(name)):
				k.bad(fmt.Sprintf("%s%s[%d]", at, field, i), code)
			case slices.ContainsFunc(names[:i], lower):
				k.bad(fmt.Sprintf("%s%s[%d]", at, field, i), "destino_repetido")
			}
		}
	}
	names(".cabecalhos", AuthHeader, a.Headers, func(s string) bool { return isToken(s) && !isReserved(s) }, "cabecalho_reservado")
	names(".parametros_url", AuthQuery, a.Params, isParamName, "nome_de_parametro_invalido")
	if a.Kind != AuthOAuth && a.OAuth != (OAuth{}) {
		k.bad(at+".oauth2", "nao_se_aplica")
	}
	if !slices.Contains([]ClientStyle{"", ClientInHeader, ClientInBody}, a.OAuth.Style) {
		k.bad(at+".oauth2.identificacao", "identificacao_desconhecida")
	}
	for _, t := range [][2]string{{"escopo", a.OAuth.Scope}, {"audiencia", a.OAuth.Audience}} {
		if !isLine(t[1]) {
			k.bad(at+".oauth2."+t[0], "valor_invalido")
		}
	}
}

// isParamName: what a query string's parameter may be called without being escaped.
func isParamName(s string) bool {
	return s != "" && len(s) <= 100 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
	})
}

// isLine: short, and without control characters.
func isLine(s string) bool {
	const most = 500
	return len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
