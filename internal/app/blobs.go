package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"ponte/internal/blob"
	"ponte/internal/connector"
	"ponte/internal/flow"
)

// openBlobs opens where attachments lie: beside the file of an embedded database, unless it is said; with a database
// elsewhere, in ./anexos. Several machines must be told one place that they share.
func openBlobs(ctx context.Context, cfg Config) (*blob.Store, error) {
	url := cfg.BlobURL
	if url == "" {
		dir := "anexos"
		if path, embedded := strings.CutPrefix(cfg.DatabaseURL, "sqlite:"); embedded {
			dir = filepath.Join(filepath.Dir(strings.TrimPrefix(path, "//")), dir)
		}
		var err error
		if url, err = blob.URL(dir); err != nil {
			return nil, err
		}
	}
	return blob.Open(ctx, url)
}

// fetch lets calls name an attachment by its URL, under the connector's caution.
func fetch(d *connector.Downloader) flow.Fetch {
	return func(ctx context.Context, url string, allowed func(string) bool, allowPrivate bool) (io.ReadCloser, string, error) {
		return d.Fetch(ctx, connector.Download{URL: url, Allowed: allowed, AllowPrivate: allowPrivate})
	}
}

// files finds what the outbox sends.
func files(f *flow.Flow) connector.Files {
	return func(ctx context.Context, sha256 string) (io.ReadCloser, error) {
		r, err := f.FileBytes(ctx, sha256)
		if errors.Is(err, flow.ErrFileGone) {
			return nil, fmt.Errorf("%w: %w", connector.ErrFileGone, err)
		}
		return r, err
	}
}
