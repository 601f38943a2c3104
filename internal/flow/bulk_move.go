package flow

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// BulkMoveMost is how many occurrences are moved together at the most.
const BulkMoveMost = 10_000

// Where a bulk move is before it is planned, beside BulkState's others.
const (
	BulkGathering BulkState = "juntar"   // the chosen ones are being written down; left so, it never came to anything
	BulkChosen    BulkState = "escolher" // waits to be told where to
)

// BulkMoveEnd is what became of one of the chosen, or would.
type BulkMoveEnd string

const (
	MoveUnknown BulkMoveEnd = "escolhida"
	WouldMove   BulkMoveEnd = "iria"
	Stays       BulkMoveEnd = "fica"
	Moved       BulkMoveEnd = "movida"
)

// BulkMove is a movement of many occurrences to one status, planned first and then done in the background, in the name of
// whoever chose them. It is what stands in its items: nothing of it is counted twice.
type BulkMove struct {
	ID      string
	State   BulkState
	To      desk.Status // zero before somebody said
	Comment string
	By      string
	Mine    bool // of whoever asks: nobody else plans or begins it
	Round   int64
	Chosen  int
	At      time.Time
	Ended   time.Time // zero while it is not over
	// Tally is how many came to which end, or would.
	Tally map[BulkMoveEnd]int
	// Tells is how many of those that would move, or moved, tell Mobuss.
	Tells int
	// Quiet are those that move and, though their status has a point, tell nobody: by why (a code of desk's reasons).
	Quiet map[string]int
	// Letters: it closes, and the house writes to customers of what is closed.
	Letters bool
	// Kept are those that stay, by why: a code of this package's, or of desk's errors and reasons.
	Kept map[string]int
}

// Walked is how many of the chosen the plan, or the act, is done with.
func (m *BulkMove) Walked() int {
	if m.State == BulkToRehearse {
		return m.Chosen - m.Tally[MoveUnknown]
	}
	return m.Tally[Moved] + m.Tally[Stays]
}

// TopicBulkMove is the name under which the page of a bulk move listens for news.
func TopicBulkMove(id string) string { return "mover-" + id }

func subjectOfMoves(id string) string { return "mover:" + id }

// MayMove says whether the actor may move occurrences at all, one or many.
func MayMove(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager) }

// PlanBulkMove says where the chosen are to go, and begins with what would come of it. It can be said anew until it is done.
func (f *Flow) PlanBulkMove(ctx context.Context, a desk.Actor, id, to, comment string) error {
	comment = strings.TrimSpace(comment)
	return f.actOnBulkMove(ctx, a, id, true, func(w *work, row db.BulkMove) (int64, error) {
		var err error
		if w.inst, err = w.Installation(w.ctx); err != nil {
			return 0, err
		}
		if w.cfg, err = f.config(w.ctx, w.Queries, w.inst.ConfigVersionID); err != nil {
			return 0, err
		}
		s, there := w.cfg.Status(to)
		switch {
		case to == "":
			return 0, desk.BadField("status", "obrigatorio")
		case !there:
			return 0, desk.BadField("status", "status_desconhecido")
		case s.Point == desk.AddComment && w.cfg.Method.Sends() && comment == "":
			return 0, desk.BadField("comentario", "obrigatorio")
		}
		if refused := w.cfg.CheckComment(a, to, comment); refused != nil {
			return 0, refused
		}
		w.AfterCommit(f.WakeBulk)
		return w.PlanBulkMove(w.ctx, db.PlanBulkMoveParams{ID: id, ToStatus: to, Comment: comment, ChangedAt: w.now.UnixMilli()})
	})
}

// DoBulkMove wants what was planned to be done: that plan, and no later one.
func (f *Flow) DoBulkMove(ctx context.Context, a desk.Actor, id string, round int64) error {
	return f.actOnBulkMove(ctx, a, id, true, func(w *work, row db.BulkMove) (int64, error) {
		w.AfterCommit(f.WakeBulk)
		n, err := w.BeginBulkMove(w.ctx, db.BeginBulkMoveParams{ID: id, Round: round, ChangedAt: w.now.UnixMilli()})
		if n == 0 || err != nil {
			return n, err
		}
		return n, w.audit(a, "ocorrencia.lote.mover", subjectOfMoves(id), map[string]any{"para": row.ToStatus, "escolhidas": row.Chosen})
	})
}

// StopBulkMove ends it on its way, or lets go of what was only chosen or planned. What was moved stays so.
func (f *Flow) StopBulkMove(ctx context.Context, a desk.Actor, id string) error {
	return f.actOnBulkMove(ctx, a, id, false, func(w *work, row db.BulkMove) (int64, error) {
		switch BulkState(row.State) {
		case BulkOver, BulkStopped, BulkFailed:
			return 0, nil
		default:
		}
		n, err := w.ShiftBulkMove(w.ctx, db.ShiftBulkMoveParams{ID: id, Was: row.State, State: string(BulkStopped), Now: w.now.UnixMilli(), EndedAt: store.Null(w.now.UnixMilli())})
		if n == 0 || err != nil {
			return n, err
		}
		return n, w.audit(a, "ocorrencia.lote.parar", subjectOfMoves(id), nil)
	})
}

// actOnBulkMove is a person's act on one; own: only of whoever chose. Who was overtaken is told so.
func (f *Flow) actOnBulkMove(ctx context.Context, a desk.Actor, id string, own bool, do func(*work, db.BulkMove) (int64, error)) error {
	if !MayMove(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		row, err := theirBulkMove(w.ctx, tx.Queries, a, id)
		switch {
		case err != nil:
			return err
		case own && !ownBulkMove(a, row):
			return desk.Fail(desk.ErrForbidden)
		}
		n, err := do(w, row)
		if err == nil && n == 0 {
			err = desk.Fail(desk.ErrBulkMove, "situacao", row.State)
		}
		w.AfterCommit(func() { f.Changed(TopicBulkMove(id)) })
		return err
	})
}

func ownBulkMove(a desk.Actor, row db.BulkMove) bool {
	return a.Kind == "usuario" && a.ID == itoa(row.UserID)
}

// seesBulkMove: whoever chose it, and the managers of all the developments that it may be about.
func seesBulkMove(a desk.Actor, row db.BulkMove) bool {
	var reach []int64
	if err := json.Unmarshal([]byte(row.Reach), &reach); err != nil {
		return false
	}
	return ownBulkMove(a, row) || a.Has(desk.Manager) && a.Covers(reach)
}

// theirBulkMove finds one for who sees it. Another attendant's is none of theirs; of other developments there is no such thing.
func theirBulkMove(ctx context.Context, q *db.Queries, a desk.Actor, id string) (db.BulkMove, error) {
	row, err := q.BulkMove(ctx, id)
	switch {
	case store.NoRows(err) || err == nil && a.Has(desk.Manager) && !seesBulkMove(a, row):
		return row, desk.Fail(desk.ErrNoBulkMove, "lote", id)
	case err == nil && !seesBulkMove(a, row):
		return row, desk.Fail(desk.ErrForbidden)
	}
	return row, err
}

// BulkMove answers one, with what became of it so far.
func (f *Flow) BulkMove(ctx context.Context, a desk.Actor, id string) (*BulkMove, error) {
	if !MayMove(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	row, err := theirBulkMove(ctx, f.Store.Read(), a, id)
	if err != nil {
		return nil, err
	}
	return f.bulkMoveOf(ctx, cfg, a, row)
}

// BulkMoves answers the latest that somebody sees.
func (f *Flow) BulkMoves(ctx context.Context, a desk.Actor, most int) (out []*BulkMove, err error) {
	if !MayMove(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	from := db.BulkMovesParams{Before: maxID, Most: bulkMovesRead}
	for range bulkMovesPieces {
		rows, err := f.Store.Read().BulkMoves(ctx, from)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if !seesBulkMove(a, row) || BulkState(row.State) == BulkGathering {
				continue
			}
			m, err := f.bulkMoveOf(ctx, cfg, a, row)
			if out = append(out, m); err != nil || len(out) == most {
				return out, err
			}
		}
		if len(rows) < bulkMovesRead {
			break
		}
		from.Before, from.BeforeID = rows[len(rows)-1].CreatedAt, rows[len(rows)-1].ID
	}
	return out, nil
}

// How far back somebody's own are looked for among the house's.
const (
	bulkMovesRead   = 200
	bulkMovesPieces = 10
)

func (f *Flow) bulkMoveOf(ctx context.Context, cfg *config, a desk.Actor, row db.BulkMove) (*BulkMove, error) {
	m := &BulkMove{ID: row.ID, State: BulkState(row.State), Comment: row.Comment, By: row.UserName, Mine: ownBulkMove(a, row), Round: row.Round, Chosen: int(row.Chosen),
		At: fromMillis(row.CreatedAt).In(Zone("")), Tally: map[BulkMoveEnd]int{}, Quiet: map[string]int{}, Kept: map[string]int{}}
	if row.EndedAt.Valid {
		m.Ended = fromMillis(row.EndedAt.Int64).In(Zone(""))
	}
	if row.ToStatus != "" {
		m.To, _ = cfg.Status(row.ToStatus)
	}
	var err error
	if m.Letters, err = f.lettersOfClosing(ctx, cfg, row.ToStatus); err != nil {
		return nil, err
	}
	rows, err := f.Store.Read().BulkMoveTally(ctx, row.ID)
	for _, t := range rows {
		m.count(t)
	}
	return m, err
}

// lettersOfClosing says whether customers are written to of what is moved to a status.
func (f *Flow) lettersOfClosing(ctx context.Context, cfg *config, to string) (bool, error) {
	if !cfg.IsClosed(to) {
		return false, nil
	}
	inst, err := f.Store.Read().Installation(ctx)
	return slices.Contains(strings.Fields(inst.Letters), string(desk.LetterClosed)), err
}

func (m *BulkMove) count(t db.BulkMoveTallyRow) {
	n, end := int(t.N), BulkMoveEnd(t.Outcome)
	if t.Round < m.Round {
		end = MoveUnknown
	}
	m.Tally[end] += n
	switch {
	case end == Stays:
		m.Kept[t.Why] += n
	case end == MoveUnknown:
	case t.Tells:
		m.Tells += n
	case t.Why != "":
		m.Quiet[t.Why] += n
	}
}
