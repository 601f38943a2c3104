package soap

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/webservice/door"
)

// Trials is the SOAP door for people who try operations out in a program's place.
type Trials struct{ *handler }

// NewTrials is a door of its own over the same registry: see door.ForTrials.
func NewTrials(o door.Options, publicURL func() string) *Trials {
	h := &handler{Door: door.New(door.ForTrials(o)), publicURL: publicURL}
	for _, e := range h.Registry.Entries() {
		h.largest = max(h.largest, h.BodyLimit(e))
	}
	return &Trials{h}
}

// Try makes the call: a POST of an envelope.
func (t *Trials) Try(ctx context.Context, c door.Trial) (door.TrialAnswer, error) {
	r, err := c.Request(ctx)
	if err != nil {
		return door.TrialAnswer{}, err
	}
	w := &door.Kept{}
	var why *desk.Error
	x := &exchange{Exchange: t.Exchange(w, r, "soap"), version: soap11}
	t.Serve(x.Exchange, func() (door.Reply, error) { return t.serve(x) }, func(refused *desk.Error) door.Reply {
		why = refused
		return x.faulted(refused)
	})
	return w.Answer(why), nil
}
