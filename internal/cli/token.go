package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

type tokenCmd struct {
	Add    tokenAddCmd    `cmd:"" help:"Create a token and show it once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens; only their hashes are stored."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token at once."`
}

type tokenAddCmd struct {
	database
	Name          string        `arg:"" help:"What audit and timeline call it."`
	Integration   string        `required:"" help:"What rotating tokens of one caller share; repeated calls are recognised by it."`
	Origin        string        `required:"" enum:"mobuss,casa" help:"mobuss: what it writes is news from the field. casa: its movements act as an attendant's."`
	Environment   string        `enum:"homologacao,producao" default:"homologacao" help:"homologacao or producao."`
	Expires       time.Duration `help:"From now, such as 2160h. Default: never."`
	IgnoreUnknown bool          `help:"Unknown parameters are ignored with a warning, not refused."`
	SeesDocuments bool          `help:"May see CPF and CNPJ whole."`
}

func (c tokenAddCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	key := auth.NewKey()
	t := flow.Token{Name: c.Name, Integration: c.Integration, Hash: auth.HashKey(key), Origin: desk.Origin(c.Origin),
		Environment: desk.Environment(c.Environment), IgnoresUnknown: c.IgnoreUnknown, SeesDocuments: c.SeesDocuments}
	if c.Expires > 0 {
		t.ExpiresAt = time.Now().Add(c.Expires)
	}
	id, err := f.AddToken(ctx, operator(), t)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "token %d, shown only now: %s\n", id, key)
	return err
}

type tokenListCmd struct{ database }

func (c tokenListCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	tokens, err := f.Tokens(ctx)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tNAME\tINTEGRATION\tORIGIN\tENVIRONMENT\tSTATE\tLAST USE")
	for _, t := range tokens {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Integration, t.Origin, t.Environment, state(t, time.Now()), day(t.LastUsedAt))
	}
	return w.Flush()
}

func state(t flow.Token, now time.Time) string {
	switch {
	case !t.RevokedAt.IsZero():
		return "revoked " + day(t.RevokedAt)
	case !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now):
		return "expired " + day(t.ExpiresAt)
	case !t.ExpiresAt.IsZero():
		return "until " + day(t.ExpiresAt)
	}
	return "good"
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format("2006-01-02 15:04")
}

type tokenRevokeCmd struct {
	database
	ID int64 `arg:""`
}

func (c tokenRevokeCmd) Run(ctx context.Context, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	return errors.Join(f.RevokeToken(ctx, operator(), c.ID), done())
}
