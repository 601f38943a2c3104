// Command bench measures Ponte's speed, each figure beside a limit taken in the same run on the same machine:
// only the ratio travels from one machine to another. make bench runs it.
//
// It promises to count rows afterwards, so that a figure for work that was not done can't stand. Clients run on
// the same cores as the server.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	openings := flag.Int("openings", 20000, "occurrences opened over REST")
	lanes := flag.Int("lanes", 5000, "lanes of four deliveries each")
	occurrences := flag.Int("occurrences", 200000, "occurrences beside which pages are measured")
	units := flag.Int("units", 1_000_000, "units of the registry that are imported by the built binary")
	only := flag.Bool("only-import", false, "measure the import alone")
	binary := flag.String("ponte", "", "the built binary, for start-up time and memory; empty leaves those out")
	flag.Parse()
	if err := run(context.Background(), *openings, *lanes, *occurrences, *units, *binary, *only); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, openings, lanes, occurrences, units int, binary string, onlyImport bool) error {
	dir, err := os.MkdirTemp("", "ponte-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	t := &table{}
	if onlyImport {
		err := imports(ctx, t, binary, dir, units)
		t.print(os.Stdout)
		return err
	}
	if err := requests(t); err != nil {
		return fmt.Errorf("requests: %w", err)
	}
	if err := measure(ctx, t, "SQLite", "sqlite:"+filepath.Join(dir, "bench.db"), openings, lanes, true); err != nil {
		return fmt.Errorf("SQLite: %w", err)
	}
	if err := pages(ctx, t, "SQLite", "sqlite:"+filepath.Join(dir, "pages.db"), occurrences, true); err != nil {
		return fmt.Errorf("pages, SQLite: %w", err)
	}
	if url := os.Getenv("PONTE_TEST_POSTGRES"); url != "" {
		if err := measure(ctx, t, "PostgreSQL", url, openings/4, lanes/4, false); err != nil {
			return fmt.Errorf("PostgreSQL: %w", err)
		}
		if err := pages(ctx, t, "PostgreSQL", url, occurrences/4, false); err != nil {
			return fmt.Errorf("pages, PostgreSQL: %w", err)
		}
	}
	if binary != "" {
		if err := processes(ctx, t, binary, dir); err != nil {
			return err
		}
		if err := imports(ctx, t, binary, dir, units); err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
	t.print(os.Stdout)
	if t.missed > 0 {
		return fmt.Errorf("%d bars missed", t.missed)
	}
	return nil
}

// measure runs the figures of one database. Bars hold for the embedded one.
func measure(ctx context.Context, t *table, name, url string, openings, lanes int, bars bool) error {
	raw, err := rawCommits(ctx, url, openings/2)
	if err != nil {
		return fmt.Errorf("raw commits: %w", err)
	}
	b, err := newBench(ctx, url)
	if err != nil {
		return err
	}
	defer b.close()
	b.raw = raw
	t.section(name + ": " + b.durability)
	t.bars = bars
	for _, f := range []func(context.Context, *table, int, int) error{b.openings, b.deliveries, b.idle} {
		if err := f(ctx, t, openings, lanes); err != nil {
			return err
		}
	}
	counts, err := b.counts(ctx)
	t.note("rows afterwards: " + counts)
	return err
}

// quiet keeps logging from being what is measured.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// table gathers figures.
type table struct {
	lines  []string
	bars   bool
	missed int
}

func (t *table) section(s string) {
	t.lines = append(t.lines, "", s, "figure\tmeasured\tlimit of this run\tratio\tbar\t")
}
func (t *table) note(s string) { t.lines = append(t.lines, s) }

// row adds a figure; good says whether it keeps its bar.
func (t *table) row(figure, measured, limit, ratio, bar string, good bool) {
	verdict := bar
	switch {
	case !t.bars || bar == "":
		verdict = "-"
	case good:
		verdict += " kept"
	default:
		verdict += " MISSED"
		t.missed++
	}
	t.lines = append(t.lines, strings.Join([]string{figure, measured, limit, ratio, verdict, ""}, "\t"))
}

func (t *table) print(w io.Writer) {
	tab := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, l := range t.lines {
		_, _ = fmt.Fprintln(tab, l)
	}
	_ = tab.Flush()
}

// times are latencies.
type times []time.Duration

func (l times) at(share float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	sort.Slice(l, func(i, j int) bool { return l[i] < l[j] })
	return l[min(int(float64(len(l))*share), len(l)-1)]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
