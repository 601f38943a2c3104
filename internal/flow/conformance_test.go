package flow_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/seal"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// png is the smallest thing that blob.Sniff takes for a picture.
var png = []byte("\x89PNG\r\n\x1a\n0000")

// conform begins a run.
func (b *filesBench) conform() *flow.Conformance {
	b.t.Helper()
	c, err := b.StartConformance(b.t.Context(), flowtest.Admin(), flow.ConformanceInput{Subject: "Rodada", Description: "Teste", Picture: png, PictureName: "prova.png"})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// prove records a run whose cases came to these, with a call each.
func (b *filesBench) prove(results ...flow.CaseResult) *flow.Conformance {
	b.t.Helper()
	c := b.conform()
	for i, r := range results {
		seq := int64(i + 1)
		b.must(b.BeginCase(b.t.Context(), c.ID, seq, "MOBUSS_ISA", "sucesso"))
		calls := []flow.ConformanceExchange{{Kind: "envio", Planned: &mapping.Request{Method: "POST", Path: "/x", Body: "{}"}}}
		b.must(b.KeepExchanges(b.t.Context(), c.ID, seq, calls))
		calls[0] = flow.ConformanceExchange{Kind: "envio", HTTPStatus: 200, Outcome: "entregue", Request: "POST /x HTTP/1.1\nHost: h\n\n{\"cpf\": \"" + flowtest.Marina + "\"}",
			Response: "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{\"idMobuss\": \"SAT-1\"}", Extracted: map[string]string{"id_mobuss": "SAT-1"}}
		b.must(b.EndCase(b.t.Context(), c.ID, seq, r, desk.Because("conf_entregue", "http", 200), time.Second, calls))
	}
	if _, err := b.FinishConformance(b.t.Context(), c); err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *filesBench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *filesBench) report(run string) *flow.ConformancePage {
	b.t.Helper()
	p, err := b.ConformancePage(b.t.Context(), flowtest.Admin(), run)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *filesBench) key() flow.ConformanceProof {
	b.t.Helper()
	k, err := b.ConformanceKey(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return k
}

// because is the motivo of a refusal.
func because(err error) string {
	var e *desk.Error
	if !errors.As(err, &e) {
		return ""
	}
	if len(e.Fields) > 0 {
		return e.Fields[0].Code
	}
	if e.Reason() != "" {
		return e.Reason()
	}
	return e.Code
}

func TestASignedReportIsTheKeyOfItsVersionAlone(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		ctx, admin := b.t.Context(), flowtest.Admin()
		c := b.prove(flow.CasePassed, flow.CaseReserved, flow.CaseNotForUs)
		p := b.report(c.ID)
		if p.State != flow.RunPassed || !p.Intact || len(p.Digest) != 64 || !p.Running || p.Counts[flow.CaseReserved] != 1 || p.Mark != c.Mark {
			b.t.Fatalf("the report is %+v", p.ConformanceRun)
		}
		if b.key().Signed {
			b.t.Fatal("a report that nobody signed is a key")
		}
		sign := func(a desk.Actor, digest, note string) string {
			return because(b.SignConformance(ctx, a, c.ID, digest, note))
		}
		for _, try := range []struct {
			who          desk.Actor
			digest, note string
			want         string
		}{
			{flowtest.Attendant(), p.Digest, "li", desk.ErrForbidden},
			{admin, strings.Repeat("0", 64), "li", "conformidade_outro_resumo"},
			{admin, p.Digest, " ", "conformidade_nota"},
			{admin, p.Digest, strings.Repeat("x", 501), "grande_demais"},
			{admin, p.Digest, "a ferramenta aceita unidade desconhecida", ""},
			{admin, p.Digest, "de novo", "conformidade_ja_assinada"},
		} {
			if got := sign(try.who, try.digest, try.note); got != try.want {
				b.t.Errorf("signing with %q, %q: %q, want %q", try.digest, try.note, got, try.want)
			}
		}
		k := b.key()
		if !k.Signed || k.Run != c.ID || k.Digest != p.Digest || k.SignedBy != admin.Name {
			b.t.Fatalf("the key is %+v", k)
		}
		if b.report(c.ID).Digest != p.Digest || !b.report(c.ID).Intact {
			b.t.Error("signing changed what was signed")
		}

		elsewhere := mapping.Place{URL: "http://127.0.0.1:2", AllowPrivate: true}
		b.must(b.SetPlace(ctx, admin, desk.Homologation, elsewhere))
		if b.key().Signed || b.report(c.ID).Running {
			b.t.Error("a report of another address is still a key")
		}
		b.must(b.SetPlace(ctx, admin, desk.Homologation, mapping.Place{URL: "http://127.0.0.1:1", AllowPrivate: true}))
		if !b.key().Signed {
			b.t.Error("the address is back, and the key is not")
		}
		cfg := flowtest.Config(b.t)
		cfg.Integration.Policy.Settling++
		b.must(b.Configure(ctx, admin, cfg))
		if b.key().Signed {
			b.t.Error("the configuration was edited, and the key is still there")
		}
		late := b.prove(flow.CasePassed)
		b.must(b.Configure(ctx, admin, flowtest.Config(b.t)))
		if got := because(b.SignConformance(ctx, admin, late.ID, b.report(late.ID).Digest, "")); got != "conformidade_de_outra_versao" {
			b.t.Errorf("a report of another version: %q", got)
		}
	})
}

func TestAFailedRunCannotBeSigned(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		for _, results := range [][]flow.CaseResult{{flow.CasePassed, flow.CaseFailed}, {flow.CaseNotForUs}, {}} {
			c := b.prove(results...)
			p := b.report(c.ID)
			if got := because(b.SignConformance(b.t.Context(), flowtest.Admin(), c.ID, p.Digest, "x")); p.State != flow.RunFailed || got != "conformidade_nao_passou" {
				b.t.Errorf("%v: %s, signed: %q", results, p.State, got)
			}
		}
		if got := because(b.SignConformance(b.t.Context(), flowtest.Admin(), "nenhuma", "", "x")); got != desk.ErrNoConformance {
			b.t.Errorf("no such run: %q", got)
		}
	})
}

func TestOneRunAtATime(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		var mu sync.Mutex
		var began []string
		var refused int
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				c, err := b.StartConformance(context.Background(), flowtest.Admin(), flow.ConformanceInput{Description: "Teste"})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					began = append(began, c.ID)
				} else if because(err) == "conformidade_em_curso" {
					refused++
				}
			})
		}
		wg.Wait()
		if len(began) != 1 || refused != 7 {
			b.t.Fatalf("%d began, %d were refused", len(began), refused)
		}
		if live, err := b.LiveConformance(b.t.Context()); live != began[0] || err != nil {
			b.t.Errorf("the live one is %q, %v", live, err)
		}
	})
}

// TestARunWhoseProcessDied: it shows as interrupted, takes no more records once another began, and what it was about to
// send is there.
func TestARunWhoseProcessDied(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		dead := b.conform()
		b.must(b.BeginCase(b.t.Context(), dead.ID, 1, "MOBUSS_ISA", "sucesso"))
		b.must(b.KeepExchanges(b.t.Context(), dead.ID, 1, []flow.ConformanceExchange{{Kind: "envio", Planned: &mapping.Request{Method: "POST", Path: "/abrir", Body: `{"a": 1}`}}}))
		if b.report(dead.ID).State != flow.RunGoing {
			b.t.Fatal("it should be going on")
		}
		b.jump(15 * time.Second)
		b.must(b.BeatConformance(b.t.Context(), dead.ID))
		b.jump(15 * time.Second)
		if b.report(dead.ID).State != flow.RunGoing {
			b.t.Fatal("its heart beat, and it counts as dead")
		}
		b.jump(6 * time.Second)
		p := b.report(dead.ID)
		if p.State != flow.RunStopped || len(p.Cases) != 1 || !p.Cases[0].Calls[0].Unsent || !strings.HasPrefix(p.Cases[0].Calls[0].Request.First, "POST /abrir") {
			b.t.Fatalf("a dead run shows as %q, %+v", p.State, p.Cases)
		}
		if live, err := b.LiveConformance(b.t.Context()); live != "" || err != nil {
			b.t.Errorf("a dead run is live: %q, %v", live, err)
		}
		b.conform()
		if got := because(b.EndCase(b.t.Context(), dead.ID, 1, flow.CasePassed, desk.Reason{}, 0, nil)); got != "conformidade_acabou" {
			b.t.Errorf("a dead run takes records: %q", got)
		}
		if _, err := b.FinishConformance(b.t.Context(), dead); because(err) != "conformidade_acabou" {
			b.t.Errorf("a dead run ends: %v", err)
		}
		if o, err := b.Show(b.t.Context(), flowtest.Attendant(), dead.Number); err != nil || o.ClosedAt.IsZero() {
			b.t.Errorf("its test occurrence stays open: %v", err)
		}
	})
}

func TestStoppingARun(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		c := b.conform()
		if got := because(b.StopConformance(b.t.Context(), flowtest.Attendant(), c.ID)); got != desk.ErrForbidden {
			b.t.Errorf("an attendant stops it: %q", got)
		}
		b.must(b.StopConformance(b.t.Context(), flowtest.Admin(), c.ID))
		if got := because(b.BeginCase(b.t.Context(), c.ID, 1, "MOBUSS_ISA", "sucesso")); got != "conformidade_acabou" {
			b.t.Errorf("a stopped run goes on: %q", got)
		}
		if got := because(b.StopConformance(b.t.Context(), flowtest.Admin(), c.ID)); got != "conformidade_acabou" {
			b.t.Errorf("stopped twice: %q", got)
		}
		if p := b.report(c.ID); p.State != flow.RunStopped || p.Signable() {
			b.t.Errorf("it is %q", p.State)
		}
	})
}

// TestTheDigestFindsWhatWasChanged: the control is the report as it was.
func TestTheDigestFindsWhatWasChanged(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		c := b.prove(flow.CasePassed)
		p := b.report(c.ID)
		if !p.Intact {
			b.t.Fatal("untouched, and not intact")
		}
		change := func(q string) {
			b.t.Helper()
			b.must(b.Store.Write(b.t.Context(), func(tx *store.Tx) error {
				return tx.InsertConformanceCase(context.Background(), db.InsertConformanceCaseParams{RunID: c.ID, Seq: 9, Area: q, Name: "x", StartedAt: 1})
			}))
		}
		change("MOBUSS_IVV")
		if b.report(c.ID).Intact {
			b.t.Error("a case was slipped in, and nobody notices")
		}
		if got := because(b.SignConformance(b.t.Context(), flowtest.Admin(), c.ID, p.Digest, "")); got != "conformidade_outro_resumo" && got != "conformidade_nao_passou" {
			b.t.Errorf("signed all the same: %q", got)
		}
	})
}

func TestWhatARunNeeds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		start := func(i flow.ConformanceInput) string {
			_, err := in.StartConformance(t.Context(), flowtest.Admin(), i)
			return because(err)
		}
		if _, err := in.StartConformance(t.Context(), flowtest.Attendant(), flow.ConformanceInput{Description: "x"}); because(err) != desk.ErrForbidden {
			t.Errorf("an attendant: %v", err)
		}
		found, err := in.Search(t.Context(), flowtest.Admin(), "AUR-A-999", 5)
		if err != nil || len(found.People) != 1 {
			t.Fatalf("%+v, %v", found, err)
		}
		if got := start(flow.ConformanceInput{Unit: found.People[0].UnitID, Customer: found.People[0].CustomerID, Description: "x"}); got != "conformidade_unidade_sem_id" {
			t.Errorf("a unit without an id: %q", got)
		}
		cfg := flowtest.Config(t)
		cfg.Method = desk.NoMethod
		for i := range cfg.Statuses {
			cfg.Statuses[i].Point = desk.NoPoint
		}
		if err := in.Configure(t.Context(), flowtest.Admin(), cfg); err != nil {
			t.Fatal(err)
		}
		if got := start(flow.ConformanceInput{Description: "x"}); got != desk.ErrMethod {
			t.Errorf("no method: %q", got)
		}
	})
}

// TestTwoProcessesBeginOneRun: it is the database that keeps the second from beginning, not this process.
func TestTwoProcessesBeginOneRun(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		if _, _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		one := flowtest.New(t, s, flow.Deps{})
		beside, err := store.OpenBeside(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = beside.Close() })
		keys, err := seal.New(flowtest.Secret)
		if err != nil {
			t.Fatal(err)
		}
		two := flow.New(flow.Deps{Store: beside, Keys: keys})
		results := make(chan error, 8)
		for i := range cap(results) {
			go func() {
				_, err := []*flow.Flow{one.Flow, two}[i%2].StartConformance(context.Background(), flowtest.Admin(), flow.ConformanceInput{Description: "Teste"})
				results <- err
			}()
		}
		began := 0
		for range cap(results) {
			switch err := <-results; {
			case err == nil:
				began++
			case because(err) != "conformidade_em_curso":
				t.Errorf("refused otherwise: %v", err)
			}
		}
		if began != 1 {
			t.Errorf("%d runs began", began)
		}
	})
}
