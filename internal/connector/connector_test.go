package connector

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

var key = Key{Connection: 1, Environment: desk.Homologation}

func post(body string) *mapping.Request {
	return &mapping.Request{Point: desk.AddComment, Method: "POST", Path: "/a/b%2Fc", Query: "x=1", Body: body,
		ContentType: "application/json", Header: map[string]string{"Accept": "application/json"}}
}

func near(url string) Endpoint {
	return Endpoint{BaseURL: url, AllowPrivate: true, Timeout: 5 * time.Second}
}

func client(t testing.TB) *Client {
	c := New()
	t.Cleanup(c.Close)
	return c
}

// raw serves connections one by one as talk says, and closes each when talk returns.
func raw(t testing.TB, talk func(net.Conn, *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { talk(c, bufio.NewReader(c)); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return "http://" + l.Addr().String()
}

// request reads one request with its body; false at the end of the connection.
func request(r *bufio.Reader) bool {
	req, err := http.ReadRequest(r)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err == nil
}

// hang waits until the client has given up.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// say writes what the client may not want to hear any more.
func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

func TestSend(t *testing.T) {
	for kind, c := range map[mapping.AuthKind]struct {
		auth Auth
		want map[string]string
	}{
		mapping.AuthBearer: {Auth{Token: "segredo-1"}, map[string]string{"Authorization": "Bearer segredo-1"}},
		mapping.AuthBasic:  {Auth{User: "ponte", Password: "segredo-2"}, map[string]string{"Authorization": "Basic cG9udGU6c2VncmVkby0y"}},
		mapping.AuthHeader: {Auth{Headers: map[string]string{"token": "segredo-3", "companyID": "segredo-4"}}, map[string]string{"Token": "segredo-3", "Companyid": "segredo-4"}},
		mapping.AuthNone:   {Auth{Token: "segredo-5"}, map[string]string{"Authorization": ""}},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			for name, v := range c.want {
				if r.Header.Get(name) != v {
					t.Errorf("%s: %s is %q", kind, name, r.Header.Get(name))
				}
			}
			if r.RequestURI != "/base/a/b%2Fc?x=1" || string(body) != `{"á":1}` || r.ContentLength != 8 || r.Header.Get("Accept-Encoding") != "" ||
				r.Header.Get("Content-Type") != "application/json" || r.Header.Get("User-Agent") != "Ponte" || r.TransferEncoding != nil {
				t.Errorf("%s: %s %v %q", kind, r.RequestURI, r.Header, body)
			}
			w.Header().Set("Set-Cookie", "a=b")
			w.Header().Add("X-Two", "1")
			w.Header().Add("X-Two", "2")
			w.WriteHeader(201)
			say(w, "eco "+r.Header.Get("Authorization")+r.Header.Get("token"))
		}))
		ep := near(srv.URL + "/base/")
		ep.Auth = c.auth
		ep.Auth.Kind = kind
		x := client(t).Send(t.Context(), key, ep, post(`{"á":1}`))
		srv.Close()
		if x.ErrCode != "" || x.NotSent || x.Status() != 201 || x.Answer.Header["x-two"] != "1, 2" || x.Answer.Truncated || x.Duration <= 0 || x.StartedAt.IsZero() {
			t.Errorf("%s: %+v", kind, x)
		}
		if record := x.Request + x.Response; strings.Contains(record, "segredo") || strings.Contains(record, "cG9udGU6") || strings.Contains(record, "a=b") {
			t.Errorf("%s: credentials in the record\n%s", kind, record)
		}
		if !strings.HasPrefix(x.Request, "POST /base/a/b%2Fc?x=1 HTTP/1.1\nHost: 127.0.0.1:") || !strings.HasSuffix(x.Request, "\nAccept: application/json\nContent-Type: application/json\n\n{\"á\":1}") {
			t.Errorf("%s: record\n%s", kind, x.Request)
		}
		if !strings.HasPrefix(x.Response, "HTTP/1.1 201 Created\n") || !strings.Contains(x.Response, "\n\neco ") {
			t.Errorf("%s: record\n%s", kind, x.Response)
		}
	}
}

func TestFailures(t *testing.T) {
	closed := raw(t, func(net.Conn, *bufio.Reader) {})
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	nobody := "http://" + l.Addr().String()
	_ = l.Close()
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	answering := func(text string) string {
		return raw(t, func(c net.Conn, r *bufio.Reader) {
			if request(r) {
				say(c, text)
			}
		})
	}
	silent := func(text string) string {
		return raw(t, func(c net.Conn, r *bufio.Reader) {
			if request(r) {
				say(c, text)
				hang(c)
			}
		})
	}
	short := 150 * time.Millisecond
	for name, c := range map[string]struct {
		url     string
		timeout time.Duration
		code    string
		notSent bool
		status  int // 0: no answer
	}{
		"nobody listens":         {nobody, 0, ReasonRefused, true, 0},
		"cut before an answer":   {answering(""), 0, ReasonCut, false, 0},
		"cut in the status line": {answering("HTTP/1.1 20"), 0, ReasonUnreadable, false, 0},
		"cut in the headers":     {answering("HTTP/1.1 200 OK\r\nContent-"), 0, ReasonUnreadable, false, 0},
		"cut in the body":        {answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), 0, ReasonCut, false, 200},
		"cut in a chunk":         {answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"), 0, ReasonCut, false, 200},
		"never answers":          {silent(""), short, ReasonTimeout, false, 0},
		"headers without end":    {silent("HTTP/1.1 200 OK\r\nX-A: "), short, ReasonTimeout, false, 0},
		"a body without end":     {silent("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), short, ReasonTimeout, false, 200},
		"garbage":                {answering("220 ESMTP pronto\r\n"), 0, ReasonUnreadable, false, 0},
		"too many headers":       {answering("HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 1<<20)), 0, ReasonUnreadable, false, 0},
		"never shakes hands":     {strings.Replace(raw(t, func(c net.Conn, _ *bufio.Reader) { hang(c) }), "http", "https", 1), short, ReasonTimeout, true, 0},
		"no TLS at all":          {strings.Replace(closed, "http", "https", 1), 0, ReasonTLS, true, 0},
		"a stranger":             {stranger.URL, 0, ReasonTLS, true, 0},
		"no URL":                 {"ftp://x", 0, ReasonURL, true, 0},
		"a URL with a password":  {"https://a:b@x", 0, ReasonURL, true, 0},
	} {
		ep := near(c.url)
		if c.timeout > 0 {
			ep.Timeout = c.timeout
		}
		x := client(t).Send(t.Context(), key, ep, post("{}"))
		if x.ErrCode != c.code || x.NotSent != c.notSent || x.Status() != c.status {
			t.Errorf("%s: %s (%s), not sent %v, status %d", name, x.ErrCode, x.Detail, x.NotSent, x.Status())
		}
		if x.Answer != nil && !x.Answer.Truncated {
			t.Errorf("%s: the answer passes for whole", name)
		}
	}
}

func TestNamesOfErrors(t *testing.T) {
	x := &exchange{parent: t.Context(), Exchange: Exchange{NotSent: true}}
	for code, err := range map[string]error{
		ReasonName:    &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}},
		ReasonTimeout: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "slow", IsTimeout: true}},
		ReasonAddress: &net.OpError{Op: "dial", Err: errRefusedAddress},
		ReasonFailed:  &net.OpError{Op: "dial", Err: errors.New("no route to host")},
	} {
		if got := x.reason(err); got != code {
			t.Errorf("%v: %s, want %s", err, got, code)
		}
	}
}

func TestStopping(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := raw(t, func(c net.Conn, r *bufio.Reader) {
		if request(r) {
			cancel()
			hang(c)
		}
	})
	c := client(t)
	if x := c.Send(ctx, key, near(url), post("{}")); x.ErrCode != ReasonInterrupted || x.NotSent {
		t.Errorf("on its way: %s, not sent %v", x.ErrCode, x.NotSent)
	}
	if x := c.Send(ctx, key, near(url), post("{}")); x.ErrCode != ReasonInterrupted || !x.NotSent {
		t.Errorf("before: %s, not sent %v", x.ErrCode, x.NotSent)
	}
	c.Close()
	if x := c.Send(t.Context(), key, near(url), post("{}")); x.ErrCode != ReasonInterrupted || !x.NotSent {
		t.Errorf("closed: %s, not sent %v", x.ErrCode, x.NotSent)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var hits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := httptest.NewServer(http.RedirectHandler(other.URL, status))
		x := client(t).Send(t.Context(), key, near(srv.URL), post("{}"))
		srv.Close()
		if x.Status() != status || x.ErrCode != "" || x.Answer.Header["location"] != other.URL || hits.Load() != 0 {
			t.Errorf("%d: %+v, %d hits", status, x, hits.Load())
		}
	}
}

func TestBodyCap(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 64 << 10 {
			if _, err := io.WriteString(w, strings.Repeat("é", 8<<10)); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	ep := near(srv.URL)
	ep.BodyCap = 100_001
	x := client(t).Send(t.Context(), key, ep, post(strings.Repeat("é", 1<<16)))
	if x.ErrCode != "" || !x.Answer.Truncated || len(x.Answer.Body) != 100_001 {
		t.Errorf("%s, %d bytes", x.ErrCode, len(x.Answer.Body))
	}
	for _, text := range []string{x.Request, x.Response} {
		if len(text) > keptBody+500 || !strings.HasSuffix(text, "[...]") || strings.Contains(text, "\ufffd") {
			t.Errorf("kept %d bytes, %q", len(text), text[len(text)-20:])
		}
	}
}

func TestBadCredential(t *testing.T) {
	ep := near("http://127.0.0.1:1")
	for _, ep.Auth = range []Auth{{Kind: mapping.AuthBearer, Token: "a\nb"}, {Kind: mapping.AuthBasic, User: "a:b"},
		{Kind: mapping.AuthHeader, Headers: map[string]string{"token": "a\r\nHost: x"}}} {
		if x := client(t).Send(t.Context(), key, ep, post("{}")); x.ErrCode != ReasonCredential || !x.NotSent {
			t.Errorf("%+v: %+v", ep.Auth, x)
		}
	}
}

func TestVerdicts(t *testing.T) {
	cfg, err := mapping.Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	k, err := mapping.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ok := &mapping.Answer{Status: 200, Body: []byte(`{"comentarios":[]}`)}
	cut := &mapping.Answer{Status: 200, Truncated: true}
	for i, c := range []struct {
		x      Exchange
		want   mapping.Outcome
		look   mapping.LookOutcome
		reason string
	}{
		{Exchange{NotSent: true, ErrCode: ReasonRefused}, mapping.Retry, mapping.LookNext, ReasonRefused},
		{Exchange{ErrCode: ReasonTimeout}, mapping.Unknown, mapping.LookNext, ReasonTimeout},
		{Exchange{ErrCode: ReasonCut, Answer: cut}, mapping.Unknown, mapping.LookNext, ReasonCut},
		{Exchange{Answer: ok}, mapping.Delivered, mapping.NotFound, ""},
		{Exchange{Answer: &mapping.Answer{Status: 503}}, mapping.Retry, mapping.LookNext, mapping.ReasonHTTP},
	} {
		v, l := c.x.Verdict(k, desk.AddComment), c.x.LookVerdict(k, desk.AddComment, mapping.Keys{DeliveryID: "d"})
		if v.Outcome != c.want || v.ReasonCode != c.reason || l.Outcome != c.look {
			t.Errorf("%d: %+v %+v", i, v, l)
		}
	}
}

func ExampleCheckBaseURL() {
	for _, s := range []string{"https://www.mobuss.com.br", "http://10.0.0.1:8080/mobuss/", "www.mobuss.com.br", "https://x/?a=1"} {
		fmt.Println(CheckBaseURL(s) == nil)
	}
	// Output:
	// true
	// true
	// false
	// false
}
