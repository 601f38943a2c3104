package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"ponte/internal/sso"
)

// oidcFlags are the house's own provider; empty but for an issuer there is none.
type oidcFlags struct {
	Issuer           string   `help:"The identity provider by OpenID Connect, exactly as its discovery document has it, such as https://login.example.com.br. Needs public-url, and PUBLIC-URL/entrar/sso/volta known there as redirect address. Empty: people sign in by password." env:"PONTE_OIDC_ISSUER" placeholder:"URL"`
	ClientID         string   `help:"How the provider knows Ponte." env:"PONTE_OIDC_CLIENT_ID" placeholder:"ID"`
	ClientSecret     string   `help:"Ponte's secret there; empty for a public client." env:"PONTE_OIDC_CLIENT_SECRET" placeholder:"SECRET"`
	ClientSecretFile string   `help:"File that holds it." env:"PONTE_OIDC_CLIENT_SECRET_FILE" placeholder:"FILE" type:"path"`
	Scopes           []string `help:"What is asked for besides openid." env:"PONTE_OIDC_SCOPES" default:"email,profile"`
	EmailClaim       string   `help:"The claim that holds the address." env:"PONTE_OIDC_EMAIL_CLAIM" default:"email"`
	NameClaim        string   `help:"The claim that holds the name." env:"PONTE_OIDC_NAME_CLAIM" default:"name"`
	GroupsClaim      string   `help:"The claim that holds the groups." env:"PONTE_OIDC_GROUPS_CLAIM" default:"groups"`
	TrustEmail       bool     `help:"Take the address for verified though the provider doesn't say so: only if nobody can choose theirs there." env:"PONTE_OIDC_TRUST_EMAIL"`
	Map              []string `help:"Groups to roles: GROUP=ROLE, or GROUP=ROLE@DEVELOPMENT+DEVELOPMENT, such as ti=admin,sac-aurora=atendente@AUR. They hold from the next sign-in on. Empty: roles are given in Ponte." env:"PONTE_OIDC_MAP" placeholder:"GROUP=ROLE,..."`
	Create           bool     `help:"Make an account at the first sign-in of somebody whose groups give a role." env:"PONTE_OIDC_CREATE"`
	Only             bool     `help:"Nobody signs in by password. If the provider is away, ponte user reset-link makes a link that lets one person in." env:"PONTE_OIDC_ONLY"`
	Label            string   `help:"What the button says; by default the provider's host." env:"PONTE_OIDC_LABEL" placeholder:"NAME"`
}

// provider makes it; nil where there is none. What is wrong with the settings is told without the secret.
func (o oidcFlags) provider(publicURL string) (*sso.Provider, error) {
	if o.Issuer == "" {
		if o.ClientID != "" || o.Only {
			return nil, misuse{errors.New("oidc-issuer is not set: the other oidc settings are of no use without it")}
		}
		return nil, nil //nolint:nilnil // no provider is no error
	}
	if publicURL == "" {
		return nil, misuse{errors.New("oidc-issuer needs public-url: the provider sends browsers back there")}
	}
	secret := o.ClientSecret
	if o.ClientSecretFile != "" {
		if secret != "" {
			return nil, misuse{errors.New("give oidc-client-secret or oidc-client-secret-file, not both")}
		}
		b, err := os.ReadFile(o.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("oidc-client-secret-file: %w", err)
		}
		secret = strings.TrimSpace(string(b))
	}
	rules, err := sso.ParseRules(o.Map)
	if err != nil {
		return nil, misuse{err}
	}
	p, err := sso.New(sso.Config{Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: secret, Scopes: o.Scopes, EmailClaim: o.EmailClaim, NameClaim: o.NameClaim,
		GroupsClaim: o.GroupsClaim, TrustEmail: o.TrustEmail, Rules: rules, Create: o.Create, Only: o.Only, Label: o.Label,
		RedirectURL: strings.TrimRight(publicURL, "/") + "/entrar/sso/volta"})
	if err != nil {
		return nil, misuse{err}
	}
	return p, nil
}
