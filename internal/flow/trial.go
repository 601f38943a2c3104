package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Trial says of a call that a person makes it in a program's place, to see what comes of it. The operation is the real
// one. What it opens is a test; what is refused is nobody's work; and its id_externo is its own: the program's next
// call with the same one is never answered by a trial.
type Trial struct{ By desk.Actor }

// endTrial is what became of a refused trial: whoever tried has seen the answer.
const endTrial = "tentativa"

// MayTry says who tries operations out: those who configure the webservices.
func MayTry(a desk.Actor) bool { return a.Has(desk.Consultant) }

// MayTryAs says whether a token can stand for the program: one that works now, and of homologation. There is no trial
// in production.
func (f *Flow) MayTryAs(t Token) bool {
	return t.Environment == desk.Homologation && t.Works(f.Now())
}

// TakeTrial answers who acts in a trial. The token's own last use stays as it is.
func (f *Flow) TakeTrial(ctx context.Context, a desk.Actor, token int64) (Token, desk.Actor, error) {
	if !MayTry(a) {
		return Token{}, desk.Actor{}, desk.Fail(desk.ErrForbidden)
	}
	t, actor, err := f.tokenActor(ctx, token)
	switch {
	case store.NoRows(err), err == nil && !f.MayTryAs(t):
		return Token{}, desk.Actor{}, desk.BadField("token", "token_nao_experimenta")
	case err != nil:
		return Token{}, desk.Actor{}, err
	}
	return t, actor, nil
}

// FindTried is FindByExternalID for a trial: what was opened in a trial comes first.
func (f *Flow) FindTried(ctx context.Context, a desk.Actor, externalID string) (int64, error) {
	b, err := f.Store.Read().Binding(ctx, db.BindingParams{Integration: a.Integration, Environment: a.Environment,
		Operation: "IncluirOcorrencia", Key: trialKey("id_externo:" + externalID)})
	if store.NoRows(err) {
		return f.FindByExternalID(ctx, a, externalID)
	}
	return b.Number, err
}

// trialKey is what a trial binds in place of a call's key.
func trialKey(key string) string { return "tentativa:" + key }
