package metrics_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"ponte/internal/desk"
	"ponte/internal/metrics"
)

// exported are the names that /metrics answers once everything has happened.
func exported(t *testing.T) string {
	t.Helper()
	m := metrics.New("teste", metrics.Counts{
		Deliveries: func(context.Context) (map[desk.DeliveryState]int64, error) { return nil, nil },
		Findings: func(context.Context) (map[desk.FindingKind]int64, error) {
			return map[desk.FindingKind]int64{desk.OrderMissing: 2}, nil
		},
		Alerts:  func(context.Context) (map[desk.AlertKind]int64, error) { return nil, nil },
		Letters: func(context.Context) (map[desk.LetterState]int64, error) { return nil, nil },
		Compared: func(context.Context) (desk.Environment, time.Time, int64, error) {
			return desk.Homologation, time.UnixMilli(1_500), 3, nil
		}})
	m.Called("IncluirOcorrencia", "parametro_invalido", 422, time.Second)
	m.Unauthenticated()
	m.Attempted(desk.OpenOrder, "entregue", time.Second)
	m.Breaker(desk.Homologation, true)
	m.Limited(desk.Homologation, true)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return "\n" + w.Body.String()
}

var name = regexp.MustCompile(`\b(?:ponte|process|go)_[a-z_]+`)

// has says whether a name is answered, with its labels.
func has(all, metric string) bool {
	return strings.Contains(all, "\n"+metric+"{") || strings.Contains(all, "\n"+metric+" ")
}

// checkNames wants every metric of an expression, and every label that it selects or groups by, to exist.
func checkNames(t *testing.T, all, where, expression string) {
	t.Helper()
	found := name.FindAllString(expression, -1)
	if len(found) == 0 && !strings.HasPrefix(expression, "up{") {
		t.Errorf("%s: %s asks for nothing of ours", where, expression)
	}
	for _, metric := range found {
		if !has(all, metric) {
			t.Errorf("%s: there is no metric %s", where, metric)
		}
	}
	for _, l := range regexp.MustCompile(`([a-z]+)(?:=~|!~|!=|=)"`).FindAllStringSubmatch(expression, -1) {
		if l[1] != "job" && !strings.Contains(all, l[1]+`="`) {
			t.Errorf("%s: no metric has a label %s", where, l[1])
		}
	}
}

// TestAlertsAskForWhatThereIs: docs/operations/alerts.yaml is a rules file, and its runbook has each chapter.
func TestAlertsAskForWhatThereIs(t *testing.T) {
	all := exported(t)
	runbook := read(t, "../../docs/runbook.md")
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(string(read(t, "../../docs/operations/alerts.yaml"))))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			n++
			checkNames(t, all, r.Alert, r.Expr)
			_, chapter, _ := strings.Cut(r.Annotations["runbook"], "#")
			heading := regexp.MustCompile(`(?im)^## ` + strings.ReplaceAll(regexp.QuoteMeta(chapter), "-", " ") + `$`)
			if r.Annotations["summary"] == "" || r.Labels["severity"] == "" || !heading.Match(runbook) {
				t.Errorf("%s: %+v %+v", r.Alert, r.Labels, r.Annotations)
			}
		}
	}
	if n < 5 {
		t.Errorf("%d alerts", n)
	}
	if has(all, "ponte_no_such_thing") { // the control
		t.Error("everything is there")
	}
}

// TestTheDashboardAsksForWhatThereIs: docs/operations/dashboard.json.
func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	all := exported(t)
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, "../../docs/operations/dashboard.json"), &board); err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			checkNames(t, all, p.Title, target.Expr)
			text += target.Expr
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (ponte_[a-z_]+) `).FindAllStringSubmatch(all, -1) {
		if !strings.Contains(text, line[1]) {
			t.Errorf("no panel shows %s", line[1])
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWhatTheDatabaseKnows: a kind that has none is 0, and not absent, so that an expression over it is never empty.
func TestWhatTheDatabaseKnows(t *testing.T) {
	all := exported(t)
	for _, line := range []string{`ponte_findings_open{kind="ordem_ausente"} 2`, `ponte_findings_open{kind="comentario_deles"} 0`, `ponte_alerts_firing{kind="disco_cheio"} 0`,
		`ponte_deliveries_open{state="recusado"} 0`, `ponte_reconcile_last_end_timestamp_seconds{environment="homologacao"} 1.5`,
		`ponte_reconcile_last_unanswered{environment="homologacao"} 3`} {
		if !strings.Contains(all, "\n"+line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}
