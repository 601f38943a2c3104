package webservice

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

func TestKnownIsEveryOperation(t *testing.T) {
	entries := Operations(nil, nil)
	known := Known()
	if len(known) != len(entries) || len(known) != 7 {
		t.Fatalf("%d known of %d", len(known), len(entries))
	}
	for i, op := range known {
		if op.Name != entries[i].Name || op.Summary == "" || !slices.Equal(op.Fields, entries[i].Paths()) {
			t.Errorf("%+v", op)
		}
		if want := map[bool]string{false: "numero_ocorrencia", true: ""}[op.Reads]; strings.Join(op.Always, " ") != want {
			t.Errorf("%s always answers %v, want %q", op.Name, op.Always, want)
		}
	}
}

// TestExamplesAreAnswers: every field is in the example, and each form of it is well formed.
func TestExamplesAreAnswers(t *testing.T) {
	for _, e := range Operations(nil, nil) {
		_, body := Profile{}.Rendered(e, "json", e.Example())
		if !json.Valid(body) {
			t.Errorf("%s: %s", e.Name, body)
		}
		for _, path := range e.Paths() {
			name := path[strings.LastIndexByte(path, '.')+1:]
			if !strings.Contains(string(body), `"`+name+`":`) {
				t.Errorf("%s: the example has no %s", e.Name, path)
			}
		}
		_, body = Profile{}.Rendered(e, "xml", e.Example())
		if err := xml.Unmarshal(body, new(struct{})); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
	e, _ := NewRegistry(Operations(nil, nil)...).Entry("IncluirOcorrencia")
	if mime, body := (Profile{}).Rendered(e, "text", e.Example()); string(body) != "1234" || mime != "text/plain; charset=utf-8" {
		t.Errorf("%s %s", mime, body)
	}
}

// TestTheScopeOfATokenIsCheckedBeforeTheUseCase, whatever else is wrong with the call, which is kept whole.
func TestTheScopeOfATokenIsCheckedBeforeTheUseCase(t *testing.T) {
	ran := 0
	e := Define(Operation{Name: "Op"}, func(context.Context, *Call, *input) (*output, bool, error) {
		ran++
		return &output{Number: 1}, false, nil
	})
	r := NewRegistry(e)
	var kept []byte
	r.Keep = func(_ context.Context, c *Call, _ *desk.Error) string { kept = c.Raw; return "rec-1" }
	for _, c := range []struct {
		operations []string
		params     []Param
		want       string
	}{
		{nil, []Param{p("numero_ocorrencia", "7"), p("comentario", "x")}, ""},
		{[]string{"Outra", "Op"}, []Param{p("numero_ocorrencia", "7"), p("comentario", "x")}, ""},
		{[]string{"Outra"}, []Param{p("numero_ocorrencia", "7"), p("comentario", "x")}, desk.ErrForbidden},
		{[]string{"op"}, []Param{p("numero_ocorrencia", "7"), p("comentario", "x")}, desk.ErrForbidden},
		{[]string{"Outra"}, nil, desk.ErrForbidden},
		{[]string{"Op"}, nil, desk.ErrParameter},
	} {
		ran, kept = 0, nil
		_, err := r.Serve(t.Context(), e, &Call{Caller: &Caller{Actor: desk.Actor{Operations: c.operations}}}, c.params)
		got := ""
		if err != nil {
			got = err.Code
		}
		if got != c.want || (ran == 1) != (c.want == "") {
			t.Errorf("%v: %q, ran %d times", c.operations, got, ran)
		}
		if c.want == desk.ErrForbidden && (len(c.params) > 0) != strings.Contains(string(kept), "comentario") {
			t.Errorf("%v: kept %q", c.operations, kept)
		}
	}
	if got := Detail(desk.Fail(desk.ErrForbidden, "motivo", "operacao_fora_do_token")); !strings.Contains(got, "o token não inclui esta operação") {
		t.Error(got)
	}
}

// TestProfileOf: nothing of what was chosen is lost on the way to the doors.
func TestProfileOf(t *testing.T) {
	got := ProfileOf(flow.Profile{Fields: []string{"a"}, Form: "xml", AlwaysOK: true})
	if got.Form != "xml" || !got.AlwaysOK || len(got.Fields) != 1 {
		t.Error(got)
	}
}
