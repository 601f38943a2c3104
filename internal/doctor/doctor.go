// Package doctor looks an installation over and says what to do.
//
// It promises to change nothing (but for a small file that it writes and takes away again where attachments lie), to look
// on where one thing is wrong, and to show no credential and no personal data. It must not know how its findings are shown.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ponte/internal/blob"
	"ponte/internal/flow"
	"ponte/internal/store"
)

// State of a finding.
type State string

const (
	OK      State = "ok"
	Note    State = "note" // nothing is wrong; somebody should know
	Wrong   State = "wrong"
	Skipped State = "skipped" // it could not be looked at, because of what stands above
)

// Finding is one thing that was looked at.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"state"`
	Said  string `json:"said"`
	Do    string `json:"do,omitempty"` // what to do about it
}

// Patient is an installation. What could not be opened is nil, and its Err says why.
type Patient struct {
	Store     *store.Store
	StoreErr  error
	Blobs     *blob.Store
	BlobsErr  error
	Flow      *flow.Flow // nil without keys
	KeysErr   error
	KeyFile   string // path; empty: the key came otherwise
	PublicURL string
	// ReplicaURL is where serve follows the embedded database to; empty: nowhere.
	ReplicaURL string
	// SSO asks the house's own provider for its discovery document; nil: there is none, or SSOErr says why.
	SSO    func(context.Context) error
	SSOErr error
	// Mail: the settings name a mail server.
	Mail   bool
	Served bool // a server has the embedded database open
	Now    func() time.Time
	All    bool // look at everything, not at samples
	Online bool // ask the field's tool, by its own question that changes nothing, and the public address
}

// Examine looks at everything, in an order in which an earlier finding explains a later one.
func Examine(ctx context.Context, p Patient) []Finding {
	e := &examination{ctx: ctx, Patient: p}
	e.database()
	e.keys()
	e.folder()
	e.files()
	if e.readable {
		e.people()
		e.configuration()
		e.tokens()
		e.backlog()
		e.reconciliation()
		e.letters()
	} else {
		for _, check := range []string{"people", "configuration", "tokens", "backlog", "reconciliation", "letters"} {
			e.say(check, Skipped, "the database can't be read as it should be", "")
		}
	}
	e.replicaLag()
	e.clock()
	e.publicAddress()
	e.provider()
	e.permissions()
	return e.found
}

// Healthy says whether nothing is wrong.
func Healthy(all []Finding) bool {
	for _, f := range all {
		if f.State == Wrong {
			return false
		}
	}
	return true
}

type examination struct {
	Patient
	ctx      context.Context //nolint:containedctx // it lives as long as one call of Examine
	found    []Finding
	readable bool // the schema is this release's, so that use cases can read
}

func (e *examination) say(check string, s State, said, do string) {
	e.found = append(e.found, Finding{check, s, said, do})
}

// fail tells of an error that stands in a check's way.
func (e *examination) fail(check string, err error, do string) { e.say(check, Wrong, err.Error(), do) }

func (e *examination) database() {
	const check = "database"
	if e.Store == nil {
		e.fail(check, e.StoreErr, "check database-url, and that the database runs and lets this user in")
		return
	}
	said, err := e.Store.Durability(e.ctx)
	if err != nil {
		e.fail(check, err, "check that the database runs and lets this user in")
		return
	}
	switch said {
	case "sqlite journal_mode=wal synchronous=FULL", "postgresql fsync=on synchronous_commit=on", "postgresql fsync=on synchronous_commit=remote_apply":
		e.say(check, OK, said, "")
	default:
		e.say(check, Wrong, said+": what was acknowledged can be lost in a power cut", "set fsync and synchronous_commit to on in postgresql.conf")
	}
	e.schema()
	if problems, err := e.Store.Integrity(e.ctx, e.All); err != nil {
		e.fail("integrity", err, "restore the last backup")
	} else if len(problems) > 0 {
		e.say("integrity", Wrong, fmt.Sprint(problems), "stop ponte, copy the database's folder away, and restore the last backup")
	} else if e.Store.Dialect() == store.SQLite {
		e.say("integrity", OK, "the file's pages are whole", "")
	}
}

func (e *examination) schema() {
	const check = "schema"
	newest, err := store.NewestVersion()
	if err != nil {
		e.fail(check, err, "")
		return
	}
	has, err := e.Store.SchemaVersion(e.ctx)
	switch {
	case err != nil || has == 0:
		e.say(check, Wrong, "the database has no schema of Ponte", "if this is a new installation: ponte serve makes it; else check database-url")
	case has < newest:
		e.say(check, Wrong, fmt.Sprintf("the database has schema %d, this release %d", has, newest), "take a backup, then restart ponte serve with this release, or run ponte migrate")
	case has > newest:
		e.say(check, Wrong, fmt.Sprintf("the database has schema %d, this release knows %d", has, newest), "use the release that serves this database, or a later one")
	default:
		e.readable = true
		e.say(check, OK, fmt.Sprintf("%d, this release's", has), "")
	}
}

// sample is how much of each kind is looked at without All.
const sample = 200

func (e *examination) keys() {
	const check = "secret key"
	switch {
	case e.KeysErr != nil:
		e.fail(check, e.KeysErr, "give PONTE_SECRET_KEY or PONTE_SECRET_KEY_FILE as serve has it")
		return
	case !e.readable || e.Flow == nil:
		e.say(check, Skipped, "the database can't be read as it should be", "")
		return
	}
	n := sample
	if e.All {
		n = 0
	}
	all, err := e.Flow.Unreadable(e.ctx, n)
	if err != nil {
		e.fail(check, err, "")
		return
	}
	for _, u := range all {
		if u.Key == "" {
			e.say(check, Wrong, fmt.Sprintf("%d values of %s were altered", u.Count, u.Column), "find out who writes to the database; restore the last backup beside it and compare")
			continue
		}
		e.say(check, Wrong, fmt.Sprintf("%d values of %s were sealed with the key of fingerprint %s, which is not given", u.Count, u.Column, u.Key),
			"give that key too, after a comma, and run ponte rekey")
	}
	if len(all) > 0 {
		return
	}
	former, err := e.Flow.SealedOtherwise(e.ctx)
	switch fingerprint := e.Flow.Keys.Fingerprints()[0]; {
	case err != nil:
		e.fail(check, err, "")
	case former > 0:
		e.say(check, Note, fmt.Sprintf("%d values are still sealed with a former key", former), "run ponte rekey; then the former key is not needed any more")
	default:
		e.say(check, OK, "opens what is sealed; its fingerprint is "+fingerprint, "")
	}
}

func (e *examination) files() {
	const check = "attachments"
	if e.Blobs == nil || !e.readable || e.Flow == nil {
		e.say(check, Skipped, "database, key or folder can't be used", "")
		return
	}
	lost, looked, err := e.Flow.LostFiles(e.ctx, sample, e.All)
	if err != nil {
		e.fail(check, err, "")
		return
	}
	how := "the newest are there"
	if e.All {
		how = "all are there, with the bytes that they should have"
	}
	for i, l := range lost {
		if i == 20 {
			e.say(check, Wrong, fmt.Sprintf("and %d more", len(lost)-i), "")
			break
		}
		what := "is gone"
		if l.Altered {
			what = "was altered"
		}
		e.say(check, Wrong, fmt.Sprintf("a file of occurrence %d %s: %s", l.Occurrence, what, l.SHA256), "check blob-url; take the file from a backup: attachments/"+l.SHA256[:2]+"/ in its archive")
	}
	if len(lost) == 0 {
		e.say(check, OK, fmt.Sprintf("%d looked at: %s", looked, how), "")
	}
}

func (e *examination) folder() {
	const check = "folder of attachments"
	if e.Blobs == nil {
		err := e.BlobsErr
		if err == nil {
			err = errors.New("not opened")
		}
		e.fail(check, err, "check blob-url, and who owns the folder")
		return
	}
	if err := e.Blobs.TryWriting(e.ctx); err != nil {
		e.fail(check, err, "let the user that runs ponte write there, and make room")
		return
	}
	e.say(check, OK, "can be written to", "")
	for _, dir := range e.dirs() {
		e.space(dir)
	}
}
