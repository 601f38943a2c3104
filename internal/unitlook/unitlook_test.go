package unitlook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
	"ponte/internal/unitlook"
)

// tool is a field tool that knows some units; it answers by its own habits, not Mobuss's.
type tool struct {
	mu     sync.Mutex
	asked  []string
	knows  []string
	status map[string]int // of an id, in place of an answer; each once
	heard  func(id string)
}

func (s *tool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("unit")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path+" "+id+" "+r.Header.Get("Authorization"))
	if s.heard != nil {
		s.heard(id)
	}
	if status := s.status[id]; status != 0 {
		delete(s.status, id)
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"exists": slices.Contains(s.knows, id)})
}

func (s *tool) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// house asks by a question of its own.
func house(t *testing.T, s *store.Store, address string) *flowtest.Installation {
	t.Helper()
	in := flowtest.New(t, s, flow.Deps{})
	c := flowtest.Config(t)
	c.Integration.UnitLookUp = &mapping.UnitLookUp{Call: mapping.Call{Method: "GET", Path: "/units",
		Params: []mapping.Param{{Target: "unit", Field: "unidade.id_mobuss", Required: true}}},
		Known: "http == 200 && corpo.exists == true", Unknown: "http == 200 && corpo.exists == false"}
	if err := in.Configure(t.Context(), flowtest.Admin(), c); err != nil {
		t.Fatal(err)
	}
	for env, url := range map[desk.Environment]string{desk.Homologation: address} {
		if err := in.SetEndpoint(t.Context(), flowtest.Admin(), env, flow.Endpoint{BaseURL: url, AllowPrivate: true, Secrets: map[string]string{"token": "of-homologation"}}); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

func worker(in *flowtest.Installation) *unitlook.Worker {
	return unitlook.New(unitlook.Options{Flow: in.Flow, Owner: "test", PerSecond: 100_000, Pause: time.Millisecond})
}

// TestEveryIDIsAskedOnce: every id of homologation is asked about once, with the credentials of homologation; what was said counts.
func TestEveryIDIsAskedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		there := &tool{knows: []string{"MOB-AUR-A-101", "MOB-AUR-A-AC", "MOB-AUR-B-101"}, status: map[string]int{"MOB-AUR-A-101": 503, "MOB-AUR-B-101": 418}}
		srv := httptest.NewServer(there)
		defer srv.Close()
		in := house(t, s, srv.URL)
		if err := worker(in).Once(t.Context()); err != nil || len(there.questions()) != 0 {
			t.Fatalf("asked, though nobody wanted it: %v %v", there.questions(), err)
		}
		if err := in.AskUnits(t.Context(), flowtest.Admin()); err != nil {
			t.Fatal(err)
		}
		if err := worker(in).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, id := range []string{"A-101", "A-101", "A-102", "A-AC", "B-101", "B-203"} { // the first was not answered at first
			want = append(want, "/units MOB-AUR-"+id+" Bearer of-homologation")
		}
		if got := there.questions(); !slices.Equal(got, want) {
			t.Errorf("asked %q", got)
		}
		looks, err := in.UnitLooks(t.Context(), flowtest.Admin())
		if err != nil || looks.Running || looks.Asked != 5 || looks.Unclear != 1 || looks.Total != 5 || looks.Reason.Code != "" || looks.Ended.IsZero() {
			t.Errorf("%+v, %v", looks, err)
		}
		check, err := in.UnitCheck(t.Context(), flowtest.Admin(), desk.Homologation)
		if err != nil || check.Unknown != 2 || check.Unchecked != 1 || check.Looks != 4 || check.Checked.IsZero() {
			t.Errorf("%+v, %v", check, err)
		}
		unknown, err := in.FlawedUnits(t.Context(), flowtest.Admin(), desk.Homologation, flow.FlawUnknown, 10)
		if err != nil || len(unknown) != 2 || unknown[0].Number != "102" || unknown[1].Number != "203" {
			t.Errorf("%+v, %v", unknown, err)
		}
	})
}

// TestLooksGoOn: a process that dies in the middle is gone on from behind its last answer; a person who stops it is obeyed.
func TestLooksGoOn(t *testing.T) {
	in := house(t, storetest.New(t, store.SQLite), "http://127.0.0.1:1")
	there := &tool{}
	srv := httptest.NewServer(there)
	defer srv.Close()
	if err := in.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: srv.URL, AllowPrivate: true, Secrets: map[string]string{"token": "x"}}); err != nil {
		t.Fatal(err)
	}
	ctx, die := context.WithCancel(t.Context())
	there.heard = func(id string) {
		if id == "MOB-AUR-A-AC" {
			die()
		}
	}
	if err := in.AskUnits(t.Context(), flowtest.Admin()); err != nil {
		t.Fatal(err)
	}
	_ = worker(in).Once(ctx)
	there.heard = nil
	before := len(there.questions())
	if err := worker(in).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	looks, err := in.UnitLooks(t.Context(), flowtest.Admin())
	if err != nil || looks.Running || looks.Asked != 5 || before != 3 || len(there.questions()) > 6 {
		t.Errorf("%+v, %v; %q", looks, err, there.questions())
	}
	if err := in.AskUnits(t.Context(), flowtest.Admin()); err != nil {
		t.Fatal(err)
	}
	there.heard = func(id string) {
		if id == "MOB-AUR-A-102" {
			if err := in.StopAskingUnits(context.Background(), flowtest.Admin()); err != nil {
				t.Error(err)
			}
		}
	}
	if err := worker(in).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if looks, err = in.UnitLooks(t.Context(), flowtest.Admin()); err != nil || looks.Running || looks.Asked != 1 {
		t.Errorf("stopped: %+v, %v", looks, err)
	}
}

// TestLooksEnd: what makes no sense to go on with ends with its reason.
func TestLooksEnd(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		want   string
		asked  int
	}{
		"wrong credentials": {401, mapping.ReasonCredential, 1},
		"a broken server":   {500, mapping.ReasonHTTP, 4},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { n++; w.WriteHeader(c.status) }))
			defer srv.Close()
			in := house(t, storetest.New(t, store.SQLite), srv.URL)
			if err := in.AskUnits(t.Context(), flowtest.Admin()); err != nil {
				t.Fatal(err)
			}
			if err := worker(in).Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			looks, err := in.UnitLooks(t.Context(), flowtest.Admin())
			if err != nil || looks.Running || looks.Reason.Code != c.want || n != c.asked || looks.Asked != 0 {
				t.Errorf("%+v, %v, asked %d times", looks, err, n)
			}
		})
	}
}

// TestLooksAreHomologation: without a question, or with a method that sends nothing, nothing is asked.
func TestLooksAreHomologation(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	if err := in.AskUnits(t.Context(), flowtest.Admin()); fmt.Sprint(err) != "parametro_invalido [consulta: sem_consulta_de_unidade]" {
		t.Errorf("a preset asks about units: %v", err)
	}
	looks, err := in.UnitLooks(t.Context(), flowtest.Admin())
	if err != nil || looks.Possible {
		t.Errorf("%+v, %v", looks, err)
	}
}
