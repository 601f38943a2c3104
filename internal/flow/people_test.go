package flow_test

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// twoDevelopments has the developments AUR and PDA, and answers an attendant of each as they act.
func twoDevelopments(t *testing.T, in *flowtest.Installation) (aur, pda desk.Actor) {
	t.Helper()
	reg := flowtest.Registry()
	reg.Developments = append(reg.Developments, flow.RegistryDevelopment{Code: "PDA", Name: "Parque das Águas", Blocks: []flow.RegistryBlock{{Code: "U", Name: "Único",
		Units: []flow.RegistryUnit{{Number: "1", MobussIDHomologation: "MOB-PDA-U-1", Contracts: []flow.RegistryContract{{Code: "PDA-U-1",
			Customer: flow.RegistryCustomer{Name: "Bento Reis", Document: flowtest.Nobody}}}}}}}})
	must(t, in.PutRegistry(t.Context(), flowtest.Admin(), reg))
	actor := func(code string) desk.Actor {
		id, err := in.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "ana@" + code, Name: "Ana", PasswordHash: "x", Roles: []desk.Role{desk.Attendant},
			Few: true, Developments: []flow.Development{{Code: code}}})
		must(t, err)
		u, ok, err := in.UserByID(t.Context(), id)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return u.Actor()
	}
	return actor("AUR"), actor("PDA")
}

// TestListsOfFewDevelopments: whoever works for some developments is shown these alone, on pages that are full and come to
// an end, and counts are of what they may see.
func TestListsOfFewDevelopments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		aur, pda := twoDevelopments(t, in)
		open := func(project string) int64 {
			n, err := in.OpenByHand(t.Context(), flowtest.Attendant(), flow.OpenInput{Project: project, BlockNewCustomer: "T", Description: "Vazamento"})
			must(t, err)
			return n
		}
		var theirs []int64
		for i := range 9 { // the two of PDA lie below pages of AUR's
			if i == 0 || i == 4 {
				theirs = append(theirs, open("PDA-U-1"))
			}
			open("AUR-A-101")
		}
		pages := func(a desk.Actor, codes ...string) (all []int64) {
			q := flow.ListQuery{View: flow.ViewOpen, Most: 2, Developments: codes}
			for {
				l, err := in.List(t.Context(), a, q)
				must(t, err)
				for _, o := range l.Lines {
					all = append(all, o.Number)
				}
				if q.After = l.Next; q.After == "" {
					return all
				}
			}
		}
		if got := pages(pda); !slices.Equal(got, []int64{theirs[1], theirs[0]}) {
			t.Errorf("PDA's are %v, want %v backwards", got, theirs)
		}
		if got := pages(flowtest.Attendant(), "PDA"); len(got) != 2 {
			t.Errorf("filtered to PDA by somebody who sees all: %v", got)
		}
		if got := pages(pda, "AUR"); len(got) != 0 {
			t.Errorf("filtered to what they may not see: %v", got)
		}
		if a, all := pages(aur), pages(flowtest.Attendant()); len(a) != 9 || len(all) != 11 {
			t.Errorf("AUR has %d, all are %d", len(a), len(all))
		}
		p, err := in.Panel(t.Context(), pda)
		must(t, err)
		if p.Counts[flow.ViewOpen].N != 2 {
			t.Errorf("PDA's panel counts %d", p.Counts[flow.ViewOpen].N)
		}
		found, err := in.Search(t.Context(), pda, strconv.FormatInt(theirs[0]+1, 10), 5)
		must(t, err)
		if len(found.Occurrences) != 0 {
			t.Errorf("a number leads PDA to %v", found.Occurrences)
		}
	})
}

// TestReach: what a person may do and where is checked, kept and told; without any development left nothing is seen.
func TestReach(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		aur, _ := twoDevelopments(t, in)
		ana := flow.User{ID: mustInt(t, aur.ID), Name: "Ana Souza", Roles: []desk.Role{desk.Manager}, Few: true, Developments: []flow.Development{{Code: "PDA"}, {Code: "PDA"}}}
		must(t, in.ChangeUser(t.Context(), flowtest.Admin(), ana))
		u, _, err := in.UserByID(t.Context(), ana.ID)
		must(t, err)
		if u.Name != "Ana Souza" || !slices.Equal(u.Roles, ana.Roles) || len(u.Developments) != 1 || u.Developments[0].Code != "PDA" {
			t.Errorf("changed to %+v", u)
		}
		for name, c := range map[string]struct {
			change func(*flow.User)
			field  string
		}{
			"no development": {func(u *flow.User) { u.Developments = nil }, "empreendimento"},
			"unknown one":    {func(u *flow.User) { u.Developments = []flow.Development{{Code: "XYZ"}} }, "empreendimento"},
			"limited admin":  {func(u *flow.User) { u.Roles = []desk.Role{desk.Admin} }, "empreendimento"},
			"no role":        {func(u *flow.User) { u.Roles = nil }, "papel"},
			"no name":        {func(u *flow.User) { u.Name = " " }, "nome"},
			"nobody":         {func(u *flow.User) { u.ID = 4711 }, "usuario"},
		} {
			bad := ana
			c.change(&bad)
			if err := in.ChangeUser(t.Context(), flowtest.Admin(), bad); fieldOf(err) != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := in.ChangeUser(t.Context(), aur, ana); codeOf(err) != desk.ErrForbidden {
			t.Errorf("by an attendant: %v", err)
		}
		self := desk.Actor{Kind: "usuario", ID: aur.ID, Roles: []desk.Role{desk.Admin}}
		if err := in.ChangeUser(t.Context(), self, flow.User{ID: ana.ID, Name: "Ana", Roles: []desk.Role{desk.Manager}}); fieldOf(err) != "papel" {
			t.Errorf("an administrator gives the role up: %v", err)
		}
		nowhere := flow.User{ID: 9, Few: true, Roles: []desk.Role{desk.Attendant, desk.Admin, desk.Consultant}}.Actor()
		if nowhere.Has(desk.Consultant) || nowhere.Has(desk.Admin) || !nowhere.Has(desk.Attendant) || nowhere.MayTouch(1) || nowhere.MayTouch(u.Developments[0].ID) {
			t.Errorf("limited to nothing: %+v", nowhere)
		}
	})
}

// TestTriesAreCountedTogether: replicas share the count, a restart forgets nothing, time and an administrator give tries
// back; of many at once no more get through than there are tries.
func TestTriesAreCountedTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var now atomic.Int64
		now.Store(time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC).UnixMilli())
		in := flowtest.New(t, s, flow.Deps{Now: func() time.Time { return time.UnixMilli(now.Load()) }})
		replica := flow.New(flow.Deps{Store: s, Keys: in.Keys, Now: in.Now})
		id, err := in.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "ana@casa", Name: "Ana", PasswordHash: "x", Roles: []desk.Role{desk.Attendant}})
		must(t, err)
		var taken atomic.Int64
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				wait, err := []*flow.Flow{in.Flow, replica}[i%2].Try(t.Context(), flow.TrySignIn, " Ana@casa", "10.0.0.1")
				if err != nil {
					t.Error(err)
				}
				if wait == 0 {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if taken.Load() != 5 {
			t.Errorf("%d of 12 at once got through, want 5", taken.Load())
		}
		try := func(login, address string) time.Duration {
			t.Helper()
			wait, err := replica.Try(t.Context(), flow.TrySignIn, login, address)
			must(t, err)
			return wait
		}
		if w := try("ana@casa", "10.0.0.1"); w != 30*time.Second {
			t.Errorf("the next one waits %v", w)
		}
		if try("ana@casa", "10.0.0.2") != 0 || try("outro@casa", "10.0.0.1") != 0 {
			t.Error("another address or account is locked too")
		}
		locked, err := in.LockedAccounts(t.Context(), flowtest.Admin())
		if err != nil || len(locked) != 1 || locked[0].Login != "ana@casa" || locked[0].Address != "10.0.0.1" || !locked[0].Until.Equal(time.UnixMilli(now.Load()).Add(30*time.Second)) {
			t.Errorf("locked: %+v, %v", locked, err)
		}
		now.Add(29_999)
		if w := try("ana@casa", "10.0.0.1"); w != time.Millisecond {
			t.Errorf("a moment too early it waits %v", w)
		}
		now.Add(1)
		if try("ana@casa", "10.0.0.1") != 0 {
			t.Error("after half a minute there is no try")
		}
		must(t, in.Unlock(t.Context(), flowtest.Admin(), id))
		for range 5 {
			if w := try("ana@casa", "10.0.0.1"); w != 0 {
				t.Errorf("unlocked, it waits %v", w)
			}
		}
		if err := in.Unlock(t.Context(), flowtest.Attendant(), id); codeOf(err) != desk.ErrForbidden {
			t.Errorf("unlocked by an attendant: %v", err)
		}
	})
}

// TestSessionsEnd: one's own and, for an administrator, anybody's; a person sees no other's.
func TestSessionsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		aur, pda := twoDevelopments(t, in)
		ana := mustInt(t, aur.ID)
		for _, hash := range []string{"one", "two", "three"} {
			must(t, in.PutSession(t.Context(), flow.Session{Hash: hash, User: ana, Data: []byte(hash), Address: "10.0.0.1", Agent: "Firefox", Expires: in.Now().Add(time.Hour)}))
		}
		must(t, in.PutSession(t.Context(), flow.Session{Hash: "late", User: ana, Data: []byte("x"), Expires: in.Now().Add(-time.Hour)}))
		open := func() (ids []string) {
			all, err := in.SessionsOf(t.Context(), aur, ana)
			must(t, err)
			for _, s := range all {
				ids = append(ids, s.ID)
			}
			return ids
		}
		if len(open()) != 3 {
			t.Errorf("%v are open", open())
		}
		if _, err := in.SessionsOf(t.Context(), pda, ana); codeOf(err) != desk.ErrForbidden {
			t.Errorf("somebody else looks: %v", err)
		}
		if err := in.EndSession(t.Context(), pda, ana, flow.SessionID("one")); codeOf(err) != desk.ErrForbidden {
			t.Errorf("somebody else ends: %v", err)
		}
		must(t, in.EndSession(t.Context(), aur, ana, flow.SessionID("one")))
		if b, err := in.ReadSession(t.Context(), "one"); b != nil || err != nil {
			t.Errorf("an ended one still opens: %q %v", b, err)
		}
		must(t, in.EndSessions(t.Context(), flowtest.Admin(), ana, "two"))
		if got := open(); !slices.Equal(got, []string{flow.SessionID("two")}) {
			t.Errorf("left are %v", got)
		}
		u, _, err := in.UserByID(t.Context(), ana)
		if err != nil || u.LastSeenAt.IsZero() {
			t.Errorf("never seen: %v", err)
		}
	})
}

func codeOf(err error) string {
	var e *desk.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}

// fieldOf is the one field that an error is about.
func fieldOf(err error) string {
	var e *desk.Error
	if !errors.As(err, &e) || len(e.Fields) != 1 {
		return ""
	}
	return e.Fields[0].Field
}

func mustInt(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	must(t, err)
	return n
}
