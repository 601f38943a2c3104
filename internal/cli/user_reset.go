package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"ponte/internal/app"
	"ponte/internal/auth"
	"ponte/internal/flow"
)

// checkMail finds what is wrong with the mail settings before anything is opened.
func checkMail(address, from, publicURL string) error {
	switch {
	case address == "" && from != "":
		return misuse{errors.New("mail-from without mail-url: say which server takes the mail")}
	case address == "":
		return nil
	case publicURL == "":
		return misuse{errors.New("mail-url needs public-url: the links in letters lead there")}
	}
	if err := app.CheckMail(address, from); err != nil {
		return misuse{err}
	}
	return nil
}

type userResetLinkCmd struct {
	database
	Login     string `arg:""`
	PublicURL string `help:"What browsers see, such as https://ponte.example.com.br: the link begins with it." env:"PONTE_PUBLIC_URL" placeholder:"URL"`
}

func (c userResetLinkCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	if c.PublicURL == "" {
		return misuse{errors.New("public-url is not set: the link begins with it")}
	}
	if err := checkPublicURL(c.PublicURL); err != nil {
		return err
	}
	key := auth.NewResetKey()
	var u flow.User
	err := c.change(ctx, log, c.Login, func(f *flow.Flow, id int64) (err error) {
		u, err = f.HandPasswordReset(ctx, operator(), id, auth.HashKey(key))
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s\nlink for a new password, shown only now, valid for %.0f hours and once:\n%s\n", u.Login,
		flow.HandedResetLife.Hours(), flow.ResetLink(c.PublicURL, key))
	return err
}
