package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
)

func readDir(t testing.TB, dir string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// folderWith makes a folder that holds this journal and nothing else.
func folderWith(t testing.TB, journal []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, journalName), journal, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Wherever a crash tears the journal, the lines before the tear are there and the next ones go behind them.
func TestTornEnd(t *testing.T) {
	r := newRig(t)
	for i := range 3 {
		r.openFor(fmt.Sprint(i))
	}
	whole := readDir(t, r.cfg.Dir)
	lastLine := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := lastLine; cut < len(whole); cut += 7 {
		s := open(t, folderWith(t, whole[:cut]))
		if n := len(s.state.orders); n != 2 {
			t.Fatalf("cut at %d of %d: %d orders, want 2", cut, len(whole), n)
		}
		torn := serve(t, s)
		torn.openFor("novo")
		torn = torn.again()
		if got := torn.orders(); len(got) != 3 || got[2].IDLegado != "novo" {
			t.Fatalf("cut at %d: %+v", cut, got)
		}
	}
	garbled := bytes.Clone(whole)
	garbled[lastLine+12] ^= 1
	short := serve(t, open(t, folderWith(t, garbled)))
	if n := len(short.orders()); n != 2 {
		t.Errorf("garbled last line: %d orders", n)
	}
	short.call(200, "POST", "/_sandbox/reset", "") // a shorter line than the one that was torn
	if n := len(short.again().orders()); n != 0 {
		t.Errorf("after the reset: %d orders", n)
	}
}

// Damage before lines that were acknowledged is no torn end, and is not passed over.
func TestDamageInTheMiddleIsRefused(t *testing.T) {
	r := newRig(t)
	r.openFor("1")
	r.openFor("2")
	raw := readDir(t, r.cfg.Dir)
	raw[bytes.IndexByte(raw, '\n')+20] ^= 1
	if s, err := Open(Options{Dir: folderWith(t, raw)}); err == nil {
		s.Close()
		t.Error("opened a damaged journal")
	}
}

func TestFolderIsLocked(t *testing.T) {
	r := newRig(t)
	if s, err := Open(Options{Dir: r.cfg.Dir}); err == nil {
		s.Close()
		t.Error("opened a folder twice")
	}
}

// 64 callers share commits. Whoever is told of an order, by the answer to its opening or by a look-up, is told of one
// that is on the disk at that moment.
func TestGroupCommit(t *testing.T) {
	r := newRig(t)
	var mu sync.Mutex
	acked := map[string]bool{}
	told := func(id string) {
		r.mu.RLock()
		lsn := r.state.byID(id).lsn
		r.mu.RUnlock()
		r.log.mu.Lock()
		defer r.log.mu.Unlock()
		if r.log.durable < lsn {
			t.Errorf("told of %s at %d, durable is %d", id, lsn, r.log.durable)
		}
	}
	var all sync.WaitGroup
	for c := range 64 {
		all.Go(func() {
			for i := range 8 {
				out, err := r.try("POST", newer+"incluirSolicitacaoAtendimento",
					fmt.Sprintf(`{"idUnidade":"U","desSolicitacao":"d","idLegado":"%d.%d"}`, c, i))
				if err != nil || out.status != 200 {
					t.Errorf("opening: %v %s", err, out.raw)
					return
				}
				id := out.fields["idMobuss"].(string)
				told(id)
				mu.Lock()
				acked[id] = true
				mu.Unlock()
				out, err = r.try("POST", newer+"consultarSolicitacaoAtendimento",
					fmt.Sprintf(`{"idLegado":"%d.%d"}`, (c+1)%64, i))
				if err == nil && out.status == 200 {
					told(out.fields["idMobuss"].(string))
				}
			}
		})
	}
	all.Wait()
	copied := open(t, folderWith(t, readDir(t, r.cfg.Dir)))
	defer copied.Close()
	if len(acked) != 512 || len(copied.state.orders) != 512 {
		t.Errorf("%d acknowledged, %d kept", len(acked), len(copied.state.orders))
	}
	for id := range acked {
		if copied.state.byID(id) == nil {
			t.Errorf("%s is lost", id)
		}
	}
}

// Nobody is let go before the fsync that followed their own line, however close to another's it came.
func TestWaitersAreLetGoByTheirOwnSync(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f, err := os.Create(filepath.Join(dir, journalName))
		if err != nil {
			t.Fatal(err)
		}
		j := startJournal(f)
		disk := make(chan error)
		j.sync = func() error { return <-disk }
		var let [3]bool // by position; set once its waiter came back
		put := func(n int) {
			lsn, err := j.append(record{Reset: true})
			if err != nil || lsn != int64(n) {
				t.Fatalf("position %d: %d %v", n, lsn, err)
			}
			go func() {
				_ = j.wait(lsn)
				let[n] = true
			}()
			synctest.Wait()
		}
		want := func(when string, first, second bool) {
			synctest.Wait()
			if let[1] != first || let[2] != second {
				t.Errorf("%s: let go %v and %v", when, let[1], let[2])
			}
		}
		put(1)
		put(2)
		want("before any sync", false, false)
		disk <- nil
		want("after the first", true, false)
		late := false
		go func() {
			_ = j.wait(2)
			late = true
		}()
		want("after the first", true, false)
		if late {
			t.Error("who came after the first sync was let go without the second")
		}
		disk <- nil
		want("after the second", true, true)
		if err := j.close(); err != nil {
			t.Error(err)
		}
		if err := j.wait(2); err != nil {
			t.Errorf("what is on the disk: %v", err)
		}
	})
}

// Ponte does not hear of an action before it is on the disk: a crash could take it back, and another be told under
// the same id_externo.
func TestPonteHearsOnlyOfWhatIsDurable(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir)
		disk := make(chan error)
		s.log.mu.Lock()
		s.log.sync = func() error { return <-disk }
		s.log.mu.Unlock()
		heard := false
		go func() {
			_, _ = s.openFromField(&action{Acao: "abrir", Unidade: "101"})
		}()
		synctest.Wait()
		go func() {
			if _, want, err := s.nextErrand(1); err != nil || want != laneWait {
				t.Errorf("next: %v %v", want, err)
			}
			s.state.ret.URL = "http://h"
			job, want, err := s.nextErrand(1)
			heard = true
			if err != nil || want != laneMore || job.Op != opOpen {
				t.Errorf("next: %+v %v %v", job, want, err)
			}
		}()
		synctest.Wait()
		if heard {
			t.Error("handed out before the fsync")
		}
		close(disk)
		synctest.Wait()
		if !heard {
			t.Error("not handed out after it")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// After the disk refused, nothing is acknowledged any more, and nothing that is not on it is shown.
func TestDiskFailure(t *testing.T) {
	r := newRig(t)
	r.openFor("1")
	r.log.file.Close()
	r.call(500, "POST", newer+"incluirSolicitacaoAtendimento", `{"idUnidade":"U","desSolicitacao":"d","idLegado":"2"}`)
	r.call(500, "POST", newer+"incluirSolicitacaoAtendimento", `{"idUnidade":"U","desSolicitacao":"d","idLegado":"3"}`)
	r.call(500, "POST", newer+"consultarSolicitacaoAtendimento", `{"idLegado":"2"}`)
	r.call(200, "POST", newer+"consultarSolicitacaoAtendimento", `{"idLegado":"1"}`)
	r.call(503, "GET", "/healthz", "")
	r.web.Close()
	if err := r.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Close: %v", err)
	}
	r.closeErr = nil // the cleanup closes again
}

func TestAfterCloseCallsAreUnavailable(t *testing.T) {
	r := newRig(t)
	r.call(200, "GET", "/healthz", "")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r.call(503, "POST", newer+"incluirSolicitacaoAtendimento", `{"idUnidade":"U","desSolicitacao":"d"}`)
}
