package connector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"ponte/internal/desk"
)

// Download is a file that a caller wants to have fetched.
type Download struct {
	URL string
	// Allowed says whether files may be fetched from a host; the port stands with it where it is not the usual one.
	Allowed func(host string) bool
	// AllowPrivate lets it reach loopback and private networks, and speak plain HTTP.
	AllowPrivate bool
}

// Downloader fetches files from where callers say they are. It is safe for concurrent use.
//
// It promises the connector's caution: only allowed hosts, no private addresses unless they are allowed, no
// redirects, no credentials, and an end.
type Downloader struct {
	// Timeout is for the whole of it, the last byte included. Zero is 30 s.
	Timeout time.Duration

	open, closed *http.Transport // for private networks too, and not
}

// NewDownloader makes one without connections.
func NewDownloader() *Downloader {
	return &Downloader{open: newTransport(true, secureConfig(nil)), closed: newTransport(false, secureConfig(nil))}
}

const fetchTimeout = 30 * time.Second

// Fetch answers the file and what its sender says that it is; the caller closes it. A refusal that names the
// parameter "url" says that it can't be had; desk.ErrUnavailable, that it may be had later.
func (d *Downloader) Fetch(ctx context.Context, w Download) (content io.ReadCloser, contentType string, err error) {
	u, err := url.Parse(w.URL)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !w.AllowPrivate) {
		return nil, "", desk.BadField("url", "url_de_anexo_invalida")
	}
	if !w.Allowed(usualHost(u)) {
		return nil, "", desk.BadField("url", "host_nao_permitido")
	}
	timeout := d.Timeout
	if timeout == 0 {
		timeout = fetchTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	transport := d.closed
	if w.AllowPrivate {
		transport = d.open
	}
	u.Fragment = ""
	hr := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{"User-Agent": {userAgent}, "Accept": {"*/*"}},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	// RoundTrip follows no redirect.
	resp, err := transport.RoundTrip(hr.WithContext(ctx)) //nolint:bodyclose // whoever asked closes what is fetched
	if err != nil {
		cancel()
		if errors.Is(err, errRefusedAddress) {
			return nil, "", desk.BadField("url", "host_nao_permitido")
		}
		return nil, "", desk.Fail(desk.ErrUnavailable, "motivo", "anexo_inacessivel")
	}
	body := fetched{resp.Body, cancel}
	if resp.StatusCode == http.StatusOK {
		return body, resp.Header.Get("Content-Type"), nil
	}
	_ = body.Close() // it says nothing that we pass on
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout {
		return nil, "", desk.Fail(desk.ErrUnavailable, "motivo", "anexo_inacessivel")
	}
	return nil, "", desk.BadField("url", "url_sem_arquivo", "http", resp.StatusCode)
}

// Close ends idle connections.
func (d *Downloader) Close() {
	d.open.CloseIdleConnections()
	d.closed.CloseIdleConnections()
}

// usualHost leaves out the port that the scheme implies.
func usualHost(u *url.URL) string {
	if p := u.Port(); p == "" || u.Scheme == "https" && p == "443" || u.Scheme == "http" && p == "80" {
		return u.Hostname()
	}
	return u.Host
}

type fetched struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Read says that a file that breaks off may be had later.
func (f fetched) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", desk.Fail(desk.ErrUnavailable, "motivo", "anexo_inacessivel"), err)
	}
	return n, err
}

func (f fetched) Close() error {
	err := f.ReadCloser.Close()
	f.cancel()
	return err
}
