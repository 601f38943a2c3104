package connector

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

var errRefusedAddress = errors.New("connector: address of a private network")

// conn counts what the HTTP layer wrote. It lies above TLS, so that handshakes and alerts don't count: a request
// of which nothing was written here can't have been read over there.
type conn struct {
	net.Conn
	peer    *Peer // nil where there is no TLS
	mu      sync.Mutex
	written int64
	writing bool
	sealed  bool
	after   func() // called once, when the next write has ended
}

var errSealed = errors.New("connector: connection given up")

func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.sealed {
		c.mu.Unlock()
		return 0, errSealed
	}
	c.writing = true
	c.mu.Unlock()
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	after := c.after
	c.written, c.writing, c.after = c.written+int64(n), false, nil
	c.mu.Unlock()
	if after != nil {
		after()
	}
	return n, err
}

func (c *conn) afterNext(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after = do
}

func (c *conn) count() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.written
}

// giveUp says whether anything was written, or is being written, since the count was before. Where nothing was,
// nothing will be: net/http writes from a goroutine of its own, which a deadline doesn't wait for.
func (c *conn) giveUp(before int64) (wrote bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wrote = c.written > before || c.writing
	c.sealed = c.sealed || !wrote
	return wrote
}

// newTransport speaks HTTP/1.1 only, one request at a time on a connection, which is what makes the counting true.
func newTransport(allowPrivate bool, secure *tls.Config) *http.Transport {
	d := &net.Dialer{KeepAlive: 30 * time.Second}
	if !allowPrivate {
		d.Control = refusePrivate
	}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &conn{Conn: c}, nil
	}
	dialTLS := func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c, err := handshake(ctx, raw, addr, secure)
		if err != nil {
			_ = raw.Close()
			return nil, &tlsError{err}
		}
		return &conn{Conn: c, peer: peerOf(c.ConnectionState())}, nil
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: nil, DialContext: dial, DialTLSContext: dialTLS, Protocols: protocols,
		DisableCompression: true,
		MaxIdleConns:       0, MaxIdleConnsPerHost: 64,
		// shorter than the keep-alive of the usual servers (5 s and more): a connection that the other side closes
		// while we write leaves an unknown outcome, which is dear
		IdleConnTimeout:        4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func handshake(ctx context.Context, raw net.Conn, addr string, base *tls.Config) (*tls.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	cfg := base.Clone()
	cfg.ServerName = host
	c := tls.Client(raw, cfg)
	return c, c.HandshakeContext(ctx)
}

type tlsError struct{ err error }

func (e *tlsError) Error() string { return "tls: " + e.err.Error() }
func (e *tlsError) Unwrap() error { return e.err }

// refusePrivate is asked with the address itself, after the name was resolved: a public name can't point inside.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(ap.Addr()) {
		return errRefusedAddress
	}
	return nil
}

// closedNetworks are those that IsGlobalUnicast takes for public and that are not, or that hide an IPv4 address.
var closedNetworks = func() (out []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range closedNetworks {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
