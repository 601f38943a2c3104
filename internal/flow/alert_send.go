package flow

import (
	"context"
	"encoding/json"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// AlertNotice is one change of a condition, as it is told.
type AlertNotice struct {
	ID      string
	Kind    desk.AlertKind // empty: of a test
	Subject string
	Episode string
	Event   desk.AlertEvent
	At      time.Time
	Since   time.Time // of the trouble
	Value   int64
	Args    map[string]any // for the words
}

// AlertJob is a message that is to be sent now. Its id stays the same however often it is.
type AlertJob struct {
	ID       string
	Receiver AlertReceiver // with its secrets
	Digest   bool
	Created  time.Time
	Attempts int // this one included
	Notices  []AlertNotice
	Zone     *time.Location
}

// AlertSent is what became of it.
type AlertSent struct {
	Taken      bool
	Retry      bool // it was not taken, and may be another time
	Reason     string
	HTTPStatus int
	After      time.Duration // the receiver asked for at least this long
}

// AlertUnreadable is the reason of a message whose receiver's address no key at hand opens.
const AlertUnreadable = "ilegivel"

// alertLease is how long one sending may last; then it is taken for interrupted, and sent again.
const alertLease = 2 * time.Minute

// maxAlertTries is how often a message goes out that nobody takes: for about a day.
const maxAlertTries = 28

// alertPauses are between tries; the last one goes on.
var alertPauses = []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

// maxAlertPause is the longest that a receiver may ask for.
const maxAlertPause = 6 * time.Hour

// Due answers the messages that are to be sent now, each marked as being sent, durable before anything leaves.
func (a *AlertWatch) Due(ctx context.Context, most int) (jobs []AlertJob, err error) {
	f := a.flow
	is, err := f.AlertLimits(ctx)
	if err != nil {
		return nil, err
	}
	if waits, err := f.Store.Read().NextAlertMessage(ctx); err != nil || len(waits) == 0 || waits[0] > f.Now().UnixMilli() {
		return nil, err
	}
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		jobs = nil
		if err := a.lease.hold(w); err != nil {
			return err
		}
		rows, err := w.DueAlertMessages(w.ctx, db.DueAlertMessagesParams{Now: w.now.UnixMilli(), Most: int64(most)})
		if err != nil {
			return err
		}
		for _, m := range rows {
			j, err := w.alertJob(m)
			if err != nil {
				return err
			}
			if j != nil {
				j.Zone = Zone(is.Zone)
				jobs = append(jobs, *j)
			}
		}
		return nil
	})
	return jobs, err
}

func (w *work) alertJob(m db.AlertMessage) (*AlertJob, error) {
	row, err := w.AlertReceiver(w.ctx, m.ReceiverID)
	if err != nil {
		return nil, err
	}
	j := &AlertJob{ID: m.ID, Receiver: receiverOf(row), Digest: m.Digest, Created: fromMillis(m.CreatedAt), Attempts: int(m.Attempts) + 1}
	if row.Channel != desk.AlertByMail {
		plain, err := w.flow.Keys.Open(receiverPlace(row.ID), row.Secret)
		var s hookSecret
		if err == nil {
			err = json.Unmarshal(plain, &s)
		}
		if err != nil { // sealed with a key that is not at hand; the others must not wait for it
			w.flow.Log.ErrorContext(w.ctx, "alerts: a receiver's address can't be read", "receiver", row.ID, "error", err)
			return nil, w.settleAlert(*j, AlertSent{Reason: AlertUnreadable})
		}
		j.Receiver.URL, j.Receiver.Key = s.URL, s.Key
	}
	if j.Notices, err = noticesOf(w.ctx, w.Queries, m.ID); err != nil {
		return nil, err
	}
	return j, w.TryAlertMessage(w.ctx, db.TryAlertMessageParams{ID: m.ID, TriedAt: store.Null(w.now.UnixMilli()), DueAt: w.now.Add(alertLease).UnixMilli()})
}

func noticesOf(ctx context.Context, q *db.Queries, message string) ([]AlertNotice, error) {
	rows, err := q.NoticesOfMessage(ctx, message)
	if err != nil {
		return nil, err
	}
	out := make([]AlertNotice, len(rows))
	for i, n := range rows {
		out[i] = AlertNotice{ID: n.ID, Kind: n.Kind, Subject: n.Subject, Episode: n.Episode, Event: n.Event, At: fromMillis(n.At), Since: fromMillis(n.Since), Value: n.Value}
		if out[i].Args, err = alertArgs(n.Args); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func alertArgs(text string) (args map[string]any, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &args)
	}
	return args, err
}

// Settle writes what became of a message.
func (a *AlertWatch) Settle(ctx context.Context, j AlertJob, sent AlertSent) error {
	return a.flow.Store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		w := a.flow.bare(ctx, tx)
		if err := a.lease.hold(w); err != nil {
			return err
		}
		w.AfterCommit(func() { w.flow.Changed(TopicAlerts) })
		return w.settleAlert(j, sent)
	})
}

func (w *work) settleAlert(j AlertJob, sent AlertSent) error {
	p := db.SettleAlertMessageParams{ID: j.ID, State: desk.AlertTaken, DueAt: w.now.UnixMilli(), SettledAt: store.Null(w.now.UnixMilli()),
		ReasonCode: sent.Reason, HttpStatus: int64(sent.HTTPStatus)}
	pause := max(alertPauses[min(max(j.Attempts, 1), len(alertPauses))-1], min(sent.After, maxAlertPause))
	switch {
	case sent.Taken:
	case sent.Retry && j.Attempts < maxAlertTries:
		p.State, p.SettledAt, p.DueAt = desk.AlertQueued, store.Null(0), w.now.Add(pause).UnixMilli()
	default:
		p.State = desk.AlertGivenUp
	}
	return w.SettleAlertMessage(w.ctx, p)
}

// NextDue is when the next message is to be sent; zero: none waits.
func (a *AlertWatch) NextDue(ctx context.Context) (time.Time, error) {
	rows, err := a.flow.Store.Read().NextAlertMessage(ctx)
	if err != nil || len(rows) == 0 {
		return time.Time{}, err
	}
	return fromMillis(rows[0]), nil
}
