package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// story is what was asked for of one occurrence, step by step. Once it has ended all of it was acknowledged.
type story struct {
	id       string // id_externo of its opening
	contract string
	number   int64
	steps    []step
	reports  []string // the technician's comments, in order
	solution string
	order    string // idMobuss, once known
}

// step is a movement that fires.
type step struct{ status, comment string }

// load is callers who open occurrences and carry each to its closing, one after the other.
type load struct {
	*site
	seed   uint64
	enough atomic.Bool // no new stories

	mu       sync.Mutex
	stories  []*story
	errs     []error
	busy     int  // callers that are not done
	clockSet bool // somebody set the wall clock
	mended   bool // what the field refuses is sent again by somebody
	callers  sync.WaitGroup
}

// start lets n callers work until enough is said, each at most limit stories (0: no limit).
func (l *load) start(ctx context.Context, n, limit int) {
	l.mu.Lock()
	l.busy += n
	l.mu.Unlock()
	for who := range n {
		l.callers.Go(func() {
			defer func() {
				l.mu.Lock()
				l.busy--
				l.mu.Unlock()
			}()
			dice := rand.New(rand.NewPCG(l.seed, uint64(who)))
			for i := 0; !l.enough.Load() && (limit == 0 || i < limit); i++ {
				st := newStory(fmt.Sprintf("%x-%d-%d", l.seed, who, i), dice)
				if err := l.tell(ctx, st, dice); err != nil {
					l.mu.Lock()
					l.errs = append(l.errs, fmt.Errorf("story %s of occurrence %d: %w", st.id, st.number, err))
					l.mu.Unlock()
					return
				}
				l.mu.Lock()
				l.stories = append(l.stories, st)
				l.mu.Unlock()
			}
		})
	}
}

// newStory is an opening, two to five messages to the field with the technician's word in between, and a closing.
func newStory(id string, dice *rand.Rand) *story {
	st := &story{id: id, contract: fmt.Sprintf("PDA-U-%d", 1+dice.IntN(60)), solution: "resolvido " + id,
		steps: []step{{"20", "ao campo " + id}}}
	for i := range 2 + dice.IntN(4) {
		if dice.IntN(4) == 0 {
			st.steps = append(st.steps, step{"30", fmt.Sprintf("vistoria %d de %s", i, id)})
		} else {
			st.steps = append(st.steps, step{"40", fmt.Sprintf("comentário %d de %s", i, id)})
		}
	}
	for i := range dice.IntN(3) {
		st.reports = append(st.reports, fmt.Sprintf("do campo %d de %s", i, id))
	}
	st.steps = append(st.steps, step{"80", st.solution})
	return st
}

// tell makes a story happen, and ends when all of it has.
func (l *load) tell(ctx context.Context, st *story, dice *rand.Rand) error {
	if err := l.write(ctx, st, "/ocorrencias", st.id, dice, map[string]string{"cod_projeto": st.contract,
		"bloqueio_incluir_cliente": "T", "descricao": "história " + st.id}); err != nil {
		return err
	}
	reports := st.reports
	for i, s := range st.steps {
		if err := l.write(ctx, st, fmt.Sprintf("/ocorrencias/%d/movimentacoes", st.number), fmt.Sprintf("%s/%d", st.id, i), dice,
			map[string]string{"cod_status": s.status, "comentario": s.comment}); err != nil {
			return err
		}
		if len(reports) > 0 && dice.IntN(2) == 0 && i < len(st.steps)-1 {
			if err := l.report(ctx, st, reports[0]); err != nil {
				return err
			}
			reports = reports[1:]
		}
	}
	st.reports = st.reports[:len(st.reports)-len(reports)]
	return l.ended(ctx, st)
}

// write makes a call until it is acknowledged, and now and then once more.
func (l *load) write(ctx context.Context, st *story, path, id string, dice *rand.Rand, params map[string]string) error {
	params["id_externo"] = id
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	times := 1
	if dice.IntN(8) == 0 {
		times = 2
	}
	for range times {
		var a answer
		err := poll(ctx, func() (_ bool, err error) {
			a, err = l.call(ctx, deskToken, http.MethodPost, path, string(body))
			// A refused opening has to be sent again before anything can follow it: who works here waits for that.
			return !l.waits(a), err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		var out occurrence
		if a.status != http.StatusOK && a.status != http.StatusCreated || json.Unmarshal(a.body, &out) != nil {
			return fmt.Errorf("%s %s: %s", path, body, a)
		}
		if st.number != 0 && out.Number != st.number {
			return fmt.Errorf("%s %s: answered %d, after %d", path, id, out.Number, st.number)
		}
		st.number = out.Number
	}
	return nil
}

// waits says whether a call was refused because the opening was, where a manager is about to send it again.
func (l *load) waits(a answer) bool {
	return l.mended && a.status == http.StatusConflict && strings.Contains(string(a.body), `"transicao_invalida"`)
}

// report is the technician's comment on the order, once there is one.
func (l *load) report(ctx context.Context, st *story, text string) error {
	if st.order == "" {
		err := poll(ctx, func() (bool, error) {
			o, err := l.show(ctx, st.number)
			st.order = o.MobussID
			return o.MobussID != "", err
		})
		if err != nil {
			return fmt.Errorf("its order: %w", err)
		}
	}
	return l.field.act(ctx, st.order, map[string]string{"acao": "comentar", "texto": text})
}

func (l *load) show(ctx context.Context, number int64) (o occurrence, err error) {
	a, err := l.call(ctx, deskToken, http.MethodGet, fmt.Sprintf("/ocorrencias/%d", number), "")
	if err == nil && a.status != http.StatusOK {
		err = fmt.Errorf("consulta: %s", a)
	}
	if err == nil {
		err = json.Unmarshal(a.body, &o)
	}
	return o, err
}

// ended waits until nothing of a story is due any more: delivered, or stopped with a reason.
func (l *load) ended(ctx context.Context, st *story) error {
	var o occurrence
	err := poll(ctx, func() (_ bool, err error) {
		o, err = l.show(ctx, st.number)
		return len(o.Deliveries) == len(st.steps) && !o.due(), err
	})
	if err != nil {
		return fmt.Errorf("it does not come to its end: %+v: %w", o.Deliveries, err)
	}
	return nil
}

// due says whether Ponte still has something to do by itself. Behind a refused message others wait for a person.
func (o occurrence) due() bool {
	for _, d := range o.Deliveries {
		switch d.State {
		case "recusado":
			return false
		case "entregue", "ignorado":
		default:
			return true
		}
	}
	return false
}
