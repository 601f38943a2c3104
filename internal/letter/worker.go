package letter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

// Options of a worker.
type Options struct {
	Flow  *flow.Flow
	Owner string // tells processes apart
	Log   *slog.Logger
	Words *i18n.Catalogues
	// Send hands a letter to the mail server; nil: this process has none. Then it leaves letters to a process that has one,
	// unless Alone says that there is no other: they are settled as not sent.
	Send  func(context.Context, desk.Letter) flow.LetterOutcome
	Alone bool
	// From is the sender's own address.
	From string
	// Sent marks that a letter left and that this is not written yet, for the crash tests.
	Sent func()
	// Poll is how often it looks without being woken; 0: 30 s.
	Poll time.Duration
	// Lease is how long nobody takes over from this process without a sign of life; 0: three times Poll.
	Lease time.Duration
}

// Worker sends letters.
type Worker struct {
	Options
	wake  chan struct{}
	round *flow.LetterRound
}

// New makes one; Run works.
func New(o Options) *Worker {
	if o.Poll == 0 {
		o.Poll = 30 * time.Second
	}
	if o.Lease == 0 {
		o.Lease = 3 * o.Poll
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Sent == nil {
		o.Sent = func() {}
	}
	return &Worker{Options: o, wake: make(chan struct{}, 1)}
}

// Wake tells it that a letter waits. It never blocks.
func (k *Worker) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (k *Worker) Run(ctx context.Context) {
	if k.Send == nil && !k.Alone {
		return
	}
	for {
		wait := k.Poll
		if err := k.Once(ctx); err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "letters", "error", err)
		} else if k.round != nil {
			wait = k.untilDue(ctx)
		}
		select {
		case <-ctx.Done():
			k.leave(ctx)
			return
		case <-k.wake:
		case <-time.After(wait):
		}
	}
}

// untilDue is Poll, or less where a letter is to be sent before.
func (k *Worker) untilDue(ctx context.Context) time.Duration {
	in, waits, err := k.round.NextDue(ctx)
	if err != nil || !waits {
		return k.Poll
	}
	return min(k.Poll, max(in, 100*time.Millisecond))
}

func (k *Worker) leave(ctx context.Context) {
	if k.round == nil {
		return
	}
	if err := k.round.Leave(ctx); err != nil {
		k.Log.WarnContext(ctx, "letters: the lease was not given back", "error", err)
	}
}

// together is how many conversations with the mail server go on at a time.
const together = 4

// Once sends what is due, where it is the one of all that may, until nothing is.
func (k *Worker) Once(ctx context.Context) error {
	if k.round == nil {
		round, err := k.Flow.TakeLetters(ctx, k.Owner, k.Lease)
		if err != nil || round == nil {
			return err
		}
		k.round = round
	}
	for ctx.Err() == nil {
		jobs, more, err := k.round.Due(ctx, together)
		if errors.Is(err, flow.ErrNoLease) {
			k.round = nil
			return nil
		}
		if err != nil {
			return err
		}
		failed := make([]error, len(jobs))
		var work sync.WaitGroup
		for i, j := range jobs {
			work.Go(func() { failed[i] = k.one(ctx, j) })
		}
		work.Wait()
		if err := errors.Join(failed...); err != nil || !more {
			return err
		}
	}
	return nil
}

// one sends a letter. Log lines name neither whom it is for nor what it says. A process that is asked to end finishes the
// conversation that it is in.
func (k *Worker) one(ctx context.Context, j flow.LetterJob) error {
	out := flow.LetterOutcome{Reason: desk.LetterNoServer}
	if k.Send != nil {
		l := Compose(k.Words, j, k.From)
		var told bool
		if out, told = k.hand(ctx, l); !told {
			return nil // the process ends, and so does not know: another one sends it once more
		}
		sum := sha256.Sum256([]byte(l.To + "\x00" + l.Subject + "\x00" + l.Text))
		out.Print = hex.EncodeToString(sum[:])
		k.Sent()
	}
	if !out.Taken {
		k.Log.WarnContext(ctx, "letters: a letter was not taken", "letter", j.ID, "kind", j.Kind, "attempt", j.Attempts, "retry", out.Retry,
			"reason", out.Reason, "status", out.Code)
	}
	return k.settle(ctx, j, out)
}

// grace is how long a process that is asked to end waits for the mail server's answer.
const grace = 10 * time.Second

// hand hands a letter to the mail server. A process that is asked to end goes on with the conversation that it is in, for a while:
// false, if it never heard.
func (k *Worker) hand(ctx context.Context, l desk.Letter) (flow.LetterOutcome, bool) {
	done := make(chan flow.LetterOutcome, 1)
	go func() {
		reach, end := context.WithTimeout(context.WithoutCancel(ctx), flow.LetterReach)
		defer end()
		done <- k.Send(reach, l)
	}()
	select {
	case out := <-done:
		return out, true
	case <-ctx.Done():
	}
	select {
	case out := <-done:
		return out, true
	case <-time.After(grace):
		return flow.LetterOutcome{}, false
	}
}

// settle writes what became of a letter, and again where the database is away for a moment: what is not written down is sent again.
// A process that is asked to end waits for the database no longer.
func (k *Worker) settle(ctx context.Context, j flow.LetterJob, out flow.LetterOutcome) error {
	for pause := 100 * time.Millisecond; ; pause *= 3 {
		err := k.Flow.SettleLetter(ctx, j, out)
		if err == nil || pause > 5*time.Second {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}
