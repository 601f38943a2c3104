package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// disk is a small file system of this test's own, that can be filled.
type disk struct {
	t   testing.TB
	dir string
}

// diskSize leaves room for the installation and little more.
const diskSize = 24 << 20

// newDisk mounts one, in a mount namespace that ends with this process: see apart.
func newDisk(t testing.TB) *disk {
	t.Helper()
	d := &disk{t: t, dir: t.TempDir()}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, fmt.Sprintf("size=%d", diskSize)); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(d.dir, syscall.MNT_DETACH) })
	return d
}

// apartVariable says that this process is in a namespace of its own, and where the binary is that it need not build.
const apartVariable = "PONTE_E2E_APART"

// apart runs the test that calls it once more in a user and mount namespace of its own, where one may mount without being
// root, and makes its cells those of this one. It answers false where this is that run.
func apart(t *testing.T, cells []string) bool {
	t.Helper()
	if os.Getenv(apartVariable) != "" {
		return false
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--user", "--map-root-user", "--mount", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), apartVariable+"="+binary(t, released))
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "=== RUN") {
		t.Fatalf("this test needs unshare(1), of util-linux, and a machine that allows user namespaces (sysctl "+
			"kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; in a container --cap-add SYS_ADMIN): %v\n%s", err, out)
	}
	t.Logf("%s", out) // with its lines "tried: N of what"
	if err != nil {
		t.Error(err)
	}
	ran := map[string]func(*testing.T){}
	for _, name := range cells {
		ran[name] = func(t *testing.T) {
			if !strings.Contains(string(out), "--- PASS: "+t.Name()+" ") {
				t.Error("it failed: see above")
			}
		}
	}
	runCells(t, ran)
	return true
}

// fill leaves no byte of room; free gives it back.
func (d *disk) fill() {
	d.t.Helper()
	f, err := os.Create(d.filler())
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<16); len(block) > 0; {
		_, err := f.Write(block)
		if errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *disk) free() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) filler() string { return filepath.Join(d.dir, "filler") }

var diskCells = []string{"disco_com_espaco", "disco_cheio", "morta_com_disco_cheio"}

// diskCallers is how many tell a story in each cell of TestFaultDisk.
const diskCallers = 8

// TestFaultDisk fills the disk under an embedded database and its attachments, while callers work. What was acknowledged
// is there; who is not told so is told indisponivel; and when there is room again all goes on by itself.
func TestFaultDisk(t *testing.T) {
	if apart(t, diskCells) {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	d := newDisk(t)
	l := &load{site: newSite(t, "sqlite:"+filepath.Join(d.dir, "ponte.db"), 1, released, "PONTE_TEST_LEASE=2s", "PONTE_TEST_POLL=200ms")}
	l.blobs = "file://" + filepath.Join(d.dir, "anexos")
	l.env = append(l.env, "PONTE_BLOB_URL="+l.blobs)
	if err := l.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	f := &files{load: l, sums: map[string]bool{}}
	full := func(t *testing.T, meanwhile, then func()) {
		l.round(ctx, t, diskCallers, func() {
			if err := l.delivered(ctx, t, 6); err != nil || l.silent() {
				t.Fatalf("there is no load: %v", err)
			}
			d.fill()
			f.refusedWhenFull(ctx, t)
			meanwhile()
			d.free()
			then()
		}, someDoubt()...)
		f.attach(ctx, t, 200_000)
		f.whole(t, strings.TrimPrefix(l.blobs, "file://"))
	}
	runCells(t, map[string]func(*testing.T){
		"disco_com_espaco": func(t *testing.T) { f.attach(ctx, t, 100_000); f.whole(t, strings.TrimPrefix(l.blobs, "file://")) },
		"disco_cheio":      func(t *testing.T) { full(t, func() {}, func() {}) },
		"morta_com_disco_cheio": func(t *testing.T) {
			full(t, func() {
				if _, err := l.running[0].end(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				l.down(0)
			}, func() {
				if err := l.serve(ctx, 0, ""); err != nil {
					t.Fatal(err)
				}
			})
		},
	})
}

// files are the attachments that were acknowledged.
type files struct {
	*load
	number int64
	sums   map[string]bool
}

// attach sends one file until it is acknowledged.
func (f *files) attach(ctx context.Context, t *testing.T, size int) {
	t.Helper()
	content, body := f.photo(t, size)
	a, err := f.call(ctx, deskToken, http.MethodPost, fmt.Sprintf("/ocorrencias/%d/anexos", f.occurrence(ctx, t)), body)
	if err != nil || a.status != http.StatusCreated {
		t.Fatalf("%s %v", a, err)
	}
	sum := sha256.Sum256(content)
	f.sums[hex.EncodeToString(sum[:])] = true
}

func (f *files) photo(t *testing.T, size int) (content []byte, body string) {
	t.Helper()
	content = append([]byte("\xff\xd8\xff"), make([]byte, size)...)
	for i := 3; i < len(content); i++ {
		content[i] = byte(rand.IntN(256))
	}
	text, err := json.Marshal(map[string]string{"nome": "foto.jpg", "conteudo": base64.StdEncoding.EncodeToString(content), "id_externo": fmt.Sprintf("foto-%x", rand.Uint64())})
	if err != nil {
		t.Fatal(err)
	}
	return content, string(text)
}

// occurrence is where the files go.
func (f *files) occurrence(ctx context.Context, t *testing.T) int64 {
	t.Helper()
	if f.number == 0 {
		a, err := f.call(ctx, deskToken, http.MethodPost, "/ocorrencias", `{"cod_projeto": "AUR-A-101", "bloqueio_incluir_cliente": "T", "descricao": "com fotos"}`)
		var o occurrence
		if err != nil || json.Unmarshal(a.body, &o) != nil || o.Number == 0 {
			t.Fatalf("%s %v", a, err)
		}
		f.number = o.Number
	}
	return f.number
}

// refusedWhenFull calls, once each way, until the disk was felt: nothing may be refused in another way than indisponivel.
func (f *files) refusedWhenFull(ctx context.Context, t *testing.T) {
	t.Helper()
	var all sync.WaitGroup
	for what, size := range map[string]int{"anexos": 2_000_000, "comentarios": 0} {
		all.Go(func() {
			err := poll(ctx, func() (bool, error) {
				body := fmt.Sprintf(`{"id_externo": "cheio-%x", "comentario": "com o disco cheio %s"}`, rand.Uint64(), strings.Repeat("x", 3000))
				if size > 0 {
					_, body = f.photo(t, size)
				}
				a, err := web.do(ctx, http.MethodPost, f.serving[0]+fmt.Sprintf("%s/ocorrencias/%d/%s", rest, f.number, what), deskToken, body)
				switch {
				case err != nil:
					return false, err
				case a.status/100 == 2:
					return false, nil // there was still room somewhere in the log
				case a.status != http.StatusServiceUnavailable || !strings.Contains(string(a.body), `"indisponivel"`):
					return false, fmt.Errorf("%s: %s, want indisponivel", what, a)
				}
				return true, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// whole sees that each attachment that was acknowledged lies there with its bytes.
func (f *files) whole(t *testing.T, dir string) {
	t.Helper()
	there := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		sum := sha256.New()
		_, err = io.Copy(sum, file)
		there[hex.EncodeToString(sum.Sum(nil))] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for sum := range f.sums {
		if !there[sum] {
			t.Errorf("an attachment that was acknowledged is not there: %s", sum)
		}
	}
}
