package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ponte/internal/alert"
	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/doctor"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/mail"
	"ponte/internal/store"
)

// newAlerts tells of trouble. What this process alone can see is its disk.
func (a *App) newAlerts(owner string, words *i18n.Catalogues) *alert.Worker {
	o := alert.Options{Flow: a.Flow, Owner: owner, Log: a.cfg.Log, Words: words, PublicURL: a.PublicURL, Post: posts(a.hook),
		Sightings: a.disks}
	if a.sender != nil {
		o.Mail = mails(a.sender.Send)
	}
	return alert.New(o)
}

// mails says of a letter whether the mail server took it.
func mails(send func(context.Context, desk.Letter) error) func(context.Context, desk.Letter) flow.AlertSent {
	return func(ctx context.Context, l desk.Letter) flow.AlertSent {
		err := send(ctx, l)
		var f *mail.Failure
		switch {
		case err == nil:
			return flow.AlertSent{Taken: true}
		case errors.As(err, &f) && f.Code != 0:
			return flow.AlertSent{Retry: !f.Final, Reason: "correio_recusou", HTTPStatus: f.Code}
		case errors.As(err, &f) && f.Final:
			return flow.AlertSent{Reason: "correio_recusou"}
		}
		return flow.AlertSent{Retry: true, Reason: "correio"}
	}
}

// posts carries bodies to webhooks.
func posts(h *connector.Hook) func(context.Context, alert.Post) alert.Answer {
	return func(ctx context.Context, p alert.Post) alert.Answer {
		x := h.Post(ctx, connector.HookCall{URL: p.URL, Header: p.Header, Body: p.Body, AllowPrivate: p.AllowPrivate})
		return alert.Answer{Status: x.Status, After: x.After, Reason: x.Err,
			Final: slices.Contains([]string{connector.ReasonURL, connector.ReasonAddress}, x.Err)}
	}
}

// disks are the folders of this process that fill up, with the MiB that are left.
func (a *App) disks() (out []flow.Sighting) {
	dirs := []string{a.blobs.Dir()}
	if path := a.store.Path(); path != "" {
		dirs = append(dirs, filepath.Dir(path))
	}
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	seen := map[uint64]bool{} // two folders of one disk are one trouble
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if free, known := doctor.Room(dir); known && !seen[free>>20] {
			seen[free>>20] = true
			out = append(out, flow.Sighting{Kind: desk.AlertDisk, Subject: host + ":" + dir, Value: int64(free >> 20), Since: time.Now()}) //nolint:gosec // MiB of a disk
		}
	}
	return out
}

// NoteBackup keeps in an installation that a backup of it was written to its end, so that one that fails to come is told
// of. A database of an earlier release has no place for it.
func NoteBackup(ctx context.Context, p Place, taken time.Time, bytes int64) error {
	s, err := store.OpenBeside(ctx, p.DatabaseURL)
	if err != nil {
		return err
	}
	newest, err := store.NewestVersion()
	if err == nil {
		var has int64
		if has, err = s.SchemaVersion(ctx); err == nil && has == newest {
			err = flow.NoteBackup(ctx, s, taken, bytes)
		}
	}
	return errors.Join(err, s.Close())
}
