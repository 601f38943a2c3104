package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/importer"
)

type importCmd struct {
	database
	Files []string `arg:"" type:"existingfile" help:"Sheets, CSV or XLSX: empreendimentos, blocos, unidades, clientes, contratos, vinculos, or completo, units with their contracts; ocorrencias: open ones of the system before."`

	Kind     string            `enum:",empreendimentos,blocos,unidades,clientes,contratos,vinculos,completo,ocorrencias" default:"" help:"What the sheets are about. Default: their headers tell; of contracts, the name too: contratos.csv has no new units, another may." placeholder:"KIND"`
	Tab      string            `help:"Which sheet of a workbook is read. Default: the first that is understood." placeholder:"NAME"`
	Map      map[string]string `help:"Which header a column of ours has: numero=UNIDADE. With two = the value of every row: cod_bloco==U." placeholder:"COLUMN=HEADER"`
	Complete bool              `help:"The sheets hold everything of the developments that they name: current contracts that are missing end."`
	Errors   string            `help:"Write the rows that are not taken there, with the reason, to be mended and sent again. Of several sheets, each to its name before this one's." type:"path" placeholder:"FILE"`
	Most     int               `help:"How many rows of each state are shown." default:"20"`
	Yes      bool              `help:"Don't ask."`
}

// breath is how long an import beside a server on the embedded database writes nothing between two chunks: the server
// gets its turn by trying, every 1 to 25 ms at first.
const breath = 25 * time.Millisecond

func (c importCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	words, err := english()
	if err != nil {
		return err
	}
	thrifty()
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	return errors.Join(c.run(ctx, s, f, words), done())
}

func (c importCmd) run(ctx context.Context, s streams, f *flow.Flow, words *i18n.Localizer) error {
	o, err := c.options(s)
	if err != nil {
		return err
	}
	plan, err := importer.Plan(ctx, f, operator(), c.files(), o)
	if err != nil {
		return err
	}
	showRegistry(s.out, plan, words, c.Complete)
	if plan.Nothing() && plan.Ended == 0 {
		_, _ = fmt.Fprintln(s.out, "\nnothing to import")
		return c.refused(plan)
	}
	if err := agree(s, c.Yes); err != nil {
		return err
	}
	o.Errors = nil
	if app.Served(c.DatabaseURL) {
		o.Breath = breath
	}
	debug.FreeOSMemory() // what the plan kept
	report, err := importer.Import(ctx, f, operator(), c.files(), o)
	if err != nil {
		return fmt.Errorf("%w\nwhat came before it is imported; the same command goes on from there", err)
	}
	_, _ = fmt.Fprintf(s.out, "\ndone: %s\n", counts(report, words))
	if report.Ended > 0 {
		_, _ = fmt.Fprintf(s.out, "%d contracts ended\n", report.Ended)
	}
	return c.refused(report)
}

// refused makes the command fail where rows were not taken: whoever scripts it must know.
func (c importCmd) refused(r *importer.Report) error {
	if r.Refused() == 0 {
		return nil
	}
	where := "; --errors FILE writes them to a sheet"
	if c.Errors != "" {
		where = "; their sheets are named above"
	}
	return fmt.Errorf("%d rows were not taken%s", r.Refused(), where)
}

func (c importCmd) files() (out []importer.File) {
	for _, path := range c.Files {
		out = append(out, importer.File{Name: path, Kind: importer.Kind(c.Kind), Map: c.Map, Tab: c.Tab,
			Open: func() (io.ReadCloser, error) { return os.Open(path) }})
	}
	return out
}

func (c importCmd) options(s streams) (importer.Options, error) {
	all, err := i18n.Load()
	if err != nil {
		return importer.Options{}, err
	}
	portuguese := all.In(i18n.Portuguese) // the sheet goes back to the office that made it
	o := importer.Options{Most: c.Most, Complete: c.Complete, Words: portuguese.Field}
	if c.Errors != "" {
		o.Errors = func(sheet, format string) (io.WriteCloser, error) {
			path := c.Errors
			if format != ".csv" {
				path = strings.TrimSuffix(path, filepath.Ext(path)) + format
			}
			if len(c.Files) > 1 {
				name := strings.TrimSuffix(filepath.Base(sheet), filepath.Ext(sheet))
				path = filepath.Join(filepath.Dir(path), name+"-"+filepath.Base(path))
			}
			_, _ = fmt.Fprintln(s.out, "refused rows:", path)
			return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		}
	}
	return o, nil
}

func english() (*i18n.Localizer, error) {
	all, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	return all.In(i18n.English), nil
}

func counts(r *importer.Report, words *i18n.Localizer) string {
	var parts []string
	for _, st := range importer.States {
		if n := r.States[st]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", strings.ToLower(words.T("registry."+string(st))), n))
		}
	}
	return strings.Join(parts, ", ")
}

func showRegistry(w io.Writer, r *importer.Report, words *i18n.Localizer, complete bool) {
	for i := range r.Sheets {
		sheet := &r.Sheets[i]
		if len(sheet.Tabs) > 0 {
			_, _ = fmt.Fprintf(w, "%s: %s, sheet %q of %q\n", sheet.Name, sheet.Kind, sheet.Tab, sheet.Tabs)
		} else {
			_, _ = fmt.Fprintf(w, "%s: %s, %s, separator %q\n", sheet.Name, sheet.Kind, sheet.Charset, string(sheet.Comma))
		}
		if len(sheet.Unknown) > 0 {
			_, _ = fmt.Fprintf(w, "  columns that are passed over: %s\n", strings.Join(sheet.Unknown, ", "))
		}
	}
	_, _ = fmt.Fprintf(w, "rows: %s\n", counts(r, words))
	for _, t := range importer.Things {
		if r.New[t]+r.Changed[t] > 0 {
			_, _ = fmt.Fprintf(w, "  %s: %d new, %d changed\n", words.T("registry."+t), r.New[t], r.Changed[t])
		}
	}
	told := map[importer.State]int{}
	for _, o := range r.Told {
		told[o.State]++
		_, _ = fmt.Fprintf(w, "\nline %d, %s", o.Line, strings.ToLower(words.T("registry."+string(o.State))))
		if len(r.Sheets) > 1 {
			_, _ = fmt.Fprintf(w, " (%s)", o.Sheet)
		}
		for _, change := range o.Changes {
			_, _ = fmt.Fprintf(w, "\n  %s", changeWords(change))
		}
		for _, reason := range slices.Concat(o.Reasons, o.Warnings) {
			_, _ = fmt.Fprintf(w, "\n  %s: %s", reason.Field, words.Field(reason))
		}
	}
	_, _ = fmt.Fprintln(w)
	for _, st := range importer.States {
		if more := r.States[st] - told[st]; more > 0 && st != flow.RowSame {
			_, _ = fmt.Fprintf(w, "and %d more, %s\n", more, strings.ToLower(words.T("registry."+string(st))))
		}
	}
	showGone(w, r, words, complete)
}

func showGone(w io.Writer, r *importer.Report, words *i18n.Localizer, complete bool) {
	for _, thing := range slices.Sorted(maps.Keys(r.Gone)) {
		what := "they stay as they are"
		switch {
		case thing == "contrato" && complete && r.Refused() > 0:
			what = "they stay current: while rows are refused nothing ends"
		case thing == "contrato" && complete:
			what = "they end"
		}
		_, _ = fmt.Fprintf(w, "\nin the registry but not in the sheets: %d %s; %s\n", r.Gone[thing], words.T("registry."+thing), what)
		for _, g := range r.Missing {
			if g.Thing == thing {
				_, _ = fmt.Fprintln(w, strings.TrimRight("  "+g.Key+" "+g.Unit, " "))
			}
		}
	}
}

func changeWords(c flow.RegistryChange) string {
	if c.Field == "" {
		return strings.TrimSpace(fmt.Sprintf("+ %s %s %s", c.Thing, c.Key, strings.TrimPrefix(c.New, c.Key)))
	}
	old := c.Old
	if old == "" {
		old = "(empty)"
	}
	now := c.New
	if now == "" {
		now = "(empty)"
	}
	return fmt.Sprintf("~ %s %s, %s: %s -> %s", c.Thing, c.Key, c.Field, old, now)
}

// inFile is an error of a configuration file, which its fields find in it.
type inFile struct {
	name string
	error
}

func (e inFile) Unwrap() error { return e.error }

// lines says where in the file each error is, and of which row of a call.
func (e inFile) lines(words *i18n.Localizer, fields []desk.FieldError) string {
	var b strings.Builder
	for _, f := range fields {
		at := f.Field
		if row, ok := f.Args["parametro"]; ok {
			at = fmt.Sprintf("parâmetro %v (%s)", row, f.Field)
		}
		_, _ = fmt.Fprintf(&b, "\n  %s, line %v: %s: %s", e.name, f.Args["linha_do_arquivo"], at, words.Field(f))
	}
	return b.String()
}
