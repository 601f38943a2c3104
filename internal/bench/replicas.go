package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ponte/internal/app"
)

const (
	// slow is how long the field takes to answer: it is what replicas wait for, each with its own workers.
	slow = 50 * time.Millisecond
	// hands are each replica's workers: few enough that the field's time counts, and not the machine's.
	hands = 8
	// rounds are of one and of two, turn about.
	rounds = 3
)

// replicas drains the same queue by one Ponte and by two on one PostgreSQL, with the same number of workers each. All is
// queued at the first one; the other learns of it as replicas do.
func replicas(ctx context.Context, t *table, url string, lanes int) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b, err := newBenchOf(ctx, url, hands)
	if err != nil {
		return err
	}
	defer b.close()
	b.sink.takes = slow
	t.section(fmt.Sprintf("PostgreSQL, replicas: the field answers in %d ms; %s", slow.Milliseconds(), b.durability))
	t.bars = true
	var one, two float64 // the best of a few, turn about: a shared machine has bad moments
	for round := range rounds {
		rate, err := b.drain(ctx, lanes, fmt.Sprint("um", round))
		if err != nil {
			return err
		}
		one = max(one, rate)
		if rate, err = b.beside(ctx, lanes, fmt.Sprint("dois", round)); err != nil {
			return err
		}
		two = max(two, rate)
	}
	most := float64(hands) / slow.Seconds()
	t.row(fmt.Sprintf("deliveries, one replica, %d workers", hands), fmt.Sprintf("%.0f/s", one), fmt.Sprintf("%.0f/s that the workers' time allows", most), fmt.Sprintf("%.2f", one/most), "", true)
	t.row(fmt.Sprintf("deliveries, two replicas, %d workers each", hands), fmt.Sprintf("%.0f/s", two), fmt.Sprintf("%.0f/s by one", one), fmt.Sprintf("%.2f", two/one), ">= 1.5 times one", two >= 1.5*one)
	t.row("  of those, out of order", fmt.Sprint(b.sink.disorder()), "", "", "0", b.sink.disorder() == 0)
	counts, err := b.counts(ctx)
	t.note("rows afterwards: " + counts)
	return err
}

// beside drains while another replica is there for it too.
func (b *bench) beside(ctx context.Context, lanes int, name string) (float64, error) {
	other, err := app.New(ctx, b.cfg)
	if err != nil {
		return 0, err
	}
	if err := other.Start(ctx); err != nil {
		return 0, errors.Join(err, other.Abandon())
	}
	rate, err := b.drain(ctx, lanes, name)
	bounded, end := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer end()
	return rate, errors.Join(err, other.Stop(bounded))
}

// drain queues four deliveries a lane while there is nowhere to send them, and answers how many a second are delivered once
// there is.
func (b *bench) drain(ctx context.Context, lanes int, name string) (float64, error) {
	if err := b.pointAt(ctx, ""); err != nil {
		return 0, err
	}
	if err := b.queue(ctx, lanes, name); err != nil {
		return 0, fmt.Errorf("queue: %w", err)
	}
	before, total := b.sink.count(), lanes*4
	began := time.Now()
	if err := b.pointAt(ctx, b.sink.url); err != nil {
		return 0, err
	}
	if err := b.sink.waitFor(ctx, before+total); err != nil {
		return 0, err
	}
	if err := b.settled(ctx); err != nil {
		return 0, err
	}
	return perSecond(total, time.Since(began)), nil
}
