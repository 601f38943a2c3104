package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
)

// Alert is a condition that holds, or only just ceased to.
type Alert struct {
	Kind    desk.AlertKind
	Subject string
	Phase   desk.AlertPhase
	Since   time.Time
	Told    time.Time
	Value   int64
	Args    map[string]any
}

// AlertMessage is what was sent to a receiver, or waits.
type AlertMessage struct {
	ID           string
	To           AlertReceiver
	State        desk.AlertMessageState
	Digest       bool
	Created, Due time.Time
	Settled      time.Time // zero: not yet
	Attempts     int
	Reason       string
	HTTPStatus   int
	Notices      []AlertNotice
}

// AlertBoard is what the page of alerts shows.
type AlertBoard struct {
	Firing   []Alert
	Messages []AlertMessage // the latest first
}

// boardMessages is how many messages a page shows.
const boardMessages = 30

// Alerts answers what holds now, and what was told.
func (f *Flow) Alerts(ctx context.Context, a desk.Actor) (b AlertBoard, err error) {
	if !MayManageAlerts(a) {
		return b, desk.Fail(desk.ErrForbidden)
	}
	if b.Firing, err = f.firing(ctx); err != nil {
		return b, err
	}
	q := f.Store.Read()
	rows, err := q.AlertMessages(ctx, boardMessages)
	if err != nil {
		return b, err
	}
	for _, m := range rows {
		out := AlertMessage{ID: m.ID, To: AlertReceiver{ID: m.ReceiverID, Name: m.Name, Channel: m.Channel, Target: m.Target}, State: m.State,
			Digest: m.Digest, Created: fromMillis(m.CreatedAt), Due: fromMillis(m.DueAt), Attempts: int(m.Attempts), Reason: m.ReasonCode, HTTPStatus: int(m.HttpStatus)}
		if m.SettledAt.Valid {
			out.Settled = fromMillis(m.SettledAt.Int64)
		}
		if out.Notices, err = noticesOf(ctx, q, m.ID); err != nil {
			return b, err
		}
		b.Messages = append(b.Messages, out)
	}
	return b, nil
}

func (f *Flow) firing(ctx context.Context) (out []Alert, err error) {
	rows, err := f.Store.Read().Alerts(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Phase == desk.AlertQuiet {
			continue
		}
		s := alertStateOf(r)
		a := Alert{Kind: r.Kind, Subject: r.Subject, Phase: r.Phase, Since: s.Since, Told: s.Told, Value: r.Value}
		if a.Args, err = alertArgs(r.Args); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// CountFiring counts the conditions that hold, by kind, for metrics.
func (f *Flow) CountFiring(ctx context.Context) (map[desk.AlertKind]int64, error) {
	all, err := f.firing(ctx)
	out := map[desk.AlertKind]int64{}
	for _, a := range all {
		out[a.Kind]++
	}
	return out, err
}
