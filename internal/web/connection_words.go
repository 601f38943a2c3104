package web

import (
	"strings"
	"time"

	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// soonEnds is how long before its end a certificate is said to end.
const soonEnds = 30 * 24 * time.Hour

// facts are what a certificate among the credentials says of itself; nil where it is none.
func (v connectionView) facts(secret string) *flow.CertificateFacts {
	switch secret {
	case mapping.SecretCertificate:
		return v.place.Certificate
	case mapping.SecretAuthority:
		return v.place.Authority
	}
	return nil
}

// actionName is what people call an action of an environment.
func actionName(p *page, v connectionView, action string) string {
	for _, s := range v.statuses {
		if mapping.WindowAddress(s.Code) == action {
			return p.T("connection.window_of", "status", sentence(s.Name))
		}
	}
	point, asks := strings.CutSuffix(action, ".consulta")
	if !p.Has("point." + point) {
		return action
	}
	if asks {
		return p.T("connection.look_up_of", "point", p.T("point."+point))
	}
	return p.T("point." + point)
}

// lookUpName is what people call a strategy; one of the client's own is called by its name.
func lookUpName(p *page, strategy string) string {
	if id := "connection.look_up_" + strategy; p.Has(id) {
		return p.T(id)
	}
	return strategy
}

// limitsSummary is what the fold says while it is closed.
func limitsSummary(p *page, f connectionForm) string {
	var parts []string
	for _, l := range [][2]string{{"chamadas_por_segundo", f.perSecond}, {"chamadas_por_minuto", f.perMinute}, {"chamadas_simultaneas", f.concurrent}} {
		if l[1] != "" {
			parts = append(parts, p.T("connection.sum_"+l[0], "n", l[1]))
		}
	}
	if len(parts) == 0 {
		return p.T("connection.limits_none")
	}
	return strings.Join(parts, ", ")
}

func optionalState(p *page, c flow.SecretState) string {
	if c.Set {
		return p.T("connection.secret_is_set")
	}
	return p.T("connection.secret_optional")
}

// usualStyle is HTTP Basic as the document writes it: by name, or not at all.
func usualStyle(is string) string {
	if is == string(mapping.ClientInHeader) {
		return is
	}
	return ""
}
