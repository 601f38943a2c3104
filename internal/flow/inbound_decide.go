package flow

import (
	"context"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// AssignCall gives a refused call to a person to look after; 0 to nobody.
func (f *Flow) AssignCall(ctx context.Context, a desk.Actor, id string, user int64) error {
	return f.decideCall(ctx, a, id, "recebimento.atribuir", map[string]any{"usuario": user}, MaySeeCalls(a), func(w *work) (int64, error) {
		if user != 0 {
			u, err := w.UserByID(w.ctx, user)
			if store.NoRows(err) || err == nil && u.Disabled {
				return 0, desk.BadField("usuario", "nao_existe")
			}
			if err != nil {
				return 0, err
			}
		}
		return w.AssignInbound(w.ctx, db.AssignInboundParams{ID: id, AssigneeID: store.Null(user)})
	})
}

// maxWhy bounds a reason, in characters.
const maxWhy = 500

// DismissCall ends a refused call without doing what it asked, for a reason.
func (f *Flow) DismissCall(ctx context.Context, a desk.Actor, id, why string) error {
	if !MayReplay(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	if why = shorten(strings.TrimSpace(why), maxWhy); why == "" {
		return desk.BadField("motivo", "obrigatorio")
	}
	return f.decideCall(ctx, a, id, "recebimento.descartar", nil, MayReplay(a), func(w *work) (int64, error) {
		return w.EndInbound(w.ctx, db.EndInboundParams{ID: id, Ended: store.NullText(EndDismissed), EndedAt: store.Null(w.now.UnixMilli()),
			EndedBy: a.Name, EndedWhy: why})
	})
}

// ReopenCall makes a dismissed call work again.
func (f *Flow) ReopenCall(ctx context.Context, a desk.Actor, id string) error {
	return f.decideCall(ctx, a, id, "recebimento.reabrir", nil, MayReplay(a), func(w *work) (int64, error) {
		return w.ReopenInbound(w.ctx, id)
	})
}

func (f *Flow) decideCall(ctx context.Context, a desk.Actor, id, action string, detail map[string]any, may bool, decide func(*work) (int64, error)) error {
	if !may {
		return desk.Fail(desk.ErrForbidden)
	}
	if _, err := f.callRow(ctx, a, id); err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		n, err := decide(w)
		if err == nil && n == 0 {
			err = desk.Fail(desk.ErrCallState)
		}
		if err != nil {
			return err
		}
		w.AfterCommit(func() {
			for _, topic := range []string{TopicCalls, TopicOpenCalls, TopicCall(id)} {
				f.Changed(topic)
			}
		})
		return w.audit(a, action, "recebimento:"+id, detail)
	})
}
