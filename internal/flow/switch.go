package flow

import (
	"context"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// SwitchInput is how the environments are switched.
type SwitchInput struct {
	// Base is the version that the person saw: if another runs by now, it is refused (configuracao_mudou). 0: whatever runs.
	Base int64
	Note string // at most 500 characters
	// UnitsReason says why production begins while units have no id there; it is kept with the switch.
	UnitsReason string
}

// MaySwitch says who switches the environments.
func MaySwitch(a desk.Actor) bool { return a.Has(desk.Consultant) }

// GoLive is the entry into production: from its commit on occurrences are born there, homologation's tokens are refused,
// and what homologation had queued is dropped. Refused with everything that is missing (desk.CheckSwitch).
func (f *Flow) GoLive(ctx context.Context, a desk.Actor, in SwitchInput) error {
	return f.change(ctx, a, desk.GoLive, in)
}

// SwitchBack pauses production: nothing is sent there from its commit on, what happens there queues, and tests go to
// homologation.
func (f *Flow) SwitchBack(ctx context.Context, a desk.Actor, in SwitchInput) error {
	return f.change(ctx, a, desk.SwitchBack, in)
}

// Resume ends a pause: what queued is sent, in order. It wants a proven version, like the go-live.
func (f *Flow) Resume(ctx context.Context, a desk.Actor, in SwitchInput) error {
	return f.change(ctx, a, desk.Resume, in)
}

func (f *Flow) change(ctx context.Context, a desk.Actor, s desk.Switch, in SwitchInput) error {
	in.Note, in.UnitsReason = strings.TrimSpace(in.Note), strings.TrimSpace(in.UnitsReason)
	for field, text := range map[string]string{"observacao": in.Note, "motivo": in.UnitsReason} {
		if len([]rune(text)) > maxNote {
			return desk.BadField(field, "grande_demais", "maximo", maxNote)
		}
	}
	// Exclusive: who sends holds it shared until their claim is durable, so that none of them is durable after this.
	return f.writeUnder(ctx, func(tx *store.Tx) error { return tx.HoldSwitch(true) }, func(w *work) error {
		if !MaySwitch(a) {
			return desk.Fail(desk.ErrForbidden)
		}
		if err := w.lockInstallation(); err != nil {
			return err
		}
		running, err := w.ConfigVersionByID(w.ctx, w.inst.ConfigVersionID)
		if err != nil {
			return err
		}
		if in.Base != 0 && in.Base != running.Number {
			return desk.Fail(desk.ErrConfigChanged, "versao", running.Number)
		}
		return w.change(a, s, in, running.Number)
	})
}

// lockInstallation reads the installation anew under its lock: nobody publishes or switches until this is durable.
func (w *work) lockInstallation() (err error) {
	if w.inst, err = w.LockInstallation(w.ctx); err != nil {
		return err
	}
	w.cfg, err = w.flow.config(w.ctx, w.Queries, w.inst.ConfigVersionID)
	return err
}

func (w *work) change(a desk.Actor, s desk.Switch, in SwitchInput, version int64) error {
	ready, report, err := w.flow.ready(w.ctx, w.Queries, w.inst)
	if err != nil {
		return err
	}
	ready.Reason = in.UnitsReason
	to, refused := desk.CheckSwitch(s, w.phase(), ready)
	if refused != nil {
		return refused
	}
	note, detail := in.Note, map[string]any{"versao": version}
	if s == desk.SwitchBack {
		report = ""
	} else {
		detail["relatorio"] = report
	}
	if s == desk.GoLive && ready.Unmapped > 0 {
		detail["unidades_sem_id"] = ready.Unmapped
		note = strings.TrimSpace(note + "\n" + in.UnitsReason)
	}
	if err := w.SetPhase(w.ctx, db.SetPhaseParams{ActiveEnvironment: to.Active(), ProductionPaused: to == desk.Paused}); err != nil {
		return err
	}
	if err := w.InsertSwitch(w.ctx, db.InsertSwitchParams{ConnectionID: w.inst.ConnectionID, Act: string(s), At: w.now.UnixMilli(),
		ByName: a.Name, Note: note, ConfigVersionID: w.inst.ConfigVersionID, RunID: store.NullText(report)}); err != nil {
		return err
	}
	w.AfterCommit(func() {
		w.flow.Changed(TopicEnvironment)
		w.flow.Wake()
	})
	w.pauseChanged() // another environment's pause is what concerns everybody now
	if err := w.askPausedNow(desk.Production); err != nil {
		return err
	}
	return w.audit(a, "ambiente."+string(s), "ambiente:"+string(desk.Production), detail)
}
