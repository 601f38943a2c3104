package mail

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Failure says why a letter was not taken. What the server said is left out but for its numbers: servers repeat
// addresses, and some repeat what they were asked.
type Failure struct {
	Step     string // "letter", "settings", "connect" or "send"
	Code     int    // of SMTP; 0 where the server said nothing
	Enhanced string // of RFC 3463, such as 5.1.1
	Cause    string // where it was not the server
	Final    bool   // the same again would fail again
	// Unknown: the server was given all of the letter and nobody heard whether it took it. The same again may come twice.
	Unknown bool
}

func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mail: %s failed", f.Step)
	if f.Code != 0 {
		fmt.Fprintf(&b, ": the server says %d", f.Code)
	}
	if f.Enhanced != "" {
		fmt.Fprintf(&b, " (%s)", f.Enhanced)
	}
	if f.Cause != "" {
		fmt.Fprintf(&b, ": %s", f.Cause)
	}
	return b.String()
}

// failure takes from an error what may be told. Only the server's own "no" is final: networks recover.
func failure(step string, err error) *Failure {
	f := &Failure{Step: step}
	var sent *gomail.SendError
	var said *textproto.Error
	var network *net.OpError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &sent):
		f.Code, f.Enhanced = sent.ErrorCode(), sent.EnhancedStatusCode()
	case errors.As(err, &said):
		f.Code = said.Code
	case errors.As(err, &certificate):
		f.Cause = certificate.Error()
	case errors.As(err, &network):
		f.Cause = network.Error()
	case errors.As(err, &name):
		f.Cause = name.Error()
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered):
		f.Cause = "the server offers no way to sign in that keeps the password to itself; does it offer TLS?"
	case strings.Contains(err.Error(), "does not support STARTTLS"):
		f.Cause = "the server offers no STARTTLS"
	case strings.Contains(err.Error(), "does not support SMTP AUTH"):
		f.Cause = "the server takes no user and password"
	}
	f.Unknown = sent != nil && sent.Reason == gomail.ErrSMTPDataClose && f.Code == 0
	f.Final = f.Code >= 500 && f.Code < 600
	return f
}
