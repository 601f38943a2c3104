package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

const callers = 64

// bench is a Ponte in this process, with the demo's registry, over a sink of ours.
type bench struct {
	app        *app.App
	cfg        app.Config
	durability string
	sink       *sink
	client     *http.Client
	raw        float64 // durable commits a second of an opening's rows
	run        string  // makes ids of this run unique
}

func admin() desk.Actor {
	return desk.Actor{Kind: "comando", Name: "bench", Origin: desk.House, Roles: []desk.Role{desk.Admin}}
}

func newBench(ctx context.Context, url string) (*bench, error) { return newBenchOf(ctx, url, 0) }

// newBenchOf has so many workers; 0: as many as serve has.
func newBenchOf(ctx context.Context, url string, workers int) (*bench, error) {
	if strings.HasPrefix(url, "postgres") {
		if err := freshPostgres(ctx, &url); err != nil {
			return nil, err
		}
	}
	s, err := newSink(ctx)
	if err != nil {
		return nil, err
	}
	cfg := app.Config{DatabaseURL: url, SecretKeys: []string{"a secret of the benchmark"}, Addr: "127.0.0.1:0", Log: quiet(), Workers: workers}
	a, err := app.New(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := a.SeedDemo(ctx, ""); err != nil { // no address yet: what is fired waits
		return nil, errors.Join(err, a.Abandon())
	}
	if err := a.Start(ctx); err != nil {
		return nil, errors.Join(err, a.Abandon())
	}
	b := &bench{app: a, cfg: cfg, sink: s, run: flow.NewID(),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}}
	b.durability, err = a.Durability(ctx)
	return b, err
}

// freshPostgres makes a database of its own, so that a run starts empty.
func freshPostgres(ctx context.Context, url *string) error {
	db, err := sql.Open("pgx", *url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	name := fmt.Sprintf("ponte_bench_%d", time.Now().UnixNano())
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	head, query, _ := strings.Cut(*url, "?")
	*url = head[:strings.LastIndexByte(head, '/')+1] + name + "?" + query
	return nil
}

func (b *bench) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = b.app.Stop(ctx)
	b.sink.close()
}

func (b *bench) counts(ctx context.Context) (string, error) {
	counts, err := b.app.Flow.CountDeliveries(ctx)
	if err != nil {
		return "", err
	}
	occurrences, err := b.app.Flow.Recent(ctx, admin(), 1)
	if err != nil || len(occurrences) == 0 {
		return "", fmt.Errorf("no occurrence is there: %w", err)
	}
	return fmt.Sprintf("last number %d, deliveries %v, orders in the sink %d, out of order %d",
		occurrences[0].Number, counts, b.sink.orders(), b.sink.disorder()), nil
}
