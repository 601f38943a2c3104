// Package sso lets people come in by the house's own provider, by OpenID Connect.
//
// It promises that only an answer that this browser asked for, for this installation and just now, names a person; that
// neither secrets nor what a provider says of a person stand in its errors; and that a provider that is away is asked again
// some seconds later, once for all who wait. It must not know accounts.
package sso

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"ponte/internal/desk"
)

// Config is what an administrator says of the provider.
type Config struct {
	Issuer, ClientID, ClientSecret string
	// Scopes besides openid.
	Scopes []string
	// EmailClaim, NameClaim and GroupsClaim name the claims; empty: email, name and groups.
	EmailClaim, NameClaim, GroupsClaim string
	// TrustEmail takes the address for verified though the provider doesn't say so.
	TrustEmail bool
	// Rules give roles by groups; none: roles are given in Ponte alone.
	Rules []Rule
	// Create makes accounts at the first sign-in.
	Create bool
	// Only switches passwords off.
	Only bool
	// Label is what the button says; empty: the provider's host.
	Label string
	// RedirectURL is where the provider sends browsers back to.
	RedirectURL string
}

// Ticket is what a browser keeps while its person is at the provider.
type Ticket struct{ State, Nonce, Verifier, Back string }

// Person is who the provider says came.
type Person struct {
	Issuer, Subject, Email, Name string
	EmailVerified                bool
	Groups                       []string
}

// Failure is what went wrong, for the log: What happened, and what to Do about it. Away: it may go another time.
type Failure struct {
	What, Do string
	Away     bool
	cause    error
}

func (f *Failure) Error() string {
	if f.cause != nil {
		return fmt.Sprintf("sso: %s: %v", f.What, f.cause)
	}
	return "sso: " + f.What
}

// Unwrap is what it came of.
func (f *Failure) Unwrap() error { return f.cause }

// Provider is one, found by its discovery document when it is first needed.
type Provider struct {
	Config

	client *http.Client
	now    func() time.Time
	asking singleflight.Group
	mu     sync.Mutex // never held while the provider is asked
	known  *document
	failed error // why it isn't known, believed until until
	until  time.Time
}

// patience bounds each question to the provider.
const patience = 10 * time.Second

// New checks the configuration; nobody is asked yet.
func New(c Config) (*Provider, error) {
	u, err := url.Parse(c.Issuer)
	local := err == nil && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !local):
		return nil, errors.New("oidc-issuer must be the provider's address as its discovery document has it, such as https://login.example.com.br")
	case c.ClientID == "":
		return nil, errors.New("oidc-client-id is not set: the provider gives it when Ponte is registered there")
	case c.Create && len(c.Rules) == 0:
		return nil, errors.New("oidc-create needs oidc-map: who is created has to get a role")
	}
	for _, d := range []struct {
		to   *string
		text string
	}{{&c.EmailClaim, "email"}, {&c.NameClaim, "name"}, {&c.GroupsClaim, "groups"}, {&c.Label, u.Host}} {
		if *d.to == "" {
			*d.to = d.text
		}
	}
	return &Provider{Config: c, client: &http.Client{Timeout: patience}, now: time.Now}, nil
}

func (p *Provider) oauth(found *document) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID}
	for _, s := range p.Scopes {
		if s != "" && !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: p.RedirectURL, Scopes: scopes}
}

// Begin answers where the browser goes, and what it keeps meanwhile. With again the provider is told to ask the person once
// more, whoever is signed in there.
func (p *Provider) Begin(ctx context.Context, back string, again bool) (Ticket, string, error) {
	found, err := p.provider(ctx)
	if err != nil {
		return Ticket{}, "", err
	}
	t := Ticket{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(), Back: back}
	options := []oauth2.AuthCodeOption{oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)}
	if again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	return t, p.oauth(found).AuthCodeURL(t.State, options...), nil
}

// Finish takes the provider's answer to the ticket's question.
func (p *Provider) Finish(ctx context.Context, t Ticket, answer url.Values) (Person, error) {
	if t.State == "" || subtle.ConstantTimeCompare([]byte(t.State), []byte(answer.Get("state"))) != 1 {
		return Person{}, &Failure{"an answer came that this browser didn't ask for, or asked for too long ago", "nothing, unless it happens to everybody: then " +
			"check that public-url is the address that people use", false, nil}
	}
	if iss := answer.Get("iss"); iss != "" && iss != p.Issuer {
		return Person{}, &Failure{"the answer is another provider's", "check oidc-issuer", false, nil}
	}
	if code := answer.Get("error"); code != "" {
		return Person{}, &Failure{"the provider refused: " + known(code), "look into the provider's own log; access_denied means that it lets this person not in", false, nil}
	}
	found, err := p.provider(ctx)
	if err != nil {
		return Person{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth(found).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return Person{}, exchangeFailure(err)
	}
	return p.read(ctx, found, token, t.Nonce)
}

func (p *Provider) read(ctx context.Context, found *document, token *oauth2.Token, nonce string) (Person, error) {
	raw, _ := token.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err == nil && subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		err = errors.New("the nonce is not ours")
	}
	if err == nil && id.AccessTokenHash != "" {
		err = id.VerifyAccessToken(token.AccessToken)
	}
	if err != nil {
		return Person{}, &Failure{"the provider's token is not valid", "check that oidc-client-id is this installation's, and that the clocks of both machines are right", false, bare(err)}
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return Person{}, &Failure{"the provider's token can't be read", "ask whoever runs the provider", false, nil}
	}
	if claims[p.EmailClaim] == nil || len(p.Rules) > 0 && claims[p.GroupsClaim] == nil {
		// Many providers keep these out of the token.
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err == nil && info.Subject != id.Subject {
			return Person{}, &Failure{"the provider speaks of two persons at once", "ask whoever runs the provider", false, nil}
		}
		more := map[string]any{}
		if err == nil && info.Claims(&more) == nil {
			for name, v := range more {
				if claims[name] == nil {
					claims[name] = v
				}
			}
		}
	}
	out := Person{Issuer: id.Issuer, Subject: id.Subject, Email: strings.ToLower(strings.TrimSpace(text(claims[p.EmailClaim]))), Name: text(claims[p.NameClaim]), Groups: texts(claims[p.GroupsClaim])}
	out.EmailVerified = p.TrustEmail || p.EmailClaim == "email" && fmt.Sprint(claims["email_verified"]) == "true"
	return out, nil
}

// exchangeFailure says why a code was not taken, without the provider's answer: it may repeat what it was sent.
func exchangeFailure(err error) *Failure {
	var said *oauth2.RetrieveError
	if !errors.As(err, &said) {
		return &Failure{"the provider did not answer", "check that this machine reaches it", true, bare(err)}
	}
	f := &Failure{What: fmt.Sprintf("the provider did not take the code: HTTP %d %s", said.Response.StatusCode, known(said.ErrorCode)), Do: "look into the provider's own log"}
	switch said.ErrorCode {
	case "invalid_client", "unauthorized_client":
		f.Do = "check oidc-client-id and oidc-client-secret against the provider's"
	case "invalid_grant":
		f.Do = "check that the provider knows PUBLIC-URL/entrar/sso/volta as a redirect address; a code is also refused when it comes late or twice"
	}
	return f
}

// bare keeps the kind of an error that could repeat a token.
func bare(err error) error {
	var expired *oidc.TokenExpiredError
	switch text := err.Error(); {
	case errors.As(err, &expired):
		return errors.New("it has expired")
	case strings.Contains(text, "audience"):
		return errors.New("it is for another client")
	case strings.Contains(text, "signature"):
		return errors.New("its signature is not by the provider's keys")
	case strings.Contains(text, "nonce"):
		return errors.New("it does not answer this browser's question")
	}
	return fmt.Errorf("%T", err)
}

// codes are those of RFC 6749 and OpenID Connect; another word is not repeated.
var codes = []string{"access_denied", "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error",
	"temporarily_unavailable", "interaction_required", "login_required", "consent_required"}

func known(code string) string {
	if slices.Contains(codes, code) {
		return code
	}
	return "(another code)"
}

func text(v any) string { s, _ := v.(string); return s }

// texts are a claim's, be it one or many.
func texts(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			out = append(out, text(one))
		}
	}
	return out
}

// Rule gives a role to a group, all over or for some developments.
type Rule struct {
	Group        string
	Role         desk.Role
	Developments []string // codes; none: all
}

// ParseRules reads rules such as sac=atendente@AUR+PDA and ti=admin.
func ParseRules(all []string) (out []Rule, err error) {
	for _, one := range all {
		at := strings.LastIndexByte(one, '=')
		if at < 1 {
			return nil, fmt.Errorf("oidc-map: %q must look like GROUP=ROLE or GROUP=ROLE@DEVELOPMENT+DEVELOPMENT", one)
		}
		role, where, limited := strings.Cut(one[at+1:], "@")
		r := Rule{Group: one[:at], Role: desk.Role(role)}
		if limited {
			r.Developments = strings.Split(where, "+")
		}
		switch {
		case !slices.Contains(desk.Roles, r.Role):
			return nil, fmt.Errorf("oidc-map: %q names no role: there are atendente, consultor, gestor and admin", one)
		case limited && (r.Role.ReachesAll() || slices.Contains(r.Developments, "")):
			return nil, fmt.Errorf("oidc-map: %q: consultor and admin reach over everything, and a development has a code", one)
		}
		out = append(out, r)
	}
	return out, nil
}

// Grant is what a person's groups give: roles, and where. few: only those developments.
func (p *Provider) Grant(groups []string) (roles []desk.Role, few bool, developments []string) {
	few = true
	for _, r := range p.Rules {
		if !slices.Contains(groups, r.Group) {
			continue
		}
		if !slices.Contains(roles, r.Role) {
			roles = append(roles, r.Role)
		}
		few = few && len(r.Developments) > 0
		developments = append(developments, r.Developments...)
	}
	if !few || len(roles) == 0 {
		return roles, false, nil
	}
	slices.Sort(developments)
	return roles, true, slices.Compact(developments)
}
