package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"
)

// serve runs Ponte number i and tells everybody of it. At dies there by itself (PONTE_CRASH_AT), maybe before it is
// ready.
func (s *site) serve(ctx context.Context, i int, at string) error {
	var env []string
	if at != "" {
		env = append(env, "PONTE_CRASH_AT="+at)
	}
	addr := "127.0.0.1:0"
	if s.addrs != nil {
		addr = s.addrs[i]
	}
	p, err := run(s.path, s.dir, slices.Concat(env, s.env, s.own[i]), []string{"serve", "--addr=" + addr}, ponteURL)
	if err != nil {
		return err
	}
	s.t.Cleanup(func() { _, _ = p.end(syscall.SIGKILL) })
	s.running[i] = p
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = p.ready(bounded)
	if errors.Is(err, errEnded) && at != "" && p.killed() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ponte serve: %w\n%s", err, p.said())
	}
	return s.up(ctx, i, p.url(ponteURL))
}

// atRandom is a kill at no point in particular.
const atRandom = "em_momento_qualquer"

// turn kills Ponte number i where it is said and puts another in its place; it answers where it was killed. For a named
// point it is first stopped as an administrator would, in the middle of its work.
func (s *site) turn(ctx context.Context, where string, i int) (string, error) {
	if where != atRandom {
		if err := s.terminate(i); err != nil {
			return "", err
		}
		if err := s.serve(ctx, i, fmt.Sprintf("%s:%d", where, 1+rand.IntN(8))); err != nil {
			return "", err
		}
	}
	p := s.running[i]
	wait := time.NewTimer(time.Duration(20+rand.IntN(400)) * time.Millisecond)
	if where != atRandom {
		wait.Reset(10 * time.Second) // until it has passed the point often enough
	}
	defer wait.Stop()
	select {
	case <-p.exited:
	case <-wait.C:
		where = atRandom
		if _, err := p.end(syscall.SIGKILL); err != nil {
			return "", err
		}
	}
	s.down(i)
	if !p.killed() {
		return "", fmt.Errorf("it ended by itself: %s\n%s", p.cmd.ProcessState, p.said())
	}
	return where, s.serve(ctx, i, "")
}

// terminate stops Ponte number i as an administrator would.
func (s *site) terminate(i int) error {
	p := s.running[i]
	code, err := p.end(syscall.SIGTERM)
	s.down(i)
	if err == nil && code != 0 {
		err = fmt.Errorf("exit code %d", code)
	}
	if err != nil {
		return fmt.Errorf("SIGTERM: %w\n%s", err, p.said())
	}
	return nil
}
