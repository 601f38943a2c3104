package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
	"ponte/internal/probe"
	"ponte/internal/seal"
	"ponte/internal/store"
	"ponte/internal/webservice"
)

// OpenFlow gives a command the use cases, without listening or delivering. A running serve may have the database
// open too; what a command writes, serve sees at its next transaction, and on PostgreSQL it is told.
func OpenFlow(ctx context.Context, databaseURL string, secrets []string, log *slog.Logger) (*flow.Flow, func() error, error) {
	keys, err := seal.New(secrets...)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.OpenBeside(ctx, databaseURL)
	if err != nil {
		return nil, nil, err
	}
	news := s.News(flow.NewID(), log)
	stop := func() error {
		news.Close(context.WithoutCancel(ctx))
		return s.Close()
	}
	f := flow.New(announced(news, flow.Deps{Store: s, Keys: keys, Log: log, Operations: webservice.Known()}))
	f.Probe = probe.New(f).Candidate
	if err := ready(ctx, s, f, log); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return f, stop, nil
}

// Served says whether a server has an embedded database open: see store.Served.
func Served(databaseURL string) bool { return store.Served(databaseURL) }

// ready makes a database that nobody has served yet usable for a command.
func ready(ctx context.Context, s *store.Store, f *flow.Flow, log *slog.Logger) error {
	if err := migrate(ctx, s, log); err != nil {
		return err
	}
	if err := defaultInstallation(ctx, f); err != nil {
		return err
	}
	return finishRestore(ctx, f, log)
}

// defaultInstallation is method "nenhum": nothing is sent or taken until a consultant chooses.
func defaultInstallation(ctx context.Context, f *flow.Flow) error {
	c, err := mapping.Default(desk.NoMethod, "mobuss-atual")
	if err != nil {
		return err
	}
	return f.SetUp(ctx, desk.Ponte(), c)
}

// Migrate brings a database to this release's schema, alone: no server may have an embedded one open.
func Migrate(ctx context.Context, databaseURL string) (applied int, backup string, err error) {
	s, err := store.Open(ctx, databaseURL)
	if err != nil {
		return 0, "", err
	}
	applied, backup, err = s.Migrate(ctx)
	return applied, backup, errors.Join(err, s.Close())
}

// ForgetDemo removes what a demo keeps in dir, and nothing else that lies there. It refuses while a demo runs on it.
func ForgetDemo(dir string) error {
	return store.Forget(filepath.Join(dir, "ponte.db"), filepath.Join(dir, "sandbox"), filepath.Join(dir, "anexos"), filepath.Join(dir, "secret.key"))
}

// Probe asks an environment one question that changes nothing, for a command.
func Probe(ctx context.Context, f *flow.Flow, a desk.Actor, env desk.Environment) (probe.Result, error) {
	return probe.New(f).Probe(ctx, a, env)
}
