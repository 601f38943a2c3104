package mail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ponte/internal/desk"
)

const (
	maxLetters = 256 // in hand at a time, those that wait for another try among them
	maxSending = 4
	tryTimeout = time.Minute
)

// pauses before the second try and those after it; then a letter is given up.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// Write makes a letter when its turn has come. No letter and no error: there is nothing to send.
type Write func(context.Context) (*desk.Letter, error)

// Queue sends letters behind whoever posts them, who learns nothing of whether there was one. It keeps them in memory:
// what is not sent when the process ends is lost, which is why only letters that can be asked for again go this way.
// It is safe for concurrent use.
type Queue struct {
	send    func(context.Context, desk.Letter) error
	log     *slog.Logger
	slots   chan struct{}
	sending chan struct{}
	closing chan struct{}
	ctx     context.Context //nolint:containedctx // of the work behind the queue, not of a call
	cancel  context.CancelFunc

	mu     sync.Mutex
	closed bool
	left   int
	work   sync.WaitGroup
}

// NewQueue makes a queue in front of a Sender's Send.
func NewQueue(send func(context.Context, desk.Letter) error, log *slog.Logger) *Queue {
	ctx, cancel := context.WithCancel(context.Background())
	return &Queue{send: send, log: log, slots: make(chan struct{}, maxLetters), sending: make(chan struct{}, maxSending),
		closing: make(chan struct{}), ctx: ctx, cancel: cancel}
}

// Post takes a letter at once, or answers false: too many wait, or the process is about to end.
func (q *Queue) Post(write func(context.Context) (*desk.Letter, error)) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	select {
	case q.slots <- struct{}{}:
	default:
		q.log.Warn("mail: the queue is full; a letter was refused", "letters", maxLetters)
		return false
	}
	q.left++
	q.work.Go(func() { q.deliver(write) })
	return true
}

// deliver tries until the letter is taken, refused for good or given up. Log lines name neither whom it is for nor
// what it says.
func (q *Queue) deliver(write Write) {
	defer func() {
		<-q.slots
		q.mu.Lock()
		q.left--
		q.mu.Unlock()
	}()
	var letter *desk.Letter
	for try := 1; ; try++ {
		done, err := q.try(write, &letter)
		if done {
			return
		}
		var f *Failure
		last := try > len(pauses) || q.ended() || errors.As(err, &f) && f.Final
		if last {
			q.log.Error("mail: a letter was given up", "tries", try, "error", err)
			return
		}
		pause := pauses[try-1]
		q.log.Warn("mail: a letter was not taken and is tried again", "tries", try, "pause", pause.String(), "error", err)
		select {
		case <-time.After(pause):
		case <-q.closing: // one more try at once
		}
	}
}

// try writes the letter if it is not written yet, so that what it says (a key, a link) is made once, and sends it.
func (q *Queue) try(write Write, letter **desk.Letter) (done bool, err error) {
	select {
	case q.sending <- struct{}{}:
		defer func() { <-q.sending }()
	case <-q.ctx.Done():
		return false, q.ctx.Err()
	}
	ctx, cancel := context.WithTimeout(q.ctx, tryTimeout)
	defer cancel()
	if *letter == nil {
		if *letter, err = write(ctx); err != nil || *letter == nil {
			return err == nil, err
		}
	}
	err = q.send(ctx, **letter)
	return err == nil, err
}

func (q *Queue) ended() bool {
	select {
	case <-q.closing:
		return true
	default:
		return false
	}
}

// Close takes no more letters and drains: each that is in hand gets one more try at once. What is left when ctx ends
// is dropped, with a line in the log that says how many.
func (q *Queue) Close(ctx context.Context) {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.closing)
	}
	q.mu.Unlock()
	defer q.cancel()
	drained := make(chan struct{})
	go func() { q.work.Wait(); close(drained) }()
	select {
	case <-drained:
	case <-ctx.Done():
		q.mu.Lock()
		defer q.mu.Unlock()
		q.log.Error("mail: letters were dropped at the end of the process", "letters", q.left)
	}
}
