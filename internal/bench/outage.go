package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow/flowtest"
)

// outage: a backlog that waits while the field's side is down drains once it is up, ramp included, while somebody reads
// pages; beside plain HTTP to the same sink.
func outage(ctx context.Context, t *table, name, url string, deliveries int, bars bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*limit)
	defer cancel()
	b, err := newBench(ctx, url)
	if err != nil {
		return err
	}
	defer b.close()
	t.section(name + ": after an outage, " + fmt.Sprint(deliveries) + " deliveries in lanes of four")
	t.bars = bars
	plain, err := b.plainHTTP(ctx, deliveries/10)
	if err != nil {
		return fmt.Errorf("plain HTTP: %w", err)
	}
	began := time.Now()
	_, last, err := flowtest.Backlog(ctx, b.app.Flow, "PDA-U-1", deliveries/4, 3)
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	t.note(fmt.Sprintf("queued in %.1f s", time.Since(began).Seconds()))
	b.sink.down.Store(true)
	if err := b.pointAt(ctx, b.sink.url); err != nil {
		return err
	}
	if err := b.paused(ctx, true); err != nil {
		return err
	}
	r, err := b.signedIn(ctx)
	if err != nil {
		return err
	}
	b.sink.down.Store(false)
	began = time.Now()
	took, err := b.readWhile(ctx, r, b.sink.count()+deliveries, "/painel", "/ocorrencias", "/integracao/envios?visao=andamento", fmt.Sprint("/ocorrencias/", last))
	if err != nil {
		return err
	}
	rate := perSecond(deliveries, time.Since(began))
	t.row("drained, pause and ramp included", fmt.Sprintf("%.0f/s", rate), fmt.Sprintf("%.0f/s plain net/http to the same sink", plain),
		fmt.Sprintf("%.2f", rate/plain), ">= 1500/s", rate >= 1500)
	t.row("  out of order", fmt.Sprint(b.sink.disorder()), "", "", "0", b.sink.disorder() == 0)
	t.row(fmt.Sprintf("  pages meanwhile (%d), p99 (p50)", len(took)), fmt.Sprintf("%s (%s)", millis(took.at(.99)), millis(took.at(.5))), "", "",
		"< 200 ms", took.at(.99) < 200*time.Millisecond)
	counts, err := b.app.Flow.CountDeliveries(ctx)
	if err == nil && (counts[desk.Delivered] != int64(deliveries) || b.sink.orders() != deliveries/4) {
		err = fmt.Errorf("%v, %d orders in the sink", counts, b.sink.orders())
	}
	return err
}

// paused waits until the route is paused, or goes on.
func (b *bench) paused(ctx context.Context, want bool) error {
	for {
		all, err := b.app.Flow.Pauses(ctx)
		if err != nil || len(all) > 0 == want {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// readWhile reads pages until the sink has had so many and everything is settled.
func (b *bench) readWhile(ctx context.Context, r *reader, sent int, paths ...string) (times, error) {
	reading, stop := context.WithCancel(ctx)
	var took times
	var failed error
	var all sync.WaitGroup
	all.Go(func() {
		for i := 0; reading.Err() == nil && failed == nil; i++ {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+paths[i%len(paths)], nil)
			began := time.Now()
			if err == nil {
				err = r.read(req)
			}
			took, failed = append(took, time.Since(began)), err
			time.Sleep(10 * time.Millisecond) // a person, and not a load
		}
	})
	err := b.sink.waitFor(ctx, sent)
	if err == nil {
		err = b.settled(ctx)
	}
	stop()
	all.Wait()
	return took, errors.Join(err, failed)
}
