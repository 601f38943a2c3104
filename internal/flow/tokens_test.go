package flow_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
	"ponte/internal/webservice"
)

// steps is a clock that a test moves.
type steps struct {
	mu  sync.Mutex
	now time.Time
}

func (s *steps) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *steps) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func clock() *steps { return &steps{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

// twoPlaces is an installation with a second development, whose only unit is PDA-U-1.
func twoPlaces(t *testing.T, s *store.Store, now func() time.Time) *flowtest.Installation {
	t.Helper()
	in := flowtest.New(t, s, flow.Deps{Now: now, Operations: webservice.Known()})
	must(t, in.PutRegistry(t.Context(), flowtest.Admin(), flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "PDA", Name: "Parque das Águas",
		Blocks: []flow.RegistryBlock{{Code: "U", Name: "Único", Units: []flow.RegistryUnit{{Number: "1", MobussIDHomologation: "MOB-PDA-U-1",
			Contracts: []flow.RegistryContract{{Code: "PDA-U-1", Customer: flow.RegistryCustomer{Name: "Marina Figueiredo Prado", Document: flowtest.Marina}}}}}}}}}}))
	return in
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add makes a token of the house and answers who acts with it.
func add(t *testing.T, in *flowtest.Installation, tok flow.Token) (int64, desk.Actor) {
	t.Helper()
	if tok.Hash == "" {
		tok.Hash = "hash of " + tok.Name
	}
	tok.Integration, tok.Origin, tok.Environment = "casa", desk.House, desk.Homologation
	id, err := in.AddToken(t.Context(), flowtest.Admin(), tok)
	must(t, err)
	_, a, err := in.Authenticate(t.Context(), tok.Hash)
	must(t, err)
	return id, a
}

// TestTokensStayInTheirDevelopments: another development's occurrence is as if it were not there, and nothing of it
// is said or changed; opening there is refused by name. The control is the same calls by a token that may.
func TestTokensStayInTheirDevelopments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := twoPlaces(t, s, nil)
		_, here := add(t, in, flow.Token{Name: "aurora", Developments: []string{"AUR"}})
		_, both := add(t, in, flow.Token{Name: "os dois", Developments: []string{"AUR", "PDA", "AUR"}})
		_, all := add(t, in, flow.Token{Name: "todos"})
		r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "X-1", "", all), flow.OpenInput{Project: "PDA-U-1", BlockNewCustomer: "T", Description: "Vazamento"})
		must(t, err)
		n, ctx := r.Number, t.Context()
		open := func(a desk.Actor, id string, in2 flow.OpenInput) error {
			in2.BlockNewCustomer, in2.Description = "T", "Vazamento"
			_, err := in.Flow.Open(ctx, in.Call("IncluirOcorrencia", id, "", a), in2)
			return err
		}
		for _, c := range []struct {
			name string
			do   func(a desk.Actor) error
			want string
		}{
			{"open by contract", func(a desk.Actor) error { return open(a, "", flow.OpenInput{Project: "PDA-U-1"}) }, desk.ErrForbidden},
			{"open by unit", func(a desk.Actor) error { return open(a, "", flow.OpenInput{Project: "1", Development: "PDA"}) }, desk.ErrForbidden},
			{"open for somebody else, of whom nothing is said", func(a desk.Actor) error {
				return open(a, "", flow.OpenInput{Project: "PDA-U-1", Document: flowtest.Otavio})
			}, desk.ErrForbidden},
			{"the same opening again", func(a desk.Actor) error { return open(a, "X-1", flow.OpenInput{Project: "PDA-U-1"}) }, desk.ErrNotFound},
			{"comment", func(a desk.Actor) error {
				_, err := in.Comment(ctx, in.Call("IncluirComentario", "", "", a), flow.CommentInput{Number: n, Text: "x"})
				return err
			}, desk.ErrNotFound},
			{"visit", func(a desk.Actor) error {
				_, err := in.Visit(ctx, in.Call("InformarVistoria", "", "", a), flow.VisitInput{Number: n, State: "agendada", Start: flow.When{Time: time.Now(), Set: true}})
				return err
			}, desk.ErrNotFound},
			{"attach", func(a desk.Actor) error {
				_, err := in.Attach(ctx, in.Call("IncluirAnexo", "", "", a), flow.AttachInput{Number: n, Name: "a.txt", Content: []byte("texto simples")})
				return err
			}, desk.ErrNotFound},
			{"look up", func(a desk.Actor) error { _, err := in.Show(ctx, a, n); return err }, desk.ErrNotFound},
			{"move", func(a desk.Actor) error {
				_, err := in.Move(ctx, in.Call("MovimentarOcorrencia", "", "", a), flow.MoveInput{Number: n, Status: "90"})
				return err
			}, desk.ErrNotFound},
			{"close", func(a desk.Actor) error {
				_, err := in.Close(ctx, in.Call("EncerrarOcorrencia", "", "", a), flow.CloseInput{Number: n, Solution: "x"})
				return err
			}, desk.ErrNotFound},
		} {
			before, _ := in.Show(ctx, all, n)
			if got := code(c.do(here)); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
			after, _ := in.Show(ctx, all, n)
			if len(before.Movements) != len(after.Movements) || len(before.Attachments) != len(after.Attachments) {
				t.Errorf("%s: something was written", c.name)
			}
			if c.name == "open for somebody else, of whom nothing is said" {
				if got := code(c.do(both)); got != desk.ErrNoContract {
					t.Errorf("the control: %q", got)
				}
			} else if got := code(c.do(both)); got != "" && c.name != "close" {
				t.Errorf("%s by a token that may: %q", c.name, got)
			}
		}
		if err := open(here, "", flow.OpenInput{Project: "AUR-A-101"}); err != nil {
			t.Error("its own development:", err)
		}
	})
}

// TestRotation: both keys work until the overlap is over, and the new one can do what the old one could.
func TestRotation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := clock()
		in := twoPlaces(t, s, now.Now)
		ctx, admin := t.Context(), flowtest.Admin()
		works := func(hash string) bool { _, _, err := in.Authenticate(ctx, hash); return err == nil }
		old, _ := add(t, in, flow.Token{Name: "ERP", Hash: "h1", Hint: "aaaa", Developments: []string{"PDA"}, Operations: []string{"ConsultarOcorrencia"},
			CallsPerMinute: 7, SeesDocuments: true, IgnoresUnknown: true, ExpiresAt: now.Now().Add(90 * 24 * time.Hour)})
		now.pass(24 * time.Hour)
		next, err := in.RotateToken(ctx, admin, flow.Rotation{Token: old, Hash: "h2", Hint: "bbbb", Overlap: flow.DefaultOverlap})
		must(t, err)
		_, was, err := in.Authenticate(ctx, "h1")
		must(t, err)
		_, is, err := in.Authenticate(ctx, "h2")
		must(t, err)
		was.ID, is.ID = "", ""
		if fmt.Sprint(was) != fmt.Sprint(is) {
			t.Errorf("the successor differs:\n%v\n%v", was, is)
		}
		tokens, err := in.Tokens(ctx)
		must(t, err)
		byID := func(id int64) flow.Token {
			return tokens[slices.IndexFunc(tokens, func(t flow.Token) bool { return t.ID == id })]
		}
		if o := byID(old); o.State(now.Now()) != flow.TokenReplaced || o.ReplacedBy != next || !o.ExpiresAt.Equal(now.Now().Add(7*24*time.Hour)) {
			t.Errorf("the old one: %+v", o)
		}
		if n := byID(next); n.CallsPerMinute != 7 || n.Hint != "bbbb" || !n.IgnoresUnknown || strings.Join(n.Developments, "") != "PDA" ||
			!n.ExpiresAt.Equal(now.Now().Add(90*24*time.Hour)) {
			t.Errorf("the new one: %+v", n)
		}
		if _, err := in.RotateToken(ctx, admin, flow.Rotation{Token: old, Hash: "h3", Overlap: 0}); code(err) != desk.ErrParameter+"/token" {
			t.Error("a second successor:", err)
		}
		now.pass(flow.DefaultOverlap - time.Millisecond)
		if !works("h1") || !works("h2") {
			t.Error("one of them stopped before the overlap was over")
		}
		now.pass(time.Millisecond)
		if works("h1") || !works("h2") {
			t.Error("after the overlap the old one works, or the new one doesn't")
		}
		if _, err := in.RotateToken(ctx, admin, flow.Rotation{Token: next, Hash: "h4"}); err != nil || works("h2") || !works("h4") {
			t.Error("without an overlap:", err, works("h2"), works("h4"))
		}
		must(t, in.RevokeToken(ctx, admin, next+1))
		if works("h4") {
			t.Error("revoked, and works")
		}
		for id, name := range map[int64]string{next + 1: "revoked", old: "ended", 999: "unknown"} {
			if _, err := in.RotateToken(ctx, admin, flow.Rotation{Token: id, Hash: "h9"}); code(err) != desk.ErrParameter+"/token" {
				t.Error(name, err)
			}
		}
		for _, d := range []time.Duration{-1, flow.MaxOverlap + 1} {
			if _, err := in.RotateToken(ctx, admin, flow.Rotation{Token: next, Hash: "h9", Overlap: d}); code(err) != desk.ErrParameter+"/prazo" {
				t.Error(d, err)
			}
		}
		wantAudit(t, s, fmt.Sprintf("token:%d", old), "token.criar", "token.trocar")
		wantAudit(t, s, fmt.Sprintf("token:%d", next+1), "token.revogar")
	})
}

func wantAudit(t *testing.T, s *store.Store, subject string, want ...string) {
	t.Helper()
	rows, err := s.Read().AuditOf(t.Context(), subject)
	must(t, err)
	var got []string
	for _, r := range rows {
		got = append(got, r.Action)
		if strings.Contains(r.Detail, "h1") || strings.Contains(r.Detail, "h2") {
			t.Errorf("the audit tells a hash: %s", r.Detail)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("audit of %s: %v, want %v", subject, got, want)
	}
}

// TestARotatedTokenEndsNoLater: an overlap never lengthens the old key's life.
func TestARotatedTokenEndsNoLater(t *testing.T) {
	now := clock()
	in := twoPlaces(t, storetest.New(t, store.SQLite), now.Now)
	end := now.Now().Add(time.Hour)
	id, _ := add(t, in, flow.Token{Name: "curto", ExpiresAt: end})
	_, err := in.RotateToken(t.Context(), flowtest.Admin(), flow.Rotation{Token: id, Hash: "novo", Overlap: flow.DefaultOverlap})
	must(t, err)
	tokens, err := in.Tokens(t.Context())
	must(t, err)
	if got := tokens[id-1].ExpiresAt; !got.Equal(end) {
		t.Errorf("ends %v, was to end %v", got, end)
	}
}

// TestOnlyOneSuccessor: of callers who replace a token at once, one does.
func TestOnlyOneSuccessor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := twoPlaces(t, s, nil)
		id, _ := add(t, in, flow.Token{Name: "disputado"})
		before, _ := in.Tokens(t.Context())
		errs := make([]error, 8)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				_, errs[i] = in.RotateToken(t.Context(), flowtest.Admin(), flow.Rotation{Token: id, Hash: fmt.Sprint("chave ", i), Overlap: time.Hour})
			})
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if code(err) != desk.ErrParameter+"/token" {
				t.Error(err)
			}
		}
		after, err := in.Tokens(t.Context())
		if err != nil || won != 1 || len(after) != len(before)+1 {
			t.Errorf("%d successors of %d tokens, %v", won, len(after)-len(before), err)
		}
	})
}

func TestTokensAreChecked(t *testing.T) {
	now := clock()
	in := twoPlaces(t, storetest.New(t, store.SQLite), now.Now)
	good := flow.Token{Name: "ERP", Integration: "erp", Hash: "h", Origin: desk.House, Environment: desk.Homologation}
	for name, c := range map[string]struct {
		change func(*flow.Token)
		want   string
	}{
		"nameless":             {func(t *flow.Token) { t.Name = "  " }, "/nome"},
		"no integration":       {func(t *flow.Token) { t.Integration = "" }, "/integracao"},
		"long name":            {func(t *flow.Token) { t.Name = strings.Repeat("ã", 121) }, "/nome"},
		"origin":               {func(t *flow.Token) { t.Origin = desk.System }, "/origem"},
		"environment":          {func(t *flow.Token) { t.Environment = "lua" }, "/ambiente"},
		"operation":            {func(t *flow.Token) { t.Operations = []string{"ConsultarOcorrencia", "consultarocorrencia"} }, "/operacoes"},
		"development":          {func(t *flow.Token) { t.Developments = []string{"AUR", "aur"} }, "/empreendimentos"},
		"limit below":          {func(t *flow.Token) { t.CallsPerMinute = -1 }, "/limite"},
		"limit above":          {func(t *flow.Token) { t.CallsPerMinute = 100_001 }, "/limite"},
		"expired when it came": {func(t *flow.Token) { t.ExpiresAt = now.Now() }, "/validade"},
	} {
		bad := good
		c.change(&bad)
		if _, err := in.AddToken(t.Context(), flowtest.Admin(), bad); code(err) != desk.ErrParameter+c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := in.AddToken(t.Context(), flowtest.Admin(), good); err != nil {
		t.Error("the control:", err)
	}
	var e *desk.Error
	_, err := in.AddToken(t.Context(), flowtest.Admin(), flow.Token{})
	if !errors.As(err, &e) || len(e.Fields) != 4 {
		t.Errorf("not every fault at once: %v", err)
	}
}

// TestWhoMayChangeTokensAndAnswers is a table of roles and acts.
func TestWhoMayChangeTokensAndAnswers(t *testing.T) {
	in := twoPlaces(t, storetest.New(t, store.SQLite), nil)
	ctx := t.Context()
	n := 0
	hash := func() string { n++; return fmt.Sprint("chave ", n) }
	fresh := func() int64 { id, _ := add(t, in, flow.Token{Name: "x", Hash: hash()}); return id }
	acts := map[string]func(desk.Actor) error{
		"add": func(a desk.Actor) error {
			_, err := in.AddToken(ctx, a, flow.Token{Name: "y", Integration: "y", Hash: hash(), Origin: desk.House, Environment: desk.Homologation})
			return err
		},
		"rotate": func(a desk.Actor) error {
			_, err := in.RotateToken(ctx, a, flow.Rotation{Token: fresh(), Hash: hash()})
			return err
		},
		"revoke": func(a desk.Actor) error { return in.RevokeToken(ctx, a, fresh()) },
		"answer": func(a desk.Actor) error {
			return in.SetProfile(ctx, a, flow.Profile{Operation: "ConsultarOcorrencia", Fields: []string{"status"}})
		},
		"preset": func(a desk.Actor) error { return in.DropProfile(ctx, a, "ConsultarOcorrencia", "") },
	}
	for name, act := range acts {
		for _, role := range desk.Roles {
			err := act(desk.Actor{Kind: "usuario", ID: "9", Roles: []desk.Role{role}})
			if may := role == desk.Admin || role == desk.Consultant; may != (err == nil) || !may && code(err) != desk.ErrForbidden {
				t.Errorf("%s by %s: %v", name, role, err)
			}
		}
		if err := act(in.House); code(err) != desk.ErrForbidden {
			t.Errorf("%s by a token: %v", name, err)
		}
	}
}

// TestLastUseIsKeptToTheMinute: a busy token doesn't write at every call.
func TestLastUseIsKeptToTheMinute(t *testing.T) {
	now := clock()
	in := twoPlaces(t, storetest.New(t, store.SQLite), now.Now)
	id, _ := add(t, in, flow.Token{Name: "relógio", Hash: "h"})
	first := now.Now()
	for _, c := range []struct {
		pass time.Duration
		want time.Duration // after the first
	}{{30 * time.Second, 0}, {30 * time.Second, 0}, {time.Second, 61 * time.Second}, {59 * time.Second, 61 * time.Second}} {
		now.pass(c.pass)
		_, _, err := in.Authenticate(t.Context(), "h")
		must(t, err)
		tokens, err := in.Tokens(t.Context())
		must(t, err)
		if got := tokens[id-1].LastUsedAt.Sub(first); got != c.want {
			t.Errorf("%v later: last used %v after the first time, want %v", now.Now().Sub(first), got, c.want)
		}
	}
}
