package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// starts is how often a start is measured; the median counts.
const starts = 7

// processes measures the built binary from the outside: how soon it is ready, and what it holds while idle.
func processes(ctx context.Context, t *table, binary, dir string) error {
	t.section("the built binary")
	t.bars = true
	serve := []string{"serve", "--addr", "", "--database-url", "sqlite:" + filepath.Join(dir, "serve.db"), "--secret-key", "a secret of the benchmark"}
	demo := []string{"demo", "--addr", "", "--sandbox-addr", "127.0.0.1:0", "--data", filepath.Join(dir, "demo")}
	for _, c := range []struct {
		name string
		args []string
		rss  int // MB
	}{{"serve", serve, 60}, {"demo with the sandbox", demo, 80}} {
		first, _, err := start(ctx, binary, c.args)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		ready := make(times, starts)
		var rss int
		for i := range starts {
			if ready[i], rss, err = start(ctx, binary, c.args); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		t.row(c.name+" ready, existing data (new data "+millis(first)+")", millis(ready.at(.5)), "", "", "< 500 ms", ready.at(.5) < 500*time.Millisecond)
		t.row(c.name+" idle memory (RSS)", fmt.Sprintf("%d MB", rss), "", "", fmt.Sprintf("< %d MB", c.rss), rss < c.rss)
	}
	return nil
}

// start runs the binary until it is ready, and answers how long that took and what it held a moment later.
func start(ctx context.Context, binary string, args []string) (time.Duration, int, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return 0, 0, err
	}
	args = append([]string{"--log-level", "warn"}, args...)
	for i, a := range args {
		if a == "" {
			args[i] = addr
		}
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stderr = &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ready := time.Duration(0)
	for deadline := began.Add(20 * time.Second); ready == 0; {
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return 0, 0, fmt.Errorf("not ready in time: %s", said.String())
		}
		if res, err := http.Get("http://" + addr + "/readyz"); err == nil { //nolint:noctx // bounded by the loop
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				ready = time.Since(began)
			}
		}
		if ready == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	time.Sleep(2 * time.Second) // idle
	rss, err := residentMB(cmd.Process.Pid)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if werr := cmd.Wait(); err == nil && werr != nil {
		err = fmt.Errorf("%w: %s", werr, said.String())
	}
	return ready, rss, err
}

func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// residentMB reads what Linux says a process holds.
func residentMB(pid int) (int, error) { return memory(pid, "VmRSS:") }

// cpuTime is what a process has taken of the processors so far, in user and system mode: beside others' work on the machine
// it tells more than the clock.
func cpuTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	const user, perSecond = 11, 100 // behind the name in brackets; Linux counts hundredths for everybody
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) <= user+1 {
		return 0, fmt.Errorf("stat of process %d: %s", pid, b)
	}
	var ticks int
	for _, field := range fields[user : user+2] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / perSecond, nil
}

// memory is one of the figures that Linux knows of a process, in MB.
func memory(pid int, of string) (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, of); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			return kb >> 10, err
		}
	}
	return 0, fmt.Errorf("no %s for process %d", of, pid)
}
