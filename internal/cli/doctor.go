package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"ponte/internal/app"
	"ponte/internal/doctor"
)

type doctorCmd struct {
	database
	BlobURL    string    `help:"Where attachments lie, as serve has it." env:"PONTE_BLOB_URL" placeholder:"URL"`
	PublicURL  string    `help:"What callers and browsers see, as serve has it." env:"PONTE_PUBLIC_URL" placeholder:"URL"`
	ReplicaURL string    `help:"Where the embedded database is followed to, as serve has it." env:"PONTE_REPLICA_URL" placeholder:"URL"`
	MailURL    string    `help:"The mail server, as serve has it. Doctor doesn't talk to it." env:"PONTE_MAIL_URL" placeholder:"URL"`
	OIDC       oidcFlags `embed:"" prefix:"oidc-"`

	All    bool `help:"Look at everything, not at samples: the whole database file, every sealed value, every attachment's bytes."`
	Online bool `help:"Ask the field's tool the connection's own question, which changes nothing, with the credentials that are kept; and the public address whether it answers."`
	JSON   bool `name:"json" help:"Answer JSON: [{check, state: ok|note|wrong|skipped, said, do}]."`
}

func (c doctorCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	provider, wrong := c.OIDC.provider(c.PublicURL)
	secrets, err := c.keys()
	found := app.Checkup{Place: app.Place{DatabaseURL: c.DatabaseURL, BlobURL: c.BlobURL}, Secrets: secrets, SecretsErr: err,
		KeyFile: c.SecretKeyFile, PublicURL: c.PublicURL, ReplicaURL: c.ReplicaURL, MailURL: c.MailURL, All: c.All, Online: c.Online, Log: log, SSO: provider, SSOErr: wrong}.Examine(ctx)
	if err := c.show(s, found); err != nil {
		return err
	}
	if !doctor.Healthy(found) {
		return errors.New("something is wrong; what to do stands above")
	}
	return nil
}

func (c doctorCmd) show(s streams, found []doctor.Finding) error {
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(found)
	}
	for _, f := range found {
		if _, err := fmt.Fprintf(s.out, "%-8s %s: %s\n", f.State, f.Check, f.Said); err != nil {
			return err
		}
		if f.Do != "" {
			_, _ = fmt.Fprintf(s.out, "%-8s -> %s\n", "", f.Do)
		}
	}
	return nil
}
