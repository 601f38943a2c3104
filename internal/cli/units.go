package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/importer"
)

type unitsCmd struct {
	Check unitsCheckCmd `cmd:"" help:"How the units stand to Mobuss: without an id, the same id twice, ids that Mobuss does not know. Exit 1 when something is wrong."`
	List  unitsListCmd  `cmd:"" help:"Take over the list of the units that Mobuss has in an environment, in place of the former one."`
}

type unitsCheckCmd struct {
	database
	Environment string `enum:"homologacao,producao,todos" default:"todos" help:"homologacao, producao, or todos for both."`
	Most        int    `help:"How many units of each kind are shown." default:"20"`
	CSV         string `name:"csv" help:"Write what is wrong there, one sheet for each environment and kind, named before this one's: ids that are filled in can be imported." type:"path" placeholder:"FILE"`
}

func (c unitsCheckCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	words, err := english()
	if err != nil {
		return err
	}
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	return errors.Join(c.run(ctx, s, f, words), done())
}

func (c unitsCheckCmd) run(ctx context.Context, s streams, f *flow.Flow, words *i18n.Localizer) error {
	var wrong []string
	for _, env := range []desk.Environment{desk.Homologation, desk.Production} {
		if c.Environment != "todos" && c.Environment != string(env) {
			continue
		}
		right, err := c.one(ctx, s.out, f, env, words)
		if err != nil {
			return err
		}
		if !right {
			wrong = append(wrong, string(env))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("not every unit has an id of its own that Mobuss is known to have: %s", strings.Join(wrong, ", "))
	}
	return nil
}

func (c unitsCheckCmd) one(ctx context.Context, w io.Writer, f *flow.Flow, env desk.Environment, words *i18n.Localizer) (right bool, err error) {
	check, err := f.UnitCheck(ctx, operator(), env)
	if err != nil {
		return false, err
	}
	extra, err := f.CountMobussOnly(ctx, operator(), env)
	if err != nil {
		return false, err
	}
	_, _ = fmt.Fprintf(w, "%s: %d units, %d with an id\n", env, check.Units, check.WithID)
	if check.Listed {
		_, _ = fmt.Fprintf(w, "  compared with %s, %d units, of %s by %s\n", check.ListName, check.ListUnits, check.ListedAt.Format("2006-01-02 15:04"), check.ListedBy)
	}
	counts := map[flow.UnitFlaw]int64{flow.FlawMissing: check.Missing, flow.FlawShared: check.Duplicates, flow.FlawUnknown: check.Unknown, flow.FlawExtra: extra}
	for _, flaw := range flow.UnitFlaws {
		if counts[flaw] == 0 {
			continue
		}
		if err := c.flaw(ctx, w, f, env, flaw, counts[flaw], words); err != nil {
			return false, err
		}
	}
	if check.Unchecked > 0 {
		_, _ = fmt.Fprintf(w, "  not compared with Mobuss: %d; ponte units list %s FILE takes over the list that Mobuss supplied\n", check.Unchecked, env)
	}
	return check.Right(), nil
}

func (c unitsCheckCmd) flaw(ctx context.Context, w io.Writer, f *flow.Flow, env desk.Environment, flaw flow.UnitFlaw, n int64, words *i18n.Localizer) error {
	_, _ = fmt.Fprintf(w, "  %s: %d\n", strings.ToLower(words.T("units.flaw_"+string(flaw))), n)
	units, err := f.FlawedUnits(ctx, operator(), env, flaw, max(c.Most, 1))
	if err != nil {
		return err
	}
	for _, u := range units {
		text := strings.TrimSpace(u.MobussID + " " + u.Name)
		if flaw != flow.FlawExtra {
			text = strings.TrimSpace(u.Development + "-" + u.Block + "-" + u.Number + " " + u.MobussID)
		}
		_, _ = fmt.Fprintln(w, "    "+text)
	}
	if more := n - int64(len(units)); more > 0 {
		_, _ = fmt.Fprintf(w, "    and %d more\n", more)
	}
	if c.CSV == "" {
		return nil
	}
	path := filepath.Join(filepath.Dir(c.CSV), string(env)+"-"+string(flaw)+"-"+filepath.Base(c.CSV))
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w, "    all of them:", path)
	return errors.Join(importer.WriteUnits(ctx, f, operator(), env, flaw, to), to.Close())
}

type unitsListCmd struct {
	database
	Environment string `arg:"" enum:"homologacao,producao" help:"homologacao or producao."`
	File        string `arg:"" type:"existingfile" help:"CSV with a column id, id_mobuss or IdUnidade, and a name if there is one; or nothing but ids, one a line."`
	Errors      string `help:"Write the rows that say no id there." type:"path" placeholder:"FILE"`
}

func (c unitsListCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	words, err := english()
	if err != nil {
		return err
	}
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	return errors.Join(c.run(ctx, s, f, words), done())
}

func (c unitsListCmd) run(ctx context.Context, s streams, f *flow.Flow, words *i18n.Localizer) error {
	l, err := f.ImportMobussUnits(ctx, operator(), desk.Environment(c.Environment), filepath.Base(c.File))
	if err != nil {
		return err
	}
	o := importer.Options{Words: words.Field}
	if c.Errors != "" {
		o.Errors = func(string, string) (io.WriteCloser, error) {
			return os.OpenFile(c.Errors, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		}
	}
	r, err := importer.ImportMobussList(ctx, l, importer.File{Name: c.File, Open: func() (io.ReadCloser, error) { return os.Open(c.File) }}, o)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.out, "%s has %d units by %s; it takes the former list's place\n", c.Environment, r.Units, filepath.Base(c.File))
	for _, b := range r.Bad {
		_, _ = fmt.Fprintf(s.out, "line %d: %s\n", b.Line, words.Field(b.Reasons[0]))
	}
	if r.Wrong > 0 {
		return fmt.Errorf("%d rows were not taken", r.Wrong)
	}
	return nil
}
