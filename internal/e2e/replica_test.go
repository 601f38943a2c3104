package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"ponte/internal/replica"
)

// opened is what a caller was told.
type opened struct {
	number int64
	at     time.Time // when the answer came
}

// TestFaultReplica writes without a pause while Ponte is followed into a folder, kills it, and takes the folder back on a
// machine that has nothing else. All that was acknowledged before the last round began is there, with its attachments; what
// came in the moment after it is not, and how long that was is told.
func TestFaultReplica(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	folder := filepath.Join(t.TempDir(), "longe")
	r := &restored{ctx: ctx, load: &load{site: newSite(t, sqliteURL(t), 1, released, "PONTE_REPLICA_URL=file://"+folder)}}
	if err := r.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	r.attachAll(t)
	r.ponte(t, nil, "backup", filepath.Join(t.TempDir(), "ao-lado.tar.zst")) // which leaves the follower's own tables out
	calling, hangUp := context.WithCancel(ctx)
	var mu sync.Mutex
	var told []opened
	var callers sync.WaitGroup
	for c := range 8 {
		callers.Go(func() {
			for i := 0; calling.Err() == nil; i++ {
				a, err := r.call(calling, deskToken, http.MethodPost, "/ocorrencias", fmt.Sprintf(
					`{"id_externo": "r-%d-%d", "cod_projeto": "AUR-A-102", "bloqueio_incluir_cliente": "T", "descricao": "sem parar"}`, c, i))
				var o occurrence
				if err == nil && a.status == http.StatusCreated && json.Unmarshal(a.body, &o) == nil {
					mu.Lock()
					told = append(told, opened{o.Number, time.Now()})
					mu.Unlock()
				}
			}
		})
	}
	const rounds, more = 3, 10 // and so many answers after the last of them
	seen, since := map[int64]bool{}, 0
	if err := poll(ctx, func() (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		if st, err := replica.Look(folder); err == nil && st.Files >= attached && !seen[st.At] {
			seen[st.At], since = true, len(told)
		}
		return len(seen) >= rounds && len(told) >= since+more, nil
	}); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	_, _ = r.running[0].end(syscall.SIGKILL)
	hangUp()
	callers.Wait()
	st, err := replica.Look(folder)
	if err != nil {
		t.Fatal(err)
	}

	r.database, r.blobs = sqliteURL(t), "file://"+filepath.Join(t.TempDir(), "anexos")
	r.env = []string{"PONTE_DATABASE_URL=" + r.database, "PONTE_SECRET_KEY=" + secret, "PONTE_BLOB_URL=" + r.blobs}
	r.ponte(t, nil, "restore", folder)
	db := ledger(t, r.database)
	r.sums(t)
	before, kept, lost := 0, 0, 0
	for _, o := range told {
		there := count(t, db, fmt.Sprintf("SELECT count(*) FROM occurrence WHERE number = %d", o.number)) == 1
		switch {
		case o.at.UnixMilli() < st.At:
			before++
			if !there {
				t.Errorf("%d was acknowledged %s before the last round began, and is lost", o.number, time.UnixMilli(st.At).Sub(o.at))
			}
		case there:
			kept++
		default:
			lost++
		}
	}
	if before == 0 || lost == 0 {
		t.Errorf("%d before the last round, %d lost after it: it proves little", before, lost)
	}
	t.Logf("tried: %d acknowledged before the last round, all there; after it %d came along and %d were lost, for the kill came %s after the round began",
		before, kept, lost, killed.Sub(time.UnixMilli(st.At)).Round(time.Millisecond))
	if err := r.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	if a, err := r.call(ctx, deskToken, http.MethodPost, "/ocorrencias", `{"id_externo": "depois", "cod_projeto": "AUR-A-102", "bloqueio_incluir_cliente": "T", "descricao": "segue"}`); err != nil || a.status != http.StatusCreated {
		t.Errorf("the restored one takes nothing: %s %v", a, err)
	}
}
