package web

import (
	"slices"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// deliveryView is the small print under the movement that caused a delivery.
type deliveryView struct {
	id, kind, icon string
	what           string // "Comentar na OS"
	state          string // in words, with the attempts
	reason         string
	files          int // how many files it stands for
}

var deliveryLooks = map[desk.DeliveryState][2]string{ // kind and icon
	desk.Queued: {"send", "clock"}, desk.Sending: {"send", "send"}, desk.Delivered: {"done", "check"},
	desk.Uncertain: {"wait", "hourglass"}, desk.Refused: {"fail", "circle-x"}, desk.Ignored: {"closed", "player-skip-forward"},
}

// deliveriesOf are the deliveries by the movement that caused them. Files that fared alike are told of together.
func deliveriesOf(p *page, o *flow.OccurrencePage) map[int64][]deliveryView {
	out := map[int64][]deliveryView{}
	for _, d := range o.Deliveries {
		v, before := deliveryOf(p, o, d), out[d.MovementID]
		if n := len(before); v.files > 0 && n > 0 && before[n-1].files > 0 && before[n-1].state == v.state && before[n-1].reason == v.reason {
			before[n-1].files++
			before[n-1].what = p.N("files.deliver_many", before[n-1].files)
			continue
		}
		out[d.MovementID] = append(before, v)
	}
	return out
}

// fileName is what a delivery carries; empty where it carries no file.
func fileName(o *flow.OccurrencePage, d flow.Delivery) string {
	for _, a := range o.Attachments {
		if a.ID == d.AttachmentID {
			return a.Name
		}
	}
	return ""
}

func deliveryOf(p *page, o *flow.OccurrencePage, d flow.Delivery) deliveryView {
	look := deliveryLooks[d.State]
	v := deliveryView{id: d.ID, kind: look[0], icon: look[1], what: p.T("point." + string(d.Point))}
	if name := fileName(o, d); name != "" {
		v.what, v.files = p.T("files.deliver", "name", name), 1
	}
	switch {
	case d.State == desk.Queued && waitsBehind(o, d):
		v.state = p.T("delivery.waiting")
	case d.State == desk.Queued && d.Attempts > 0:
		v.state = p.N("delivery.again", d.Attempts)
	case d.State == desk.Delivered:
		v.state = p.T("delivery.delivered", "attempt", d.Attempts)
	case d.State == desk.Refused && d.Attempts == 0:
		v.state = p.T("delivery.not_sendable")
	case d.State == desk.Refused && d.Reason.Code == desk.WhyRetryLimit:
		v.state = p.N("delivery.gave_up", d.Attempts)
	case d.State == desk.Refused:
		v.state = p.T("delivery.refused", "attempt", d.Attempts)
	case d.State == desk.Uncertain && d.NeedsPerson:
		v.state = p.T("delivery.undecided")
	case d.State == desk.Uncertain:
		v.state = p.T("delivery.looking")
	default:
		v.state = p.T("state." + string(d.State))
	}
	if d.Reason.Code != "" && d.State != desk.Delivered && d.State != desk.Sending && !toldByMovement(o, d) {
		v.reason = p.Reason(d.Reason)
	}
	return v
}

// toldByMovement: the movement to the failure status has the reason already, one line above.
func toldByMovement(o *flow.OccurrencePage, d flow.Delivery) bool {
	return slices.ContainsFunc(o.Movements, func(m flow.Movement) bool {
		return m.Origin == desk.System && m.ID > d.MovementID && m.Reason.Code == d.Reason.Code
	})
}

// waitsBehind: lanes are strictly in order, so whatever follows a blocked message waits for it.
func waitsBehind(o *flow.OccurrencePage, d flow.Delivery) bool {
	if o.Trouble == nil || o.Trouble.ID == d.ID {
		return false
	}
	at := func(id string) int {
		return slices.IndexFunc(o.Deliveries, func(x flow.Delivery) bool { return x.ID == id })
	}
	return at(o.Trouble.ID) < at(d.ID)
}

// troubleView is a delivery that waits for a person: what happened, what it means, what to do now.
type troubleView struct {
	flow.Trouble
	title, what, means, todo string
	resend, skip             string // what the two buttons say
	waiting                  string
}

func troubleOf(p *page, o *flow.OccurrencePage) *troubleView {
	t := o.Trouble
	if t == nil {
		return nil
	}
	v := &troubleView{Trouble: *t, what: p.Reason(t.Reason), todo: p.Advice(t.Reason),
		resend: p.T("trouble.resend"), skip: p.T("trouble.skip")}
	set := "refused"
	switch {
	case t.State == desk.Uncertain && t.Point == desk.OpenOrder:
		set, v.todo = "unsure", p.T("advice.uncertain_order")
	case t.State == desk.Uncertain:
		set, v.todo, v.resend, v.skip = "unsure", p.T("advice.uncertain"), p.T("trouble.resend_unsure"), p.T("trouble.skip_unsure")
	}
	technician := ""
	for _, visit := range o.Visits {
		if visit.Technician != "" {
			technician = visit.Technician
		}
	}
	args := []any{"order", t.OrderNumber, "technician", technician, "file", fileName(o, t.Delivery)}
	v.title = p.T("trouble."+set+"."+string(t.Point)+".title", args...)
	v.means = p.T("trouble."+set+"."+string(t.Point)+".means", args...)
	if n := len(slices.DeleteFunc(slices.Clone(o.Deliveries), func(d flow.Delivery) bool {
		return d.State != desk.Queued || !waitsBehind(o, d)
	})); n > 0 {
		v.waiting = p.N("trouble.waiting", n)
	}
	return v
}

// tallyView is how many deliveries stand where.
type tallyView struct {
	text string
	bad  bool
}

func tallyOf(p *page, o *flow.OccurrencePage) (out []tallyView) {
	counts := map[desk.DeliveryState]int{}
	for _, d := range o.Deliveries {
		counts[d.State]++
	}
	for _, s := range []desk.DeliveryState{desk.Delivered, desk.Sending, desk.Queued, desk.Uncertain, desk.Refused, desk.Ignored} {
		if counts[s] > 0 {
			out = append(out, tallyView{p.N("tally."+string(s), counts[s]), s == desk.Refused || s == desk.Uncertain})
		}
	}
	return out
}
