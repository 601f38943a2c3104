package flow

import (
	"context"
	"errors"
	"io"
	"time"

	"ponte/internal/blob"
	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Attachment is a file of an occurrence.
type Attachment struct {
	ID         int64
	MovementID int64 // 0: it came without one
	Name       string
	Type       string // what the bytes are
	Size       int64
	SHA256     string
	Inline     bool // a browser may show it; else it is a download
	Image      bool // there may be a thumbnail
	Internal   bool // for the house only
	Origin     desk.Origin
	Actor      string
	At         time.Time
	ArrivedAt  time.Time
	// Sent is where its latest delivery to Mobuss stands; empty where there is none.
	Sent desk.DeliveryState
}

// Sendable says whether a person may choose it to go with a movement.
func (a Attachment) Sendable() bool { return !a.Internal && a.Origin != desk.Field }

// attachments gathers an occurrence's files, beside the movements and the deliveries that they belong to.
func (r *reader) attachments(id int64, out *Occurrence) error {
	rows, err := r.q.AttachmentsOf(r.ctx, id)
	if err != nil || len(rows) == 0 {
		return err
	}
	links, err := r.q.DeliveryAttachmentsOf(r.ctx, id)
	if err != nil {
		return err
	}
	carried := make(map[string]int64, len(links))
	for _, l := range links {
		carried[l.DeliveryID] = l.AttachmentID
	}
	sent := make(map[int64]desk.DeliveryState, len(links))
	for i := range out.Deliveries {
		d := &out.Deliveries[i]
		if d.AttachmentID = carried[d.ID]; d.AttachmentID != 0 {
			sent[d.AttachmentID] = d.State // they are in the order of their lane
		}
	}
	byMovement := make(map[int64]*Movement, len(out.Movements))
	for i := range out.Movements {
		byMovement[out.Movements[i].ID] = &out.Movements[i]
	}
	for _, row := range rows {
		if row.Internal && r.actor.Kind == "token" {
			continue
		}
		a := r.attachment(row)
		a.Sent = sent[a.ID]
		out.Attachments = append(out.Attachments, a)
		if m := byMovement[a.MovementID]; m != nil {
			m.Attachments = append(m.Attachments, a)
		}
	}
	return nil
}

func (r *reader) attachment(row db.Attachment) Attachment {
	return Attachment{ID: row.ID, MovementID: row.MovementID.Int64, Name: row.Name, Type: row.ContentType, Size: row.Size,
		SHA256: row.Sha256, Inline: desk.ShownInline(row.ContentType), Image: desk.IsPicture(row.ContentType), Internal: row.Internal,
		Origin: row.Origin, Actor: row.ActorName, At: r.time(row.At), ArrivedAt: r.time(row.ArrivedAt)}
}

// OpenedFile is an attachment with its bytes, to be closed by whoever asked.
type OpenedFile struct {
	Attachment
	// ServedType is the only Content-Type under which Content may be handed out.
	ServedType string
	Content    io.ReadSeekCloser
}

// OpenAttachment answers a file of an occurrence that the actor may see. ctx must live until it is closed.
func (f *Flow) OpenAttachment(ctx context.Context, a desk.Actor, number, id int64) (*OpenedFile, error) {
	return f.openAttachment(ctx, a, number, id, func(found Attachment) (io.ReadSeekCloser, string, error) {
		r, err := f.bytes(ctx, found.SHA256)
		return r, desk.ServedType(found.Type), err
	})
}

// OpenThumbnail answers a small JPEG of a picture; not found where there is none, and none will be. The first to ask
// for it waits until it is made.
func (f *Flow) OpenThumbnail(ctx context.Context, a desk.Actor, number, id int64) (*OpenedFile, error) {
	return f.openAttachment(ctx, a, number, id, func(found Attachment) (io.ReadSeekCloser, string, error) {
		if !found.Image {
			return nil, "", desk.Fail(desk.ErrNotFound)
		}
		at, err := f.blobID(ctx, found.SHA256)
		if err != nil {
			return nil, "", err
		}
		r, err := f.Blobs.Thumbnail(ctx, at, found.Type)
		if errors.Is(err, blob.ErrNoThumbnail) {
			return nil, "", desk.Fail(desk.ErrNotFound)
		}
		return r, blob.ThumbnailType, err
	})
}

func (f *Flow) openAttachment(ctx context.Context, a desk.Actor, number, id int64,
	open func(Attachment) (io.ReadSeekCloser, string, error)) (*OpenedFile, error) {
	q := f.Store.Read()
	o, err := q.OccurrenceByNumber(ctx, number)
	if store.NoRows(err) || err == nil && !visible(a, o) {
		return nil, desk.Fail(desk.ErrNotFound, "numero", number)
	}
	if err != nil {
		return nil, err
	}
	row, err := q.AttachmentByID(ctx, id)
	if store.NoRows(err) || err == nil && (row.OccurrenceID != o.ID || row.Internal && a.Kind == "token") {
		return nil, desk.Fail(desk.ErrNotFound, "numero", number)
	}
	if err != nil {
		return nil, err
	}
	out := &OpenedFile{Attachment: (&reader{zone: time.UTC}).attachment(row)}
	if out.Content, out.ServedType, err = open(out.Attachment); err != nil {
		return nil, err
	}
	return out, nil
}
