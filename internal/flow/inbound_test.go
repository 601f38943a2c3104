package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/i18n"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
	"ponte/internal/webservice"
)

var consultant = desk.Actor{Kind: "usuario", ID: "2", Name: "Caio Prates", Origin: desk.House, Roles: []desk.Role{desk.Consultant}}

// desks is an installation with the doors' registry over it, so that calls and replays go the whole way.
type desks struct {
	*flowtest.Installation
	registry *webservice.Registry
}

func newDesks(t testing.TB, s *store.Store, d flow.Deps) *desks {
	t.Helper()
	in := flowtest.New(t, s, d)
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := webservice.NewRegistry(webservice.Operations(in.Flow, words.In(i18n.Portuguese).Reason)...)
	r.Keep = webservice.KeepWith(in.Flow, func(err error) { t.Error(err) })
	r.Replayed = webservice.ReplayedWith(in.Flow, func(err error) { t.Error(err) })
	return &desks{in, r}
}

// call serves a call of a token as a door does: pairs of name and value.
func (d *desks) call(ctx context.Context, a desk.Actor, operation string, pairs ...string) (number int64, repeated bool, refused *desk.Error) {
	e, _ := d.registry.Entry(operation)
	var params []webservice.Param
	for i := 0; i+1 < len(pairs); i += 2 {
		params = append(params, webservice.Param{Name: pairs[i], Text: pairs[i+1]})
	}
	id := d.HouseID
	if a.Origin == desk.Field {
		id = d.FieldID
	}
	answer, refused := d.registry.Serve(ctx, e, &webservice.Call{Operation: operation, Reads: e.Reads, Door: "rest", Caller: &webservice.Caller{Actor: a, Token: flow.Token{ID: id}}}, params)
	if refused != nil {
		return 0, false, refused
	}
	return answer.Nodes[0].Num, answer.Repeated, nil
}

func (d *desks) replay(ctx context.Context, a desk.Actor, id string, values map[string]string) error {
	k, err := d.TakeUp(ctx, a, id, values, 0)
	if err != nil {
		return err
	}
	return d.registry.Replay(ctx, k)
}

func (d *desks) kept(t testing.TB, id string) *flow.ReceivedCall {
	t.Helper()
	c, err := d.ReceivedCall(t.Context(), consultant, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func opening(more ...string) []string {
	return append([]string{"bloqueio_incluir_cliente", "T", "descricao", "Vazamento"}, more...)
}

// TestReplay: refused, corrected, replayed; the caller's identical call gets the replay's number, with an id_externo
// and without one, whether the use case or the binder had refused.
func TestReplay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesks(t, s, flow.Deps{})
		for name, sent := range map[string][]string{
			"with id_externo": opening("id_externo", "SAT-1", "cod_projeto", "777"), "without": opening("cod_projeto", "778", "numero_os", "9"),
			"refused by the binder": opening("cod_projeto", "779", "relacao", "vizinho"), "by the binder, with id_externo": opening("id_externo", "SAT-2", "cod_projeto", "780", "relacao", "vizinho"),
		} {
			t.Run(name, func(t *testing.T) {
				_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", sent...)
				if refused == nil || refused.KeptCall == "" {
					t.Fatalf("not refused and kept: %v", refused)
				}
				// Caller again, before anybody looked: two calls of the same work.
				_, _, twin := d.call(t.Context(), d.Field, "IncluirOcorrencia", sent...)
				id := refused.KeptCall
				if c := d.kept(t, id); !c.Open() || c.ExternalID != map[bool]string{true: value(sent, "id_externo")}[true] {
					t.Fatalf("kept as %+v", c.CallLine)
				}
				// Still wrong: the new reason, nothing written, the call open as before.
				err := d.replay(t.Context(), consultant, id, map[string]string{"cod_projeto": "888", "relacao": ""})
				if code(err) != desk.ErrUnit || d.kept(t, id).Code != refused.Code || !d.kept(t, id).Open() {
					t.Fatalf("a wrong correction: %v", err)
				}
				if err := d.replay(t.Context(), consultant, id, map[string]string{"cod_projeto": "101", "cod_bloco": "A", "relacao": "", "id_externo": "OUTRO"}); err != nil {
					t.Fatal(err)
				}
				c := d.kept(t, id)
				if c.Open() || c.Ended != flow.EndResolved || c.EndedBy != "Caio Prates" || c.Number == 0 || c.AnsweredBy == "" {
					t.Fatalf("after the replay: %+v", c)
				}
				if a := d.kept(t, c.AnsweredBy); a.Outcome != "aceito" || a.ReplayOf != id || a.ReplayedBy != "Caio Prates" || a.Number != c.Number || a.TokenName != "mobuss" {
					t.Errorf("the replay is kept as %+v", a.CallLine)
				}
				if c := d.kept(t, twin.KeptCall); c.Open() || c.Number == 0 {
					t.Errorf("its twin is still work: %+v", c.CallLine)
				}
				number, repeated, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", sent...)
				if refused != nil || number != c.Number || !repeated {
					t.Errorf("the caller's next call: %d %v %v, want %d", number, repeated, refused, c.Number)
				}
				o, err := d.Show(t.Context(), consultant, c.Number)
				if err != nil || o.Origin != desk.Field || o.OpenedBy != "mobuss" {
					t.Errorf("opened as %s by %s, %v", o.Origin, o.OpenedBy, err)
				}
				if err := d.replay(t.Context(), consultant, id, nil); code(err) != desk.ErrCallState {
					t.Errorf("a second replay: %v", err)
				}
			})
		}
	})
}

func value(pairs []string, name string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1]
		}
	}
	return ""
}

// TestReplayRaces: people and the caller at once, with corrected and uncorrected bodies: one occurrence.
func TestReplayRaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesks(t, s, flow.Deps{})
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			external := fmt.Sprintf("R-%d", round)
			sent := opening("id_externo", external, "cod_projeto", "777")
			_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", sent...)
			people := rapid.IntRange(1, 4).Draw(rt, "people")
			callers := rapid.IntRange(0, 4).Draw(rt, "callers")
			mended := rapid.Bool().Draw(rt, "the caller mends its call")
			if mended {
				sent = opening("id_externo", external, "cod_projeto", "203")
			}
			var all sync.WaitGroup
			for range people {
				all.Go(func() {
					err := d.replay(t.Context(), consultant, refused.KeptCall, map[string]string{"cod_projeto": "101", "cod_bloco": "A"})
					if c := code(err); c != "" && c != desk.ErrCallState {
						t.Errorf("a replay: %v", err)
					}
				})
			}
			for range callers {
				all.Go(func() {
					_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", sent...)
					if refused != nil && (mended || refused.Code != desk.ErrUnit) {
						t.Errorf("a caller: %v", refused)
					}
				})
			}
			all.Wait()
			page, err := d.ListCalls(t.Context(), consultant, flow.CallsQuery{Text: external, Most: 100})
			if err != nil {
				t.Fatal(err)
			}
			accepted := 0
			for _, l := range page.Lines {
				if l.Outcome == "aceito" {
					accepted++
				}
			}
			if o, err := s.Read().RecentOccurrences(t.Context(), 1000); err != nil || accepted != 1 || len(o) != round {
				t.Fatalf("%s was accepted %d times; %d occurrences after %d rounds, %v", external, accepted, len(o), round, err)
			}
			number, repeated, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", sent...)
			if refused != nil || !repeated || number == 0 {
				t.Fatalf("the next call: %d %v %v", number, repeated, refused)
			}
		})
		if open, err := d.CountOpenCalls(t.Context(), flowtest.Admin()); err != nil || open.N > int64(8*round) {
			t.Errorf("%d open, %v", open.N, err)
		}
	})
}

// TestReadsAreKept, one by one and through the recorder, and refused ones are no work.
func TestReadsAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesks(t, s, flow.Deps{})
		n := d.Open(t)
		look := func() {
			_, _, _ = d.call(t.Context(), d.House, "ConsultarOcorrencia", "numero_ocorrencia", fmt.Sprint(n))
		}
		look()
		ctx, stop := context.WithCancel(t.Context())
		var recorder sync.WaitGroup
		recorder.Go(func() { d.KeepReads(ctx) })
		var all sync.WaitGroup
		for range 50 {
			all.Go(look)
		}
		all.Wait()
		stop()
		recorder.Wait()
		_, _, refused := d.call(t.Context(), d.House, "ConsultarOcorrencia", "numero_ocorrencia", "999999")
		page, err := d.ListCalls(t.Context(), consultant, flow.CallsQuery{Operation: "ConsultarOcorrencia", Most: 100})
		if err != nil || len(page.Lines) != 52 || page.Waiting.N != 0 {
			t.Fatalf("%d kept, %d wait, %v", len(page.Lines), page.Waiting.N, err)
		}
		if c := d.kept(t, refused.KeptCall); c.Open() || c.Outcome != "recusado" {
			t.Errorf("a refused read is %+v", c.CallLine)
		}
		if page.Lines[1].Number != n || page.Lines[1].Outcome != "aceito" {
			t.Errorf("an accepted read is %+v", page.Lines[1])
		}
	})
}

// TestCallRights is who may do what, and in which state.
func TestCallRights(t *testing.T) {
	d := newDesks(t, storetest.New(t, store.SQLite), flow.Deps{})
	unit := 7000
	refuse := func() string {
		unit++ // the very same call would get a replay's answer
		_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", opening("cod_projeto", fmt.Sprint(unit))...)
		return refused.KeptCall
	}
	user, err := d.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "a", Name: "Ana", PasswordHash: "x", Roles: []desk.Role{desk.Attendant}})
	if err != nil {
		t.Fatal(err)
	}
	acts := []struct {
		name string
		do   func(a desk.Actor, id string) error
	}{
		{"see", func(a desk.Actor, id string) error { _, err := d.ReceivedCall(t.Context(), a, id); return err }},
		{"assign", func(a desk.Actor, id string) error { return d.AssignCall(t.Context(), a, id, user) }},
		{"dismiss", func(a desk.Actor, id string) error { return d.DismissCall(t.Context(), a, id, "engano") }},
		{"replay", func(a desk.Actor, id string) error {
			return d.replay(t.Context(), a, id, map[string]string{"cod_projeto": "203"})
		}},
		{"rehearse", func(a desk.Actor, id string) error { _, err := d.WouldPass(t.Context(), a, id); return err }},
	}
	for role, may := range map[desk.Role]string{desk.Attendant: "see assign", desk.Consultant: "see assign dismiss replay rehearse",
		desk.Manager: "see assign dismiss replay rehearse", desk.Admin: "see assign dismiss replay rehearse", "outro": ""} {
		for _, act := range acts {
			err := act.do(desk.Actor{Kind: "usuario", ID: "9", Name: "x", Roles: []desk.Role{role}}, refuse())
			if want := strings.Contains(may, act.name); (err == nil) != want || err != nil && code(err) != desk.ErrForbidden {
				t.Errorf("%s, %s: %v", role, act.name, err)
			}
		}
	}
	id := refuse()
	for _, step := range []struct {
		what string
		err  error
		want string
	}{
		{"dismiss without a reason", d.DismissCall(t.Context(), consultant, id, "  "), desk.ErrParameter + "/motivo"},
		{"dismiss", d.DismissCall(t.Context(), consultant, id, "engano"), ""},
		{"again", d.DismissCall(t.Context(), consultant, id, "engano"), desk.ErrCallState},
		{"replay a dismissed one", d.replay(t.Context(), consultant, id, nil), desk.ErrCallState},
		{"reopen", d.ReopenCall(t.Context(), consultant, id), ""},
		{"reopen again", d.ReopenCall(t.Context(), consultant, id), desk.ErrCallState},
		{"assign to nobody known", d.AssignCall(t.Context(), consultant, id, 999), desk.ErrParameter + "/usuario"},
		{"assign to nobody", d.AssignCall(t.Context(), consultant, id, 0), ""},
		{"none such", d.AssignCall(t.Context(), consultant, "x", 0), desk.ErrNoCall},
	} {
		if code(step.err) != step.want {
			t.Errorf("%s: %v", step.what, step.err)
		}
	}
}

// TestEndedTokens: a person may replay what a token sent that has ended since; what could not be read can't be sent.
func TestEndedTokens(t *testing.T) {
	d := newDesks(t, storetest.New(t, store.SQLite), flow.Deps{})
	_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", opening("cod_projeto", "777")...)
	if err := d.RevokeToken(t.Context(), flowtest.Admin(), d.FieldID); err != nil {
		t.Fatal(err)
	}
	if err := d.replay(t.Context(), consultant, refused.KeptCall, map[string]string{"cod_projeto": "203"}); err != nil {
		t.Error(err)
	}
	c := d.Call("IncluirOcorrencia", "", `{"senha": "s3gr3do", "cpf_cnpj": "529.982.247-25", `, d.House)
	c.Undecoded = true
	e := desk.Fail(desk.ErrContent)
	if err := d.KeepRefused(t.Context(), c, e); err != nil {
		t.Fatal(err)
	}
	if err := d.replay(t.Context(), consultant, e.KeptCall, nil); code(err) != desk.ErrCallUnread {
		t.Error(err)
	}
	if k := d.kept(t, e.KeptCall); strings.Contains(k.Body, "s3gr3do") || strings.Contains(k.Body, "529.982.247-25") || !strings.Contains(k.Body, "***.982.247-**") {
		t.Errorf("shown as %s", k.Body)
	}
}

// TestMasks: a CPF is not shown to who may not see it, and still goes out whole.
func TestMasks(t *testing.T) {
	d := newDesks(t, storetest.New(t, store.SQLite), flow.Deps{})
	_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", opening("cod_projeto", "777", "cpf_cnpj", flowtest.Marina, "local", "CPF 529.982.247-25", "token", "nao-mostre")...)
	shown, err := d.ParamsForForm(t.Context(), consultant, refused.KeptCall)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal([]any{shown, d.kept(t, refused.KeptCall)})
	if strings.Contains(string(b), "529.982.247-25") || strings.Contains(string(b), "52998224725") || strings.Contains(string(b), "nao-mostre") {
		t.Errorf("shown: %s", b)
	}
	shown["cod_projeto"], shown["cod_bloco"] = "101", "A"
	if err := d.replay(t.Context(), consultant, refused.KeptCall, shown); err != nil {
		t.Fatal(err)
	}
	o, err := d.Show(t.Context(), consultant, d.kept(t, refused.KeptCall).Number)
	if err != nil || o.Customer.Name != "Marina Figueiredo Prado" || o.Place != "CPF 529.982.247-25" {
		t.Errorf("%+v %v", o, err)
	}
}

// TestForgetCalls: old ones go, but refused ones only after they were settled for as long.
func TestForgetCalls(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		d := newDesks(t, s, flow.Deps{Now: func() time.Time { return now }})
		d.Open(t)
		refuse := func(unit string) string {
			_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", opening("cod_projeto", unit)...)
			return refused.KeptCall
		}
		left, settledLate, settledSoon := refuse("771"), refuse("772"), refuse("773")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(d.DismissCall(t.Context(), consultant, settledSoon, "x"))
		now = now.AddDate(0, 0, 200)
		must(d.DismissCall(t.Context(), consultant, settledLate, "x"))
		n, err := d.ForgetCalls(t.Context(), 0)
		must(err)
		there := func(id string) bool { _, err := d.ReceivedCall(t.Context(), consultant, id); return err == nil }
		if n != 2 || !there(left) || !there(settledLate) || there(settledSoon) {
			t.Errorf("%d went; left %v, late %v, soon %v", n, there(left), there(settledLate), there(settledSoon))
		}
		now = now.AddDate(0, 0, 181)
		if n, err = d.ForgetCalls(t.Context(), 0); n != 1 || err != nil || !there(left) {
			t.Errorf("later %d went, %v", n, err)
		}
	})
}

// TestCallerMendsItself: when the caller sends it right by itself, the work is over too.
func TestCallerMendsItself(t *testing.T) {
	d := newDesks(t, storetest.New(t, store.SQLite), flow.Deps{})
	_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", opening("id_externo", "S-9", "cod_projeto", "777")...)
	number, _, e := d.call(t.Context(), d.Field, "IncluirOcorrencia", opening("id_externo", "S-9", "cod_projeto", "203")...)
	if e != nil {
		t.Fatal(e)
	}
	if c := d.kept(t, refused.KeptCall); c.Open() || c.Number != number || c.EndedBy != "Ponte" || len(c.Same) != 1 {
		t.Errorf("%+v", c)
	}
}

// TestListCalls: each filter alone and some together, page by page.
func TestListCalls(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesks(t, s, flow.Deps{})
		n := d.Open(t)
		for i := range 7 {
			_, _, _ = d.call(t.Context(), d.Field, "IncluirOcorrencia", opening("cod_projeto", fmt.Sprint(700+i), "id_externo", fmt.Sprint("L-", i))...)
		}
		for range 2 {
			_, _, _ = d.call(t.Context(), d.Field, "IncluirComentario", "numero_ocorrencia", fmt.Sprint(n), "comentario", "x", "id_externo", "C-1")
		}
		_, _, _ = d.call(t.Context(), d.House, "IncluirComentario", "numero_ocorrencia", "999999", "comentario", "x")
		for _, c := range []struct {
			name string
			ask  flow.CallsQuery
			want int
		}{
			{"all", flow.CallsQuery{}, 11}, {"open", flow.CallsQuery{Open: true}, 8}, {"refused", flow.CallsQuery{Outcome: "recusado"}, 8},
			{"repeated", flow.CallsQuery{Outcome: "repetido"}, 1}, {"accepted", flow.CallsQuery{Outcome: "aceito"}, 2},
			{"operation", flow.CallsQuery{Operation: "IncluirComentario"}, 3}, {"code", flow.CallsQuery{Code: desk.ErrUnit}, 7},
			{"integration", flow.CallsQuery{Integration: "casa"}, 2}, {"open of an integration", flow.CallsQuery{Open: true, Integration: "casa"}, 1},
			{"environment", flow.CallsQuery{Environment: desk.Production}, 0}, {"nobody's", flow.CallsQuery{Open: true, Assignee: -1}, 8}, {"somebody's", flow.CallsQuery{Assignee: 1}, 0},
			{"external id", flow.CallsQuery{Text: "L-3"}, 1}, {"a number", flow.CallsQuery{Text: fmt.Sprint(n)}, 3}, {"nothing", flow.CallsQuery{Text: "xyz"}, 0},
			{"text and filter", flow.CallsQuery{Text: "C-1", Outcome: "repetido"}, 1}, {"since", flow.CallsQuery{Since: time.Now().Add(time.Hour)}, 0}, {"until", flow.CallsQuery{Until: time.Now().Add(-time.Hour)}, 0},
			{"both", flow.CallsQuery{Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}, 11},
		} {
			seen := map[string]bool{}
			for c.ask.Most = 3; ; {
				page, err := d.ListCalls(t.Context(), consultant, c.ask)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range page.Lines {
					if seen[l.ID] {
						t.Errorf("%s: %s twice", c.name, l.ID)
					}
					seen[l.ID] = true
				}
				if c.ask.After = page.Next; c.ask.After == "" {
					break
				}
			}
			if c.ask.Text == "" && len(seen) != c.want || c.ask.Text != "" && min(c.want, 3) != len(seen) {
				t.Errorf("%s: %d, want %d", c.name, len(seen), c.want)
			}
		}
	})
}

// TestRehearsal answers what a replay then does, and writes nothing.
func TestRehearsal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesks(t, s, flow.Deps{})
		ids := map[string]string{}
		for _, unit := range []string{"300", "301", "302"} {
			_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", opening("cod_projeto", unit)...)
			ids[unit] = refused.KeptCall
		}
		r := flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "NOV", Name: "Novo", Blocks: []flow.RegistryBlock{{Code: "1", Name: "1",
			Units: []flow.RegistryUnit{{Number: "301", Contracts: []flow.RegistryContract{{Code: "NOV-1-301", Customer: flow.RegistryCustomer{Name: "Nina Sá", Document: flowtest.Nobody}}}}}}}}}}
		if err := d.PutRegistry(t.Context(), flowtest.Admin(), r); err != nil {
			t.Fatal(err)
		}
		written := func() string {
			calls, err1 := s.Read().CountInboundCalls(t.Context())
			rows, err2 := s.Read().RecentOccurrences(t.Context(), 10)
			return fmt.Sprint(calls, len(rows), errors.Join(err1, err2))
		}
		before := written()
		for unit, id := range ids {
			ok, err := d.WouldPass(t.Context(), consultant, id)
			if err != nil || ok != (unit == "301") {
				t.Errorf("%s: %v %v", unit, ok, err)
			}
		}
		if after := written(); after != before {
			t.Errorf("the rehearsal wrote: %s, before %s", after, before)
		}
		for unit, id := range ids {
			if err := d.replay(t.Context(), consultant, id, nil); (err == nil) != (unit == "301") {
				t.Errorf("%s: %v", unit, err)
			}
		}
	})
}
