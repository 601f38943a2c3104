package connector

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"syscall"
	"time"

	"ponte/internal/mapping"
	"ponte/internal/tracing"
)

// Reason codes of an exchange that brought no whole answer: message ids, stable.
const (
	ReasonTimeout     = "tempo_esgotado"
	ReasonCut         = "conexao_cortada"
	ReasonRefused     = "conexao_recusada"
	ReasonFailed      = "conexao_falhou"      // could not be opened, for another cause
	ReasonName        = "nome_nao_encontrado" // DNS
	ReasonTLS         = "tls_invalido"
	ReasonAddress     = "endereco_nao_permitido" // private, and the connection doesn't allow it
	ReasonURL         = "url_invalida"
	ReasonCredential  = "credencial_invalida"
	ReasonCertificate = "certificado_recusado"   // ours, by the other side's TLS
	ReasonOwnTLS      = "certificado_invalido"   // ours can't be used
	ReasonToken       = "token_nao_obtido"       // the token server could not be asked, or failed
	ReasonTokenNo     = "token_recusado"         // it does not know client_id and client_secret, or denies what is asked
	ReasonTokenWhat   = "token_ilegivel"         // it answered something else than a token
	ReasonUnreadable  = mapping.ReasonUnreadable // not HTTP
	ReasonInterrupted = "interrompido"           // our own process is stopping
	ReasonFileGone    = "anexo_perdido"          // its bytes are not in our store
	ReasonFileBroken  = "anexo_indisponivel"     // our store could not be read
)

// Client sends calls. It is safe for concurrent use.
type Client struct {
	// Files finds the bytes of attachments. Set it before the first Send of a call that carries one.
	Files Files
	// SendTrace lets the field's tool know, by the header traceparent, of which trace a call is a part.
	SendTrace bool

	mu     sync.RWMutex
	lines  map[Key]*line
	closed bool
	roots  *x509.CertPool // nil is the system's; tests trust their own servers
	now    func() time.Time
}

// line is one key's transport, with what it was made for, and the token that it goes with.
type line struct {
	settings
	transport *http.Transport
	tokens    tokens
}

// settings are what a transport can't change: with others it is another one.
type settings struct {
	allowPrivate bool
	tls          TLS
}

// New makes a client without connections.
func New() *Client { return &Client{lines: map[Key]*line{}, now: time.Now} }

// Close ends idle connections and refuses further calls; calls on their way come to their end.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, l := range c.lines {
		l.transport.CloseIdleConnections()
	}
}

var errClosed = errors.New("connector: client closed")

// line is the key's transport. An endpoint that changed gets a new one: a connection that was allowed yesterday
// must not be reused today.
func (c *Client) line(key Key, ep *Endpoint) (*line, error) {
	want := settings{ep.AllowPrivate, ep.TLS}
	same := func(l *line) bool { return l != nil && l.settings == want }
	c.mu.RLock()
	l, closed := c.lines[key], c.closed
	c.mu.RUnlock()
	if closed {
		return nil, errClosed
	}
	if same(l) {
		return l, nil
	}
	secure, err := ep.TLS.config(c.roots)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	if l := c.lines[key]; same(l) {
		return l, nil
	} else if l != nil {
		l.transport.CloseIdleConnections()
	}
	l = &line{settings: want, transport: newTransport(ep.AllowPrivate, secure)}
	l.tokens.http, l.tokens.now = tokenClient(l.transport), c.now
	c.lines[key] = l
	return l, nil
}

// Send makes one exchange: see the package's promise. It never fails otherwise than in what it answers.
func (c *Client) Send(ctx context.Context, key Key, ep Endpoint, req *mapping.Request) Exchange {
	if ep.Timeout <= 0 {
		ep.Timeout = defaultTimeout
	}
	if ep.BodyCap <= 0 {
		ep.BodyCap = defaultBodyCap
	}
	ctx, span := tracing.Call(ctx, "HTTP "+req.Method)
	x := &exchange{parent: ctx, ep: &ep, Exchange: Exchange{StartedAt: time.Now()}}
	if c.SendTrace {
		x.trace = tracing.Traceparent(ctx)
	}
	x.run(c, key, req)
	x.Duration = time.Since(x.StartedAt)
	x.told(span)
	return x.Exchange
}

// told tells the trace what came of it. Paths, headers and bodies are no part of that: they name people and hold keys.
func (x *exchange) told(span tracing.Span) {
	span.Number("http.response.status_code", int64(x.Status()))
	if x.ErrCode != "" {
		span.Fail(x.ErrCode)
	}
	span.End(nil)
}

// exchange is one Send on its way.
type exchange struct {
	Exchange
	parent context.Context
	ep     *Endpoint
	token  string // of mapping.AuthOAuth
	trace  string // for the header traceparent; empty: none is sent

	mu     sync.Mutex
	conn   *conn // the connection in use; the transport may try a second one if it wrote nothing on the first
	before int64 // written on it by earlier requests
}

func (x *exchange) run(c *Client, key Key, req *mapping.Request) {
	// the outer deadline covers the body too; the transport knows of nothing shorter
	ctx, cancel := context.WithTimeout(x.parent, x.ep.Timeout)
	defer cancel()
	l, err := c.line(key, x.ep)
	if err != nil {
		x.fail(err)
		return
	}
	if x.ep.Auth.Kind != mapping.AuthOAuth {
		x.once(ctx, c, l, req)
		return
	}
	// A token that is refused may have been taken back before its time. A 401 says that nothing was done, so the request
	// goes once more, with a new one. One that was only just given is not to blame.
	for refused := ""; ; {
		token, fresh, err := l.tokens.get(ctx, x.ep.Auth.OAuth, refused)
		if err != nil {
			x.conn, x.Answer, x.Response = nil, nil, ""
			x.fail(err)
			return
		}
		x.token = token
		x.once(ctx, c, l, req)
		if x.Status() != http.StatusUnauthorized || fresh {
			return
		}
		refused = token
	}
}

// once puts the request on the wire.
func (x *exchange) once(ctx context.Context, c *Client, l *line, req *mapping.Request) {
	x.Exchange = Exchange{StartedAt: x.StartedAt}
	x.conn, x.before = nil, 0
	hr, err := x.build(req)
	if err == nil && req.File != nil {
		err = x.attach(ctx, c.Files, hr, req)
	}
	if err != nil {
		x.fail(err)
		return
	}
	trace := &httptrace.ClientTrace{GotConn: x.gotConn}
	if x.ep.HangUp {
		ctx = x.hangUp(ctx, trace)
	}
	resp, err := l.transport.RoundTrip(hr.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err == nil && x.ep.HangUp { // it answered before we had left
		_ = resp.Body.Close()
		err = errHungUp
	}
	if err != nil {
		if errors.Is(context.Cause(ctx), errHungUp) {
			err = errHungUp
		}
		x.fail(err)
		return
	}
	defer func() { _ = resp.Body.Close() }() // what was read counts
	x.read(resp)
}

// errHungUp is a timeout of our own making.
var errHungUp = errors.New("connector: hung up on purpose once the request was written")

// hangUp is a context that ends when the last byte of the request has left. net/http says that it wrote the request
// just before it flushes it.
func (x *exchange) hangUp(ctx context.Context, trace *httptrace.ClientTrace) context.Context {
	ctx, leave := context.WithCancelCause(ctx)
	trace.WroteRequest = func(info httptrace.WroteRequestInfo) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if info.Err == nil && x.conn != nil {
			x.conn.afterNext(func() { leave(errHungUp) })
		}
	}
	return ctx
}

func (x *exchange) build(req *mapping.Request) (*http.Request, error) {
	u, err := x.ep.target(req)
	if err != nil {
		return nil, err
	}
	x.Request = requestText(u, req)
	hr := &http.Request{Method: req.Method, URL: u, Host: u.Host, Header: make(http.Header, len(req.Header)+3),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	for name, v := range req.Header {
		hr.Header.Set(name, v)
	}
	if req.ContentType != "" {
		hr.Header.Set("Content-Type", req.ContentType)
	}
	hr.Header.Set("User-Agent", userAgent)
	if x.trace != "" {
		hr.Header.Set("Traceparent", x.trace)
	}
	onceOnly(hr, req)
	return hr, x.ep.Auth.apply(hr, x.token)
}

const userAgent = "Ponte"

// onceOnly gives the request its body in a form that net/http can't send a second time. It repeats by itself what
// it takes for idempotent: a GET without a body, anything with an Idempotency-Key, and what has a GetBody. Whether
// to repeat is the lane's decision.
func onceOnly(hr *http.Request, req *mapping.Request) {
	switch {
	case req.File != nil: // attach gives it its body
	case req.Body != "":
		hr.Body, hr.ContentLength = io.NopCloser(strings.NewReader(req.Body)), int64(len(req.Body))
	case hr.Method == http.MethodGet:
		hr.Body = io.NopCloser(strings.NewReader("")) // not nil, not NoBody; sent as no body at all
	default:
		hr.Body = http.NoBody
	}
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if v, ok := hr.Header[name]; ok { // the wire doesn't care about case, net/http's look-up does
			delete(hr.Header, name)
			hr.Header[strings.ToLower(name)] = v
		}
	}
}

func (x *exchange) gotConn(info httptrace.GotConnInfo) {
	c, _ := info.Conn.(*conn)
	x.mu.Lock()
	defer x.mu.Unlock()
	if c != nil {
		x.conn, x.before, x.Peer = c, c.count(), c.peer
	}
}

// sent says whether a byte of this request may have left; it is asked when the exchange has failed.
func (x *exchange) sent() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.conn != nil && x.conn.giveUp(x.before)
}

func (x *exchange) fail(err error) {
	x.NotSent = !x.sent()
	x.ErrCode = x.reason(err)
	if x.ErrCode == ReasonCertificate { // the handshake did not end over there: what we wrote was not read
		x.NotSent = true
	}
	x.Detail = hide(err.Error(), x.secrets())
}

// reason names an error. Ours come first: a deadline shows in many forms.
func (x *exchange) reason(err error) string {
	var dns *net.DNSError
	var badTLS *tlsError
	var noToken *tokenError
	switch {
	case errors.Is(err, errClosed), x.parent.Err() != nil && !errors.Is(x.parent.Err(), context.DeadlineExceeded):
		return ReasonInterrupted
	case errors.Is(err, errRefusedAddress):
		return ReasonAddress
	case errors.As(err, &noToken):
		return noToken.code
	case errors.Is(err, errBaseURL):
		return ReasonURL
	case errors.Is(err, errCredential):
		return ReasonCredential
	case errors.Is(err, ErrFileGone):
		return ReasonFileGone
	case errors.Is(err, errFile):
		return ReasonFileBroken
	case errors.Is(err, errOwnTLS):
		return ReasonOwnTLS
	case errors.Is(err, errHungUp):
		return ReasonTimeout
	case x.refusesCertificate(err):
		return ReasonCertificate
	case isTimeout(err):
		return ReasonTimeout
	case errors.As(err, &dns):
		return ReasonName
	case errors.As(err, &badTLS):
		return ReasonTLS
	case x.NotSent:
		if errors.Is(err, syscall.ECONNREFUSED) {
			return ReasonRefused
		}
		return ReasonFailed
	case isGarbage(err):
		return ReasonUnreadable
	}
	return ReasonCut
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// isGarbage: the other side spoke, but not HTTP, or far too much of it. net/http has no types for these.
func isGarbage(err error) bool {
	return strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "exceeded") ||
		strings.Contains(err.Error(), "too many 1xx") || strings.Contains(err.Error(), "unsupported transfer encoding")
}

func (x *exchange) read(resp *http.Response) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, x.ep.BodyCap+1))
	a := &mapping.Answer{Status: resp.StatusCode, Header: make(map[string]string, len(resp.Header)), Body: body}
	for name, v := range resp.Header {
		a.Header[strings.ToLower(name)] = strings.Join(v, ", ")
	}
	if int64(len(body)) > x.ep.BodyCap {
		a.Body, a.Truncated = body[:x.ep.BodyCap], true
	}
	if err != nil {
		a.Truncated = true
		x.ErrCode = x.reason(err)
		x.Detail = hide(err.Error(), x.secrets())
	}
	x.Answer = a
	x.hidden = x.secrets()
	x.Response = responseText(resp, a, x.hidden)
}
