package flow

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

const (
	// maxCallsPerMinute bounds a token's own limit; above it there might as well be none.
	maxCallsPerMinute = 100_000
	// DefaultOverlap is how long a token goes on beside its successor, MaxOverlap the longest that can be chosen.
	DefaultOverlap = 7 * 24 * time.Hour
	MaxOverlap     = 90 * 24 * time.Hour
)

// AddToken creates a token in the installation's connection.
func (f *Flow) AddToken(ctx context.Context, a desk.Actor, t Token) (int64, error) {
	t.Name, t.Integration = strings.TrimSpace(t.Name), strings.TrimSpace(t.Integration)
	if err := f.checkToken(t); err != nil {
		return 0, err
	}
	var id int64
	err := f.write(ctx, func(w *work) error {
		if !a.Has(desk.Admin, desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		developments, err := w.developmentIDs(t.Developments)
		if err != nil {
			return err
		}
		p := db.InsertTokenParams{Name: t.Name, Integration: t.Integration, TokenHash: t.Hash, Hint: t.Hint, Origin: t.Origin,
			ConnectionID: w.inst.ConnectionID, Environment: t.Environment, IgnoresUnknown: t.IgnoresUnknown,
			SeesDocuments: t.SeesDocuments, Operations: strings.Join(t.Operations, " "), CallsPerMinute: int64(t.CallsPerMinute),
			CreatedAt: w.now.UnixMilli()}
		if !t.ExpiresAt.IsZero() {
			p.ExpiresAt = store.Null(t.ExpiresAt.UnixMilli())
		}
		if id, err = w.insertToken(p, developments); err != nil {
			return err
		}
		return w.audit(a, "token.criar", "token:"+itoa(id), map[string]any{"origem": t.Origin, "ambiente": t.Environment,
			"integracao": t.Integration, "operacoes": t.Operations, "empreendimentos": t.Developments,
			"limite": t.CallsPerMinute, "ve_documentos": t.SeesDocuments})
	})
	return id, err
}

func (f *Flow) checkToken(t Token) error {
	e := desk.Fail(desk.ErrParameter)
	bad := func(field, code string, args map[string]any) {
		e.Fields = append(e.Fields, desk.FieldError{Field: field, Code: code, Args: args})
	}
	for field, text := range map[string]string{"nome": t.Name, "integracao": t.Integration} {
		switch {
		case text == "":
			bad(field, "obrigatorio", nil)
		case utf8.RuneCountInString(text) > 120:
			bad(field, "grande_demais", map[string]any{"maximo": 120})
		}
	}
	if t.Origin != desk.Field && t.Origin != desk.House {
		bad("origem", "origem_desconhecida", nil)
	}
	if !t.Environment.Valid() {
		bad("ambiente", "ambiente_desconhecido", nil)
	}
	for _, name := range t.Operations {
		if name == desk.ScopeRegistry {
			if t.Origin != desk.House {
				bad("operacoes", "cadastro_so_da_casa", nil)
			}
			continue
		}
		if _, known := f.operation(name); !known {
			bad("operacoes", "operacao_desconhecida", map[string]any{"nome": name})
		}
	}
	if t.CallsPerMinute < 0 || t.CallsPerMinute > maxCallsPerMinute {
		bad("limite", "fora_da_faixa", map[string]any{"minimo": 0, "maximo": maxCallsPerMinute})
	}
	if !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(f.Now()) {
		bad("validade", "no_passado", nil)
	}
	if len(e.Fields) == 0 {
		return nil
	}
	slices.SortStableFunc(e.Fields, func(a, b desk.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return e
}

// developmentIDs finds the developments of a scope; one that the registry doesn't have refuses the whole scope,
// because a scope that shrinks by a slip would end up empty, which means everything.
func (w *work) developmentIDs(codes []string) ([]int64, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	known, err := w.Developments(w.ctx)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, code := range codes {
		i := slices.IndexFunc(known, func(d db.DevelopmentsRow) bool { return d.Code == code })
		if i < 0 {
			return nil, desk.BadField("empreendimentos", "empreendimento_desconhecido", "nome", code)
		}
		if !slices.Contains(ids, known[i].ID) {
			ids = append(ids, known[i].ID)
		}
	}
	return ids, nil
}

func (w *work) insertToken(p db.InsertTokenParams, developments []int64) (int64, error) {
	p.FewDevelopments = len(developments) > 0
	id, err := w.InsertToken(w.ctx, p)
	if err != nil {
		return 0, err
	}
	for _, d := range developments {
		if err := w.InsertTokenDevelopment(w.ctx, db.InsertTokenDevelopmentParams{TokenID: id, DevelopmentID: d}); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// Rotation gives a token a successor.
type Rotation struct {
	Token      int64
	Hash, Hint string // of the new key
	// Overlap is how long the old key goes on beside the new one; zero ends it now.
	Overlap time.Duration
}

// RotateToken makes a new token that is the old one but for its key: name, integration, origin, environment, scope,
// limit, and as long a life as the old one was given. Both are good until the overlap is over, so that whoever
// holds the key can change it without a gap. A token has one successor: rotate that one next.
func (f *Flow) RotateToken(ctx context.Context, a desk.Actor, r Rotation) (int64, error) {
	if r.Overlap < 0 || r.Overlap > MaxOverlap {
		return 0, desk.BadField("prazo", "fora_da_faixa", "minimo", 0, "maximo", int(MaxOverlap.Hours()/24))
	}
	var id int64
	err := f.write(ctx, func(w *work) error {
		if !a.Has(desk.Admin, desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		old, err := w.TokenByID(w.ctx, r.Token)
		if store.NoRows(err) {
			return desk.BadField("token", "nao_existe")
		}
		if err != nil {
			return err
		}
		switch token(old).State(w.now) {
		case TokenReplaced:
			return desk.BadField("token", "token_ja_trocado")
		case TokenExpired, TokenRevoked:
			return desk.BadField("token", "token_encerrado")
		}
		developments, err := w.TokenDevelopments(w.ctx, old.ID)
		if err != nil {
			return err
		}
		p := db.InsertTokenParams{Name: old.Name, Integration: old.Integration, TokenHash: r.Hash, Hint: r.Hint, Origin: old.Origin,
			ConnectionID: old.ConnectionID, Environment: old.Environment, IgnoresUnknown: old.IgnoresUnknown,
			SeesDocuments: old.SeesDocuments, Operations: old.Operations, CallsPerMinute: old.CallsPerMinute, CreatedAt: w.now.UnixMilli()}
		end := w.now.Add(r.Overlap).UnixMilli()
		if old.ExpiresAt.Valid {
			p.ExpiresAt = store.Null(w.now.UnixMilli() + old.ExpiresAt.Int64 - old.CreatedAt)
			end = min(end, old.ExpiresAt.Int64)
		}
		if id, err = w.insertToken(p, developments); err != nil {
			return err
		}
		n, err := w.ReplaceToken(w.ctx, db.ReplaceTokenParams{ID: old.ID, ReplacedBy: store.Null(id), ExpiresAt: sql.NullInt64{Int64: end, Valid: true}})
		if err != nil {
			return err
		}
		if n == 0 { // somebody else was faster
			return desk.BadField("token", "token_ja_trocado")
		}
		return w.audit(a, "token.trocar", "token:"+itoa(old.ID), map[string]any{"novo": id, "prazo": r.Overlap.String()})
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
