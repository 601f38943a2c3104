package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

type userCmd struct {
	Add         userAddCmd      `cmd:"" help:"Create an account. The password is read from standard input, or made and shown once."`
	List        userListCmd     `cmd:"" help:"List the accounts."`
	Password    userPasswordCmd `cmd:"" help:"Set a new password."`
	Disable     userDisableCmd  `cmd:"" help:"Close an account."`
	ResetFactor userFactorCmd   `cmd:"" help:"Take an account's second factor away."`
	Enable      userEnableCmd   `cmd:"" help:"Open a closed account again."`

	ResetLink userResetLinkCmd `cmd:"" help:"Make a link, valid for 24 hours, by which the person chooses a new password. It is shown once."`
}

type userAddCmd struct {
	database
	Login         string   `arg:"" help:"What the person signs in with, such as an e-mail address."`
	Name          string   `required:"" help:"The name that others see."`
	Role          []string `required:"" enum:"atendente,consultor,gestor,admin" help:"atendente, consultor, gestor or admin; several separated by commas."`
	PasswordStdin bool     `help:"Read the password from standard input."`
}

// minPassword is in characters.
const minPassword = 10

func (c userAddCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	password, made, err := password(s, c.PasswordStdin)
	if err != nil {
		return err
	}
	hash, err := auth.NewPasswords().Hash(ctx, password)
	if err != nil {
		return err
	}
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	u := flow.User{Login: c.Login, Name: c.Name, PasswordHash: hash}
	for _, r := range c.Role {
		u.Roles = append(u.Roles, desk.Role(r))
	}
	_, err = f.AddUser(ctx, operator(), u)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	return told(s, c.Login, password, made)
}

// password is read, or made where none is given.
func password(s streams, fromInput bool) (text string, made bool, err error) {
	if !fromInput {
		return rand.Text(), true, nil
	}
	line, err := bufio.NewReader(s.in).ReadString('\n')
	text = strings.TrimRight(line, "\r\n")
	if len([]rune(text)) < minPassword {
		return "", false, misuse{fmt.Errorf("the password on standard input has fewer than %d characters", minPassword)}
	}
	if err != nil && text == "" {
		return "", false, err
	}
	return text, false, nil
}

func told(s streams, login, password string, made bool) error {
	if !made {
		_, err := fmt.Fprintln(s.out, "done:", login)
		return err
	}
	_, err := fmt.Fprintf(s.out, "%s\npassword, shown only now: %s\n", login, password)
	return err
}

type userListCmd struct{ database }

func (c userListCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	users, err := f.Users(ctx)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "LOGIN\tNAME\tROLES\tSTATE")
	for _, u := range users {
		state := "open"
		if u.Disabled {
			state = "closed"
		}
		roles := make([]string, len(u.Roles))
		for i, r := range u.Roles {
			roles[i] = string(r)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", u.Login, u.Name, strings.Join(roles, ","), state)
	}
	return w.Flush()
}

type userPasswordCmd struct {
	database
	Login         string `arg:""`
	PasswordStdin bool   `help:"Read the password from standard input."`
}

func (c userPasswordCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	password, made, err := password(s, c.PasswordStdin)
	if err != nil {
		return err
	}
	hash, err := auth.NewPasswords().Hash(ctx, password)
	if err != nil {
		return err
	}
	err = c.change(ctx, log, c.Login, func(f *flow.Flow, id int64) error { return f.SetPassword(ctx, operator(), id, hash) })
	if err != nil {
		return err
	}
	return told(s, c.Login, password, made)
}

type userDisableCmd struct {
	database
	Login string `arg:""`
}

func (c userDisableCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.change(ctx, log, c.Login, func(f *flow.Flow, id int64) error { return f.SetDisabled(ctx, operator(), id, true) })
}

type userEnableCmd struct {
	database
	Login string `arg:""`
}

func (c userEnableCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.change(ctx, log, c.Login, func(f *flow.Flow, id int64) error { return f.SetDisabled(ctx, operator(), id, false) })
}

type userFactorCmd struct {
	database
	Login string `arg:""`
}

func (c userFactorCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.change(ctx, log, c.Login, func(f *flow.Flow, id int64) error { return f.DropFactor(ctx, operator(), id) })
}

// change finds an account, closed ones too, and changes it.
func (d database) change(ctx context.Context, log *slog.Logger, login string, change func(*flow.Flow, int64) error) error {
	f, done, err := d.open(ctx, log)
	if err != nil {
		return err
	}
	users, err := f.Users(ctx)
	if err == nil {
		err = fmt.Errorf("there is no user %q; see ponte user list", login)
		for _, u := range users {
			if strings.EqualFold(u.Login, login) {
				err = change(f, u.ID)
			}
		}
	}
	return errors.Join(err, done())
}
