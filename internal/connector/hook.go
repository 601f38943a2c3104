package connector

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// HookCall is a message of ours to somebody's webhook.
type HookCall struct {
	URL    string
	Header map[string]string
	Body   []byte // JSON
	// AllowPrivate lets it reach loopback and private networks, and speak plain HTTP.
	AllowPrivate bool
}

// HookAnswer is what came of it. Status 0: no answer; Err then says why, by a reason code of this package.
type HookAnswer struct {
	Status int
	After  time.Duration // Retry-After
	Err    string
}

// Hook tells webhooks, under the connector's caution: no private addresses unless they are allowed, no redirects, and an end.
// It is safe for concurrent use.
type Hook struct {
	// Timeout is for the whole of it. Zero is 15 s.
	Timeout time.Duration

	open, closed *http.Transport
}

const hookTimeout = 15 * time.Second

// NewHook makes one without connections.
func NewHook() *Hook {
	return &Hook{open: newTransport(true, secureConfig(nil)), closed: newTransport(false, secureConfig(nil))}
}

// Close ends idle connections.
func (h *Hook) Close() {
	h.open.CloseIdleConnections()
	h.closed.CloseIdleConnections()
}

// Post sends it once. What the receiver's server says is not read further than its status: nobody shows it.
func (h *Hook) Post(ctx context.Context, c HookCall) HookAnswer {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !c.AllowPrivate) {
		return HookAnswer{Err: ReasonURL}
	}
	timeout := h.Timeout
	if timeout == 0 {
		timeout = hookTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	u.Fragment = ""
	hr := &http.Request{Method: http.MethodPost, URL: u, Host: u.Host, Header: http.Header{"User-Agent": {userAgent}, "Content-Type": {"application/json"}},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(string(c.Body))), ContentLength: int64(len(c.Body))}
	for name, v := range c.Header {
		hr.Header.Set(name, v)
	}
	transport := h.closed
	if c.AllowPrivate {
		transport = h.open
	}
	resp, err := transport.RoundTrip(hr.WithContext(ctx)) // follows no redirect
	if err != nil {
		return HookAnswer{Err: hookReason(err)}
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10)) // so that the connection can be used again
	_ = resp.Body.Close()
	a := HookAnswer{Status: resp.StatusCode}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		a.After = time.Duration(min(s, 24*60*60)) * time.Second
	}
	return a
}

func hookReason(err error) string {
	var badTLS *tlsError
	switch {
	case errors.Is(err, errRefusedAddress):
		return ReasonAddress
	case errors.As(err, &badTLS):
		return ReasonTLS
	case isTimeout(err):
		return ReasonTimeout
	}
	return ReasonFailed
}
