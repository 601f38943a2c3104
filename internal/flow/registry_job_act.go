package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// jobStep is one state to another, with what a person or the worker did.
type jobStep struct {
	id       string
	was, now JobState
	reason   desk.FieldError
	ends     bool
}

// step moves an upload on; who was overtaken is told so.
func (w *work) step(s jobStep) error {
	args := ""
	if s.reason.Field != "" || len(s.reason.Args) > 0 {
		b, err := json.Marshal(jobReason{s.reason.Field, s.reason.Args})
		if err != nil {
			return err
		}
		args = string(b)
	}
	p := db.MoveRegistryJobParams{ID: s.id, Was: string(s.was), State: string(s.now), Now: w.now.UnixMilli(), ReasonCode: s.reason.Code, ReasonArgs: args}
	if s.ends {
		p.EndedAt = store.Null(p.Now)
	}
	n, err := w.MoveRegistryJob(w.ctx, p)
	if err == nil && n == 0 {
		return desk.Fail(desk.ErrImportState)
	}
	w.AfterCommit(func() { w.flow.importChanged(s.id) })
	return err
}

func (f *Flow) importChanged(id string) {
	f.Changed(TopicImport(id))
	f.Changed(TopicImports)
}

// actOnJob is a person's act on an upload.
func (f *Flow) actOnJob(ctx context.Context, a desk.Actor, id, action string, do func(*work, db.RegistryJob) error) error {
	if !a.Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		row, err := tx.RegistryJob(w.ctx, id)
		if store.NoRows(err) {
			return desk.Fail(desk.ErrNoImport)
		}
		if err != nil {
			return err
		}
		if err := do(w, row); err != nil {
			return err
		}
		return w.audit(a, action, "importacao:"+id, nil)
	})
}

// ImportPlanned wants the plan that print names to be carried out, as it was shown. It begins once the plan was found to
// be what would happen still; if not, the upload is planned anew and shown again.
func (f *Flow) ImportPlanned(ctx context.Context, a desk.Actor, id, print string) error {
	return f.actOnJob(ctx, a, id, "cadastro.importacao.confirmar", func(w *work, row db.RegistryJob) error {
		if JobState(row.State) == JobPlanned && row.Print != print {
			return desk.Fail(desk.ErrPlanChanged)
		}
		if err := w.step(jobStep{id: id, was: JobPlanned, now: JobToCheck}); err != nil {
			return err
		}
		w.AfterCommit(w.flow.WakeImport)
		return w.SetRegistryJobActor(w.ctx, db.SetRegistryJobActorParams{ID: id, ActorKind: a.Kind, ActorID: a.ID, ActorName: a.Name})
	})
}

// PlanAgain plans an upload anew: with other columns, or what is left of one that stopped or broke.
func (f *Flow) PlanAgain(ctx context.Context, a desk.Actor, id string, complete bool, mappings map[int]RegistryMapping) error {
	return f.actOnJob(ctx, a, id, "cadastro.importacao.planejar", func(w *work, row db.RegistryJob) error {
		was := JobState(row.State)
		if row.Swept || was.Working() || was == JobDone || was == JobDiscarded || was == JobReceiving {
			return desk.Fail(desk.ErrImportState)
		}
		now := JobToPlan
		if row.ListOf.Valid {
			now = JobImporting // a list has no plan
		}
		if err := w.step(jobStep{id: id, was: was, now: now}); err != nil {
			return err
		}
		w.AfterCommit(w.flow.WakeImport)
		text, err := json.Marshal(mappings)
		if err != nil {
			return err
		}
		return w.SetRegistryJobOptions(w.ctx, db.SetRegistryJobOptionsParams{ID: id, Complete: complete, Mappings: string(text)})
	})
}

// StopImport ends an import on its way: what came before is in, and planning it again tells what is left.
func (f *Flow) StopImport(ctx context.Context, a desk.Actor, id string) error {
	return f.actOnJob(ctx, a, id, "cadastro.importacao.parar", func(w *work, row db.RegistryJob) error {
		if !JobState(row.State).Working() {
			return desk.Fail(desk.ErrImportState)
		}
		return w.step(jobStep{id: id, was: JobState(row.State), now: JobStopped})
	})
}

// DiscardImport forgets an upload that is not under way, with its sheets.
func (f *Flow) DiscardImport(ctx context.Context, a desk.Actor, id string) error {
	err := f.actOnJob(ctx, a, id, "cadastro.importacao.descartar", func(w *work, row db.RegistryJob) error {
		was := JobState(row.State)
		if was.Working() || was == JobDone || was == JobReceiving || was == JobDiscarded {
			return desk.Fail(desk.ErrImportState)
		}
		return w.step(jobStep{id: id, was: was, now: JobDiscarded, ends: true})
	})
	if err != nil {
		return err
	}
	return f.sweepJob(ctx, id, JobDiscarded)
}

// headersKey knows a sheet again by its headers, and says nothing of what stands in them.
func headersKey(headers []string) string {
	folded := make([]string, len(headers))
	for i, h := range headers {
		folded[i] = desk.Plain(h)
	}
	sum := sha256.Sum256([]byte(strings.Join(folded, "\x00")))
	return hex.EncodeToString(sum[:])
}

// RememberMapping keeps what a person said of a sheet with these headers; an empty one forgets it.
func (f *Flow) RememberMapping(ctx context.Context, a desk.Actor, headers []string, m RegistryMapping) error {
	if !a.Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.PutRegistryMapping(context.WithoutCancel(ctx), db.PutRegistryMappingParams{Headers: headersKey(headers), Mapping: string(text), At: f.Now().UnixMilli()})
	})
}

// RememberedMapping answers what someone said last of a sheet with these headers.
func (f *Flow) RememberedMapping(ctx context.Context, headers []string) (m RegistryMapping, ok bool, err error) {
	text, err := f.Store.Read().RegistryMapping(ctx, headersKey(headers))
	if store.NoRows(err) {
		return m, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &m)
	}
	return m, err == nil && (m.Kind != "" || len(m.Map) > 0), err
}
