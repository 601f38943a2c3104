package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
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
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
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

// writes turns letters to customers on.
func (w *ward) writes(t *testing.T) {
	t.Helper()
	is := desk.DefaultLetters()
	is.On = desk.LetterKinds
	if err := w.in.SetLetterSettings(t.Context(), flowtest.Admin(), is); err != nil {
		t.Fatal(err)
	}
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
		{"letters without a mail server", func(t *testing.T, w *ward) { w.writes(t) }, []string{"letters"}},
		{"letters with one", func(t *testing.T, w *ward) { w.writes(t); w.Mail = true }, nil},
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
		{"a replica that stands still", func(t *testing.T, w *ward) { w.follow(t, -2*time.Minute) }, []string{"replica"}},
		{"a replica that keeps up", func(t *testing.T, w *ward) { w.follow(t, -time.Second) }, nil},
		{"no replica where one should be", func(t *testing.T, w *ward) { w.ReplicaURL = "file://" + filepath.Join(t.TempDir(), "nada") }, []string{"replica"}},
		{"our certificate ends soon", func(t *testing.T, w *ward) {
			c := flowtest.Config(t)
			c.Integration.Auth.ClientCertificate = true
			must(t, w.in.Configure(t.Context(), flowtest.Admin(), c))
			certificate, key := selfSigned(t, w.now.Add(72*time.Hour))
			must(t, w.in.SetSecrets(t.Context(), flowtest.Admin(), desk.Homologation, map[string]string{"certificado": certificate, "chave_privada": key}))
		}, []string{"endpoint of homologacao"}},
		{"the field's tool takes the question", func(t *testing.T, w *ward) {
			w.field(t, http.StatusNotFound, `{"codigoInterno":"SAT-AT002"}`)
		}, nil},
		{"the field's tool refuses the credential", func(t *testing.T, w *ward) { w.field(t, http.StatusUnauthorized, `{}`) }, []string{"endpoint of homologacao answers"}},
		{"nobody compares", func(t *testing.T, w *ward) {
			c := flowtest.Config(t)
			if c.Integration.Reconcile == nil {
				t.Fatal("nothing is compared")
			}
			c.Integration.Reconcile.Every = mapping.Duration(time.Hour)
			must(t, w.in.Configure(t.Context(), flowtest.Admin(), c))
			w.compared(t, w.now.Add(-4*time.Hour))
		}, []string{"reconciliation"}},
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

// follow has a replica whose last round began so long ago.
func (w *ward) follow(t *testing.T, ago time.Duration) {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "estado.json"), fmt.Appendf(nil, `{"em": %d, "chave": %q}`, w.now.Add(ago).UnixMilli(), w.in.Keys.Fingerprints()[0]), 0o600))
	w.ReplicaURL = "file://" + dir
}

// field is a tool that answers every question so.
func (w *ward) field(t *testing.T, status int, body string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, body)
	}))
	t.Cleanup(srv.Close)
	must(t, w.in.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: srv.URL, AllowPrivate: true, Secrets: map[string]string{"token": "x"}}))
	w.Online, w.PublicURL = true, ""
}

// compared is a run that came to its end then.
func (w *ward) compared(t *testing.T, at time.Time) {
	t.Helper()
	must(t, w.in.Store.Write(t.Context(), func(tx *store.Tx) error {
		inst, err := tx.Installation(context.Background())
		if err != nil {
			return err
		}
		if err := tx.InsertReconcileRun(context.Background(), db.InsertReconcileRunParams{ID: "r", ConnectionID: inst.ConnectionID, Environment: desk.Homologation, StartedAt: at.UnixMilli()}); err != nil {
			return err
		}
		return tx.EndReconcileRun(context.Background(), db.EndReconcileRunParams{ID: "r", State: flow.RunDone, EndedAt: store.Null(at.UnixMilli())})
	}))
}

func selfSigned(t *testing.T, ends time.Time) (certificate, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ponte"}, NotBefore: ends.AddDate(-1, 0, 0), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	must(t, err)
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", secret)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
