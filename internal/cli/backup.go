package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"ponte/internal/app"
	"ponte/internal/backup"
	"ponte/internal/flow"
)

// place is where an installation keeps what it knows, for commands that need no key.
type place struct {
	DatabaseURL string `help:"sqlite:PATH or postgres://..." env:"PONTE_DATABASE_URL" placeholder:"URL" default:"sqlite:ponte.db"`
	BlobURL     string `help:"Where attachments lie, as serve has it. Default: a folder anexos beside the SQLite file; with PostgreSQL, in the current folder." env:"PONTE_BLOB_URL" placeholder:"URL"`
}

type backupCmd struct {
	place
	To string `arg:"" type:"path" help:"The file to write, or a folder in which it gets a name with the time."`
}

func (c backupCmd) Run(ctx context.Context, s streams) error {
	at := app.Place{DatabaseURL: c.DatabaseURL, BlobURL: c.BlobURL}
	if err := at.Exists(); err != nil {
		return err
	}
	path := backup.NameIn(c.To, time.Now())
	var head backup.Head
	var m *backup.Manifest
	err := backup.Create(path, func(w io.Writer) (err error) {
		head, m, err = app.Backup(ctx, at, w, progress(s.err))
		return err
	})
	if err != nil {
		return err
	}
	if size, err := os.Stat(path); err == nil {
		if err := app.NoteBackup(ctx, at, time.UnixMilli(head.TakenAt), size.Size()); err != nil {
			_, _ = fmt.Fprintln(s.err, "the backup is written; that it was could not be noted in the database:", err)
		}
	}
	_, _ = fmt.Fprintf(s.out, "done: %s\n", path)
	told := describe(s.out, head, m)
	return errors.Join(told, missing(m))
}

// describe says in a few lines what a backup is.
func describe(w io.Writer, h backup.Head, m *backup.Manifest) error {
	keys := make([]string, 0, len(m.Keys))
	for _, fingerprint := range sorted(m.Keys) {
		keys = append(keys, fmt.Sprintf("%s (%d values)", fingerprint, m.Keys[fingerprint]))
	}
	if len(keys) == 0 {
		keys = []string{"none is needed: nothing is sealed"}
	}
	_, err := fmt.Fprintf(w, "taken:       %s from %s, by ponte %s, schema %d\nrows:        %d in %d tables\nattachments: %d, %d bytes\nsecret keys: %s\n",
		time.UnixMilli(h.TakenAt).UTC().Format(time.RFC3339), h.Database, h.Ponte, h.Schema, m.Rows(), len(m.Tables),
		m.Attachments.Files, m.Attachments.Bytes, strings.Join(keys, ", "))
	return err
}

// missing makes the command fail where attachments could not be read: the file is good, the installation is not.
func missing(m *backup.Manifest) error {
	if len(m.Missing) == 0 {
		return nil
	}
	return fmt.Errorf("the backup is written, but the bytes of %d attachments are missing or damaged in this installation: %s; `ponte doctor --all` says which occurrences they are of",
		len(m.Missing), strings.Join(m.Missing[:min(len(m.Missing), 5)], ", "))
}

// progress tells of a long work now and then, on a line of its own.
func progress(w io.Writer) func(backup.Progress) {
	last := time.Now()
	return func(p backup.Progress) {
		if time.Since(last) < 2*time.Second {
			return
		}
		last = time.Now()
		if p.Files > 0 || p.Table == "" {
			_, _ = fmt.Fprintf(w, "attachments: %d, %d MiB\n", p.Files, p.Bytes>>20)
			return
		}
		_, _ = fmt.Fprintf(w, "rows: %d (%s)\n", p.Rows, p.Table)
	}
}

type restoreCmd struct {
	database
	BlobURL string `help:"Where attachments will lie, as serve will have it." env:"PONTE_BLOB_URL" placeholder:"URL"`
	File    string `arg:"" type:"path" help:"What ponte backup wrote; or the folder of a replica, of which the last moment is taken back, or that of --at."`

	At time.Time `help:"The moment to take back from a replica, such as 2026-11-25T14:30:00-03:00; default: the last." placeholder:"TIME"`

	VerifyOnly  bool  `help:"Read the file to its end, compare everything with its manifest, and change nothing. Needs no database and no key."`
	SkipNumbers int64 `help:"How many occurrence numbers to pass over: the hours between the backup and the loss gave some out, and Mobuss knows its orders by them." default:"1000" placeholder:"N"`
	Copy        bool  `help:"Make a copy for trying: it forgets the field tool's addresses and credentials, so that it can't send anything."`
	Force       bool  `help:"Restore although database or folder are in use: they get other names, and nothing of them is deleted."`
	AnyKey      bool  `help:"Restore although the secret key is not the backup's: what was sealed with it can't be read, ever."`
}

func (c restoreCmd) Run(ctx context.Context, s streams, log *slog.Logger) error {
	if c.SkipNumbers < 0 {
		return misuse{errors.New("skip-numbers must not be negative")}
	}
	if app.IsReplica(c.File) {
		return c.fromReplica(ctx, s, log)
	}
	if !c.At.IsZero() {
		return misuse{errors.New("--at is for replicas: a backup has one moment")}
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	var secrets []string
	if !c.VerifyOnly {
		if secrets, err = c.keys(); err != nil {
			return err
		}
		if err := c.room(ctx); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintln(s.err, "reading", c.File, "to its end")
	head, m, err := backup.Verify(ctx, f, progress(s.err))
	if err != nil {
		return err
	}
	if err := describe(s.out, head, m); err != nil {
		return err
	}
	if c.VerifyOnly {
		_, err := fmt.Fprintln(s.out, "done: the backup is whole")
		return errors.Join(err, lost(s.out, m))
	}
	if err := c.ours(m, secrets); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return c.restore(ctx, s, log, f, secrets)
}

func (c restoreCmd) at() app.Place { return app.Place{DatabaseURL: c.DatabaseURL, BlobURL: c.BlobURL} }

// room refuses what is in use, before the long reading.
func (c restoreCmd) room(ctx context.Context) error {
	database, files, err := c.at().Empty(ctx)
	if err != nil || database && files || c.Force {
		return err
	}
	what := "database-url has an installation already"
	if database {
		what = "the folder of the attachments is not empty"
	}
	return fmt.Errorf("%s: a restore wants an empty database and an empty folder; nothing was changed. --force gives what is there another name first", what)
}

// ours compares keys: without them credentials and kept calls are lost, though everything else is there.
func (c restoreCmd) ours(m *backup.Manifest, secrets []string) error {
	missing, err := app.MissingKeys(m, secrets)
	if err != nil || len(missing) == 0 || c.AnyKey {
		return err
	}
	return fmt.Errorf("this is not its key: the backup was sealed with %s, and secret-key has none of that fingerprint; nothing was changed. Give the key that ran then (a former one after a comma), or --any-key to lose what is sealed: credentials, queued deliveries, kept calls",
		strings.Join(missing, ", "))
}

func (c restoreCmd) restore(ctx context.Context, s streams, log *slog.Logger, from io.Reader, secrets []string) error {
	if err := c.aside(ctx, s); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(s.err, "restoring")
	done, m, err := app.Restore{Place: c.at(), Secrets: secrets, By: operator().Name, Skip: c.SkipNumbers, Copy: c.Copy, Log: log, Progress: progress(s.err)}.Run(ctx, from)
	if err != nil {
		return fmt.Errorf("%w; nothing of it counts, and the same command can be given again", err)
	}
	sayRestored(s, done)
	return lost(s.out, m)
}

// aside makes room where it was asked to.
func (c restoreCmd) aside(ctx context.Context, s streams) error {
	if !c.Force {
		return nil
	}
	names, err := c.at().SetAside(ctx, time.Now())
	for _, name := range names {
		_, _ = fmt.Fprintln(s.out, "what was there is now:", name)
	}
	return err
}

func sayRestored(s streams, done flow.Restored) {
	_, _ = fmt.Fprintf(s.out, "\ndone: restored as it was at %s\n", done.TakenAt.UTC().Format(time.RFC3339))
	_, _ = fmt.Fprintf(s.out, "deliveries that were open then: %d; each is looked up in Mobuss before anything is sent\n", done.Doubtful)
	_, _ = fmt.Fprintf(s.out, "the next occurrence gets number %d or later\n", done.NextNumber)
	if done.Copy {
		_, _ = fmt.Fprintln(s.out, "this is a copy: it has no addresses and no credentials of the field's tool")
	}
	_, _ = fmt.Fprint(s.out, next)
}

// fromReplica takes a moment back from a replica's folder.
func (c restoreCmd) fromReplica(ctx context.Context, s streams, log *slog.Logger) error {
	if c.VerifyOnly {
		return misuse{errors.New("--verify-only is for backups; a replica is tried with --copy into another database-url")}
	}
	secrets, err := c.keys()
	if err != nil {
		return err
	}
	if err := c.room(ctx); err != nil {
		return err
	}
	if err := c.aside(ctx, s); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(s.err, "restoring from the replica in", c.File)
	done, files, missing, err := app.Restore{Place: c.at(), Secrets: secrets, By: operator().Name, Skip: c.SkipNumbers, Copy: c.Copy, Log: log}.
		FromReplica(ctx, c.File, c.At, c.AnyKey)
	if err != nil {
		return fmt.Errorf("%w; nothing of it counts, and the same command can be given again", err)
	}
	_, _ = fmt.Fprintf(s.out, "attachments: %d\n", files)
	sayRestored(s, done)
	if missing > 0 {
		_, _ = fmt.Fprintf(s.out, "note: %d attachments are not in the replica, and are missing here\n", missing)
	}
	return nil
}

// next is what a restore can't do by itself.
const next = `
What comes next:
 1. Make sure that the former installation is stopped for good: two would send the same deliveries.
 2. ponte doctor
 3. Revoke again what was revoked since the backup: tokens (ponte token list), accounts (ponte user list). Everybody signs in anew.
 4. ponte serve
 5. What was recorded since the backup is not here. Compare with Mobuss, and record anew what is missing.
`

func lost(w io.Writer, m *backup.Manifest) error {
	if len(m.Missing) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "note: %d attachments were missing when the backup was taken, and are missing here\n", len(m.Missing))
	return err
}
