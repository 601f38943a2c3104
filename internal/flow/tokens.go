package flow

import (
	"context"
	"strings"
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
	Hint           string      // the key's last characters, to recognise it by
	Origin         desk.Origin // desk.Field or desk.House
	Environment    desk.Environment
	IgnoresUnknown bool     // unknown parameters become warnings
	SeesDocuments  bool     // CPF and CNPJ are answered whole
	Operations     []string // by name; none: all
	Developments   []string // by code; none: all
	CallsPerMinute int      // 0: the house's limit
	CreatedAt      time.Time
	ExpiresAt      time.Time // zero: never
	RevokedAt      time.Time
	LastUsedAt     time.Time // to the minute
	ReplacedBy     int64     // the token that was made to follow this one; 0: none
}

// TokenState is what a token is good for now.
type TokenState string

const (
	TokenGood     TokenState = "vale"
	TokenReplaced TokenState = "trocado" // it still works, until its successor has taken over
	TokenExpired  TokenState = "vencido"
	TokenRevoked  TokenState = "revogado"
)

// TokenStates in the order in which a token comes to them.
var TokenStates = []TokenState{TokenGood, TokenReplaced, TokenExpired, TokenRevoked}

// State says what the token is good for at a moment.
func (t Token) State(now time.Time) TokenState {
	switch {
	case !t.RevokedAt.IsZero():
		return TokenRevoked
	case !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now):
		return TokenExpired
	case t.ReplacedBy != 0:
		return TokenReplaced
	}
	return TokenGood
}

// Works says whether calls with the token are taken.
func (t Token) Works(now time.Time) bool {
	s := t.State(now)
	return s == TokenGood || s == TokenReplaced
}

// Tokens lists all, revoked ones too, the oldest first.
func (f *Flow) Tokens(ctx context.Context) ([]Token, error) {
	q := f.Store.Read()
	rows, err := q.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	scopes, err := q.DevelopmentsOfTokens(ctx)
	if err != nil {
		return nil, err
	}
	developments := map[int64][]string{}
	for _, s := range scopes {
		developments[s.TokenID] = append(developments[s.TokenID], s.Code)
	}
	out := make([]Token, len(rows))
	for i, r := range rows {
		out[i] = token(r)
		out[i].Developments = developments[r.ID]
	}
	return out, nil
}

// token leaves the developments out: they lie in a table of their own.
func token(r db.Token) Token {
	at := func(ms nullID) time.Time {
		if !ms.Valid {
			return time.Time{}
		}
		return fromMillis(ms.Int64)
	}
	return Token{ID: r.ID, Name: r.Name, Integration: r.Integration, Hash: r.TokenHash, Hint: r.Hint, Origin: r.Origin,
		Environment: r.Environment, IgnoresUnknown: r.IgnoresUnknown, SeesDocuments: r.SeesDocuments,
		Operations: strings.Fields(r.Operations), CallsPerMinute: int(r.CallsPerMinute), CreatedAt: fromMillis(r.CreatedAt),
		ExpiresAt: at(r.ExpiresAt), RevokedAt: at(r.RevokedAt), LastUsedAt: at(r.LastUsedAt), ReplacedBy: r.ReplacedBy.Int64}
}

// Development is one of the registry, for lists to choose from.
type Development struct {
	ID         int64
	Code, Name string
}

// Developments lists those of the registry that the actor may touch, by code.
func (f *Flow) Developments(ctx context.Context, a desk.Actor) ([]Development, error) {
	rows, err := f.Store.Read().Developments(ctx)
	var out []Development
	for _, r := range rows {
		if a.MayTouch(r.ID) {
			out = append(out, Development(r))
		}
	}
	return out, err
}

// touchEvery is how exact "last use" is.
const touchEvery = time.Minute

// Authenticate finds the token with this hash and who acts with it. Unknown, revoked and expired ones are all
// nao_autenticado, and say nothing more. It asks the database each time, so that a revocation holds from the next
// call on, in every process.
func (f *Flow) Authenticate(ctx context.Context, hash string) (Token, desk.Actor, error) {
	row, err := f.Store.Read().TokenByHash(ctx, hash)
	if err != nil && !store.NoRows(err) {
		return Token{}, desk.Actor{}, err
	}
	now := f.Now()
	t := token(row)
	if err != nil || !t.Works(now) {
		return Token{}, desk.Actor{}, desk.Fail(desk.ErrUnauthenticated)
	}
	actor, err := f.bearer(ctx, row)
	if err != nil {
		return Token{}, desk.Actor{}, err
	}
	if now.Sub(t.LastUsedAt) > touchEvery {
		err := f.Store.Write(ctx, func(tx *store.Tx) error {
			return tx.TouchToken(context.WithoutCancel(ctx), db.TouchTokenParams{ID: row.ID, LastUsedAt: store.Null(now.UnixMilli())})
		})
		if err != nil {
			return Token{}, desk.Actor{}, err
		}
	}
	return t, actor, nil
}

// bearer is who acts with a token.
func (f *Flow) bearer(ctx context.Context, row db.Token) (desk.Actor, error) {
	a := desk.Actor{Kind: "token", ID: itoa(row.ID), Name: row.Name, Origin: row.Origin, Integration: row.Integration,
		Environment: row.Environment, Connection: row.ConnectionID, Operations: strings.Fields(row.Operations), SeesDocuments: row.SeesDocuments}
	if !row.FewDevelopments {
		return a, nil
	}
	var err error
	a.Developments, err = f.Store.Read().TokenDevelopments(ctx, row.ID)
	return a, err
}
