package app

import (
	"context"

	"ponte/internal/flow"
	"ponte/internal/sheet"
	"ponte/internal/web"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
)

// sheetOf is what the parameter sheet says of the operations, from the table that the doors serve.
func sheetOf(registry *webservice.Registry, doors *door.Door) func(func(string) flow.Profile) sheet.Sheet {
	return func(profile func(string) flow.Profile) sheet.Sheet {
		out := registry.Sheet(rest.Status, profile)
		out.Version, out.MaxBody = Version, doors.MaxBody
		return out
	}
}

// trials lets the pages make a call as a program would, through a door of their own.
func trials(doors *door.Door, about rest.About) func(context.Context, web.Trial) (web.TrialAnswer, error) {
	t := rest.NewTrials(doors.Options, about)
	return func(ctx context.Context, c web.Trial) (web.TrialAnswer, error) {
		answer, err := t.Try(ctx, door.Trial{By: c.By, Token: c.Token, As: c.As, Method: c.Method, URL: c.URL, Body: c.Body})
		return web.TrialAnswer(answer), err
	}
}
