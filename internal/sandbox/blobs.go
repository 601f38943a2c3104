package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// blobs keeps the bytes of attachments by their SHA-256. A blob is durable before the record that names it; what no
// record names is swept at the next start.
type blobs struct{ dir string }

const draftPrefix = "rascunho-"

// draft is an upload that was read to its end and belongs to nobody yet.
type draft struct {
	path   string
	SHA256 string
	Size   int64
}

// write reads to the end and keeps what it read as a draft.
func (b blobs) write(r io.Reader) (*draft, error) {
	f, err := os.CreateTemp(b.dir, draftPrefix)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, hash), r)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return nil, err
	}
	return &draft{path: f.Name(), SHA256: hex.EncodeToString(hash.Sum(nil)), Size: n}, nil
}

// keep makes a draft durable under its hash.
func (b blobs) keep(d *draft) error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	err = f.Sync()
	_ = f.Close()
	if err == nil {
		err = os.Rename(d.path, b.path(d.SHA256))
	}
	if err == nil {
		err = syncDir(b.dir)
	}
	return err
}

// discard drops a draft that was not kept.
func (d *draft) discard() {
	if d != nil {
		_ = os.Remove(d.path)
	}
}

func (b blobs) path(sum string) string { return filepath.Join(b.dir, sum) }

// sweep drops drafts and every blob that is not in use. Only at start, when nobody is writing.
func (b blobs) sweep(used map[string]bool) error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), draftPrefix) || !used[e.Name()] {
			if err := os.Remove(b.path(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
