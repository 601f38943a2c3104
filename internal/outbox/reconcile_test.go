package outbox

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// each runs a story on both databases.
func each(t *testing.T, change func(*mapping.Config), story func(*yard)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { story(newYard(t, s, change)) })
}

// TestWhatAgreesIsNoFinding: the whole life of an order, told by the calls as ever, differs in nothing at any step. It is
// the control of every test below.
func TestWhatAgreesIsNoFinding(t *testing.T) {
	each(t, nil, func(f *yard) {
		n, id := f.order()
		if run := f.compare(); run.Orders != 1 || run.Customers != 1 || run.Failed != 0 || run.Found != 0 || run.State != flow.RunDone {
			t.Errorf("%+v", run)
		}
		f.move(n, "40", "pode passar de manhã")
		f.move(n, "30", "vistoriar")
		f.compare()
		f.none()
		at := time.Now().Truncate(time.Second)
		f.act(id, map[string]string{"acao": "comentar", "texto": "a caminho", "tecnico": "Jorge", "data": at.Format(time.RFC3339)})
		f.callBack("IncluirComentario", func(c flow.Call) error {
			_, err := f.Comment(t.Context(), c, flow.CommentInput{Number: n, Text: "a caminho", Author: "Jorge", At: flow.When{Time: at, Set: true}})
			return err
		})
		f.act(id, map[string]string{"acao": "agendar", "inicio": at.Format(time.RFC3339), "tecnico": "Jorge"})
		f.callBack("InformarVistoria", func(c flow.Call) error {
			_, err := f.Visit(t.Context(), c, flow.VisitInput{Number: n, Start: flow.When{Time: at, Set: true}, State: "agendada", Technician: "Jorge"})
			return err
		})
		f.act(id, map[string]string{"acao": "executar"})
		f.callBack("MovimentarOcorrencia", func(c flow.Call) error {
			_, err := f.Move(t.Context(), c, flow.MoveInput{Number: n, Status: "60", At: flow.When{Time: time.Now(), Set: true}})
			return err
		})
		f.compare()
		f.none()
		f.move(n, "80", "resolvido")
		if o := f.show(n); o.Status.Code != "90" {
			t.Fatalf("%+v", o.Status)
		}
		if run := f.compare(); run.Orders != 1 {
			t.Errorf("a closed order is still compared: %+v", run)
		}
		f.none()
	})
}

// callBack is a call that arrives, with an id of its own.
func (f *yard) callBack(operation string, do func(flow.Call) error) {
	f.t.Helper()
	f.must(do(f.Call(operation, flow.NewID(), flow.NewID(), f.Field)))
}

func TestClosedThereAndOpenHere(t *testing.T) {
	each(t, nil, func(f *yard) {
		n, id := f.order()
		f.act(id, map[string]string{"acao": "encerrar", "texto": "Trocado o sifão", "data": "2026-03-02T10:00:00-03:00"})
		f.compare()
		found := f.only(desk.ClosedThere)
		if found.Number != n {
			t.Errorf("%+v", found)
		}
		p, err := f.FindingPage(t.Context(), flowtest.Attendant(), found.ID)
		f.must(err)
		if p.Facts.Solution != "Trocado o sifão" || p.Request.First == "" || p.Response.Body == "" || !p.MayMend {
			t.Errorf("%+v", p)
		}
		f.mend(found, flow.MendInput{Mend: desk.MendCloseHere})
		o := f.show(n)
		last := o.Movements[len(o.Movements)-1]
		if o.Status.Code != "90" || o.Solution != "Trocado o sifão" || heard(o, "movimentacao", "Trocado o sifão") != 1 || o.Orders[0].State != desk.OrderClosed {
			t.Errorf("%+v, last %+v", o.Status, last)
		}
		if len(o.Deliveries) != 1 {
			t.Errorf("taking over a closing fires: %+v", o.Deliveries)
		}
		f.compare()
		f.none()
		if err := f.Mend(t.Context(), flowtest.Attendant(), found.ID, flow.MendInput{Mend: desk.MendCloseHere}); code(err) != desk.ErrFinding {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestClosedHereAndOpenThere(t *testing.T) {
	each(t, nil, func(f *yard) {
		n, id := f.order()
		// closed by hand, in the status that tells nobody
		f.must(f.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "90", Comment: "o cliente desistiu"}))
		f.compare()
		found := f.only(desk.ClosedHere)
		f.mend(found, flow.MendInput{Mend: desk.MendCloseFar})
		await(t, "the closing", f.settled, 1)
		o := f.show(n)
		if o.Orders[0].State != desk.OrderClosed || o.Status.Code != "90" {
			t.Errorf("%+v %+v", o.Orders, o.Status)
		}
		f.compare()
		f.none()
		if got := f.state(id); got != "encerrada" {
			t.Errorf("over there it is %s", got)
		}
	})
}

func TestAnOrderThatMobussForgot(t *testing.T) {
	each(t, nil, func(f *yard) {
		n, _ := f.order()
		f.call(http.MethodPost, "/_sandbox/reset", nil)
		f.compare()
		found := f.only(desk.OrderMissing)
		f.mend(found, flow.MendInput{Mend: desk.MendOpenAgain})
		await(t, "the opening", f.settled, 1)
		o := f.show(n)
		if len(o.Orders) != 2 || o.Orders[0].State != desk.OrderAbandoned || o.Orders[1].State != desk.OrderOpen || o.Orders[1].MobussID == "" {
			t.Errorf("%+v", o.Orders)
		}
		if one := f.there(text(n) + "-2"); one != 1 {
			t.Errorf("%d over there", one)
		}
		f.compare()
		f.none()
	})
}

// TestACopyMadeByHand: by the customer's list, and where there is none, by how many carry our id.
func TestACopyMadeByHand(t *testing.T) {
	for name, change := range map[string]func(*mapping.Config){
		"by the customer's list": nil,
		"by the id of ours":      func(c *mapping.Config) { c.Integration.Reconcile.OfCustomer = nil },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, change, func(f *yard) {
				n, _ := f.order()
				f.api("incluirSolicitacaoAtendimento", map[string]string{"idUnidade": "MOB-AUR-A-101", "desSolicitacao": "outra vez", "idLegado": text(n), "cpfCnpjCliente": flowtest.Marina})
				f.compare()
				found := f.only(desk.OrderDoubled)
				if found.Number != n {
					t.Errorf("%+v", found)
				}
				if err := f.Mend(t.Context(), flowtest.Attendant(), found.ID, flow.MendInput{Mend: desk.MendIgnore}); code(err) != desk.ErrParameter {
					t.Errorf("ignored without a reason: %v", err)
				}
				f.mend(found, flow.MendInput{Mend: desk.MendIgnore, Why: "a outra é do síndico"})
				f.compare()
				f.none()
				f.must(f.FindAgain(t.Context(), flowtest.Attendant(), found.ID))
				f.only(desk.OrderDoubled)
			})
		})
	}
}

func TestAnOrderThatNobodyKnows(t *testing.T) {
	each(t, func(c *mapping.Config) { c.Statuses[0].Next = append(c.Statuses[0].Next, "40") }, func(f *yard) {
		f.order()
		f.api("incluirSolicitacaoAtendimento", map[string]string{"idUnidade": "MOB-AUR-A-101", "desSolicitacao": "aberta no campo", "cpfCnpjCliente": flowtest.Marina})
		f.compare()
		found := f.only(desk.OrderUnknown)
		if err := f.Mend(t.Context(), flowtest.Attendant(), found.ID, flow.MendInput{Mend: desk.MendTie}); code(err) != desk.ErrParameter {
			t.Errorf("tied to nothing: %v", err)
		}
		other := f.Open(t)
		f.mend(found, flow.MendInput{Mend: desk.MendTie, Number: other})
		o := f.show(other)
		if len(o.Orders) != 1 || o.Orders[0].MobussID != found.MobussID || o.Orders[0].State != desk.OrderOpen {
			t.Errorf("%+v", o.Orders)
		}
		f.compare()
		f.none()
		// and from now on it can be spoken to
		f.move(other, "40", "olá")
		if d := f.show(other).Deliveries; d[len(d)-1].State != desk.Delivered {
			t.Errorf("%+v", d)
		}
	})
}

// TestNewsThatNeverCame: comments and visits of theirs are found, and taken in as if they had been called in.
func TestNewsThatNeverCame(t *testing.T) {
	each(t, nil, func(f *yard) {
		n, id := f.order()
		f.act(id, map[string]string{"acao": "comentar", "texto": "cliente ausente", "tecnico": "Jorge", "data": "2026-03-01T10:00:00-03:00"})
		f.act(id, map[string]string{"acao": "comentar", "texto": "cliente ausente", "tecnico": "Jorge", "data": "2026-03-01T10:00:00-03:00"})
		f.act(id, map[string]string{"acao": "agendar", "inicio": "2026-03-05T09:00:00-03:00", "tecnico": "Jorge"})
		f.compare()
		if c, v := f.open(desk.CommentUntold), f.open(desk.VisitUntold); len(c) != 2 || len(v) != 1 {
			t.Fatalf("%+v", f.open())
		}
		f.compare() // the same again: known
		if all := f.open(); len(all) != 3 {
			t.Fatalf("%+v", all)
		}
		for _, l := range f.open() {
			f.mend(l, flow.MendInput{Mend: desk.MendTakeIn})
		}
		o := f.show(n)
		if heard(o, "comentario", "cliente ausente") != 2 || len(o.Visits) != 1 || o.Visits[0].State != "agendada" || o.Visits[0].Technician != "Jorge" {
			t.Errorf("%+v, %+v", o.Movements, o.Visits)
		}
		if got := o.Movements[len(o.Movements)-1]; got.Origin != desk.Field {
			t.Errorf("%+v", got)
		}
		f.compare()
		f.none()
	})
}

// TestOursThatNeverArrived: delivered by all that Ponte knows, and not there.
func TestOursThatNeverArrived(t *testing.T) {
	each(t, nil, func(f *yard) {
		n, _ := f.order()
		f.swallows.Store("incluirComentarioSolicitacaoAtendimento")
		f.move(n, "40", "portão azul")
		f.swallows.Store("incluirAgendamentoVisitaSolicitacao")
		f.move(n, "30", "vistoriar")
		f.swallows.Store("")
		f.compare()
		lost := f.open(desk.OurCommentLost, desk.OurVisitLost)
		if len(lost) != 2 || len(f.open()) != 2 {
			t.Fatalf("%+v", f.open())
		}
		for _, l := range lost {
			f.mend(l, flow.MendInput{Mend: desk.MendSendAgain})
		}
		await(t, "what was lost", f.settled, 2)
		f.compare()
		f.none()
		if d := f.show(n).Deliveries; len(d) != 5 {
			t.Errorf("%+v", d)
		}
	})
}

func TestANumberThatDrifted(t *testing.T) {
	each(t, nil, func(f *yard) {
		n, _ := f.order()
		f.number.Store("OS-77")
		f.compare()
		found := f.only(desk.NumberDrifted)
		f.mend(found, flow.MendInput{Mend: desk.MendNumber})
		if o := f.show(n).Orders[0]; o.Number != "OS-77" || o.FormerNumber == "" {
			t.Errorf("%+v", o)
		}
		f.compare()
		f.none()
	})
}

// TestADeliveryThatWaitsAndIsThere: its answer was lost, and so was every look that could have told; a person is asked,
// and the comparison says that it arrived.
func TestADeliveryThatWaitsAndIsThere(t *testing.T) {
	each(t, func(c *mapping.Config) {
		p := c.Integration.Points[desk.OpenOrder]
		p.LookUp = ""
		c.Integration.Points[desk.OpenOrder] = p
	}, func(f *yard) {
		f.faults(map[string]any{"metodo": "incluirSolicitacaoAtendimento", "tipo": "conexao_cortada", "quantas": 1})
		n := f.Open(t)
		f.move(n, "20", "abrir")
		if d := f.show(n).Deliveries[0]; d.State != desk.Uncertain || !d.NeedsPerson {
			t.Fatalf("%+v", d)
		}
		f.compare()
		found := f.only(desk.DeliveryThere)
		f.mend(found, flow.MendInput{Mend: desk.MendConfirm})
		o := f.show(n)
		if o.Deliveries[0].State != desk.Delivered || o.Orders[0].MobussID == "" || o.Orders[0].State != desk.OrderOpen || f.there(text(n)) != 1 {
			t.Errorf("%+v %+v", o.Deliveries, o.Orders)
		}
		f.compare()
		f.none()
	})
}

func code(err error) string {
	var e *desk.Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestPollingBringsTheWholeStory: comment, visit, repair and closing come without one call-back, once each, however often
// they are looked at.
func TestPollingBringsTheWholeStory(t *testing.T) {
	each(t, polling, func(f *yard) {
		n, id := f.order()
		step := func() {
			f.compare()
			f.compare()
		}
		f.act(id, map[string]string{"acao": "comentar", "texto": "a caminho", "tecnico": "Jorge", "data": "2026-03-01T10:00:00-03:00"})
		step()
		f.act(id, map[string]string{"acao": "agendar", "inicio": "2026-03-02T09:00:00-03:00", "tecnico": "Jorge"})
		step()
		f.act(id, map[string]string{"acao": "vistoriar", "tecnico": "Jorge"})
		step()
		f.act(id, map[string]string{"acao": "executar"})
		step()
		if s := f.show(n).Status.Code; s != "60" {
			t.Errorf("after the repair: %s", s)
		}
		f.act(id, map[string]string{"acao": "comentar", "texto": "tudo seco", "tecnico": "Jorge", "data": "2026-03-03T10:00:00-03:00"})
		f.act(id, map[string]string{"acao": "encerrar", "texto": "Trocado o sifão"})
		step()
		f.none()
		o := f.show(n)
		if o.Status.Code != "90" || o.Solution != "Trocado o sifão" || len(o.Visits) != 1 || o.Visits[0].State != "realizada" ||
			heard(o, "comentario", "a caminho") != 1 || heard(o, "comentario", "tudo seco") != 1 || len(o.Deliveries) != 1 {
			t.Errorf("%s %q %+v %+v", o.Status.Code, o.Solution, o.Visits, o.Deliveries)
		}
		var kinds []string
		for _, m := range o.Movements {
			if m.Origin == desk.Field {
				kinds = append(kinds, m.Kind+m.To)
			}
		}
		if len(kinds) != 6 { // two comments, booked, visited, repaired, closed
			t.Errorf("told: %v", kinds)
		}
	})
}

func polling(c *mapping.Config) {
	c.Integration.Reconcile.Take = desk.ByItself
}

// TestThePollAndTheCallTellOnce: whatever was found by looking and is then called in after all is accepted, and told once.
func TestThePollAndTheCallTellOnce(t *testing.T) {
	each(t, polling, func(f *yard) {
		n, id := f.order()
		at := time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)
		when := flow.When{Time: at, Set: true}
		f.act(id, map[string]string{"acao": "comentar", "texto": "a caminho", "tecnico": "Jorge", "data": at.Format(time.RFC3339)})
		f.act(id, map[string]string{"acao": "agendar", "inicio": at.Format(time.RFC3339), "tecnico": "Jorge"})
		f.act(id, map[string]string{"acao": "executar", "data": at.Format(time.RFC3339)})
		f.compare()
		f.act(id, map[string]string{"acao": "encerrar", "texto": "pronto", "data": at.Format(time.RFC3339)})
		f.compare()
		before := len(f.show(n).Movements)
		f.callBack("IncluirComentario", func(c flow.Call) error {
			r, err := f.Comment(t.Context(), c, flow.CommentInput{Number: n, Text: "a caminho ", Author: "", At: when})
			if r.Number != n {
				t.Errorf("%+v", r)
			}
			return err
		})
		f.callBack("InformarVistoria", func(c flow.Call) error {
			_, err := f.Visit(t.Context(), c, flow.VisitInput{Number: n, Start: when, State: "agendada", Technician: "Jorge"})
			return err
		})
		f.callBack("MovimentarOcorrencia", func(c flow.Call) error {
			_, err := f.Move(t.Context(), c, flow.MoveInput{Number: n, Status: "60", At: when})
			return err
		})
		f.callBack("EncerrarOcorrencia", func(c flow.Call) error {
			_, err := f.Close(t.Context(), c, flow.CloseInput{Number: n, Solution: "pronto", At: when})
			return err
		})
		if after := len(f.show(n).Movements); after != before {
			t.Errorf("%d movements became %d: %+v", before, after, f.show(n).Movements)
		}
		// a second one that says the same is another one
		f.callBack("IncluirComentario", func(c flow.Call) error {
			_, err := f.Comment(t.Context(), c, flow.CommentInput{Number: n, Text: "a caminho", At: when})
			return err
		})
		if after := len(f.show(n).Movements); after != before+1 {
			t.Errorf("the second comment of the same words: %d after %d", after, before)
		}
		f.compare()
		f.none()
	})
}

// TestTheScheduleRunsByItself and once for every interval.
func TestTheScheduleRunsByItself(t *testing.T) {
	each(t, func(c *mapping.Config) { c.Integration.Reconcile.Every = mapping.Duration(time.Hour) }, func(f *yard) {
		await(t, "the first run", f.ended, 1)
		f.ahead.Add(time.Hour.Milliseconds())
		f.compares.Wake()
		await(t, "the second", f.ended, 1)
		f.compares.Wake()
		runs, err := f.Runs(t.Context(), flowtest.Attendant(), 10)
		f.must(err)
		if len(runs) != 2 || runs[0].AskedBy != "" {
			t.Errorf("%+v", runs)
		}
	})
}

// TestAStopIsTakenUp: a run that is left goes on where it was, with another process; what a former holder still wants to
// write is refused.
func TestAStopIsTakenUp(t *testing.T) {
	each(t, nil, func(f *yard) {
		f.order()
		f.compares.Stop()
		f.ahead.Add(time.Minute.Milliseconds())
		f.must(f.AskReconcile(t.Context(), flowtest.Attendant()))
		former, err := f.TakeReconcile(t.Context(), "former", time.Minute)
		f.must(err)
		if other, err := f.TakeReconcile(t.Context(), "other", time.Minute); other != nil || err != nil {
			t.Fatalf("two have the run: %+v %v", other, err)
		}
		orders, err := f.OrdersToLook(t.Context(), former)
		f.must(err)
		look, err := f.OrderLook(t.Context(), former, orders[0])
		f.must(err)
		f.ahead.Add(2 * time.Minute.Milliseconds()) // and it died
		f.compares = f.reconciler(f.box)
		f.compares.Start()
		await(t, "the end of the run", f.ended, 1)
		lost := flow.Seen{Asked: true, Verdict: mapping.LookVerdict{Outcome: mapping.NotFound}}
		if err := f.RecordOrder(t.Context(), former, look, lost, flow.Seen{}); !errors.Is(err, flow.ErrLeaseLost) {
			t.Errorf("the former holder wrote: %v", err)
		}
		f.none()
		runs, err := f.Runs(t.Context(), flowtest.Attendant(), 10)
		f.must(err)
		if len(runs) != 1 || runs[0].ID != former.Run || runs[0].State != flow.RunDone {
			t.Errorf("%+v", runs)
		}
	})
}

// TestLooksKeepToTheRoutesLimit: the route's limit holds for looks too.
func TestLooksKeepToTheRoutesLimit(t *testing.T) {
	f := newYard(t, storetest.New(t, store.SQLite), func(c *mapping.Config) { c.Integration.Policy.Limits.Concurrent = 1 })
	routes, err := f.Routes(t.Context())
	f.must(err)
	way := routes[0]
	compares := NewReconciler(New(Options{Flow: f.Flow, Client: f.box.Client, Owner: "b"})) // which nobody else calls by
	l := compares.box.allowance(way, mapping.Limits{Concurrent: 1})
	if n, _ := l.take(f.now(), 1); n != 1 {
		t.Fatal("no room at the beginning")
	}
	ctx, cancel := context.WithCancel(t.Context())
	run := &flow.Reconciling{Connection: way.Connection, Environment: way.Environment, Lease: time.Hour}
	got := make(chan error, 1)
	go func() {
		_, _, _, err := compares.permit(ctx, run, way)
		got <- err
	}()
	cancel()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Errorf("a look began beside a call, with room for one: %v", err)
	}
	l.done()
	if _, l, _, err := compares.permit(t.Context(), run, way); err != nil {
		t.Error(err)
	} else {
		l.done()
	}
}
