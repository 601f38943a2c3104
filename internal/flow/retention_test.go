package flow_test

import (
	"context"
	"fmt"
	"testing"

	"ponte/internal/flow"
)

// TestEachKindIsKeptForItsOwnTime: what is over and old goes, a chunk at a time; what is young, open, ignored or signed stays.
func TestEachKindIsKeptForItsOwnTime(t *testing.T) {
	rawBenches(t, func(t *testing.T, b *bench, raw func(string)) {
		n, now := b.Open(t), b.clock.UnixMilli()
		day := func(ago int) string { return fmt.Sprint(b.clock.AddDate(0, 0, -ago).UnixMilli()) }
		place := "(SELECT MIN(id) FROM connection), 'homologacao'"
		raw("INSERT INTO reconcile_run (id, connection_id, environment, state, started_at) SELECT 'r', " + place + ", 'concluida', 1")
		for id, c := range map[string][2]string{"velho": {"corrigido", day(400)}, "sumido": {"sumiu", day(366)}, "novo": {"corrigido", day(364)}, "aberto": {"aberto", "NULL"}, "ignorado": {"ignorado", day(900)}} {
			raw("INSERT INTO finding (id, connection_id, environment, kind, subject, state, run_id, found_at, seen_at, ended_at, facts) SELECT '" + id + "', " + place +
				", 'ordem_ausente', '" + id + "', '" + c[0] + "', 'r', 1, 1, CAST(" + c[1] + " AS BIGINT), frozen FROM (SELECT CAST('' AS BYTEA) AS frozen) x")
		}
		version := "(SELECT MIN(id) FROM config_version), 'passou', (SELECT MIN(id) FROM unit)"
		for i := range 12 { // more than a chunk
			raw(fmt.Sprintf("INSERT INTO conformance_run (id, connection_id, environment, config_version_id, state, unit_id, started_at, started_by, beat) SELECT 'v%d', %s, %s, %s, 'x', 1", i, place, version, day(181)))
			raw(fmt.Sprintf("INSERT INTO conformance_case (run_id, seq, area, name, result, started_at) SELECT 'v%d', 1, 'a', 'b', MIN(code), 1 FROM conformance_result", i))
		}
		raw("INSERT INTO conformance_run (id, connection_id, environment, config_version_id, state, unit_id, started_at, started_by, beat, signed_at) SELECT 'assinada', " + place + ", " + version + ", 1, 'x', 1, 2")
		raw("INSERT INTO conformance_run (id, connection_id, environment, config_version_id, state, unit_id, started_at, started_by, beat) SELECT 'nova', " + place + ", " + version + ", " + day(179) + ", 'x', 1")
		for i, at := range []string{day(91), day(89)} {
			raw(fmt.Sprintf("INSERT INTO trial_call (id, connection_id, environment, occurrence_id, point, at, by_name, call) SELECT 't%d', %s, (SELECT MIN(id) FROM occurrence), 'x', %s, 'x', CAST('' AS BYTEA)", i, place, at))
		}
		fact := func(subject, at string) {
			raw("INSERT INTO field_fact (occurrence_id, kind, subject, called, looked, at) SELECT MIN(id), 'comentario', '" + subject + "', TRUE, FALSE, " + at + " FROM occurrence")
		}
		fact("velho", day(500))
		kept := func(what string, got int64, err error, want int64) {
			t.Helper()
			if err != nil || got != want {
				t.Errorf("%s: %d went, want %d: %v", what, got, want, err)
			}
		}
		ctx := t.Context()
		for what, c := range map[string]struct {
			forget func(context.Context, int) (int64, error)
			want   int64
		}{"findings": {b.ForgetFindings, 2}, "facts of what is open": {b.ForgetFacts, 0}, "runs": {b.ForgetRuns, 12}, "trials": {b.ForgetTrialCalls, 1}, "acts": {b.ForgetBulk, 0}} {
			got, err := c.forget(ctx, 0)
			kept(what, got, err, c.want)
			got, err = c.forget(ctx, 0)
			kept(what+" again", got, err, 0)
		}
		raw("UPDATE occurrence SET closed_at = " + day(366))
		fact("novo", day(30))
		got, err := b.ForgetFacts(ctx, 0)
		kept("facts of what is closed", got, err, 1)

		b.clock = b.clock.AddDate(-2, 0, 0)
		id := b.startBulk(flow.BulkSkip, "x")
		b.startBulk(flow.BulkSkip, "espera") // not over
		b.ranBulk(id)
		b.clock = b.clock.AddDate(2, 0, 1)
		got, err = b.ForgetBulk(ctx, 0)
		kept("acts that were rehearsed long ago", got, err, 1)
		got, err = b.ForgetRuns(ctx, 1)
		kept("a shorter period", got, err, 1)
		if o, err := b.Show(ctx, manager, n); err != nil || o.Status.Code == "" || now == 0 {
			t.Errorf("the occurrence: %v", err)
		}
		if _, err := b.Store.Read().ConformanceRunByID(ctx, "assinada"); err != nil {
			t.Errorf("what was signed: %v", err)
		}
	})
}
