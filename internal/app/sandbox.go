package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"ponte/internal/sandbox"
)

// Sandbox is Mobuss's side, listening on loopback.
type Sandbox struct {
	server   *sandbox.Server
	http     *http.Server
	listener net.Listener
	failed   chan error
}

// StartSandbox opens what is in dir and listens. Its address must be loopback: see CONTRACT.md.
func StartSandbox(ctx context.Context, addr, dir string, log *slog.Logger) (*Sandbox, error) {
	server, err := sandbox.Open(sandbox.Options{Dir: dir, Token: DemoSandboxToken, Logger: log.With("part", "sandbox")})
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", addr, err), server.Close())
	}
	p := &Sandbox{server: server, listener: l, failed: make(chan error, 1),
		http: &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}}
	server.Start(context.WithoutCancel(ctx))
	go func() {
		err := p.http.Serve(l)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		p.failed <- err
	}()
	return p, nil
}

// URL is where it listens.
func (p *Sandbox) URL() string { return "http://" + p.listener.Addr().String() }

// Ready asks the sandbox as a caller would.
func (p *Sandbox) Ready(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL()+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("sandbox: %s", res.Status)
	}
	return nil
}

// sandboxStop bounds the sandbox's stop.
const sandboxStop = 5 * time.Second

// Stop ends it gracefully.
func (p *Sandbox) Stop() error {
	p.server.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), sandboxStop)
	defer cancel()
	err := p.http.Shutdown(ctx)
	if err != nil {
		err = p.http.Close()
	}
	return errors.Join(err, p.server.Close())
}

// Failed tells when the server ends by itself.
func (p *Sandbox) Failed() <-chan error { return p.failed }

// CallBack says where the technician's actions are reported to.
func (p *Sandbox) CallBack(url, token string) error {
	return p.server.SetReturn(sandbox.Return{URL: url, Token: token, Protocolo: "rest"})
}
