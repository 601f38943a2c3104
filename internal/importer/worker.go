package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Worker plans and imports the uploads of the pages, one at a time of all replicas, and goes on with what a process that
// died was at.
type Worker struct {
	WorkerOptions
	wake chan struct{}
}

// WorkerOptions of a worker.
type WorkerOptions struct {
	Flow *flow.Flow
	// Owner tells processes apart.
	Owner string
	// Words says what is wrong with a row, in the sheet of refused ones.
	Words func(desk.FieldError) string
	Log   *slog.Logger
	// Lease is how long nobody takes over from this process without a sign of life; 0: flow.WorkLeaseLife.
	Lease time.Duration
	// Poll is how often it looks for uploads that nobody woke it for; 0: 5 s.
	Poll time.Duration
	// Most is how many rows of each state a report tells; 0: 50.
	Most int
	// Breath is Options.Breath.
	Breath time.Duration
}

// NewWorker makes one; Run works.
func NewWorker(o WorkerOptions) *Worker {
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	if o.Most == 0 {
		o.Most = 50
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Worker{WorkerOptions: o, wake: make(chan struct{}, 1)}
}

// Wake tells it that an upload waits. It never blocks.
func (k *Worker) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends. What is under way then is left as it is, for the next who comes.
func (k *Worker) Run(ctx context.Context) {
	tick := time.NewTicker(k.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		worked, err := k.Once(ctx)
		if err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "import an upload", "error", err)
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-tick.C:
		}
	}
}

// Once works at one upload, if one waits.
func (k *Worker) Once(ctx context.Context) (worked bool, err error) {
	job, err := k.Flow.NextUpload(ctx, k.Owner, k.Lease)
	if err != nil || job == nil {
		return false, err
	}
	at, lost := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		job.Keep(at, lost)
	}()
	err = k.work(at, job)
	if errors.Is(context.Cause(at), flow.ErrNoLease) || errors.Is(err, flow.ErrNoLease) {
		err = nil // stopped, or another replica's by now
	}
	lost(nil)
	<-kept
	if err != nil && ctx.Err() == nil { // a bug, or a database that refuses: nobody should be kept waiting
		err = errors.Join(err, job.Broke(ctx))
	}
	return true, errors.Join(err, job.Leave(ctx))
}

func (k *Worker) work(ctx context.Context, job *flow.RegistryWork) error {
	if err := job.ForgetRefused(ctx); err != nil {
		return err
	}
	err := k.do(ctx, job)
	var wrong *desk.Error
	if errors.As(err, &wrong) { // of the sheets
		why := desk.FieldError{Code: wrong.Code, Args: wrong.Args}
		if len(wrong.Fields) > 0 {
			why = wrong.Fields[0]
		}
		return job.NotUnderstood(ctx, why, &flow.RegistryReport{Sheets: k.looked(ctx, job)})
	}
	return err
}

func (k *Worker) do(ctx context.Context, job *flow.RegistryWork) error {
	if job.ListOf != "" {
		return k.list(ctx, job)
	}
	if job.State != flow.JobImporting {
		im, err := job.Plan(ctx)
		if err != nil {
			return err
		}
		print := sha256.New()
		o := k.options(ctx, job, print)
		if job.State == flow.JobToPlan { // it is for a person to look at, before confirming
			o.Whole = func() io.WriteCloser { return job.WholePlan(ctx) }
		}
		report, err := walk(ctx, im, k.files(ctx, job), o, false)
		if err != nil {
			return err
		}
		return job.Planned(ctx, told(report), hex.EncodeToString(print.Sum(nil)))
	}
	im, err := job.Import(ctx)
	if err != nil {
		return err
	}
	im.Breath = k.Breath
	report, err := walk(ctx, im, k.files(ctx, job), k.options(ctx, job, nil), true)
	if err != nil {
		return err
	}
	return job.Imported(ctx, becameOf(job, told(report)))
}

// becameOf: of an import that went on behind a crash the last walk finds most rows done; the plan, which was found to be
// what would happen, says what it did in all.
func becameOf(job *flow.RegistryWork, last *flow.RegistryReport) *flow.RegistryReport {
	if job.Tries == 0 || job.Report == nil { // it began once
		return last
	}
	return job.Report
}

// files are the sheets, in the order in which they were sent.
func (k *Worker) files(ctx context.Context, job *flow.RegistryWork) (out []File) {
	for _, s := range job.Sheets {
		m := job.Mappings[s.Seq]
		out = append(out, File{Name: s.Name, Kind: m.Kind, Map: m.Map, Tab: m.Tab,
			Open: func() (io.ReadCloser, error) { return job.Open(ctx, s.Seq), nil },
			Recall: func(headers []string) (flow.RegistryMapping, bool) {
				m, ok, err := k.Flow.RememberedMapping(ctx, headers)
				if err != nil && ctx.Err() == nil {
					k.Log.WarnContext(ctx, "recall the columns of a sheet", "error", err)
				}
				return m, ok
			}})
	}
	return out
}

// progressEvery is often enough for someone who watches.
const progressEvery = time.Second

func (k *Worker) options(ctx context.Context, job *flow.RegistryWork, print io.Writer) Options {
	total, rows := int64(0), 0
	for _, s := range job.Sheets {
		total += s.Size
	}
	if job.Report != nil {
		rows = job.Report.Rows
	}
	var next time.Time
	var before, last int64 // bytes of the sheets before this one, and of this one
	sheet, refused := "", 0
	return Options{Most: k.Most, Complete: job.Complete, Words: k.Words, Print: print,
		Errors: func(name, format string) (io.WriteCloser, error) {
			refused++
			return job.Refuse(ctx, refused, refusedName(name, format)), nil
		},
		Progress: func(p Progress) {
			if p.Sheet != sheet {
				before, last, sheet = before+last, 0, p.Sheet
			}
			last = p.Bytes
			now := time.Now()
			if now.Before(next) {
				return
			}
			next = now.Add(progressEvery)
			done, all := before+last, total
			if rows > 0 {
				done, all = int64(p.Rows), int64(rows)
			}
			if err := job.Progress(ctx, done, all); err != nil && ctx.Err() == nil && !errors.Is(err, flow.ErrNoLease) {
				k.Log.WarnContext(ctx, "tell the progress of an import", "error", err)
			}
		}}
}

// refusedName is what the refused rows of a sheet are called.
func refusedName(sheet, format string) string {
	return strings.TrimSuffix(sheet, filepath.Ext(sheet)) + "-recusadas" + format
}

// looked is how far each sheet is understood.
func (k *Worker) looked(ctx context.Context, job *flow.RegistryWork) (out []flow.RegistrySheet) {
	for i, f := range k.files(ctx, job) {
		s, err := open(f, i)
		if s == nil {
			out = append(out, flow.RegistrySheet{Name: f.Name})
			continue
		}
		if err == nil {
			_ = s.close()
		}
		out = append(out, toldSheet(s))
	}
	return out
}

func toldSheet(s *Sheet) flow.RegistrySheet {
	return flow.RegistrySheet{Name: s.Name, Kind: s.Kind, Charset: string(s.Charset), Comma: string(s.Comma), Line: s.Line, Headers: s.Headers, Tab: s.Tab, Tabs: s.Tabs, Samples: s.Samples,
		Unknown: s.Unknown, Missing: s.Missing, Columns: s.Columns(), Remembered: s.Recalled}
}

// told is a report as it is kept.
func told(r *Report) *flow.RegistryReport {
	out := &flow.RegistryReport{Rows: r.Rows, States: r.States, New: r.New, Changed: r.Changed, Gone: r.Gone, Ended: r.Ended, Missing: r.Missing}
	for i := range r.Sheets {
		out.Sheets = append(out.Sheets, toldSheet(&r.Sheets[i]))
	}
	for _, o := range r.Told {
		out.Told = append(out.Told, flow.RegistryTold{Sheet: o.Sheet, RegistryOutcome: o.RegistryOutcome})
	}
	return out
}
