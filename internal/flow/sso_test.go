package flow_test

import (
	"errors"
	"sync"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestOnePersonArrivesOnce: somebody who comes by several replicas at once has one account, bound once; and whoever is not
// let in leaves no account behind.
func TestOnePersonArrivesOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		who := flow.Arrival{Issuer: "https://login.example.com.br", Subject: "1", Email: "nina@construtora.com.br", Name: "Nina", EmailVerified: true, Mapped: true,
			Roles: []desk.Role{desk.Attendant}, Few: true, Developments: []string{"AUR"}, Create: true, Address: "203.0.113.7"}
		var all sync.WaitGroup
		ids, errs := [8]int64{}, [8]error{}
		for i := range ids {
			all.Go(func() {
				u, err := in.Arrive(t.Context(), who)
				ids[i], errs[i] = u.ID, err
			})
		}
		all.Wait()
		for i := range ids {
			if errs[i] != nil || ids[i] != ids[0] || ids[i] == 0 {
				t.Fatalf("accounts %v, %v", ids, errors.Join(errs[:]...))
			}
		}
		for _, change := range []func(*flow.Arrival){
			func(a *flow.Arrival) { a.EmailVerified = false }, func(a *flow.Arrival) { a.Create = false }, func(a *flow.Arrival) { a.Roles = nil },
			func(a *flow.Arrival) { a.Developments = []string{"ZZZ"} }, func(a *flow.Arrival) { a.Email = "Rui <rui@construtora.com.br>" },
		} {
			other := who
			other.Subject, other.Email = "2", "rui@construtora.com.br"
			change(&other)
			var refused *desk.Error
			if _, err := in.Arrive(t.Context(), other); !errors.As(err, &refused) || refused.Code != desk.ErrSSO {
				t.Errorf("%+v: %v", other, err)
			}
		}
		users, err := in.Users(t.Context())
		if err != nil || len(users) != 1 || !users[0].Few || len(users[0].Developments) != 1 {
			t.Errorf("%+v, %v", users, err)
		}
		trail, err := in.AuditTrail(t.Context(), flowtest.Admin(), flow.AuditQuery{Action: "entrada.recusada", Most: 50})
		if err != nil || len(trail.Lines) != 5 {
			t.Errorf("%d refusals stand in the trail, %v", len(trail.Lines), err)
		}
	})
}
