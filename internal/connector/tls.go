package connector

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

var errOwnTLS = errors.New("connector: our certificate can't be used")

func secureConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(16)}
}

// config is how a line speaks TLS; roots stand where it names no authority of its own.
func (t TLS) config(roots *x509.CertPool) (*tls.Config, error) {
	out := secureConfig(roots)
	if t.Authority != "" {
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM([]byte(t.Authority)) {
			return nil, fmt.Errorf("%w: no certificate in the authority's text", errOwnTLS)
		}
	}
	if t.Certificate == "" && t.Key == "" {
		return out, nil
	}
	pair, err := tls.X509KeyPair([]byte(t.Certificate), []byte(t.Key))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errOwnTLS, err)
	}
	// The pair is shown whatever the server says of whom it trusts: without it the refusal would be about a missing one.
	out.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	return out, nil
}

// Peer is who answered a TLS handshake.
type Peer struct {
	Version         string // "TLS 1.3"
	Subject, Issuer string // common names
	NotAfter        time.Time
}

func peerOf(s tls.ConnectionState) *Peer {
	p := &Peer{Version: tls.VersionName(s.Version)}
	if len(s.PeerCertificates) > 0 {
		c := s.PeerCertificates[0]
		p.Subject, p.Issuer, p.NotAfter = c.Subject.CommonName, c.Issuer.CommonName, c.NotAfter
	}
	return p
}

// refusesCertificate says whether the other side's TLS did not take our certificate. In TLS 1.3 it says so only after our
// side of the handshake is over, when the first request may be written already; it has read none of it. A connection
// that has answered before was accepted.
func (x *exchange) refusesCertificate(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || !strings.Contains(op.Error(), "certificate") {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.before == 0
}
