package sandbox

import (
	"encoding/json"
	"strings"
)

// notices is how far the news of one order have come on their way to Ponte.
type notices struct {
	delivered, waiting, refused int
	hold                        string // why those that wait do, and for how long
	stuck                       bool   // an attempt has failed already
	reasons                     []refusedNotice
	opening                     bool // what was refused is the opening itself
}

type refusedNotice struct{ what, why string }

// noticesOf looks at the calls of an order. The state is being read.
func (g *pages) noticesOf(w words, st *state, o *order) notices {
	var n notices
	for i := range o.calls {
		c := &o.calls[i]
		switch c.State {
		case callDelivered:
			n.delivered++
		case callQueued:
			n.waiting++
		case callRefused:
			n.refused++
			n.opening = n.opening || c.Op == opOpen
			n.reasons = append(n.reasons, refusedNotice{w.T("op." + c.Op), w.reason(c)})
		}
	}
	if c := o.pending(); c != nil {
		n.hold, n.stuck = g.hold(w, st, o, c)
		if n.stuck && n.waiting > 1 && c.Attempts > 0 {
			n.hold += "; " + w.T("notice.behind")
		}
	}
	return n
}

// hold says why the next call of an order has not arrived yet.
func (g *pages) hold(w words, st *state, o *order, c *call) (why string, stuck bool) {
	left, waiting := g.lanes.nextTry(o.seq)
	switch {
	case st.ret.URL == "":
		return w.T("notice.no_address"), true
	case !g.lanes.running():
		return w.T("notice.stopped"), true
	case c.Attempts == 0:
		return w.T("notice.now"), false
	}
	why = joined(", ", w.reason(c), w.N("notice.tried", c.Attempts))
	if waiting {
		return why + "; " + w.T("notice.next", "wait", w.wait(left)), true
	}
	return why + "; " + w.T("notice.now"), true
}

// troubleWords are the ids of the words for what can be wrong with an attempt.
var troubleWords = map[string]string{
	troubleTimeout: "trouble.tempo", troubleCutShort: "trouble.meio", troubleSlowDown: "trouble.espera",
	troubleNoNumber: "trouble.numero", troubleAddress: "trouble.endereco", troubleUnopened: "trouble.abertura",
	troubleNoLegacy: "trouble.legado", troubleFileGone: "trouble.bytes", troubleFileStuck: "trouble.bytes_now",
}

// reason is why a call has not arrived: what Ponte says itself, if it refused, else what is known.
func (w words) reason(c *call) string {
	if c.State == callRefused {
		if said := whatPonteSays(c.Body); said != "" {
			return said
		}
	}
	switch id := troubleWords[c.Trouble]; {
	case id != "":
		return w.T(id)
	case strings.HasPrefix(c.Trouble, troubleNetwork):
		return w.T("trouble.rede")
	case c.Status != 0:
		return w.T("trouble.http", "status", c.Status)
	}
	return c.Trouble
}

// whatPonteSays finds the words for people in an answer that refuses: problem+json, a Fault, or plain text. What is kept of
// an answer may end in its middle; what stands before that is read all the same.
func whatPonteSays(body string) string {
	body = strings.TrimSpace(body)
	switch {
	case strings.HasPrefix(body, "{"):
		return problemSays(body)
	case strings.HasPrefix(body, "<"):
		for _, name := range []string{"faultstring", "Text"} {
			if text := elementText([]byte(body), name); text != "" {
				return text
			}
		}
		return ""
	}
	line, _, _ := strings.Cut(body, "\n")
	return line
}

// problemSays reads the members of a problem document until its end, or until it breaks off. Where fields are named they
// say more than the detail does.
func problemSays(body string) string {
	var title, detail string
	var fields []struct{ Campo, Mensagem string }
	in := json.NewDecoder(strings.NewReader(body))
	_, _ = in.Token() // the brace
	for in.More() {
		name, err := in.Token()
		if err != nil {
			break
		}
		var rest json.RawMessage
		into := map[json.Token]any{"title": &title, "detail": &detail, "campos": &fields}[name]
		if into == nil {
			into = &rest
		}
		if in.Decode(into) != nil {
			break
		}
	}
	var named []string
	for _, f := range fields {
		named = append(named, f.Campo+" "+f.Mensagem)
	}
	says := joined(": ", title, strings.Join(named, "; "))
	if len(named) == 0 {
		says = joined(": ", title, detail)
	}
	return says
}
