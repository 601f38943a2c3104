package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

// errOpenFindings makes the exit code that scripts ask for.
var errOpenFindings = errors.New("differences are open")

type compareCmd struct {
	database
	Apply []string `help:"Then mend what is found of these kinds, as the page's bulk does: ${enum}." sep:"," enum:"${mends}" placeholder:"KIND"`
	List  bool     `help:"Compare nothing: list what is open."`
}

// mendable are the kinds that may be mended without a person's eye on each.
func mendable() (out []string) {
	for _, k := range desk.FindingKinds {
		if k.InBulk() {
			out = append(out, string(k))
		}
	}
	return out
}

func (c compareCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	all, err := i18n.Load()
	if err != nil {
		return err
	}
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	return errors.Join(c.compare(ctx, s, log, f, all.In(i18n.English)), done())
}

func (c compareCmd) compare(ctx context.Context, s streams, log *slog.Logger, f *flow.Flow, words *i18n.Localizer) error {
	if !c.List {
		run, err := app.Reconcile(ctx, f, operator(), log)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(s.out, "compared     %d orders, %d customers; %d without a usable answer; %d new differences\n", run.Orders, run.Customers, run.Failed, run.Found)
		if run.State != flow.RunDone {
			return fmt.Errorf("the run was cut off: %s", words.T("reconcile.cut_"+run.Reason))
		}
	}
	for _, kind := range c.Apply {
		if err := c.mend(ctx, s, f, desk.FindingKind(kind)); err != nil {
			return err
		}
	}
	open, err := listOpen(ctx, s, f, words)
	if err != nil {
		return err
	}
	if open > 0 {
		return fmt.Errorf("%w: %d", errOpenFindings, open)
	}
	_, err = fmt.Fprintln(s.out, "nothing differs")
	return err
}

// commandStep is how many findings are read or mended at once.
const commandStep = 200

func (c compareCmd) mend(ctx context.Context, s streams, f *flow.Flow, kind desk.FindingKind) error {
	q := flow.FindingsQuery{Kind: kind}
	mended, kept := 0, map[string]int{}
	for {
		step, err := f.MendAll(ctx, operator(), q, commandStep)
		if err != nil {
			return err
		}
		mended += step.Done
		for why, n := range step.Kept {
			kept[why] += n
		}
		if q.After = step.Next; q.After == "" {
			break
		}
	}
	var left []string
	for why, n := range kept {
		left = append(left, fmt.Sprintf("%d kept (%s)", n, why))
	}
	slices.Sort(left)
	_, err := fmt.Fprintln(s.out, strings.Join(append([]string{fmt.Sprintf("mended       %s: %d", kind, mended)}, left...), ", "))
	return err
}

func listOpen(ctx context.Context, s streams, f *flow.Flow, words *i18n.Localizer) (open int, err error) {
	q := flow.FindingsQuery{Open: true, Most: commandStep}
	for {
		page, err := f.ListFindings(ctx, operator(), q)
		if err != nil {
			return open, err
		}
		for _, l := range page.Lines {
			open++
			about := "-"
			if l.Number != 0 {
				about = fmt.Sprint(l.Number)
			}
			_, _ = fmt.Fprintf(s.out, "%-19s %-8s %-20s %s  %s\n", l.Kind, about, l.MobussID, day(l.FoundAt), words.T("reconcile.kind_"+string(l.Kind)))
		}
		if q.After = page.Next; q.After == "" {
			return open, nil
		}
	}
}
