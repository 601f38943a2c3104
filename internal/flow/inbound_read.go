package flow

import (
	"context"
	"time"

	"ponte/internal/store"
)

// keptRead is an accepted read on its way into the database.
type keptRead struct {
	call       Call
	at         time.Time
	occurrence int64
}

const (
	// readsGather is how long accepted reads are gathered for one transaction: a read must not wait for a commit.
	readsGather = 50 * time.Millisecond
	readsBatch  = 256
)

// KeepRead keeps an accepted read. It does not wait for the database while KeepReads runs, and at a crash the last
// 50 ms of accepted reads are lost: nothing rests on them. Where more arrive than can be written, they wait.
func (f *Flow) KeepRead(ctx context.Context, c Call, o *Occurrence) error {
	r := keptRead{c, f.Now(), o.id}
	if queue := f.reads.Load(); queue != nil {
		select {
		case *queue <- r:
			return nil
		default: // full: it is written here, and so slows its caller down
		}
	}
	return f.keepReads(ctx, []keptRead{r})
}

// KeepReads writes accepted reads down until ctx ends, and then what is left. Call it once.
func (f *Flow) KeepReads(ctx context.Context) {
	queue := make(chan keptRead, 4*readsBatch)
	f.reads.Store(&queue)
	defer func() {
		f.reads.Store(nil)
		f.gather(ctx, queue, nil)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-queue:
			select {
			case <-ctx.Done():
			case <-time.After(readsGather):
			}
			f.gather(ctx, queue, []keptRead{r})
		}
	}
}

// gather writes what waits, a batch at a time.
func (f *Flow) gather(ctx context.Context, queue chan keptRead, batch []keptRead) {
	for {
		for len(batch) < readsBatch && len(queue) > 0 {
			batch = append(batch, <-queue)
		}
		if len(batch) == 0 {
			return
		}
		if err := f.keepReads(ctx, batch); err != nil {
			f.Log.ErrorContext(ctx, "keep accepted reads", "reads", len(batch), "error", err)
		}
		batch = nil
	}
}

func (f *Flow) keepReads(ctx context.Context, batch []keptRead) error {
	return f.Store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		for _, r := range batch {
			w.now = r.at
			if err := (&inbound{work: w, call: r.call}).keep(inboundAccepted, nil, r.occurrence, ""); err != nil {
				return err
			}
		}
		return nil
	})
}
