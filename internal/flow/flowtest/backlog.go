package flowtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// backlogChunk is how many lanes one transaction makes.
const backlogChunk = 200

// Backlog makes lanes that wait, each with an opening and so many comments behind it, as if each had been recorded and moved
// by hand: quickly, because only the first is. The comments are "c1", "c2" and so on. It answers their numbers, which go
// from first to last. The lanes became due one after the other, the last one some minutes ago.
func Backlog(ctx context.Context, f *flow.Flow, project string, lanes, comments int) (first, last int64, err error) {
	m, err := newModel(ctx, f, project)
	if err != nil {
		return 0, 0, err
	}
	m.comments = comments
	first, last = m.number, m.number
	for made := 1; made < lanes; made += backlogChunk {
		err := f.Store.Write(ctx, func(tx *store.Tx) error {
			for i := made; i < min(made+backlogChunk, lanes); i++ {
				var err error
				if last, err = m.copy(ctx, tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, 0, err
		}
	}
	return first, last, m.rest(ctx, f)
}

// model is an occurrence that was made by the use cases, and is copied.
type model struct {
	flow              *flow.Flow
	number            int64
	row               db.Occurrence
	movements         []db.Movement // its opening, to the field, a comment
	order             db.ServiceOrder
	deliveries        []db.Delivery
	opening, speaking mapping.Frozen
	comments          int
	began             time.Time
}

// modelComment is what the model says to the field.
const modelComment = "c1"

func newModel(ctx context.Context, f *flow.Flow, project string) (*model, error) {
	ana := Attendant()
	m := &model{flow: f, began: f.Now().Add(-time.Hour)}
	number, err := f.OpenByHand(ctx, ana, flow.OpenInput{Project: project, BlockNewCustomer: "T", Subject: "Porta-balcão não trava",
		Description: "A porta-balcão da sala não trava."})
	if err != nil {
		return nil, fmt.Errorf("the model: %w", err)
	}
	m.number = number
	for _, status := range []string{"20", "40"} {
		if err := f.MoveByHand(ctx, ana, flow.MoveInput{Number: number, Status: status, Comment: modelComment}); err != nil {
			return nil, fmt.Errorf("move the model to %s: %w", status, err)
		}
	}
	q := f.Store.Read()
	if m.row, err = q.OccurrenceByNumber(ctx, number); err != nil {
		return nil, err
	}
	if m.movements, err = q.Movements(ctx, m.row.ID); err != nil {
		return nil, err
	}
	orders, err := q.OrdersOf(ctx, m.row.ID)
	if err != nil {
		return nil, err
	}
	m.deliveries, err = q.DeliveriesOf(ctx, m.row.ID)
	if err == nil && (len(orders) != 1 || len(m.deliveries) != 2 || len(m.movements) != 3) {
		err = errors.New("the model is not what it should be")
	}
	if err != nil {
		return nil, err
	}
	m.order = orders[0]
	for i, into := range []*mapping.Frozen{&m.opening, &m.speaking} {
		plain, err := f.Keys.Open("delivery.frozen:"+m.deliveries[i].ID, m.deliveries[i].Frozen)
		if err == nil {
			err = json.Unmarshal(plain, into)
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// copy makes the i-th of them.
func (m *model) copy(ctx context.Context, tx *store.Tx, i int) (number int64, err error) {
	ctx = context.WithoutCancel(ctx)
	if number, err = tx.NextCount(ctx, db.NextCountParams{Name: "ocorrencia", First: m.number + 1}); err != nil {
		return 0, err
	}
	at, o := m.began.Add(time.Duration(i)*time.Millisecond).UnixMilli(), m.row
	o.Number = number
	o.ID, err = tx.InsertOccurrence(ctx, db.InsertOccurrenceParams{Number: number, Environment: o.Environment, ConnectionID: o.ConnectionID, IsTest: o.IsTest,
		Origin: o.Origin, Subject: o.Subject, Description: o.Description, Type: o.Type, Priority: o.Priority, StatusCode: m.movements[0].ToStatus,
		DevelopmentID: o.DevelopmentID, UnitID: o.UnitID, CustomerID: o.CustomerID, ContractID: o.ContractID, OpenedAt: at, CreatedAt: at, CreatedBy: o.CreatedBy,
		News: o.News, NewsBy: o.NewsBy, NewsAt: at})
	if err != nil {
		return 0, err
	}
	if _, err := m.move(ctx, tx, o.ID, m.movements[0], at, ""); err != nil {
		return 0, err
	}
	legacy := strconv.FormatInt(number, 10)
	order, err := tx.InsertOrder(ctx, db.InsertOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment,
		LegacyID: legacy, State: m.order.State, OpenedBy: m.order.OpenedBy, CreatedAt: at})
	if err != nil {
		return 0, err
	}
	movement, err := m.fire(ctx, tx, o, order, m.movements[1], m.opening, modelComment, at)
	for k := 0; k < m.comments && err == nil; k++ {
		movement, err = m.fire(ctx, tx, o, order, m.movements[2], m.speaking, "c"+strconv.Itoa(k+1), at)
	}
	if err != nil {
		return 0, err
	}
	status := m.movements[1].ToStatus
	if m.comments > 0 {
		status = m.movements[2].ToStatus
	}
	return number, tx.SetOccurrenceStatus(ctx, db.SetOccurrenceStatusParams{ID: o.ID, StatusCode: status, StatusMovementID: store.Null(movement), NewsAt: at})
}

func (m *model) move(ctx context.Context, tx *store.Tx, occurrence int64, like db.Movement, at int64, comment string) (int64, error) {
	return tx.InsertMovement(ctx, db.InsertMovementParams{OccurrenceID: occurrence, Kind: like.Kind, FromStatus: like.FromStatus, ToStatus: like.ToStatus,
		Comment: comment, Origin: like.Origin, ActorKind: like.ActorKind, ActorID: like.ActorID, ActorName: like.ActorName, At: at, ArrivedAt: at})
}

// fire is a movement with its delivery.
func (m *model) fire(ctx context.Context, tx *store.Tx, o db.Occurrence, order int64, like db.Movement, frozen mapping.Frozen, comment string, at int64) (int64, error) {
	movement, err := m.move(ctx, tx, o.ID, like, at, comment)
	if err != nil {
		return 0, err
	}
	lane, err := tx.EnqueueLane(ctx, db.EnqueueLaneParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment, Now: store.Null(at)})
	if err != nil {
		return 0, err
	}
	sealed, id, err := m.seal(frozen, strconv.FormatInt(o.Number, 10), comment)
	if err != nil {
		return 0, err
	}
	return movement, tx.InsertDelivery(ctx, db.InsertDeliveryParams{ID: id, LaneID: lane.ID, Seq: lane.LastSeq, OccurrenceID: o.ID, MovementID: movement,
		OrderID: store.Null(order), Point: frozen.Point, State: desk.Queued, ConfigVersionID: m.deliveries[0].ConfigVersionID, Frozen: sealed, CreatedAt: at})
}

// seal makes the model's payload another occurrence's.
func (m *model) seal(frozen mapping.Frozen, legacy, comment string) (sealed []byte, id string, err error) {
	frozen.LegacyID = legacy
	frozen.Call = m.another(frozen.Call, legacy, comment)
	if frozen.LookUp != nil {
		look := m.another(*frozen.LookUp, legacy, comment)
		frozen.LookUp = &look
	}
	plain, err := json.Marshal(frozen)
	id = flow.NewID()
	return m.flow.Keys.Seal("delivery.frozen:"+id, plain), id, err
}

func (m *model) another(c mapping.FrozenCall, legacy, comment string) mapping.FrozenCall {
	c.Values = slices.Clone(c.Values)
	for i := range c.Values {
		switch v := &c.Values[i]; v.JSON {
		case strconv.Quote(strconv.FormatInt(m.number, 10)):
			v.JSON = strconv.Quote(legacy)
		case strconv.Quote(modelComment):
			v.JSON = strconv.Quote(comment)
		}
	}
	return c
}

// rest makes the model itself like the others.
func (m *model) rest(ctx context.Context, f *flow.Flow) error {
	for k := 1; k < m.comments; k++ {
		in := flow.MoveInput{Number: m.number, Status: "40", Comment: "c" + strconv.Itoa(k+1)}
		if err := f.MoveByHand(ctx, Attendant(), in); err != nil {
			return fmt.Errorf("the model's comment %d: %w", k+1, err)
		}
	}
	return nil
}
