package app

import (
	"ponte/internal/web"
	"ponte/internal/webservice"
)

// inbound lets the pages of received calls serve one again, through the very operations that programs call.
func inbound(registry *webservice.Registry) web.Inbound {
	in := web.Inbound{Fields: registry.Fields, Replay: registry.Replay}
	for _, e := range registry.Entries() {
		in.Operations = append(in.Operations, e.Name)
	}
	return in
}
