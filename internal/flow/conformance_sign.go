package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// ConformanceProof is the signed report that unlocks the go-live of the configuration that runs.
type ConformanceProof struct {
	Signed bool
	Run    string
	// Digest is the SHA-256 that was signed, in hexadecimal.
	Digest   string
	SignedAt time.Time
	SignedBy string
	Note     string
	EndedAt  time.Time
}

// ConformanceKey answers the latest passed and signed report of the very configuration version that runs, made
// against homologation's present addresses. Publishing another version or changing an address takes the key away.
func (f *Flow) ConformanceKey(ctx context.Context) (ConformanceProof, error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if err != nil {
		return ConformanceProof{}, err
	}
	return conformanceKey(ctx, q, inst)
}

// conformanceKey serves inside a transaction too: a version that is published meanwhile can't slip in between.
func conformanceKey(ctx context.Context, q *db.Queries, inst db.Installation) (ConformanceProof, error) {
	rows, err := q.SignedConformanceRuns(ctx, db.SignedConformanceRunsParams{ConfigVersionID: inst.ConfigVersionID, Environment: desk.Homologation})
	if err != nil || len(rows) == 0 {
		return ConformanceProof{}, err
	}
	place, err := placeNow(ctx, q, inst)
	if err != nil {
		return ConformanceProof{}, err
	}
	for _, r := range rows {
		if r.Place == place {
			return ConformanceProof{Signed: true, Run: r.ID, Digest: r.Digest, SignedAt: fromMillis(r.SignedAt.Int64), SignedBy: r.SignedBy,
				Note: r.SignNote, EndedAt: fromMillis(r.EndedAt.Int64)}, nil
		}
	}
	return ConformanceProof{}, nil
}

// placeNow is where homologation is now, as a run remembers it.
func placeNow(ctx context.Context, q *db.Queries, inst db.Installation) (string, error) {
	row, err := q.Endpoint(ctx, db.EndpointParams{ConnectionID: inst.ConnectionID, Environment: desk.Homologation})
	if err != nil && !store.NoRows(err) {
		return "", err
	}
	return provenPlace(row), nil
}

// SignConformance signs a passed run of the version that runs. digest is the one that the person read; the report is
// summed up anew, so that nobody signs what was changed behind the house's back. Reservations want a note. Who signs has
// just proven who they are: the door sees to it.
func (f *Flow) SignConformance(ctx context.Context, a desk.Actor, run, digest, note string) error {
	if !MayConform(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	note = strings.TrimSpace(note)
	if len([]rune(note)) > maxNote {
		return desk.BadField("nota", "grande_demais", "maximo", maxNote)
	}
	return f.write(ctx, func(w *work) error {
		row, err := w.ConformanceRunByID(w.ctx, run)
		if store.NoRows(err) {
			return desk.Fail(desk.ErrNoConformance)
		}
		if err != nil {
			return err
		}
		cases, err := w.ConformanceCases(w.ctx, run)
		if err != nil {
			return err
		}
		if err := w.signable(row, cases, digest); err != nil {
			return err
		}
		if note == "" && has(cases, CaseReserved) {
			return desk.BadField("nota", "conformidade_nota")
		}
		n, err := w.SignConformanceRun(w.ctx, db.SignConformanceRunParams{ID: run, SignedAt: store.Null(w.now.UnixMilli()),
			SignedBy: a.Name, SignNote: note, Digest: row.Digest})
		if err != nil {
			return err
		}
		if n == 0 {
			return desk.Fail(desk.ErrConformance, "motivo", runSigned)
		}
		w.AfterCommit(func() { w.flow.Changed(TopicConformance) })
		return w.audit(a, "conformidade.assinar", "conformidade:"+run, map[string]any{"resumo": row.Digest, "versao": row.VersionNumber})
	})
}

func (w *work) signable(row db.ConformanceRunByIDRow, cases []db.ConformanceCase, digest string) error {
	refuse := func(why string) error { return desk.Fail(desk.ErrConformance, "motivo", why) }
	place, err := placeNow(w.ctx, w.Queries, w.inst)
	if err != nil {
		return err
	}
	again, err := w.flow.digest(w.ctx, w.Queries, row, cases)
	switch {
	case err != nil:
		return err
	case row.State != RunPassed || !passes(cases):
		return refuse(runNotPassed)
	case row.SignedAt.Valid:
		return refuse(runSigned)
	case row.ConfigVersionID != w.inst.ConfigVersionID:
		return refuse(runOther)
	case row.Place != place:
		return refuse(runElsewhere)
	case again != row.Digest || digest != row.Digest:
		return refuse(runOtherPaper)
	}
	return nil
}

func has(cases []db.ConformanceCase, result CaseResult) bool {
	for _, c := range cases {
		if CaseResult(c.Result) == result {
			return true
		}
	}
	return false
}

// The canonical form of a report: JSON with these members in this order, each text as it was kept. Whatever of the
// registry may be renamed is not part of it.
type (
	canonicalRun struct {
		Form       string          `json:"forma"`
		ID         string          `json:"rodada"`
		Env        string          `json:"ambiente"`
		Place      string          `json:"enderecos"`
		Version    int64           `json:"versao"`
		Document   string          `json:"documento_sha256"`
		UnitID     int64           `json:"unidade"`
		Occurrence int64           `json:"ocorrencia"`
		StartedAt  int64           `json:"inicio"`
		StartedBy  string          `json:"por"`
		EndedAt    int64           `json:"fim"`
		State      string          `json:"resultado"`
		Cases      []canonicalCase `json:"casos"`
	}
	canonicalCase struct {
		Seq       int64  `json:"n"`
		Area      string `json:"area"`
		Name      string `json:"caso"`
		Result    string `json:"resultado"`
		Code      string `json:"motivo"`
		Args      string `json:"motivo_args"`
		StartedAt int64  `json:"inicio"`
		Duration  int64  `json:"ms"`
		// Calls is the SHA-256 of the calls as they were kept.
		Calls string `json:"chamadas_sha256"`
	}
)

const canonicalForm = "ponte-conformidade-1"

// digest sums a report up: SHA-256 over its canonical form, in hexadecimal. Sealing it anew doesn't change it.
func (f *Flow) digest(ctx context.Context, q *db.Queries, r db.ConformanceRunByIDRow, cases []db.ConformanceCase) (string, error) {
	doc, err := q.ConfigDocument(ctx, r.ConfigVersionID)
	if err != nil {
		return "", err
	}
	c := canonicalRun{Form: canonicalForm, ID: r.ID, Env: string(r.Environment), Place: r.Place, Version: r.VersionNumber, Document: sum([]byte(doc)),
		UnitID: r.UnitID.Int64, Occurrence: r.OccurrenceNumber.Int64, StartedAt: r.StartedAt, StartedBy: r.StartedBy, EndedAt: r.EndedAt.Int64, State: r.State}
	for _, k := range cases {
		plain, _, err := f.openExchanges(k)
		if err != nil {
			return "", err
		}
		c.Cases = append(c.Cases, canonicalCase{k.Seq, k.Area, k.Name, k.Result, k.ReasonCode, k.ReasonArgs, k.StartedAt, k.DurationMs, sum(plain)})
	}
	b, err := json.Marshal(c)
	return sum(b), err
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
