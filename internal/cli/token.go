package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

type tokenCmd struct {
	Add    tokenAddCmd    `cmd:"" help:"Create a token and show it once."`
	Rotate tokenRotateCmd `cmd:"" help:"Give a token a new key, with the same name, integration and scope; the old key goes on until the overlap is over."`
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

	Operation      []string `help:"May call these operations only, such as ConsultarOcorrencia; separated by commas. Default: all." placeholder:"NAME"`
	Development    []string `help:"Reaches these developments only, by their codes; separated by commas. Default: all." placeholder:"CODE"`
	CallsPerMinute int      `help:"How often it may call, in each process of the server. Default: what serve's calls-per-minute says." placeholder:"N"`
}

func (c tokenAddCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	key := auth.NewKey()
	t := flow.Token{Name: c.Name, Integration: c.Integration, Hash: auth.HashKey(key), Hint: auth.KeyHint(key), Origin: desk.Origin(c.Origin),
		Environment: desk.Environment(c.Environment), IgnoresUnknown: c.IgnoreUnknown, SeesDocuments: c.SeesDocuments,
		Operations: c.Operation, Developments: c.Development, CallsPerMinute: c.CallsPerMinute}
	if c.Expires > 0 {
		t.ExpiresAt = time.Now().Add(c.Expires)
	}
	id, err := f.AddToken(ctx, operator(), t)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	return showKey(s, id, key)
}

func showKey(s streams, id int64, key string) error {
	_, err := fmt.Fprintf(s.out, "token %d, shown only now: %s\n", id, key)
	return err
}

type tokenRotateCmd struct {
	database
	ID      int64         `arg:"" help:"Of the token whose key is to be replaced: see ponte token list."`
	Overlap time.Duration `default:"168h" help:"How long the old key works beside the new one; 0s ends it now."`
}

func (c tokenRotateCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	key := auth.NewKey()
	id, err := f.RotateToken(ctx, operator(), flow.Rotation{Token: c.ID, Hash: auth.HashKey(key), Hint: auth.KeyHint(key), Overlap: c.Overlap})
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	return showKey(s, id, key)
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
	_, _ = fmt.Fprintln(w, "ID\tNAME\tINTEGRATION\tORIGIN\tENVIRONMENT\tSTATE\tLAST USE\tKEY\tPER MINUTE\tOPERATIONS\tDEVELOPMENTS")
	for _, t := range tokens {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Integration, t.Origin, t.Environment,
			state(t, time.Now()), day(t.LastUsedAt), "..."+t.Hint, perMinute(t), scope(t.Operations), scope(t.Developments))
	}
	return w.Flush()
}

func state(t flow.Token, now time.Time) string {
	switch t.State(now) {
	case flow.TokenRevoked:
		return "revoked " + day(t.RevokedAt)
	case flow.TokenExpired:
		return "expired " + day(t.ExpiresAt)
	case flow.TokenReplaced:
		return fmt.Sprintf("replaced by %d, until %s", t.ReplacedBy, day(t.ExpiresAt))
	}
	if !t.ExpiresAt.IsZero() {
		return "until " + day(t.ExpiresAt)
	}
	return "good"
}

// perMinute is a token's own limit.
func perMinute(t flow.Token) string {
	if t.CallsPerMinute == 0 {
		return "default"
	}
	return strconv.Itoa(t.CallsPerMinute)
}

func scope(names []string) string {
	if len(names) == 0 {
		return "all"
	}
	return strings.Join(names, ",")
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
