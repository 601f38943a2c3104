package flow

import (
	"context"
	"errors"
	"math"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Sighting is what one process sees that the others can't: that its calls to an environment are paused, or how much room
// is left on its disk.
type Sighting struct {
	Kind    desk.AlertKind
	Subject string
	Value   int64
	Since   time.Time
}

// sightingLife is how long a sighting holds without being told again: its process may have died.
const sightingLife = 3 * time.Minute

// alertKey is one condition.
type alertKey struct {
	kind    desk.AlertKind
	subject string
}

// alertSight is what is seen of it, with what its words need.
type alertSight struct {
	desk.AlertSight
	args map[string]any
}

// alertLook gathers what is seen now.
type alertLook struct {
	ctx  context.Context //nolint:containedctx // of one look
	flow *Flow
	q    *db.Queries
	now  time.Time
	is   desk.AlertSettings
	seen map[alertKey]alertSight
	// unknown are the kinds of which a condition that was not seen may hold all the same.
	unknown map[desk.AlertKind]bool
}

func (l *alertLook) see(k desk.AlertKind, subject string, value int64, since time.Time, args ...any) {
	s := alertSight{AlertSight: desk.AlertSight{On: true, Value: value, Since: since}, args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		s.args[args[i].(string)] = args[i+1]
	}
	l.seen[alertKey{k, subject}] = s
}

// look answers the conditions that hold. One that can't be looked at is as it was: its error is answered beside the rest.
func (f *Flow) look(ctx context.Context, s desk.AlertSettings) (seen map[alertKey]alertSight, unknown map[desk.AlertKind]bool, err error) {
	l := &alertLook{ctx: ctx, flow: f, q: f.Store.Read(), now: f.Now(), is: s, seen: map[alertKey]alertSight{}, unknown: map[desk.AlertKind]bool{}}
	for _, k := range desk.AlertKinds {
		if s.Limit(k) == 0 {
			continue
		}
		if failed := l.of(k); failed != nil {
			l.unknown[k], err = true, errors.Join(err, failed)
		}
	}
	return l.seen, l.unknown, err
}

func (l *alertLook) of(k desk.AlertKind) error {
	switch k {
	case desk.AlertDown:
		return l.paused()
	case desk.AlertDisk:
		return l.sightings(k)
	case desk.AlertBacklog:
		return l.backlog()
	case desk.AlertFailure:
		return l.failures()
	case desk.AlertAnalysis:
		return l.analysis()
	case desk.AlertCertificate:
		return l.certificates()
	case desk.AlertToken:
		return l.tokens()
	case desk.AlertBackup:
		return l.backup()
	case desk.AlertEmergency:
		return l.emergencies()
	}
	return nil
}

// paused are the routes on which nothing is sent, whichever process found out.
func (l *alertLook) paused() error {
	pauses, err := l.q.OpenPauses(l.ctx)
	for _, p := range pauses {
		if began := l.flow.onTheWall(p.BeganAt); l.now.Sub(began) >= time.Duration(l.is.DownMinutes)*time.Minute {
			l.see(desk.AlertDown, string(p.Environment), 0, began, "ambiente", string(p.Environment))
		}
	}
	return err
}

func (l *alertLook) sightings(k desk.AlertKind) error {
	rows, err := l.q.Sightings(l.ctx, l.now.Add(-sightingLife).UnixMilli())
	limit := int64(l.is.Limit(k))
	for _, r := range rows {
		switch {
		case r.Kind != k:
		case r.Value < limit:
			l.see(k, r.Subject, r.Value, fromMillis(r.Since), "lugar", r.Subject, "mib", r.Value)
		}
	}
	return err
}

// backlog does not count what waits because a person paused production.
func (l *alertLook) backlog() error {
	inst, err := l.q.Installation(l.ctx)
	if err != nil || inst.ProductionPaused {
		return err
	}
	b, err := l.q.MovingBacklog(l.ctx)
	if err != nil || b.N == 0 {
		return err
	}
	if oldest := fromMillis(b.Oldest); l.now.Sub(oldest) >= time.Duration(l.is.BacklogMinutes)*time.Minute {
		l.see(desk.AlertBacklog, "", b.N, oldest, "n", b.N)
	}
	return nil
}

// mostCounted bounds a count that is looked at every half a minute.
const mostCounted = 10_000

func (l *alertLook) failures() error {
	cfg, err := l.flow.current(l.ctx)
	if err != nil || cfg.Failure == "" {
		return err
	}
	n, err := l.q.CountStatus(l.ctx, db.CountStatusParams{StatusCode: cfg.Failure, Column2: mostCounted})
	if err == nil && n >= int64(l.is.Failures) {
		l.see(desk.AlertFailure, "", n, time.Time{}, "n", n)
	}
	return err
}

func (l *alertLook) analysis() error {
	a, err := l.q.OpenAnalysis(l.ctx)
	if err == nil && a.N >= int64(l.is.Analysis) {
		l.see(desk.AlertAnalysis, "", a.N, fromMillis(a.Oldest), "n", a.N)
	}
	return err
}

func (l *alertLook) certificates() error {
	inst, err := l.q.Installation(l.ctx)
	if err != nil {
		return err
	}
	for _, env := range []desk.Environment{desk.Homologation, desk.Production} {
		row, err := l.q.Endpoint(l.ctx, db.EndpointParams{ConnectionID: inst.ConnectionID, Environment: env})
		if store.NoRows(err) {
			continue
		}
		if err != nil {
			return err
		}
		secrets, err := l.flow.secrets(row)
		if err != nil {
			return err
		}
		c := certificateFacts(secrets[mapping.SecretCertificate])
		if c != nil && c.NotAfter.Sub(l.now) < time.Duration(l.is.CertificateDays)*24*time.Hour {
			l.see(desk.AlertCertificate, string(env), daysTo(l.now, c.NotAfter), time.Time{}, "ambiente", string(env), "ate", c.NotAfter.UnixMilli())
		}
	}
	return nil
}

// daysTo is whole days; what is over is at 0.
func daysTo(now, then time.Time) int64 {
	return int64(math.Max(0, math.Floor(then.Sub(now).Hours()/24)))
}

// tokenMourned is for how long a token that ran out is still trouble, and not the past.
const tokenMourned = 7 * 24 * time.Hour

func (l *alertLook) tokens() error {
	rows, err := l.q.Tokens(l.ctx)
	var names []string
	var first time.Time
	for _, r := range rows {
		t := token(r)
		ends := t.ExpiresAt
		if ends.IsZero() || !t.RevokedAt.IsZero() || t.ReplacedBy != 0 || l.now.Sub(ends) > tokenMourned ||
			ends.Sub(l.now) >= time.Duration(l.is.TokenDays)*24*time.Hour {
			continue
		}
		names = append(names, t.Name)
		if first.IsZero() || ends.Before(first) {
			first = ends
		}
	}
	if len(names) > 0 {
		l.see(desk.AlertToken, "", int64(len(names)), time.Time{}, "nomes", names, "n", len(names), "ate", first.UnixMilli())
	}
	return err
}

func (l *alertLook) backup() error {
	last, err := l.q.LastBackup(l.ctx)
	if err != nil || len(last) == 0 { // nobody knows of any: another tool may make them
		return err
	}
	at := fromMillis(last[0])
	if age := l.now.Sub(at); age >= time.Duration(l.is.BackupHours)*time.Hour {
		l.see(desk.AlertBackup, "", int64(age.Hours()), time.Time{}, "de", at.UnixMilli())
	}
	return nil
}

// NoteBackup keeps that a backup of an installation was written to its end. It needs no keys.
func NoteBackup(ctx context.Context, s *store.Store, taken time.Time, bytes int64) error {
	return s.Write(ctx, func(tx *store.Tx) error {
		return tx.NoteBackup(context.WithoutCancel(ctx), db.NoteBackupParams{TakenAt: taken.UnixMilli(), Bytes: bytes})
	})
}
