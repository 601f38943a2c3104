package flow_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/seal"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// unsealed are the columns of bytes that hold no secret.
var unsealed = []string{"session.data"}

// TestEverySealedColumnIsKnown: a column of bytes is either sealed, and then rekey knows it, or stands above.
func TestEverySealedColumnIsKnown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		known := slices.Clone(unsealed)
		for _, c := range flow.SealedColumns {
			known = append(known, c.Table+"."+c.Column)
		}
		err := s.Snapshot(t.Context(), func(snap *store.Snapshot) error {
			for _, table := range snap.Tables {
				for _, c := range table.Columns {
					name := table.Name + "." + c.Name
					if i := slices.Index(known, name); i >= 0 {
						known = slices.Delete(known, i, i+1)
					} else if c.Kind == store.Bytes {
						t.Errorf("%s is neither among flow.SealedColumns nor known to be unsealed: rekey would pass it over", name)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range known {
			t.Errorf("there is no column %s", name)
		}
	})
}

// TestEveryPlaceOfASealIsAColumn: whatever is sealed anywhere in the code is sealed for a column that rekey knows.
func TestEveryPlaceOfASealIsAColumn(t *testing.T) {
	var places []string
	for _, c := range flow.SealedColumns {
		places = append(places, c.Place[:strings.IndexByte(c.Place, ':')])
	}
	calls := 0
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Seal" {
				return true
			}
			if text := literals(call.Args[0]); len(text) > 0 { // a place that a function or rekey makes is held by the schema's test
				calls++
				place, _, _ := strings.Cut(text[0], ":")
				if !slices.Contains(places, place) {
					t.Errorf("%s seals for %q, which is not among flow.SealedColumns", path, text[0])
				}
			}
			return true
		})
		return nil
	})
	if err != nil || calls < 5 {
		t.Errorf("%d calls were looked at: %v", calls, err)
	}
}

func literals(n ast.Node) (out []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, _ := strconv.Unquote(l.Value)
			out = append(out, text)
		}
		return true
	})
	return out
}

const newSecret = "the key that comes after it"

// with is the same installation with other keys.
func with(t *testing.T, in *flowtest.Installation, secrets ...string) *flow.Flow {
	t.Helper()
	keys, err := seal.New(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return flow.New(flow.Deps{Store: in.Store, Keys: keys, Blobs: in.Blobs})
}

// TestRekey: under load, everything is sealed anew, and the former key opens nothing any more and is not needed.
func TestRekey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		for range 60 { // more than a chunk
			n := in.Open(t)
			move := flow.MoveInput{Number: n, Status: "20", Comment: "ao campo"}
			if err := in.MoveByHand(t.Context(), flowtest.Attendant(), move); err != nil {
				t.Fatal(err)
			}
		}
		both := with(t, in, newSecret, flowtest.Secret)
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for range 2 {
			writers.Go(func() { // serve, which has both keys
				for i := 0; i < 400; i++ {
					select {
					case <-stop:
						return
					default:
					}
					jobs, err := both.Claim(t.Context(), flow.ClaimRequest{Owner: "o", Connection: 1, Environment: desk.Homologation, Lease: time.Minute, Limit: 1})
					for _, j := range jobs {
						err = errors.Join(err, both.Settle(t.Context(), j, flow.Outcome{Verdict: flow.TryAgain}))
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		r, err := both.Rekey(t.Context(), flowtest.Admin(), flow.RekeyOptions{})
		close(stop)
		writers.Wait()
		if err != nil || r.Sealed < 61 || r.Unreadable != 0 || r.Late != 0 {
			t.Fatalf("%+v %v", r, err)
		}
		if r, err := both.Rekey(t.Context(), flowtest.Admin(), flow.RekeyOptions{}); err != nil || r.Sealed != 0 {
			t.Errorf("the second time: %+v %v", r, err)
		}
		alone, former := with(t, in, newSecret), with(t, in, flowtest.Secret)
		if n, err := alone.Unreadable(t.Context(), 0); err != nil || len(n) != 0 {
			t.Errorf("with the new key alone: %v %v", n, err)
		}
		if n, err := former.Unreadable(t.Context(), 0); err != nil || len(n) < 3 { // the control
			t.Errorf("with the former key alone: %v %v", n, err)
		}
		jobs, err := alone.Claim(t.Context(), flow.ClaimRequest{Owner: "o", Connection: 1, Environment: desk.Homologation, Lease: time.Minute, Limit: 100})
		if err != nil || len(jobs) == 0 {
			t.Fatalf("%d jobs: %v", len(jobs), err)
		}
		for _, j := range jobs {
			if j.Request == nil {
				t.Errorf("%+v", j)
			}
		}
		if ep, err := alone.Endpoint(t.Context(), 1, desk.Homologation); err != nil || ep.Secrets["token"] != "sandbox-token" {
			t.Errorf("credentials: %+v %v", ep, err)
		}
	})
}

// TestRekeyLeavesWhatItCannotOpen and says so; and tells that somebody goes on with the former key.
func TestRekeyLeavesWhatItCannotOpen(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	in.Open(t)
	r, err := with(t, in, newSecret).Rekey(t.Context(), flowtest.Admin(), flow.RekeyOptions{})
	if err != nil || r.Sealed != 0 || r.Unreadable == 0 || r.Late != 0 {
		t.Errorf("without its key: %+v %v", r, err)
	}
	if _, err := in.Rekey(t.Context(), flowtest.Attendant(), flow.RekeyOptions{}); err == nil {
		t.Error("an attendant may")
	}
	both := with(t, in, newSecret, flowtest.Secret)
	once := sync.OnceFunc(func() { in.Open(t); in.Open(t) }) // by a serve that has not heard of the new key
	r, err = both.Rekey(t.Context(), flowtest.Admin(), flow.RekeyOptions{Progress: func(table, _ string, _ int64) {
		if table == "inbound_call" {
			once()
		}
	}})
	if err != nil || r.Sealed == 0 || r.Unreadable != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if err := in.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: "http://127.0.0.1:1", AllowPrivate: true,
		Secrets: map[string]string{"token": "sandbox-token"}}); err != nil {
		t.Fatal(err)
	}
	if n, err := both.SealedOtherwise(t.Context()); err != nil || n == 0 {
		t.Errorf("sealed otherwise: %d %v", n, err)
	}
}
