package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// SeenEvery is how exact "last seen" is; within it, reading pages writes nothing.
const SeenEvery = 5 * time.Minute

// Session is what a browser's cookie stands for. Hash is of the cookie's token and never leaves the server; ID names the
// session on pages and in forms, and opens nothing.
type Session struct {
	Hash    string
	ID      string
	User    int64 // 0: nobody has signed in
	Data    []byte
	BeganAt time.Time
	SeenAt  time.Time
	Address string
	Agent   string
	Expires time.Time
}

// SessionID names a session without telling what its cookie is.
func SessionID(hash string) string {
	sum := sha256.Sum256([]byte("ponte session id " + hash))
	return hex.EncodeToString(sum[:8])
}

// ReadSession answers the data of a session that has not expired; nil where there is none. That it was used is written
// down once in a while.
func (f *Flow) ReadSession(ctx context.Context, hash string) ([]byte, error) {
	now := f.Now()
	row, err := f.Store.Read().Session(ctx, db.SessionParams{TokenHash: hash, ExpiresAt: now.UnixMilli()})
	if store.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if row.UserID.Valid && now.Sub(fromMillis(row.SeenAt)) > SeenEvery {
		err = f.Store.Write(ctx, func(tx *store.Tx) error {
			ctx := context.WithoutCancel(ctx)
			if err := tx.SeeSession(ctx, db.SeeSessionParams{TokenHash: hash, SeenAt: now.UnixMilli()}); err != nil {
				return err
			}
			return tx.SeeUser(ctx, db.SeeUserParams{ID: row.UserID.Int64, At: store.Null(now.UnixMilli())})
		})
	}
	return row.Data, err
}

// PutSession keeps a session until it expires, and forgets expired ones.
func (f *Flow) PutSession(ctx context.Context, s Session) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		ctx := context.WithoutCancel(ctx)
		now := f.Now().UnixMilli()
		if err := tx.DeleteOldSessions(ctx, now); err != nil {
			return err
		}
		row := db.UpsertSessionParams{TokenHash: s.Hash, Data: s.Data, ExpiresAt: s.Expires.UnixMilli(), BeganAt: now, SeenAt: now,
			Address: s.Address, Agent: s.Agent}
		if s.User != 0 {
			row.UserID = store.Null(s.User)
			if err := tx.SeeUser(ctx, db.SeeUserParams{ID: s.User, At: store.Null(now)}); err != nil {
				return err
			}
		}
		return tx.UpsertSession(ctx, row)
	})
}

// DropSession forgets a session.
func (f *Flow) DropSession(ctx context.Context, hash string) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.DeleteSession(context.WithoutCancel(ctx), hash)
	})
}

// SessionsOf are a person's open sessions, the latest used first: one's own, or anybody's for an administrator.
func (f *Flow) SessionsOf(ctx context.Context, a desk.Actor, user int64) ([]Session, error) {
	if !mayEndSessions(a, user) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	rows, err := f.Store.Read().SessionsOfUser(ctx, db.SessionsOfUserParams{UserID: store.Null(user), ExpiresAt: f.Now().UnixMilli()})
	out := make([]Session, len(rows))
	for i, r := range rows {
		out[i] = Session{Hash: r.TokenHash, ID: SessionID(r.TokenHash), User: user, BeganAt: fromMillis(r.BeganAt), SeenAt: fromMillis(r.SeenAt),
			Address: r.Address, Agent: r.Agent, Expires: fromMillis(r.ExpiresAt)}
	}
	return out, err
}

func mayEndSessions(a desk.Actor, user int64) bool {
	return a.Has(desk.Admin) || a.Kind == "usuario" && a.ID == itoa(user)
}

// EndSession ends one of a person's sessions by its ID; whoever holds its cookie is signed out by their next request.
func (f *Flow) EndSession(ctx context.Context, a desk.Actor, user int64, id string) error {
	open, err := f.SessionsOf(ctx, a, user)
	if err != nil {
		return err
	}
	for _, s := range open {
		if s.ID == id {
			return f.endSessions(ctx, a, user, func(ctx context.Context, tx *store.Tx) (int64, error) {
				return tx.EndSession(ctx, db.EndSessionParams{UserID: store.Null(user), TokenHash: s.Hash})
			})
		}
	}
	return nil // it has ended meanwhile, which is what was wanted
}

// EndSessions ends all of a person's sessions but the one with this hash; an empty one spares none.
func (f *Flow) EndSessions(ctx context.Context, a desk.Actor, user int64, but string) error {
	if !mayEndSessions(a, user) {
		return desk.Fail(desk.ErrForbidden)
	}
	return f.endSessions(ctx, a, user, func(ctx context.Context, tx *store.Tx) (int64, error) {
		return tx.EndSessions(ctx, db.EndSessionsParams{UserID: store.Null(user), TokenHash: but})
	})
}

func (f *Flow) endSessions(ctx context.Context, a desk.Actor, user int64, end func(context.Context, *store.Tx) (int64, error)) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		n, err := end(w.ctx, tx)
		if err != nil || n == 0 {
			return err
		}
		return w.audit(a, "usuario.sessao.encerrar", "usuario:"+itoa(user), map[string]any{"sessoes": n})
	})
}

// OpenSessions counts everybody's, by user.
func (f *Flow) OpenSessions(ctx context.Context) (map[int64]int64, error) {
	rows, err := f.Store.Read().CountSessions(ctx, f.Now().UnixMilli())
	out := map[int64]int64{}
	for _, r := range rows {
		out[r.UserID.Int64] = r.N
	}
	return out, err
}
