package flow

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Occurrence is all that is shown of an occurrence, to programs and on its page. Times carry the zone of the
// development.
type Occurrence struct {
	id          int64
	Number      int64
	Environment desk.Environment
	Subject     string
	Description string
	Type        string
	Priority    string
	Place       string
	Emergency   bool
	// Item and Failure are what it is about, as people read it: "Hidráulica > Torneira", "Vazamento"; empty where nobody said.
	Item, Failure string
	Test          bool // nobody waits for it
	Origin        desk.Origin
	Status        desk.Status
	OpenedAt      time.Time
	ClosedAt      time.Time // zero while open
	OpenedBy      string
	Solution      string

	Customer  Customer
	Requester Requester
	Unit      Unit
	Contract  string

	Orders     []Order    // oldest first
	Movements  []Movement // oldest first by when they happened, then arrival
	Visits     []Visit
	Deliveries []Delivery // in the order of their lane
	// Attachments are all of them, oldest first; those that came with a movement stand with it too.
	Attachments []Attachment
}

// Customer is who the unit belongs to. Document is masked unless the actor may see it whole.
type Customer struct {
	Name, Document, Email, Phone string
}

// Requester is who asked, where that is not the customer.
type Requester struct{ Name, Phone, Relation string }

// Unit is where it is.
type Unit struct {
	ID                                     int64
	DevelopmentCode, DevelopmentName       string
	BlockCode, BlockName, Number, MobussID string
	CommonArea                             bool
}

// Order is a service order in Mobuss.
type Order struct {
	LegacyID, MobussID, Number, FormerNumber string
	State                                    desk.OrderState
	OpenedBy                                 desk.Origin
}

// Movement is an entry of the timeline.
type Movement struct {
	ID        int64
	Kind      string
	From, To  string
	Comment   string
	Internal  bool
	Reason    desk.Reason
	Origin    desk.Origin
	Actor     string
	At        time.Time
	ArrivedAt time.Time
	Visit     *Visit
	// Attachments are those that came with it.
	Attachments []Attachment
}

// Visit is an inspection with its latest state.
type Visit struct {
	ID         int64
	Start, End time.Time // End may be zero
	Technician string
	State      string
}

// Delivery is an outbound call with its attempts.
type Delivery struct {
	ID          string
	MovementID  int64
	Point       desk.Point
	State       desk.DeliveryState
	Attempts    int
	NeedsPerson bool
	Reason      desk.Reason
	CreatedAt   time.Time
	SettledAt   time.Time // zero while unsettled
	// AttachmentID is what a delivery of the point SendFile carries; 0 for the others.
	AttachmentID int64
}

// LastOrder is the order that webservices and headers speak of: the latest.
func (o *Occurrence) LastOrder() (Order, bool) {
	if len(o.Orders) == 0 {
		return Order{}, false
	}
	return o.Orders[len(o.Orders)-1], true
}

// Show answers an occurrence that the actor may see.
func (f *Flow) Show(ctx context.Context, a desk.Actor, number int64) (*Occurrence, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	var out *Occurrence
	err = f.steady(ctx, a, number, func(o db.Occurrence) (err error) {
		out, err = (&reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}).occurrence(o)
		return err
	})
	return out, err
}

// FindByExternalID answers the number of the occurrence that a caller's IncluirOcorrencia with this id opened.
func (f *Flow) FindByExternalID(ctx context.Context, a desk.Actor, externalID string) (int64, error) {
	b, err := f.Store.Read().Binding(ctx, db.BindingParams{Integration: a.Integration, Environment: a.Environment,
		Operation: "IncluirOcorrencia", Key: "id_externo:" + externalID})
	if store.NoRows(err) {
		return 0, desk.Fail(desk.ErrNotFound)
	}
	return b.Number, err
}

// CheckReports refuses programs whose environment takes no calls now, and those of the field while no method is chosen.
func (f *Flow) CheckReports(ctx context.Context, c Call) error {
	inst, err := f.Store.Read().Installation(ctx)
	if err != nil {
		return fmt.Errorf("read the installation: %w", err)
	}
	if closed := phaseOf(inst).Takes(c.Actor.Environment); closed != nil && c.Trial == nil {
		return closed
	}
	cfg, err := f.config(ctx, f.Store.Read(), inst.ConfigVersionID)
	if err != nil {
		return err
	}
	if c.Actor.Origin == desk.Field && !cfg.Method.FieldMayReport() {
		return desk.Fail(desk.ErrMethod, "metodo", string(cfg.Method))
	}
	return nil
}

// reader gathers what is shown.
type reader struct {
	ctx   context.Context //nolint:containedctx // one read, from beginning to end
	q     *db.Queries
	actor desk.Actor
	cfg   *config
	zone  *time.Location
}

func (r *reader) occurrence(o db.Occurrence) (*Occurrence, error) {
	place, err := r.q.Place(r.ctx, o.UnitID)
	if err != nil {
		return nil, err
	}
	c, err := r.q.CustomerByID(r.ctx, o.CustomerID)
	if err != nil {
		return nil, err
	}
	r.zone = Zone(place.Zone)
	status, _ := r.cfg.Status(o.StatusCode)
	out := &Occurrence{id: o.ID, Number: o.Number, Environment: o.Environment, Subject: o.Subject, Description: o.Description,
		Type: o.Type, Priority: o.Priority, Place: o.Place, Emergency: o.Emergency, Test: o.IsTest, Origin: o.Origin, Status: status,
		OpenedAt: r.time(o.OpenedAt), ClosedAt: r.null(o.ClosedAt), OpenedBy: o.CreatedBy, Solution: o.Solution,
		Customer:  Customer{Name: c.Name, Document: r.document(c.DocumentKey.String), Email: c.Email, Phone: c.Phone},
		Requester: Requester{Name: o.RequesterName, Phone: o.RequesterPhone, Relation: o.Relation},
		Unit: Unit{ID: o.UnitID, DevelopmentCode: place.DevelopmentCode, DevelopmentName: place.DevelopmentName,
			BlockCode: place.BlockCode, BlockName: place.BlockName, Number: place.Number, CommonArea: place.CommonArea,
			MobussID: place.IDMobussHomologacao.String}}
	if o.Environment == desk.Production {
		out.Unit.MobussID = place.IDMobussProducao.String
	}
	if o.ItemCode != "" || o.FailureCode != "" {
		book, err := classBook(r.ctx, r.q)
		if err != nil {
			return nil, err
		}
		out.Item, out.Failure = book.Name(desk.ClassItem, o.ItemCode), book.Name(desk.ClassFailure, o.FailureCode)
	}
	if o.ContractID.Valid {
		if out.Contract, err = r.q.ContractCode(r.ctx, o.ContractID.Int64); err != nil {
			return nil, err
		}
	}
	return out, r.history(o.ID, out)
}

func (r *reader) history(id int64, out *Occurrence) error {
	orders, err := r.q.OrdersOf(r.ctx, id)
	if err != nil {
		return err
	}
	for _, s := range orders {
		out.Orders = append(out.Orders, Order{LegacyID: s.LegacyID, MobussID: s.MobussID.String, Number: s.MobussNumber.String,
			FormerNumber: s.FormerNumber.String, State: s.State, OpenedBy: s.OpenedBy})
	}
	visits, err := r.q.Visits(r.ctx, id)
	if err != nil {
		return err
	}
	byID := map[int64]*Visit{}
	out.Visits = make([]Visit, len(visits))
	for i, v := range visits {
		out.Visits[i] = Visit{ID: v.ID, Start: r.null(v.StartsAt), End: r.null(v.EndsAt), Technician: v.Technician, State: v.State}
		byID[v.ID] = &out.Visits[i]
	}
	movements, err := r.q.Movements(r.ctx, id)
	if err != nil {
		return err
	}
	for _, m := range movements {
		if m.Internal && r.actor.Kind == "token" {
			continue
		}
		one := Movement{ID: m.ID, Kind: m.Kind, From: m.FromStatus.String, To: m.ToStatus,
			Comment: m.Comment, Internal: m.Internal, Reason: desk.ParseReason(m.ReasonCode, m.ReasonArgs), Origin: m.Origin,
			Actor: m.ActorName, At: r.time(m.At), ArrivedAt: r.time(m.ArrivedAt), Visit: byID[m.VisitID.Int64]}
		if err := r.personNames(&one); err != nil {
			return err
		}
		out.Movements = append(out.Movements, one)
	}
	deliveries, err := r.q.DeliveriesOf(r.ctx, id)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		out.Deliveries = append(out.Deliveries, Delivery{ID: d.ID, MovementID: d.MovementID, Point: d.Point, State: d.State,
			Attempts: int(d.Attempts), NeedsPerson: d.NeedsPerson, Reason: desk.ParseReason(d.ReasonCode, d.ReasonArgs),
			CreatedAt: r.time(d.CreatedAt), SettledAt: r.null(d.SettledAt)})
	}
	return r.attachments(id, out)
}

func (r *reader) document(key string) string {
	d := desk.Document(key)
	if key == "" || r.actor.SeesDocuments {
		return d.String()
	}
	return d.Masked()
}

func (r *reader) time(ms int64) time.Time { return fromMillis(ms).In(r.zone) }

func (r *reader) null(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return r.time(ms.Int64)
}
