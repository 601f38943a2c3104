package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/i18n"
)

type configTestCmd struct {
	database
	Environment string `arg:"" optional:"" enum:"homologacao" default:"homologacao" help:"homologacao. Production is asked once, by the go-live form."`
	Exchange    bool   `help:"Show the request and the answer too, without credentials."`
}

// errProbe is how the command ends where the answer was not the right one; what came of it was said already.
var errProbe = errors.New("the connection does not work yet")

// Run asks one question that changes nothing over there.
func (c configTestCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	r, err := app.Probe(ctx, f, operator(), desk.Environment(c.Environment))
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	all, err := i18n.Load()
	if err != nil {
		return err
	}
	words := all.In(i18n.English)
	say := func(text string) { _, _ = fmt.Fprintln(s.out, text) }
	for _, step := range r.Steps() {
		_, _ = fmt.Fprintf(s.out, "%-22s %s\n", words.T("probe.step_"+step.Name), words.T("probe.state_"+string(step.State)))
	}
	if r.HTTPStatus != 0 {
		_, _ = fmt.Fprintf(s.out, "\n%s answered HTTP %d in %s\n", r.Address, r.HTTPStatus, r.Took.Round(time.Millisecond))
	}
	_, _ = fmt.Fprintf(s.out, "\n%s (%s)\n", words.T("probe.is_"+string(r.Code)), r.Code)
	if r.Reason.Code != "" {
		say(words.Reason(r.Reason))
	}
	say(words.T("probe.then_"+string(r.Code), "missing", strings.Join(r.Missing, ", ")))
	if c.Exchange && r.Request != "" {
		say("\n" + r.Request + "\n\n" + r.Response)
	}
	if !r.OK() {
		return errProbe
	}
	return nil
}
