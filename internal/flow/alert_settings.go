package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// MayManageAlerts says who sees and decides who is told of trouble: whoever runs the installation.
func MayManageAlerts(a desk.Actor) bool { return a.Has(desk.Admin) }

// AlertReceiver is who is told. URL and Key are asked for and never answered.
type AlertReceiver struct {
	ID           int64
	Name         string
	Channel      desk.AlertChannel
	Target       string // mail address, or the host of a webhook
	URL, Key     string
	AllowPrivate bool // the webhook may lie in the house's own network
	Language     string
	Kinds        []desk.AlertKind // none: all
	Disabled     bool
	CreatedAt    time.Time
	CreatedBy    string
}

// Wants says whether a condition is this receiver's.
func (r AlertReceiver) Wants(k desk.AlertKind) bool {
	return !r.Disabled && (len(r.Kinds) == 0 || slices.Contains(r.Kinds, k))
}

func receiverOf(row db.AlertReceiver) AlertReceiver {
	out := AlertReceiver{ID: row.ID, Name: row.Name, Channel: row.Channel, Target: row.Target, AllowPrivate: row.AllowPrivate,
		Language: row.Language, Disabled: row.Disabled, CreatedAt: fromMillis(row.CreatedAt), CreatedBy: row.CreatedBy}
	for _, k := range strings.Fields(row.Kinds) {
		out.Kinds = append(out.Kinds, desk.AlertKind(k))
	}
	return out
}

// hookSecret is what is sealed of a webhook.
type hookSecret struct {
	URL string `json:"url"`
	Key string `json:"chave,omitempty"`
}

func receiverPlace(id int64) string { return fmt.Sprintf("alert_receiver.secret:%v", id) }

// AlertSettings answers what is told and when, with who changed it last; a house that never did has the usual ones.
func (f *Flow) AlertSettings(ctx context.Context, a desk.Actor) (s desk.AlertSettings, at time.Time, by string, err error) {
	if !MayManageAlerts(a) {
		return s, at, "", desk.Fail(desk.ErrForbidden)
	}
	row, err := f.Store.Read().AlertSettings(ctx)
	s, err = alertSettings(row, err)
	if row.UpdatedAt != 0 {
		at = fromMillis(row.UpdatedAt)
	}
	return s, at, row.UpdatedBy, err
}

// alertSettings reads a row over the usual settings, so that what a later release adds has a value.
func alertSettings(row db.AlertSetting, err error) (desk.AlertSettings, error) {
	s := desk.DefaultAlerts()
	if store.NoRows(err) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(row.Document), &s)
}

// SetAlertSettings keeps them. They are no part of the integration's configuration version: nobody signs who is woken up.
func (f *Flow) SetAlertSettings(ctx context.Context, a desk.Actor, s desk.AlertSettings) error {
	if !MayManageAlerts(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	if wrong := s.Check(); wrong != nil {
		return wrong
	}
	doc, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if err := w.PutAlertSettings(w.ctx, db.PutAlertSettingsParams{Document: string(doc), UpdatedAt: w.now.UnixMilli(), UpdatedBy: a.Name}); err != nil {
			return err
		}
		w.AfterCommit(f.WakeAlerts)
		var detail map[string]any
		if err := json.Unmarshal(doc, &detail); err != nil {
			return err
		}
		return w.audit(a, "alertas.limites", "alertas", detail)
	})
}

// AlertReceivers lists who is told.
func (f *Flow) AlertReceivers(ctx context.Context, a desk.Actor) ([]AlertReceiver, error) {
	if !MayManageAlerts(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	return receivers(ctx, f.Store.Read())
}

func receivers(ctx context.Context, q *db.Queries) ([]AlertReceiver, error) {
	rows, err := q.AlertReceivers(ctx)
	out := make([]AlertReceiver, len(rows))
	for i, row := range rows {
		out[i] = receiverOf(row)
	}
	return out, err
}

// What a receiver may weigh.
const (
	maxReceiverName = 120
	maxReceiverURL  = 2000
	minReceiverKey  = 16
	maxReceivers    = 50
)

// AddAlertReceiver adds one. Its errors name the fields nome, canal, endereco, chave, avisos, idioma.
func (f *Flow) AddAlertReceiver(ctx context.Context, a desk.Actor, r AlertReceiver) (id int64, err error) {
	if !MayManageAlerts(a) {
		return 0, desk.Fail(desk.ErrForbidden)
	}
	if err := r.check(); err != nil {
		return 0, err
	}
	kinds := make([]string, len(r.Kinds))
	for i, k := range r.Kinds {
		kinds[i] = string(k)
	}
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		there, err := w.AlertReceivers(w.ctx)
		if err != nil {
			return err
		}
		if len(there) >= maxReceivers {
			return desk.BadField("nome", "destinos_demais", "maximo", maxReceivers)
		}
		id, err = w.InsertAlertReceiver(w.ctx, db.InsertAlertReceiverParams{Name: r.Name, Channel: r.Channel, Target: r.Target, AllowPrivate: r.AllowPrivate,
			Language: r.Language, Kinds: strings.Join(kinds, " "), CreatedAt: w.now.UnixMilli(), CreatedBy: a.Name})
		if err != nil {
			return err
		}
		if r.Channel != desk.AlertByMail {
			plain, err := json.Marshal(hookSecret{r.URL, r.Key})
			if err != nil {
				return err
			}
			if err := w.SealAlertReceiver(w.ctx, db.SealAlertReceiverParams{ID: id, Secret: f.Keys.Seal(receiverPlace(id), plain)}); err != nil {
				return err
			}
		}
		return w.audit(a, "alertas.destino", "alerta_destino:"+itoa(id), map[string]any{"canal": r.Channel, "destino": r.Target, "avisos": kinds})
	})
	return id, err
}

// check completes a receiver, and gathers what is wrong with it.
func (r *AlertReceiver) check() error {
	e := desk.Fail(desk.ErrParameter)
	bad := func(field, code string, args map[string]any) {
		e.Fields = append(e.Fields, desk.FieldError{Field: field, Code: code, Args: args})
	}
	if r.Name == "" {
		bad("nome", "obrigatorio", nil)
	} else if utf8.RuneCountInString(r.Name) > maxReceiverName {
		bad("nome", "grande_demais", map[string]any{"maximo": maxReceiverName})
	}
	for _, k := range r.Kinds {
		if !slices.Contains(desk.AlertKinds, k) {
			bad("avisos", "nao_existe", nil)
		}
	}
	switch {
	case !slices.Contains(desk.AlertChannels, r.Channel):
		bad("canal", "obrigatorio", nil)
	case r.Channel == desk.AlertByMail:
		if r.URL, r.Key = "", ""; !mailAddress(r.Target) {
			bad("endereco", "endereco_de_email", nil)
		}
	default:
		u, err := url.Parse(r.URL)
		if len(r.URL) > maxReceiverURL || err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !r.AllowPrivate) {
			bad("endereco", "url_de_aviso_invalida", nil)
		} else {
			r.Target = u.Host
		}
		if r.Channel != desk.AlertByHook {
			r.Key = ""
		} else if len(r.Key) < minReceiverKey {
			bad("chave", "chave_de_aviso_curta", map[string]any{"minimo": minReceiverKey})
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// EnableAlertReceiver lets one be told, or not.
func (f *Flow) EnableAlertReceiver(ctx context.Context, a desk.Actor, id int64, on bool) error {
	action := "alertas.destino.ligar"
	if !on {
		action = "alertas.destino.desligar"
	}
	return f.changeReceiver(ctx, a, id, action, func(w *work) (int64, error) {
		return w.SetAlertReceiverDisabled(w.ctx, db.SetAlertReceiverDisabledParams{ID: id, Disabled: !on})
	})
}

// RemoveAlertReceiver forgets its secrets, and what has not left for it yet does not leave.
func (f *Flow) RemoveAlertReceiver(ctx context.Context, a desk.Actor, id int64) error {
	return f.changeReceiver(ctx, a, id, "alertas.destino.retirar", func(w *work) (int64, error) {
		now := store.Null(w.now.UnixMilli())
		n, err := w.Queries.RemoveAlertReceiver(w.ctx, db.RemoveAlertReceiverParams{ID: id, RemovedAt: now})
		if err != nil {
			return n, err
		}
		return n, w.EndAlertMessages(w.ctx, now)
	})
}

// TestAlertReceiver sends it a message that says that it is one, at once.
func (f *Flow) TestAlertReceiver(ctx context.Context, a desk.Actor, id int64) error {
	return f.changeReceiver(ctx, a, id, "alertas.destino.testar", func(w *work) (int64, error) {
		row, err := w.AlertReceiver(w.ctx, id)
		if store.NoRows(err) || err == nil && row.RemovedAt.Valid {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		w.AfterCommit(f.WakeAlerts)
		return 1, w.tellAlerts([]AlertReceiver{{ID: id}}, desk.DefaultAlerts(), []db.AlertNotice{{ID: newID(), Episode: newID(), Event: desk.AlertTest, At: w.now.UnixMilli(), Since: w.now.UnixMilli()}})
	})
}

func (f *Flow) changeReceiver(ctx context.Context, a desk.Actor, id int64, action string, do func(*work) (int64, error)) error {
	if !MayManageAlerts(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		n, err := do(w)
		if err != nil {
			return err
		}
		if n == 0 {
			return desk.Fail(desk.ErrNotFound, "destino", itoa(id))
		}
		return w.audit(a, action, "alerta_destino:"+itoa(id), nil)
	})
}

// mailAddress says whether a text is one address and nothing beside it.
func mailAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && a.Name == ""
}
