package flow

import (
	"bytes"
	"context"
	"io"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// AttachInput is a file that a call brings, or says where it is. The names in the comments are CONTRACT.md's.
type AttachInput struct {
	Number  int64
	Name    string // nome
	Type    string // tipo_conteudo: what the caller says; what it is, is looked at
	Content []byte // conteudo
	URL     string // url, where there is no content
}

// Attach is IncluirAnexo. Files of work before the closing are accepted after it, because phones are offline. What
// a program attaches is never sent by itself: a person chooses it with a movement.
func (f *Flow) Attach(ctx context.Context, c Call, in AttachInput) (Receipt, error) {
	// The bytes are durable before the transaction that names them, so they are taken in before it is known whether
	// the call is good. What can be known beforehand is looked at first.
	wanted, err := f.wouldAttach(ctx, c, in.Number)
	if err != nil {
		return Receipt{}, err
	}
	var file Upload
	var refused error
	if wanted {
		file, refused = f.bring(ctx, c, in)
	}
	return f.receive(ctx, c, func(r *inbound) (db.Occurrence, error) {
		o, err := r.theirOccurrence(in.Number)
		switch {
		case err != nil:
			return o, err
		case refused != nil:
			return o, refused
		case !wanted: // it has become theirs since we looked
			return o, desk.Fail(desk.ErrUnavailable)
		}
		return o, r.attachAlone(c.Actor, o, []Upload{file})
	})
}

// wouldAttach looks whether a call's file is of use: not where the method excludes it, the same call came before,
// or there is no such occurrence. The transaction decides all of that again.
func (f *Flow) wouldAttach(ctx context.Context, c Call, number int64) (bool, error) {
	cfg, err := f.current(ctx)
	if err != nil || c.Actor.Origin == desk.Field && !cfg.Method.FieldMayReport() {
		return false, err
	}
	q := f.Store.Read()
	if c.ExternalID != "" {
		_, err := q.Binding(ctx, db.BindingParams{Integration: c.Actor.Integration, Environment: c.Actor.Environment,
			Operation: c.Operation, Key: "id_externo:" + c.ExternalID})
		if !store.NoRows(err) {
			return false, err
		}
	}
	o, err := q.OccurrenceByNumber(ctx, number)
	if store.NoRows(err) {
		return false, nil
	}
	return err == nil && visible(c.Actor, o), err
}

// bring takes in what a call brings, or fetches what it names.
func (f *Flow) bring(ctx context.Context, c Call, in AttachInput) (Upload, error) {
	if in.URL == "" {
		return f.takeIn(ctx, "conteudo", in.Name, in.Type, bytes.NewReader(in.Content))
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return Upload{}, err
	}
	if f.Fetch == nil {
		return Upload{}, desk.BadField("url", "host_nao_permitido")
	}
	endpoint, err := f.Store.Read().Endpoint(ctx, db.EndpointParams{ConnectionID: c.Actor.Connection, Environment: c.Actor.Environment})
	if err != nil && !store.NoRows(err) {
		return Upload{}, err
	}
	content, declared, err := f.Fetch(ctx, in.URL, cfg.Files.Allows, endpoint.AllowPrivate)
	if err != nil {
		return Upload{}, err
	}
	defer func() { _ = content.Close() }() // it was only read
	if in.Type != "" {
		declared = in.Type
	}
	return f.takeIn(ctx, "url", in.Name, declared, content)
}

// Fetch gets a file from where a caller says that it is; allowed says which hosts may be asked.
type Fetch func(ctx context.Context, url string, allowed func(host string) bool, allowPrivate bool) (content io.ReadCloser, contentType string, err error)

// AttachByHand attaches files for a person at the desk, without a comment. They stay in the house until somebody
// chooses them with a movement.
func (f *Flow) AttachByHand(ctx context.Context, a desk.Actor, number int64, files []Upload) error {
	return f.write(ctx, func(w *work) error {
		o, err := w.byHand(a, number)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return desk.BadField("anexos", "obrigatorio")
		}
		return w.attachAlone(a, o, files)
	})
}

// attachAlone attaches without a movement, which is news all the same.
func (w *work) attachAlone(a desk.Actor, o db.Occurrence, files []Upload) error {
	if _, err := w.attach(a, o, 0, files, w.now); err != nil {
		return err
	}
	w.changed(o.Number)
	w.AfterCommit(func() { w.flow.Changed(TopicList) })
	return w.SetNews(w.ctx, db.SetNewsParams{ID: o.ID, News: shorten(files[0].Name, maxNews), NewsBy: a.Name, NewsAt: w.now.UnixMilli()})
}

// attach names files in the transaction; movement is 0 where they come without one.
func (w *work) attach(a desk.Actor, o db.Occurrence, movement int64, files []Upload, at time.Time) ([]db.Attachment, error) {
	if len(files) > desk.MaxFiles {
		return nil, desk.BadField("anexos", "arquivos_demais", "maximo", desk.MaxFiles)
	}
	out := make([]db.Attachment, 0, len(files))
	for _, u := range files {
		n, err := w.NameBlob(w.ctx, db.NameBlobParams{Now: w.now.UnixMilli(), Sha256: u.id.SHA256, StoredAt: u.id.Since})
		if err != nil {
			return nil, err
		}
		if n == 0 { // it was stored more than a day ago
			return nil, desk.BadField("anexos", "arquivo_expirou")
		}
		row := db.Attachment{OccurrenceID: o.ID, MovementID: store.Null(movement), Name: desk.FileName(u.Name), ContentType: u.kind,
			DeclaredType: u.declared, Size: u.size, Sha256: u.id.SHA256, Internal: u.Internal, Origin: a.Origin}
		row.ID, err = w.InsertAttachment(w.ctx, db.InsertAttachmentParams{OccurrenceID: o.ID, MovementID: row.MovementID,
			Name: row.Name, ContentType: row.ContentType, DeclaredType: row.DeclaredType, Size: row.Size, Sha256: row.Sha256,
			Internal: row.Internal, Origin: a.Origin, ActorKind: a.Kind, ActorID: a.ID, ActorName: a.Name,
			At: at.UnixMilli(), ArrivedAt: w.now.UnixMilli()})
		if err != nil {
			return nil, err
		}
		out = append(out, row)
		if err := w.audit(a, "ocorrencia.anexar", subjectOf(o.Number), map[string]any{"anexo": row.ID, "tamanho": u.size}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
