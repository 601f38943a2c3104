package outbox

import (
	"ponte/internal/connector"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// endpoint puts together where the environment is, its secrets, and how the configuration wants them shown.
func endpoint(ep flow.Endpoint, j flow.Job) connector.Endpoint {
	scheme := j.Rules.Config().Integration.Auth
	auth := connector.Auth{Kind: scheme.Kind}
	switch scheme.Kind {
	case mapping.AuthBearer:
		auth.Token = ep.Secrets["token"]
	case mapping.AuthBasic:
		auth.User, auth.Password = ep.Secrets["usuario"], ep.Secrets["senha"]
	case mapping.AuthHeader:
		auth.Headers = make(map[string]string, len(scheme.Headers))
		for _, name := range scheme.Headers {
			auth.Headers[name] = ep.Secrets[name]
		}
	}
	return connector.Endpoint{BaseURL: ep.BaseURL, Auth: auth, AllowPrivate: ep.AllowPrivate,
		Timeout: j.Policy.Timeout.Std() + j.Extra, BodyCap: j.Policy.BodyCap}
}
