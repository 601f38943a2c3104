package connector

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
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

// Endpoint is where the field's tool is and who we are there.
type Endpoint struct {
	// BaseURL is http or https, a host and perhaps a path; the request's own path is appended.
	BaseURL string
	Auth    Auth
	// AllowPrivate lets calls reach loopback and private networks.
	AllowPrivate bool
	// Timeout is for the whole exchange, the name's resolution and the last byte of the body included. Zero is 15 s.
	Timeout time.Duration
	// BodyCap is how many bytes of an answer's body are read. Zero is 1 MiB.
	BodyCap int64
	// HangUp writes the request whole and leaves without reading the answer, as a timeout would: for whoever proves
	// what becomes of an unknown outcome.
	HangUp bool
}

// Auth is a scheme with its secrets; JSON, to be stored sealed.
type Auth struct {
	Kind     mapping.AuthKind  `json:"kind"`
	Token    string            `json:"token,omitempty"`
	User     string            `json:"user,omitempty"`
	Password string            `json:"password,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"` // for mapping.AuthHeader
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

// target is the URL of a request below base.
func target(base *url.URL, req *mapping.Request) (*url.URL, error) {
	if !strings.HasPrefix(req.Path, "/") {
		return nil, errBaseURL
	}
	u, err := url.Parse(strings.TrimSuffix(base.EscapedPath(), "/") + req.Path)
	if err != nil || u.Host != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errBaseURL
	}
	u.Scheme, u.Host, u.RawQuery = base.Scheme, base.Host, req.Query
	return u, nil
}

// apply adds the credentials.
func (a Auth) apply(h http.Header) error {
	if !clean(a.Token) || !clean(a.User) || !clean(a.Password) || strings.Contains(a.User, ":") {
		return errCredential
	}
	switch a.Kind {
	case mapping.AuthBearer:
		h.Set("Authorization", "Bearer "+a.Token)
	case mapping.AuthBasic:
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.User+":"+a.Password)))
	case mapping.AuthHeader:
		for name, v := range a.Headers {
			if !clean(v) {
				return errCredential
			}
			h.Set(name, v)
		}
	}
	return nil
}

func clean(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// secrets are the texts that must not show in a record, should the other side echo them.
func (a Auth) secrets() (out []string) {
	add := func(s string) {
		if len(s) >= 4 { // shorter ones would blot out half of every text
			out = append(out, s)
		}
	}
	add(a.Token)
	add(a.Password)
	for _, v := range a.Headers {
		add(v)
	}
	if a.Kind == mapping.AuthBasic {
		add(base64.StdEncoding.EncodeToString([]byte(a.User + ":" + a.Password)))
	}
	return out
}
