package rest

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/webservice/door"
)

// Trials is the REST door for people who try operations out in a program's place; a body is JSON.
type Trials struct{ *handler }

// NewTrials is a door of its own over the same registry: see door.ForTrials.
func NewTrials(o door.Options, about About) *Trials {
	d := door.New(door.ForTrials(o))
	return &Trials{&handler{Door: d, about: about, routes: routesOf(d.Registry)}}
}

// Try makes the call.
func (t *Trials) Try(ctx context.Context, c door.Trial) (door.TrialAnswer, error) {
	r, err := c.Request(ctx)
	if err != nil {
		return door.TrialAnswer{}, err
	}
	w := &door.Kept{}
	var why *desk.Error
	x := &exchange{Exchange: t.Exchange(w, r, "rest")}
	t.Serve(x.Exchange, func() (door.Reply, error) { return t.serve(x) }, func(refused *desk.Error) door.Reply {
		why = refused
		return problem(x, refused)
	})
	return w.Answer(why), nil
}
