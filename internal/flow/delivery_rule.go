package flow

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Rule is what decided over an attempt: a rule of the point's configuration, with its text, or one that always holds.
type Rule struct {
	Code   string        `json:"regra"`           // message id: "sucesso", "achado", "tabela_http", "rede_nao_saiu", ...
	Text   string        `json:"texto,omitempty"` // the expression as it is configured; empty where there is none
	HTTP   int           `json:"http,omitempty"`
	Action string        `json:"acao,omitempty"` // of the table of HTTP statuses: "repetir", "consultar", "recusar"
	Limit  time.Duration `json:"limite,omitempty"`
}

// judgedBy is the rule as it is kept with the attempt, and the version of the configuration that it stood in: nothing that
// is changed later, in the configuration or in Ponte, tells another story of it.
func judgedBy(j Job, out Outcome) (rule string, version nullID, err error) {
	if j.Rules == nil {
		return "", version, nil
	}
	b, err := json.Marshal(ruleOf(j.Rules.Config(), j.Point, Attempt{LookUp: j.LookUp, Outcome: out.Verdict.String(),
		HTTPStatus: out.Exchange.HTTPStatus, Reason: out.Reason}))
	return string(b), store.Null(j.row.ConfigVersionID), err
}

// attempts are the exchanges, each with the rule that judged it. Those of before rules were kept are told by the configuration
// that their payload was frozen with.
func (s *deliveryShow) attempts() error {
	rows, err := s.q.Attempts(s.ctx, s.d.ID)
	for _, r := range rows {
		a, err := s.attempt(r)
		if err != nil {
			return err
		}
		s.out.Attempts = append(s.out.Attempts, a)
	}
	return err
}

func (s *deliveryShow) attempt(r db.Attempt) (Attempt, error) {
	a := Attempt{Token: r.Token, LookUp: r.Kind == "consulta", At: fromMillis(r.StartedAt).In(s.zone), Duration: time.Duration(r.DurationMs) * time.Millisecond,
		Outcome: r.Outcome, HTTPStatus: int(r.HttpStatus), Reason: desk.ParseReason(r.ReasonCode, r.ReasonArgs)}
	version := s.d.ConfigVersionID
	for _, b := range s.before {
		if r.StartedAt < b.ReplacedAt {
			version, a.Former = b.ConfigVersionID, true
			break
		}
	}
	if r.ConfigVersionID.Valid {
		version = r.ConfigVersionID.Int64
	}
	cfg, err := s.flow.config(s.ctx, s.q, version)
	if err != nil {
		return a, err
	}
	a.Version = s.numberOf(version)
	if r.Rule == "" {
		a.Rule = ruleOf(cfg.Config, s.d.Point, a)
	} else if err := json.Unmarshal([]byte(r.Rule), &a.Rule); err != nil {
		return a, err
	}
	plain, err := s.flow.Keys.Open(fmt.Sprintf("attempt.exchange:%s/%d", s.d.ID, r.Token), r.Exchange)
	var x Exchange
	if err != nil || json.Unmarshal(plain, &x) != nil {
		return a, nil // the keys of today don't open it; its facts stand
	}
	if m, ok := readWire(x.Request); ok {
		shown := m.shownTo(s.redact)
		a.Request = &shown
		if !m.File && m.header("Host") != "" {
			body := m.Body
			if s.out.Masked {
				body = s.masked(m)
			}
			a.Curl = shown.curl(s.scheme(m.header("Host")), cfg.Integration.Auth, body)
		}
	}
	if m, ok := readWire(x.Response); ok {
		shown := m.shownTo(s.redact)
		a.Response = &shown
	}
	return a, nil
}

// masked is a body in its own form, for a shell.
func (s *deliveryShow) masked(m WireMessage) string {
	trimmed := strings.TrimSpace(m.Body)
	switch {
	case strings.HasPrefix(trimmed, "{"), strings.HasPrefix(trimmed, "["):
		return s.redact.json(trimmed)
	case strings.Contains(m.header("Content-Type"), "x-www-form-urlencoded"):
		return s.redact.query(trimmed, "&", func(v string) string { return v })
	}
	return m.laidOut(s.redact)
}

// numberOf is a version's number; the configuration of a row always exists.
func (s *deliveryShow) numberOf(version int64) int64 {
	if s.numbers == nil {
		s.numbers = map[int64]int64{}
		all, err := s.q.ConfigVersions(s.ctx, 1<<31)
		if err != nil {
			s.flow.Log.Warn("a delivery's page: the versions can't be read", "error", err)
		}
		for _, v := range all {
			s.numbers[v.ID] = v.Number
		}
	}
	return s.numbers[version]
}

// ruleOf finds the rule that gave an attempt's outcome, from what was written down of it. It follows mapping's Judge
// and JudgeLookUp and the outbox's decide; a test holds it against them.
func ruleOf(cfg *mapping.Config, p desk.Point, a Attempt) Rule {
	policy, point := cfg.Integration.Policy, cfg.Integration.Points[p]
	r := Rule{HTTP: a.HTTPStatus}
	code := a.Reason.Code
	if code == desk.WhyRetryLimit {
		r.Code, r.Limit = "limite", policy.TotalLimit.Std()
		return r
	}
	if a.LookUp {
		return lookRule(r, point.LookUps[point.LookUp], a)
	}
	if cause, ok := a.Reason.Args["causa"].(string); ok && code == desk.WhyNoLookUp {
		r.Code = "sem_consulta"
		if cause == mapping.ReasonAmbiguous {
			r.Text = point.LookUpIf
		}
		return r
	}
	switch {
	case a.Outcome == Done.String():
		r.Code, r.Text = "sucesso", point.Success
	case a.HTTPStatus == 0 && a.Outcome == TryAgain.String():
		r.Code = "rede_nao_saiu"
	case a.HTTPStatus == 0 && a.Outcome == Rejected.String():
		r.Code = "nao_enviavel"
	case a.HTTPStatus == 0:
		r.Code = "rede_saiu"
	case code == mapping.ReasonAmbiguous:
		r.Code, r.Text = "consultar_se", point.LookUpIf
	case code == mapping.ReasonUnreadable && a.Reason.Args["motivo"] == "extracao":
		r.Code = "extracao"
	case code == mapping.ReasonUnreadable:
		r.Code = "ilegivel"
	case a.HTTPStatus < 300:
		r.Code, r.Text = "sucesso_nao", point.Success
	default:
		r.Code, r.Action = "tabela_http", actionOf(policy.HTTP, a)
	}
	return r
}

func lookRule(r Rule, look mapping.LookUp, a Attempt) Rule {
	switch {
	case a.Reason.Code == desk.WhyNoLookUp:
		r.Code = "sem_consulta"
	case a.Outcome == Done.String():
		r.Code, r.Text = "achado", look.Found
	case a.Outcome == NotThere.String():
		r.Code, r.Text = "nao_achado", look.NotFound
	case a.Outcome == TryAgain.String():
		r.Code, r.Text = "nao_achado_de_novo", look.NotFound
	case a.Outcome == AskPerson.String():
		r.Code = "inconclusiva"
	case a.HTTPStatus >= 200 && a.HTTPStatus < 300 && look.RetryIf != "" && a.Reason.Code == mapping.ReasonHTTP:
		r.Code, r.Text = "repetir_se", look.RetryIf
	default:
		r.Code = "consulta_sem_resposta"
	}
	return r
}

// actionOf is the table's word for a status, or what the outcome says where the point can't look up.
func actionOf(table mapping.HTTPTable, a Attempt) string {
	if act, ok := table[strconv.Itoa(a.HTTPStatus)]; ok && act != mapping.ActLookUp {
		return string(act)
	}
	switch a.Outcome {
	case TryAgain.String():
		return string(mapping.ActRetry)
	case Rejected.String():
		return string(mapping.ActRefuse)
	}
	return string(mapping.ActLookUp)
}
