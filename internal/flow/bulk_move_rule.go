package flow

import (
	"database/sql"
	"errors"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Why an occurrence is not moved with others, beside the codes and reasons of desk's refusals.
const (
	stayedChanged = "mudou_desde_a_escolha" // somebody, or the field's tool, moved it since it was chosen
	stayedNoUnit  = "sem_id_da_unidade"     // Mobuss would not know where: it would be refused, and fail
	stayedAsks    = "pede_o_que_e_de_cada"  // the call takes what is said for one occurrence alone
	stayedUnseen  = "fora_do_alcance"       // who asks may not see it, or no longer
	stayedPlan    = "plano_mudou"           // it would tell the field's tool what the plan did not say, or no more what it did
)

// foreseen is what moving one of many would come to.
type foreseen struct {
	tells bool
	point desk.Point // that it tells
	quiet string     // set: its status has a point, and yet nobody is told
	stays desk.Reason
}

// stay says why it is not moved.
func stay(code string, args ...any) foreseen { return foreseen{stays: desk.Because(code, args...)} }

// asChosen says whether an occurrence stands as it did.
func asChosen(o db.Occurrence, status string, movement sql.NullInt64) bool {
	return o.StatusCode == status && o.StatusMovementID == movement
}

// foresee asks the rules that a movement would meet, and freezes its call for nobody; nothing is written. One that would be
// recorded only to fail for lack of data is not made with many others: somebody would have to mend each.
func (w *work) foresee(a desk.Actor, o db.Occurrence, in MoveInput) (foreseen, error) {
	switch {
	case !MayMove(a):
		return stay(desk.ErrForbidden), nil
	case !visible(a, o):
		return stay(stayedUnseen), nil
	}
	if refused := w.cfg.CheckMove(a, o.StatusCode, in.Status); refused != nil {
		return staysBecause(refused)
	}
	if refused := w.cfg.CheckComment(a, in.Status, in.Comment); refused != nil {
		return staysBecause(refused)
	}
	point := w.cfg.Fires(a, in.Status)
	if point == desk.NoPoint {
		return foreseen{}, nil
	}
	plan, err := w.planFiring(o, point)
	switch {
	case err != nil:
		return staysBecause(err)
	case plan.ignored.Code != "":
		return foreseen{quiet: plan.ignored.Code}, nil
	}
	return w.foreseeCall(a, o, in, plan)
}

func (w *work) foreseeCall(a desk.Actor, o db.Occurrence, in MoveInput, plan firing) (foreseen, error) {
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return foreseen{}, err
	}
	legacy := plan.order.LegacyID
	if legacy == "" {
		legacy = itoa(o.Number) // the order's that would begin: how it is called changes nothing here
	}
	_, missing, err := w.freeze(o, plan.point, legacy, firedBy{actor: a, place: place, m: movement{to: in.Status, comment: in.Comment, at: w.now}})
	if err != nil {
		return staysBecause(err)
	}
	id := place.IDMobussHomologacao.String
	if o.Environment == desk.Production {
		id = place.IDMobussProducao.String
	}
	switch {
	case missing.Code == "":
		return foreseen{tells: true, point: plan.point}, nil
	case id == "" && plan.point == desk.OpenOrder && w.cfg.NeedsUnitID():
		return stay(stayedNoUnit, "ambiente", string(o.Environment)), nil
	}
	return foreseen{stays: missing}, nil
}

// staysBecause takes a rule's refusal for the reason why one of many stays; any other error is one.
func staysBecause(err error) (foreseen, error) {
	var refused *desk.Error
	switch {
	case !errors.As(err, &refused) || refused.Kind == desk.Internal:
		return foreseen{}, err
	case len(refused.Fields) > 0:
		return stay(stayedAsks, "campo", refused.Fields[0].Field), nil
	case refused.Kind == desk.NotFound:
		return stay(stayedUnseen), nil
	case refused.Reason() != "":
		return stay(refused.Reason()), nil
	}
	return stay(refused.Code), nil
}

// asNow is a person as they are now, whoever they were when they asked: without their account they may nothing.
func (w *work) asNow(user int64) (desk.Actor, error) {
	row, err := w.UserByID(w.ctx, user)
	u, ok, err := wholeUser(w.ctx, w.Queries, row, err)
	if err != nil && !store.NoRows(err) {
		return desk.Actor{}, err
	}
	if !ok {
		return desk.Actor{Kind: "usuario", ID: itoa(user), Origin: desk.House}, nil
	}
	return u.Actor(), nil
}
