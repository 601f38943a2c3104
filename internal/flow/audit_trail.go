package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// AuditLine is one act, with what it was about and what was before and after.
type AuditLine struct {
	ID        int64
	At        time.Time
	ActorKind string
	ActorID   string
	Actor     string
	Action    string
	Subject   string // "ocorrencia:1234"
	Details   []AuditDetail
}

// AuditDetail is one fact of an act. Before and After are of what changed; of the others Value alone is set.
type AuditDetail struct{ Name, Value, Before, After string }

// AuditQuery asks the trail; it is what stands in the page's URL.
type AuditQuery struct {
	User    int64  // who did it; 0: anybody
	Action  string // whole, or its beginning up to a dot
	Subject string // whole: "ocorrencia:1234"
	Since   time.Time
	Until   time.Time // exclusive
	After   string
	Most    int
}

// AuditPage is a page of the trail, the newest first. Next and Partial are as those of Deliveries.
type AuditPage struct {
	Lines   []AuditLine
	Next    string
	Partial bool
}

// How far a page looks for what fits, and how many rows it asks for at once.
const (
	auditLooked = 20000
	auditStep   = 1000
	// AuditExported is how many acts one file holds.
	AuditExported = 50000
)

// AuditTrail answers a page of what was done, for an administrator.
func (f *Flow) AuditTrail(ctx context.Context, a desk.Actor, q AuditQuery) (*AuditPage, error) {
	if !a.Has(desk.Admin) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	out := &AuditPage{}
	var err error
	out.Lines, out.Next, out.Partial, err = f.auditWalk(ctx, q, auditLooked).page(q.Most)
	return out, err
}

// ExportAudit answers all that a question finds, as far as a file holds; that it was taken out is written down.
func (f *Flow) ExportAudit(ctx context.Context, a desk.Actor, q AuditQuery) ([]AuditLine, error) {
	if !a.Has(desk.Admin) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	lines, _, _, err := f.auditWalk(ctx, q, math.MaxInt).page(AuditExported)
	if err != nil {
		return nil, err
	}
	return lines, f.Store.Write(ctx, func(tx *store.Tx) error {
		return f.bare(ctx, tx).audit(a, "auditoria.exportar", "auditoria", map[string]any{"linhas": len(lines)})
	})
}

type auditRow = db.Audit

func (f *Flow) auditWalk(ctx context.Context, q AuditQuery, far int) lookBack[auditRow, AuditLine] {
	read := f.Store.Read()
	return lookBack[auditRow, AuditLine]{after: q.After, until: q.Until, stride: auditStep, far: far,
		rows: func(before int64, id string, most int64) ([]auditRow, error) {
			beforeID, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				beforeID = math.MinInt64 // below a moment, whatever the id
			}
			if before == math.MaxInt64 {
				beforeID = math.MaxInt64
			}
			return q.step(ctx, read, before, beforeID, most)
		},
		at:   func(r auditRow) (int64, string) { return r.At, itoa(r.ID) },
		fits: q.fits,
		line: func(r auditRow) (AuditLine, error) { return auditLine(r), nil }}
}

// step walks the index that narrows most.
func (q AuditQuery) step(ctx context.Context, read *db.Queries, before, id, most int64) ([]auditRow, error) {
	rows, err := q.walk(ctx, read, before, id, most)
	if i := slices.IndexFunc(rows, func(r auditRow) bool { return !q.Since.IsZero() && fromMillis(r.At).Before(q.Since) }); i >= 0 {
		rows = rows[:i] // all that follows is older: the walk ends here
	}
	return rows, err
}

func (q AuditQuery) walk(ctx context.Context, read *db.Queries, before, id, most int64) ([]auditRow, error) {
	switch {
	case q.Subject != "":
		return read.AuditBySubject(ctx, db.AuditBySubjectParams{Subject: q.Subject, Before: before, BeforeID: id, Most: most})
	case q.User != 0:
		return read.AuditByActor(ctx, db.AuditByActorParams{ActorKind: "usuario", ActorID: itoa(q.User), Before: before, BeforeID: id, Most: most})
	case strings.Contains(q.Action, "."):
		return read.AuditByAction(ctx, db.AuditByActionParams{Action: q.Action, Before: before, BeforeID: id, Most: most})
	}
	return read.AuditByTime(ctx, db.AuditByTimeParams{Before: before, BeforeID: id, Most: most})
}

func (q AuditQuery) fits(r auditRow) bool {
	return (q.Subject == "" || r.Subject == q.Subject) && (q.User == 0 || r.ActorKind == "usuario" && r.ActorID == itoa(q.User)) &&
		(q.Action == "" || r.Action == q.Action || strings.HasPrefix(r.Action, q.Action+".")) &&
		(q.Since.IsZero() || !fromMillis(r.At).Before(q.Since)) && (q.Until.IsZero() || fromMillis(r.At).Before(q.Until))
}

func auditLine(r auditRow) AuditLine {
	return AuditLine{ID: r.ID, At: fromMillis(r.At).In(Zone("")), ActorKind: r.ActorKind, ActorID: r.ActorID, Actor: r.ActorName, Action: r.Action,
		Subject: r.Subject, Details: auditDetails(r.Detail)}
}

// auditDetails reads an act's facts; X_antes and X_depois are one.
func auditDetails(text string) (out []AuditDetail) {
	var facts map[string]any
	if json.Unmarshal([]byte(text), &facts) != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		if base, ok := strings.CutSuffix(name, "_antes"); ok {
			out = append(out, AuditDetail{Name: base, Before: factText(facts[name]), After: factText(facts[base+"_depois"])})
			continue
		}
		if base, ok := strings.CutSuffix(name, "_depois"); ok && facts[base+"_antes"] != nil {
			continue
		}
		if text := factText(facts[name]); text != "" {
			out = append(out, AuditDetail{Name: name, Value: text})
		}
	}
	return out
}

func factText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		all := make([]string, len(v))
		for i := range v {
			all[i] = factText(v[i])
		}
		return strings.Join(all, ", ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
