package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestFaultRestore takes a backup while callers work and the field answers badly, lets all of it come to its end, loses
// the machine, restores the backup elsewhere, and lets attendants do again what the lost hours did. Every acknowledged
// occurrence that was before the backup is there, attachments have their bytes, and whatever was delivered since is found and
// not done twice.
func TestFaultRestoreOnSQLite(t *testing.T) {
	r := newRestore(t, sqliteURL(t), sqliteURL(t))
	r.oncePerOccurrence(t)
}

func TestFaultRestoreOnPostgres(t *testing.T) {
	r := newRestore(t, storetest.URL(t, store.Postgres), storetest.URL(t, store.Postgres))
	r.oncePerOccurrence(t)
}

// TestControlRestoreWithoutLookUps shows that the oracle can find duplicates: without look-ups a restore makes them.
func TestControlRestoreWithoutLookUps(t *testing.T) {
	r := newRestore(t, sqliteURL(t), sqliteURL(t), "PONTE_TEST_NO_LOOKUP=1")
	if twice := r.twice(t); len(twice) == 0 {
		t.Error("no duplicate was found: the oracle is blind, or nothing was in doubt")
	} else {
		t.Logf("tried: %d duplicates found after a restore without look-ups", len(twice))
	}
}

type restored struct {
	*load
	ctx     context.Context
	counted map[string]int // rows when the backup was begun
	numbers []int64        // of the occurrences that are in it
	files   map[string]bool
}

// newRestore does all that TestFaultRestore tells of; more is the environment of the restored Ponte.
func newRestore(t *testing.T, from, to string, more ...string) *restored {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	r := &restored{ctx: ctx, load: &load{site: newSite(t, from, 1, released, "PONTE_TEST_LEASE=2s", "PONTE_TEST_POLL=200ms"), seed: rand.Uint64()}}
	r.begin(ctx, 12, 4, doubt()...)
	r.attachAll(t)
	file := filepath.Join(t.TempDir(), "copia.tar.zst")
	r.before(t)
	r.ponte(t, nil, "backup", file) // beside it, in the middle of everything
	r.finish(ctx)
	if err := r.terminate(0); err != nil {
		t.Fatal(err)
	}
	// Another machine: nothing of the former one is there.
	r.database, r.blobs = to, "file://"+filepath.Join(t.TempDir(), "anexos")
	r.env = append(slices.Clone(more), "PONTE_DATABASE_URL="+to, "PONTE_SECRET_KEY="+secret, "PONTE_BLOB_URL="+r.blobs, "PONTE_TEST_LEASE=2s", "PONTE_TEST_POLL=200ms")
	r.ponte(t, nil, "restore", file)
	r.compare(t)
	if err := r.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	r.again(t)
	return r
}

func (r *restored) ponte(t *testing.T, more []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(r.ctx, r.path, args...)
	cmd.Dir, cmd.Env = r.dir, append(append(cleanEnv(), r.env...), more...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("ponte %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	t.Logf("%s", out)
}

const attached = 5

// attachAll opens a few occurrences with files of different sizes.
func (r *restored) attachAll(t *testing.T) {
	t.Helper()
	r.files = map[string]bool{}
	for i := range attached {
		a, err := r.call(r.ctx, deskToken, http.MethodPost, "/ocorrencias", fmt.Sprintf(`{"id_externo": "foto-%d", "cod_projeto": "AUR-A-101", "bloqueio_incluir_cliente": "T", "descricao": "com foto"}`, i))
		var o occurrence
		if err != nil || json.Unmarshal(a.body, &o) != nil || o.Number == 0 {
			t.Fatalf("%s %v", a, err)
		}
		content := []byte("\xff\xd8\xff" + strings.Repeat(strconv.Itoa(i), 1+i*100_000))
		body, err := json.Marshal(map[string]string{"nome": "foto.jpg", "conteudo": base64.StdEncoding.EncodeToString(content), "id_externo": fmt.Sprint("a-", i)})
		if err != nil {
			t.Fatal(err)
		}
		if a, err = r.call(r.ctx, deskToken, http.MethodPost, fmt.Sprintf("/ocorrencias/%d/anexos", o.Number), string(body)); err != nil || a.status/100 != 2 {
			t.Fatalf("%s %v", a, err)
		}
		sum := sha256.Sum256(content)
		r.files[hex.EncodeToString(sum[:])] = true
	}
}

var acknowledged = []string{"occurrence", "movement", "delivery", "attachment", "inbound_call", "idempotency", "audit"}

// before counts what is acknowledged and durable, so that the backup must have it.
func (r *restored) before(t *testing.T) {
	t.Helper()
	db := ledger(t, r.database)
	r.counted = map[string]int{}
	for _, table := range acknowledged {
		r.counted[table] = count(t, db, "SELECT count(*) FROM "+table)
	}
}

// compare holds the restored installation against what was acknowledged.
func (r *restored) compare(t *testing.T) {
	t.Helper()
	db := ledger(t, r.database)
	for _, table := range acknowledged {
		if n := count(t, db, "SELECT count(*) FROM "+table); n < r.counted[table] {
			t.Errorf("%s has %d rows, and %d were acknowledged before the backup", table, n, r.counted[table])
		}
	}
	// Nothing is there by halves: each opening has its first movement, each movement that fired its delivery's place.
	for _, query := range []string{
		"SELECT count(*) FROM occurrence o WHERE NOT EXISTS (SELECT 1 FROM movement m WHERE m.occurrence_id = o.id AND m.kind = 'abertura')",
		"SELECT count(*) FROM lane l WHERE l.last_seq <> (SELECT count(*) FROM delivery d WHERE d.lane_id = l.id)",
	} {
		if n := count(t, db, query); n != 0 {
			t.Errorf("%d: %s", n, query)
		}
	}
	if doubtful := count(t, db, "SELECT count(*) FROM delivery WHERE doubt OR state IN ('enviando', 'incerto')"); doubtful == 0 {
		t.Error("nothing was open when the backup was taken: it proves little")
	}
	rows, err := db.Query("SELECT number FROM occurrence ORDER BY number")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		r.numbers = append(r.numbers, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	r.sums(t)
}

func (r *restored) sums(t *testing.T) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(strings.TrimPrefix(r.blobs, "file://"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if sum := sha256.Sum256(b); r.files[hex.EncodeToString(sum[:])] {
			found++
		} else {
			t.Errorf("%s has bytes that nobody attached", path)
		}
		return err
	})
	if err != nil || found != attached {
		t.Errorf("%d attachments of %d: %v", found, attached, err)
	}
}

// again waits until nothing is due, does by hand what the lost hours did (orders are opened, and closed), and waits again.
func (r *restored) again(t *testing.T) {
	t.Helper()
	done := func() bool {
		for _, n := range r.numbers {
			o, err := r.show(r.ctx, n)
			if err != nil {
				t.Fatal(err)
			}
			if o.due() {
				return false
			}
		}
		return true
	}
	wait := func() {
		if err := poll(r.ctx, func() (bool, error) { return done(), nil }); err != nil {
			t.Fatalf("something does not come to its end: %v", err)
		}
	}
	wait()
	redone := 0
	for i, status := range []string{"20", "80"} {
		for _, n := range r.numbers {
			o, err := r.show(r.ctx, n)
			if err != nil {
				t.Fatal(err)
			}
			if opened := len(o.Deliveries) > 0; i == 0 && opened || o.Status == "90" || i == 1 && !opened {
				continue
			}
			a, err := r.call(r.ctx, deskToken, http.MethodPost, fmt.Sprintf("/ocorrencias/%d/movimentacoes", n), fmt.Sprintf(`{"cod_status": %q, "comentario": "de novo"}`, status))
			if err != nil || a.status/100 != 2 {
				t.Fatalf("%d to %s: %s %v", n, status, a, err)
			}
			redone++
		}
		wait()
	}
	t.Logf("tried: %d movements made again after a restore", redone)
}

// twice is whatever the field has more than once of the restored occurrences.
func (r *restored) twice(t *testing.T) (out []string) {
	t.Helper()
	orders, err := r.field.orders(r.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range r.numbers {
		mine := 0
		for _, o := range orders {
			if o.Legacy != strconv.FormatInt(n, 10) {
				continue
			}
			mine++
			seen := map[string]bool{}
			for _, c := range o.Comments {
				if c.Legacy != "" && seen[c.Legacy] {
					out = append(out, fmt.Sprintf("%d: comment %s", n, c.Text))
				}
				seen[c.Legacy] = true
			}
			for _, v := range o.Visits {
				if v.Legacy != "" && seen[v.Legacy] {
					out = append(out, fmt.Sprintf("%d: a visit", n))
				}
				seen[v.Legacy] = true
			}
		}
		if mine > 1 {
			out = append(out, fmt.Sprintf("%d: %d orders", n, mine))
		}
	}
	return out
}

// oncePerOccurrence: one order each, closed, known to the restored Ponte; nothing twice.
func (r *restored) oncePerOccurrence(t *testing.T) {
	t.Helper()
	for _, twice := range r.twice(t) {
		t.Error("twice: ", twice)
	}
	orders, err := r.field.orders(r.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range r.numbers {
		o, err := r.show(r.ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(orders, func(x order) bool { return x.Legacy == strconv.FormatInt(n, 10) })
		if i < 0 || orders[i].MobussID != o.MobussID || orders[i].State != "encerrada" || o.Status != "90" {
			t.Errorf("%d is %s %+v with order %s; the field has %v", n, o.Status, o.Deliveries, o.MobussID, i)
		}
	}
	t.Logf("tried: %d occurrences restored", len(r.numbers))
}
