package app

import (
	"context"
	"errors"
	"slices"

	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/letter"
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

// newLetters sends what customers are written. A demo without a mail server says of each that it was not sent; elsewhere letters
// wait for a process that has one.
func (a *App) newLetters(owner string, words *i18n.Catalogues) *letter.Worker {
	o := letter.Options{Flow: a.Flow, Owner: owner, Log: a.cfg.Log, Words: words, Lease: a.cfg.Lease, Alone: a.cfg.Demo,
		Sent: func() { crashpoint.Pass(crashpoint.AfterLetter) }}
	if a.sender != nil {
		o.From, o.Send = a.sender.From(), letterOutcome(a.sender.Patient(flow.LetterPatience).Send)
	}
	return letter.New(o)
}

// letterOutcome says of a letter whether the mail server took it.
func letterOutcome(send func(context.Context, desk.Letter) error) func(context.Context, desk.Letter) flow.LetterOutcome {
	return func(ctx context.Context, l desk.Letter) flow.LetterOutcome {
		err := send(ctx, l)
		var f *mail.Failure
		switch {
		case err == nil:
			return flow.LetterOutcome{Taken: true}
		case errors.As(err, &f) && f.Unknown:
			return flow.LetterOutcome{Unknown: true}
		case errors.As(err, &f) && f.Step == "letter":
			return flow.LetterOutcome{Reason: desk.LetterInvalid}
		case errors.As(err, &f) && f.Code != 0:
			return flow.LetterOutcome{Retry: !f.Final || ours(f), Reason: desk.LetterServerRefused, Code: f.Code}
		}
		return flow.LetterOutcome{Retry: true, Reason: desk.LetterServerAway}
	}
}

// ours are the refusals that say nothing of the letter: the server doesn't let this sender in. Somebody will mend that.
func ours(f *mail.Failure) bool {
	return f.Step == "connect" || f.Step == "settings" || slices.Contains([]int{502, 503, 504, 530, 534, 535, 538}, f.Code)
}
