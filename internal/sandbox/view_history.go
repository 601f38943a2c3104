package sandbox

import "slices"

// deed is one thing that the technician did, and whether Ponte knows of it.
type deed struct {
	icon, kind string
	did        string // "Concluiu o reparo"
	text       string // what was written with it
	at         int64
	photos     []shotView
	state      string // of the call that told Ponte: callQueued, callDelivered or callRefused
}

// shotView is a photo or another file on a page.
type shotView struct {
	name, sha256 string
	picture      bool
}

// deeds tells what the technician did, newest first. Every act queues a call, so the calls are the history; photos are
// calls of their own and belong to the act beside them: after it, or before a closing.
func (o *order) deeds(w words, now int64) []deed {
	var out []deed
	var early []shotView // photos that go before their closing
	for i := range o.calls {
		c := &o.calls[i]
		if c.Op == opFile {
			shot := o.shot(c)
			if o.goesBeforeClosing(i) {
				early = append(early, shot)
			} else if len(out) > 0 {
				out[len(out)-1].photos = append(out[len(out)-1].photos, shot)
			}
			continue
		}
		d := w.deed(c, now)
		d.photos, early = early, nil
		out = append(out, d)
	}
	slices.Reverse(out)
	return out
}

// goesBeforeClosing says whether the photo of the i-th call was taken with the closing that comes after it.
func (o *order) goesBeforeClosing(i int) bool {
	at := o.calls[i].At
	for i < len(o.calls) && o.calls[i].Op == opFile && o.calls[i].At == at {
		i++
	}
	return i < len(o.calls) && o.calls[i].Op == opClose && o.calls[i].At == at
}

func (o *order) shot(c *call) shotView {
	for _, f := range o.files {
		if f.SHA256 == c.Blob {
			return shotView{c.param("nome"), f.SHA256, showable(f.Type)}
		}
	}
	return shotView{name: c.param("nome"), sha256: c.Blob}
}

func (c *call) param(name string) string {
	for _, p := range c.Params {
		if p[0] == name {
			return p[1]
		}
	}
	return ""
}

// deed words one call that is no photo. Texts that the sandbox put in for want of any are not repeated.
func (w words) deed(c *call, now int64) deed {
	d := deed{at: c.At, state: c.State, kind: "onfield", text: c.param("comentario")}
	if d.text == c.standIn() {
		d.text = ""
	}
	switch c.Op {
	case opOpen:
		d.did, d.icon = w.T("did.abrir"), "plus" // what was asked for stands on the page already
	case opComment:
		d.did, d.icon = w.T("did.comentar"), "message"
	case opVisit:
		start, _ := parseMoment(c.param("inicio"))
		end, _ := parseMoment(c.param("fim"))
		if d.did, d.icon = w.T("did.agendar", "when", w.span(start, end, now)), "calendar-event"; c.param("situacao") == visitDone {
			d.did, d.icon = w.T("did.vistoriar"), "calendar-check"
		}
	case opMove:
		d.did, d.icon = w.T("did.executar"), "tool"
	case opClose:
		d.did, d.icon, d.kind, d.text = w.T("did.encerrar"), "archive", "closed", c.param("solucao")
	}
	return d
}

// standIn is the text that an act sends where the technician wrote none.
func (c *call) standIn() string {
	switch {
	case c.Op == opMove:
		return sayRepaired
	case c.Op == opVisit && c.param("situacao") == visitDone:
		return sayInspected
	case c.Op == opVisit:
		return sayScheduled
	}
	return ""
}
