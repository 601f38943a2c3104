package flow_test

import (
	"fmt"
	"reflect"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// picture is everything that is kept of an occurrence.
type picture struct {
	row        db.Occurrence
	status     desk.Status
	movements  []db.Movement // as they arrived
	timeline   []db.Movement // as they are shown
	deliveries []db.Delivery
	orders     []db.ServiceOrder
	visits     []db.Visit
	audit      []db.Audit
	lanes      []db.Lane
}

func (h *history) picture(number int64) *picture {
	q, ctx := h.Store.Read(), h.Context()
	p := new(picture)
	var err error
	p.row, err = q.OccurrenceByNumber(ctx, number)
	h.must(err)
	p.status, _ = h.configs[h.method].Status(p.row.StatusCode)
	p.timeline, err = q.Movements(ctx, p.row.ID)
	h.must(err)
	p.movements = slices.SortedFunc(slices.Values(p.timeline), func(a, b db.Movement) int { return int(a.ID - b.ID) })
	p.deliveries, err = q.DeliveriesOf(ctx, p.row.ID)
	h.must(err)
	p.orders, err = q.OrdersOf(ctx, p.row.ID)
	h.must(err)
	p.visits, err = q.Visits(ctx, p.row.ID)
	h.must(err)
	p.audit, err = q.AuditOf(ctx, fmt.Sprint("ocorrencia:", number))
	h.must(err)
	for _, d := range p.deliveries {
		if slices.ContainsFunc(p.lanes, func(l db.Lane) bool { return l.ID == d.LaneID }) {
			continue
		}
		l, err := q.LaneByID(ctx, d.LaneID)
		h.must(err)
		p.lanes = append(p.lanes, l)
	}
	return p
}

// unchanged: what was refused, or repeated, left everything as it was.
func (h *history) unchanged(number int64, before *picture) {
	h.Helper()
	after := h.picture(number)
	after.row.Rev = before.row.Rev // the lock counts
	if !reflect.DeepEqual(before, after) {
		h.Errorf("occurrence %d changed by what was refused or repeated:\nbefore %+v\nafter  %+v", number, before, after)
	}
}

// look takes a picture and compares it with the rules, and with the last one.
func (h *history) look(number int64) {
	now, before := h.picture(number), h.seen[number]
	h.seen[number] = now
	problems := now.problems(h)
	if before != nil {
		problems = append(problems, now.since(before, h.ways)...)
	}
	for _, p := range problems {
		h.Errorf("occurrence %d: %s", number, p)
	}
}

// problems says where a picture breaks a rule by itself.
func (p *picture) problems(h *history) (all []string) {
	wrong := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	p.lane(wrong)
	p.history(wrong)
	live := 0
	for i, o := range p.orders {
		if o.State.Live() {
			live++
		}
		want := fmt.Sprint(p.row.Number)
		if i > 0 {
			want += fmt.Sprint("-", i+1)
		}
		if o.LegacyID != want || o.Environment != p.row.Environment {
			wrong("order %d of %s is called %s, want %s", i+1, o.Environment, o.LegacyID, want)
		}
	}
	if live > 1 {
		wrong("%d live orders", live)
	}
	for _, d := range p.deliveries {
		formers, err := h.Store.Read().FormersOf(h.Context(), d.ID)
		h.must(err)
		p.delivery(d, len(formers), wrong)
	}
	return all
}

// lane: strictly in order, nothing due that is forgotten, nothing counted wrongly.
func (p *picture) lane(wrong func(string, ...any)) {
	if len(p.lanes) > 1 {
		wrong("%d lanes", len(p.lanes))
	}
	if len(p.lanes) == 0 {
		return
	}
	l := p.lanes[0]
	var head *db.Delivery
	waiting := int64(0)
	for i, d := range p.deliveries {
		if d.Seq != int64(i+1) {
			wrong("message %d has place %d", i+1, d.Seq)
		}
		if !d.State.Done() {
			waiting++
		}
		switch {
		case head != nil && (d.Attempts > 0 || d.State == desk.Delivered):
			wrong("message %d is %s after %d sends, and message %d before it is %s", d.Seq, d.State, d.Attempts, head.Seq, head.State)
		case head == nil && !d.State.Done():
			head = &d
		}
	}
	if l.Pending != waiting || l.LastSeq != int64(len(p.deliveries)) || l.Environment != p.row.Environment {
		wrong("lane %+v, with %d messages of which %d wait", l, len(p.deliveries), waiting)
	}
	blocked := head != nil && (head.State == desk.Refused || head.State == desk.Uncertain && head.NeedsPerson)
	if head != nil && !blocked && !l.NextAt.Valid {
		wrong("message %d is %s and will never be due", head.Seq, head.State)
	}
	if head == nil && l.NextAt.Valid {
		wrong("an empty lane is due")
	}
}

// delivery: caused by a movement of the house to a status with its point; what is not sent says why.
func (p *picture) delivery(d db.Delivery, formers int, wrong func(string, ...any)) {
	i := slices.IndexFunc(p.movements, func(m db.Movement) bool { return m.ID == d.MovementID })
	if i < 0 {
		wrong("delivery %s has no movement", d.ID)
		return
	}
	if m := p.movements[i]; m.Origin != desk.House || m.Kind != "movimentacao" {
		wrong("delivery %s was caused by a %s of %s", d.ID, m.Kind, m.Origin)
	}
	noReason := d.ReasonCode == ""
	switch d.State {
	case desk.Ignored, desk.Refused:
		if noReason {
			wrong("%s is %s without a reason", d.ID, d.State)
		}
	case desk.Uncertain:
		if noReason || !d.NeedsPerson && !d.UnknownSince.Valid || d.Bound == nil {
			wrong("%s is uncertain without a reason, a beginning or what was sent: %+v", d.ID, d)
		}
	case desk.Sending:
		if d.Bound == nil || d.Attempts == 0 || !d.FirstSentAt.Valid {
			wrong("%s is being sent and nothing says what: %+v", d.ID, d)
		}
	case desk.Delivered:
		if d.Attempts == 0 || !d.SettledAt.Valid {
			wrong("%s is delivered after %d sends", d.ID, d.Attempts)
		}
	}
	resent := 0
	for _, a := range p.audit {
		if a.Action == "envio.reenviar" && a.Detail == fmt.Sprintf(`{"envio":%q}`, d.ID) {
			resent++
		}
	}
	if formers < resent {
		wrong("%s was sent again %d times, and %d former payloads are kept", d.ID, resent, formers)
	}
}

// history: each movement begins where the last one ended, the page shows them by when they happened, the status is
// the last one's, and every act has its line in the audit.
func (p *picture) history(wrong func(string, ...any)) {
	count := map[string]int{}
	for i, m := range p.movements {
		count[m.Kind]++
		if i > 0 && m.FromStatus.String != p.movements[i-1].ToStatus {
			wrong("movement %d goes from %s, the one before it to %s", m.ID, m.FromStatus.String, p.movements[i-1].ToStatus)
		}
	}
	if last := p.movements[len(p.movements)-1]; last.ToStatus != p.row.StatusCode {
		wrong("status %s after a movement to %s", p.row.StatusCode, last.ToStatus)
	}
	closed := p.row.StatusCode == "90"
	if closed != p.row.ClosedAt.Valid {
		wrong("status %s, closed: %v", p.row.StatusCode, p.row.ClosedAt.Valid)
	}
	if !slices.IsSortedFunc(p.timeline, func(a, b db.Movement) int { return int(a.At/1000 - b.At/1000) }) {
		wrong("the timeline is out of order")
	}
	moved, wrote := 0, map[string]int{}
	for _, a := range p.audit {
		wrote[a.Action]++
	}
	for _, m := range p.movements {
		if m.Kind == "movimentacao" && m.Origin != desk.System {
			moved++
		}
	}
	delivered := 0
	for _, d := range p.deliveries {
		if d.State == desk.Delivered {
			delivered++
		}
	}
	for action, want := range map[string]int{"ocorrencia.abrir": 1, "ocorrencia.comentar": count["comentario"],
		"ocorrencia.vistoria": count["vistoria"], "ocorrencia.mover": moved, "envio.entregue": delivered} {
		if wrote[action] != want {
			wrong("%d lines of %s in the audit, want %d", wrote[action], action, want)
		}
	}
}

// since says where a picture does not follow from the one before it.
func (p *picture) since(before *picture, ways map[[2]desk.DeliveryState]int) (all []string) {
	wrong := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for i, m := range before.movements {
		if i >= len(p.movements) || p.movements[i] != m {
			wrong("movement %d was edited", m.ID)
		}
	}
	for i, d := range before.deliveries {
		if i >= len(p.deliveries) || p.deliveries[i].ID != d.ID {
			wrong("delivery %s is gone", d.ID)
			continue
		}
		now := p.deliveries[i]
		ways[[2]desk.DeliveryState{d.State, now.State}]++
		// by way of fila where one commit settled it and claimed it again
		if !d.State.CanBecome(now.State) && (!d.State.CanBecome(desk.Queued) || !desk.Queued.CanBecome(now.State)) {
			wrong("delivery %s was %s and is %s", d.ID, d.State, now.State)
		}
		if d.State.Done() && !reflect.DeepEqual(d, now) {
			wrong("delivery %s was done and has changed", d.ID)
		}
		if now.Attempts < d.Attempts || now.PausedMs < d.PausedMs && !reflect.DeepEqual(d.Frozen, now.Frozen) {
			wrong("delivery %s forgets what was tried", d.ID)
		}
	}
	return all
}
