package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"ponte/internal/desk"
)

type configEndpointCmd struct {
	database
	Environment string `arg:"" optional:"" enum:"homologacao,producao" default:"homologacao" help:"homologacao or producao."`
}

func (c configEndpointCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	e, err := f.EndpointState(ctx, operator(), desk.Environment(c.Environment))
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	address := e.BaseURL
	if address == "" {
		address = "not set"
	}
	if e.AllowPrivate {
		address += "  (private addresses may be called)"
	}
	_, _ = fmt.Fprintf(s.out, "address      %s\n", address)
	for _, secret := range e.Secrets {
		state := "not set"
		if secret.Set {
			state = fmt.Sprintf("set, %s, by %s", day(e.SecretsAt), e.SecretsBy)
		}
		_, _ = fmt.Fprintf(s.out, "%-12s %s\n", secret.Name, state)
	}
	return nil
}

type configSecretCmd struct {
	database
	Environment string `arg:"" enum:"homologacao" help:"homologacao. Production's credentials are entered at the go-live alone."`
	Name        string `arg:"" help:"As the authentication calls it: token, usuario, senha or a header's name. See ponte config endpoint."`
	Remove      bool   `help:"Take it away."`
}

func (c configSecretCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	value := ""
	if !c.Remove {
		line, err := bufio.NewReader(s.in).ReadString('\n')
		if value = strings.TrimRight(line, "\r\n"); value == "" {
			return misuse{errors.New("the credential is read from standard input, and there was none")}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	err = f.SetSecrets(ctx, operator(), desk.Environment(c.Environment), map[string]string{c.Name: value})
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, "done:", c.Name)
	return err
}
