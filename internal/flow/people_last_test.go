package flow_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// twoAdmins are an installation's only ones.
func twoAdmins(t *testing.T, s *store.Store) (*flowtest.Installation, [2]flow.User) {
	t.Helper()
	in := flowtest.New(t, s, flow.Deps{})
	var out [2]flow.User
	for i, login := range []string{"davi@demo", "rita@demo"} {
		out[i] = flow.User{Login: login, Name: login, PasswordHash: "x", Roles: []desk.Role{desk.Admin}}
		var err error
		if out[i].ID, err = in.AddUser(t.Context(), flowtest.Admin(), out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return in, out
}

// admins counts who can still let others in.
func admins(t *testing.T, in *flowtest.Installation) (n int) {
	t.Helper()
	all, err := in.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range all {
		if !u.Disabled && slices.Contains(u.Roles, desk.Admin) {
			n++
		}
	}
	return n
}

// TestTheLastAdministratorStays: the last one can be neither demoted nor closed, also when two administrators take each
// other's role, or close each other's account, at once.
func TestTheLastAdministratorStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in, two := twoAdmins(t, s)
		demote := func(by, whom flow.User) error {
			whom.Roles = []desk.Role{desk.Attendant}
			return in.ChangeUser(t.Context(), by.Actor(), whom)
		}
		closing := func(by, whom flow.User) error { return in.SetDisabled(t.Context(), by.Actor(), whom.ID, true) }
		for round := range 6 {
			act := []func(by, whom flow.User) error{demote, closing}[round%2]
			errs, ready := [2]error{}, sync.WaitGroup{}
			start := make(chan struct{})
			for i := range two {
				ready.Go(func() {
					<-start
					errs[i] = act(two[i], two[1-i])
				})
			}
			close(start)
			ready.Wait()
			var refused *desk.Error
			if (errs[0] == nil) == (errs[1] == nil) || !errors.As(errors.Join(errs[0], errs[1]), &refused) || refused.Fields[0].Code != "ultimo_administrador" {
				t.Fatalf("round %d: %v and %v", round, errs[0], errs[1])
			}
			if n := admins(t, in); n != 1 {
				t.Fatalf("round %d left %d administrators", round, n)
			}
			for _, u := range two { // both again
				if err := errors.Join(in.SetDisabled(t.Context(), flowtest.Admin(), u.ID, false), in.ChangeUser(t.Context(), flowtest.Admin(), u)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := demote(two[0], two[1]); err != nil {
			t.Fatal(err)
		}
		if err := closing(two[1], two[0]); err == nil || admins(t, in) != 1 {
			t.Errorf("the last one was closed: %v", err)
		}
	})
}

// TestControlTwoCountEachOther: without holding the people, two transactions at once each count on the administrator whom
// the other takes away, and nobody is left. An embedded database has one writer, so that there it can't happen.
func TestControlTwoCountEachOther(t *testing.T) {
	in, two := twoAdmins(t, storetest.New(t, store.Postgres))
	var counted, done sync.WaitGroup
	counted.Add(2)
	errs := [2]error{}
	for i := range two {
		done.Go(func() {
			once := sync.OnceFunc(func() { counted.Done(); counted.Wait() })
			errs[i] = in.Store.Write(t.Context(), func(tx *store.Tx) error {
				rows, err := tx.Users(t.Context())
				once()
				others := slices.ContainsFunc(rows, func(r db.AppUser) bool {
					return r.ID != two[i].ID && !r.Disabled && r.Roles == string(desk.Admin)
				})
				if err != nil || !others {
					return errors.Join(err, errors.New("the last one"))
				}
				_, err = tx.SetUserDisabled(t.Context(), db.SetUserDisabledParams{ID: two[i].ID, Disabled: true})
				return err
			})
		})
	}
	done.Wait()
	if err := errors.Join(errs[:]...); err != nil || admins(t, in) != 0 {
		t.Errorf("the race that is to be prevented didn't come to pass: %v, %d left", err, admins(t, in))
	}
}
