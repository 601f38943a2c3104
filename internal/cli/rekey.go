package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"ponte/internal/app"
	"ponte/internal/flow"
)

type rekeyCmd struct{ database }

// Help is shown by --help, below the flags.
func (rekeyCmd) Help() string {
	return `To change the secret key:

 1. Make a new one (openssl rand -base64 32). Set PONTE_SECRET_KEY to NEW,OLD and restart every ponte serve.
 2. ponte rekey, with the same two keys. It works beside serve, and may be interrupted and given again.
 3. When it says that the former key is not needed any more: set PONTE_SECRET_KEY to NEW and restart.

Keep the former key with the backups that were taken with it.`
}

func (c rekeyCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	if err := (app.Place{DatabaseURL: c.DatabaseURL}).Exists(); err != nil {
		return err
	}
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	return errors.Join(c.run(ctx, s, f), done())
}

func (c rekeyCmd) run(ctx context.Context, s streams, f *flow.Flow) error {
	o := flow.RekeyOptions{}
	if app.Served(c.DatabaseURL) {
		o.Breath = breath
	}
	last := time.Now()
	o.Progress = func(table, column string, sealed int64) {
		if time.Since(last) > 2*time.Second {
			last = time.Now()
			_, _ = fmt.Fprintf(s.err, "sealed anew: %d (%s.%s)\n", sealed, table, column)
		}
	}
	r, err := f.Rekey(ctx, operator(), o)
	if err != nil {
		return fmt.Errorf("%w\nwhat came before it is done; the same command goes on from there", err)
	}
	_, _ = fmt.Fprintf(s.out, "sealed anew: %d\n", r.Sealed)
	switch {
	case r.Unreadable > 0:
		return fmt.Errorf("%d values open with none of the keys: give the key that sealed them too, after a comma, and run this again. Without it they are lost: `ponte doctor` says which they are", r.Unreadable)
	case r.Late > 0:
		return fmt.Errorf("%d values were sealed with a former key meanwhile: a ponte serve still runs with it as its first. Restart it with NEW,OLD and run this again", r.Late)
	}
	_, err = fmt.Fprintln(s.out, "done: the former key is not needed any more, except for backups that were taken with it")
	return err
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
