package connector

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// Key names a transport: connections and environments share neither sockets nor limits.
type Key struct {
	Connection  int64
	Environment desk.Environment
}

// Endpoint is where a call goes and who we are there.
type Endpoint struct {
	// BaseURL is http or https, a host and perhaps a path; the request's own path is appended.
	BaseURL string
	// URL is a complete address in place of BaseURL and the request's path; the request's query follows its own.
	URL  string
	Auth Auth
	TLS  TLS
	// AllowPrivate lets calls reach loopback and private networks.
	AllowPrivate bool
	// Timeout is for the whole exchange, the name's resolution and the last byte of the body included, and a token's
	// where one has to be had first. Zero is 15 s.
	Timeout time.Duration
	// BodyCap is how many bytes of an answer's body are read. Zero is 1 MiB.
	BodyCap int64
	// HangUp writes the request whole and leaves without reading the answer, as a timeout would: for whoever proves
	// what becomes of an unknown outcome.
	HangUp bool
}

// Auth is a scheme with its secrets.
type Auth struct {
	Kind     mapping.AuthKind
	Token    string
	User     string
	Password string
	Headers  map[string]string // for mapping.AuthHeader
	Params   map[string]string // of the query string, for mapping.AuthQuery
	OAuth    OAuth             // for mapping.AuthOAuth
}

// TLS is what a connection shows and trusts; PEM texts. Empty: nothing of our own, and the system's authorities.
type TLS struct{ Certificate, Key, Authority string }

// Site is an environment as it is kept: its addresses by action, and the secrets by their names.
type Site struct {
	BaseURL      string
	AllowPrivate bool
	URLs         map[string]string
	TokenURL     string
	Secrets      map[string]string
}

// Endpoint is where an action goes (mapping.CallAddress), and who we are there by the integration's scheme.
func (s Site) Endpoint(in *mapping.Integration, action string) Endpoint {
	scheme := in.Auth
	auth := Auth{Kind: scheme.Kind}
	named := func(names []string) map[string]string {
		out := make(map[string]string, len(names))
		for _, name := range names {
			out[name] = s.Secrets[name]
		}
		return out
	}
	switch scheme.Kind {
	case mapping.AuthBearer:
		auth.Token = s.Secrets[mapping.SecretToken]
	case mapping.AuthBasic:
		auth.User, auth.Password = s.Secrets[mapping.SecretUser], s.Secrets[mapping.SecretPassword]
	case mapping.AuthHeader:
		auth.Headers = named(scheme.Headers)
	case mapping.AuthQuery:
		auth.Params = named(scheme.Params)
	case mapping.AuthOAuth:
		auth.OAuth = OAuth{URL: s.TokenURL, ClientID: s.Secrets[mapping.SecretClientID], ClientSecret: s.Secrets[mapping.SecretClientSecret],
			Scope: scheme.OAuth.Scope, Audience: scheme.OAuth.Audience, InBody: scheme.OAuth.Style == mapping.ClientInBody}
	}
	out := Endpoint{BaseURL: s.BaseURL, URL: s.URLs[action], Auth: auth, AllowPrivate: s.AllowPrivate, Timeout: in.Policy.Timeout.Std(),
		BodyCap: in.Policy.BodyCap, TLS: TLS{Authority: s.Secrets[mapping.SecretAuthority]}}
	if scheme.ClientCertificate {
		out.TLS.Certificate, out.TLS.Key = s.Secrets[mapping.SecretCertificate], s.Secrets[mapping.SecretKey]
	}
	return out
}

const (
	defaultTimeout = 15 * time.Second
	defaultBodyCap = 1 << 20
)

var (
	errBaseURL    = errors.New("connector: bad base URL")
	errCredential = errors.New("connector: bad credential")
)

// CheckBaseURL says whether s can be an endpoint's URL: http or https, with a host, and without user, query or
// fragment.
func CheckBaseURL(s string) error {
	_, err := parseBaseURL(s)
	return err
}

func parseBaseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#") {
		return nil, errBaseURL
	}
	return u, nil
}

// target is the URL of a request.
func (ep *Endpoint) target(req *mapping.Request) (*url.URL, error) {
	if ep.URL != "" {
		return completeTarget(ep.URL, req.Query)
	}
	base, err := parseBaseURL(ep.BaseURL)
	if err != nil || !strings.HasPrefix(req.Path, "/") {
		return nil, errBaseURL
	}
	u, err := url.Parse(strings.TrimSuffix(base.EscapedPath(), "/") + req.Path)
	if err != nil || u.Host != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errBaseURL
	}
	u.Scheme, u.Host, u.RawQuery = base.Scheme, base.Host, req.Query
	return u, nil
}

// completeTarget is a complete address, its own query before the request's.
func completeTarget(address, query string) (*url.URL, error) {
	plain, own, _ := strings.Cut(address, "?")
	u, err := parseBaseURL(plain)
	if err != nil || strings.ContainsAny(own, "# ") {
		return nil, errBaseURL
	}
	u.RawQuery = joined(own, query)
	return u, nil
}

func joined(query, more string) string {
	if query == "" || more == "" {
		return query + more
	}
	return query + "&" + more
}

// apply adds the credentials; token is what the token server gave, for mapping.AuthOAuth.
func (a Auth) apply(r *http.Request, token string) error {
	if !clean(a.Token) || !clean(a.User) || !clean(a.Password) || strings.Contains(a.User, ":") {
		return errCredential
	}
	h := r.Header
	switch a.Kind {
	case mapping.AuthBearer:
		h.Set("Authorization", "Bearer "+a.Token)
	case mapping.AuthOAuth:
		h.Set("Authorization", "Bearer "+token)
	case mapping.AuthBasic:
		h.Set("Authorization", "Basic "+basicPair(a.User, a.Password))
	case mapping.AuthHeader:
		for name, v := range a.Headers {
			if !clean(v) {
				return errCredential
			}
			h.Set(name, v)
		}
	case mapping.AuthQuery:
		for _, name := range slices.Sorted(maps.Keys(a.Params)) {
			r.URL.RawQuery = joined(r.URL.RawQuery, url.QueryEscape(name)+"="+url.QueryEscape(a.Params[name]))
		}
	}
	return nil
}

func basicPair(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

func clean(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
