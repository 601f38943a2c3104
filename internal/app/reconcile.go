package app

import (
	"context"
	"log/slog"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/outbox"
)

// Reconcile has everything compared once, for a command: by this process, or by a server that is at it already. It
// answers once that run has ended. It delivers nothing: what a mend sends waits for a server.
func Reconcile(ctx context.Context, f *flow.Flow, a desk.Actor, log *slog.Logger) (flow.Run, error) {
	client := connector.New()
	defer client.Close()
	compares := outbox.NewReconciler(outbox.New(outbox.Options{Flow: f, Client: client, Owner: owner(), Log: log}))
	before, err := f.Runs(ctx, a, 1)
	if err != nil {
		return flow.Run{}, err
	}
	if err := f.AskReconcile(ctx, a); err != nil {
		return flow.Run{}, err
	}
	for {
		if err := compares.Once(ctx); err != nil {
			return flow.Run{}, err
		}
		runs, err := f.Runs(ctx, a, 1)
		if err != nil {
			return flow.Run{}, err
		}
		if len(runs) > 0 && runs[0].State != flow.RunRunning && (len(before) == 0 || before[0].ID != runs[0].ID || before[0].State == flow.RunRunning) {
			return runs[0], nil
		}
		select { // another process has it
		case <-ctx.Done():
			return flow.Run{}, ctx.Err()
		case <-time.After(reconcilePoll):
		}
	}
}

// reconcilePoll is how often a command looks whether the run of another process has ended.
const reconcilePoll = 500 * time.Millisecond
