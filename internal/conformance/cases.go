package conformance

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// success: the call arrives, and the rules take from its answer what they must.
func (v *pointCases) success(k *kase) (outcome, error) {
	c, o, no, err := v.make(k, v.facts(comment))
	if err != nil || c == nil {
		return no, err
	}
	got, err := k.deliver(c)
	if err != nil {
		return outcome{}, err
	}
	if got.Outcome != mapping.Delivered {
		return v.undelivered(k, c, o, got)
	}
	v.first, v.gave = c, got.Extracted
	v.arrived(c, o, got.Extracted)
	if v.p != desk.SendFile || c.LookUp == nil {
		return passed("conf_entregue", "extraido", listed(got.Extracted)), nil
	}
	look, _, err := k.look(c) // a file is said to be there only where it is seen
	switch {
	case err != nil:
		return outcome{}, err
	case look.Outcome == mapping.Found:
		return passed("conf_anexo_visto", "extraido", listed(got.Extracted)), nil
	}
	return failed("conf_anexo_sumiu", "veredito", lookVerdict(look.Outcome).String()), nil
}

// undelivered is a call that should have arrived. Where nobody knows, it is looked up, so that what it opened can be
// used and closed; the case has failed all the same.
func (v *pointCases) undelivered(k *kase, c *call, o *order, got mapping.Verdict) (outcome, error) {
	switch got.Outcome {
	case mapping.Refused:
		return failed("conf_recusada", spread(got.ReasonCode, got.ReasonArgs)...), nil
	case mapping.Retry:
		return failed("conf_nao_agora", spread(got.ReasonCode, got.ReasonArgs)...), nil
	}
	if c.LookUp != nil {
		look, _, err := k.look(c)
		if err != nil {
			return outcome{}, err
		}
		if look.Outcome == mapping.Found {
			v.arrived(c, o, look.Extracted)
			return failed("conf_ilegivel_mas_chegou", spread(got.ReasonCode, got.ReasonArgs)...), nil
		}
	}
	return failed("conf_ilegivel", spread(got.ReasonCode, got.ReasonArgs)...), nil
}

// spread makes a verdict's reason the arguments of a case's: causa is its code.
func spread(code string, args map[string]any) []any {
	out := []any{"causa", code}
	for _, name := range []string{"http", "mensagem", "nome"} {
		if v, ok := args[name]; ok {
			out = append(out, name, v)
		}
	}
	return out
}

// listed are extracted values, for people.
func listed(got map[string]string) string {
	var parts []string
	for _, name := range []string{mapping.ExtractOrderID, mapping.ExtractOrderNumber, mapping.ExtractVisitID} {
		if got[name] != "" {
			parts = append(parts, name+" = "+got[name])
		}
	}
	return strings.Join(parts, ", ")
}

// refusedUnit: an order for a unit that can't exist is refused, with a reason.
func (v *pointCases) refusedUnit(k *kase) (outcome, error) {
	f := v.facts(comment)
	f.Unit.MobussID = impossible(f.Unit.MobussID, v.c.Mark)
	c, _, no, err := v.make(k, f)
	if err != nil || c == nil {
		return no, err
	}
	got, err := k.send(c)
	if err != nil || got.Outcome != mapping.Delivered {
		return refusal(got), err
	}
	if got.Extracted[mapping.ExtractOrderID] == "" {
		return failed("conf_sucesso_falso"), nil
	}
	if c.LookUp != nil { // did the tool take it, or do our rules take a refusal for a success?
		look, _, err := k.look(c)
		if err != nil {
			return outcome{}, err
		}
		if look.Outcome == mapping.NotFound {
			return failed("conf_sucesso_falso"), nil
		}
	}
	o := v.opened(c, got.Extracted)
	return reserved("conf_aceitou_unidade", "id", o.id, "unidade", f.Unit.MobussID), nil
}

// refusedOrder: a call on an order that can't exist is refused, with a reason.
func (v *pointCases) refusedOrder(k *kase) (outcome, error) {
	like := ""
	for _, o := range v.own {
		like = o.id
	}
	f := v.facts(comment)
	f.Occurrence.LegacyID = v.legacy()
	id := impossible(like, v.c.Mark)
	c, no, err := k.bind(v.p, f, mapping.Refs{OrderID: id, OrderNumber: id})
	if err != nil || c == nil {
		return no, err
	}
	got, err := k.send(c)
	if err != nil || got.Outcome != mapping.Delivered {
		return refusal(got), err
	}
	return failed("conf_sucesso_falso_ordem", "id", id), nil
}

// refusal is what a case comes to whose call must be refused with a reason.
func refusal(got mapping.Verdict) outcome {
	args := spread(got.ReasonCode, got.ReasonArgs)
	said, _ := got.ReasonArgs["mensagem"].(string)
	switch {
	case got.Outcome == mapping.Refused && got.ReasonCode == mapping.ReasonCredential:
		return failed("conf_recusa_credencial", args...)
	case got.Outcome == mapping.Refused && said == "":
		return reserved("conf_recusa_muda", args...)
	case got.Outcome == mapping.Refused:
		return passed("conf_recusa_dita", args...)
	case got.Outcome == mapping.Retry:
		return failed("conf_recusa_repetida", args...)
	}
	return failed("conf_recusa_em_duvida", args...)
}

var (
	onlyDigits = regexp.MustCompile(`^\d{1,18}$`)
	likeUUID   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// impossible is an id that nobody has, of the same form as one that somebody has.
func impossible(like, mark string) string {
	switch {
	case onlyDigits.MatchString(like):
		return strings.Repeat("9", max(len(like), 9))
	case likeUUID.MatchString(like):
		return "ffffffff-ffff-4fff-bfff-ffffffffffff"
	}
	return "CONF-" + mark + "-NAO-EXISTE"
}

// credential: wrong credentials are refused, and known for what they are.
func (v *pointCases) credential(k *kase) (outcome, error) {
	if v.c.Rules.Config().Integration.Auth.Kind == mapping.AuthNone {
		return notForUs("conf_sem_autenticacao"), nil
	}
	c, o, no, err := v.make(k, v.facts(comment))
	if err != nil || c == nil {
		return no, err
	}
	c.wrong = true
	got, err := k.send(c)
	if err != nil {
		return outcome{}, err
	}
	args := spread(got.ReasonCode, got.ReasonArgs)
	switch {
	case got.Outcome == mapping.Delivered:
		v.arrived(c, o, got.Extracted)
		return failed("conf_credencial_aceita"), nil
	case credentialRefused(got):
		return passed("conf_credencial_recusada", args...), nil
	case got.Outcome == mapping.Refused:
		return reserved("conf_credencial_generica", args...), nil
	case got.Outcome == mapping.Retry:
		return failed("conf_recusa_repetida", args...), nil
	}
	return failed("conf_recusa_em_duvida", args...), nil
}

// credentialRefused: by the tool, or by the server that gives its tokens.
func credentialRefused(got mapping.Verdict) bool {
	return got.Outcome == mapping.Refused && got.ReasonCode == mapping.ReasonCredential || got.ReasonCode == connector.ReasonTokenNo
}

// unknownID: of what was never sent the look-up says "not found", and not that it can't tell.
func (v *pointCases) unknownID(k *kase) (outcome, error) {
	if _, ok := v.c.Rules.LookUp(v.p); !ok {
		return notForUs("conf_sem_consulta"), nil
	}
	c, _, no, err := v.make(k, v.facts(comment)) // bound, and never sent
	if err != nil || c == nil {
		return no, err
	}
	look, _, err := k.look(c)
	if err != nil {
		return outcome{}, err
	}
	switch look.Outcome {
	case mapping.NotFound:
		return passed("conf_nao_achado"), nil
	case mapping.Found:
		return failed("conf_achou_inexistente", "extraido", listed(look.Extracted)), nil
	}
	return inconclusive(look), nil
}

func inconclusive(look mapping.LookVerdict) outcome {
	args := spread(look.ReasonCode, look.ReasonArgs)
	if look.Outcome == mapping.LookNext {
		return failed("conf_consulta_sem_resposta", args...)
	}
	return failed("conf_consulta_inconclusiva", args...)
}

// again: the same call is not sent twice, because the look-up finds the first.
func (v *pointCases) again(k *kase) (outcome, error) {
	if _, ok := v.c.Rules.LookUp(v.p); !ok {
		return reserved("conf_repetida_pessoa"), nil
	}
	if v.first == nil {
		return failed("conf_sem_primeira"), nil
	}
	look, _, err := k.look(v.first)
	if err != nil {
		return outcome{}, err
	}
	switch look.Outcome {
	case mapping.Found:
		for name, got := range look.Extracted {
			if was := v.gave[name]; was != "" && got != was {
				return failed("conf_repetida_outra", "nome", name, "antes", was, "agora", got), nil
			}
		}
		return passed("conf_repetida_achada", "extraido", listed(look.Extracted)), nil
	case mapping.NotFound:
		return failed("conf_repetida_nao_achada"), nil
	}
	return inconclusive(look), nil
}

// timeout: we hang up once the request has left; the look-up tells what became of it, and nothing is done twice.
func (v *pointCases) timeout(k *kase) (outcome, error) {
	c, o, no, err := v.make(k, v.facts(comment))
	if err != nil || c == nil {
		return no, err
	}
	c.hangUp = true
	got, err := k.send(c)
	switch {
	case err != nil:
		return outcome{}, err
	case got.Outcome != mapping.Unknown:
		return failed("conf_nao_saiu", spread(got.ReasonCode, got.ReasonArgs)...), nil
	case c.LookUp == nil:
		return reserved("conf_pessoa_decide"), nil
	}
	c.hangUp = false
	look, n, err := k.settle(c)
	switch {
	case err != nil:
		return outcome{}, err
	case look.Outcome == mapping.Found:
		v.arrived(c, o, look.Extracted)
		return passed("conf_achada", "extraido", listed(look.Extracted), "consultas", n), nil
	case look.Outcome != mapping.NotFound:
		return inconclusive(look), nil
	}
	return v.sendAgain(k, c, o)
}

// sendAgain follows two look-ups that found nothing: the same request goes once more, and then there is one.
func (v *pointCases) sendAgain(k *kase, c *call, o *order) (outcome, error) {
	got, err := k.deliver(c)
	if err != nil {
		return outcome{}, err
	}
	if got.Outcome != mapping.Delivered {
		return v.undelivered(k, c, o, got)
	}
	v.arrived(c, o, got.Extracted)
	look, _, err := k.look(c)
	if err != nil {
		return outcome{}, err
	}
	if look.Outcome != mapping.Found {
		return failed("conf_reenviada_sem_consulta", "extraido", listed(got.Extracted)), nil
	}
	for name, id := range look.Extracted {
		if was := got.Extracted[name]; was != "" && was != id {
			v.arrived(c, o, look.Extracted)
			return failed("conf_duas", "nome", name, "antes", id, "agora", was), nil
		}
	}
	return passed("conf_reenviada", "extraido", listed(got.Extracted)), nil
}

// lookTries bounds how often a look-up without an answer is made again.
const lookTries = 5

// settle looks until the outcome is known. "Not found" counts only in a second look that began after the settling
// time. Deliveries give an unanswered call longer (mapping.Policy.CountsAfter); a run would take minutes by that, and its
// being the stricter shows a settling time that is too short.
func (k *kase) settle(c *call) (look mapping.LookVerdict, n int, err error) {
	since, nothing := time.Now(), 0
	settled := since.Add(c.rules.Policy().Settling.Std())
	for n = 1; ; n++ {
		began := time.Now()
		if look, _, err = k.look(c); err != nil {
			return look, n, err
		}
		wait := time.Duration(0)
		switch look.Outcome {
		case mapping.NotFound:
			if nothing > 0 && !began.Before(settled) {
				return look, n, nil
			}
			nothing++
			wait = max(time.Until(settled), time.Millisecond)
		case mapping.LookNext:
			if n >= lookTries {
				return look, n, nil
			}
			wait = min(max(look.RetryAfter, cmp.Or(c.rules.Policy().FirstRetry.Std(), time.Second)), deliverWait)
		default:
			return look, n, nil
		}
		if !k.sleep(wait) {
			return look, n, nil
		}
	}
}

// accents: a text with everything that servers spoil is taken, and where the look-up gives it back, it is the same.
func (v *pointCases) accents(k *kase) (outcome, error) {
	mark := "CONF-" + v.c.Mark + "-" + string(v.p)
	text := difficult(mark)
	f := v.facts(text)
	if v.p == desk.OpenOrder {
		f.Occurrence.Description = text
	}
	c, o, no, err := v.make(k, f)
	if err != nil || c == nil {
		return no, err
	}
	got, err := k.deliver(c)
	if err != nil {
		return outcome{}, err
	}
	if got.Outcome != mapping.Delivered {
		return v.undelivered(k, c, o, got)
	}
	v.arrived(c, o, got.Extracted)
	if c.LookUp == nil {
		return passed("conf_texto_aceito", "caracteres", longText), nil
	}
	_, ex, err := k.look(c)
	if err != nil {
		return outcome{}, err
	}
	return carried(ex, mark, text), nil
}

// carried compares a text with what the look-up's answer brings back of it.
func carried(ex *connector.Exchange, mark, text string) outcome {
	var body []byte
	if ex.Answer != nil {
		body = ex.Answer.Body
	}
	came, same := find(body, mark, text)
	switch {
	case same:
		return passed("conf_texto_igual", "caracteres", longText)
	case came == "":
		return passed("conf_texto_aceito", "caracteres", longText)
	}
	at, want, got := differs(text, came)
	return failed("conf_texto_outro", "posicao", at, "esperado", want, "veio", got)
}
