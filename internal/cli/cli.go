// Package cli is the commands: flags, files and exit codes in, use cases out.
//
// It promises exit code 0 for done, 1 for failed and 2 for misused, and messages that say what to do. It must
// not hold rules.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/tracing"
)

type commands struct {
	Config kong.ConfigFlag `help:"File with the same names as the flags (YAML)." placeholder:"FILE" env:"PONTE_CONFIG"`
	Log    string          `name:"log-level" help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"PONTE_LOG_LEVEL"`
	Format string          `name:"log-format" help:"json or text." enum:"json,text" default:"json" env:"PONTE_LOG_FORMAT"`

	Demo        demoCmd        `cmd:"" help:"Ponte and the sandbox of Mobuss, wired to each other, with made-up data. Loopback only."`
	Serve       serveCmd       `cmd:"" help:"Ponte for production. No user, token or key exists until you make one."`
	Sandbox     sandboxCmd     `cmd:"" help:"The sandbox of Mobuss alone: API, technician's pages, faults on demand. Loopback only."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database to this release's schema. serve does it too."`
	User        userCmd        `cmd:"" help:"Accounts of people."`
	Token       tokenCmd       `cmd:"" help:"Keys of programs that call the webservices."`
	Import      importCmd      `cmd:"" help:"The registry from CSV sheets: developments, blocks, units, customers, contracts. The plan is shown first."`
	Units       unitsCmd       `cmd:"" help:"The units and their ids in Mobuss: check, list."`
	Setup       configCmd      `cmd:"" name:"config" help:"The configuration, as one readable file, with its versions."`
	Environment environmentCmd `cmd:"" help:"Homologation and production: where the installation stands, pause production, resume it."`
	Conform     conformanceCmd `cmd:"" name:"conformance" help:"Prove the configuration in use against homologation, case by case. Exit code 0: passed."`
	Compare     compareCmd     `cmd:"" name:"reconcile" help:"Compare what Mobuss holds with what is here. Exit 1 while differences are open."`
	Alerts      alertsCmd      `cmd:"" help:"What the page of alerts decides: limits, quiet hours, who is told (no secrets), and what holds now."`
	Backup      backupCmd      `cmd:"" help:"Write the installation into one file, attachments included, while serve runs. The secret key is not in it."`
	Restore     restoreCmd     `cmd:"" help:"Make an installation of a backup, in an empty database and folder, after reading the file to its end."`
	Rekey       rekeyCmd       `cmd:"" help:"Seal everything anew with the first secret key, so that the former ones are not needed any more."`
	Doctor      doctorCmd      `cmd:"" help:"Look the installation over and say what to do. Changes nothing; exit code 1 where something is wrong."`
	Version     versionCmd     `cmd:"" help:"Say which release this is."`
}

// streams is what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// misuse is an error of the words of the command.
type misuse struct{ error }

const (
	exitDone   = 0
	exitFailed = 1
	exitMisuse = 2
)

// exited carries kong's own exit (after --help) out of its parser.
type exited int

// Main runs a command line and answers the process's exit code.
func Main(args []string, in io.Reader, out, errs io.Writer) (code int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exited:
			code = int(p)
		default:
			panic(p)
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	s := streams{in, out, errs}
	parser, err := kong.New(&c, kong.Name("ponte"), kong.Description("The after-sales desk with its bridge to the field."),
		kong.Writers(out, errs), kong.Exit(func(n int) { panic(exited(n)) }), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Configuration(configFile),
		kong.Vars{"presets": strings.Join(flow.ConfigPresets(), ","), "mends": strings.Join(mendable(), ",")},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		_, _ = fmt.Fprintln(errs, "ponte:", err)
		return exitFailed
	}
	k, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(errs, "ponte: %v\nSee ponte --help.\n", err)
		return exitMisuse
	}
	err = k.Run(logger(errs, c.Log, c.Format))
	if err == nil {
		return exitDone
	}
	_, _ = fmt.Fprintln(errs, "ponte:", explain(err))
	var m misuse
	if errors.As(err, &m) {
		return exitMisuse
	}
	return exitFailed
}

// explain is the command line's one table from an error to its form.
func explain(err error) string {
	var known *desk.Error
	if !errors.As(err, &known) {
		return err.Error()
	}
	all, failed := i18n.Load()
	if failed != nil {
		return err.Error()
	}
	words := all.In(i18n.English)
	text := words.Error(known)
	var file inFile
	if errors.As(err, &file) {
		return text + file.lines(words, known.Fields)
	}
	for _, f := range known.Fields { // here nothing else marks them
		text += "\n  " + f.Field + ": " + words.Field(f)
	}
	return text
}

func logger(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // kong allows only the four
	o := &slog.HandlerOptions{Level: l}
	if format == "text" {
		return slog.New(tracing.Log(slog.NewTextHandler(w, o)))
	}
	return slog.New(tracing.Log(slog.NewJSONHandler(w, o)))
}

type versionCmd struct{}

func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "ponte", app.Version)
	return err
}
