package connector

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// authority signs certificates of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key, a.pem, _ = a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}, nil)
	return a
}

func (a *authority) sign(template *x509.Certificate, by *authority) (cert *x509.Certificate, key *ecdsa.PrivateKey, certPEM, keyPEM string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.must(err)
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	a.must(err)
	cert, err = x509.ParseCertificate(der)
	a.must(err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	a.must(err)
	return cert, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}

func (a *authority) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) leaf(name string) (certPEM, keyPEM string) {
	_, _, certPEM, keyPEM = a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}, a)
	return certPEM, keyPEM
}

// mutual serves by a's certificate and wants one of clients' own.
func mutual(t *testing.T, a, clients *authority, most uint16) (url string, hits *atomic.Int32) {
	t.Helper()
	hits = new(atomic.Int32)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		say(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	cert, key := a.leaf("servidor do campo")
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	a.must(err)
	pool := x509.NewCertPool()
	pool.AddCert(clients.cert)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MaxVersion: most}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.URL, hits
}

// TestClientCertificates: shown and accepted; missing, of another authority, or broken: refused without a doubt, in both
// versions of TLS, so that the request may go again without a look-up.
func TestClientCertificates(t *testing.T) {
	field, house, stranger := newAuthority(t, "AC do campo"), newAuthority(t, "AC da casa"), newAuthority(t, "AC de ninguém")
	good, goodKey := house.leaf("ponte")
	bad, badKey := stranger.leaf("ponte")
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			url, hits := mutual(t, field, house, version)
			c := client(t)
			send := func(s TLS) Exchange {
				ep := near(url)
				ep.TLS = s
				return c.Send(t.Context(), key, ep, post("{}"))
			}
			for range 2 { // a new connection, and one that is there
				x := send(TLS{good, goodKey, field.pem})
				if x.Answer == nil || string(x.Answer.Body) != "ponte" || x.Peer == nil || x.Peer.Version != name || x.Peer.Subject != "servidor do campo" ||
					x.Peer.Issuer != "AC do campo" || time.Until(x.Peer.NotAfter) > time.Hour {
					t.Fatalf("%+v %+v", x, x.Peer)
				}
			}
			for what, s := range map[string]TLS{"of another authority": {bad, badKey, field.pem}, "none": {"", "", field.pem}} {
				if x := send(s); x.ErrCode != ReasonCertificate && x.ErrCode != ReasonTLS || !x.NotSent || x.Answer != nil {
					t.Errorf("%s: %s, not sent %v (%s)", what, x.ErrCode, x.NotSent, x.Detail)
				}
			}
			if x := send(TLS{good, goodKey, ""}); x.ErrCode != ReasonTLS || !x.NotSent {
				t.Errorf("a server of an authority that nobody trusts: %s (%s)", x.ErrCode, x.Detail)
			}
			for what, s := range map[string]TLS{"another's key": {good, badKey, ""}, "no key": {good, "", ""}, "no PEM": {"x", "y", ""}, "no authority": {"", "", "x"}} {
				if x := send(s); x.ErrCode != ReasonOwnTLS || !x.NotSent {
					t.Errorf("%s: %s (%s)", what, x.ErrCode, x.Detail)
				}
			}
			if hits.Load() != 2 {
				t.Errorf("%d requests arrived", hits.Load())
			}
		})
	}
}

// TestAChangedCertificateIsNotTheOldConnection: a connection that was opened as one is not used as another.
func TestAChangedCertificateIsNotTheOldConnection(t *testing.T) {
	field, house := newAuthority(t, "AC do campo"), newAuthority(t, "AC da casa")
	url, _ := mutual(t, field, house, tls.VersionTLS13)
	c := client(t)
	for _, name := range []string{"antes", "depois"} {
		cert, certKey := house.leaf(name)
		ep := near(url)
		ep.TLS = TLS{cert, certKey, field.pem}
		if x := c.Send(t.Context(), key, ep, post("{}")); x.Answer == nil || string(x.Answer.Body) != name {
			t.Errorf("%s: %+v", name, x)
		}
	}
}
