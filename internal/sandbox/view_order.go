package sandbox

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// fieldTechnician is who uses the technician's pages: as made-up as the rest of the data.
const fieldTechnician = "Jorge Lima"

// facts are what a page shows of the request that opened an order: the preset's own fields, and those of an opening
// from the field. endereco is in no preset; whoever configures it gets a route.
type facts struct {
	subject, description             string
	customer, requester, phone       string
	development, block, unit, inside string
	address                          string
	emergency                        bool
}

func (s *state) facts(o *order) facts {
	t := o.texts("assunto", "desSolicitacao", "nomeCliente", "nomeSolicitante", "telefoneSolicitante",
		"empreendimento", "codEmpreendimento", "bloco", "codBloco", "unidade", "local", "endereco", "emergencia")
	return facts{subject: t[0], description: t[1], customer: t[2], requester: t[3], phone: t[4],
		development: cmp.Or(t[5], s.developmentName(t[6])), block: cmp.Or(t[7], t[8]), unit: cmp.Or(t[9], o.unit),
		inside: t[10], address: t[11], emergency: yesNo(t[12]) == "T"}
}

// developmentName is the name of a code, or the code.
func (s *state) developmentName(code string) string {
	for _, d := range s.developments() {
		if d.ID == code {
			return d.Nome
		}
	}
	return code
}

// title is the subject, or the first words of the description.
func (f facts) title() string {
	const limit = 80
	if f.subject != "" {
		return f.subject
	}
	line, _, _ := strings.Cut(strings.TrimSpace(f.description), "\n")
	text := []rune(line)
	if len(text) <= limit {
		return line
	}
	short := string(text[:limit])
	if i := strings.LastIndexByte(short, ' '); i > limit/2 {
		short = short[:i]
	}
	return short + " …"
}

// place is where the order is, for a list: "Residencial Aurora · A · 101".
func (f facts) place() string {
	block := f.block
	if short := strings.TrimPrefix(block, "Bloco "); len(short) < 4 {
		block = short
	}
	return joined(" · ", f.development, block, f.unit)
}

// placeInWords is the same for the order's own page: "Residencial Aurora, Bloco A, unidade 101".
func (f facts) placeInWords(w words) string {
	block := f.block
	if block != "" && len(block) < 4 {
		block = sentence(w.T("order.block", "name", block))
	}
	return sentence(joined(", ", f.development, block, w.T("order.unit", "number", f.unit)))
}

// people are the customer and, if it is somebody else, who asked.
func (f facts) people(w words) string {
	if f.customer == "" || f.requester == f.customer {
		return cmp.Or(f.customer, f.requester)
	}
	if f.requester == "" {
		return f.customer
	}
	return f.customer + " · " + w.T("order.asked_by", "name", f.requester)
}

func joined(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), by)
}

var notDialled = regexp.MustCompile(`[^+0-9]`)

// dial is a number as a phone takes it, without an extension; blank if there is none. Brazilian numbers get their country.
func dial(phone string) string {
	if i := strings.IndexFunc(phone, func(r rune) bool { return r >= 'A' && r != '\u00a0' }); i >= 0 {
		phone = phone[:i]
	}
	digits := notDialled.ReplaceAllString(phone, "")
	switch {
	case len(digits) < 8:
		return ""
	case strings.HasPrefix(digits, "+"):
		return "tel:" + digits
	case len(digits) == 10 || len(digits) == 11:
		return "tel:+55" + digits
	}
	return "tel:" + digits
}

// presentVisit is the visit that a technician means when saying "the visit": the one booked last, else the one that was
// made last, else the one that was asked for.
func (o *order) presentVisit() (visit, bool) {
	for _, situation := range []string{visitScheduled, visitDone} {
		if v, found := o.lastVisit(situation); found {
			return v, true
		}
	}
	return o.firstVisit(visitRequested)
}

// rank is how many of the four steps are behind an order.
func (s situation) rank() int {
	return slices.Index([]situation{orderOpen, orderScheduled, orderInspected, orderRepaired, orderClosed}, s)
}

// look is how a situation is shown: the icon and colour of what it is, and of what is missing.
type look struct{ icon, kind, missingIcon, missingKind string }

func (s situation) look() look {
	switch s {
	case orderOpen:
		return look{icon: "circle-dashed", kind: "new", missingIcon: "calendar-plus", missingKind: "wait"}
	case orderScheduled:
		return look{icon: "calendar-event", kind: "new", missingIcon: "circle-dashed", missingKind: "new"}
	case orderInspected:
		return look{icon: "tool", kind: "onfield", missingIcon: "tool", missingKind: "onfield"}
	case orderRepaired:
		return look{icon: "circle-check", kind: "done", missingIcon: "progress-check", missingKind: "done"}
	}
	return look{icon: "archive", kind: "closed", missingIcon: "archive", missingKind: "closed"}
}

// stepView is one of the four steps at the top of an order.
type stepView struct {
	n     int
	label string
	state string // ok, now, skip or blank
}

// steps tells the four steps. Of a closed order those that never took place are said to be skipped, not done.
func (o *order) steps(w words) []stepView {
	labels := []string{w.T("steps.1"), w.T("steps.2"), w.T("steps.3"), w.T("steps.4")}
	done := []string{w.T("steps.1.done"), w.T("steps.2.done"), w.T("steps.3.done"), w.T("steps.4.done")}
	_, dated := o.lastVisit(visitScheduled)
	_, inspected := o.lastVisit(visitDone)
	repaired := slices.ContainsFunc(o.calls, func(c call) bool { return c.Op == opMove })
	happened := []bool{dated || inspected, inspected, repaired || o.status == orderRepaired, o.status == orderClosed}
	out := make([]stepView, 4)
	for i := range out {
		out[i] = stepView{n: i + 1, label: labels[i]}
		switch rank := o.status.rank(); {
		case i < rank && happened[i]:
			out[i].label, out[i].state = done[i], "ok"
		case i < rank:
			out[i].state = "skip"
		case i == rank:
			out[i].state = "now"
		}
	}
	return out
}
