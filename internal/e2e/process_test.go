package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for a single thing. Nothing is asserted about how long it took.
const patience = 30 * time.Second

// process is one run of the binary.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed once it has ended

	mu      sync.Mutex
	partial []byte
	tail    []string          // its latest lines, for whoever has to find out why
	errors  []string          // what it logged as an error
	urls    map[string]string // where it listens, by name, as it said itself
	missing []string          // names it has not said yet
	known   chan struct{}     // closed once none is missing
}

// The names under which a process says where it listens.
const (
	ponteURL   = "Ponte"
	sandboxURL = "Sandbox"
)

// announced finds an address in a line: demo and sandbox print theirs, serve logs it; the last is a field tool's, PHP's
// or another's.
var announced = regexp.MustCompile(`^(Ponte|Sandbox) +(http://\S+)|"msg":"ready","addr":"([^"]+)"|(?:Development Server \(|^Fieldkit )(http://[0-9.:]+)`)

// run starts a process that will say where the names listen. Nothing of this process's PONTE_* reaches it.
func run(path, dir string, env, args []string, names ...string) (*process, error) {
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = dir, append(cleanEnv(), env...)
	return begin(cmd, names...)
}

// begin starts what was made ready.
func begin(cmd *exec.Cmd, names ...string) (*process, error) {
	p := &process{cmd: cmd, exited: make(chan struct{}), urls: map[string]string{}, missing: names, known: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // what it means is in ProcessState
		close(p.exited)
	}()
	return p, nil
}

func cleanEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PONTE_") })
}

const tailLines = 60

// Write takes what the process prints.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.partial = append(p.partial, b...)
	for {
		line, rest, whole := bytes.Cut(p.partial, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		p.take(string(line))
		p.partial = rest
	}
}

func (p *process) take(line string) {
	p.tail = append(p.tail, line)
	if len(p.tail) > tailLines {
		p.tail = p.tail[1:]
	}
	if strings.Contains(line, `"level":"ERROR"`) {
		p.errors = append(p.errors, line)
	}
	m := announced.FindStringSubmatch(line)
	if m == nil {
		return
	}
	name, url := m[1], m[2]
	switch {
	case m[3] != "":
		name, url = ponteURL, "http://"+m[3]
	case m[4] != "":
		name, url = sandboxURL, m[4]
	}
	p.urls[name] = url
	if i := slices.Index(p.missing, name); i >= 0 {
		if p.missing = slices.Delete(slices.Clone(p.missing), i, i+1); len(p.missing) == 0 {
			close(p.known)
		}
	}
}

func (p *process) url(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.urls[name]
}

// said is the end of what it printed.
func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail, "\n")
}

// complained is what it logged as errors so far.
func (p *process) complained() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.errors)
}

var errEnded = errors.New("the process ended")

// ready waits until the process listens and says that it can serve.
func (p *process) ready(ctx context.Context) error {
	select {
	case <-p.known:
	case <-p.exited:
		return errEnded
	case <-ctx.Done():
		return fmt.Errorf("it never said where it listens: %w", ctx.Err())
	}
	for name, path := range map[string]string{ponteURL: "/readyz", sandboxURL: "/healthz"} {
		url := p.url(name)
		if url == "" {
			continue
		}
		err := poll(ctx, func() (bool, error) {
			select {
			case <-p.exited:
				return false, errEnded
			default:
			}
			a, err := web.do(ctx, http.MethodGet, url+path, "", "")
			return err == nil && a.status == http.StatusOK, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// end sends a signal and waits for the end. The exit code is -1 where a signal ended it.
func (p *process) end(s syscall.Signal) (code int, err error) {
	_ = p.cmd.Process.Signal(s) // it may have ended by itself
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.exited
		return -1, fmt.Errorf("still there %s after %s", patience, s)
	}
}

// killed says whether SIGKILL ended it: its own at a crash point, or ours.
func (p *process) killed() bool {
	w, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && w.Signaled() && w.Signal() == syscall.SIGKILL
}

// launch starts a process for a test, ready, and ends it with the test.
func launch(t testing.TB, path string, env, args []string, names ...string) *process {
	t.Helper()
	p, err := run(path, t.TempDir(), env, args, names...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = p.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("%s said at the end:\n%s", strings.Join(args, " "), p.said())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.ready(ctx); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, p.said())
	}
	return p
}

// pause spares the machine between two questions; nothing depends on it.
const pause = 40 * time.Millisecond

// poll asks again until the answer is yes, an error, or the context ends.
func poll(ctx context.Context, ask func() (bool, error)) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
