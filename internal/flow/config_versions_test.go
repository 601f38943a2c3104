package flow_test

import (
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestVersions: publish, compare, restore; what says the same makes no version, and what another published meanwhile is
// not written over.
func TestVersions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx, admin := t.Context(), flowtest.Admin()
		d := exported(t, in)
		if n, err := in.PublishConfig(ctx, admin, d, flow.Publication{Note: "nada"}); err != nil || n != 1 {
			t.Fatalf("the same again made version %d: %v", n, err)
		}
		d.Statuses[1].Name = "mandar ao campo"
		d.Method = desk.MethodA
		plan, err := in.PlanConfig(ctx, admin, d)
		if err != nil || plan.Base != 1 || len(plan.Changes) != 2 || len(plan.Switches) != 1 || plan.Switches[0] != (flow.Switch{What: "abertura_pelo_campo"}) {
			t.Fatalf("plan %+v: %v", plan, err)
		}
		if n, err := in.PublishConfig(ctx, admin, d, flow.Publication{Note: "método A", Base: 1}); err != nil || n != 2 {
			t.Fatalf("version %d: %v", n, err)
		}
		d.Method = desk.MethodB
		if _, err := in.PublishConfig(ctx, admin, d, flow.Publication{Base: 1}); code(err) != desk.ErrConfigChanged {
			t.Errorf("written over another's version: %v", err)
		}
		if _, err := in.PublishConfig(ctx, flowtest.Attendant(), d, flow.Publication{}); code(err) != desk.ErrForbidden {
			t.Errorf("an attendant configures: %v", err)
		}
		if _, err := in.Versions(ctx, flowtest.Attendant()); code(err) != desk.ErrForbidden {
			t.Errorf("an attendant reads the versions: %v", err)
		}
		changes, err := in.CompareVersions(ctx, admin, 1, 2)
		if err != nil || len(changes) != 2 || changes[0] != (mapping.Change{Path: "metodo", Kind: mapping.Altered, Old: "C", New: "A"}) {
			t.Errorf("changes %+v: %v", changes, err)
		}
		if n, err := in.RestoreVersion(ctx, admin, 1, flow.Publication{Note: "voltar"}); err != nil || n != 3 {
			t.Fatalf("restored as %d: %v", n, err)
		}
		versions, err := in.Versions(ctx, admin)
		if err != nil || len(versions) != 3 || !versions[0].Runs || versions[0].RestoredFrom != 1 || versions[0].Note != "voltar" || versions[1].Runs {
			t.Errorf("versions %+v: %v", versions, err)
		}
		first, err := in.VersionByNumber(ctx, admin, 1)
		third, err2 := in.VersionByNumber(ctx, admin, 0)
		if err != nil || err2 != nil || string(first.YAML) != string(third.YAML) {
			t.Errorf("the restored document differs (%v, %v)", err, err2)
		}
		if _, err := in.VersionByNumber(ctx, admin, 9); code(err) != desk.ErrParameter+"/versao" {
			t.Errorf("version 9: %v", err)
		}
		// Another process that has the database open runs the new version from its next transaction on.
		beside := flow.New(flow.Deps{Store: s, Keys: in.Keys})
		if c, err := beside.Config(ctx); err != nil || c.Method != desk.MethodC {
			t.Errorf("beside runs %v: %v", c, err)
		}
	})
}

func exported(t testing.TB, in *flowtest.Installation) *mapping.Document {
	t.Helper()
	d, err := in.ExportConfig(t.Context(), flowtest.Admin())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAStatusWithOccurrencesIsMissed: the plan says who would be left in a status that goes away.
func TestAStatusWithOccurrencesIsMissed(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	in.Open(t)
	d := exported(t, in)
	d.Statuses = d.Statuses[1:]
	d.Initial = "50"
	for i := range d.Statuses {
		d.Statuses[i].Next = nil
	}
	plan, err := in.PlanConfig(t.Context(), flowtest.Admin(), d)
	if err != nil || len(plan.Left) != 1 || plan.Left[0] != (flow.Left{Status: "10", Count: 1}) {
		t.Errorf("left %+v: %v", plan.Left, err)
	}
	if _, err := in.PublishConfig(t.Context(), flowtest.Admin(), d, flow.Publication{}); code(err) != desk.ErrConfig+"/status.10" {
		t.Errorf("a status is taken away from under its occurrence: %v", err)
	}
}

// TestCredentialsAreWriteOnly: set or not, since when, by whom; nowhere else, and forgotten where the address becomes
// another server's.
func TestCredentialsAreWriteOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx, admin := t.Context(), flowtest.Admin()
		const secret = "um-segredo-comprido"
		if err := in.SetSecrets(ctx, admin, desk.Homologation, map[string]string{"senha": secret}); code(err) != desk.ErrParameter+"/credencial" {
			t.Errorf("a credential that nobody asks for: %v", err)
		}
		if err := in.SetSecrets(ctx, flowtest.Attendant(), desk.Homologation, map[string]string{"token": secret}); code(err) != desk.ErrForbidden {
			t.Errorf("an attendant: %v", err)
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(in.SetSecrets(ctx, admin, desk.Homologation, map[string]string{"token": secret}))
		state := func() flow.EndpointState {
			t.Helper()
			e, err := in.EndpointState(ctx, admin, desk.Homologation)
			must(err)
			return e
		}
		if e := state(); !e.Complete() || e.SecretsBy != "teste" || e.SecretsAt.IsZero() {
			t.Errorf("%+v", e)
		}
		d := exported(t, in)
		text, err := d.YAML()
		must(err)
		versions, err := in.VersionByNumber(ctx, admin, 0)
		must(err)
		for where, text := range map[string]string{"the export": string(text), "the version": string(versions.YAML), "the audit": audits(t, s)} {
			if strings.Contains(text, secret) || strings.Contains(text, "sandbox-token") {
				t.Errorf("a credential is in %s", where)
			}
		}
		// A document that holds it is refused, wherever it stands.
		d.Statuses[0].Button = "x " + secret
		if _, err := in.PublishConfig(ctx, admin, d, flow.Publication{}); code(err) != desk.ErrConfig+"/documento" {
			t.Errorf("a credential was published: %v", err)
		}
		d = exported(t, in)
		d.Environments.Homologation.URL += "/api" // the same server
		_, err = in.PublishConfig(ctx, admin, d, flow.Publication{})
		must(err)
		if e := state(); !e.Complete() || e.BaseURL != d.Environments.Homologation.URL {
			t.Errorf("%+v", e)
		}
		d.Environments.Homologation.URL = "https://outra.exemplo.com.br"
		plan, err := in.PlanConfig(ctx, admin, d)
		if must(err); !plan.Forgets {
			t.Error("the plan does not say that the credentials are forgotten")
		}
		_, err = in.PublishConfig(ctx, admin, d, flow.Publication{})
		must(err)
		if e := state(); e.Complete() || !e.SecretsAt.IsZero() {
			t.Errorf("another server would be shown the credentials: %+v", e)
		}
		if err := in.SetPlace(ctx, admin, desk.Homologation, mapping.Place{URL: "https://a:b@x"}); code(err) != desk.ErrParameter+"/url" {
			t.Errorf("credentials in an address: %v", err)
		}
	})
}

// audits is everything that was audited.
func audits(t testing.TB, s *store.Store) string {
	t.Helper()
	var b strings.Builder
	for _, subject := range []string{"ambiente:homologacao", "configuracao:1"} {
		rows, err := s.Read().AuditOf(t.Context(), subject)
		if err != nil || len(rows) == 0 {
			t.Fatalf("nothing audited of %s: %v", subject, err)
		}
		for _, r := range rows {
			b.WriteString(r.Action + " " + r.Detail + "\n")
		}
	}
	return b.String()
}
