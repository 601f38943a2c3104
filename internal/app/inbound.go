package app

import (
	"context"

	"ponte/internal/web"
	"ponte/internal/webservice"
)

// inbound lets the pages of received calls serve one again, through the very operations that programs call.
func inbound(registry *webservice.Registry) web.Inbound {
	in := web.Inbound{Fields: registry.Fields, Replay: registry.Replay}
	for _, e := range registry.Entries() {
		in.Operations = append(in.Operations, e.Name)
	}
	return in
}

// forgetCalls erases received calls that are older than they are kept.
func (a *App) forgetCalls(ctx context.Context) {
	n, err := a.Flow.ForgetCalls(ctx, a.cfg.KeepCalls)
	switch {
	case err != nil && ctx.Err() == nil:
		a.cfg.Log.ErrorContext(ctx, "forget received calls", "error", err)
	case n > 0:
		a.cfg.Log.InfoContext(ctx, "forgot received calls that were kept long enough", "calls", n)
	}
	if _, err := a.Flow.ForgetTrialCalls(ctx, a.cfg.KeepCalls); err != nil && ctx.Err() == nil {
		a.cfg.Log.ErrorContext(ctx, "forget trial calls", "error", err)
	}
}

// forgetDeliveries erases what was said in deliveries that have been done for long enough.
func (a *App) forgetDeliveries(ctx context.Context) {
	n, err := a.Flow.ForgetDeliveries(ctx, a.cfg.KeepDeliveries, &a.forgot)
	switch {
	case err != nil && ctx.Err() == nil:
		a.cfg.Log.ErrorContext(ctx, "forget what was said in deliveries", "error", err)
	case n > 0:
		a.cfg.Log.InfoContext(ctx, "forgot what was said in deliveries that were done long enough", "deliveries", n)
	}
}
