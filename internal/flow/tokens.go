package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Token is a program's key to the webservices. Only its hash is stored.
type Token struct {
	ID             int64
	Name           string
	Integration    string // what rotating tokens share: idempotency binds to it
	Hash           string
	Origin         desk.Origin // desk.Field or desk.House
	Environment    desk.Environment
	IgnoresUnknown bool // unknown parameters become warnings
	SeesDocuments  bool
	ExpiresAt      time.Time // zero: never
	RevokedAt      time.Time
	LastUsedAt     time.Time
}

// AddToken creates a token in a connection.
func (f *Flow) AddToken(ctx context.Context, a desk.Actor, t Token) (int64, error) {
	e := desk.Fail(desk.ErrParameter)
	bad := func(field, code string) { e.Fields = append(e.Fields, desk.FieldError{Field: field, Code: code}) }
	if t.Name == "" {
		bad("nome", "obrigatorio")
	}
	if t.Integration == "" {
		bad("integracao", "obrigatorio")
	}
	if t.Origin != desk.Field && t.Origin != desk.House {
		bad("origem", "origem_desconhecida")
	}
	if !t.Environment.Valid() {
		bad("ambiente", "ambiente_desconhecido")
	}
	if len(e.Fields) > 0 {
		return 0, e
	}
	var id int64
	err := f.write(ctx, func(w *work) error {
		if !a.Has(desk.Admin, desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		p := db.InsertTokenParams{Name: t.Name, Integration: t.Integration, TokenHash: t.Hash, Origin: t.Origin,
			ConnectionID: w.inst.ConnectionID, Environment: t.Environment, IgnoresUnknown: t.IgnoresUnknown,
			SeesDocuments: t.SeesDocuments, CreatedAt: w.now.UnixMilli()}
		if !t.ExpiresAt.IsZero() {
			p.ExpiresAt = store.Null(t.ExpiresAt.UnixMilli())
		}
		var err error
		if id, err = w.InsertToken(w.ctx, p); err != nil {
			return err
		}
		return w.audit(a, "token.criar", "token:"+itoa(id), map[string]any{"origem": t.Origin, "ambiente": t.Environment})
	})
	return id, err
}

// RevokeToken ends a token at once.
func (f *Flow) RevokeToken(ctx context.Context, a desk.Actor, id int64) error {
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Admin, desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		n, err := w.Queries.RevokeToken(w.ctx, db.RevokeTokenParams{ID: id, RevokedAt: store.Null(w.now.UnixMilli())})
		if err != nil {
			return err
		}
		if n == 0 {
			return desk.BadField("token", "nao_existe")
		}
		return w.audit(a, "token.revogar", "token:"+itoa(id), nil)
	})
}

// Tokens lists all, revoked ones too.
func (f *Flow) Tokens(ctx context.Context) ([]Token, error) {
	rows, err := f.Store.Read().Tokens(ctx)
	out := make([]Token, len(rows))
	for i, r := range rows {
		out[i] = token(r)
	}
	return out, err
}

func token(r db.Token) Token {
	at := func(ms nullID) time.Time {
		if !ms.Valid {
			return time.Time{}
		}
		return fromMillis(ms.Int64)
	}
	return Token{ID: r.ID, Name: r.Name, Integration: r.Integration, Hash: r.TokenHash, Origin: r.Origin,
		Environment: r.Environment, IgnoresUnknown: r.IgnoresUnknown, SeesDocuments: r.SeesDocuments,
		ExpiresAt: at(r.ExpiresAt), RevokedAt: at(r.RevokedAt), LastUsedAt: at(r.LastUsedAt)}
}

// touchEvery is how exact "last use" is.
const touchEvery = time.Minute

// Authenticate finds the token with this hash and who acts with it. Unknown, revoked and expired ones are all
// nao_autenticado, and say nothing more.
func (f *Flow) Authenticate(ctx context.Context, hash string) (Token, desk.Actor, error) {
	row, err := f.Store.Read().TokenByHash(ctx, hash)
	if err != nil && !store.NoRows(err) {
		return Token{}, desk.Actor{}, err
	}
	now := f.Now()
	if err != nil || row.RevokedAt.Valid || row.ExpiresAt.Valid && row.ExpiresAt.Int64 <= now.UnixMilli() {
		return Token{}, desk.Actor{}, desk.Fail(desk.ErrUnauthenticated)
	}
	if now.Sub(fromMillis(row.LastUsedAt.Int64)) > touchEvery {
		err := f.Store.Write(ctx, func(tx *store.Tx) error {
			return tx.TouchToken(context.WithoutCancel(ctx), db.TouchTokenParams{ID: row.ID, LastUsedAt: store.Null(now.UnixMilli())})
		})
		if err != nil {
			return Token{}, desk.Actor{}, err
		}
	}
	return token(row), desk.Actor{Kind: "token", ID: itoa(row.ID), Name: row.Name, Origin: row.Origin,
		Integration: row.Integration, Environment: row.Environment, Connection: row.ConnectionID,
		SeesDocuments: row.SeesDocuments}, nil
}
