package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"ponte/internal/flow"
)

func deliveryPath(id, act string) templ.SafeURL {
	return templ.URL("/integracao/envios/" + id + "/" + act)
}

func filterPath(number int64, filter string) templ.SafeURL {
	if filter == "" {
		return templ.SafeURL(occurrencePath(number))
	}
	return templ.SafeURL(occurrencePath(number) + "?mostrar=" + filter)
}

func filterID(filter string) string {
	switch filter {
	case "campo":
		return "field"
	case "envios":
		return "deliveries"
	}
	return "all"
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// unitText is where it is: "Residencial Aurora · A · 101".
// Block and number stay on one line.
func unitText(u flow.Unit) string {
	return u.DevelopmentName + "\u00a0· " + u.BlockCode + "\u00a0·\u00a0" + u.Number
}

// orderState is what is known of an order, with what it was called before and how many there were.
func orderState(p *page, o flow.Order, before int) string {
	parts := []string{p.T("order." + string(o.State))}
	if o.FormerNumber != "" && o.FormerNumber != o.Number {
		parts = append(parts, p.T("occurrence.order_former", "number", o.FormerNumber))
	}
	if before > 0 {
		parts = append(parts, p.N("occurrence.orders_before", before))
	}
	return strings.Join(parts, " · ")
}

// openingState says why there is no order yet.
func openingState(p *page, v occurrenceView) string {
	if v.trouble != nil {
		return p.T("occurrence.opening_stuck")
	}
	return p.T("occurrence.opening_queued")
}

func visitState(p *page, v flow.Visit) string {
	if v.Technician == "" {
		return p.T("visit." + v.State)
	}
	return p.T("visit."+v.State) + ", " + v.Technician
}

func isToday(p *page, t time.Time) bool {
	y, m, d := p.now.In(t.Location()).Date()
	y2, m2, d2 := t.Date()
	return y == y2 && m == m2 && d == d2
}

// documentLabel: a masked one is a person's.
func documentLabel(p *page, document string) string {
	if len(document) > len("529.982.247-25") {
		return p.T("aside.cnpj")
	}
	return p.T("aside.cpf")
}

func relation(p *page, r string) string {
	if id := "relation." + r; p.Has(id) {
		return p.T(id)
	}
	return r
}

// catalogueWord makes a type's or priority's code read like a word.
func catalogueWord(code string) string { return sentence(strings.ReplaceAll(code, "_", " ")) }
