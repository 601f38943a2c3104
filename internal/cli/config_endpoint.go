package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

type configEndpointCmd struct {
	database
	Environment string            `arg:"" optional:"" enum:"homologacao,producao" default:"homologacao" help:"homologacao or producao. Production's data is entered at the go-live alone."`
	URL         *string           `help:"Set the base address that the calls' paths are appended to; empty where every action has its own." placeholder:"URL"`
	TokenURL    *string           `help:"Set where OAuth 2 client credentials become a token." placeholder:"URL"`
	Address     map[string]string `help:"Give an action a complete address of its own, such as MOBUSS_ISA=https://... or MOBUSS_ISA.consulta=https://...; empty takes it away. May be repeated." placeholder:"ACTION=URL" mapsep:"none"`
	Private     *bool             `help:"Whether private and loopback addresses may be called." negatable:""`
}

func (c configEndpointCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	env := desk.Environment(c.Environment)
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	e, err := f.EndpointState(ctx, operator(), env)
	if err == nil && c.changes() {
		if err = f.SetPlace(ctx, operator(), env, c.place(e)); err == nil {
			e, err = f.EndpointState(ctx, operator(), env)
		}
	}
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	showEndpoint(s.out, e)
	return nil
}

func (c configEndpointCmd) changes() bool {
	return c.URL != nil || c.TokenURL != nil || c.Private != nil || len(c.Address) > 0
}

// place is what is there with what was said.
func (c configEndpointCmd) place(e flow.EndpointState) flow.ConfigPlace {
	p := flow.ConfigPlace{URL: e.BaseURL, AllowPrivate: e.AllowPrivate, TokenURL: e.TokenURL, URLs: maps.Clone(e.URLs)}
	if p.URLs == nil {
		p.URLs = map[string]string{}
	}
	maps.Copy(p.URLs, c.Address)
	maps.DeleteFunc(p.URLs, func(_, address string) bool { return address == "" })
	if c.URL != nil {
		p.URL = *c.URL
	}
	if c.TokenURL != nil {
		p.TokenURL = *c.TokenURL
	}
	if c.Private != nil {
		p.AllowPrivate = *c.Private
	}
	return p
}

func showEndpoint(w io.Writer, e flow.EndpointState) {
	line := func(name, text string) { _, _ = fmt.Fprintf(w, "%-12s %s\n", name, text) }
	address := e.BaseURL
	if address == "" {
		address = "not set"
	}
	if e.AllowPrivate {
		address += "  (private addresses may be called)"
	}
	line("address", address)
	if e.TokenURL != "" {
		line("token url", e.TokenURL)
	}
	for _, action := range slices.Sorted(maps.Keys(e.URLs)) {
		line(action, e.URLs[action])
	}
	for _, secret := range e.Secrets {
		switch {
		case secret.Set:
			line(secret.Name, fmt.Sprintf("set, %s, by %s", day(e.SecretsAt), e.SecretsBy))
		case !secret.Optional:
			line(secret.Name, "not set")
		}
	}
	if c := e.Certificate; c != nil {
		line("", fmt.Sprintf("certificate of %s, issued by %s, valid until %s", c.Subject, c.Issuer, day(c.NotAfter)))
	}
	for _, lack := range e.Lacks {
		if e.BaseURL != "" || len(e.URLs) > 0 {
			line("lacks", lack)
		}
	}
}
