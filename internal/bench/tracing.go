package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"ponte/internal/desk"
)

// collector takes traces as a real one would, and forgets them: it runs on the same cores as everything else.
type collector struct {
	server *http.Server
	url    string
	bytes  atomic.Int64
	posts  atomic.Int64
}

func newCollector(ctx context.Context) (*collector, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &collector{url: "http://" + l.Addr().String()}
	c.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		c.bytes.Add(n)
		c.posts.Add(1)
	})}
	go func() { _ = c.server.Serve(l) }()
	return c, nil
}

// traced is a Ponte under some of the OTEL_* variables.
type traced struct {
	*bench
	name  string
	rates []float64
}

// tracingRounds are taken in turns, so that what disturbs the machine disturbs all alike; their median counts.
const tracingRounds = 7

// tracing: what following calls costs. The same calls, opened, moved and delivered, by three Pontes in turns: one traces
// nothing, one a tenth, one everything.
func tracing(ctx context.Context, t *table, dir string, calls int) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := newCollector(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.server.Close() }()
	var all []*traced
	for _, with := range []struct {
		name string
		env  map[string]string
	}{
		{"off", nil}, {"a tenth", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.url, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"}},
		{"everything", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.url}},
	} {
		b, err := underEnvironment(with.env, func() (*bench, error) {
			return newBench(ctx, "sqlite:"+filepath.Join(dir, fmt.Sprintf("tracing-%d.db", len(all))))
		})
		if err != nil {
			return err
		}
		defer b.close()
		if err := b.pointAt(ctx, b.sink.url); err != nil {
			return err
		}
		all = append(all, &traced{bench: b, name: with.name})
	}
	for round := range tracingRounds {
		for _, x := range all {
			rate, err := x.wholeWay(ctx, round, calls/tracingRounds)
			if err != nil {
				return fmt.Errorf("tracing %s: %w", x.name, err)
			}
			x.rates = append(x.rates, rate)
		}
	}
	t.section("tracing, SQLite: opened, moved and delivered, 64 callers, in turns")
	t.bars = true
	off := median(all[0].rates)
	for _, x := range all {
		rate, bar := median(x.rates), ""
		if x.name == "everything" {
			bar = ">= 0.60 of off"
		}
		t.row("tracing "+x.name, fmt.Sprintf("%.0f/s", rate), fmt.Sprintf("%.0f/s with tracing off", off), fmt.Sprintf("%.2f", rate/off), bar, rate/off >= 0.6)
	}
	t.note(fmt.Sprintf("the collector took %d batches, %d KiB", c.posts.Load(), c.bytes.Load()>>10))
	if c.posts.Load() == 0 {
		return errors.New("nothing was traced")
	}
	return nil
}

// underEnvironment makes something while the process has these variables.
func underEnvironment(env map[string]string, do func() (*bench, error)) (*bench, error) {
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
		defer func() { _ = os.Unsetenv(name) }()
	}
	return do()
}

// wholeWay opens occurrences and moves each to the field, and answers how many a second came through, to the settlement.
func (x *traced) wholeWay(ctx context.Context, round, n int) (float64, error) {
	before := x.sink.count()
	began := time.Now()
	_, _, err := parallel(n, callers, func(i int) error {
		number, err := x.call(ctx, "/ocorrencias", map[string]any{"cod_projeto": fmt.Sprintf("PDA-U-%d", i%60+1), "descricao": "Porta-balcão não trava",
			"bloqueio_incluir_cliente": "T", "id_externo": fmt.Sprint(x.run, "t", round, "-", i)})
		if err != nil {
			return err
		}
		_, err = x.call(ctx, fmt.Sprintf("/ocorrencias/%d/movimentacoes", number), map[string]any{"cod_status": "20"})
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := x.sink.waitFor(ctx, before+n); err != nil {
		return 0, err
	}
	if err := x.settled(ctx); err != nil {
		return 0, err
	}
	rate := perSecond(n, time.Since(began))
	counts, err := x.app.Flow.CountDeliveries(ctx)
	if err == nil && counts[desk.Delivered] < int64((round+1)*n) {
		err = fmt.Errorf("%d delivered of %d", counts[desk.Delivered], (round+1)*n)
	}
	return rate, err
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
