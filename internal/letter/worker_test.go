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
		h.visit(n, 40, time.Hour, "agendada")
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
		h.pass(9 * time.Minute)
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
	if n, err := h.ExpireLetters(t.Context()); err != nil || n != 0 || !slices.Equal(h.letters(), []string{"protocolo fila"}) {
		t.Errorf("%d %v %q", n, err, h.letters())
	}
	h.pass(49 * time.Hour)
	if n, err := h.ExpireLetters(t.Context()); err != nil || n != 1 || !slices.Equal(h.letters(), []string{"protocolo dispensada passou_do_prazo"}) || h.sealed() != 0 {
		t.Errorf("after two days: %d %v %q", n, err, h.letters())
	}
	h.open(flow.OpenInput{})
	h.must(h.sender("demo", func(o *letter.Options) { without(o); o.Alone = true }).Once(t.Context()))
	if got := h.letters(); got[1] != "protocolo falhou sem_servidor" {
		t.Errorf("%q", got)
	}
}

// TestAnAnswerThatNobodyHeard: a letter that the server may have is given to it once more, and no third time.
func TestAnAnswerThatNobodyHeard(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	for _, c := range []struct {
		answers []flow.LetterOutcome // one after the other; the last one goes on
		sent    int
		want    string
	}{
		{[]flow.LetterOutcome{{Unknown: true}}, 2, "protocolo falhou talvez_enviada"},
		{[]flow.LetterOutcome{{Unknown: true}, {Retry: true, Reason: desk.LetterServerAway}, {Unknown: true}}, 3, "protocolo falhou talvez_enviada"},
		{[]flow.LetterOutcome{{Unknown: true}, {Taken: true}}, 2, "protocolo enviada"},
		{[]flow.LetterOutcome{{Retry: true, Reason: desk.LetterServerAway}}, 20, "protocolo falhou correio"}, // the control: nobody had it
	} {
		sent := 0
		k := h.sender("um", func(o *letter.Options) {
			o.Send = func(context.Context, desk.Letter) flow.LetterOutcome {
				sent++
				return c.answers[min(sent, len(c.answers))-1]
			}
		})
		h.open(flow.OpenInput{})
		for range 60 {
			h.must(k.Once(t.Context()))
			h.pass(time.Hour)
		}
		if all := h.letters(); all[len(all)-1] != c.want || sent != c.sent && !(c.sent == 20 && sent > 15) {
			t.Errorf("%v: sent %d times, %s", c.answers, sent, all[len(all)-1])
		}
	}
}

// TestDroppedWhileItLeaves: what was to go no further and had gone is told as sent; what had not is not.
func TestDroppedWhileItLeaves(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	ctx, a := t.Context(), flowtest.Attendant()
	right, err := h.Search(ctx, a, "AUR-A-102", 1)
	h.must(err)
	for _, c := range []struct {
		out  flow.LetterOutcome
		want string
	}{{flow.LetterOutcome{Taken: true}, "protocolo enviada cliente_corrigido"}, {flow.LetterOutcome{Retry: true}, "protocolo dispensada cliente_corrigido"}} {
		n := h.open(flow.OpenInput{})
		k := h.sender("um", func(o *letter.Options) {
			first := true
			o.Send = func(context.Context, desk.Letter) flow.LetterOutcome {
				if !first {
					return flow.LetterOutcome{Taken: true}
				}
				first = false
				h.must(h.Correct(ctx, a, flow.CorrectInput{Number: n, Unit: right.People[0].UnitID, Customer: right.People[0].CustomerID, Way: desk.CorrectHere}))
				return c.out
			}
		})
		h.pass(time.Hour)
		h.must(k.Once(ctx))
		h.pass(time.Hour)
		h.must(k.Once(ctx))
		if all := h.letters(); all[len(all)-2] != c.want || all[len(all)-1] != "protocolo enviada" {
			t.Errorf("%+v: %q", c.out, all)
		}
	}
}

// TestSettledSinceItWasRead, on a database where a transaction sees what others commit meanwhile: a letter that was read as waiting,
// and dropped before it was marked, is not sent. The control is one that nobody touched.
func TestSettledSinceItWasRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		ctx := t.Context()
		try := func(meanwhile func()) (n int64) {
			h.open(flow.OpenInput{})
			id := h.last().ID
			h.must(s.Write(ctx, func(tx *store.Tx) error {
				row, err := tx.Letter(ctx, id)
				if err != nil {
					return err
				}
				if s.Dialect() == store.Postgres {
					meanwhile()
				} else { // where there is one writer, it comes before
					_, err = tx.DropLettersOfOccurrence(ctx, db.DropLettersOfOccurrenceParams{OccurrenceID: row.OccurrenceID, SettledAt: store.Null(1), ReasonCode: "x"})
				}
				if err == nil {
					n, err = tx.TryLetter(ctx, db.TryLetterParams{ID: id, TriedAt: store.Null(1), DueAt: 1, Attempts: row.Attempts})
				}
				return err
			}))
			return n
		}
		drop := func() {
			number := h.last().Number
			h.must(s.Write(ctx, func(tx *store.Tx) error {
				o, err := tx.OccurrenceByNumber(ctx, number)
				if err == nil {
					_, err = tx.DropLettersOfOccurrence(ctx, db.DropLettersOfOccurrenceParams{OccurrenceID: store.Null(o.ID), SettledAt: store.Null(1), ReasonCode: "x"})
				}
				return err
			}))
		}
		if n := try(drop); n != 0 || h.last().State != desk.LetterDropped {
			t.Errorf("%d rows are marked as being sent: %+v", n, h.last())
		}
		if s.Dialect() == store.Postgres {
			if n := try(func() {}); n != 1 || h.last().State != desk.LetterSending {
				t.Errorf("the control: %d rows, %+v", n, h.last())
			}
		}
	})
}
