package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"ponte/internal/desk"
)

type configSecretCmd struct {
	database
	Environment string `arg:"" enum:"homologacao,producao" help:"homologacao; or producao, once the form of production is open: it is kept if production answers with it."`
	Name        string `arg:"" help:"As the authentication calls it: token, usuario, senha, client_id, client_secret, certificado, chave_privada, autoridade, or a header's or parameter's name. See ponte config endpoint."`
	File        string `help:"Read it from this file, not from standard input: a PEM text has several lines." type:"existingfile" placeholder:"FILE"`
	Key         string `help:"With certificado: the file of its private key. Both are set together." type:"existingfile" placeholder:"FILE"`
	Remove      bool   `help:"Take it away."`
}

// certificateName and keyName are what belongs together.
const certificateName, keyName = "certificado", "chave_privada"

func (c configSecretCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	set, err := c.values(s)
	if err != nil {
		return err
	}
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	err = setSecrets(ctx, f, desk.Environment(c.Environment), set)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, "done:", c.Name)
	return err
}

// values are what is to be set, by name; an empty one is taken away.
func (c configSecretCmd) values(s streams) (map[string]string, error) {
	switch {
	case c.Key != "" && c.Name != certificateName:
		return nil, misuse{errors.New("--key goes with certificado alone")}
	case c.Remove && (c.File != "" || c.Key != ""):
		return nil, misuse{errors.New("say --remove, or give files")}
	case c.Remove:
		return map[string]string{c.Name: ""}, nil
	}
	value, err := c.value(s)
	if err != nil {
		return nil, err
	}
	out := map[string]string{c.Name: value}
	if c.Key != "" {
		if out[keyName], err = secretFile(c.Key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c configSecretCmd) value(s streams) (string, error) {
	if c.File != "" {
		return secretFile(c.File)
	}
	line, err := bufio.NewReader(s.in).ReadString('\n')
	value := strings.TrimRight(line, "\r\n")
	if value == "" {
		return "", misuse{errors.New("the credential is read from standard input, and there was none")}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return value, nil
}

// maxSecretFile is more than any chain of certificates weighs.
const maxSecretFile = 256 << 10

func secretFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	value := strings.TrimSpace(string(text))
	if value == "" || len(value) > maxSecretFile {
		return "", misuse{fmt.Errorf("%s is empty or too large for a credential", path)}
	}
	return value, nil
}
