package flow_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// mover is somebody with an account, who moves many.
func (b *bench) mover(login string, roles ...desk.Role) flow.User {
	b.t.Helper()
	u := flow.User{Login: login, Name: "Bruna Reis", PasswordHash: "x", Roles: roles}
	id, err := b.AddUser(b.t.Context(), flowtest.Admin(), u)
	if err != nil {
		b.t.Fatal(err)
	}
	u.ID = id
	return u
}

// choose takes occurrences to be moved together.
func (b *bench) choose(a desk.Actor, c flow.BulkChoice) string {
	b.t.Helper()
	id, err := b.ChooseBulkMove(b.t.Context(), a, c)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bench) nextMoves() *flow.BulkMoveWork {
	b.t.Helper()
	w, err := b.NextBulkMove(b.t.Context(), "eu", time.Hour)
	if err != nil || w == nil {
		b.t.Fatal("nothing to do:", err)
	}
	return w
}

// worked works at what waits until its step is over, two at a time.
func (b *bench) worked(a desk.Actor, id string) *flow.BulkMove {
	b.t.Helper()
	w := b.nextMoves()
	for over := false; !over; {
		var err error
		if over, err = w.Step(b.t.Context(), 2); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Leave(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return b.bulkMove(a, id)
}

func (b *bench) bulkMove(a desk.Actor, id string) *flow.BulkMove {
	b.t.Helper()
	m, err := b.BulkMove(b.t.Context(), a, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// planned says where to, and works the plan out.
func (b *bench) planned(a desk.Actor, id, to, comment string) *flow.BulkMove {
	b.t.Helper()
	if err := b.PlanBulkMove(b.t.Context(), a, id, to, comment); err != nil {
		b.t.Fatal(err)
	}
	return b.worked(a, id)
}

func (b *bench) begin(a desk.Actor, m *flow.BulkMove) {
	b.t.Helper()
	if err := b.DoBulkMove(b.t.Context(), a, m.ID, m.Round); err != nil {
		b.t.Fatal(err)
	}
}

func wantKept(t *testing.T, what string, got map[string]int, want map[string]int) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// many are occurrences of every kind that a movement to 20 can meet: three that are new, one whose opening was refused, and
// those that stay.
func (b *bench) manyKinds() (fresh []int64, again int64, all []int64) {
	b.t.Helper()
	for range 3 {
		fresh = append(fresh, b.Open(b.t))
	}
	again = b.Open(b.t)
	b.mustMove(again, "20")
	b.settle(b.one(desk.OpenOrder), refusedBecause("recusado_pelo_mobuss"))
	open, _ := b.refused(0) // failed, and its order is open
	closed := b.Open(b.t)
	b.mustMove(closed, "90")
	lacking, err := b.OpenByHand(b.t.Context(), flowtest.Attendant(), flow.OpenInput{Project: "999", Block: "A", BlockNewCustomer: "T", Description: "Vazamento"})
	if err != nil {
		b.t.Fatal(err)
	}
	return fresh, again, append(slices.Clone(fresh), again, open, closed, lacking)
}

// TestBulkMove: the plan writes nothing and says what the act then does; what somebody moved since is not moved over them.
func TestBulkMove(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		a := b.mover("bruna@demo", desk.Attendant).Actor()
		fresh, again, all := b.manyKinds()
		id := b.choose(a, flow.BulkChoice{Numbers: append(all, all[0], 999_999)}) // one twice, and one that there is not
		if w, err := b.NextBulkMove(t.Context(), "eu", 0); w != nil || err != nil {
			t.Fatal("what was only chosen is worked at:", w, err)
		}
		from, to, err := b.BulkMoveChoices(t.Context(), a, id)
		if err != nil || len(from) != 3 || !slices.ContainsFunc(to, func(s flow.BulkMoveTo) bool { return s.Code == "20" && s.N == 6 && s.Tells }) ||
			slices.ContainsFunc(to, func(s flow.BulkMoveTo) bool { return s.Code == "99" || s.Code == "60" }) {
			t.Errorf("from %+v to %+v: %v", from, to, err)
		}
		plan := b.planned(a, id, "20", "Equipe no local na quinta.")
		stay := map[string]int{"ordem_aberta": 1, "fora_do_catalogo": 1, "sem_id_da_unidade": 1}
		if plan.State != flow.BulkRehearsed || plan.Chosen != 7 || plan.Tally[flow.WouldMove] != 4 || plan.Tells != 4 || len(plan.Quiet) != 0 {
			t.Fatalf("planned %+v", plan)
		}
		wantKept(t, "planned", plan.Kept, stay)
		if jobs := b.claim(); len(jobs) != 0 || b.audited(fresh[0], "ocorrencia.mover") != 0 {
			t.Fatalf("a plan wakes %d lanes", len(jobs))
		}
		late := b.Open(t)
		b.mustMove(fresh[1], "90") // somebody is quicker
		b.begin(a, plan)
		if err := b.DoBulkMove(t.Context(), a, id, plan.Round); code(err) != desk.ErrBulkMove {
			t.Error("begun twice:", err)
		}
		done := b.worked(a, id)
		stay["mudou_desde_a_escolha"] = 1
		if done.State != flow.BulkOver || done.Tally[flow.Moved] != 3 || done.Tells != 3 || done.Tally[flow.WouldMove] != 0 || done.Ended.IsZero() {
			t.Errorf("done %+v", done)
		}
		wantKept(t, "done", done.Kept, stay)
		b.want(fresh[0], "20", desk.Queued)
		b.want(again, "20", desk.Queued) // the very row that was refused
		b.want(fresh[1], "90")
		b.want(late, "10")
		o := b.show(fresh[2])
		last := o.Movements[len(o.Movements)-1]
		if last.To != "20" || last.Comment != "Equipe no local na quinta." || last.Actor != "Bruna Reis" || b.audited(fresh[2], "ocorrencia.mover") != 1 {
			t.Errorf("moved as %+v", last)
		}
		lines, err := b.BulkMoveLines(t.Context(), a, id, flow.BulkMoveQuery{End: flow.Stays, Why: "mudou_desde_a_escolha", Most: 10})
		if err != nil || len(lines.Lines) != 1 || lines.Lines[0].Number != fresh[1] || lines.Lines[0].Was.Code != "10" || lines.Lines[0].Status.Code != "90" {
			t.Errorf("who stayed: %+v, %v", lines, err)
		}
		// What stayed can be tried again: as it stands now.
		next := b.planned(a, b.choose(a, flow.BulkChoice{Of: id}), "10", "")
		if next.Chosen != 4 || next.Tally[flow.WouldMove] != 2 { // the two that are closed can be reopened
			t.Errorf("again: %+v", next)
		}
	})
}

// TestBulkMoveSaysWhatIsMissing before anything is planned, and where nothing would be sent.
func TestBulkMoveSaysWhatIsMissing(t *testing.T) {
	b := newBench(t)
	a := b.mover("bruna@demo", desk.Attendant).Actor()
	n := b.opened()
	if _, err := b.ChooseBulkMove(t.Context(), a, flow.BulkChoice{Numbers: []int64{999_999}}); code(err) != desk.ErrParameter+"/ocorrencia" {
		t.Error("nothing was chosen:", err)
	}
	for _, who := range []desk.Actor{b.House, {Kind: "usuario", ID: "1", Roles: []desk.Role{desk.Consultant}}, flowtest.Admin()} {
		if _, err := b.ChooseBulkMove(t.Context(), who, flow.BulkChoice{Numbers: []int64{n}}); code(err) != desk.ErrForbidden {
			t.Errorf("%s %v chooses: %v", who.Kind, who.Roles, err)
		}
	}
	id := b.choose(a, flow.BulkChoice{All: true, Asked: flow.ListQuery{View: flow.ViewOpen}})
	for _, c := range []struct{ to, comment, want string }{{"", "", "/status"}, {"7", "", "/status"}, {"40", " ", "/comentario"}} {
		if err := b.PlanBulkMove(t.Context(), a, id, c.to, c.comment); code(err) != desk.ErrParameter+c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	b.kept("90", func(s *desk.Status) { s.CommentRequired = true })
	if err := b.PlanBulkMove(t.Context(), a, id, "90", ""); code(err) != desk.ErrParameter+"/comentario" {
		t.Error("a status that asks for a comment:", err)
	}
	first := b.planned(a, id, "90", "Encerrada a pedido.")
	if first.Tally[flow.WouldMove] != 1 || first.Tells != 0 {
		t.Errorf("to be closed: %+v", first)
	}
	b.configure(t, func(c *mapping.Config) { c.Method = desk.NoMethod })
	second := b.planned(a, id, "40", "")
	if second.Tally[flow.WouldMove] != 1 || second.Tells != 0 || second.Quiet[desk.WhyMethodSendsNothing] != 1 || second.Round != first.Round+1 {
		t.Errorf("without a method: %+v", second)
	}
	if err := b.DoBulkMove(t.Context(), a, id, first.Round); code(err) != desk.ErrBulkMove {
		t.Error("an earlier plan is begun:", err)
	}
	b.begin(a, second)
	b.worked(a, id)
	b.want(n, "40", desk.Delivered, desk.Ignored)
}

// TestBulkMoveIsItsPersons: it is done with the rights that they have by then, and by nobody else.
func TestBulkMoveIsItsPersons(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		bruna := b.mover("bruna@demo", desk.Attendant)
		a, other := bruna.Actor(), b.mover("outra@demo", desk.Attendant).Actor()
		for range 2 {
			b.Open(t)
		}
		plan := b.planned(a, b.choose(a, flow.BulkChoice{All: true, Asked: flow.ListQuery{View: flow.ViewOpen}}), "20", "")
		if _, err := b.BulkMove(t.Context(), other, plan.ID); code(err) != desk.ErrForbidden {
			t.Error("another attendant sees it:", err)
		}
		elsewhere := desk.Actor{Kind: "usuario", ID: "999", Roles: []desk.Role{desk.Manager}, Developments: []int64{999}}
		if _, err := b.BulkMove(t.Context(), elsewhere, plan.ID); code(err) != desk.ErrNoBulkMove {
			t.Error("a manager of other developments sees it:", err)
		}
		if m := b.bulkMove(manager, plan.ID); m.Mine {
			t.Error("a manager takes it for theirs")
		}
		for _, err := range []error{b.DoBulkMove(t.Context(), manager, plan.ID, plan.Round), b.PlanBulkMove(t.Context(), manager, plan.ID, "90", "")} {
			if code(err) != desk.ErrForbidden {
				t.Error("in another's name:", err)
			}
		}
		b.begin(a, plan)
		b.must(b.SetDisabled(t.Context(), flowtest.Admin(), bruna.ID, true))
		if m := b.worked(manager, plan.ID); m.Tally[flow.Moved] != 0 || m.Kept[desk.ErrForbidden] != 2 {
			t.Errorf("locked out: %+v", m)
		}
		b.must(b.SetDisabled(t.Context(), flowtest.Admin(), bruna.ID, false))
		plan = b.planned(a, b.choose(a, flow.BulkChoice{Of: plan.ID}), "20", "")
		b.begin(a, plan)
		b.must(b.PutRegistry(t.Context(), flowtest.Admin(), flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "PDA", Name: "Parque das Águas",
			Blocks: []flow.RegistryBlock{{Code: "U", Name: "Único", Units: []flow.RegistryUnit{{Number: "1"}}}}}}}))
		bruna.Few, bruna.Developments = true, []flow.Development{{Code: "PDA"}}
		b.must(b.ChangeUser(t.Context(), flowtest.Admin(), bruna))
		if m := b.worked(manager, plan.ID); m.Kept["fora_do_alcance"] != 2 {
			t.Errorf("works elsewhere by now: %+v", m)
		}
		lines, err := b.BulkMoveLines(t.Context(), desk.Actor{Kind: "usuario", ID: a.ID, Roles: a.Roles, Developments: []int64{999}}, plan.ID, flow.BulkMoveQuery{End: flow.Stays, Most: 9})
		if err != nil || len(lines.Lines) != 0 {
			t.Errorf("what they see no more is shown: %+v, %v", lines, err)
		}
	})
}

// TestBulkMoveOutlivesItsProcess: whoever takes over moves what was not moved; what a former holder still writes is refused,
// and nobody is moved twice. The control forgets what was written down of each, and moves them twice; the other forgets half
// of that, and the movement since keeps them.
func TestBulkMoveOutlivesItsProcess(t *testing.T) {
	rawBenches(t, func(t *testing.T, b *bench, raw func(string)) {
		a := b.mover("bruna@demo", desk.Attendant).Actor()
		var all []int64
		for range 5 {
			all = append(all, b.opened())
		}
		moved := func(what string, want int) {
			t.Helper()
			for _, n := range all {
				if k := b.audited(n, "ocorrencia.mover"); k != 1+want { // one opened its order
					t.Errorf("%s: %d was moved %d times, want %d", what, n, k-1, want)
				}
			}
		}
		plan := b.planned(a, b.choose(a, flow.BulkChoice{Numbers: all}), "40", "Visita na quinta.")
		b.begin(a, plan)
		dead := b.nextMoves()
		if over, err := dead.Step(t.Context(), 2); over || err != nil {
			t.Fatal("the first two:", over, err)
		}
		if w, err := b.NextBulkMove(t.Context(), "outro", 0); w != nil || err != nil {
			t.Fatal("two work at it:", w, err)
		}
		b.voidLeases() // as a process that starts after a crash does; elsewhere the lease ends by itself
		if m := b.worked(a, plan.ID); m.Tally[flow.Moved] != 5 || m.State != flow.BulkOver {
			t.Errorf("in all: %+v", m)
		}
		if _, err := dead.Step(t.Context(), 2); !errors.Is(err, flow.ErrNoLease) {
			t.Errorf("the former holder: %v", err)
		}
		moved("taken up", 1)
		forget := fmt.Sprintf("UPDATE bulk_move_item SET outcome = 'iria' WHERE bulk_move_id = '%s'", plan.ID)
		again := fmt.Sprintf("UPDATE bulk_move SET state = 'fazer' WHERE id = '%s'", plan.ID)
		raw(forget)
		raw(again)
		if m := b.worked(a, plan.ID); m.Kept["mudou_desde_a_escolha"] != 5 {
			t.Errorf("forgotten by half: %+v", m)
		}
		moved("forgotten by half", 1)
		raw(forget)
		raw("UPDATE bulk_move_item SET status_code = '40', tells = TRUE, detail = '{\"ponto\":\"MOBUSS_ICSA\"}', status_movement_id = (SELECT o.status_movement_id FROM occurrence o WHERE o.id = occurrence_id)")
		raw(again)
		b.worked(a, plan.ID)
		moved("the control", 2)
	})
}

// TestBulkMoveIsStopped: what was moved stays so, the rest is left, and nobody goes on.
func TestBulkMoveIsStopped(t *testing.T) {
	b := newBench(t)
	a := b.mover("bruna@demo", desk.Attendant).Actor()
	for range 3 {
		b.Open(t)
	}
	plan := b.planned(a, b.choose(a, flow.BulkChoice{All: true, Asked: flow.ListQuery{View: flow.ViewOpen}}), "90", "")
	b.begin(a, plan)
	w := b.nextMoves()
	if over, err := w.Step(t.Context(), 1); over || err != nil {
		t.Fatal(over, err)
	}
	b.must(b.StopBulkMove(t.Context(), manager, plan.ID)) // a manager may
	if _, err := w.Step(t.Context(), 1); !errors.Is(err, flow.ErrNoLease) {
		t.Errorf("goes on: %v", err)
	}
	b.must(w.Leave(t.Context()))
	if m := b.bulkMove(a, plan.ID); m.State != flow.BulkStopped || m.Tally[flow.Moved] != 1 || m.Tally[flow.WouldMove] != 2 || m.Ended.IsZero() {
		t.Errorf("stopped: %+v", m)
	}
	if err := b.StopBulkMove(t.Context(), a, plan.ID); code(err) != desk.ErrBulkMove {
		t.Error("stopped twice:", err)
	}
	rest := b.planned(a, b.choose(a, flow.BulkChoice{Of: plan.ID}), "90", "")
	if rest.Chosen != 2 {
		t.Errorf("the rest: %+v", rest)
	}
}
