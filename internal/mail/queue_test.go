package mail_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mail"
)

// post is a queue in front of a server that the test plays.
type post struct {
	*mail.Queue
	log   strings.Builder
	mu    sync.Mutex
	sends []time.Duration // since the beginning
}

// log lines come from several letters at once
func (p *post) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func newPost(server func(try int) error) *post {
	p, began := &post{}, time.Now()
	p.Queue = mail.NewQueue(func(context.Context, desk.Letter) error {
		p.mu.Lock()
		p.sends = append(p.sends, time.Since(began))
		n := len(p.sends)
		p.mu.Unlock()
		return server(n)
	}, slog.New(slog.NewTextHandler(p, nil)))
	return p
}

func written(context.Context) (*desk.Letter, error) { l := letter; return &l, nil }

func (p *post) says(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range want {
		if !strings.Contains(p.log.String(), w) {
			t.Errorf("the log does not say %q:\n%s", w, p.log.String())
		}
	}
	for _, told := range []string{letter.To, "exemplo", "Olá", letter.Subject} {
		if strings.Contains(p.log.String(), told) {
			t.Errorf("the log tells %q:\n%s", told, p.log.String())
		}
	}
}

func TestATemporaryRefusalIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrote := 0
		p := newPost(func(try int) error {
			if try < 3 {
				return &mail.Failure{Step: "send", Code: 451}
			}
			return nil
		})
		if !p.Post(func(ctx context.Context) (*desk.Letter, error) { wrote++; return written(ctx) }) {
			t.Fatal("not taken")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(p.sends) != 3 || p.sends[0] != 0 || p.sends[1] != 5*time.Second || p.sends[2] != 35*time.Second {
			t.Errorf("sent at %v", p.sends)
		}
		if wrote != 1 {
			t.Errorf("written %d times: each would hold another key", wrote)
		}
		p.says(t, "tried again", "451")
		p.Close(t.Context())
	})
}

func TestALetterIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		tries int
	}{"never taken": {&mail.Failure{Step: "connect"}, mail.Tries}, "refused for good": {&mail.Failure{Step: "send", Code: 550, Final: true}, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPost(func(int) error { return c.err })
				p.Post(written)
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				if len(p.sends) != c.tries {
					t.Errorf("%d tries", len(p.sends))
				}
				p.says(t, "given up")
				p.Close(t.Context())
			})
		})
	}
}

func TestWhatCantBeWrittenYetIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, tries := newPost(func(int) error { return nil }), 0
		p.Post(func(ctx context.Context) (*desk.Letter, error) {
			if tries++; tries == 1 {
				return nil, errors.New("the database is away")
			}
			return written(ctx)
		})
		p.Post(func(context.Context) (*desk.Letter, error) { return nil, nil }) //nolint:nilnil // there is nothing to send
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(p.sends) != 1 || tries != 2 {
			t.Errorf("%d letters after %d tries", len(p.sends), tries)
		}
		p.Close(t.Context())
	})
}

// TestPostNeverWaits: neither for the server nor for the letter to be written; what is too much is refused.
func TestPostNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var began atomic.Int64
		gate := make(chan struct{})
		p := newPost(func(int) error { return nil })
		slow := func(ctx context.Context) (*desk.Letter, error) { began.Add(1); <-gate; return written(ctx) }
		for i := range mail.MaxLetters {
			if !p.Post(slow) {
				t.Fatalf("letter %d was refused", i)
			}
		}
		if p.Post(slow) {
			t.Error("there is no limit")
		}
		synctest.Wait()
		if n := began.Load(); n == 0 || n > 8 {
			t.Errorf("%d are written at a time", n)
		}
		close(gate)
		synctest.Wait()
		if len(p.sends) != mail.MaxLetters {
			t.Errorf("%d were sent", len(p.sends))
		}
		if !p.Post(written) {
			t.Error("full for ever")
		}
		synctest.Wait()
		p.says(t, "the queue is full")
		p.Close(t.Context())
	})
}

// TestCloseDrains: what waits for another try gets it at once, and nothing new is taken.
func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(func(try int) error {
			if try <= 2 {
				return &mail.Failure{Step: "connect"}
			}
			return nil
		})
		p.Post(written)
		p.Post(written)
		synctest.Wait()
		before := time.Now()
		p.Close(t.Context())
		if len(p.sends) != 4 || !time.Now().Equal(before) {
			t.Errorf("%d tries; it took %v", len(p.sends), time.Since(before))
		}
		if p.Post(written) {
			t.Error("a closed queue takes letters")
		}
		p.Close(t.Context())
	})
}

// TestCloseDropsWhatTakesTooLong, and says how much that was.
func TestCloseDropsWhatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		p := newPost(func(int) error { <-gate; return nil })
		for range 6 {
			p.Post(written)
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		p.Close(ctx)
		p.says(t, "letters were dropped", "letters=6")
		close(gate)
		synctest.Wait()
	})
}
