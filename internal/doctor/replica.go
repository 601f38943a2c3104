package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"ponte/internal/replica"
	"ponte/internal/store"
)

// Further behind than this is not a slow disk any more.
const farBehind = time.Minute

// replicaLag says how far the replica is behind.
func (e *examination) replicaLag() {
	const check = "replica"
	if e.ReplicaURL == "" {
		if e.Store != nil && e.Store.Dialect() == store.SQLite {
			e.say(check, Note, "none: a lost disk costs all since the last backup", "ponte serve --replica-url file:///folder follows database and attachments elsewhere (docs/runbook.md)")
		}
		return
	}
	dir, err := replica.Folder(e.ReplicaURL)
	if err != nil {
		e.fail(check, err, "write replica-url as file:///folder")
		return
	}
	st, err := replica.Look(dir)
	if errors.Is(err, fs.ErrNotExist) {
		e.say(check, Wrong, dir+" has none", "start ponte serve with this replica-url; is the folder's disk mounted?")
		return
	}
	if err != nil {
		e.fail(check, err, "let the user that runs ponte read "+dir)
		return
	}
	behind := e.Now().Sub(time.UnixMilli(st.At)).Round(time.Second)
	said := fmt.Sprintf("%s has all that was durable at %s, %s ago", dir, time.UnixMilli(st.At).UTC().Format(time.RFC3339), behind)
	switch {
	case behind > farBehind && e.Served:
		e.say(check, Wrong, said, "look into the log of ponte serve for \"replica\"; make room in "+dir)
	case behind > farBehind:
		e.say(check, Note, said+"; no ponte serve runs, and a stop copies what is left", "")
	default:
		e.say(check, OK, said, "")
	}
	if e.Flow != nil && st.Key != e.Flow.Keys.Fingerprints()[0] {
		e.say(check, Note, "was last written with the secret key of fingerprint "+st.Key, "keep that key with it")
	}
	e.space(dir)
}
