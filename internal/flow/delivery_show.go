package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// DeliveryPage is all that is shown of a delivery.
type DeliveryPage struct {
	DeliveryLine
	Rev       string // changes whenever what the page shows changes
	Movement  Movement
	To        desk.Status // where the movement led
	Unit      Unit
	Order     *Order // nil where it was never meant for one
	File      string // the attachment's name, of a delivery that carries one
	Ahead     *DeliveryLine
	Followers []DeliveryLine // what waits behind it, the first few
	NextAt    time.Time      // when the lane is due; zero while it is not
	Attempts  []Attempt      // oldest first; sends and look-ups
	Planned   *Payload       // what would be sent, where the present payload was not sent yet
	Former    []Former       // oldest first
	Decisions []Decision
	// Masked: personal data is hidden from this reader.
	Masked bool
	// FirstSent is the present payload's; UnknownSince is zero while the outcome is known.
	FirstSent, UnknownSince time.Time
	Settling                time.Duration
	// CanLook: the point has a way to ask Mobuss whether it arrived. MayAct: this person may decide.
	CanLook, MayAct bool
	// Off is why nothing can be sent now; nil where it can.
	Off *desk.Error
}

// Attempt is one exchange with Mobuss.
type Attempt struct {
	Token      int64
	LookUp     bool
	At         time.Time
	Duration   time.Duration
	Outcome    string
	HTTPStatus int
	Reason     desk.Reason
	Request    *WireMessage // nil where nothing was asked
	Response   *WireMessage
	Curl       string // empty where there is nothing to repeat
	Rule       Rule
	Version    int64
	Former     bool // of a payload before the present one
}

// Payload is a call that was not sent: bound, or with names where values are bound when it is sent.
type Payload struct {
	Wire   *WireMessage
	Method string
	Path   string
	Values []PayloadValue
}

// PayloadValue is a row of a frozen call; Ref names what is put in when it is sent.
type PayloadValue struct{ Target, Text, Ref string }

// Former is what a resend replaced.
type Former struct {
	Payload
	ReplacedAt time.Time
	Version    int64
}

// Decision is what a person did with the delivery.
type Decision struct {
	At  time.Time
	Who string
	Act string // "envio.reenviar", ...
}

const followersShown = 20

// DeliveryPage answers the page of a delivery that the actor may see.
func (f *Flow) DeliveryPage(ctx context.Context, a desk.Actor, id string) (*DeliveryPage, error) {
	w, err := f.deliveryWalk(ctx, a, DeliveriesQuery{})
	if err != nil {
		return nil, err
	}
	rows, err := deliveryRows(w.q.DeliveryLines(ctx, id))
	if err == nil && (len(rows) == 0 || !w.fits(rows[0])) {
		err = desk.Fail(desk.ErrNoDelivery)
	}
	if err != nil {
		return nil, err
	}
	d, err := w.q.DeliveryByID(ctx, id)
	if err != nil {
		return nil, err
	}
	s := &deliveryShow{deliveryWalk: w, flow: f, d: d, out: &DeliveryPage{MayAct: MayDecide(a), Masked: !a.SeesDocuments}}
	for _, part := range []func() error{s.around, func() (err error) { s.out.DeliveryLine, err = s.line(rows[0]); return err },
		s.lane, s.formers, s.attempts, s.planned, s.decisions, s.acts} {
		if err := part(); err != nil {
			return nil, fmt.Errorf("delivery %s: %w", id, err)
		}
	}
	s.out.Rev = s.rev()
	return s.out, nil
}

// deliveryShow gathers a page.
type deliveryShow struct {
	*deliveryWalk
	flow    *Flow
	d       db.Delivery
	o       db.Occurrence
	redact  *redactor
	place   mapping.Place
	before  []db.DeliveryFormer
	numbers map[int64]int64 // of the versions, by their rows
	out     *DeliveryPage
}

// around is what the delivery belongs to.
func (s *deliveryShow) around() error {
	var err error
	if s.o, err = s.q.OccurrenceByID(s.ctx, s.d.OccurrenceID); err != nil {
		return err
	}
	place, err := s.q.Place(s.ctx, s.o.UnitID)
	if err != nil {
		return err
	}
	s.zone = Zone(place.Zone)
	s.out.Unit = Unit{ID: s.o.UnitID, DevelopmentCode: place.DevelopmentCode, DevelopmentName: place.DevelopmentName, BlockCode: place.BlockCode,
		BlockName: place.BlockName, Number: place.Number}
	c, err := s.q.CustomerByID(s.ctx, s.o.CustomerID)
	if err != nil {
		return err
	}
	s.redact = newRedactor(s.actor, person{c.Name, c.DocumentKey.String, c.Phone, c.Email}, person{name: s.o.RequesterName, phone: s.o.RequesterPhone})
	m, err := s.q.MovementByID(s.ctx, s.d.MovementID)
	if err != nil {
		return err
	}
	cfg, err := s.flow.current(s.ctx)
	if err != nil {
		return err
	}
	s.out.To, _ = cfg.Status(m.ToStatus)
	s.out.Movement = Movement{ID: m.ID, Kind: m.Kind, From: m.FromStatus.String, To: m.ToStatus, Comment: m.Comment, Actor: m.ActorName, Origin: m.Origin,
		At: fromMillis(m.At).In(s.zone)}
	if s.d.Point == desk.SendFile {
		a, err := s.q.AttachmentOfDelivery(s.ctx, s.d.ID)
		if err != nil {
			return err
		}
		s.out.File = a.Name
	}
	row, err := s.q.Endpoint(s.ctx, db.EndpointParams{ConnectionID: s.o.ConnectionID, Environment: s.o.Environment})
	if err != nil && !store.NoRows(err) {
		return err
	}
	if s.place, err = addressesOf(row); err != nil {
		return err
	}
	if !s.d.OrderID.Valid {
		return nil
	}
	o, err := s.q.OrderByID(s.ctx, s.d.OrderID.Int64)
	s.out.Order = &Order{LegacyID: o.LegacyID, MobussID: o.MobussID.String, Number: o.MobussNumber.String, FormerNumber: o.FormerNumber.String,
		State: o.State, OpenedBy: o.OpenedBy}
	return err
}

// scheme is the one by which a host is called today.
func (s *deliveryShow) scheme(host string) string {
	for _, origin := range s.place.Origins() {
		if scheme, h, _ := strings.Cut(origin, "://"); strings.EqualFold(h, host) {
			return scheme
		}
	}
	return "https"
}

// lane is who stands before and behind.
func (s *deliveryShow) lane() error {
	l, err := s.q.LaneByID(s.ctx, s.d.LaneID)
	if err != nil {
		return err
	}
	if !s.d.State.Done() && l.NextAt.Valid {
		s.out.NextAt = s.flow.onTheWall(l.NextAt.Int64).In(s.zone)
	}
	if s.d.FirstSentAt.Valid {
		s.out.FirstSent = s.flow.onTheWall(s.d.FirstSentAt.Int64).In(s.zone)
	}
	if s.d.UnknownSince.Valid {
		s.out.UnknownSince = s.flow.onTheWall(s.d.UnknownSince.Int64).In(s.zone)
	}
	if s.d.State.Done() {
		return nil
	}
	head, err := s.q.LaneHead(s.ctx, s.d.LaneID)
	if err != nil && !store.NoRows(err) {
		return err
	}
	if err == nil && head.ID != s.d.ID {
		rows, err := deliveryRows(s.q.DeliveryLines(s.ctx, head.ID))
		if err != nil {
			return err
		}
		line, err := s.line(rows[0])
		if err != nil {
			return err
		}
		s.out.Ahead = &line
	}
	rows, err := deliveryRows(s.q.DeliveriesOfLane(s.ctx, db.DeliveriesOfLaneParams{LaneID: s.d.LaneID, Seq: s.d.Seq, Column3: followersShown}))
	for _, r := range rows {
		line, err := s.line(r)
		if err != nil {
			return err
		}
		s.out.Followers = append(s.out.Followers, line)
	}
	return err
}

// planned is what was not sent yet.
func (s *deliveryShow) planned() error {
	if s.d.FirstSentAt.Valid || s.d.State.Done() {
		return nil
	}
	p, err := s.payload(s.d.Frozen, s.d.Bound)
	s.out.Planned = p
	return err
}

func (s *deliveryShow) formers() error {
	var err error
	if s.before, err = s.q.FormersOf(s.ctx, s.d.ID); err != nil {
		return err
	}
	for _, b := range s.before {
		p, err := s.payload(b.Frozen, b.Bound)
		if err != nil {
			return err
		}
		former := Former{ReplacedAt: fromMillis(b.ReplacedAt).In(s.zone), Version: s.numberOf(b.ConfigVersionID)}
		if p != nil {
			former.Payload = *p
		}
		s.out.Former = append(s.out.Former, former)
	}
	return nil
}

// payload opens what was sealed; keys that no longer open it leave it unshown, as they leave it unsent.
func (s *deliveryShow) payload(frozen, bound []byte) (*Payload, error) {
	if bound != nil {
		plain, err := s.flow.Keys.Open("delivery.bound:"+s.d.ID, bound)
		if err != nil {
			return nil, nil
		}
		r := new(mapping.Request)
		if err := json.Unmarshal(plain, r); err != nil {
			return nil, err
		}
		m := wireOf(r).shownTo(s.redact)
		return &Payload{Wire: &m}, nil
	}
	plain, err := s.flow.Keys.Open("delivery.frozen:"+s.d.ID, frozen)
	if err != nil || len(plain) == 0 {
		return nil, nil
	}
	var fr *mapping.Frozen
	if err := json.Unmarshal(plain, &fr); err != nil || fr == nil { // what lacked data was never frozen
		return nil, err
	}
	p := &Payload{Method: fr.Call.Method, Path: s.redact.text(fr.Call.Path)}
	for _, v := range fr.Call.Values {
		p.Values = append(p.Values, PayloadValue{v.Target, s.value(v), v.Ref})
	}
	return p, nil
}

// value is a frozen value in plain words, without JSON's quotes.
func (s *deliveryShow) value(v mapping.FrozenValue) string {
	var text string
	if json.Unmarshal([]byte(v.JSON), &text) != nil {
		text = v.JSON
	}
	return s.redact.field(v.Target, text)
}

// decisions are in the occurrence's audit, whose details name the delivery.
func (s *deliveryShow) decisions() error {
	rows, err := s.q.AuditOf(s.ctx, subjectOf(s.o.Number))
	for _, r := range rows {
		var detail struct{ Envio string }
		if r.ActorKind == "sistema" || json.Unmarshal([]byte(r.Detail), &detail) != nil || detail.Envio != s.d.ID {
			continue
		}
		s.out.Decisions = append(s.out.Decisions, Decision{fromMillis(r.At).In(s.zone), r.ActorName, r.Action})
	}
	return err
}

// acts is what can be done with it now.
func (s *deliveryShow) acts() error {
	w, err := s.flow.rehearse(s.ctx)
	if err != nil {
		return err
	}
	s.out.Off = w.sendingOff(s.o)
	cfg, err := s.flow.config(s.ctx, s.q, s.d.ConfigVersionID)
	if err != nil {
		return err
	}
	s.out.Settling = cfg.Integration.Policy.CountsAfter(s.d.Late)
	_, s.out.CanLook = cfg.rules.LookUp(s.d.Point)
	s.out.CanLook = s.out.CanLook && s.d.Bound != nil
	return nil
}

func (s *deliveryShow) rev() string {
	h := fnv.New64a()
	l := s.out.DeliveryLine
	fmt.Fprint(h, l.State, l.NeedsPerson, l.Attempts, l.Reason.Code, l.Behind, l.Waits, s.d.Looks, len(s.out.Attempts), len(s.out.Former),
		len(s.out.Decisions), len(s.out.Followers), s.out.NextAt.UnixMilli(), s.out.Off != nil, s.o.Rev)
	if s.out.Order != nil {
		fmt.Fprint(h, *s.out.Order)
	}
	return fmt.Sprintf("%x", h.Sum64())
}
