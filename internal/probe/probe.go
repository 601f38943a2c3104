package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// Code is how far the question came: stable, a message id.
type Code string

const (
	Understood Code = "entendida"              // answered "not there", as it should
	NoAddress  Code = "sem_endereco"           // the environment has none for this call
	NoSecret   Code = "sem_credencial"         // what the authentication asks for is not there yet
	NoQuestion Code = "sem_consulta"           // MOBUSS_ISA has no look-up in use: nothing can be asked without writing
	NotCalled  Code = "metodo_nao_chama"       // method B: the address is a note, and never called
	Incomplete Code = "consulta_incompleta"    // the look-up wants values that can't be made up
	Unreached  Code = "nao_alcancada"          // no connection, or no answer
	BadTLS     Code = "tls_recusado"           // their certificate, or ours
	NoToken    Code = "token_nao_veio"         // OAuth 2: the token server did not give one
	Denied     Code = "credencial_recusada"    // HTTP 401 or 403
	Failing    Code = "servico_falhou"         // it answered that it can't answer now
	Unreadable Code = "nao_entendida"          // answered something that the rules can't read
	FoundIt    Code = "achou_o_que_nao_existe" // answered that there is such an order: the rules, or the look-up, are too generous
)

// Result is what came of a probe. It holds no credentials.
type Result struct {
	Environment desk.Environment
	Code        Code
	Reason      desk.Reason // why, where Code is not Understood; may be empty
	At          time.Time
	Took        time.Duration
	HTTPStatus  int // 0: none
	Address     string
	Peer        *connector.Peer // nil without TLS
	// Request and Response are the exchange as it was recorded: for flow.ShowWire.
	Request, Response string
	// Missing are the credentials that are not there (NoSecret), or the rows of the look-up that lack a value (Incomplete).
	Missing []string
}

// OK says whether the environment is ready to be called.
func (r Result) OK() bool { return r.Code == Understood }

// Prober asks. It is safe for concurrent use.
type Prober struct {
	Flow *flow.Flow
	// Now is time.Now where nil.
	Now func() time.Time
}

// New makes one.
func New(f *flow.Flow) *Prober { return &Prober{Flow: f, Now: time.Now} }

// Probe asks an environment as it is configured, and notes in the audit that a asked. The error is sem_permissao, or ours.
func (p *Prober) Probe(ctx context.Context, a desk.Actor, env desk.Environment) (Result, error) {
	if err := flow.MayProbe(a); err != nil {
		return Result{}, err
	}
	c, err := p.Flow.Calling(ctx, env)
	if err != nil {
		return Result{}, err
	}
	r := p.ask(ctx, c)
	return r, p.Flow.Probed(ctx, a, env, string(r.Code), r.OK())
}

// ProbeWith asks with addresses and credentials that are not saved, by the rules of the version that runs. Whoever calls
// it has checked that the actor may, and notes it in the audit.
func (p *Prober) ProbeWith(ctx context.Context, env desk.Environment, candidate flow.Endpoint) (Result, error) {
	c, err := p.Flow.Calling(ctx, env)
	if err != nil {
		return Result{}, err
	}
	c.Endpoint = candidate
	return p.ask(ctx, c), nil
}

// Ask asks an environment as it is configured, for nobody in particular: whether a route that is paused works again.
func (p *Prober) Ask(ctx context.Context, env desk.Environment) (Result, error) {
	c, err := p.Flow.Calling(ctx, env)
	if err != nil {
		return Result{}, err
	}
	return p.ask(ctx, c), nil
}

// ask has a connection of its own: neither sockets nor tokens are those of the deliveries.
func (p *Prober) ask(ctx context.Context, c flow.Calling) Result {
	now := p.Now
	if now == nil {
		now = time.Now
	}
	out := Result{Environment: c.Environment, At: now()}
	cfg := c.Rules.Config()
	action := mapping.CallAddress(desk.OpenOrder, true)
	question, err := question(c.Rules, out.At)
	if out.Code, out.Missing = prevents(c, cfg, question, err); out.Code != "" {
		return out
	}
	client := connector.New()
	defer client.Close()
	ex := client.Send(ctx, connector.Key{Connection: c.Connection, Environment: c.Environment},
		connector.Site(c.Endpoint).Endpoint(&cfg.Integration, action), question)
	out.Took, out.HTTPStatus, out.Peer, out.Request, out.Response = ex.Duration, ex.Status(), ex.Peer, ex.Request, ex.Response
	out.Address = c.Endpoint.BaseURL
	if own := c.Endpoint.URLs[action]; own != "" {
		out.Address = own
	}
	out.Code, out.Reason = judge(c.Rules, ex, question.Keys)
	return out
}

// prevents says why nothing can be asked, and what is missing for it; empty where it can.
func prevents(c flow.Calling, cfg *mapping.Config, question *mapping.Request, err error) (Code, []string) {
	var lacks *mapping.Missing
	auth, e := cfg.Integration.Auth, c.Endpoint
	switch {
	case cfg.Method == desk.MethodB:
		return NotCalled, nil
	case errors.As(err, &lacks):
		var rows []string
		for _, v := range lacks.Values {
			rows = append(rows, v.Target)
		}
		return Incomplete, rows
	case err != nil, question == nil:
		return NoQuestion, nil
	case e.BaseURL == "" && e.URLs[mapping.CallAddress(desk.OpenOrder, true)] == "", auth.Kind == mapping.AuthOAuth && e.TokenURL == "":
		return NoAddress, nil
	}
	var unset []string
	for _, name := range auth.SecretNames() {
		if e.Secrets[name] == "" {
			unset = append(unset, name)
		}
	}
	if len(unset) > 0 {
		return NoSecret, unset
	}
	return "", nil
}

// question is the look-up of an opening that never was. Most ids are texts; where the configuration wants a number, 0 is
// one that no occurrence has.
func question(rules *mapping.Compiled, now time.Time) (*mapping.Request, error) {
	id := flow.NewID()
	var lacks *mapping.Missing
	for _, legacy := range []string{"PONTE-TESTE-" + id[len(id)-8:], "0"} {
		q, err := rules.LookUpRequest(desk.OpenOrder, nobody(legacy, now), mapping.Refs{DeliveryID: id})
		if !errors.As(err, &lacks) {
			return q, err
		}
	}
	return nil, lacks
}

// nobody is what a look-up may want to know of an occurrence, all of it made up: a CPF that is valid by its check digits
// and handed out to nobody.
func nobody(legacy string, now time.Time) *mapping.Facts {
	return &mapping.Facts{
		Occurrence: mapping.Occurrence{LegacyID: legacy, Subject: "Teste da conexão", Description: "Teste da conexão", OpenedAt: now},
		Customer:   mapping.Customer{Name: "Teste da conexão", Document: "000.000.001-91", Email: "teste@ponte.invalid", Phone: "(00) 0000-0000"},
		Unit:       mapping.Unit{Number: "0", MobussID: legacy}, Block: mapping.Block{Code: "0", Name: "0"},
		Development: mapping.Development{Code: "0", Name: "Teste da conexão"}, Contract: mapping.Contract{Code: "0"},
		Requester: mapping.Requester{Name: "Teste da conexão"},
		Movement:  mapping.Movement{Comment: "Teste da conexão", Author: "Ponte", At: now},
	}
}

// judge says how far it came.
func judge(rules *mapping.Compiled, ex connector.Exchange, keys mapping.Keys) (Code, desk.Reason) {
	if ex.Answer == nil {
		why := desk.Reason{Code: ex.ErrCode}
		switch ex.ErrCode {
		case connector.ReasonTLS, connector.ReasonCertificate, connector.ReasonOwnTLS:
			return BadTLS, why
		case connector.ReasonToken, connector.ReasonTokenNo, connector.ReasonTokenWhat:
			return NoToken, why
		case connector.ReasonCredential:
			return Denied, why
		case connector.ReasonUnreadable:
			return Unreadable, desk.Reason{}
		}
		return Unreached, why
	}
	if s := ex.Status(); s == 401 || s == 403 {
		return Denied, desk.Because(mapping.ReasonCredential, "http", s)
	}
	v := ex.LookVerdict(rules, desk.OpenOrder, keys)
	switch v.Outcome {
	case mapping.NotFound:
		return Understood, desk.Reason{}
	case mapping.Found:
		return FoundIt, desk.Reason{}
	case mapping.LookNext:
		if v.ReasonCode == mapping.ReasonUnreadable {
			return Unreadable, v.Reason()
		}
		return Failing, v.Reason()
	}
	return Unreadable, v.Reason()
}

// Step is one of the things that have to be right, in their order.
type Step struct {
	Name  string // "alcancada", "tls", "credenciais", "entendida"
	State State
}

// State of a step.
type State string

const (
	Passed  State = "passou"
	Failed  State = "falhou"
	Unknown State = "nao_chegou" // it did not come so far
	None    State = "nao_ha"     // there is no such step here
)

// Steps says what is known of each.
func (r Result) Steps() []Step {
	names := []string{"alcancada", "tls", "credenciais", "entendida"}
	at := map[Code]int{Unreached: 0, BadTLS: 1, NoToken: 2, NoSecret: 2, Denied: 2, Failing: 3, Unreadable: 3, FoundIt: 3, Understood: 4}
	failed, tried := at[r.Code]
	out := make([]Step, len(names))
	for i, name := range names {
		out[i] = Step{name, Unknown}
		switch {
		case !tried, r.Code == NoSecret && i < failed:
		case i < failed:
			out[i].State = Passed
		case i == failed:
			out[i].State = Failed
		}
	}
	if out[1].State == Passed && r.Peer == nil && r.Code != NoToken {
		out[1].State = None
	}
	return out
}

// String is for a log.
func (r Result) String() string {
	return fmt.Sprintf("%s: %s %s", r.Environment, r.Code, r.Reason.Code)
}
