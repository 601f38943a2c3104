package app

import (
	"context"
	"errors"
	"log/slog"

	"ponte/internal/conformance"
	"ponte/internal/connector"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/seal"
	"ponte/internal/store"
	"ponte/internal/web"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
	"ponte/internal/webservice/soap"
)

// newConformance lets runs call homologation by the very client of the deliveries, and our doors from within.
func newConformance(f *flow.Flow, client *connector.Client, doors *door.Door, about rest.About, log *slog.Logger) *conformance.Runner {
	inREST, inSOAP := rest.NewTrials(doors.Options, about), soap.NewTrials(doors.Options, func() string { return "" })
	return conformance.New(conformance.Options{Flow: f, Client: client, Log: log, Doors: map[string]conformance.Door{
		conformance.DoorREST: knock(inREST.Try), conformance.DoorSOAP: knock(inSOAP.Try)}})
}

func knock(try func(context.Context, door.Trial) (door.TrialAnswer, error)) conformance.Door {
	return func(ctx context.Context, c conformance.DoorCall) (conformance.DoorAnswer, error) {
		a, err := try(ctx, door.Trial{By: c.By, Token: c.Token, As: c.As, Method: c.Method, URL: c.Path, ContentType: c.ContentType, Body: c.Body})
		return conformance.DoorAnswer(a), err
	}
}

// Conformance is what a command needs to make a run, beside a server or without one.
type Conformance struct {
	Flow   *flow.Flow
	Runner *conformance.Runner
	close  func() error
}

// OpenConformance gives a command the runs. Our doors are tried within the command's own process.
func OpenConformance(ctx context.Context, cfg Config) (_ *Conformance, err error) {
	keys, err := seal.New(cfg.SecretKeys...)
	if err != nil {
		return nil, err
	}
	s, err := store.OpenBeside(ctx, cfg.DatabaseURL)
	if err != nil {
		return nil, err
	}
	blobs, err := openBlobs(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	news := s.News(flow.NewID(), cfg.Log)
	f := flow.New(announced(news, flow.Deps{Store: s, Keys: keys, Blobs: blobs, Log: cfg.Log, Operations: webservice.Known()}))
	client := connector.New()
	client.Files = files(f)
	out := &Conformance{Flow: f, close: func() error {
		client.Close()
		news.Close(context.WithoutCancel(ctx))
		return errors.Join(blobs.Close(), s.Close())
	}}
	words, err := i18n.Load()
	if err == nil {
		err = ready(ctx, s, f, cfg.Log)
	}
	if err != nil {
		return nil, errors.Join(err, out.close())
	}
	doors := doorsOf(f, words, cfg.Log)
	out.Runner = newConformance(f, client, door.New(doors), rest.About{Version: Version, License: "Apache-2.0"}, cfg.Log)
	return out, nil
}

// doorsOf are the doors without a network, as far as a run needs them.
func doorsOf(f *flow.Flow, words *i18n.Catalogues, log *slog.Logger) door.Options {
	registry := webservice.NewRegistry(webservice.Operations(f, words.In(i18n.Portuguese).Reason)...)
	registry.Log = log
	registry.Keep = webservice.KeepWith(f, func(err error) { log.Error("keep a refused call", "error", err) })
	registry.Replayed = webservice.ReplayedWith(f, func(err error) { log.Error("look for a replay", "error", err) })
	return door.Options{Registry: registry, Logger: log, Profile: webservice.ProfileWith(f, func(err error) { log.Error("read a response profile", "error", err) })}
}

// Close ends a run that goes on, and lets go of the database.
func (c *Conformance) Close() error {
	c.Runner.Close()
	return c.close()
}

// ConformancePDF is a run's report on paper.
func ConformancePDF(l *i18n.Localizer, run *flow.ConformancePage) ([]byte, error) {
	return web.ConformanceReport(l, run).PDF()
}
