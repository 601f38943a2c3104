package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

type environmentCmd struct {
	Status environmentStatusCmd `cmd:"" help:"Say which environment is active, since when, by whom, what waits, and what is missing."`
	Pause  environmentPauseCmd  `cmd:"" help:"Switch back: nothing more is sent to production, at once and by no process; what happens meanwhile queues."`
	Resume environmentResumeCmd `cmd:"" help:"End a pause: what queued is sent, in order. Wants a signed report of the version that runs."`
}

type environmentStatusCmd struct{ database }

func (c environmentStatusCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	r, err := f.Readiness(ctx, operator())
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	return showReadiness(s, r)
}

// phaseNames are for those who read a terminal at night.
var phaseNames = map[desk.Phase]string{desk.Implementing: "homologation only: production has not begun", desk.Live: "production",
	desk.Paused: "production is paused: it queues, and nothing is sent there"}

func showReadiness(s streams, r flow.Readiness) error {
	out := func(label, format string, args ...any) {
		_, _ = fmt.Fprintf(s.out, "%-13s %s\n", label, fmt.Sprintf(format, args...))
	}
	out("environment", "%s", phaseNames[r.Standing.Phase])
	if last := r.Standing.Last; !last.At.IsZero() {
		out("since", "%s, by %s", last.At.Local().Format("2006-01-02 15:04:05 -07:00"), last.By)
		if last.Note != "" {
			out("note", "%s", last.Note)
		}
	}
	out("version", "%d (%s)", r.Standing.Version, r.Standing.Proof)
	if r.Standing.Unproven() {
		out("warning", "production runs on a version that no signed report speaks of")
	}
	out("on their way", "%d to homologation, %d to production", r.Dropping, r.Waiting)
	all, err := i18n.Load()
	if err != nil {
		return err
	}
	for _, code := range r.Missing {
		out("missing", "%s", all.In(i18n.English).Field(desk.FieldError{Code: code}))
	}
	return nil
}

type environmentPauseCmd struct {
	database
	Note string `help:"Why; it is kept with the switch." placeholder:"TEXT"`
}

func (c environmentPauseCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	return switchBy(ctx, s, log, c.database, func(f *flow.Flow) error {
		return f.SwitchBack(ctx, operator(), flow.SwitchInput{Note: c.Note})
	})
}

type environmentResumeCmd struct {
	database
	Note string `help:"Kept with the switch." placeholder:"TEXT"`
}

func (c environmentResumeCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	return switchBy(ctx, s, log, c.database, func(f *flow.Flow) error {
		return f.Resume(ctx, operator(), flow.SwitchInput{Note: c.Note})
	})
}

// switchBy switches, and says where the installation stands then.
func switchBy(ctx context.Context, s streams, log *slog.Logger, d database, do func(*flow.Flow) error) error {
	f, done, err := d.open(ctx, log)
	if err != nil {
		return err
	}
	var r flow.Readiness
	if err = do(f); err == nil {
		r, err = f.Readiness(ctx, operator())
	}
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	return showReadiness(s, r)
}

// setSecrets sets an environment's credentials. Production's go the form's way: they are kept if production answers with
// them, at the address that it has.
func setSecrets(ctx context.Context, f *flow.Flow, env desk.Environment, secrets map[string]string) error {
	if env != desk.Production {
		return f.SetSecrets(ctx, operator(), env, secrets)
	}
	now, err := f.Production(ctx, operator())
	if err != nil {
		return err
	}
	in := flow.ProductionInput{Place: now.Place(), Secrets: map[string]string{}}
	for name, value := range secrets {
		if value == "" {
			in.Forget = append(in.Forget, name)
		} else {
			in.Secrets[name] = value
		}
	}
	_, err = f.SetProduction(ctx, operator(), in)
	return err
}
