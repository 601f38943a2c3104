package outbox

import (
	"ponte/internal/connector"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// endpoint puts together where the environment is, its secrets, and how the configuration wants them shown.
func endpoint(ep flow.Endpoint, j flow.Job) connector.Endpoint {
	out := connector.Site(ep).Endpoint(&j.Rules.Config().Integration, mapping.CallAddress(j.Point, j.LookUp))
	out.Timeout += j.Extra
	return out
}
