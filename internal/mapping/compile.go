package mapping

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/interpreter"

	"ponte/internal/desk"
)

// Compiled is a configuration version ready for use: immutable and safe for concurrent use.
type Compiled struct {
	config  *Config
	actions map[int]Action
	points  map[desk.Point]*point
	windows map[string]*call
	unit    *unitLookUp // nil: units can't be looked up
	// reconcile is nil where nothing is compared.
	reconcile *reconcile
}

type point struct {
	call     *call
	success  *program
	lookUpIf *program
	refuseIf *program
	retryIf  *program
	message  *program
	extract  []extraction
	required []string
	strategy string
	lookUp   *lookUp
}

type lookUp struct {
	call     *call
	found    *program
	notFound *program
	retryIf  *program
	extract  []extraction
}

type extraction struct {
	name string
	prg  *program
}

// Config is the document, with what it left out filled in. Not to be changed.
func (c *Compiled) Config() *Config { return c.config }

// Catalogue is the desk's part of the document. Not to be changed.
func (c *Compiled) Catalogue() *desk.Catalogue { return &c.config.Catalogue }

// Policy is how patient Ponte is under this version.
func (c *Compiled) Policy() Policy { return c.config.Integration.Policy }

// Has says whether the point is configured.
func (c *Compiled) Has(p desk.Point) bool { return c.points[p] != nil }

// LookUp is the name of the strategy that settles an unknown outcome of p; false where there is none, and a
// person decides.
func (c *Compiled) LookUp(p desk.Point) (string, bool) {
	pt := c.points[p]
	if pt == nil || pt.lookUp == nil {
		return "", false
	}
	return pt.strategy, true
}

// Compile checks a whole configuration and gathers everything that is wrong with it in one *desk.Error of code
// ErrConfig, each with the path of its row. Later changes of c don't reach the result.
func Compile(c *Config) (*Compiled, error) {
	doc, err := c.YAML()
	if err != nil {
		return nil, err
	}
	own, err := Parse(doc)
	if err != nil {
		return nil, err
	}
	k := &checker{config: own}
	if e := own.Check(); e != nil {
		k.fields = e.Fields
	}
	out := &Compiled{config: own, actions: k.policy(own.Integration.Policy), points: map[desk.Point]*point{}}
	k.auth(own.Integration.Auth)
	k.header("integracao.cabecalhos", own.Integration.Header)
	k.hosts("anexos.hosts_permitidos", own.Files.Hosts)
	for _, p := range slices.Sorted(maps.Keys(own.Integration.Points)) {
		if at := "integracao.pontos." + string(p); !p.Configurable() {
			k.bad(at, "ponto_desconhecido")
		} else {
			out.points[p] = k.point(at, p, own.Integration.Points[p])
		}
	}
	out.windows = k.windows(own.Integration.Windows)
	out.unit = k.unitLookUp("integracao.consulta_de_unidade", own.Integration.UnitLookUp)
	out.reconcile = k.reconcile(own.Integration.Reconcile)
	k.pointsOfStatuses()
	k.orderReferences()
	if len(k.fields) > 0 {
		e := desk.Fail(desk.ErrConfig)
		e.Fields = k.fields
		return nil, e
	}
	return out, nil
}

// checker walks a configuration and gathers what is wrong.
type checker struct {
	config *Config
	fields []desk.FieldError
	// usesOrder are the references to the order that calls make, with the first row that does.
	usesOrder map[string]string
}

func (k *checker) bad(field, code string, args ...any) {
	e := desk.BadField(field, code, args...)
	k.fields = append(k.fields, e.Fields...)
}

const maxLimit = 100_000

func (k *checker) policy(p Policy) map[int]Action {
	const at = "integracao.politica."
	atLeast := func(name string, d, least Duration) {
		if d < least {
			k.bad(at+name, "menor_que", "minimo", least.String())
		}
	}
	atLeast("tempo_limite", p.Timeout, Duration(10*time.Millisecond))
	if p.Timeout > MaxTimeout {
		k.bad(at+"tempo_limite", "fora_da_faixa", "minimo", "10ms", "maximo", MaxTimeout.Std().String())
	}
	atLeast("primeira_espera", p.FirstRetry, Duration(time.Millisecond))
	atLeast("espera_maxima", p.MaxRetry, p.FirstRetry)
	atLeast("limite_total", p.TotalLimit, p.Timeout)
	atLeast("assentamento", p.Settling, 0)
	if !(p.Jitter >= 0 && p.Jitter <= 1) {
		k.bad(at+"variacao", "fora_da_faixa", "minimo", 0, "maximo", 1)
	}
	if p.BodyCap < 1<<10 || p.BodyCap > 16<<20 {
		k.bad(at+"corpo_maximo", "fora_da_faixa", "minimo", 1<<10, "maximo", 16<<20)
	}
	for name, n := range map[string]int{"chamadas_por_segundo": p.Limits.PerSecond, "chamadas_por_minuto": p.Limits.PerMinute,
		"chamadas_simultaneas": p.Limits.Concurrent} {
		if n < 0 || n > maxLimit {
			k.bad(at+"limites."+name, "fora_da_faixa", "minimo", 0, "maximo", maxLimit)
		}
	}
	actions := map[int]Action{}
	for _, status := range slices.Sorted(maps.Keys(p.HTTP)) {
		n, err := strconv.Atoi(status)
		if err != nil || n < 100 || n > 599 {
			k.bad(at+"http."+status, "http_desconhecido")
		}
		if a := p.HTTP[status]; a != ActRetry && a != ActLookUp && a != ActRefuse {
			k.bad(at+"http."+status, "acao_desconhecida")
		}
		actions[n] = p.HTTP[status]
	}
	return actions
}

func (k *checker) point(at string, p desk.Point, cfg PointConfig) *point {
	if cfg.Name == "" {
		k.bad(at+".nome", "obrigatorio")
	}
	out := &point{
		call:     k.call(at, p, cfg.Call, false),
		success:  k.rule(at+".sucesso", answerEnv(), cfg.Success, true),
		lookUpIf: k.rule(at+".consultar_se", answerEnv(), cfg.LookUpIf, false),
		refuseIf: k.rule(at+".recusar_se", answerEnv(), cfg.RefuseIf, false),
		retryIf:  k.rule(at+".repetir_se", answerEnv(), cfg.RetryIf, false),
		extract:  k.extract(at+".extrair", answerEnv(), cfg.Extract),
		required: cfg.Required, strategy: cfg.LookUp,
	}
	if cfg.Message != "" {
		out.message = k.expression(at+".mensagem", answerEnv(), cfg.Message)
	}
	k.mustExtract(at+".obrigatorio_na_resposta", cfg.Required, cfg.Extract)
	for _, name := range slices.Sorted(maps.Keys(cfg.LookUps)) {
		l := k.lookUp(at+".consultas."+name, p, cfg.LookUps[name])
		k.mustExtract(at+".consultas."+name+".extrair", cfg.Required, cfg.LookUps[name].Extract)
		if name == cfg.LookUp {
			out.lookUp = l
		}
		if !isName(name) {
			k.bad(at+".consultas."+name, "nome_invalido")
		}
	}
	if cfg.LookUp != "" && out.lookUp == nil {
		k.bad(at+".consulta", "consulta_desconhecida")
	}
	return out
}

func (k *checker) lookUp(at string, p desk.Point, cfg LookUp) *lookUp {
	return &lookUp{
		call:     k.call(at, p, cfg.Call, true),
		found:    k.rule(at+".achado", lookUpEnv(), cfg.Found, true),
		notFound: k.rule(at+".nao_achado", lookUpEnv(), cfg.NotFound, true),
		retryIf:  k.rule(at+".repetir_se", lookUpEnv(), cfg.RetryIf, false),
		extract:  k.extract(at+".extrair", lookUpEnv(), cfg.Extract),
	}
}

func (k *checker) expression(at string, env *cel.Env, expr string) *program {
	p, err := compileCEL(env, expr)
	if err != nil {
		k.bad(at, "cel_invalido", "detalhe", err.Detail, "linha", err.Line, "coluna", err.Column)
		return nil
	}
	if p.tooDear() {
		k.bad(at, "cel_caro")
	}
	return p
}

// nothing is what a trial evaluation sees: no facts, and an answer that says nothing.
type nothing struct{ factVars }

func (n *nothing) ResolveName(name string) (any, bool) {
	if v, ok := n.factVars.ResolveName(name); ok {
		return v, true
	}
	return newView(&Answer{Status: 200, Body: []byte("{}")}, AnswerJSON, &Keys{}).ResolveName(name)
}

// tooDear says whether the expression is stopped by its cost even with nothing to work on. Whatever else goes wrong
// then, an occurrence may mend.
func (p *program) tooDear() bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := p.eval(ctx, &nothing{})
	var stopped interpreter.EvalCancelledError
	return errors.As(err, &stopped) || ctx.Err() != nil
}

// rule is an expression that must say yes or no.
func (k *checker) rule(at string, env *cel.Env, expr string, must bool) *program {
	if expr == "" {
		if must {
			k.bad(at, "obrigatorio")
		}
		return nil
	}
	p := k.expression(at, env, expr)
	if p != nil && !p.isBool() {
		k.bad(at, "cel_nao_booleano")
	}
	return p
}

func (k *checker) extract(at string, env *cel.Env, exprs map[string]string) (out []extraction) {
	for _, name := range slices.Sorted(maps.Keys(exprs)) {
		if !isName(name) {
			k.bad(at+"."+name, "nome_invalido")
		}
		out = append(out, extraction{name, k.expression(at+"."+name, env, exprs[name])})
	}
	return out
}

func (k *checker) mustExtract(at string, required []string, exprs map[string]string) {
	for _, name := range required {
		if _, ok := exprs[name]; !ok {
			k.bad(at, "extracao_necessaria", "nome", name)
		}
	}
}

// pointsOfStatuses: a status that fires needs its point, once the method sends at all.
func (k *checker) pointsOfStatuses() {
	for _, s := range k.config.Statuses {
		if _, ok := k.config.Integration.Points[s.Point]; !ok && s.Point.Valid() && k.config.Method.Sends() {
			k.bad("status."+s.Code+".ponto", "ponto_sem_configuracao", "ponto", string(s.Point))
		}
	}
}

// orderReferences: what later calls say about the order must have been learnt from its opening.
func (k *checker) orderReferences() {
	open, ok := k.config.Integration.Points[desk.OpenOrder]
	if !ok {
		return
	}
	for ref, name := range map[string]string{RefOrderID: ExtractOrderID, RefOrderNumber: ExtractOrderNumber} {
		if row, used := k.usesOrder[ref]; used && !slices.Contains(open.Required, name) {
			k.bad("integracao.pontos."+string(desk.OpenOrder)+".obrigatorio_na_resposta", "extracao_necessaria", "nome", name, "usado_em", row)
		}
	}
}
