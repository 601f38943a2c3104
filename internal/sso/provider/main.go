// The provider of the tests: a certified library's own server, with people whom a test makes and groups that it changes.
// It prints its issuer and serves until its input ends.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

type person struct {
	ID, Login, Email, Name string
	Verified               bool
	Groups                 []string
}

// house holds the people; it is the storage's user store.
type house struct {
	mu     sync.Mutex
	people map[string]person
}

func (h *house) find(fits func(person) bool) *storage.User {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.people {
		if fits(p) {
			return &storage.User{ID: p.ID, Username: p.Login, Password: "secret", FirstName: p.Name, LastName: "", Email: p.Email, EmailVerified: p.Verified}
		}
	}
	return nil
}

func (h *house) GetUserByID(id string) *storage.User {
	return h.find(func(p person) bool { return p.ID == id })
}
func (h *house) GetUserByUsername(login string) *storage.User {
	return h.find(func(p person) bool { return p.Login == login })
}
func (h *house) ExampleClientID() string { return "service" }

func (h *house) groups(info *oidc.UserInfo, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if g := h.people[id].Groups; g != nil {
		info.AppendClaims("groups", g)
	}
}

// provider is the library's storage with groups, and a client that may be left.
type provider struct {
	*storage.Storage
	house *house
	after string
}

func (p *provider) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	return p.Storage.SetUserinfoFromRequest(ctx, info, r, scopes)
}

func (p *provider) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	err := p.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin)
	p.house.groups(info, subject)
	return err
}

func (p *provider) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := p.Storage.GetClientByClientID(ctx, id)
	return client{c, p.after}, err
}

type client struct {
	op.Client
	after string
}

func (c client) PostLogoutRedirectURIs() []string { return []string{c.after} }

func main() {
	base := os.Args[1] // Ponte's
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	issuer := "http://" + l.Addr().String()
	h := &house{people: map[string]person{}}
	storage.RegisterClients(storage.WebClient("ponte", "a secret of the tests", base+"/entrar/sso/volta"))
	mux := http.NewServeMux()
	mux.Handle("/", exampleop.SetupServer(issuer, &provider{storage.NewStorage(h), h, base + "/entrar"}, slog.New(slog.NewTextHandler(io.Discard, nil)), false))
	mux.HandleFunc("PUT /_people", func(_ http.ResponseWriter, r *http.Request) {
		var p person
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
			panic(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.people[p.ID] = p
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	fmt.Println(issuer)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
