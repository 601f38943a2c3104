package doctor

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"ponte/internal/store"
)

// dirs are the folders that fill up.
func (e *examination) dirs() (out []string) {
	if e.Blobs.Dir() != "" {
		out = append(out, e.Blobs.Dir())
	}
	if e.Store != nil && e.Store.Path() != "" {
		out = append(out, filepath.Dir(e.Store.Path()))
	}
	return out
}

// Too little room: below the first a day's photos may not fit, below the second the database may stop at any time.
const (
	littleRoom = 2 << 30
	noRoom     = 200 << 20
)

func (e *examination) space(dir string) {
	const check = "disk"
	free, known := Room(dir)
	said := fmt.Sprintf("%d MiB free at %s", free>>20, dir)
	switch {
	case !known:
		e.say(check, Skipped, "how much room "+dir+" has can't be asked here", "")
	case free < noRoom:
		e.say(check, Wrong, said, "make room now: a full disk stops every write")
	case free < littleRoom:
		e.say(check, Note, said, "make room soon")
	default:
		e.say(check, OK, said, "")
	}
}

// skew is how far clocks may be apart before times on pages and in leases mislead.
const skew = 5 * time.Second

func (e *examination) clock() {
	const check = "clock"
	now := e.Now()
	if e.Store == nil {
		e.say(check, Skipped, "there is no database to compare with", "")
		return
	}
	if e.Store.Dialect() == store.Postgres { // an embedded database has no clock of its own
		theirs, err := e.Store.Clock(e.ctx)
		if err != nil {
			e.fail(check, err, "check that the database runs")
			return
		}
		if d := now.Sub(theirs).Abs() - e.Now().Sub(now); d > skew { // less what the question took
			e.say(check, Wrong, fmt.Sprintf("this machine's clock and the database's are %s apart", d.Round(time.Second)), "let both follow a time server (timedatectl set-ntp true)")
			return
		}
	}
	if e.readable && e.Flow != nil {
		if h, err := e.Flow.Health(e.ctx); err == nil && h.Latest.Sub(now) > skew {
			e.say(check, Wrong, fmt.Sprintf("the latest entry of the audit is %s in the future", h.Latest.Sub(now).Round(time.Second)), "set the clock right (timedatectl set-ntp true)")
			return
		}
	}
	e.say(check, OK, now.UTC().Format(time.RFC3339), "")
}

func (e *examination) publicAddress() {
	const check = "public address"
	if e.PublicURL == "" {
		e.say(check, Note, "public-url is not given: the parameter sheet, the WSDL and letters can't say where Ponte is, and cookies are not marked as secure", "give --public-url as serve has it, or set PONTE_PUBLIC_URL")
		return
	}
	u, err := url.Parse(e.PublicURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		e.say(check, Wrong, "public-url is no address", "write it as https://ponte.example.com.br")
		return
	case u.Scheme == "http" && !loopback(u.Hostname()):
		e.say(check, Wrong, "public-url has no TLS: passwords and tokens go over the net in the clear", "put a reverse proxy with a certificate before Ponte (docs/operations) and write https://")
	case u.Path != "" && u.Path != "/":
		e.say(check, Wrong, "public-url has a path, and Ponte answers at the root of a name of its own", "give it a name of its own, such as https://ponte.example.com.br")
	default:
		e.say(check, OK, e.PublicURL, "")
	}
	if e.Online {
		e.reach("public address answers", e.PublicURL+"/readyz", true)
	}
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// permissions: what holds customers and keys is for its owner's eyes only.
func (e *examination) permissions() {
	const check = "file permissions"
	if runtime.GOOS == "windows" {
		e.say(check, Skipped, "look at the access lists of the database's folder yourself", "")
		return
	}
	paths := []string{e.KeyFile}
	if e.Store != nil && e.Store.Path() != "" {
		paths = append(paths, e.Store.Path())
	}
	if e.Blobs != nil {
		paths = append(paths, e.Blobs.Dir())
	}
	open := false
	for _, path := range paths {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			e.fail(check, err, "")
			continue
		}
		if info.Mode().Perm()&0o077 != 0 && !shut(filepath.Dir(path)) {
			open = true
			e.say(check, Wrong, fmt.Sprintf("%s can be read by others (%s)", path, info.Mode().Perm()), "chmod go= "+path)
		}
	}
	if !open {
		e.say(check, OK, "nobody else can read database, attachments and key", "")
	}
}

// shut says whether a folder lets nobody else in.
func shut(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.Mode().Perm()&0o077 == 0
}
