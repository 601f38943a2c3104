package letter_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/letter"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

func (h *house) refuses(code int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuse = nil
	if code != 0 {
		h.refuse = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 2, 1}, Message: "not now"}
	}
}

func (h *house) last() flow.LetterFact {
	h.t.Helper()
	l, err := h.ListLetters(h.t.Context(), flowtest.Admin(), flow.LettersQuery{Most: 1})
	h.must(err)
	return l.Lines[0]
}

// TestRefusals: what may be taken another time is tried again, later and later, for two days; what is refused for good is not,
// and can be sent anew once somebody has mended the address.
func TestRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		ctx, a := t.Context(), flowtest.Attendant()
		h.refuses(451)
		h.open(flow.OpenInput{})
		if got := h.send(); len(got) != 0 {
			t.Fatal("the server took it")
		}
		h.pass(20 * time.Second)
		h.send()
		if l := h.last(); l.State != desk.LetterQueued || l.Attempts != 1 || l.Code != 451 || l.Reason != desk.LetterServerRefused {
			t.Errorf("%+v", l)
		}
		h.refuses(0)
		h.pass(11 * time.Second)
		if got := h.send(); len(got) != 1 || h.last().State != desk.LetterSent || h.last().Attempts != 2 {
			t.Errorf("%d went, %+v", len(got), h.last())
		}
		h.refuses(451)
		h.open(flow.OpenInput{})
		for range 50 {
			h.send()
			h.pass(time.Hour)
		}
		if l := h.last(); l.State != desk.LetterFailed || l.Attempts < 15 || l.Attempts > 25 || !l.Again {
			t.Errorf("after two days: %+v", l)
		}

		h.refuses(550)
		n := h.open(flow.OpenInput{})
		h.send()
		bad := h.last()
		if bad.State != desk.LetterFailed || bad.Attempts != 1 || bad.Code != 550 || !bad.Again || h.sealed() != 0 {
			t.Errorf("%+v", bad)
		}
		h.refuses(0)
		if err := h.SendAgain(ctx, flowtest.Admin(), n+1, bad.ID); err == nil {
			t.Error("of another occurrence, it went")
		}
		h.must(h.SendAgain(ctx, a, n, bad.ID))
		if err := h.SendAgain(ctx, a, n, bad.ID); err == nil {
			t.Error("it was written anew twice")
		}
		if got := h.send(); len(got) != 1 {
			t.Errorf("%d went", len(got))
		}
		if counts, err := h.CountLetters(ctx); err != nil || counts[desk.LetterFailed] != 2 || counts[desk.LetterQueued] != 0 {
			t.Errorf("%v, %v", counts, err)
		}
		if forgot, err := h.ForgetLetters(ctx, 30); err != nil || forgot != 0 {
			t.Errorf("%d forgotten, %v", forgot, err)
		}
		h.pass(31 * 24 * time.Hour)
		if forgot, err := h.ForgetLetters(ctx, 30); err != nil || forgot != 4 {
			t.Errorf("%d forgotten, %v", forgot, err)
		}
	})
}

// TestAProcessThatDiesAmidSending is followed by another one, which sends the letter once more under the same id; and when it
// comes back after all, it has nothing more to say. Nothing is sent a third time.
func TestAProcessThatDiesAmidSending(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		gone, sent := make(chan struct{}), make(chan struct{})
		dies := h.sender("zero", func(o *letter.Options) {
			o.Sent = func() { close(sent); <-gone }
		})
		h.open(flow.OpenInput{})
		back := make(chan error, 1)
		go func() { back <- dies.Once(context.WithoutCancel(t.Context())) }()
		<-sent
		first := <-h.server.Letters
		if got := h.send(); len(got) != 0 {
			t.Error("another process sent what was under way")
		}
		h.pass(2 * time.Minute) // the lease of the work is over, that of the letter is not
		if got := h.send(); len(got) != 0 {
			t.Error("another process sent what may be under way")
		}
		h.pass(4 * time.Minute)
		again := h.send()
		if len(again) != 1 || messageID(t, again[0].Raw) != messageID(t, first.Raw) {
			t.Fatalf("%d went again", len(again))
		}
		close(gone)
		h.must(<-back)
		h.pass(time.Hour)
		if got := h.send(); len(got) != 0 || h.last().State != desk.LetterSent || h.last().Attempts != 2 {
			t.Errorf("%d went, %+v", len(got), h.last())
		}
	})
}

func messageID(t *testing.T, raw []byte) string {
	t.Helper()
	_, rest, ok := strings.Cut(string(raw), "Message-ID: ")
	if !ok {
		t.Fatalf("%s", raw)
	}
	id, _, _ := strings.Cut(rest, "\r\n")
	return id
}

// TestSeveralProcessesSendOnce, however they meet; and the control: what is put back while it is sent goes twice, and the test
// sees it.
func TestSeveralProcessesSendOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		var mu sync.Mutex
		sent := map[string]int{}
		counting := func(o *letter.Options) {
			o.Lease = time.Nanosecond // each takes the work over from the other all the time
			o.Send = func(_ context.Context, l desk.Letter) flow.LetterOutcome {
				mu.Lock()
				defer mu.Unlock()
				sent[l.ID]++
				return flow.LetterOutcome{Taken: true}
			}
		}
		const many = 30
		for range many {
			h.open(flow.OpenInput{})
		}
		var work sync.WaitGroup
		for _, name := range []string{"um", "dois", "três"} {
			w := h.sender(name, counting)
			work.Go(func() {
				for range 40 {
					h.pass(time.Second)
					if err := w.Once(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
		twice := func() (n int) {
			for _, k := range sent {
				if k > 1 {
					n++
				}
			}
			return n
		}
		if len(sent) != many || twice() != 0 {
			t.Errorf("%d of %d sent, %d of them twice", len(sent), many, twice())
		}
		h.open(flow.OpenInput{})
		id := h.last().ID
		forgetful := h.sender("quatro", counting)
		one := forgetful.Send
		forgetful.Send = func(ctx context.Context, l desk.Letter) flow.LetterOutcome {
			out := one(ctx, l)
			h.must(s.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
				_, err := tx.RetryLetter(context.Background(), db.RetryLetterParams{ID: l.ID, Attempts: int64(sent[l.ID])})
				return err
			}))
			return out
		}
		h.pass(time.Hour)
		h.must(forgetful.Once(t.Context()))
		h.pass(time.Hour)
		h.must(forgetful.Once(t.Context()))
		if sent[id] < 2 {
			t.Errorf("the control went %d times", sent[id])
		}
	})
}

// TestWithoutAMailServer letters wait for a process that has one; where there can be none, as in a demo, each says that it was
// not sent.
func TestWithoutAMailServer(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	h.open(flow.OpenInput{})
	without := func(o *letter.Options) { o.Send = nil }
	ctx, end := context.WithCancel(t.Context())
	end()
	h.sender("outro", without).Run(ctx)
	if got := h.letters(); !slices.Equal(got, []string{"protocolo fila"}) {
		t.Errorf("%q", got)
	}
	h.must(h.sender("demo", func(o *letter.Options) { without(o); o.Alone = true }).Once(t.Context()))
	if got := h.letters(); !slices.Equal(got, []string{"protocolo falhou sem_servidor"}) {
		t.Errorf("%q", got)
	}
}
