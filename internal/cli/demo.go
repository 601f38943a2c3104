package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"ponte/internal/app"
)

type demoCmd struct {
	Addr        string `help:"Where Ponte listens." default:"127.0.0.1:8080" env:"PONTE_ADDR"`
	SandboxAddr string `help:"Where the sandbox listens." default:"127.0.0.1:8081" env:"PONTE_SANDBOX_ADDR"`
	Data        string `help:"Where both keep their state. Default: a folder of your cache." env:"PONTE_DATA" type:"path" placeholder:"DIR"`
	Fresh       bool   `help:"Forget the state of before."`

	NoLookUp bool `hidden:"" help:"Send again without looking up: the negative control of the crash tests." env:"PONTE_TEST_NO_LOOKUP"`
}

func (c demoCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	dir, err := c.prepare()
	if err != nil {
		return err
	}
	secret, err := demoSecret(dir)
	if err != nil {
		return err
	}
	box, err := app.StartSandbox(ctx, c.SandboxAddr, filepath.Join(dir, "sandbox"), log)
	if err != nil {
		return err
	}
	defer func() { _ = box.Stop() }()
	thrifty()
	a, err := app.New(ctx, app.Config{DatabaseURL: "sqlite:" + filepath.Join(dir, "ponte.db"), SecretKeys: []string{secret},
		Addr: c.Addr, Demo: true, Log: log, NoLookUp: c.NoLookUp, Ready: box.Ready})
	if err != nil {
		return err
	}
	if err := a.SeedDemo(ctx, box.URL()); err != nil {
		return errors.Join(err, a.Abandon())
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.Abandon())
	}
	if err := box.CallBack("http://"+a.Addr(), app.DemoToken); err != nil {
		return errors.Join(err, a.Stop(ctx))
	}
	_, _ = fmt.Fprintf(s.out, "Ponte    http://%s   (atendente@demo, password %s)\nSandbox  %s   (Mobuss, the technician's side)\nState    %s\n",
		a.Addr(), app.DemoPassword, box.URL(), dir)
	return wait(ctx, log, a)
}

func (c demoCmd) prepare() (string, error) {
	for _, addr := range []string{c.Addr, c.SandboxAddr} {
		if err := loopbackOnly(addr); err != nil {
			return "", err
		}
	}
	dir := c.Data
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		dir = filepath.Join(cache, "ponte", "demo")
	}
	if c.Fresh {
		if err := app.ForgetDemo(dir); err != nil {
			return "", fmt.Errorf("forget the state of before: %w", err)
		}
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// loopbackOnly refuses any other address: the demo's passwords and keys are public.
func loopbackOnly(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return misuse{fmt.Errorf("%q is no address: give HOST:PORT, such as 127.0.0.1:8080", addr)}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return misuse{fmt.Errorf("%s is not loopback: the demo and the sandbox have public passwords and only listen on this machine (127.0.0.1 or localhost)", host)}
	}
	return nil
}

// demoSecret is made once and kept with the state, so that what was sealed opens after a restart.
func demoSecret(dir string) (string, error) {
	path := filepath.Join(dir, "secret.key")
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret := rand.Text()
	temp := path + ".new" // renamed when whole: a crash must not leave half a key behind sealed data
	if err := os.WriteFile(temp, []byte(secret+"\n"), 0o600); err != nil {
		return "", err
	}
	return secret, os.Rename(temp, path)
}

type sandboxCmd struct {
	SandboxAddr string `help:"Where the sandbox listens." default:"127.0.0.1:8081" env:"PONTE_SANDBOX_ADDR"`
	Data        string `help:"Where it keeps its state." env:"PONTE_DATA" type:"path" placeholder:"DIR" default:"ponte-sandbox"`
	Fresh       bool   `help:"Forget the state of before."`
}

func (c sandboxCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	if c.Fresh {
		if err := os.RemoveAll(filepath.Join(c.Data, "sandbox")); err != nil {
			return err
		}
	}
	if err := loopbackOnly(c.SandboxAddr); err != nil {
		return err
	}
	p, err := app.StartSandbox(ctx, c.SandboxAddr, filepath.Join(c.Data, "sandbox"), log)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.out, "Sandbox  %s\nState    %s\n", p.URL(), c.Data)
	select {
	case <-ctx.Done():
	case err = <-p.Failed():
	}
	return errors.Join(err, p.Stop())
}
