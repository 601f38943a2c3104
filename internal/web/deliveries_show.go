package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// sentOne is a delivery's page, with what was typed into its forms and not taken.
type sentOne struct {
	*flow.DeliveryPage
	problems map[string]string // of the act that was refused, by field; "" is about the whole
	act      string            // "pular", "confirmar", ...
	typed    map[string]string
}

// showDelivery is GET /integracao/envios/{id}. With parte=1 it answers the live part alone, and nothing (204) while
// rev is still what the page has.
func (s *site) showDelivery(r *request) error {
	d, err := s.flow.DeliveryPage(r.Context(), r.actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if q.Get("parte") == "" {
		return s.delivery(r, http.StatusOK, sentOne{DeliveryPage: d})
	}
	if r.unchanged(d.Rev) {
		return nil
	}
	return r.show(http.StatusOK, sentOnePart(r.page("", "envios"), sentOne{DeliveryPage: d}))
}

func (s *site) delivery(r *request, status int, v sentOne) error {
	p := r.page(r.l.T("point."+string(v.Point))+" · "+number(v.Number), "envios")
	p.path = sentPath(v.ID)
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {p.T("deliveries.title"), deliveriesPath}, {label: p.title}}
	return r.show(status, sentOnePage(p, v))
}

func (v sentOne) partPath() string { return sentPath(v.ID) + "?parte=1&rev=" + v.Rev }

// set is which words a delivery in trouble has.
func (v sentOne) set() string {
	if v.State == desk.Uncertain {
		return "unsure"
	}
	return "refused"
}

func (v sentOne) title(p *page) string {
	return p.T("trouble." + v.set() + "." + string(v.Point) + ".title")
}

func (v sentOne) means(p *page) string {
	order := ""
	if v.Order != nil {
		order = v.Order.Number
	}
	return p.T("trouble."+v.set()+"."+string(v.Point)+".means", "order", order, "technician", "")
}

func (v sentOne) todo(p *page) string {
	if v.State == desk.Uncertain {
		return p.T("deliveries.todo_unsure")
	}
	return p.Advice(v.Reason)
}

// sends and looks are how often it was sent and looked up, this payload and the former ones.
func (v sentOne) sends() int { return v.count(false) }
func (v sentOne) looks() int { return v.count(true) }

func (v sentOne) count(lookUp bool) (n int) {
	for _, a := range v.Attempts {
		if a.LookUp == lookUp {
			n++
		}
	}
	return n
}

// lastLook is the latest look-up that got an answer.
func (v sentOne) lastLook() (flow.Attempt, bool) {
	for _, a := range slices.Backward(v.Attempts) {
		if a.LookUp && a.HTTPStatus != 0 {
			return a, true
		}
	}
	return flow.Attempt{}, false
}

// newestFirst are the attempts as the page lists them, the latest on top.
func (v sentOne) newestFirst() []flow.Attempt {
	out := slices.Clone(v.Attempts)
	slices.Reverse(out)
	return out
}

// attemptNumber counts sends and look-ups apart, the first is 1.
func (v sentOne) attemptNumber(token int64) string {
	n := 0
	i := slices.IndexFunc(v.Attempts, func(a flow.Attempt) bool { return a.Token == token })
	for _, a := range v.Attempts[:i+1] {
		if a.LookUp == v.Attempts[i].LookUp {
			n++
		}
	}
	return strconv.Itoa(n)
}

// verdict is an attempt's outcome in plain words, and its colour and icon.
func verdict(p *page, a flow.Attempt) (text, class, icon string) {
	kind := "send_"
	if a.LookUp {
		kind = "look_"
	}
	text = p.T("deliveries.verdict_" + kind + a.Outcome)
	switch a.Outcome {
	case flow.Done.String():
		return text, "done", "check"
	case flow.Rejected.String():
		return text, "fail", "circle-x"
	case flow.AskPerson.String():
		return text, "fail", "alert-triangle"
	case flow.TryAgain.String():
		return text, "send", "refresh"
	}
	return text, "wait", "hourglass"
}

// ruleText says which rule judged an attempt.
func ruleText(p *page, r flow.Rule) string {
	action := ""
	if r.Action != "" {
		action = p.T("deliveries.action_" + r.Action)
	}
	return p.T("deliveries.rule_"+r.Code, "http", r.HTTP, "action", action, "limit", span(r.Limit))
}

// span is a duration as people write it: 85 ms, 2,0 s, 24 h.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// didWhat is a decision as part of message ids: "envio.pular" is "pular".
func didWhat(act string) string {
	_, what, _ := strings.Cut(act, ".")
	return what
}

// lookSaid is what a look-up's answer meant, as a sentence.
func lookSaid(p *page, a flow.Attempt) string {
	if a.Reason.Code != "" {
		return p.Reason(a.Reason)
	}
	text, _, _ := verdict(p, a)
	return text + "."
}
