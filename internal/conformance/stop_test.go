package conformance_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/conformance"
	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// held keeps the sandbox from answering the next call; reached is closed when it has come.
func (b *bench) held() (reached chan struct{}, letGo func()) {
	reached, open := make(chan struct{}), make(chan struct{})
	var seen atomic.Bool
	f := func(_ http.ResponseWriter, r *http.Request) bool {
		if !seen.Swap(true) {
			close(reached)
			select {
			case <-open:
			case <-r.Context().Done():
			}
		}
		return false
	}
	b.between.Store(&f)
	return reached, func() { close(open) }
}

// TestARunIsRecordedBeforeAByteLeaves: when the sandbox has the first call, the record has it too.
func TestARunIsRecordedBeforeAByteLeaves(t *testing.T) {
	b := newBench(t, open(t), "mobuss-atual")
	reached, letGo := b.held()
	id, err := b.runner.Start(t.Context(), consultant(), 0, 0)
	b.must(err)
	<-reached
	p := b.report(id)
	if len(p.Cases) != 1 || p.Cases[0].Result != flow.CaseGoing || len(p.Cases[0].Calls) != 1 || !p.Cases[0].Calls[0].Unsent || p.Cases[0].Calls[0].Request == nil {
		t.Errorf("the call is on the wire, and the record has %+v", p.Cases)
	}
	letGo()
	b.runner.Wait()
	if p := b.report(id); p.State != flow.RunPassed && p.State != flow.RunFailed {
		t.Errorf("it ended %q", p.State)
	}
}

func TestStoppingEndsTheWalk(t *testing.T) {
	for name, stop := range map[string]func(b *bench, id string){
		"by a person": func(b *bench, id string) { b.must(b.runner.Stop(b.t.Context(), consultant(), id)) },
		"by a person, through another process": func(b *bench, id string) {
			b.must(b.StopConformance(b.t.Context(), consultant(), id))
		},
		"because the process stops": func(b *bench, _ string) { b.runner.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, open(t), "mobuss-atual")
			reached, letGo := b.held()
			id, err := b.runner.Start(t.Context(), consultant(), 0, 0)
			b.must(err)
			<-reached
			if _, err := b.runner.Start(t.Context(), consultant(), 0, 0); reasonOf(err) != "conformidade_em_curso" {
				t.Errorf("a second run: %v", err)
			}
			stop(b, id)
			letGo()
			b.runner.Wait()
			p := b.report(id)
			if p.State != flow.RunStopped || len(p.Cases) != 1 || p.Digest != "" || p.Signable() {
				t.Errorf("it ended %q with %d cases", p.State, len(p.Cases))
			}
		})
	}
}

func reasonOf(err error) string {
	var e *desk.Error
	if errors.As(err, &e) {
		return e.Reason()
	}
	return ""
}

// TestARunEndsInTime: what it had no time for is not proven.
func TestARunEndsInTime(t *testing.T) {
	b := newBench(t, open(t), "mobuss-atual")
	client := connector.New()
	defer client.Close()
	short := conformance.New(conformance.Options{Flow: b.Flow, Client: client, Doors: doorsOf(b.Flow), Limit: 300 * time.Millisecond})
	defer short.Close()
	b.configure(func(c *mapping.Config) { c.Integration.Policy.Timeout = mapping.Duration(30 * time.Second) })
	_, letGo := b.held()
	defer letGo()
	id, err := short.Run(t.Context(), consultant(), 0, 0)
	b.must(err)
	p := b.report(id)
	if got := table(p)["MOBUSS_ISA sucesso"]; got != "falhou conf_tempo_da_rodada" || p.State != flow.RunFailed || len(p.Cases) != 1 || !p.Intact {
		t.Errorf("out of time: %q, %v", p.State, table(p))
	}
}

// TestAnotherProcessEndsARun: the heart notices that the database says so, also while an answer is waited for.
func TestAnotherProcessEndsARun(t *testing.T) {
	b := newBench(t, open(t), "mobuss-atual")
	client := connector.New()
	defer client.Close()
	r := conformance.New(conformance.Options{Flow: b.Flow, Client: client, Doors: doorsOf(b.Flow), Beat: 5 * time.Millisecond})
	defer r.Close()
	reached, letGo := b.held()
	defer letGo()
	id, err := r.Start(t.Context(), consultant(), 0, 0)
	b.must(err)
	<-reached
	b.must(b.StopConformance(t.Context(), consultant(), id)) // only the database says so
	done := make(chan struct{})
	go func() { r.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("nobody noticed that the run is over")
	}
}

// TestATrialIsOneRealCall: recorded, audited, to homologation; and nothing of ours knows of it.
func TestATrialIsOneRealCall(t *testing.T) {
	b := newBench(t, open(t), "mobuss-atual")
	n := b.Open(t)
	cfg, err := b.Config(t.Context())
	b.must(err)
	shown, err := b.runner.Trial(t.Context(), consultant(), cfg, flow.PreviewInput{Point: desk.OpenOrder, Number: n, Comment: "x"})
	b.must(err)
	orders := b.orders()
	if len(orders) != 1 || orders[0].Legacy != shown.Legacy || shown.Extracted["id_mobuss"] != orders[0].ID || shown.Outcome != flow.Done.String() || shown.Rule.Code != "sucesso" {
		t.Errorf("%+v; the sandbox has %+v", shown, orders)
	}
	rules := map[string]string{}
	for _, r := range shown.Rules {
		rules[r.Rule] = r.Value + r.Code
	}
	if rules["sucesso"] != "true" || rules["extrair.id_mobuss"] != orders[0].ID {
		t.Errorf("the rules: %v", rules)
	}
	o, err := b.Show(t.Context(), consultant(), n)
	b.must(err)
	if len(o.Orders)+len(o.Deliveries) != 0 {
		t.Errorf("the occurrence knows of it: %+v", o.Orders)
	}
	if _, err := b.runner.Trial(t.Context(), desk.Actor{Kind: "usuario", Roles: []desk.Role{desk.Attendant}}, cfg, flow.PreviewInput{Point: desk.OpenOrder, Number: n}); !isForbidden(err) {
		t.Errorf("an attendant tries: %v", err)
	}
	var lacks *mapping.Missing
	if _, err := b.runner.Trial(t.Context(), consultant(), cfg, flow.PreviewInput{Point: desk.AddComment, Number: n, Comment: "x"}); !errors.As(err, &lacks) {
		t.Errorf("a comment without an order: %v", err)
	}
	if n := len(b.orders()); n != 1 {
		t.Errorf("%d orders in the end", n)
	}
	forgot, err := b.ForgetTrialCalls(context.Background(), 0)
	if err != nil || forgot != 0 {
		t.Errorf("forgot %d, %v", forgot, err)
	}
}

func isForbidden(err error) bool {
	var e *desk.Error
	return errors.As(err, &e) && e.Kind == desk.Forbidden
}
