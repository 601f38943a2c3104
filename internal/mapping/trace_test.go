package mapping_test

import (
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// TestTraceIsWhatWouldBeSent: with nothing missing, a trace shows the very request that Freeze and Bind make; with
// something missing it says which row, and shows the rest.
func TestTraceIsWhatWouldBeSent(t *testing.T) {
	at := time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)
	for _, preset := range mapping.Presets() {
		c, err := mapping.Default(desk.MethodC, preset)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := mapping.Compile(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range desk.Points {
			f := &mapping.Facts{Occurrence: mapping.Occurrence{Number: 1000, LegacyID: "1000", Subject: "Vazamento", Description: "Pinga.", OpenedAt: at},
				Customer: mapping.Customer{Name: "Marina", Document: "52998224725"}, Unit: mapping.Unit{Number: "101", MobussID: "MOB-101"},
				Movement: mapping.Movement{Comment: "Hoje", At: at, VisitStart: at, VisitEnd: at.Add(time.Hour)}}
			refs := mapping.Refs{DeliveryID: "d-1", OrderID: "77", OrderNumber: "88"}
			trace, err := rules.Trace(p, f, refs)
			if err != nil {
				t.Fatal(err)
			}
			frozen, err := rules.Freeze(p, f)
			if err != nil {
				t.Fatalf("%s %s: %v", preset, p, err)
			}
			sent, err := frozen.Bind(refs)
			if err != nil {
				t.Fatal(err)
			}
			if r := trace.Request; r.Body != sent.Body || r.Path != sent.Path || r.Query != sent.Query || r.Method != sent.Method || r.ContentType != sent.ContentType {
				t.Errorf("%s %s: shown %s %s, sent %s %s", preset, p, r.Path, r.Body, sent.Path, sent.Body)
			}
			if m := trace.Missing(); len(m) != 0 {
				t.Errorf("%s %s: missing %v", preset, p, m)
			}
			// Without what is known later, its names stand there instead.
			later, err := rules.Trace(p, f, mapping.Refs{})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range later.Rows {
				if row.Later != (row.Ref != "") || row.Later && row.Text() != "‹"+row.Ref+"›" {
					t.Errorf("%s %s %s: later %v, %q", preset, p, row.Target, row.Later, row.Text())
				}
			}
			if p != desk.OpenOrder {
				continue
			}
			f.Unit.MobussID = ""
			lacking, err := rules.Trace(p, f, refs)
			if err != nil {
				t.Fatal(err)
			}
			if m := lacking.Missing(); len(m) != 1 || m[0].Source() != "unidade.id_mobuss" || m[0].Code != "obrigatorio" {
				t.Errorf("%s: missing %+v", preset, m)
			}
			if len(lacking.Request.Body) >= len(sent.Body) {
				t.Errorf("%s: the request is whole without the unit's id", preset)
			}
		}
	}
}
