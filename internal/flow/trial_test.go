package flow_test

import (
	"errors"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestATrialStandsBeside: what a trial opens is a test, its id_externo is its own, and what the program sent before and
// sends after is as if there had been none.
func TestATrialStandsBeside(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := twoPlaces(t, s, nil)
		ctx := t.Context()
		who := desk.Actor{Kind: "usuario", ID: "7", Name: "Caio Prates", Roles: []desk.Role{desk.Consultant}}
		opening := flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "Pinga."}
		call := func(id string, tried bool) flow.Call {
			c := in.Call("IncluirOcorrencia", id, "corpo de "+id, in.House)
			if tried {
				c.Trial = &flow.Trial{By: who}
			}
			return c
		}
		open := func(c flow.Call, i flow.OpenInput) flow.Receipt {
			t.Helper()
			r, err := in.Flow.Open(ctx, c, i)
			must(t, err)
			return r
		}
		isTest := func(number int64) bool {
			t.Helper()
			o, err := in.Page(ctx, flowtest.Admin(), number)
			must(t, err)
			return o.Test
		}
		unknown := opening
		unknown.Project = "NAO-EXISTE"
		refused := call("P-1", false)
		if _, err := in.Flow.Open(ctx, refused, unknown); err == nil {
			t.Fatal("an unknown unit was taken")
		}

		tried := open(call("P-1", true), opening)
		again := open(call("P-1", true), opening)
		if !isTest(tried.Number) || !again.Repeated || again.Number != tried.Number {
			t.Errorf("tried %+v, again %+v, a test: %v", tried, again, isTest(tried.Number))
		}
		if waiting, err := in.CountOpenCalls(ctx, flowtest.Admin()); err != nil || waiting.N != 1 {
			t.Errorf("%d calls wait after the trial, %v", waiting.N, err)
		}
		own := open(call("P-1", false), opening)
		if own.Repeated || own.Number == tried.Number || isTest(own.Number) {
			t.Errorf("the program's own call: %+v", own)
		}
		if waiting, err := in.CountOpenCalls(ctx, flowtest.Admin()); err != nil || waiting.N != 0 {
			t.Errorf("%d calls wait after the program's own, %v", waiting.N, err)
		}
		for _, c := range []struct {
			find func() (int64, error)
			want int64
		}{
			{func() (int64, error) { return in.FindTried(ctx, in.House, "P-1") }, tried.Number},
			{func() (int64, error) { return in.FindByExternalID(ctx, in.House, "P-1") }, own.Number},
		} {
			if n, err := c.find(); err != nil || n != c.want {
				t.Errorf("found %d, %v; want %d", n, err, c.want)
			}
		}

		// A refused trial is kept, and is nobody's work.
		lost := call("P-2", true)
		_, err := in.Flow.Open(ctx, lost, unknown)
		var e *desk.Error
		if !errors.As(err, &e) || e.KeptCall != lost.ID {
			t.Fatalf("refused with %v", err)
		}
		kept, err := in.ReceivedCall(ctx, flowtest.Admin(), lost.ID)
		must(t, err)
		if waiting, err := in.CountOpenCalls(ctx, flowtest.Admin()); err != nil || waiting.N != 0 || kept.Open() || !kept.Trial || kept.ReplayedBy != who.Name {
			t.Errorf("%d wait, %v; kept %+v", waiting.N, err, kept.CallLine)
		}
		wantAudit(t, s, "recebimento:"+lost.ID, "webservice.experimentar")
	})
}

// TestAsWhomATrialIs: only those who configure, only as a token of homologation that works.
func TestAsWhomATrialIs(t *testing.T) {
	in := twoPlaces(t, storetest.New(t, store.SQLite), nil)
	ctx := t.Context()
	production, err := in.AddToken(ctx, flowtest.Admin(), flow.Token{Name: "p", Integration: "p", Hash: "p", Origin: desk.House, Environment: desk.Production})
	must(t, err)
	ended, err := in.AddToken(ctx, flowtest.Admin(), flow.Token{Name: "e", Integration: "e", Hash: "e", Origin: desk.House, Environment: desk.Homologation})
	must(t, err)
	must(t, in.RevokeToken(ctx, flowtest.Admin(), ended))
	person := func(roles ...desk.Role) desk.Actor { return desk.Actor{Kind: "usuario", Roles: roles} }
	for _, c := range []struct {
		name  string
		actor desk.Actor
		token int64
		want  string
	}{
		{"a consultant", person(desk.Consultant), in.FieldID, ""},
		{"an administrator", person(desk.Admin), in.HouseID, ""},
		{"a manager", person(desk.Manager), in.FieldID, desk.ErrForbidden},
		{"an attendant", person(desk.Attendant), in.FieldID, desk.ErrForbidden},
		{"a program", in.House, in.FieldID, desk.ErrForbidden},
		{"as production", person(desk.Consultant), production, desk.ErrParameter},
		{"as one that has ended", person(desk.Consultant), ended, desk.ErrParameter},
		{"as nobody", person(desk.Consultant), 999999, desk.ErrParameter},
	} {
		_, as, err := in.TakeTrial(ctx, c.actor, c.token)
		got := ""
		var e *desk.Error
		if errors.As(err, &e) {
			got = e.Code
		} else if err != nil {
			t.Fatal(err)
		}
		if got != c.want || got == "" && (as.Kind != "token" || as.Environment != desk.Homologation) {
			t.Errorf("%s: %q as %+v, want %q", c.name, got, as, c.want)
		}
	}
}
