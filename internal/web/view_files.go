package web

import (
	"fmt"
	"slices"
	"time"

	"github.com/a-h/templ"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// fileView is a file of the timeline: a picture, or a line with its name.
type fileView struct {
	id       int64
	href     templ.SafeURL
	name     string
	size     string
	inline   bool // a browser shows it
	picture  bool
	internal bool
}

func (f fileView) thumbnail() string { return string(f.href) + "/miniatura" }

func fileOf(p *page, number int64, a flow.Attachment) fileView {
	return fileView{id: a.ID, href: templ.SafeURL(fmt.Sprintf("%s/anexos/%d", occurrencePath(number), a.ID)), name: a.Name,
		size: p.Size(a.Size), inline: a.Inline, picture: a.Image, internal: a.Internal}
}

func filesOf(p *page, number int64, all []flow.Attachment) (out []fileView) {
	for _, a := range all {
		out = append(out, fileOf(p, number, a))
	}
	return out
}

func pictures(files []fileView) []fileView {
	return slices.DeleteFunc(slices.Clone(files), func(f fileView) bool { return !f.picture })
}

func documents(files []fileView) []fileView {
	return slices.DeleteFunc(slices.Clone(files), func(f fileView) bool { return f.picture })
}

// attachedVerb says that files came without a word.
func attachedVerb(p *page, all []flow.Attachment) string {
	if slices.ContainsFunc(all, func(a flow.Attachment) bool { return !a.Image }) {
		return p.N("files.attached", len(all))
	}
	return p.N("files.photographed", len(all))
}

// together is how far apart files of one person may come and still be told of as one: a phone sends each of a
// technician's photos by itself.
const together = 10 * time.Minute

// aloneOf are the entries of files that came without a movement, each at the time of its last file.
func aloneOf(p *page, o *flow.OccurrencePage) (out []moment) {
	between := func(a, b flow.Attachment) bool {
		return slices.ContainsFunc(o.Movements, func(m flow.Movement) bool { return m.At.After(a.At) && !m.At.After(b.At) })
	}
	var group []flow.Attachment
	end := func() {
		if len(group) > 0 {
			out = append(out, aloneEntry(p, o.Number, group))
		}
		group = nil
	}
	for _, a := range o.Attachments {
		if a.MovementID != 0 {
			continue
		}
		if len(group) > 0 {
			last := group[len(group)-1]
			if a.Actor != last.Actor || a.Origin != last.Origin || a.Internal != last.Internal || a.At.Sub(last.At) > together || between(last, a) {
				end()
			}
		}
		group = append(group, a)
	}
	end()
	return out
}

func aloneEntry(p *page, number int64, group []flow.Attachment) moment {
	first, last := group[0], group[len(group)-1]
	e := entryView{id: fmt.Sprintf("x-%d", first.ID), class: "com", actor: first.Actor, fromField: first.Origin == desk.Field,
		private: first.Internal, at: last.At, verb: attachedVerb(p, group), files: filesOf(p, number, group),
		dot: dotView{initials: initials(first.Actor)}}
	switch {
	case e.fromField: // such a call doesn't say who it was, only which program
		e.actor, e.dot = p.T("files.field"), dotView{kind: "onfield", icon: "photo"}
	case e.private:
		e.class, e.dot.kind = "nota", "wait"
	}
	return moment{entry: e, arrived: last.ArrivedAt}
}

// offered are the files that are here and could go to Mobuss with a movement.
func offered(p *page, v occurrenceView) (out []fileView) {
	for _, a := range v.Attachments {
		if a.Sendable() && (a.Sent == "" || a.Sent == desk.Ignored) {
			out = append(out, fileOf(p, v.Number, a))
		}
	}
	return out
}
