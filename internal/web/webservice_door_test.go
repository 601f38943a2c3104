package web_test

import (
	"context"
	"log/slog"
	"net/http/httptest"

	"ponte/internal/auth"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
)

// restDoor opens the programs' door beside the pages, over the same house.
func (h *house) restDoor() string {
	d := door.New(door.Options{Registry: webservice.NewRegistry(webservice.Operations(h.Flow, nil)...), Logger: slog.New(slog.DiscardHandler),
		Authenticate: func(ctx context.Context, c webservice.Credentials) (*webservice.Caller, error) {
			token, actor, err := h.Authenticate(ctx, auth.HashKey(c.Token))
			return &webservice.Caller{Actor: actor, Token: token}, err
		}})
	s := httptest.NewServer(rest.New(d, rest.About{}))
	h.t.Cleanup(s.Close)
	return s.URL
}
