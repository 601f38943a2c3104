package flow

import (
	"context"
	"encoding/json"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// JobState is where an upload to the registry is on its way.
type JobState string

const (
	JobReceiving JobState = "recebendo"
	JobToPlan    JobState = "planejar" // waits for its plan, or is being planned
	JobPlanned   JobState = "planejada"
	JobToCheck   JobState = "conferir" // wanted: is the plan still what would happen?
	JobImporting JobState = "importar" // goes on from where it was, whatever happens to the process
	JobDone      JobState = "importada"
	JobRefused   JobState = "recusada" // a sheet was not understood; nothing of it was written
	JobStopped   JobState = "parada"   // by a person, on its way: what came before is in
	JobFailed    JobState = "falhou"   // something broke; it can be planned again
	JobDiscarded JobState = "descartada"
)

// Working says whether something is being done, or about to be.
func (s JobState) Working() bool { return s == JobToPlan || s == JobToCheck || s == JobImporting }

// RegistrySheet is how a sheet was understood.
type RegistrySheet struct {
	Name       string
	Kind       RegistryKind
	Charset    string
	Comma      string
	Line       int // of the headers
	Headers    []string
	Unknown    []string          // headers that are passed over
	Samples    []string          // what stands under each header in the first rows, shortened
	Missing    []string          // columns that it can't do without: not understood
	Columns    map[string]string // our column -> its header, or "=" and the value of every row
	Tab        string            // the sheet of a workbook that was read
	Tabs       []string          // all that it has
	Remembered bool              // the columns are as someone said of a sheet like this one before
}

// RegistryTold is a row of which a report tells.
type RegistryTold struct {
	Sheet string
	RegistryOutcome
}

// RegistryReport is what a plan shows, and what became of it.
type RegistryReport struct {
	Sheets       []RegistrySheet
	Rows         int
	States       map[RowState]int
	New, Changed map[string]int // by thing
	Gone         map[string]int
	Ended        int // contracts that are no longer current
	Told         []RegistryTold
	Missing      []RegistryGone
	// Units is how many a list of Mobuss's units has.
	Units int
}

// RowBroken is a row that could not be read.
const RowBroken RowState = "erro"

// Refused counts the rows that are not taken.
func (r *RegistryReport) Refused() int { return r.States[RowBroken] + r.States[RowConflict] }

// Changes counts the rows that do something.
func (r *RegistryReport) Changes() int { return r.States[RowNew] + r.States[RowChanged] }

// RegistryMapping is what a person said of a sheet: its kind (empty: its headers tell) and which header, or "=" and a
// value, stands for a column of ours.
type RegistryMapping struct {
	Kind RegistryKind      `json:"tipo,omitempty"`
	Map  map[string]string `json:"colunas,omitempty"`
	Tab  string            `json:"aba,omitempty"` // of a workbook; empty: the first that is understood
}

// RegistryFile is a sheet that was sent, or its refused rows.
type RegistryFile struct {
	Seq  int
	Name string
	Size int64
}

// RegistryJob is an upload with what became of it.
type RegistryJob struct {
	ID          string
	State       JobState
	ListOf      desk.Environment // a list of the units that Mobuss has there; empty: the registry
	At          time.Time
	By          string
	Complete    bool
	Mappings    map[int]RegistryMapping // by sheet
	Print       string                  // names the plan
	Report      *RegistryReport         // nil: there is none yet, or no more
	Done, Total int64                   // of the step that is under way; 0 of 0: unknown
	Tries       int                     // how often its import began: above 1 it went on behind a crash
	Reason      desk.FieldError         // of recusada and falhou, and why a plan is a new one; no code: none
	Ended       time.Time
	Swept       bool // its report and sheets are gone
	Sheets      []RegistryFile
	Refused     []RegistryFile
	Plan        *RegistryFile // all that the plan comes to, as a sheet; nil: there is none, or no more
}

// TopicImports is the name under which the list of imports listens for news; each has its own besides.
const TopicImports = "importacoes"

// TopicImport is the name under which an import's page listens.
func TopicImport(id string) string { return "importacao-" + id }

// RegistryJob answers an upload, for consultants.
func (f *Flow) RegistryJob(ctx context.Context, a desk.Actor, id string) (*RegistryJob, error) {
	if !a.Has(desk.Consultant) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	return f.registryJob(ctx, f.Store.Read(), id)
}

func (f *Flow) registryJob(ctx context.Context, q *db.Queries, id string) (*RegistryJob, error) {
	row, err := q.RegistryJob(ctx, id)
	if store.NoRows(err) || err == nil && JobState(row.State) == JobReceiving {
		return nil, desk.Fail(desk.ErrNoImport)
	}
	if err != nil {
		return nil, err
	}
	j := &RegistryJob{ID: id, State: JobState(row.State), ListOf: desk.Environment(row.ListOf.String), At: fromMillis(row.CreatedAt), By: row.ActorName,
		Complete: row.Complete, Print: row.Print, Done: row.Done, Total: row.Total, Tries: int(row.Tries), Swept: row.Swept, Mappings: map[int]RegistryMapping{}}
	if row.EndedAt.Valid {
		j.Ended = fromMillis(row.EndedAt.Int64)
	}
	if j.Reason, err = reasonOfJob(row.ReasonCode, row.ReasonArgs); err != nil {
		return nil, err
	}
	if row.Mappings != "" {
		if err := json.Unmarshal([]byte(row.Mappings), &j.Mappings); err != nil {
			return nil, err
		}
	}
	if j.Report, err = f.openReport(row); err != nil {
		return nil, err
	}
	files, err := q.RegistryFiles(ctx, id)
	for _, r := range files {
		one := RegistryFile{int(r.Seq), r.Name, r.Size}
		if r.Seq == wholePlan {
			j.Plan = &one
		} else if r.Seq > refusedFrom {
			j.Refused = append(j.Refused, one)
		} else {
			j.Sheets = append(j.Sheets, one)
		}
	}
	return j, err
}

func reportPlace(id string) string { return "registry_job.report:" + id }

func (f *Flow) openReport(row db.RegistryJob) (*RegistryReport, error) {
	plain, err := f.Keys.Open(reportPlace(row.ID), row.Report)
	if err != nil || plain == nil {
		return nil, err
	}
	var r RegistryReport
	return &r, json.Unmarshal(plain, &r)
}

// jobReason is how a reason lies in its two columns.
type jobReason struct {
	Field string         `json:"campo,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

func reasonOfJob(code, args string) (desk.FieldError, error) {
	e := desk.FieldError{Code: code}
	if args == "" {
		return e, nil
	}
	var r jobReason
	err := json.Unmarshal([]byte(args), &r)
	e.Field, e.Args = r.Field, r.Args
	return e, err
}

// RegistryJobLine is an upload in the list of the latest.
type RegistryJobLine struct {
	ID          string
	State       JobState
	ListOf      desk.Environment
	At          time.Time
	By          string
	Done, Total int64
	Ended       time.Time
}

// RegistryJobs answers the latest uploads, for consultants.
func (f *Flow) RegistryJobs(ctx context.Context, a desk.Actor, most int) ([]RegistryJobLine, error) {
	if !a.Has(desk.Consultant) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	rows, err := f.Store.Read().RegistryJobs(ctx, int64(most))
	out := make([]RegistryJobLine, len(rows))
	for i, r := range rows {
		out[i] = RegistryJobLine{ID: r.ID, State: JobState(r.State), ListOf: desk.Environment(r.ListOf.String), At: fromMillis(r.CreatedAt), By: r.ActorName,
			Done: r.Done, Total: r.Total}
		if r.EndedAt.Valid {
			out[i].Ended = fromMillis(r.EndedAt.Int64)
		}
	}
	return out, err
}
