package app

import (
	"context"
	"log/slog"

	"ponte/internal/conformance"
	"ponte/internal/connector"
	"ponte/internal/flow"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
	"ponte/internal/webservice/soap"
)

// newConformance lets runs call homologation by the very client of the deliveries, and our doors from within.
func newConformance(f *flow.Flow, client *connector.Client, doors *door.Door, about rest.About, log *slog.Logger) *conformance.Runner {
	inREST, inSOAP := rest.NewTrials(doors.Options, about), soap.NewTrials(doors.Options, func() string { return "" })
	return conformance.New(conformance.Options{Flow: f, Client: client, Log: log, Doors: map[string]conformance.Door{
		conformance.DoorREST: knock(inREST.Try), conformance.DoorSOAP: knock(inSOAP.Try)}})
}

func knock(try func(context.Context, door.Trial) (door.TrialAnswer, error)) conformance.Door {
	return func(ctx context.Context, c conformance.DoorCall) (conformance.DoorAnswer, error) {
		a, err := try(ctx, door.Trial{By: c.By, Token: c.Token, As: c.As, Method: c.Method, URL: c.Path, ContentType: c.ContentType, Body: c.Body})
		return conformance.DoorAnswer(a), err
	}
}
