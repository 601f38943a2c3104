package mapping

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ponte/internal/desk"
)

// Outcome is what an answer means for its delivery.
type Outcome string

const (
	Delivered Outcome = "entregue"
	Refused   Outcome = "recusado"
	Retry     Outcome = "repetir"      // nothing was done; the same request goes again
	Unknown   Outcome = "desconhecido" // it may have been done; look it up first
)

// Reason codes: message ids, stable.
const (
	ReasonRefused    = "recusado_pelo_mobuss" // http, mensagem
	ReasonHTTP       = "http_inesperado"      // http, mensagem where there is one
	ReasonCredential = "credencial_recusada"  // http, mensagem where there is one
	ReasonUnreadable = "resposta_ilegivel"    // http, motivo: formato, regra, extracao, truncada; nome of what was not extracted
	ReasonAmbiguous  = "resposta_pede_consulta"
	ReasonUnclear    = "consulta_inconclusiva" // http
)

// Verdict is what an answer means.
type Verdict struct {
	Outcome    Outcome
	ReasonCode string // empty where it was delivered
	ReasonArgs map[string]any
	// RetryAfter is the answer's own wish; zero where it has none. At most the policy's limit_total.
	RetryAfter time.Duration
	// Extracted is id_mobuss, numero_os, id_visita and whatever else the configuration takes.
	Extracted map[string]string
}

// Reason is why, for whoever stores it.
func (v Verdict) Reason() desk.Reason { return desk.Reason{Code: v.ReasonCode, Args: v.ReasonArgs} }

// LookOutcome is what a look-up's answer means.
type LookOutcome string

const (
	Found    LookOutcome = "achado"
	NotFound LookOutcome = "nao_achado"   // counts only after the settling time and a second look
	Unclear  LookOutcome = "inconclusivo" // a person decides
	LookNext LookOutcome = "repetir"      // no answer to speak of: look again later
)

// LookVerdict is what a look-up's answer means.
type LookVerdict struct {
	Outcome    LookOutcome
	ReasonCode string // empty where it was found or not
	ReasonArgs map[string]any
	RetryAfter time.Duration
	Extracted  map[string]string
}

// Reason is why, for whoever stores it.
func (v LookVerdict) Reason() desk.Reason { return desk.Reason{Code: v.ReasonCode, Args: v.ReasonArgs} }

// Judge says what the answer to a point's call means. Rules first, for every status; then the policy's table.
// Nothing that can't be read is ever a success.
func (c *Compiled) Judge(p desk.Point, a *Answer) Verdict {
	pt := c.points[p]
	if pt == nil {
		return Verdict{Outcome: Unknown, ReasonCode: ReasonUnreadable, ReasonArgs: reason(a, "motivo", "regra")}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	j := judging{ctx, newView(a, pt.call.Answer, nil)}
	fine := a.Status >= 200 && a.Status < 300
	if fine && !j.readable {
		return unreadable(a, unreadableBecause(a))
	}
	if j.readable {
		success, failed := j.truth(pt.success)
		success = success && j.speaksOfFault(pt.success)
		switch {
		case success:
			got := j.extracted(pt.extract)
			if name, ok := lacking(pt.required, got); !ok {
				return unreadable(a, "extracao", "nome", name)
			}
			return Verdict{Outcome: Delivered, Extracted: got}
		case failed && fine:
			return unreadable(a, "regra")
		}
		if yes, _ := j.truth(pt.lookUpIf); yes {
			return Verdict{Outcome: Unknown, ReasonCode: ReasonAmbiguous, ReasonArgs: j.said(pt.message)}
		}
		if yes, _ := j.truth(pt.refuseIf); yes {
			return Verdict{Outcome: Refused, ReasonCode: ReasonRefused, ReasonArgs: j.said(pt.message)}
		}
		if yes, _ := j.truth(pt.retryIf); yes {
			return Verdict{Outcome: Retry, ReasonCode: ReasonHTTP, ReasonArgs: j.said(pt.message), RetryAfter: c.retryAfter(a)}
		}
	}
	args := j.said(pt.message)
	if fine && strings.TrimSpace(j.text) == "" { // whoever says nothing doesn't refuse
		return unreadable(a, "regra")
	}
	if fine {
		return Verdict{Outcome: Refused, ReasonCode: ReasonRefused, ReasonArgs: args}
	}
	return c.byStatus(pt, a, args)
}

// byStatus is the policy's table.
func (c *Compiled) byStatus(pt *point, a *Answer, args map[string]any) Verdict {
	v := Verdict{ReasonCode: ReasonHTTP, ReasonArgs: args, RetryAfter: c.retryAfter(a)}
	switch c.action(a.Status) {
	case ActRetry:
		v.Outcome = Retry
	case ActLookUp:
		v.Outcome = Unknown
		if pt.lookUp == nil && a.Status >= 500 {
			v.Outcome = Retry
		}
	default:
		v.Outcome = Refused
		_, explained := args["mensagem"]
		switch {
		case a.Status == 401 || a.Status == 403:
			v.ReasonCode = ReasonCredential
		case explained:
			v.ReasonCode = ReasonRefused
		}
	}
	return v
}

func (c *Compiled) action(status int) Action {
	if a, ok := c.actions[status]; ok {
		return a
	}
	if status >= 500 {
		return ActLookUp
	}
	return ActRefuse
}

// JudgeLookUp says what the answer to a point's look-up means; keys are the bound request's.
func (c *Compiled) JudgeLookUp(p desk.Point, a *Answer, keys Keys) LookVerdict {
	pt := c.points[p]
	if pt == nil || pt.lookUp == nil {
		return LookVerdict{Outcome: Unclear, ReasonCode: ReasonUnclear, ReasonArgs: reason(a)}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	l, j := pt.lookUp, judging{ctx, newView(a, pt.lookUp.call.Answer, &keys)}
	again := func(code string, args map[string]any) LookVerdict {
		return LookVerdict{Outcome: LookNext, ReasonCode: code, ReasonArgs: args, RetryAfter: c.retryAfter(a)}
	}
	// SOAP 1.1 answers with HTTP 500 that there is no such order: a Fault is an answer, and the rules' to read
	isFault := a.Status == 500 && j.fault != nil
	if !isFault && (a.Status >= 500 || a.Status == 408 || a.Status == 429 || c.action(a.Status) == ActRetry) {
		return again(ReasonHTTP, reason(a))
	}
	if !j.readable {
		return again(ReasonUnreadable, reason(a, "motivo", unreadableBecause(a)))
	}
	found, _ := j.truth(l.found)
	notFound, _ := j.truth(l.notFound)
	found, notFound = found && j.speaksOfFault(l.found), notFound && j.speaksOfFault(l.notFound)
	if yes, _ := j.truth(l.retryIf); yes && found == notFound {
		return again(ReasonHTTP, j.said(pt.message))
	}
	if found == notFound && isFault {
		return again(ReasonHTTP, j.said(pt.message))
	}
	if found == notFound {
		return LookVerdict{Outcome: Unclear, ReasonCode: ReasonUnclear, ReasonArgs: j.said(pt.message)}
	}
	if notFound {
		return LookVerdict{Outcome: NotFound}
	}
	got := j.extracted(l.extract)
	if name, ok := lacking(pt.required, got); !ok {
		return LookVerdict{Outcome: Unclear, ReasonCode: ReasonUnreadable, ReasonArgs: reason(a, "motivo", "extracao", "nome", name)}
	}
	return LookVerdict{Outcome: Found, Extracted: got}
}

// speaksOfFault: a rule that doesn't mention falha was not written for a Fault, and decides nothing over one.
func (j judging) speaksOfFault(p *program) bool { return j.fault == nil || p.asksFault }

func lacking(required []string, got map[string]string) (string, bool) {
	for _, name := range required {
		if got[name] == "" {
			return name, false
		}
	}
	return "", true
}

func unreadable(a *Answer, why string, args ...any) Verdict {
	return Verdict{Outcome: Unknown, ReasonCode: ReasonUnreadable, ReasonArgs: reason(a, append([]any{"motivo", why}, args...)...)}
}

func unreadableBecause(a *Answer) string {
	if a.Truncated {
		return "truncada"
	}
	return "formato"
}

func reason(a *Answer, args ...any) map[string]any {
	m := map[string]any{"http": a.Status}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return m
}

const maxMessage = 500 // characters of what Mobuss says

// said is the status and, where there is one, the message in the words of the field's tool.
func (j judging) said(message *program) map[string]any {
	m := reason(j.answer)
	s := strings.Join(strings.FieldsFunc(j.textOf(message), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if r := []rune(s); len(r) > maxMessage {
		s = string(r[:maxMessage-1]) + "…"
	}
	if s != "" {
		m["mensagem"] = s
	}
	return m
}

// retryAfter reads the header in both its forms. A date is taken from the answer's own Date, so that neither
// clock matters.
func (c *Compiled) retryAfter(a *Answer) time.Duration {
	h := strings.TrimSpace(a.Header["retry-after"])
	limit := c.Policy().TotalLimit.Std()
	if s, err := strconv.ParseUint(h, 10, 32); err == nil {
		return min(time.Duration(s)*time.Second, limit)
	}
	at, err := time.Parse(time.RFC1123, h)
	now, err2 := time.Parse(time.RFC1123, a.Header["date"])
	if err != nil || err2 != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), limit)
}
