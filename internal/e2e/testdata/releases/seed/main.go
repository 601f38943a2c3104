// Command seed fills a new database with the demo of the release that it is compiled with, in the tests' hurry. It is put
// into the release's own source, so that what an upgrade finds was made by that release.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/mapping"
)

func main() {
	if err := seed(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func seed(ctx context.Context) error {
	a, err := app.New(ctx, app.Config{DatabaseURL: os.Getenv("PONTE_DATABASE_URL"), BlobURL: os.Getenv("PONTE_BLOB_URL"),
		SecretKeys: []string{os.Getenv("PONTE_SECRET_KEY")}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { _ = a.Abandon() }()
	if err := a.SeedDemo(ctx, os.Args[1]); err != nil {
		return err
	}
	c, err := app.DemoConfig()
	if err != nil {
		return err
	}
	p := &c.Integration.Policy
	p.Timeout, p.FirstRetry = mapping.Duration(300*time.Millisecond), mapping.Duration(50*time.Millisecond)
	p.MaxRetry, p.Settling = mapping.Duration(400*time.Millisecond), mapping.Duration(time.Second)
	return a.Flow.Configure(ctx, desk.Actor{Kind: "comando", Name: "seed", Origin: desk.House, Roles: []desk.Role{desk.Admin}}, c)
}
