package replica_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/blob"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/replica"
	"ponte/internal/store"
)

// house is an installation that is followed into a folder.
type house struct {
	*flowtest.Installation
	t     *testing.T
	dir   string // of the replica
	path  string // of the database
	r     *replica.Replica
	s     *store.Store
	blobs *blob.Store
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "longe"), path: filepath.Join(t.TempDir(), "ponte.db")}
	h.open()
	h.Installation = flowtest.New(t, h.s, flow.Deps{Blobs: h.blobs})
	return h
}

// reopened is the same installation in another process.
func (h *house) reopened() {
	h.Flow = flow.New(flow.Deps{Store: h.s, Keys: h.Keys, Blobs: h.blobs})
}

func (h *house) open() {
	h.t.Helper()
	var err error
	if h.r, err = replica.New(h.t.Context(), replica.Options{URL: "file://" + h.dir, Key: "impressão"}); err != nil {
		h.t.Fatal(err)
	}
	s, err := store.OpenFollowed(h.t.Context(), "sqlite:"+h.path, h.r)
	if err != nil {
		h.t.Fatal(err)
	}
	h.s = s
	h.t.Cleanup(func() { _ = s.Close() })
	if _, _, err := s.Migrate(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.blobs = folder(h.t, filepath.Join(filepath.Dir(h.path), "anexos"))
}

func folder(t *testing.T, dir string) *blob.Store {
	t.Helper()
	url, err := blob.URL(dir)
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

func (h *house) round() {
	h.t.Helper()
	if err := h.r.Round(h.t.Context(), h.s, h.blobs); err != nil {
		h.t.Fatal(err)
	}
}

// photo is an occurrence with a photo of its own.
func (h *house) photo(what string) int64 {
	h.t.Helper()
	n := h.Open(h.t)
	u, err := h.StoreFile(h.t.Context(), flowtest.Attendant(), "foto.jpg", "image/jpeg", strings.NewReader("\xff\xd8\xff"+what))
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.MoveByHand(h.t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20", Files: []flow.Upload{u}}); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// taken is what the replica gives back, on a machine that has nothing else.
func (h *house) taken(at time.Time) (s *store.Store, files, missing int) {
	h.t.Helper()
	to := filepath.Join(h.t.TempDir(), "novo.db")
	if _, err := replica.Rows(h.t.Context(), h.dir, at, to); err != nil {
		h.t.Fatal(err)
	}
	if err := store.MarkRestored(h.t.Context(), to, store.Restoration{TakenAt: 1, By: "x"}); err != nil {
		h.t.Fatal(err)
	}
	s, err := store.Open(h.t.Context(), "sqlite:"+to)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = s.Close() })
	if problems, err := s.Integrity(h.t.Context(), true); err != nil || len(problems) > 0 {
		h.t.Fatal(problems, err)
	}
	files, missing, err = replica.Files(h.t.Context(), h.dir, s, folder(h.t, filepath.Join(filepath.Dir(to), "anexos")))
	if err != nil {
		h.t.Fatal(err)
	}
	return s, files, missing
}

func has(s *store.Store, n int64) bool {
	_, err := s.Read().OccurrenceByNumber(context.Background(), n)
	return err == nil
}

// TestWhatARoundCopiedComesBack: whole, with its attachments, as it was at any moment between; what came after the last
// round does not (the control), and a process that comes back goes on in the same folder.
func TestWhatARoundCopiedComesBack(t *testing.T) {
	h := newHouse(t)
	first := h.photo("primeira")
	h.round()
	between := time.Now()
	second := h.photo("segunda")
	h.round()
	after := h.photo("depois")
	s, files, missing := h.taken(time.Time{})
	if !has(s, first) || !has(s, second) || files != 2 || missing != 0 {
		t.Errorf("first %v, second %v, %d files, %d missing", has(s, first), has(s, second), files, missing)
	}
	if has(s, after) {
		t.Error("the control: what no round copied is there")
	}
	if _, ok, err := flow.New(flow.Deps{Store: s, Keys: h.Keys}).FinishRestore(t.Context()); !ok || err != nil {
		t.Error("it does not know that it was restored:", ok, err)
	}
	if s, files, _ := h.taken(between); !has(s, first) || has(s, second) || files != 1 {
		t.Errorf("between: first %v, second %v, %d files", has(s, first), has(s, second), files)
	}
	if _, err := replica.Rows(t.Context(), h.dir, between.AddDate(-1, 0, 0), filepath.Join(t.TempDir(), "x")); !errors.Is(err, replica.ErrNoMoment) {
		t.Error("a moment before all:", err)
	}
	st, err := replica.Look(h.dir)
	if err != nil || st.Key != "impressão" || time.Since(time.UnixMilli(st.At)) > time.Minute || st.Files != 2 {
		t.Errorf("it says of itself %+v: %v", st, err)
	}

	if err := h.s.Close(); err != nil { // a stop copies what is left
		t.Fatal(err)
	}
	h.open()
	h.reopened()
	again := h.Open(t)
	h.round()
	if s, files, missing := h.taken(time.Time{}); !has(s, after) || !has(s, again) || files != 3 || missing != 0 {
		t.Errorf("after a stop: %v %v, %d files, %d missing", has(s, after), has(s, again), files, missing)
	}
}

// TestRoundsUnderLoad: whatever was acknowledged before the last round began is in it, while writers write without a pause
// and the log is brought into the file again and again.
func TestRoundsUnderLoad(t *testing.T) {
	h := newHouse(t)
	var mu sync.Mutex
	var known []int64
	stop, done := make(chan struct{}), sync.WaitGroup{}
	for range 4 {
		done.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := h.Open(h.t)
				mu.Lock()
				known = append(known, n)
				mu.Unlock()
			}
		})
	}
	var acknowledged []int64
	for range 12 {
		mu.Lock()
		acknowledged = append(acknowledged[:0], known...)
		mu.Unlock()
		h.round()
	}
	close(stop)
	done.Wait()
	s, _, _ := h.taken(time.Time{})
	for _, n := range acknowledged {
		if !has(s, n) {
			t.Fatalf("%d was acknowledged before the round began, of %d", n, len(acknowledged))
		}
	}
	if len(acknowledged) == 0 {
		t.Error("nobody wrote")
	}
	t.Logf("%d acknowledged before the last of 12 rounds, %d in all", len(acknowledged), len(known))
}

// TestAFolderThatIsGone: what can't be copied is said, and copied once there is room again.
func TestAFolderThatIsGone(t *testing.T) {
	h := newHouse(t)
	h.round()
	if err := os.RemoveAll(h.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.dir, nil, 0o600); err != nil { // a mount that went away leaves something else
		t.Fatal(err)
	}
	n := h.photo("sem lugar")
	if err := h.r.Round(t.Context(), h.s, h.blobs); err == nil {
		t.Fatal("a round into nothing is a good one")
	}
	if err := os.Remove(h.dir); err != nil {
		t.Fatal(err)
	}
	h.round() // all of it again
	h.photo("depois")
	h.round()
	if s, files, missing := h.taken(time.Time{}); !has(s, n) || files != 2 || missing != 0 {
		t.Errorf("in the end %v, %d files, %d missing", has(s, n), files, missing)
	}
}
