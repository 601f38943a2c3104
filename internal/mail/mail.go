// Package mail carries letters to an SMTP server.
//
// It promises that neither credentials nor addresses nor a letter's text appear in its errors and log lines; that a
// letter cannot grow headers or recipients by what stands in it; that credentials never travel unencrypted; and that
// every step has a time limit. It must not know what a letter is about.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"ponte/internal/desk"
)

// stepTimeout bounds each step of a conversation with the server.
const stepTimeout = 15 * time.Second

// Sender sends letters one by one. It is safe for concurrent use.
type Sender struct {
	host           string
	port           int
	tls            bool // from the first byte on; else by STARTTLS
	policy         gomail.TLSPolicy
	user, password string
	from           *mail.Address
	config         *tls.Config   // nil outside tests: the system's roots
	timeout        time.Duration // to reach it and sign in
	patience       time.Duration // from there to its answer
}

// errURL says how the address is written, and nothing of the one that was given: it may hold a password.
var errURL = errors.New("mail-url must look like smtp://user:password@smtp.example.com.br:587?from=ponte@example.com.br&starttls=required, or smtps://")

// New reads an address such as
//
//	smtp://user:password@host:587?from=ponte@empresa.com.br&starttls=required
//
// where starttls is required (the default) or opportunistic; smtps is TLS from the first byte on. Without a port it
// is 587, or 465 for smtps. from, where it is not empty, goes before the address's own: "Ponte <ponte@empresa.com.br>".
func New(address, from string) (*Sender, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, errURL
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errURL
	}
	s := &Sender{host: u.Hostname(), policy: gomail.TLSMandatory, user: u.User.Username(), timeout: stepTimeout, patience: stepTimeout}
	s.password, _ = u.User.Password()
	if (s.user == "") != (s.password == "") {
		return nil, errors.New("mail-url names a user without a password, or a password without a user")
	}
	switch u.Scheme {
	case "smtp":
		s.port = 587
	case "smtps":
		s.port, s.tls = 465, true
	default:
		return nil, errURL
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return nil, errURL
		}
	}
	for name, values := range q {
		switch v := values[len(values)-1]; {
		case name == "from" && from == "":
			from = v
		case name == "from":
		case name == "starttls" && v == "required" && !s.tls:
		case name == "starttls" && v == "opportunistic" && !s.tls:
			s.policy = gomail.TLSOpportunistic
		default:
			return nil, errURL
		}
	}
	if s.from, err = mail.ParseAddress(from); err != nil {
		return nil, errors.New("mail-from, or from= in mail-url, must say who writes: Ponte <ponte@example.com.br>")
	}
	return s, nil
}

// Send hands a letter to the server. Its errors are *Failure.
func (s *Sender) Send(ctx context.Context, l desk.Letter) error {
	m, err := message(s.from, l)
	if err != nil {
		return &Failure{Step: "letter", Cause: err.Error(), Final: true}
	}
	client, err := s.client()
	if err != nil {
		return &Failure{Step: "settings", Final: true}
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return failure("connect", err)
	}
	if patient, err := s.client(gomail.WithTimeout(s.patience)); err == nil { // its limit begins anew here
		client = patient
	}
	err = client.SendWithSMTPClient(conn, m)
	_ = client.CloseWithSMTPClient(conn) // a server that hangs up after it took the letter has taken it
	if err != nil && !m.IsDelivered() {
		return failure("send", err)
	}
	return nil
}

// client is made for each letter: letters are few, and a connection that is not kept can't grow stale.
func (s *Sender) client(more ...gomail.Option) (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(s.timeout), gomail.WithoutNoop()}
	if s.config != nil {
		config := s.config.Clone()
		config.ServerName = s.host
		options = append(options, gomail.WithTLSConfig(config))
	}
	if s.tls {
		options = append(options, gomail.WithSSL())
	} else {
		options = append(options, gomail.WithTLSPolicy(s.policy))
	}
	if s.user != "" { // the ways that show the password to a listener are found over TLS only
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	return gomail.NewClient(s.host, append(options, more...)...)
}

// Patient is the same sender, which waits longer for what the server says once it is given the letter.
func (s *Sender) Patient(patience time.Duration) *Sender {
	p := *s
	p.patience = patience
	return &p
}

// From is the address that letters come from.
func (s *Sender) From() string { return s.from.Address }

// String is where letters go, for a log.
func (s *Sender) String() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// GoString keeps the password out of what %#v prints.
func (s *Sender) GoString() string { return fmt.Sprintf("mail.Sender(%s)", s) }
