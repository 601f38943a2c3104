package doctor_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/blob"
	"ponte/internal/desk"
	"ponte/internal/doctor"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// ward is an installation with an administrator and an attachment, and where its files lie.
type ward struct {
	doctor.Patient
	in   *flowtest.Installation
	dir  string
	now  time.Time
	file string
}

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{dir: filepath.Join(t.TempDir(), "anexos"), now: time.Now()}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	url, err := blob.URL(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	w.in = flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{Blobs: blobs, Now: func() time.Time { return w.now }})
	if _, err := w.in.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "a@b", Name: "A", PasswordHash: "x", Roles: []desk.Role{desk.Admin}}); err != nil {
		t.Fatal(err)
	}
	n := w.in.Open(t)
	u, err := w.in.StoreFile(t.Context(), flowtest.Attendant(), "foto.jpg", "image/jpeg", strings.NewReader("\xff\xd8\xff foto"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.in.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20", Files: []flow.Upload{u}}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(w.dir, "*", "*.*"))
	files = slices.DeleteFunc(files, func(p string) bool { return filepath.Base(filepath.Dir(p)) == "tmp" })
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v: %v", files, err)
	}
	w.file = files[0]
	w.Patient = doctor.Patient{Store: w.in.Store, Blobs: blobs, Flow: w.in.Flow, PublicURL: "https://ponte.example.com.br", Served: true, Now: func() time.Time { return w.now }}
	return w
}

// wrong are the checks that found something wrong, sorted.
func (w *ward) wrong(t *testing.T) (out []string) {
	t.Helper()
	for _, f := range doctor.Examine(t.Context(), w.Patient) {
		if f.State == doctor.Wrong {
			if out = append(out, f.Check); f.Do == "" {
				t.Errorf("%s says nothing of what to do: %s", f.Check, f.Said)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestADoctorFindsWhatIsWrong: a healthy installation is healthy, and each illness is found, by its own check alone.
func TestADoctorFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		harm func(*testing.T, *ward)
		want []string
	}{
		{"nothing", func(*testing.T, *ward) {}, nil},
		{"a file is gone", func(t *testing.T, w *ward) { must(t, os.Remove(w.file)) }, []string{"attachments"}},
		{"a file was shortened", func(t *testing.T, w *ward) { must(t, os.Truncate(w.file, 3)) }, []string{"attachments"}},
		{"a file was altered", func(t *testing.T, w *ward) {
			w.All = true
			must(t, os.WriteFile(w.file, []byte("\xff\xd8\xff fot0"), 0o600))
		}, []string{"attachments"}},
		{"the folder is open", func(t *testing.T, w *ward) {
			must(t, os.Chmod(w.dir, 0o755))               //nolint:gosec // that is the illness
			must(t, os.Chmod(filepath.Dir(w.dir), 0o755)) //nolint:gosec // and nothing around it is shut
		}, []string{"file permissions"}},
		{"no administrator", func(t *testing.T, w *ward) {
			must(t, w.in.SetDisabled(t.Context(), flowtest.Admin(), 1, true))
		}, []string{"people"}},
		{"nobody takes lanes", func(_ *testing.T, w *ward) { w.now = w.now.Add(5 * time.Minute) }, []string{"backlog"}},
		{"the clock went back", func(_ *testing.T, w *ward) { w.now = w.now.Add(-time.Hour) }, []string{"clock"}},
		{"no address", func(t *testing.T, w *ward) {
			must(t, w.in.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.ForgetEndpoints(context.Background()) }))
		}, []string{"endpoint of homologacao"}},
		{"a token ends soon", func(t *testing.T, w *ward) {
			_, err := w.in.AddToken(t.Context(), flowtest.Admin(), flow.Token{Name: "curto", Integration: "casa", Hash: "h", Origin: desk.House, Environment: desk.Homologation, ExpiresAt: w.now.Add(time.Hour)})
			must(t, err)
		}, []string{"tokens"}},
		{"no TLS", func(_ *testing.T, w *ward) { w.PublicURL = "http://ponte.example.com.br" }, []string{"public address"}},
		{"no database", func(_ *testing.T, w *ward) { w.Store, w.Flow, w.StoreErr = nil, nil, os.ErrNotExist }, []string{"database"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWard(t)
			c.harm(t, w)
			if got := w.wrong(t); !slices.Equal(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
