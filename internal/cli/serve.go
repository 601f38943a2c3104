package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// database is what every command that touches one needs.
type database struct {
	DatabaseURL   string `help:"sqlite:PATH or postgres://..." env:"PONTE_DATABASE_URL" placeholder:"URL" default:"sqlite:ponte.db"`
	SecretKey     string `help:"Seals credentials and calls; at least 16 characters; the current key, then previous ones, separated by commas." env:"PONTE_SECRET_KEY" placeholder:"KEY"`
	SecretKeyFile string `help:"File that holds the secret key." env:"PONTE_SECRET_KEY_FILE" placeholder:"FILE" type:"path"`
}

func (d database) keys() ([]string, error) {
	text := d.SecretKey
	if d.SecretKeyFile != "" {
		if text != "" {
			return nil, misuse{errors.New("give secret-key or secret-key-file, not both")}
		}
		b, err := os.ReadFile(d.SecretKeyFile)
		if err != nil {
			return nil, fmt.Errorf("secret-key-file: %w", err)
		}
		text = string(b)
	}
	if strings.TrimSpace(text) == "" {
		return nil, misuse{errors.New("secret-key is not set; make one with `openssl rand -base64 32` and keep it: without it nothing that was sealed can be read")}
	}
	return strings.Split(strings.TrimSpace(text), ","), nil
}

// open gives a command the use cases of a database that serve may have open at the same time.
func (d database) open(ctx context.Context, log *slog.Logger) (*flow.Flow, func() error, error) {
	secrets, err := d.keys()
	if err != nil {
		return nil, nil, err
	}
	return app.OpenFlow(ctx, d.DatabaseURL, secrets, log)
}

type serveCmd struct {
	database
	Addr           string   `help:"Where to listen." default:"127.0.0.1:8080" env:"PONTE_ADDR"`
	PublicURL      string   `help:"What callers and browsers see, such as https://ponte.example.com.br." env:"PONTE_PUBLIC_URL" placeholder:"URL"`
	BlobURL        string   `help:"Where attachments lie: file:///folder. Several machines need one place that they share. Default: a folder anexos beside the SQLite file; with PostgreSQL, in the current folder." env:"PONTE_BLOB_URL" placeholder:"URL"`
	TrustedProxies []string `help:"Addresses or networks of the reverse proxies in front, such as 10.0.0.5,10.1.0.0/16: the X-Forwarded-For that they write says who calls. Empty: nobody's word is taken." env:"PONTE_TRUSTED_PROXIES" placeholder:"ADDRESS,..."`
	Workers        int      `help:"Calls to the field's tool at the same time." default:"48" env:"PONTE_WORKERS"`

	Keep keepFlags `embed:"" prefix:"keep-"`

	ReplicaURL  string `help:"Follow the embedded database and its attachments into file:///folder, all the time; best on another machine's disk. Empty: don't." env:"PONTE_REPLICA_URL" placeholder:"URL"`
	ReplicaKeep int    `help:"Days for which each moment can be taken back from the replica." default:"7" env:"PONTE_REPLICA_KEEP"`

	MailURL  string `help:"The mail server: smtp://USER:PASSWORD@HOST:587?from=ponte@example.com.br&starttls=required|opportunistic, or smtps://... Needs public-url. Empty: no mail is sent, and administrators hand over links for new passwords." env:"PONTE_MAIL_URL" placeholder:"URL"`
	MailFrom string `help:"Who writes, such as Ponte <ponte@example.com.br>; goes before from= in mail-url." env:"PONTE_MAIL_FROM" placeholder:"ADDRESS"`

	OIDC oidcFlags `embed:"" prefix:"oidc-"`

	CallsPerMinute int `help:"Webservice calls per minute of a token that has no limit of its own, in each process; 0: no limit." default:"0" env:"PONTE_CALLS_PER_MINUTE"`

	TraceFieldTool bool `help:"Send the header traceparent to the field's tool, where OTEL_EXPORTER_OTLP_ENDPOINT turns tracing on." env:"PONTE_TRACE_FIELD_TOOL"`

	NoLookUp bool          `hidden:"" help:"Send again without looking up: the negative control of the crash tests." env:"PONTE_TEST_NO_LOOKUP"`
	Lease    time.Duration `hidden:"" help:"How long a claimed delivery is held: short in the crash tests." env:"PONTE_TEST_LEASE"`
	Poll     time.Duration `hidden:"" help:"How often due deliveries are looked for without being woken: short in the crash tests." env:"PONTE_TEST_POLL"`
	Pause    time.Duration `hidden:"" help:"How long a field's tool that does not answer is left alone: short in the crash tests." env:"PONTE_TEST_PAUSE"`
}

func (c serveCmd) Run(ctx context.Context, log *slog.Logger) error {
	secrets, err := c.keys()
	if err != nil {
		return err
	}
	proxies, err := app.ParseProxies(c.TrustedProxies)
	if err != nil {
		return misuse{fmt.Errorf("trusted-proxies: %w", err)}
	}
	if err := checkPublicURL(c.PublicURL); err != nil {
		return err
	}
	if err := checkMail(c.MailURL, c.MailFrom, c.PublicURL); err != nil {
		return err
	}
	provider, err := c.OIDC.provider(c.PublicURL)
	if err != nil {
		return err
	}
	thrifty()
	a, err := app.New(ctx, app.Config{SSO: provider, DatabaseURL: c.DatabaseURL, BlobURL: c.BlobURL, SecretKeys: secrets, Addr: c.Addr,
		PublicURL: strings.TrimRight(c.PublicURL, "/"), Log: log, Workers: c.Workers, CallsPerMinute: c.CallsPerMinute, Proxies: proxies, Keep: flow.Keep(c.Keep),
		MailURL: c.MailURL, MailFrom: c.MailFrom, TraceFieldTool: c.TraceFieldTool, ReplicaURL: c.ReplicaURL, ReplicaKeep: c.ReplicaKeep,
		NoLookUp: c.NoLookUp, Lease: c.Lease, Poll: c.Poll, Pause: c.Pause})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.Abandon())
	}
	return wait(ctx, log, a)
}

func checkPublicURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return misuse{fmt.Errorf("public-url must be an address such as https://ponte.example.com.br")}
	}
	return nil
}

// stopTimeout bounds a graceful stop.
const stopTimeout = 25 * time.Second

// wait runs until a signal or a failure, then stops gracefully.
func wait(ctx context.Context, log *slog.Logger, a *app.App) error {
	var failed error
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case failed = <-a.Failed():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(failed, a.Stop(bounded))
}

type migrateCmd struct {
	DatabaseURL string `help:"sqlite:PATH or postgres://..." env:"PONTE_DATABASE_URL" placeholder:"URL" default:"sqlite:ponte.db"`
}

func (c migrateCmd) Run(ctx context.Context, s streams) error {
	applied, backup, err := app.Migrate(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	if backup != "" {
		_, _ = fmt.Fprintln(s.out, "copy of the database before:", backup)
	}
	_, err = fmt.Fprintln(s.out, "migrations applied:", applied)
	return err
}

// operator is who acts at a command line: whoever may read the secret key and the database may do anything.
func operator() desk.Actor {
	name := os.Getenv("SUDO_USER")
	if name == "" {
		name = os.Getenv("USER")
	}
	if name == "" {
		name = "linha de comando"
	}
	return desk.Actor{Kind: "comando", Name: name, Origin: desk.House, Roles: []desk.Role{desk.Admin}}
}
