package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ponte/internal/store"
)

// steadyClock is flow's clock for leases and waits. It goes on by this process's monotonic clock, whatever somebody sets
// the wall clock to; where it starts is the database's own clock, so that replicas whose wall clocks differ agree
// all the same. An embedded database has no clock, and one process: there it starts at the wall clock, or where its
// predecessor's had come to, if the wall clock was set back since.
type steadyClock struct {
	store *store.Store
	wall  func() time.Time
	log   *slog.Logger

	mu           sync.Mutex
	local, there time.Time // the same moment: here, with its monotonic reading, and by the database
}

// steadyEvery is how often the clocks are compared, so that two replicas do not drift apart.
const steadyEvery = time.Minute

func newSteadyClock(ctx context.Context, s *store.Store, wall func() time.Time, log *slog.Logger) (*steadyClock, error) {
	now := wall()
	c := &steadyClock{store: s, wall: wall, log: log, local: now, there: now.Round(0)}
	if s.Dialect() == store.Postgres {
		return c, c.compare(ctx)
	}
	latest, err := s.Read().LatestMoment(ctx)
	if before := time.UnixMilli(max(latest.Created, latest.Sent, latest.Unknown)); err == nil && before.After(c.there) {
		log.WarnContext(ctx, "the clock was set back", "from", before, "to", now)
		c.there = before
	}
	return c, err
}

// Now is the steady time.
func (c *steadyClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.there.Add(c.wall().Sub(c.local))
}

// compare takes over the database's clock, as it stood in the middle of the question.
func (c *steadyClock) compare(ctx context.Context) error {
	asked := c.wall()
	there, err := c.store.Clock(ctx)
	if err != nil {
		return err
	}
	answered := c.wall()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.local, c.there = answered, there.Add(answered.Sub(asked)/2)
	return nil
}

// keep compares until ctx ends, where there is a clock to compare with. While the database is away the clock goes on by itself.
func (c *steadyClock) keep(ctx context.Context) {
	if c.store.Dialect() != store.Postgres {
		return
	}
	tick := time.NewTicker(steadyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.compare(ctx); err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "the database's clock can't be asked", "error", err)
		}
	}
}
