package flow_test

import (
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// windowed gives status 60 a window, and lets an occurrence come to it from 10.
func (b *bench) windowed(w mapping.Window, more ...func(*mapping.Config)) {
	b.t.Helper()
	own := flowtest.Own(b.t, b.Flow)
	own.Integration.Windows = map[string]mapping.Window{"60": w}
	for i := range own.Statuses {
		if s := &own.Statuses[i]; s.Code == "10" {
			s.Next = append([]string{"60"}, s.Next...)
		} else if s.Code == "60" {
			s.Button = "Abrir a ficha"
		}
	}
	for _, change := range more {
		change(own)
	}
	if err := b.Configure(b.t.Context(), flowtest.Admin(), own); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) seen(a desk.Actor, n int64) *flow.OccurrencePage {
	b.t.Helper()
	p, err := b.Page(b.t.Context(), a, n)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

var ficha = mapping.Window{Name: "Ficha da unidade", Path: "/ficha", Params: []mapping.Param{
	{Target: "unidade", Field: "unidade.id_mobuss", Required: true}, {Target: "os", Ref: mapping.RefOrderNumber}, {Target: "nota", Field: "movimentacao.comentario"}}}

// TestAWindow: offered after the movement and as long as the occurrence is in the status, to whoever may act; no
// delivery, no failure, under every method.
func TestAWindow(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		for _, method := range []desk.Method{desk.MethodC, desk.MethodA, desk.MethodB, desk.NoMethod} {
			b.windowed(ficha, func(c *mapping.Config) {
				c.Method = method
				if !method.Sends() {
					for i := range c.Statuses {
						c.Statuses[i].Point = desk.NoPoint
					}
				}
			})
			n := b.Open(t)
			before := b.seen(flowtest.Attendant(), n)
			if before.Window != nil {
				t.Errorf("%s: a window before the movement: %+v", method, before.Window)
			}
			if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "60", Comment: "ver ficha"}); err != nil {
				t.Fatal(err)
			}
			p := b.seen(flowtest.Attendant(), n)
			if p.Window == nil || p.Window.URL != "http://127.0.0.1:1/ficha?unidade=MOB-AUR-A-101&nota=ver+ficha" || p.Window.Label != "Abrir a ficha" {
				t.Errorf("%s: %+v", method, p.Window)
			}
			if len(p.Deliveries) != 0 || p.Status.Code != "60" || p.Trouble != nil {
				t.Errorf("%s: a window sends nothing and fails never: %+v in %s", method, p.Deliveries, p.Status.Code)
			}
			if w := b.seen(desk.Actor{Kind: "usuario", Origin: desk.House, Roles: []desk.Role{desk.Consultant}}, n).Window; w != nil {
				t.Errorf("%s: offered to who only looks on: %+v", method, w)
			}
			if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "90"}); err != nil {
				t.Fatal(err)
			}
			if w := b.seen(flowtest.Attendant(), n).Window; w != nil {
				t.Errorf("%s: a window after the status was left: %+v", method, w)
			}
		}
	})
}

// TestAWindowThatCantOpen says what is missing, and its page is another one once it is there.
func TestAWindowThatCantOpen(t *testing.T) {
	b := newBench(t)
	b.windowed(ficha)
	r, err := b.Installation.Flow.Open(t.Context(), b.Call("IncluirOcorrencia", "", "", b.House), flow.OpenInput{Project: "AUR-A-999", BlockNewCustomer: "T", Description: "Sem id"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: r.Number, Status: "60"}); err != nil {
		t.Fatal("a value that is missing must not keep anyone from moving:", err)
	}
	p := b.seen(flowtest.Attendant(), r.Number)
	if w := p.Window; w == nil || w.URL != "" || len(w.Missing) != 1 || w.Missing[0].Target != "unidade" || w.Missing[0].Source != flow.UnitIDField {
		t.Errorf("without the unit's id: %+v", w)
	}
	registry := flowtest.Registry()
	for i := range registry.Developments[0].Blocks[0].Units {
		if u := &registry.Developments[0].Blocks[0].Units[i]; u.Number == "999" {
			u.MobussIDHomologation = "MOB-999"
		}
	}
	if err := b.PutRegistry(t.Context(), flowtest.Admin(), registry); err != nil {
		t.Fatal(err)
	}
	if now := b.seen(flowtest.Attendant(), r.Number); now.Window.URL == "" || now.Rev == p.Rev {
		t.Errorf("with it: %+v, revision %s after %s", now.Window, now.Rev, p.Rev)
	}
}

// TestAWindowKeepsToItsEnvironment: an occurrence of homologation never opens production's address, active or not.
func TestAWindowKeepsToItsEnvironment(t *testing.T) {
	b := newBench(t)
	b.windowed(ficha)
	n := b.Open(t)
	b.mustMove(n, "60")
	b.Enter(t, flow.Endpoint{BaseURL: "https://producao.example", Secrets: map[string]string{"token": "production-token"}})
	err := b.Store.Write(t.Context(), func(tx *store.Tx) error {
		inst, err := tx.Installation(t.Context())
		if err != nil {
			return err
		}
		return tx.UpsertInstallation(t.Context(), db.UpsertInstallationParams{ConnectionID: inst.ConnectionID, ConfigVersionID: inst.ConfigVersionID, ActiveEnvironment: desk.Production})
	})
	if err != nil {
		t.Fatal(err)
	}
	if w := b.seen(flowtest.Attendant(), n).Window; w == nil || !strings.HasPrefix(w.URL, "http://127.0.0.1:1/") {
		t.Errorf("of homologation: %+v", w)
	}
	if err := b.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{}); err != nil {
		t.Fatal(err)
	}
	if w := b.seen(flowtest.Attendant(), n).Window; w == nil || !w.NoAddress || w.URL != "" {
		t.Errorf("homologation has no address: %+v", w)
	}
}

// TestAWindowWithADocument is not for who may not see documents, however the address says it.
func TestAWindowWithADocument(t *testing.T) {
	b := newBench(t)
	for _, row := range []mapping.Param{{Target: "doc", Field: "cliente.cpf_cnpj"}, {Target: "doc", CEL: `cliente.cpf_cnpj.replace("5", "x")`}} {
		b.windowed(mapping.Window{Name: "Ficha", Path: "/f", Params: []mapping.Param{row}})
		n := b.Open(t)
		b.mustMove(n, "60")
		if w := b.seen(flowtest.Attendant(), n).Window; w == nil || !w.Withheld || w.URL != "" {
			t.Errorf("%+v: to who may not see it: %+v", row, w)
		}
		sees := flowtest.Attendant()
		sees.SeesDocuments = true
		if w := b.seen(sees, n).Window; w == nil || w.Withheld || !strings.Contains(w.URL, "doc=") {
			t.Errorf("%+v: to who may: %+v", row, w)
		}
	}
}
