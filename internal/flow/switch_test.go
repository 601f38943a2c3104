package flow_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// eachBench is a bench on each database.
func eachBench(t *testing.T, f func(b *bench)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := &bench{t: t, clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
		var mu sync.Mutex
		b.Installation = flowtest.New(t, s, flow.Deps{Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			b.clock = b.clock.Add(time.Millisecond)
			return b.clock
		}})
		f(b)
	})
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// lacks are the codes of what a refusal says is missing.
func lacks(err error) (out []string) {
	var e *desk.Error
	if !errors.As(err, &e) {
		return nil
	}
	for _, f := range e.Fields {
		out = append(out, f.Code)
	}
	return out
}

// production is what the form enters in these tests.
func production(url string) flow.ProductionInput {
	return flow.ProductionInput{Place: mapping.Place{URL: url, AllowPrivate: true}, Secrets: map[string]string{"token": "production-token"}}
}

// TestTheProductionFormIsLocked until the very version that runs has a report that passed and was signed.
func TestTheProductionFormIsLocked(t *testing.T) {
	eachBench(t, func(b *bench) {
		ctx, admin := b.t.Context(), flowtest.Admin()
		asked := b.Probing(true)
		enter := func() string {
			_, err := b.SetProduction(ctx, admin, production("http://127.0.0.1:2"))
			return because(err)
		}
		want := func(what, why string) {
			b.t.Helper()
			if got := enter(); got != why {
				b.t.Errorf("%s: %q, want %q", what, got, why)
			}
		}
		want("without a report", string(desk.NoProof))
		b.Failed(b.t)
		want("with a failed report", string(desk.ProofFailed))
		b.Passed(b.t)
		want("with a report that nobody signed", string(desk.ProofUnsigned))
		if len(*asked) != 0 {
			b.t.Fatalf("production was asked %d times while the form was locked", len(*asked))
		}
		b.Prove(b.t)
		if _, err := b.SetProduction(ctx, flowtest.Attendant(), production("http://127.0.0.1:2")); because(err) != desk.ErrForbidden {
			b.t.Errorf("an attendant: %v", err)
		}
		want("with the key", "")
		cfg := flowtest.Config(b.t)
		cfg.Integration.Policy.Settling++
		b.must(b.Configure(ctx, admin, cfg))
		want("with another version's report", string(desk.ProofOther))
		b.Prove(b.t)
		b.must(b.SetPlace(ctx, admin, desk.Homologation, mapping.Place{URL: "http://127.0.0.1:3", AllowPrivate: true}))
		want("with a report of another address", string(desk.ProofPlace))
		if len(*asked) != 1 {
			b.t.Errorf("production was asked %d times", len(*asked))
		}
	})
}

// TestNoOtherDoorTakesProductionsData.
func TestNoOtherDoorTakesProductionsData(t *testing.T) {
	b := newBench(t)
	for phase := range 2 {
		for what, err := range map[string]error{
			"place":    b.SetPlace(t.Context(), flowtest.Admin(), desk.Production, mapping.Place{URL: "http://127.0.0.1:2", AllowPrivate: true}),
			"secrets":  b.SetSecrets(t.Context(), flowtest.Admin(), desk.Production, map[string]string{"token": "x"}),
			"endpoint": b.SetEndpoint(t.Context(), flowtest.Admin(), desk.Production, flow.Endpoint{BaseURL: "http://127.0.0.1:2"}),
		} {
			if because(err) != "so_pelo_formulario" {
				t.Errorf("%d, %s: %v", phase, what, err)
			}
		}
		if phase == 0 {
			b.Live(t)
		}
	}
}

// TestAProbeThatFailsKeepsNothing: neither address nor credentials, and what was there stays.
func TestAProbeThatFailsKeepsNothing(t *testing.T) {
	eachBench(t, func(b *bench) {
		ctx, admin := b.t.Context(), flowtest.Admin()
		state := func() flow.ProductionState {
			b.t.Helper()
			s, err := b.Production(ctx, admin)
			b.must(err)
			return s
		}
		b.Prove(b.t)
		b.Probing(false)
		_, err := b.SetProduction(ctx, admin, production("http://127.0.0.1:2"))
		var e *desk.Error
		if !errors.As(err, &e) || e.Code != desk.ErrProbe || e.Reason() != "credencial_recusada" {
			b.t.Fatalf("a failed probe answers %v", err)
		}
		if s := state(); s.BaseURL != "" || s.Secrets[0].Set || s.Probe != nil || s.Complete() {
			b.t.Fatalf("kept: %+v", s)
		}
		b.Probing(true)
		_, err = b.SetProduction(ctx, admin, production("http://127.0.0.1:2"))
		b.must(err)
		if s := state(); !s.Complete() || s.Probe == nil || s.Probe.HTTPStatus != 200 || s.Probe.By != admin.Name {
			b.t.Fatalf("kept: %+v", s)
		}
		b.Probing(false)
		if _, err := b.SetProduction(ctx, admin, production("http://127.0.0.1:4")); err == nil {
			b.t.Fatal("a failed probe is taken")
		}
		if s := state(); s.BaseURL != "http://127.0.0.1:2" || !s.Secrets[0].Set {
			b.t.Errorf("after another failure: %+v", s)
		}
		// The address stays, and with it the credential; another server's address forgets it.
		asked := b.Probing(true)
		_, err = b.SetProduction(ctx, admin, flow.ProductionInput{Place: mapping.Place{URL: "http://127.0.0.1:2/api", AllowPrivate: true}})
		b.must(err)
		if got := (*asked)[0]; got.Secrets["token"] != "production-token" || got.BaseURL != "http://127.0.0.1:2/api" {
			b.t.Errorf("probed with %+v", got)
		}
		_, err = b.SetProduction(ctx, admin, flow.ProductionInput{Place: mapping.Place{URL: "http://127.0.0.1:5"}})
		if !slices.Equal(lacks(err), []string{"obrigatorio"}) || len(*asked) != 1 {
			b.t.Errorf("another server with the former's credential: %v, asked %d", err, len(*asked))
		}
		_, err = b.SetProduction(ctx, admin, flow.ProductionInput{Place: mapping.Place{URL: "ftp://x"}, Secrets: map[string]string{"token": "x"}})
		if !slices.Equal(lacks(err), []string{"url_invalida"}) {
			b.t.Errorf("no URL: %v", err)
		}
	})
}

// TestAVersionPublishedDuringTheProbe: what was probed is not what runs then, and nothing is kept.
func TestAVersionPublishedDuringTheProbe(t *testing.T) {
	b := newBench(t)
	b.Prove(t)
	b.Flow.Probe = func(ctx context.Context, _ desk.Environment, _ flow.Endpoint) (flow.Probed, error) {
		cfg := flowtest.Config(t)
		cfg.Integration.Policy.Settling++
		return flow.Probed{OK: true, HTTPStatus: 200}, b.Configure(ctx, flowtest.Admin(), cfg)
	}
	if _, err := b.SetProduction(t.Context(), flowtest.Admin(), production("http://127.0.0.1:2")); because(err) != desk.ErrConfigChanged {
		t.Errorf("%v", err)
	}
	if s, err := b.Production(t.Context(), flowtest.Admin()); err != nil || s.BaseURL != "" {
		t.Errorf("kept %+v, %v", s, err)
	}
}

// TestGoLiveSaysAllThatIsMissing.
func TestGoLiveSaysAllThatIsMissing(t *testing.T) {
	eachBench(t, func(b *bench) {
		ctx, admin := b.t.Context(), flowtest.Admin()
		try := func(in flow.SwitchInput, want ...string) {
			b.t.Helper()
			if got := lacks(b.GoLive(ctx, admin, in)); !slices.Equal(got, want) {
				b.t.Errorf("missing %v, want %v", got, want)
			}
			if p, err := b.Phase(ctx); err != nil || p != desk.Implementing {
				b.t.Fatalf("the phase is %s, %v", p, err)
			}
		}
		try(flow.SwitchInput{}, "sem_relatorio", "falta_dados_de_producao", "falta_unidades_sem_motivo", "falta_token_de_producao")
		b.Enter(b.t, flow.Endpoint{BaseURL: "http://127.0.0.1:2", AllowPrivate: true, Secrets: map[string]string{"token": "production-token"}})
		try(flow.SwitchInput{}, "falta_unidades_sem_motivo", "falta_token_de_producao")
		b.ProductionToken(b.t, "casa-producao", desk.House) // no field's
		try(flow.SwitchInput{UnitsReason: "x"}, "falta_token_de_producao")
		b.ProductionToken(b.t, "mobuss-producao", desk.Field)
		if err := b.GoLive(ctx, flowtest.Attendant(), flow.SwitchInput{UnitsReason: "x"}); because(err) != desk.ErrForbidden {
			b.t.Errorf("an attendant: %v", err)
		}
		if err := b.GoLive(ctx, admin, flow.SwitchInput{UnitsReason: "x", Base: 77}); because(err) != desk.ErrConfigChanged {
			b.t.Errorf("another version: %v", err)
		}
		for _, s := range []func(context.Context, desk.Actor, flow.SwitchInput) error{b.SwitchBack, b.Resume} {
			if err := s(ctx, admin, flow.SwitchInput{}); because(err) != "fase" {
				b.t.Errorf("out of turn: %v", err)
			}
		}
		b.must(b.GoLive(ctx, admin, flow.SwitchInput{UnitsReason: "o bloco C não foi entregue", Note: "combinado com a Carla"}))
		s, err := b.Standing(ctx)
		b.must(err)
		if s.Phase != desk.Live || s.Last.Act != desk.GoLive || s.Last.By != admin.Name || s.Last.Report == "" || s.Unproven() ||
			s.Last.Note != "combinado com a Carla\no bloco C não foi entregue" {
			b.t.Errorf("%+v", s)
		}
	})
}

// TestTokensStopAtTheGoLive, and what their callers get; production's before it likewise.
func TestTokensStopAtTheGoLive(t *testing.T) {
	eachBench(t, func(b *bench) {
		ctx := b.t.Context()
		realID, real := b.ProductionToken(b.t, "mobuss-producao", desk.Field)
		n := b.Open(b.t)
		comment := func(a desk.Actor, id int64, n int64) error {
			c := b.Call("IncluirComentario", flow.NewID(), "x", a)
			c.TokenID = id
			_, err := b.Comment(ctx, c, flow.CommentInput{Number: n, Text: "chegou"})
			return err
		}
		want := func(what string, err error, motivo string) {
			b.t.Helper()
			var e *desk.Error
			if motivo == "" && err == nil {
				return
			}
			if !errors.As(err, &e) || e.Code != desk.ErrForbidden || e.Reason() != motivo {
				b.t.Errorf("%s: %v, want %q", what, err, motivo)
			}
		}
		want("production's before", comment(real, realID, n), "antes_da_entrada")
		want("homologation's before", comment(b.Field, b.FieldID, n), "")
		b.Enter(b.t, flow.Endpoint{BaseURL: "http://127.0.0.1:2", AllowPrivate: true, Secrets: map[string]string{"token": "production-token"}})
		b.must(b.GoLive(ctx, flowtest.Admin(), flow.SwitchInput{UnitsReason: "x"}))
		kept, err := b.CountOpenCalls(ctx, flowtest.Admin())
		b.must(err)
		want("homologation's while live", comment(b.Field, b.FieldID, n), "homologacao_encerrada")
		want("a read of homologation's while live", b.CheckReports(ctx, b.Call("ConsultarOcorrencia", "", "", b.Field)), "homologacao_encerrada")
		open, err := b.CountOpenCalls(ctx, flowtest.Admin())
		b.must(err)
		if open != kept {
			b.t.Errorf("%v calls wait for somebody, and of a closed homologation none should: %v did before", open, kept)
		}
		born, err := b.OpenByHand(ctx, flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "real"})
		b.must(err)
		want("production's while live", comment(real, realID, born), "")
		b.must(b.SwitchBack(ctx, flowtest.Admin(), flow.SwitchInput{}))
		want("production's in a pause", comment(real, realID, born), "")
		want("homologation's in a pause", comment(b.Field, b.FieldID, n), "")
		r, err := b.Flow.Open(ctx, b.Call("IncluirOcorrencia", flow.NewID(), "y", b.House), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "x"})
		b.must(err)
		if o := b.show(r.Number); !o.Test || o.Environment != desk.Homologation {
			b.t.Errorf("what homologation's token opens in a pause is %s, test %v", o.Environment, o.Test)
		}
	})
}

// TestWhereOccurrencesAreBorn, and where their deliveries go, through all the phases.
func TestWhereOccurrencesAreBorn(t *testing.T) {
	eachBench(t, func(b *bench) {
		ctx, admin := b.t.Context(), flowtest.Admin()
		born := func(test bool) (int64, error) {
			return b.OpenByHand(ctx, flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "x", Test: test})
		}
		in := func(test bool, want desk.Environment) int64 {
			b.t.Helper()
			n, err := born(test)
			b.must(err)
			if o := b.show(n); o.Environment != want || o.Test != test {
				b.t.Errorf("born in %s, test %v; want %s, %v", o.Environment, o.Test, want, test)
			}
			b.mustMove(n, "20")
			return n
		}
		old := in(false, desk.Homologation) // queued, and never sent: the go-live comes first
		b.Live(b.t)
		if jobs := b.claim(); len(jobs) != 0 {
			b.t.Fatalf("homologation's queue is sent after the go-live: %+v", jobs)
		}
		if o := b.want(old, "20", desk.Ignored); o.Deliveries[0].Reason.Code != desk.WhyOtherEnvironment || o.Orders[0].State != desk.OrderAbandoned {
			b.t.Errorf("%+v, %+v", o.Deliveries[0], o.Orders)
		}
		if _, err := born(true); because(err) != "teste_com_producao_no_ar" {
			b.t.Errorf("a test while live: %v", err)
		}
		first := in(false, desk.Production)
		if jobs := b.produced(); len(jobs) != 1 || jobs[0].OccurrenceID == 0 {
			b.t.Fatalf("%+v", jobs)
		} else {
			b.must(b.SwitchBack(ctx, admin, flow.SwitchInput{Note: "Mobuss fora do ar"}))
			b.settle(jobs[0], accepted) // what was on the wire comes to its end
		}
		b.want(first, "50", desk.Delivered)
		b.mustMove(first, "40")
		in(false, desk.Production)
		tried := in(true, desk.Homologation)
		if jobs := b.produced(); len(jobs) != 0 {
			b.t.Fatalf("paused, and sent: %+v", jobs)
		}
		b.settle(b.one(desk.OpenOrder), accepted)
		b.want(tried, "50", desk.Delivered)
		b.mustMove(tried, "40")
		b.must(b.Resume(ctx, admin, flow.SwitchInput{}))
		if jobs := b.claim(); len(jobs) != 0 {
			b.t.Fatalf("a test is sent after the resumption: %+v", jobs)
		}
		if jobs := b.produced(); len(jobs) != 2 {
			b.t.Fatalf("after the resumption %+v", jobs)
		} else {
			for _, j := range jobs {
				if j.Environment != desk.Production {
					b.t.Errorf("%+v", j)
				}
			}
		}
	})
}

// produced claims for production.
func (b *bench) produced() []flow.Job {
	b.t.Helper()
	jobs, err := b.Claim(b.t.Context(), flow.ClaimRequest{Owner: "production", Connection: 1, Environment: desk.Production, Lease: time.Minute, Limit: 10})
	b.must(err)
	return jobs
}

// TestResumingWantsAProvenVersion: what was published meanwhile has to be proven first, and it is said while live.
func TestResumingWantsAProvenVersion(t *testing.T) {
	eachBench(t, func(b *bench) {
		ctx, admin := b.t.Context(), flowtest.Admin()
		b.Live(b.t)
		cfg := flowtest.Config(b.t)
		cfg.Integration.Policy.Settling++
		b.must(b.Configure(ctx, admin, cfg))
		s, err := b.Standing(ctx)
		if err != nil || !s.Unproven() || s.Phase != desk.Live {
			b.t.Fatalf("%+v, %v", s, err)
		}
		b.must(b.SwitchBack(ctx, admin, flow.SwitchInput{}))
		if got := lacks(b.Resume(ctx, admin, flow.SwitchInput{})); !slices.Equal(got, []string{"relatorio_de_outra"}) {
			b.t.Errorf("resumed with %v", got)
		}
		b.Prove(b.t)
		b.must(b.Resume(ctx, admin, flow.SwitchInput{}))
		all, err := b.Switches(ctx, admin)
		b.must(err)
		var acts []desk.Switch
		for _, x := range all {
			acts = append(acts, x.Act)
		}
		if !slices.Equal(acts, []desk.Switch{desk.Resume, desk.SwitchBack, desk.GoLive}) || all[1].Report != "" || all[0].Report == all[2].Report {
			b.t.Errorf("%+v", all)
		}
	})
}

// TestASwitchBackIsACut: another process that claims as fast as it can gets nothing for production any more once the switch
// back was answered, and everything that it got before was durable before it.
func TestASwitchBackIsACut(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := &bench{t: t}
		b.Installation = flowtest.New(t, migrated(t, url), flow.Deps{})
		other := b.Flow
		if d := b.Store.Dialect(); d == store.Postgres { // a process of its own; SQLite has one only
			other = flow.New(flow.Deps{Store: storetest.Open(t, url), Keys: b.Keys})
		}
		b.Live(t)
		const most = 60
		for range most {
			n, err := b.OpenByHand(t.Context(), flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "x"})
			b.must(err)
			b.mustMove(n, "20")
		}
		started, over := make(chan struct{}), make(chan error, 1)
		claimed := 0
		stop, cancel := context.WithCancel(t.Context())
		go func() {
			for once := false; stop.Err() == nil; {
				jobs, err := other.Claim(context.WithoutCancel(stop), flow.ClaimRequest{Owner: "other", Connection: 1, Environment: desk.Production, Lease: time.Minute, Limit: 1})
				if err != nil {
					over <- err
					return
				}
				if claimed += len(jobs); !once {
					once = true
					close(started)
				}
			}
			over <- nil
		}()
		<-started
		b.must(b.SwitchBack(t.Context(), flowtest.Admin(), flow.SwitchInput{}))
		sent := b.sending() // at the very moment of the answer
		cancelAfter(b, cancel, other)
		b.must(<-over)
		if now := b.sending(); now != sent || now != claimed {
			t.Errorf("%d were being sent when the switch was answered, %d are now, %d were claimed", sent, now, claimed)
		}
		if claimed == 0 {
			t.Error("nothing was claimed: the test shows nothing")
		}
	})
}

// cancelAfter lets the other process try on for as long as this one takes for twenty reads.
func cancelAfter(b *bench, cancel func(), other *flow.Flow) {
	for range 20 {
		_, err := other.Claim(b.t.Context(), flow.ClaimRequest{Owner: "third", Connection: 1, Environment: desk.Production, Lease: time.Minute, Limit: 5})
		b.must(err)
	}
	cancel()
}

// sending counts production's deliveries whose request may be on the wire.
func (b *bench) sending() int {
	b.t.Helper()
	c, err := b.CountDeliveries(b.t.Context())
	b.must(err)
	return int(c[desk.Sending])
}

// TestTheControlOfTheCut: who sends holds the switch until they are durable; one that did not would be durable after the
// answer. (SQLite has one writer, and nothing to show.)
func TestTheControlOfTheCut(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := migrated(t, url)
		if s.Dialect() != store.Postgres {
			return
		}
		b := &bench{t: t}
		b.Installation = flowtest.New(t, s, flow.Deps{})
		b.Live(t)
		for _, held := range []bool{true, false} {
			read, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			var through atomic.Bool
			go func() {
				done <- b.Store.Write(context.Background(), func(tx *store.Tx) error {
					if held {
						if err := tx.HoldSwitch(false); err != nil {
							return err
						}
					}
					if _, err := tx.Installation(context.Background()); err != nil { // live, it reads
						return err
					}
					close(read)
					<-goOn
					through.Store(true)
					return nil
				})
			}()
			<-read
			if held {
				go close(goOn)
			}
			b.must(b.SwitchBack(context.Background(), flowtest.Admin(), flow.SwitchInput{}))
			if through.Load() != held {
				t.Errorf("held %v: the switch was answered, and who had read that production is live was through: %v", held, through.Load())
			}
			if !held {
				close(goOn)
			}
			b.must(<-done)
			b.must(b.Resume(t.Context(), flowtest.Admin(), flow.SwitchInput{}))
		}
	})
}

func migrated(t *testing.T, url string) *store.Store {
	t.Helper()
	s := storetest.Open(t, url)
	if _, _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
