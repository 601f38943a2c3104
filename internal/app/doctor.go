package app

import (
	"context"
	"log/slog"
	"time"

	"ponte/internal/doctor"
	"ponte/internal/flow"
	"ponte/internal/seal"
	"ponte/internal/sso"
	"ponte/internal/store"
	"ponte/internal/webservice"
)

// Checkup is what a doctor is called to look at.
type Checkup struct {
	Place
	Secrets     []string
	SecretsErr  error // why there are none
	KeyFile     string
	PublicURL   string
	ReplicaURL  string
	MailURL     string // as serve has it; only whether there is one is looked at
	All, Online bool
	SSO         *sso.Provider // the house's own; nil: none, or SSOErr says what is wrong with it
	SSOErr      error
	Log         *slog.Logger
}

// Examine opens what can be opened, without migrating anything, and has it looked over.
func (c Checkup) Examine(ctx context.Context) []doctor.Finding {
	p := doctor.Patient{KeyFile: c.KeyFile, PublicURL: c.PublicURL, ReplicaURL: c.ReplicaURL, Mail: c.MailURL != "", All: c.All, Online: c.Online, Now: time.Now, KeysErr: c.SecretsErr,
		Served: store.Served(c.DatabaseURL), SSOErr: c.SSOErr}
	if c.SSO != nil {
		p.SSO = c.SSO.Look
	}
	if p.StoreErr = c.Exists(); p.StoreErr == nil {
		if p.Store, p.StoreErr = store.OpenBeside(ctx, c.DatabaseURL); p.Store != nil {
			defer func() { _ = p.Store.Close() }() // nothing was written
		}
	}
	if p.Blobs, p.BlobsErr = c.blobs(ctx); p.Blobs != nil {
		defer func() { _ = p.Blobs.Close() }()
	}
	if p.KeysErr == nil {
		var keys *seal.Keyring
		if keys, p.KeysErr = seal.New(c.Secrets...); p.KeysErr == nil && p.Store != nil {
			p.Flow = flow.New(flow.Deps{Store: p.Store, Keys: keys, Blobs: p.Blobs, Log: c.Log, Operations: webservice.Known()})
		}
	}
	return doctor.Examine(ctx, p)
}
