package mapping

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"

	"ponte/internal/desk"
)

// itemEnv sees an answer, what was looked for, and an item of a list.
var itemEnv = sync.OnceValue(func() *cel.Env { return must(newItemEnv()) })

func newItemEnv() (*cel.Env, error) {
	return lookUpEnv().Extend(cel.Variable("item", cel.DynType))
}

// reconcile is a checked Reconcile.
type reconcile struct {
	*Reconcile
	order, byLegacy *orderQuestion
	ofCustomer      *customerQuestion
}

type orderQuestion struct {
	call                      *call
	found, notFound, retryIf  *program
	open, closed              *program
	id, number, legacy        *program
	copies                    *program
	situation, solution, when *program
	comments, visits          *listRule
}

type customerQuestion struct {
	call                       *call
	found, retryIf, list       *program
	id, number, legacy, closed *program
}

type listRule struct {
	list, id, legacy, text, author, at, state, start, end *program
}

// reconcile checks the block. A question by an order's id may name the order; that by an id of ours, or by the customer,
// is asked where its id in Mobuss is not known, and may not.
func (k *checker) reconcile(r *Reconcile) *reconcile {
	if r == nil {
		return nil
	}
	const at = "integracao.conciliacao"
	k.reconcileTimes(at, r)
	for _, kind := range r.Take {
		if !slices.Contains(desk.ByItself, kind) {
			k.bad(at+".trazer", "achado_que_nao_se_traz", "achado", string(kind))
		}
	}
	for _, situation := range slices.Sorted(maps.Keys(r.Steps)) {
		if _, ok := k.config.Status(r.Steps[situation]); !ok {
			k.bad(at+".situacoes."+situation, "status_desconhecido", "codigo", r.Steps[situation])
		}
	}
	out := &reconcile{Reconcile: r}
	if r.Order == nil {
		k.bad(at+".ordem", "obrigatorio")
	} else {
		out.order = k.orderQuestion(at+".ordem", desk.AskVisit, r.Order)
	}
	if r.ByLegacy != nil {
		out.byLegacy = k.orderQuestion(at+".por_id_legado", desk.OpenOrder, r.ByLegacy)
		if r.ByLegacy.OrderID == "" {
			k.bad(at+".por_id_legado.id_mobuss", "obrigatorio")
		}
	}
	if r.OfCustomer != nil {
		out.ofCustomer = k.customerQuestion(at+".do_cliente", r.OfCustomer)
	}
	return out
}

func (k *checker) reconcileTimes(at string, r *Reconcile) {
	if r.Every != 0 && r.Every.Std() < leastInterval {
		k.bad(at+".intervalo", "menor_que", "minimo", leastInterval.String())
	}
	if r.PerMinute < 0 || r.PerMinute > MostPerMinute {
		k.bad(at+".por_minuto", "fora_da_faixa", "minimo", 1, "maximo", MostPerMinute)
	}
	if r.Grace < 0 {
		k.bad(at+".carencia", "menor_que", "minimo", "0s")
	}
	if r.ClosedFor < 0 {
		k.bad(at+".encerradas_por", "menor_que", "minimo", "0s")
	}
}

func (k *checker) orderQuestion(at string, p desk.Point, q *OrderQuestion) *orderQuestion {
	text := k.texts(at, lookUpEnv())
	return &orderQuestion{call: k.call(at, p, q.Call, true),
		found:    k.rule(at+".achado", lookUpEnv(), q.Found, true),
		notFound: k.rule(at+".nao_achado", lookUpEnv(), q.NotFound, true),
		retryIf:  k.rule(at+".repetir_se", lookUpEnv(), q.RetryIf, false),
		open:     k.rule(at+".aberta", lookUpEnv(), q.Open, false),
		closed:   k.rule(at+".encerrada", lookUpEnv(), q.Closed, false),
		id:       text("id_mobuss", q.OrderID), number: text("numero_os", q.Number), legacy: text("id_legado", q.LegacyID),
		copies: text("quantidade", q.Copies), situation: text("situacao", q.Situation), solution: text("solucao", q.Solution),
		when:     text("encerrada_em", q.ClosedAt),
		comments: k.listRule(at+".comentarios", q.Comments, "texto"), visits: k.listRule(at+".visitas", q.Visits, "situacao"),
	}
}

func (k *checker) customerQuestion(at string, q *CustomerQuestion) *customerQuestion {
	text := k.texts(at, itemEnv())
	if q.OrderID == "" {
		k.bad(at+".id_mobuss", "obrigatorio")
	}
	return &customerQuestion{call: k.call(at, desk.OpenOrder, q.Call, true),
		found:   k.rule(at+".achado", lookUpEnv(), q.Found, true),
		retryIf: k.rule(at+".repetir_se", lookUpEnv(), q.RetryIf, false),
		list:    k.listOf(at, q.List),
		id:      text("id_mobuss", q.OrderID), number: text("numero_os", q.Number), legacy: text("id_legado", q.LegacyID),
		closed: k.rule(at+".encerrada", itemEnv(), q.Closed, false)}
}

// listRule checks a list; must is the key without which its items say nothing.
func (k *checker) listRule(at string, q *ListRule, must string) *listRule {
	if q == nil {
		return nil
	}
	if must == "texto" && q.Text == "" || must == "situacao" && q.State == "" {
		k.bad(at+"."+must, "obrigatorio")
	}
	if q.ID == "" && q.At == "" && must == "texto" { // nothing to tell two of them apart by
		k.bad(at+".id", "obrigatorio")
	}
	text := k.texts(at, itemEnv())
	return &listRule{list: k.listOf(at, q.List), id: text("id", q.ID), legacy: text("id_legado", q.LegacyID), text: text("texto", q.Text),
		author: text("autor", q.Author), at: text("data", q.At), state: text("situacao", q.State), start: text("inicio", q.Start), end: text("fim", q.End)}
}

func (k *checker) listOf(at, expr string) *program {
	if expr == "" {
		k.bad(at+".lista", "obrigatorio")
		return nil
	}
	return k.expression(at+".lista", lookUpEnv(), expr)
}

// texts compiles expressions below a path; an empty one is none.
func (k *checker) texts(at string, env *cel.Env) func(key, expr string) *program {
	return func(key, expr string) *program {
		if expr == "" {
			return nil
		}
		return k.expression(fmt.Sprintf("%s.%s", at, key), env, expr)
	}
}
