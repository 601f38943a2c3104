package app

import (
	"context"

	"ponte/internal/store"
)

// Durability says on which settings "acknowledged is durable" rests.
func (a *App) Durability(ctx context.Context) (string, error) { return a.store.Durability(ctx) }

// RawWrite writes past the use cases. It is for benchmarks, which measure what the rules cost.
func (a *App) RawWrite(ctx context.Context, f func(*store.Tx) error) error {
	return a.store.Write(ctx, f)
}
