package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"

	"ponte/internal/app"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

type conformanceCmd struct {
	database
	BlobURL string `help:"Where attachments lie, as for serve." env:"PONTE_BLOB_URL" placeholder:"URL"`
	Unit    string `help:"Contract code of the unit whose data go into the calls. Default: the first unit that will do." placeholder:"CONTRACT"`
	PDF     string `help:"Write the report there, with every call." type:"path" placeholder:"FILE"`
	Lang    string `help:"Language of the report: pt-BR or en." enum:"pt-BR,en" default:"pt-BR"`
}

// Run makes a run of the configuration in use against homologation, waits for it and prints its results. It signs
// nothing: that is a person's, on the page.
func (c conformanceCmd) Run(ctx context.Context, s streams, log *slog.Logger) (err error) {
	secrets, err := c.keys()
	if err != nil {
		return err
	}
	all, err := i18n.Load()
	if err != nil {
		return err
	}
	open, err := app.OpenConformance(ctx, app.Config{DatabaseURL: c.DatabaseURL, BlobURL: c.BlobURL, SecretKeys: secrets, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	unit, customer, err := c.unit(ctx, open.Flow)
	if err != nil {
		return err
	}
	id, err := open.Runner.Run(ctx, operator(), unit, customer)
	if err != nil {
		return err
	}
	report, err := open.Flow.ConformancePage(ctx, operator(), id)
	if err != nil {
		return err
	}
	if err := printRun(s.out, all.In(i18n.English), report); err != nil {
		return err
	}
	if err := c.write(all.In(c.Lang), report); err != nil {
		return err
	}
	if report.State != flow.RunPassed {
		return fmt.Errorf("the run did not pass: %s", report.State)
	}
	return nil
}

// unit is whom the calls tell of; 0: the first that will do.
func (c conformanceCmd) unit(ctx context.Context, f *flow.Flow) (unit, customer int64, err error) {
	if c.Unit == "" {
		return 0, 0, nil
	}
	found, err := f.Search(ctx, operator(), c.Unit, 2)
	if err != nil {
		return 0, 0, err
	}
	for _, one := range found.People {
		if one.Contract == c.Unit {
			return one.UnitID, one.CustomerID, nil
		}
	}
	return 0, 0, misuse{fmt.Errorf("unit: no contract has the code %q", c.Unit)}
}

func (c conformanceCmd) write(l *i18n.Localizer, report *flow.ConformancePage) error {
	if c.PDF == "" {
		return nil
	}
	pdf, err := app.ConformancePDF(l, report)
	if err != nil {
		return err
	}
	return os.WriteFile(c.PDF, pdf, 0o600)
}

// printRun is the table: a line a case, what came beside it.
func printRun(out io.Writer, l *i18n.Localizer, report *flow.ConformancePage) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, c := range report.Cases {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Area, c.Name, c.Result, l.Reason(c.Reason))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nrun %s, configuration version %d: %s\nSHA-256 %s\n", report.ID, report.Version, report.State, report.Digest)
	return err
}
