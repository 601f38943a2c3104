package app

import (
	"errors"

	"ponte/internal/mail"
	"ponte/internal/web"
)

// CheckMail says what is wrong with mail settings, without repeating them.
func CheckMail(address, from string) error {
	_, err := mail.New(address, from)
	return err
}

// openMail makes the way to the mail server; nil where none is named. What is wrong with the address is told at the
// start, without the address: it holds a password.
func openMail(cfg Config) (*mail.Sender, error) {
	if cfg.MailURL == "" {
		return nil, nil //nolint:nilnil // no mail is no error
	}
	if cfg.PublicURL == "" {
		return nil, errors.New("mail needs public-url: the letters' links lead there")
	}
	s, err := mail.New(cfg.MailURL, cfg.MailFrom)
	if err != nil {
		return nil, err
	}
	cfg.Log.Info("mail goes by SMTP", "server", s.String())
	return s, nil
}

// passwordReset is how people who lost their password come to a new one: by mail, or by an administrator.
func (a *App) passwordReset() web.PasswordReset {
	r := web.PasswordReset{BaseURL: a.PublicURL}
	if a.letters != nil {
		r.Post = a.letters.Post
	}
	return r
}
