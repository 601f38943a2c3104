package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"ponte/internal/backup"
	"ponte/internal/blob"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/seal"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

func folder(t *testing.T) *blob.Store {
	t.Helper()
	url, err := blob.URL(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := blob.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// house is an installation with a little of everything: deliveries in several states, attachments, awkward texts, a token
// that refers to a later one.
type house struct {
	*flowtest.Installation
	blobs *blob.Store
}

func newHouse(t *testing.T, d store.Dialect) *house {
	t.Helper()
	h := &house{blobs: folder(t)}
	h.Installation = flowtest.New(t, storetest.New(t, d), flow.Deps{Blobs: h.blobs})
	for i := range 3 {
		n := h.Open(t)
		var files []flow.Upload
		for j := range i {
			u, err := h.StoreFile(t.Context(), flowtest.Attendant(), fmt.Sprintf("foto %d.jpg", j), "image/jpeg", strings.NewReader(fmt.Sprintf("\xff\xd8\xff foto %d %d", i, j)))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, u)
		}
		in := flow.MoveInput{Number: n, Status: "20", Comment: "com \"aspas\", <&>, \u2028 e\nquebras; emoji 🏠", Files: files}
		if err := h.MoveByHand(t.Context(), flowtest.Attendant(), in); err != nil {
			t.Fatal(err)
		}
	}
	// nobody names it: the backup does without it
	if _, err := h.StoreFile(t.Context(), flowtest.Attendant(), "solta.jpg", "image/jpeg", strings.NewReader("\xff\xd8\xff solta")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Claim(t.Context(), flow.ClaimRequest{Owner: "o", Connection: 1, Environment: "homologacao", Lease: time.Minute, Limit: 1}); err != nil {
		t.Fatal(err)
	}
	if err := h.Store.Write(t.Context(), func(tx *store.Tx) error { // the first row refers to the second
		n, err := tx.ReplaceToken(context.Background(), db.ReplaceTokenParams{ID: h.FieldID, ReplacedBy: store.Null(h.HouseID)})
		if n != 1 {
			t.Error("no token was replaced")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return h
}

var taken = time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)

func (h *house) backup(t *testing.T) ([]byte, *backup.Manifest) {
	t.Helper()
	var b bytes.Buffer
	_, m, err := backup.Write(t.Context(), &b, backup.Source{Store: h.Store, Blobs: h.blobs, Release: "teste", Now: func() time.Time { return taken },
		KeyOf: func(_, _ string, v []byte) (string, bool) { return seal.KeyOf(v) }})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

// content is every row of every table as a line, sorted: the two databases answer in different orders.
func content(t *testing.T, s *store.Store) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := s.Snapshot(t.Context(), func(snap *store.Snapshot) error {
		for _, table := range snap.Tables {
			out[table.Name] = []string{}
			err := snap.Rows(t.Context(), table, func(row []any) error {
				line := ""
				for i, c := range table.Columns {
					line += fmt.Sprintf("%s=%T:%v ", c.Name, row[i], row[i])
				}
				out[table.Name] = append(out[table.Name], line)
				return nil
			})
			if err != nil {
				return err
			}
			slices.Sort(out[table.Name])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestABackupGoesIntoEitherDatabase: from each database into each, every row is there as it was, every reference holds,
// every attachment has its bytes, and new rows find free numbers.
func TestABackupGoesIntoEitherDatabase(t *testing.T) {
	for _, from := range storetest.Dialects {
		t.Run("from "+string(from), func(t *testing.T) {
			h := newHouse(t, from)
			file, m := h.backup(t)
			want := content(t, h.Store)
			if m.Attachments.Files != 3 || len(m.Missing) != 0 {
				t.Errorf("attachments: %+v, missing %v", m.Attachments, m.Missing)
			}
			if len(m.Keys) != 1 {
				t.Errorf("keys: %v", m.Keys)
			}
			for _, to := range storetest.Dialects {
				t.Run("into "+string(to), func(t *testing.T) { restored(t, file, m, want, to) })
			}
		})
	}
}

func restored(t *testing.T, file []byte, m *backup.Manifest, want map[string][]string, to store.Dialect) {
	s, blobs := storetest.Open(t, storetest.URL(t, to)), folder(t)
	_, again, err := backup.Restore(t.Context(), bytes.NewReader(file), backup.Target{Store: s, Blobs: blobs, Mark: store.Restoration{By: "teste", Skip: 7}})
	if err != nil {
		t.Fatal(err)
	}
	if again.Rows() != m.Rows() {
		t.Errorf("%d rows, want %d", again.Rows(), m.Rows())
	}
	got := content(t, s)
	for _, table := range slices.Sorted(maps.Keys(want)) {
		if table == "restoration" {
			continue
		}
		if !slices.Equal(got[table], want[table]) {
			t.Errorf("%s is\n%s\nwant\n%s", table, strings.Join(got[table], "\n"), strings.Join(want[table], "\n"))
		}
	}
	if len(got["restoration"]) != 1 {
		t.Errorf("restorations: %v", got["restoration"])
	}
	keys, err := seal.New(flowtest.Secret)
	if err != nil {
		t.Fatal(err)
	}
	f := flow.New(flow.Deps{Store: s, Keys: keys, Blobs: blobs})
	if done, ok, err := f.FinishRestore(t.Context()); err != nil || !ok || !done.TakenAt.Equal(taken) {
		t.Fatalf("finish: %+v %v %v", done, ok, err)
	}
	if _, ok, err := f.FinishRestore(t.Context()); err != nil || ok {
		t.Errorf("finished twice: %v %v", ok, err)
	}
	ids, err := f.Store.Read().AttachmentHashes(t.Context())
	if err != nil || len(ids) != 3 {
		t.Fatalf("attachments %v: %v", ids, err)
	}
	for _, sha := range ids {
		r, err := f.FileBytes(t.Context(), sha)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(r)
		_ = r.Close()
		if !strings.HasPrefix(string(b), "\xff\xd8\xff foto") {
			t.Errorf("%s is %q", sha, b)
		}
	}
	// new rows: identities go on behind the restored ones, numbers behind those that were passed over
	in := &flowtest.Installation{Flow: f, Store: s}
	if _, in.House, err = f.Authenticate(t.Context(), "hash of casa"); err != nil {
		t.Fatal(err)
	}
	in.HouseID = 2
	if n := in.Open(t); n != 1000+3+7+1 { // FinishRestore counts one more, so that there is a counter
		t.Errorf("the next occurrence has number %d", n)
	}
}

// unpacked is the tar within a backup, as far as it can be had.
func unpacked(file []byte) []byte {
	r, err := zstd.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil
	}
	defer r.Close()
	b, _ := io.ReadAll(r)
	return b
}

// TestADamagedBackupIsFoundOut: whatever byte is altered and wherever the file is cut, it is found, and the database
// stays as empty as it was.
func TestADamagedBackupIsFoundOut(t *testing.T) {
	h := newHouse(t, store.SQLite)
	file, _ := h.backup(t)
	if _, _, err := backup.Verify(t.Context(), bytes.NewReader(file), nil); err != nil {
		t.Fatalf("control: %v", err)
	}
	whole := unpacked(file)
	var seen []byte
	found := 0
	for i := 0; i < len(file); i += 1 + len(file)/60 {
		altered := bytes.Clone(file)
		altered[i] ^= 0x10
		_, _, err := backup.Verify(t.Context(), bytes.NewReader(altered), nil)
		// The same content can be written in several ways within zstd; what is read then is not altered.
		if got := unpacked(altered); err == nil && !bytes.Equal(got, whole) {
			t.Errorf("byte %d of %d was altered, and nobody saw it", i, len(file))
		} else if err != nil {
			seen, found = altered, found+1
		}
		if _, _, err := backup.Verify(t.Context(), bytes.NewReader(file[:i]), nil); err == nil {
			t.Errorf("cut at %d of %d, and nobody saw it", i, len(file))
		}
	}
	if _, _, err := backup.Verify(t.Context(), strings.NewReader("no backup at all"), nil); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("something else: %v", err)
	}
	s := storetest.Open(t, storetest.URL(t, store.SQLite))
	if found < 40 {
		t.Errorf("only %d alterations were one", found)
	}
	if _, _, err := backup.Restore(t.Context(), bytes.NewReader(seen), backup.Target{Store: s, Blobs: folder(t)}); err == nil {
		t.Error("restored what is damaged")
	}
	if empty, err := s.Empty(t.Context()); !empty || err != nil {
		t.Errorf("empty: %v %v", empty, err)
	}
	// and can be given the whole file then
	blobs := folder(t)
	if _, _, err := backup.Restore(t.Context(), bytes.NewReader(file), backup.Target{Store: s, Blobs: blobs}); err != nil {
		t.Errorf("after a failure: %v", err)
	}
	if _, _, err := backup.Restore(t.Context(), bytes.NewReader(file), backup.Target{Store: s, Blobs: blobs}); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("over an installation: %v", err)
	}
}

// TestABackupTellsWhatItCouldNotRead: bytes that are gone or altered don't keep the rest from being saved.
func TestABackupTellsWhatItCouldNotRead(t *testing.T) {
	h := newHouse(t, store.SQLite)
	ids, err := h.Store.Read().AttachmentHashes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	row, err := h.Store.Read().Blob(t.Context(), ids[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := h.blobs.Remove(t.Context(), blob.ID{SHA256: row.Sha256, Since: row.StoredAt}); err != nil {
		t.Fatal(err)
	}
	file, m := h.backup(t)
	if !slices.Equal(m.Missing, ids[:1]) || m.Attachments.Files != 2 {
		t.Errorf("missing %v, files %d", m.Missing, m.Attachments.Files)
	}
	if _, _, err := backup.Verify(t.Context(), bytes.NewReader(file), nil); err != nil {
		t.Error(err)
	}
}

// TestCreateNeverTakesAnothersPlace, nor leaves a half of itself.
func TestCreateNeverTakesAnothersPlace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "um"+backup.Extension)
	write := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	if err := backup.Create(path, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return io.ErrShortWrite }); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
	if err := backup.Create(path, write("first")); err != nil {
		t.Error(err)
	}
	if err := backup.Create(path, write("second")); err == nil {
		t.Error("it took another's place")
	}
	meanwhile := filepath.Join(dir, "dois")
	if err := backup.Create(meanwhile, func(w io.Writer) error { return backup.Create(meanwhile, write("faster")) }); err == nil {
		t.Error("it took the place of one that came meanwhile")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*partial*"))
	if err != nil || len(names) != 2 || len(hidden) != 0 {
		t.Errorf("left: %v %v", names, hidden)
	}
}
