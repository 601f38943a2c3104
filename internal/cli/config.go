package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

type configCmd struct {
	Preset   configPresetCmd   `cmd:"" help:"Print a document to start from."`
	Export   configExportCmd   `cmd:"" help:"Print the configuration that runs, and where homologation is, as one file. Credentials are never in it."`
	Import   configImportCmd   `cmd:"" help:"Make a file the configuration that runs. The plan is shown first."`
	Versions configVersionsCmd `cmd:"" help:"List the versions: when, who, why."`
	Diff     configDiffCmd     `cmd:"" help:"Say what changed from one version to another."`
	Restore  configRestoreCmd  `cmd:"" help:"Make an old version run again, as a new one. The plan is shown first."`
	Endpoint configEndpointCmd `cmd:"" help:"Say where an environment is and which credentials are set; with flags, set homologation's addresses."`
	Secret   configSecretCmd   `cmd:"" help:"Set a credential of homologation, read from standard input or a file."`
	Test     configTestCmd     `cmd:"" help:"Ask homologation one question that changes nothing, and say how far it came."`
	Schema   configSchemaCmd   `cmd:"" help:"Print the JSON Schema of a file, for editors."`
}

type configPresetCmd struct {
	Name   string `arg:"" enum:"${presets}" help:"One of ${presets}."`
	Method string `enum:"nenhum,A,B,C" default:"C" help:"nenhum, A, B or C: who opens what where."`
	URL    string `help:"Where homologation is." placeholder:"URL"`
}

func (c configPresetCmd) Run(s streams) error {
	d, err := flow.PresetConfig(c.Name, desk.Method(c.Method), c.URL)
	if err != nil {
		return err
	}
	text, err := d.YAML()
	if err != nil {
		return err
	}
	_, err = s.out.Write(text)
	return err
}

type configSchemaCmd struct{}

func (configSchemaCmd) Run(s streams) error {
	text, err := flow.ConfigSchema()
	if err != nil {
		return err
	}
	_, err = s.out.Write(text)
	return err
}

type configExportCmd struct {
	database
	File string `help:"Write it there, not to standard output." type:"path" placeholder:"FILE"`
}

func (c configExportCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	d, err := f.ExportConfig(ctx, operator())
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	text, err := d.YAML()
	if err != nil {
		return err
	}
	if c.File != "" {
		return os.WriteFile(c.File, text, 0o600)
	}
	_, err = s.out.Write(text)
	return err
}

type configImportCmd struct {
	database
	File string `arg:"" help:"What export or preset wrote; - is standard input." type:"path"`
	Yes  bool   `help:"Don't ask."`
	Note string `help:"Why, for the list of versions."`
}

func (c configImportCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	text, err := c.read(s)
	if err != nil {
		return err
	}
	d, err := flow.ParseConfig(text)
	if err != nil {
		return inFile{c.File, err}
	}
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	plan, err := f.PlanConfig(ctx, operator(), d)
	if err == nil {
		err = applyPlan(s, plan, c.Yes, func() (int64, error) {
			return f.PublishConfig(ctx, operator(), d, flow.Publication{Note: c.Note, Base: plan.Base})
		})
	}
	return errors.Join(err, done())
}

func (c configImportCmd) read(s streams) ([]byte, error) {
	if c.File != "-" {
		return os.ReadFile(c.File)
	}
	if !c.Yes {
		return nil, misuse{errors.New("a file from standard input needs --yes: the answer could not be read from there too")}
	}
	return io.ReadAll(s.in)
}

type configRestoreCmd struct {
	database
	Version int64  `arg:"" help:"Its number: see ponte config versions."`
	Yes     bool   `help:"Don't ask."`
	Note    string `help:"Why, for the list of versions."`
}

func (c configRestoreCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	plan, err := f.PlanRestore(ctx, operator(), c.Version)
	if err == nil {
		err = applyPlan(s, plan, c.Yes, func() (int64, error) {
			return f.RestoreVersion(ctx, operator(), c.Version, flow.Publication{Note: c.Note, Base: plan.Base})
		})
	}
	return errors.Join(err, done())
}

// applyPlan shows a plan, asks, and applies it.
func applyPlan(s streams, plan flow.ConfigPlan, sure bool, apply func() (int64, error)) error {
	showPlan(s.out, plan)
	if len(plan.Changes) == 0 {
		return nil
	}
	if len(plan.Left) > 0 {
		return errOccupied
	}
	if err := agree(s, sure); err != nil {
		return err
	}
	number, err := apply()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "done: version %d runs\n", number)
	return err
}

// errOccupied is how a command ends that would take a status away from under its occurrences.
var errOccupied = errors.New("nothing was changed: occurrences are in a status that goes away")

// errNotAgreed is how a command ends that was not told to go on.
var errNotAgreed = errors.New("nothing was changed; say --yes, or answer y")

func agree(s streams, sure bool) error {
	if sure {
		return nil
	}
	_, _ = fmt.Fprint(s.out, "\nApply this? [y/N] ")
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "s", "sim":
		return nil
	}
	_, _ = fmt.Fprintln(s.out)
	return errNotAgreed
}

func showPlan(w io.Writer, p flow.ConfigPlan) {
	if len(p.Changes) == 0 {
		_, _ = fmt.Fprintf(w, "nothing changes: version %d says the same\n", p.Base)
		return
	}
	_, _ = fmt.Fprintf(w, "from version %d:\n", p.Base)
	showChanges(w, p.Changes)
	if len(p.Switches) > 0 {
		_, _ = fmt.Fprintln(w, "\nswitched:")
	}
	for _, t := range p.Switches {
		state := "off"
		if t.On {
			state = "on"
		}
		_, _ = fmt.Fprintf(w, "  %-4s %s\n", state, switchWords(t))
	}
	if p.Forgets {
		_, _ = fmt.Fprintln(w, "\nhomologation's credentials are forgotten, because its address becomes another server's: set them again with ponte config secret")
	}
	for _, l := range p.Left {
		_, _ = fmt.Fprintf(w, "\n%d occurrences are in status %s, which goes away: it can't be taken away before they are moved to another\n", l.Count, l.Status)
	}
}

func switchWords(t flow.Switch) string {
	switch t.What {
	case "envio":
		return "sending to the field"
	case "abertura_pelo_campo":
		return "opening of occurrences by the field"
	case "noticias_do_campo":
		return "news from the field"
	}
	return fmt.Sprintf("%s, fired by status %s", t.Point, t.Status)
}

var changeSigns = map[string]string{"incluido": "+", "retirado": "-", "alterado": "~", "reordenado": "%"}

// shownOf is how much of a value is shown: a whole point that comes or goes is a page.
const shownOf = 100

func showChanges(w io.Writer, changes []flow.ConfigChange) {
	short := func(s string) string {
		if r := []rune(s); len(r) > shownOf {
			return string(r[:shownOf]) + "..."
		}
		return s
	}
	for _, c := range changes {
		text := short(c.Old + c.New)
		if c.Old != "" && c.New != "" {
			text = short(c.Old) + "  ->  " + short(c.New)
		}
		_, _ = fmt.Fprintf(w, "  %s %s: %s\n", changeSigns[string(c.Kind)], c.Path, text)
	}
}

type configVersionsCmd struct{ database }

func (c configVersionsCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	versions, err := f.Versions(ctx, operator())
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "VERSION\tWHEN\tWHO\tSTATE\tNOTE")
	for _, v := range versions {
		state, note := "", v.Note
		if v.Runs {
			state = "runs"
		}
		if v.RestoredFrom != 0 {
			note = strings.TrimSpace(fmt.Sprintf("(version %d again) %s", v.RestoredFrom, note))
		}
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", v.Number, day(v.At), v.By, state, note)
	}
	return w.Flush()
}

type configDiffCmd struct {
	database
	From int64 `arg:"" help:"A version's number."`
	To   int64 `arg:"" optional:"" help:"Another's. Default: the one that runs."`
}

func (c configDiffCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	changes, err := f.CompareVersions(ctx, operator(), c.From, c.To)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	if len(changes) == 0 {
		_, _ = fmt.Fprintln(s.out, "they say the same")
	}
	showChanges(s.out, changes)
	return nil
}
