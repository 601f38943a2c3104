package connector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"sync"

	"ponte/internal/mapping"
)

// Files opens the bytes of an attachment by their SHA-256. It answers ErrFileGone where there are none.
type Files func(ctx context.Context, sha256 string) (io.ReadCloser, error)

var (
	// ErrFileGone says that the bytes are not there, and that waiting will not bring them.
	ErrFileGone = errors.New("connector: the attachment's bytes are gone")
	errFile     = errors.New("connector: the attachment can't be read")
)

// attach gives the request a body that is read from the store while it is sent, so that a file of any size takes the
// same little memory. Its length is known beforehand.
func (x *exchange) attach(ctx context.Context, open Files, hr *http.Request, req *mapping.Request) error {
	if open == nil {
		return fmt.Errorf("%w: no store", errFile)
	}
	f := req.File
	content, err := open(ctx, f.SHA256)
	switch {
	case errors.Is(err, ErrFileGone):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errFile, err)
	}
	checked := &checkedReader{r: content, left: f.Size, want: f.SHA256, hash: sha256.New()}
	hr.Body = &fileBody{r: io.MultiReader(strings.NewReader(req.Body), checked, strings.NewReader(f.Tail)), file: content}
	hr.ContentLength = int64(len(req.Body)) + f.Size + int64(len(f.Tail))
	return nil
}

// fileBody may be closed while it is read, as the transport does when it gives up.
type fileBody struct {
	mu   sync.Mutex
	r    io.Reader
	file io.Closer
	done bool
}

func (b *fileBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return 0, errSealed
	}
	return b.r.Read(p)
}

func (b *fileBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return nil
	}
	b.done = true
	return b.file.Close()
}

// checkedReader lets nothing pass that is not the file. What differs is noticed before the end of the body is sent,
// so the other side has an incomplete request and not a wrong one.
type checkedReader struct {
	r    io.Reader
	left int64
	want string
	hash hash.Hash
}

func (c *checkedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.left -= int64(n)
	_, _ = c.hash.Write(p[:n]) // a hash never fails
	switch {
	case c.left < 0:
		return 0, fmt.Errorf("%w: longer than it was", errFile)
	case errors.Is(err, io.EOF) && (c.left > 0 || hex.EncodeToString(c.hash.Sum(nil)) != c.want):
		return n, fmt.Errorf("%w: not what was stored", errFile)
	case err != nil && !errors.Is(err, io.EOF):
		return n, fmt.Errorf("%w: %w", errFile, err)
	}
	return n, err
}
