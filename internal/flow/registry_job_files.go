package flow

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Uploads to the registry lie in the database until they are done, in pieces that are compressed and sealed: they are
// full of CPFs, must survive a crash, and every replica must find them.

const (
	// MaxSheets is how many sheets an upload may have, MaxSheetBytes what they may weigh together: some 1,100,000 rows.
	MaxSheets     = 20
	MaxSheetBytes = 160 << 20
	pieceBytes    = 256 << 10
	// refusedFrom is the first place of refused rows among an upload's files.
	refusedFrom = 1000
	// wholePlan is the place of the plan as a sheet, among the refused rows: it goes with them.
	wholePlan = refusedFrom
	// piecesAtOnce is how many are forgotten in one transaction.
	piecesAtOnce = 50
)

// RegistryUpload is an upload on its way in. It is for one goroutine.
type RegistryUpload struct {
	flow   *Flow
	actor  desk.Actor
	id     string
	sheets int
	bytes  int64
	names  []string
}

// ReceiveSheets begins an upload; with an environment it is the list of the units that Mobuss has there.
func (f *Flow) ReceiveSheets(ctx context.Context, a desk.Actor, listOf desk.Environment) (*RegistryUpload, error) {
	if !a.Has(desk.Consultant) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	if listOf != "" && !listOf.Valid() {
		return nil, desk.BadField("ambiente", "ambiente_desconhecido")
	}
	u := &RegistryUpload{flow: f, actor: a, id: newID()}
	return u, f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		return tx.InsertRegistryJob(w.ctx, db.InsertRegistryJobParams{ID: u.id, State: string(JobReceiving), ListOf: sql.NullString{String: string(listOf), Valid: listOf != ""},
			CreatedAt: w.now.UnixMilli(), ActorKind: a.Kind, ActorID: a.ID, ActorName: a.Name})
	})
}

// Sheet takes a sheet in as it arrives. A name that another sheet has gets a number. An error of r is answered as it is.
func (u *RegistryUpload) Sheet(ctx context.Context, name string, r io.Reader) error {
	if u.sheets == MaxSheets {
		return desk.BadField("arquivo", "planilhas_demais", "maximo", MaxSheets)
	}
	for n, plain := 2, name; slices.Contains(u.names, name); n++ {
		ext := filepath.Ext(plain)
		name = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(plain, ext), n, ext)
	}
	u.names = append(u.names, name)
	out := u.flow.pieces(ctx, u.id, u.sheets, name, nil)
	n, err := io.Copy(out, io.LimitReader(r, MaxSheetBytes-u.bytes+1))
	if u.bytes += n; err != nil {
		return err
	}
	if u.bytes > MaxSheetBytes {
		return desk.BadField("arquivo", "planilhas_grandes", "megabytes", MaxSheetBytes>>20)
	}
	if n == 0 {
		return desk.BadField("arquivo", "planilha_vazia", "arquivo", name)
	}
	u.sheets++
	return out.Close()
}

// Done lets the upload be planned, or a list be taken over, and answers its id. kind is what all the sheets are about;
// empty: their headers tell.
func (u *RegistryUpload) Done(ctx context.Context, complete bool, kind RegistryKind) (string, error) {
	if u.sheets == 0 {
		return "", desk.BadField("arquivo", "sem_planilha")
	}
	if kind != "" && !slices.Contains(RegistryKinds, kind) {
		return "", desk.BadField("tipo", "tipo_desconhecido")
	}
	mappings := ""
	if kind != "" {
		all := map[int]RegistryMapping{}
		for seq := range u.sheets {
			all[seq] = RegistryMapping{Kind: kind}
		}
		text, err := json.Marshal(all)
		if err != nil {
			return "", err
		}
		mappings = string(text)
	}
	return u.id, u.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := u.flow.bare(ctx, tx)
		row, err := tx.RegistryJob(w.ctx, u.id)
		if err != nil {
			return err
		}
		s := jobStep{id: u.id, was: JobReceiving, now: JobToPlan}
		if row.ListOf.Valid {
			s.now = JobImporting
		}
		if err := w.step(s); err != nil {
			return err
		}
		if err := tx.SetRegistryJobOptions(w.ctx, db.SetRegistryJobOptionsParams{ID: u.id, Complete: complete, Mappings: mappings}); err != nil {
			return err
		}
		w.AfterCommit(w.flow.WakeImport)
		return w.audit(u.actor, "cadastro.importacao.enviar", "importacao:"+u.id, map[string]any{"planilhas": u.sheets, "bytes": u.bytes})
	})
}

// Drop forgets an upload that did not come in whole.
func (u *RegistryUpload) Drop(ctx context.Context) error {
	return u.flow.sweepJob(ctx, u.id, JobReceiving)
}

// pieceWriter cuts what is written into pieces. fence, if any, says in each transaction whether it may go on.
type pieceWriter struct {
	ctx   context.Context //nolint:containedctx // an io.Writer has no other way to it; it lives as long as one upload's
	flow  *Flow
	id    string
	seq   int
	name  string
	fence func(*work) error
	buf   []byte
	piece int64
	size  int64
}

func (f *Flow) pieces(ctx context.Context, id string, seq int, name string, fence func(*work) error) *pieceWriter {
	return &pieceWriter{ctx: ctx, flow: f, id: id, seq: seq, name: name, fence: fence}
}

func (p *pieceWriter) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		room := min(pieceBytes-len(p.buf), len(b))
		p.buf = append(p.buf, b[:room]...)
		b, n = b[room:], n+room
		if len(p.buf) == pieceBytes {
			if err := p.put(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (p *pieceWriter) put() error {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestSpeed)
	if _, err := w.Write(p.buf); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	sealed := p.flow.Keys.Seal(piecePlace(p.id, p.seq, p.piece), z.Bytes())
	err := p.flow.Store.Write(p.ctx, func(tx *store.Tx) error {
		w := p.flow.bare(p.ctx, tx)
		if p.fence != nil {
			if err := p.fence(w); err != nil {
				return err
			}
		}
		return tx.PutRegistryPiece(w.ctx, db.PutRegistryPieceParams{JobID: p.id, Seq: int64(p.seq), Piece: p.piece, Bytes: sealed})
	})
	p.piece++
	p.size += int64(len(p.buf))
	p.buf = p.buf[:0]
	return err
}

// Close writes the last piece, and what the file is called.
func (p *pieceWriter) Close() error {
	if len(p.buf) > 0 {
		if err := p.put(); err != nil {
			return err
		}
	}
	return p.flow.Store.Write(p.ctx, func(tx *store.Tx) error {
		return tx.PutRegistryFile(context.WithoutCancel(p.ctx), db.PutRegistryFileParams{JobID: p.id, Seq: int64(p.seq), Name: p.name, Size: p.size})
	})
}

func piecePlace(id string, seq int, piece int64) string {
	return fmt.Sprintf("registry_job_piece.bytes:%s/%d/%d", id, seq, piece)
}

// pieceReader reads a file piece by piece: its size costs no memory.
type pieceReader struct {
	ctx   context.Context //nolint:containedctx // as pieceWriter
	flow  *Flow
	id    string
	seq   int
	piece int64
	rest  []byte
}

func (p *pieceReader) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		if err := p.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *pieceReader) next() error {
	sealed, err := p.flow.Store.Read().RegistryPiece(p.ctx, db.RegistryPieceParams{JobID: p.id, Seq: int64(p.seq), Piece: p.piece})
	if store.NoRows(err) {
		return io.EOF
	}
	if err != nil {
		return err
	}
	z, err := p.flow.Keys.Open(piecePlace(p.id, p.seq, p.piece), sealed)
	if err != nil {
		return err
	}
	r, err := gzip.NewReader(bytes.NewReader(z))
	if err != nil {
		return err
	}
	if p.rest, err = io.ReadAll(io.LimitReader(r, pieceBytes)); err != nil {
		return err
	}
	p.piece++
	return nil
}

func (p *pieceReader) Close() error { return nil }

// RefusedRows opens the sheet of an upload's refused rows, and answers its name.
func (f *Flow) RefusedRows(ctx context.Context, a desk.Actor, id string, seq int) (io.ReadCloser, string, error) {
	j, err := f.RegistryJob(ctx, a, id)
	if err != nil {
		return nil, "", err
	}
	if j.Plan != nil && j.Plan.Seq == seq {
		return &pieceReader{ctx: ctx, flow: f, id: id, seq: seq}, j.Plan.Name, nil
	}
	i := slices.IndexFunc(j.Refused, func(r RegistryFile) bool { return r.Seq == seq })
	if i < 0 {
		return nil, "", desk.Fail(desk.ErrNoImport)
	}
	return &pieceReader{ctx: ctx, flow: f, id: id, seq: seq}, j.Refused[i].Name, nil
}
