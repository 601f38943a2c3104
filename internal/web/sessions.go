package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"ponte/internal/flow"
)

// sessionLife is a long working day. It is counted from signing in, so that reading a page writes nothing.
const sessionLife = 12 * time.Hour

// What a session holds.
const (
	sessionUser  = "usuario"
	sessionProof = "prova"
	// where it began and with what, so that people recognise their own
	sessionAddress = "endereco"
	sessionAgent   = "navegador"
	sessionBegan   = "inicio"
)

// newSessions keeps sessions in the database under the hash of the cookie's token.
func newSessions(f *flow.Flow, secure bool, log *slog.Logger) *scs.SessionManager {
	m := scs.New()
	m.Lifetime = sessionLife
	m.Store = sessionStore{f}
	m.HashTokenInStore = true
	m.Cookie.Name = "ponte"
	if secure {
		m.Cookie.Name = "__Host-ponte"
	}
	m.Cookie.HttpOnly = true
	m.Cookie.Secure = secure
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() == nil {
			log.Error("web: session", "erro", err, "caminho", r.URL.Path)
		}
		// Before the session is known there is neither a language nor a look to say it in.
		http.Error(w, "A Ponte está indisponível. Tente de novo em instantes.", http.StatusServiceUnavailable)
	}
	return m
}

// sessionStore is scs's store over flow.
type sessionStore struct{ flow *flow.Flow }

func (s sessionStore) FindCtx(ctx context.Context, hash string) ([]byte, bool, error) {
	b, err := s.flow.ReadSession(ctx, hash)
	return b, b != nil, err
}

func (s sessionStore) CommitCtx(ctx context.Context, hash string, b []byte, expiry time.Time) error {
	_, held, err := scs.GobCodec{}.Decode(b)
	if err != nil {
		return err
	}
	user, _ := held[sessionUser].(int64)
	address, _ := held[sessionAddress].(string)
	agent, _ := held[sessionAgent].(string)
	return s.flow.PutSession(ctx, flow.Session{Hash: hash, User: user, Data: b, Address: address, Agent: agent, Expires: expiry})
}

func (s sessionStore) DeleteCtx(ctx context.Context, hash string) error {
	return s.flow.DropSession(ctx, hash)
}

func (s sessionStore) Find(hash string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), hash)
}

func (s sessionStore) Commit(hash string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), hash, b, expiry)
}

func (s sessionStore) Delete(hash string) error { return s.DeleteCtx(context.Background(), hash) }

// person is who the session belongs to. A disabled account, and one whose password was changed since, has no
// sessions.
func (s *site) person(ctx context.Context) (flow.User, bool, error) {
	id := s.sessions.GetInt64(ctx, sessionUser)
	if id == 0 {
		return flow.User{}, false, nil
	}
	u, ok, err := s.flow.UserByID(ctx, id)
	if err != nil || !ok || proof(u) != s.sessions.GetString(ctx, sessionProof) {
		return flow.User{}, false, err
	}
	return u, true, nil
}

// proof ties a session to the password that opened it, without telling anything of it.
func proof(u flow.User) string {
	sum := sha256.Sum256([]byte("ponte session " + u.PasswordHash))
	return hex.EncodeToString(sum[:12])
}

// blank is a session under a new token that knows nothing of whoever had it before: a token that was planted is worth
// nothing, and neither the former person's way in nor what they still had to do is the next one's.
func (s *site) blank(ctx context.Context) error {
	if err := s.sessions.Clear(ctx); err != nil {
		return err
	}
	return s.sessions.RenewToken(ctx)
}

// begin starts a person's session.
func (s *site) begin(r *request, u flow.User) error {
	ctx := r.Context()
	if err := s.blank(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionUser, u.ID)
	s.sessions.Put(ctx, sessionProof, proof(u))
	s.sessions.Put(ctx, sessionAddress, addressOf(r.Request))
	s.sessions.Put(ctx, sessionBegan, r.now.UnixMilli())
	s.sessions.Put(ctx, sessionAgent, cut(r.UserAgent(), maxAgent))
	return nil
}

// maxAgent is how much of a browser's account of itself is kept.
const maxAgent = 200

func cut(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}

// sessionHash is how the database knows the session of this request.
func (s *site) sessionHash(r *request) string {
	sum := sha256.Sum256([]byte(s.sessions.Token(r.Context())))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// stillSignedIn reads the session afresh, for a stream that began long ago.
func (s *site) stillSignedIn(r *request) bool {
	cookie, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil {
		return false
	}
	ctx, err := s.sessions.Load(context.Background(), cookie.Value) // the request's own holds the session as it was
	if err != nil {
		return true // the database's trouble is no reason to send anybody away
	}
	_, ok, err := s.person(ctx)
	return ok || err != nil
}
