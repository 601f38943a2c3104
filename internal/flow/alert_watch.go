package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// AlertWatch is the right of one process of all replicas to decide what is told, and to tell it.
type AlertWatch struct {
	flow  *Flow
	lease *WorkLease
}

// TakeAlerts answers nil where another process has it. A process that died is followed after life; 0: WorkLeaseLife.
func (f *Flow) TakeAlerts(ctx context.Context, owner string, life time.Duration) (*AlertWatch, error) {
	l, err := f.takeLease(ctx, alertWork, owner, life)
	if l == nil || err != nil {
		return nil, err
	}
	return &AlertWatch{f, l}, nil
}

// Leave gives the right back, so that nobody waits for its end.
func (a *AlertWatch) Leave(ctx context.Context) error { return a.lease.Leave(ctx) }

// Sight keeps what this process sees and others can't; what it does not name any more is over. Every process tells it.
func (f *Flow) Sight(ctx context.Context, source string, all []Sighting) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		now := w.now.UnixMilli()
		if err := w.ForgetSightings(w.ctx, db.ForgetSightingsParams{Source: source, SeenAt: w.now.Add(-sightingLife).UnixMilli()}); err != nil {
			return err
		}
		for _, s := range all {
			err := w.PutSighting(w.ctx, db.PutSightingParams{Source: source, Kind: s.Kind, Subject: s.Subject, Value: s.Value, Since: s.Since.UnixMilli(), SeenAt: now})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// AlertLimits are the settings, for processes.
func (f *Flow) AlertLimits(ctx context.Context) (desk.AlertSettings, error) {
	return alertSettings(f.Store.Read().AlertSettings(ctx))
}

// Look sees where each condition stands, and writes what changed together with the messages that tell of it: who dies
// after this has decided nothing that is not told. Its error beside a decision says what could not be looked at.
func (a *AlertWatch) Look(ctx context.Context) error {
	f := a.flow
	is, err := f.AlertLimits(ctx)
	if err != nil {
		return err
	}
	seen, unknown, blind := f.look(ctx, is)
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if err := a.lease.hold(w); err != nil {
			return err
		}
		return w.decideAlerts(is, seen, unknown)
	})
	if err == nil {
		err = blind
	}
	return err
}

// decideAlerts steps every condition that is known or seen.
func (w *work) decideAlerts(is desk.AlertSettings, seen map[alertKey]alertSight, unknown map[desk.AlertKind]bool) error {
	rows, err := w.Alerts(w.ctx)
	if err != nil {
		return err
	}
	before := map[alertKey]db.Alert{}
	all := map[alertKey]bool{}
	for _, r := range rows {
		before[alertKey{r.Kind, r.Subject}] = r
		all[alertKey{r.Kind, r.Subject}] = !unknown[r.Kind]
	}
	for k := range seen {
		all[k] = true
	}
	var notices []db.AlertNotice
	for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b alertKey) int {
		return strings.Compare(string(a.kind)+"\x00"+a.subject, string(b.kind)+"\x00"+b.subject)
	}) {
		if !all[k] {
			continue
		}
		n, err := w.stepAlert(k, before[k], seen[k], is)
		if err != nil {
			return err
		}
		if n != nil {
			notices = append(notices, *n)
		}
	}
	if len(notices) == 0 {
		return w.forgetAlerts()
	}
	to, err := receivers(w.ctx, w.Queries)
	if err != nil {
		return err
	}
	w.AfterCommit(func() { w.flow.Changed(TopicAlerts) })
	return w.tellAlerts(to, is, notices)
}

// TopicAlerts is the name under which the page of alerts listens for news.
const TopicAlerts = "alertas"

func alertStateOf(r db.Alert) desk.AlertState {
	at := func(ms int64) time.Time {
		if ms == 0 {
			return time.Time{}
		}
		return fromMillis(ms)
	}
	return desk.AlertState{Phase: r.Phase, Episode: r.Episode, Since: at(r.Since), Changed: at(r.ChangedAt), Ended: at(r.EndedAt), Value: r.Value,
		Told: at(r.ToldAt), ToldValue: r.ToldValue, Reminded: r.Reminded, Flaps: int(r.Flaps)}
}

func timeMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// stepAlert writes a condition's next state, if it is another, and answers what is to be told of it.
func (w *work) stepAlert(k alertKey, row db.Alert, seen alertSight, is desk.AlertSettings) (*db.AlertNotice, error) {
	was := alertStateOf(row)
	next, event := was.Step(k.kind, seen.AlertSight, w.now, is.Pace(), newID())
	args := row.Args
	if seen.args != nil {
		b, err := json.Marshal(seen.args)
		if err != nil {
			return nil, err
		}
		args = string(b)
	}
	if next == was && args == row.Args {
		return nil, nil
	}
	err := w.PutAlert(w.ctx, db.PutAlertParams{Kind: k.kind, Subject: k.subject, Phase: next.Phase, Episode: next.Episode, Since: timeMillis(next.Since),
		ChangedAt: timeMillis(next.Changed), EndedAt: timeMillis(next.Ended), Value: next.Value, Args: args, ToldAt: timeMillis(next.Told),
		ToldValue: next.ToldValue, Reminded: next.Reminded, Flaps: int64(next.Flaps)})
	if err != nil || event == "" {
		return nil, err
	}
	return &db.AlertNotice{ID: newID(), Kind: k.kind, Subject: k.subject, Episode: next.Episode, Event: event, At: w.now.UnixMilli(),
		Since: timeMillis(next.Since), Value: next.Value, Args: args}, nil
}

// tellAlerts writes the notices, and one message for each receiver that wants any of them: at once, or into the digest that
// waits for the end of the quiet hours.
func (w *work) tellAlerts(to []AlertReceiver, is desk.AlertSettings, notices []db.AlertNotice) error {
	for i := range notices {
		n := &notices[i]
		seq, err := w.NextNoticeSeq(w.ctx, n.Episode)
		if err != nil {
			return err
		}
		n.Seq = seq
		if err := w.InsertAlertNotice(w.ctx, db.InsertAlertNoticeParams(*n)); err != nil {
			return fmt.Errorf("notice %s %d: %w", n.Kind, seq, err)
		}
	}
	for _, r := range to {
		var now, held []db.AlertNotice
		var until time.Time
		for _, n := range notices {
			if n.Event != desk.AlertTest && !r.Wants(n.Kind) {
				continue
			}
			if end := is.HeldUntil(w.now, n.Kind.Critical() || n.Event == desk.AlertTest); end.IsZero() || n.Kind.Sleepless() && n.Event != desk.AlertResolved {
				now = append(now, n)
			} else {
				until, held = end, append(held, n)
			}
		}
		if err := w.message(r.ID, now, time.Time{}); err != nil {
			return err
		}
		if err := w.message(r.ID, held, until); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) message(receiver int64, notices []db.AlertNotice, held time.Time) error {
	if len(notices) == 0 {
		return nil
	}
	id, due := newID(), w.now
	if !held.IsZero() {
		due = held
		there, err := w.HeldAlertMessage(w.ctx, db.HeldAlertMessageParams{ReceiverID: receiver, Now: w.now.UnixMilli()})
		if err == nil {
			return w.fill(there, notices)
		}
		if !store.NoRows(err) {
			return err
		}
	}
	if err := w.InsertAlertMessage(w.ctx, db.InsertAlertMessageParams{ID: id, ReceiverID: receiver, Digest: !held.IsZero(),
		CreatedAt: w.now.UnixMilli(), DueAt: due.UnixMilli()}); err != nil {
		return err
	}
	return w.fill(id, notices)
}

func (w *work) fill(message string, notices []db.AlertNotice) error {
	for _, n := range notices {
		if err := w.AddToAlertMessage(w.ctx, db.AddToAlertMessageParams{MessageID: message, NoticeID: n.ID}); err != nil {
			return err
		}
	}
	return nil
}

// alertsKept is for how long one can read what was told.
const alertsKept = 90 * 24 * time.Hour

// forgetAlerts takes away what is old, a little at a time.
func (w *work) forgetAlerts() error {
	before := w.now.Add(-alertsKept).UnixMilli()
	old, err := w.OldAlertMessages(w.ctx, before)
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := w.ForgetAlertMessageNotices(w.ctx, id); err != nil {
			return err
		}
		if err := w.ForgetAlertMessage(w.ctx, id); err != nil {
			return err
		}
	}
	if len(old) > 0 {
		if err := w.ForgetAlertNotices(w.ctx, before); err != nil {
			return err
		}
	}
	return w.ForgetAlerts(w.ctx, before)
}
