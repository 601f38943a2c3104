package flow_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

func code(err error) string {
	var e *desk.Error
	if errors.As(err, &e) {
		if len(e.Fields) > 0 {
			return e.Code + "/" + e.Fields[0].Field
		}
		return e.Code
	}
	if err != nil {
		return "internal: " + err.Error()
	}
	return ""
}

// TestIdentify is RULES.md, "Who and where", as a table.
func TestIdentify(t *testing.T) {
	const field, house = true, false
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		for _, c := range []struct {
			name  string
			field bool
			open  flow.OpenInput
			want  string // the customer's name, or the error
		}{
			{"Mobuss, unit number alone is ambiguous", field, flow.OpenInput{Project: "101"}, desk.ErrAmbiguousUnit},
			{"narrowed by block", field, flow.OpenInput{Project: "101", Block: "A"}, "Marina Figueiredo Prado"},
			{"written as people do", field, flow.OpenInput{Project: "apto. 0101", Block: "b"}, "Otávio Sá"},
			{"narrowed by the customer", field, flow.OpenInput{Project: "101", Document: flowtest.Otavio}, "Otávio Sá"},
			{"narrowed by a tenant", field, flow.OpenInput{Project: "101", Document: flowtest.Tenant}, "Tomás Teles"},
			{"by the Mobuss id", field, flow.OpenInput{Project: "MOB-AUR-A-102"}, "Marina Figueiredo Prado"},
			{"not by the other environment's id", field, flow.OpenInput{Project: "PROD-AUR-A-102"}, desk.ErrUnit},
			{"never the contract code", field, flow.OpenInput{Project: "AUR-A-101"}, desk.ErrUnit},
			{"unknown unit", field, flow.OpenInput{Project: "777"}, desk.ErrUnit},
			{"wrong development", field, flow.OpenInput{Project: "203", Development: "PDA"}, desk.ErrUnit},
			{"unknown customer", field, flow.OpenInput{Project: "203", Document: flowtest.Nobody}, desk.ErrCustomer},
			{"somebody else's unit", field, flow.OpenInput{Project: "203", Document: flowtest.Marina}, desk.ErrNoContract},
			{"bad check digits", field, flow.OpenInput{Project: "203", Document: "529.982.247-26"}, desk.ErrParameter + "/cpf_cnpj"},
			{"common area is the condominium's", field, flow.OpenInput{Project: "AC"}, "Condomínio Aurora"},
			{"common area asked for by the syndic", field, flow.OpenInput{Project: "AC", Document: flowtest.Marina}, "Marina Figueiredo Prado"},
			{"house, contract code first", house, flow.OpenInput{Project: "AUR-A-101"}, "Marina Figueiredo Prado"},
			{"house, contract code with its tenant", house, flow.OpenInput{Project: "AUR-A-101", Document: flowtest.Tenant}, "Tomás Teles"},
			{"house, then the unit", house, flow.OpenInput{Project: "203"}, "Otávio Sá"},
			{"house, somebody else's contract", house, flow.OpenInput{Project: "AUR-A-101", Document: flowtest.Otavio}, desk.ErrNoContract},
		} {
			actor := in.House
			if c.field {
				actor = in.Field
			}
			c.open.BlockNewCustomer, c.open.Description = "T", "Vazamento"
			r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "", c.name, actor), c.open)
			got := code(err)
			if err == nil {
				o, err := in.Show(t.Context(), actor, r.Number)
				if err != nil {
					t.Fatal(err)
				}
				got = o.Customer.Name
			}
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	})
}

// TestMethodsAtTheDoor is the table of RULES.md, "Method and environment".
func TestMethodsAtTheDoor(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	for method, want := range map[desk.Method]struct{ fires, opens, reports bool }{
		desk.NoMethod: {}, desk.MethodA: {true, false, true}, desk.MethodB: {false, true, true}, desk.MethodC: {true, true, true},
	} {
		c := flowtest.Config(t)
		c.Method = method
		if err := in.Configure(t.Context(), flowtest.Admin(), c); err != nil {
			t.Fatal(err)
		}
		number := in.Open(t)
		open := flow.OpenInput{Project: "203", BlockNewCustomer: "T", Description: "x"}
		_, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "", "", in.Field), open)
		if got := code(err); (got == "") != want.opens || got != "" && got != desk.ErrMethod {
			t.Errorf("%s: IncluirOcorrencia from Mobuss: %q", method, got)
		}
		_, err = in.Comment(t.Context(), in.Call("IncluirComentario", "", "", in.Field), flow.CommentInput{Number: number, Text: "x"})
		if got := code(err); (got == "") != want.reports || got != "" && got != desk.ErrMethod {
			t.Errorf("%s: IncluirComentario from Mobuss: %q", method, got)
		}
		if _, err := in.Move(t.Context(), in.Call("MovimentarOcorrencia", "", "", in.House), flow.MoveInput{Number: number, Status: "20"}); err != nil {
			t.Errorf("%s: a movement is refused: %v", method, err)
		}
		o, err := in.Show(t.Context(), flowtest.Attendant(), number)
		if err != nil || len(o.Deliveries) != 1 {
			t.Fatalf("%s: %d deliveries, %v", method, len(o.Deliveries), err)
		}
		d := o.Deliveries[0]
		if want.fires && d.State != desk.Queued || !want.fires && (d.State != desk.Ignored || d.Reason.Code != desk.WhyMethodSendsNothing) {
			t.Errorf("%s: the delivery is %s (%s)", method, d.State, d.Reason.Code)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	for _, c := range []struct {
		open flow.OpenInput
		want string
	}{
		{flow.OpenInput{Project: "203", Description: "x"}, desk.ErrBlock},
		{flow.OpenInput{Project: "203", Description: "x", BlockNewCustomer: "F"}, desk.ErrBlock},
		{flow.OpenInput{Project: "203", BlockNewCustomer: "T"}, desk.ErrParameter + "/descricao"},
	} {
		call := in.Call("IncluirOcorrencia", "e-1", "body", in.Field)
		_, err := in.Flow.Open(t.Context(), call, c.open)
		if code(err) != c.want {
			t.Errorf("%+v: %v, want %s", c.open, err, c.want)
		}
		var e *desk.Error
		if !errors.As(err, &e) || e.KeptCall != call.ID {
			t.Errorf("%s: the call was not kept", c.want)
		}
		kept, err := in.Store.Read().InboundCall(t.Context(), call.ID)
		if err != nil || kept.Outcome != "recusado" || strings.Contains(string(kept.Call), "body") {
			t.Errorf("%s: kept as %+v, %v", c.want, kept, err)
		}
	}
	if n, err := in.Store.Read().CountInboundCalls(t.Context()); err != nil || n != 3 {
		t.Errorf("%d calls kept, %v", n, err)
	}
}

func TestUnknownTypeBecomesTheDefaultWithANote(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "", "", in.Field),
		flow.OpenInput{Project: "203", BlockNewCustomer: "T", Description: "x", Type: "xpto", Priority: "urgentíssima"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := in.Show(t.Context(), flowtest.Attendant(), r.Number)
	if err != nil {
		t.Fatal(err)
	}
	c, err := in.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Type != c.Types[0] || o.Priority != c.Priorities[0] {
		t.Errorf("type %q, priority %q", o.Type, o.Priority)
	}
	var notes []string
	for _, m := range o.Movements {
		if m.Kind == "nota" {
			notes = append(notes, m.Reason.Code)
		}
	}
	if strings.Join(notes, ",") != desk.WhyUnknownType+","+desk.WhyUnknownPriority {
		t.Errorf("notes: %v", notes)
	}
}

// TestSameCallAgain: the first answer, nothing done, also among callers of the same moment.
func TestSameCallAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		in := flowtest.New(t, st, flow.Deps{})
		open := flow.OpenInput{Project: "203", BlockNewCustomer: "T", Description: "x", OrderNumber: "88001"}
		const callers = 64
		numbers, repeats := make([]int64, callers), make([]bool, callers)
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "E-1", "body", in.Field), open)
				if err != nil {
					t.Error(err)
				}
				numbers[i], repeats[i] = r.Number, r.Repeated
			})
		}
		all.Wait()
		first := 0
		for i := range callers {
			if numbers[i] != numbers[0] || numbers[i] == 0 {
				t.Fatalf("numbers differ: %v", numbers)
			}
			if !repeats[i] {
				first++
			}
		}
		if first != 1 {
			t.Errorf("%d callers were the first", first)
		}

		different := in.Call("IncluirOcorrencia", "E-1", "another body", in.Field)
		r, err := in.Flow.Open(t.Context(), different, open)
		if err != nil || r.Number != numbers[0] || !r.Repeated {
			t.Errorf("a different body with the same id: %+v, %v", r, err)
		}
		kept, err := st.Read().InboundCall(t.Context(), different.ID)
		if err != nil || kept.Outcome != "repetido" || !kept.DiffersFrom.Valid {
			t.Errorf("the difference is not noted: %+v, %v", kept, err)
		}
		// Without an id, the number of the order and the unit tell.
		a, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "", "1", in.Field), open)
		if err != nil || a.Number == numbers[0] {
			t.Fatalf("another key is another request: %+v, %v", a, err)
		}
		if b, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "", "2", in.Field), open); err != nil || b.Number != a.Number || !b.Repeated {
			t.Errorf("the same order again: %+v, %v", b, err)
		}
		// Operations and integrations are apart.
		if r, err := in.Comment(t.Context(), in.Call("IncluirComentario", "E-1", "c", in.Field), flow.CommentInput{Number: a.Number, Text: "x"}); err != nil || r.Repeated {
			t.Errorf("another operation: %+v, %v", r, err)
		}
		open.Project = "AUR-B-203"
		if r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "E-1", "c", in.House), open); err != nil || r.Repeated {
			t.Errorf("another integration: %+v, %v", r, err)
		}
	})
}

// TestRefusedBindsNothing: after a refusal the same id may be used again.
func TestRefusedBindsNothing(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	open := flow.OpenInput{Project: "777", BlockNewCustomer: "T", Description: "x"}
	if _, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "E-2", "", in.Field), open); code(err) != desk.ErrUnit {
		t.Fatal(err)
	}
	open.Project = "203"
	if r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "E-2", "", in.Field), open); err != nil || r.Repeated {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestFieldOpensAnOrder: the order is tied, and renumbered with our number (S11).
func TestFieldOpensAnOrder(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "SAT-7", "", in.Field),
		flow.OpenInput{Project: "203", BlockNewCustomer: "T", Description: "x", OrderNumber: "88042"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := in.Show(t.Context(), in.Field, r.Number)
	if err != nil {
		t.Fatal(err)
	}
	order, ok := o.LastOrder()
	if !ok || order.MobussID != "SAT-7" || order.FormerNumber != "88042" || order.State != desk.OrderOpen || order.OpenedBy != desk.Field {
		t.Errorf("order %+v", order)
	}
	if want := order.LegacyID; order.Number != want || want == "" {
		t.Errorf("renumbered to %q, want %q", order.Number, want)
	}
	if len(o.Deliveries) != 0 {
		t.Errorf("what came from Mobuss is sent back: %+v", o.Deliveries)
	}
}
