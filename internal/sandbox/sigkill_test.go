package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// TestMain also is the child that TestSIGKILL kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SANDBOX_CHILD"); dir != "" {
		child(dir)
		return
	}
	os.Exit(m.Run())
}

func child(dir string) {
	s, err := Open(Options{Dir: dir, Token: token, epoch: "c0ffee"})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var all sync.WaitGroup
	for c := range 16 {
		all.Go(func() {
			for i := 0; ; i++ {
				q := &request{}
				q.parse(fmt.Appendf(nil, `{"idUnidade":"U","desSolicitacao":"d","idLegado":"%d.%d"}`, c, i))
				out, err := s.openOrder(q)
				if err != nil {
					os.Exit(1)
				}
				raw, _ := plainJSON(out)
				_, _ = os.Stdout.Write(append(raw, '\n')) // the acknowledgement
			}
		})
	}
	all.Wait()
}

// A process that is killed while it works has kept everything that it acknowledged.
func TestSIGKILL(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SANDBOX_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	if _, err := io.CopyN(&seen, out, 32<<10); err != nil {
		t.Fatalf("%v: %s", err, seen.String())
	}
	cmd.Process.Kill()
	io.Copy(&seen, out)
	cmd.Wait()
	r := serve(t, open(t, dir))
	kept := map[string]bool{}
	for _, o := range r.orders() {
		kept[o.IDMobuss] = true
	}
	lines := strings.Split(seen.String(), "\n")
	for _, line := range lines[:len(lines)-1] {
		ack := decode[orderView](t, reply{raw: line})
		if !kept[ack.IDMobuss] {
			t.Errorf("%s was acknowledged and is lost", ack.IDMobuss)
		}
	}
	t.Logf("%d acknowledged, %d kept", len(lines)-1, len(kept))
}
