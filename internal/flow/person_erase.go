package flow

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Gone stands where a person's words stood.
const Gone = "[removido a pedido do titular]"

// ErasePerson takes a customer's name, document, telephone, e-mail and all that was written in their occurrences away, and
// drops what was kept of the calls about them. What the law has the house keep stays: that there was a request, its
// number, dates, statuses, the unit, the orders in Mobuss, the photos of the defect, and who of the house acted. While
// something asked for is not done, pessoa_em_uso names it. It can't be undone.
func (f *Flow) ErasePerson(ctx context.Context, a desk.Actor, customer int64, why string) error {
	if !MayTreatPersons(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	if why = shorten(strings.TrimSpace(why), maxWhy); why == "" {
		return desk.BadField("motivo", "obrigatorio")
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		p, err := personOf(w.ctx, tx.Queries, a, customer)
		if err != nil {
			return err
		}
		if needed := p.Held.Needed(); len(needed) > 0 {
			return desk.Fail(desk.ErrPersonInUse, "motivo", needed[0])
		}
		if err := w.unfind(customer); err != nil {
			return err
		}
		n, err := w.EraseCustomer(w.ctx, db.EraseCustomerParams{ID: customer, Name: "Pessoa removida " + itoa(customer), ErasedAt: store.Null(w.now.UnixMilli())})
		if err != nil {
			return err
		}
		if n == 0 {
			return desk.Fail(desk.ErrPersonInUse, "motivo", "ja_removida")
		}
		rows, err := w.eraseWords(customer)
		if err != nil {
			return err
		}
		w.AfterCommit(func() {
			for _, number := range rows {
				f.Changed(Topic(number))
			}
			f.Changed(TopicList)
		})
		return w.audit(a, "pessoa.remover", "pessoa:"+itoa(customer), map[string]any{"ocorrencias": len(rows), "motivo": why})
	})
}

// eraseWords takes away what was written in a customer's occurrences, and answers their numbers.
func (w *work) eraseWords(customer int64) (numbers []int64, err error) {
	rows, err := w.OccurrencesOfCustomer(w.ctx, customer)
	if err != nil {
		return nil, err
	}
	for _, o := range rows {
		numbers = append(numbers, o.Number)
	}
	if err := w.ForgetCustomerWords(w.ctx, customer); err != nil {
		return nil, err
	}
	if _, err := w.EraseOccurrences(w.ctx, db.EraseOccurrencesParams{Gone: Gone, Customer: customer}); err != nil {
		return nil, err
	}
	if _, err := w.EraseMovements(w.ctx, db.EraseMovementsParams{Gone: Gone, Customer: customer}); err != nil {
		return nil, err
	}
	if _, err := w.EraseBulkMoves(w.ctx, db.EraseBulkMovesParams{Gone: Gone, Now: w.now.UnixMilli(), Customer: customer}); err != nil {
		return nil, err
	}
	for _, erase := range []func(context.Context, int64) (int64, error){w.EraseFileNames, w.EraseDeliveries, w.EraseFormerDeliveries, w.EraseExchanges,
		w.EraseCalls, w.EraseTrialCalls, w.EraseFieldFacts, w.EraseUnsent} {
		if _, err := erase(w.ctx, customer); err != nil {
			return nil, err
		}
	}
	if _, err = w.EraseLettersTo(w.ctx, db.EraseLettersToParams{Customer: customer, Now: w.now.UnixMilli()}); err != nil {
		return nil, err
	}
	if _, err = w.EraseLettersAbout(w.ctx, db.EraseLettersAboutParams{Customer: customer, Now: w.now.UnixMilli()}); err != nil {
		return nil, err
	}
	if _, err = w.EraseFindings(w.ctx, store.Null(customer)); err != nil {
		return nil, err
	}
	return numbers, w.eraseReasons(customer)
}

// eraseReasons leaves of each reason its code and what is no text of anybody's.
func (w *work) eraseReasons(customer int64) error {
	moves, err := w.MovementReasons(w.ctx, customer)
	for _, m := range moves {
		if err == nil {
			err = w.SetMovementReason(w.ctx, db.SetMovementReasonParams{ID: m.ID, ReasonArgs: withoutWords(m.ReasonArgs)})
		}
	}
	if err != nil {
		return err
	}
	deliveries, err := w.DeliveryReasons(w.ctx, customer)
	for _, d := range deliveries {
		if err == nil {
			err = w.SetDeliveryReason(w.ctx, db.SetDeliveryReasonParams{ID: d.ID, ReasonArgs: withoutWords(d.ReasonArgs)})
		}
	}
	if err != nil {
		return err
	}
	attempts, err := w.AttemptReasons(w.ctx, customer)
	for _, a := range attempts {
		if err == nil {
			err = w.SetAttemptReason(w.ctx, db.SetAttemptReasonParams{DeliveryID: a.DeliveryID, Token: a.Token, ReasonArgs: withoutWords(a.ReasonArgs)})
		}
	}
	if err != nil {
		return err
	}
	calls, err := w.CallReasons(w.ctx, customer)
	for _, c := range calls {
		if err == nil {
			err = w.SetCallReason(w.ctx, db.SetCallReasonParams{ID: c.ID, Error: withoutWords(c.Error)})
		}
	}
	return err
}

// codeLike are words of ours: statuses, points, causes, hosts' verdicts.
var codeLike = regexp.MustCompile(`^[a-zA-Z0-9_.:-]{1,40}$`)

// withoutWords replaces every text in a reason's arguments that is no code and not the name of who of the house acted.
func withoutWords(args string) string {
	var members map[string]any
	if json.Unmarshal([]byte(args), &members) != nil {
		return ""
	}
	for name, v := range members {
		if name != "quem" {
			members[name] = wordless(v)
		}
	}
	b, err := json.Marshal(members)
	if err != nil {
		return ""
	}
	return string(b)
}

func wordless(v any) any {
	switch v := v.(type) {
	case string:
		if !codeLike.MatchString(v) {
			return Gone
		}
	case []any:
		for i := range v {
			v[i] = wordless(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = wordless(v[k])
		}
	}
	return v
}
