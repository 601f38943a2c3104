// Package mailtest is a real SMTP server inside the test process, which keeps what it takes.
package mailtest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options make a server of one kind or another; the zero one takes everything, in the clear.
type Options struct {
	StartTLS       bool
	TLS            bool   // from the first byte on
	User, Password string // who must sign in; empty: nobody
	// Refuse answers the error for a recipient; nil takes all.
	Refuse func(to string) error
	// Taken is called when a letter was taken, before that is answered; nil: nobody is asked.
	Taken func()
}

// Server is a running one.
type Server struct {
	Addr string
	// Trust is a client's configuration that believes the server's certificate.
	Trust *tls.Config
	// Letters are what was taken, in order.
	Letters chan Letter
	// SignIns counts the passwords that were shown to the server.
	SignIns atomic.Int64

	options Options
}

// Letter is a mail that was taken.
type Letter struct {
	From string
	To   []string
	TLS  bool
	Raw  []byte
}

// New starts a server, which ends with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	web := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	t.Cleanup(web.Close)
	s := &Server{Letters: make(chan Letter, 100), options: o, Trust: &tls.Config{MinVersion: tls.VersionTLS12,
		RootCAs: web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = l.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	server.Domain, server.AllowInsecureAuth = "mail.test", true
	if o.StartTLS || o.TLS {
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: web.TLS.Certificates}
	}
	if o.TLS {
		l = tls.NewListener(l, server.TLSConfig)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); _ = l.Close(); <-done }) // l too: the server may not have got to it yet
	return s
}

// session is one connection's.
type session struct {
	server *Server
	conn   *smtp.Conn
	known  bool
	letter Letter
}

// AuthMechanisms are those that show the password, which a client should keep for TLS.
func (s *session) AuthMechanisms() []string {
	if s.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth asks for user and password; its refusal repeats them, as the worst real server would.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.server.SignIns.Add(1)
		o := s.server.options
		if user != o.User || password != o.Password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no such pair: " + user + " " + password}
		}
		s.known = true
		return nil
	}), nil
}

// Mail begins a letter.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.options.User != "" && !s.known {
		return smtp.ErrAuthRequired
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.letter = Letter{From: from, TLS: encrypted}
	return nil
}

// Rcpt adds whom it is for.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.server.options.Refuse != nil {
		if err := s.server.options.Refuse(to); err != nil {
			return err
		}
	}
	s.letter.To = append(s.letter.To, to)
	return nil
}

// Data takes the letter.
func (s *session) Data(r io.Reader) (err error) {
	if s.letter.Raw, err = io.ReadAll(r); err == nil {
		s.server.Letters <- s.letter
		if s.server.options.Taken != nil {
			s.server.options.Taken()
		}
	}
	return err
}

// Reset forgets a letter that was begun.
func (s *session) Reset() { s.letter = Letter{} }

// Logout ends the connection.
func (s *session) Logout() error { return nil }

// Read takes a letter apart: its headers, decoded, and its two forms.
func (l Letter) Read() (headers mail.Header, subject, text, html string, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(l.Raw))
	if err != nil {
		return nil, "", "", "", err
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return nil, "", "", "", err
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return nil, "", "", "", fmt.Errorf("%s: %w", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m.Header, subject, text, html, nil
		}
		if err != nil {
			return nil, "", "", "", err
		}
		var body io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(p)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			return nil, "", "", "", err
		}
		words := strings.ReplaceAll(string(b), "\r\n", "\n")
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			html = words
		} else {
			text = words
		}
	}
}
