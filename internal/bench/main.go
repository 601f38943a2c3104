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
	"runtime/pprof"
	"sort"
	"strings"
	"text/tabwriter"
	"time"
)

// sizes are how much of everything is measured.
type sizes struct {
	openings, lanes, occurrences, backlog, units int
}

func main() {
	var n sizes
	flag.IntVar(&n.openings, "openings", 20000, "occurrences opened over REST")
	flag.IntVar(&n.lanes, "lanes", 5000, "lanes of four deliveries each")
	flag.IntVar(&n.occurrences, "occurrences", 200000, "occurrences beside which pages are measured")
	flag.IntVar(&n.backlog, "backlog", 100000, "deliveries that drain after an outage")
	flag.IntVar(&n.units, "units", 1_000_000, "units of the registry that are imported by the built binary")
	binary := flag.String("ponte", "", "the built binary, for start-up time, memory and imports; empty leaves those out")
	only := flag.String("only", "", "deliveries, import, lists, panel, or replicas (which need PONTE_TEST_POSTGRES): that alone")
	kept := flag.String("keep", "", "with -only lists: a folder where its database stays, to be measured again without being written again")
	profile := flag.String("cpuprofile", "", "where to write what the processor did meanwhile, for go tool pprof")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
	err := run(context.Background(), n, *binary, *only, *kept)
	pprof.StopCPUProfile()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n sizes, binary, only, kept string) error {
	dir, err := os.MkdirTemp("", "ponte-bench")
	if err != nil {
		return err
	}
	defer func(made string) { _ = os.RemoveAll(made) }(dir)
	t := &table{}
	switch only {
	case "":
		err = all(ctx, t, n, binary, dir)
	case "deliveries":
		err = measure(ctx, t, "SQLite", "sqlite:"+filepath.Join(dir, "bench.db"), n.openings, n.lanes, true)
	case "import":
		err = imports(ctx, t, binary, dir, n.units)
	case "lists":
		if kept != "" {
			dir = kept
		}
		err = lists(ctx, t, "sqlite:"+filepath.Join(dir, "lists.db"), n.units)
	case "panel":
		err = panelPage(ctx, t, "SQLite", "sqlite:"+filepath.Join(dir, "panel.db"), n.occurrences, true)
	case "replicas":
		err = replicas(ctx, t, os.Getenv("PONTE_TEST_POSTGRES"), n.lanes/40)
	default:
		err = fmt.Errorf("-only %s is none of deliveries, import, lists, panel and replicas", only)
	}
	t.print(os.Stdout)
	if err == nil && t.missed > 0 {
		err = fmt.Errorf("%d bars missed", t.missed)
	}
	return err
}

func all(ctx context.Context, t *table, n sizes, binary, dir string) error {
	if err := requests(t); err != nil {
		return fmt.Errorf("requests: %w", err)
	}
	if err := measure(ctx, t, "SQLite", "sqlite:"+filepath.Join(dir, "bench.db"), n.openings, n.lanes, true); err != nil {
		return fmt.Errorf("SQLite: %w", err)
	}
	if err := tracing(ctx, t, dir, n.openings/2); err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	if err := pages(ctx, t, "SQLite", "sqlite:"+filepath.Join(dir, "pages.db"), n.occurrences, true); err != nil {
		return fmt.Errorf("pages, SQLite: %w", err)
	}
	if err := panelPage(ctx, t, "SQLite", "sqlite:"+filepath.Join(dir, "panel.db"), n.occurrences/2, true); err != nil {
		return fmt.Errorf("panel: %w", err)
	}
	if err := lists(ctx, t, "sqlite:"+filepath.Join(dir, "lists.db"), n.units); err != nil {
		return fmt.Errorf("lists: %w", err)
	}
	if err := outage(ctx, t, "SQLite", "sqlite:"+filepath.Join(dir, "outage.db"), n.backlog, true); err != nil {
		return fmt.Errorf("outage, SQLite: %w", err)
	}
	if url := os.Getenv("PONTE_TEST_POSTGRES"); url != "" {
		if err := outage(ctx, t, "PostgreSQL", url, n.backlog/4, false); err != nil {
			return fmt.Errorf("outage, PostgreSQL: %w", err)
		}
		if err := measure(ctx, t, "PostgreSQL", url, n.openings/4, n.lanes/4, false); err != nil {
			return fmt.Errorf("PostgreSQL: %w", err)
		}
		if err := replicas(ctx, t, url, n.lanes/40); err != nil {
			return fmt.Errorf("replicas: %w", err)
		}
		if err := pages(ctx, t, "PostgreSQL", url, n.occurrences/4, false); err != nil {
			return fmt.Errorf("pages, PostgreSQL: %w", err)
		}
	}
	if binary != "" {
		if err := processes(ctx, t, binary, dir); err != nil {
			return err
		}
		if err := imports(ctx, t, binary, dir, n.units); err != nil {
			return fmt.Errorf("import: %w", err)
		}
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
