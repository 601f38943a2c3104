package flow

import (
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// emergenciesShown is how many open emergencies stand above a list. More than that is no emergency but a flood; the rest
// stand where their news puts them.
const emergenciesShown = 20

// emergencies are the open ones that the actor may see, the latest news first.
func (r *reader) emergencies(most int) ([]listRow, error) {
	rows, err := r.q.OpenEmergencies(r.ctx, db.OpenEmergenciesParams{Few: few(r.actor), Most: int64(most)})
	out := make([]listRow, len(rows))
	for i, o := range rows {
		out[i] = row(o)
	}
	return out, err
}

// emergenciesFirst puts the open emergencies above the first page, and takes them from where they would stand otherwise.
func (r *reader) emergenciesFirst(q ListQuery, codes []string, out *List) error {
	rows, err := r.emergencies(emergenciesShown)
	if err != nil || len(rows) == 0 {
		return err
	}
	first := &List{}
	for _, o := range rows {
		if slices.Contains(codes, o.StatusCode) {
			r.take(first, q, o)
		}
	}
	out.Lines = slices.DeleteFunc(out.Lines, func(l Line) bool {
		return slices.ContainsFunc(first.Lines, func(e Line) bool { return e.ID == l.ID })
	})
	if q.After == "" {
		out.Lines = append(first.Lines, out.Lines...)
	}
	return nil
}

// about says what lines are about, where any says it.
func (r *reader) about(lines []Line) error {
	if !slices.ContainsFunc(lines, func(l Line) bool { return l.item != "" || l.failure != "" }) {
		return nil
	}
	book, err := classBook(r.ctx, r.q)
	if err != nil {
		return err
	}
	for i := range lines {
		lines[i].About = book.Said(lines[i].item, lines[i].failure)
	}
	return nil
}

// emergencyLines are the open emergencies for the panel, and how many there are.
func (r *reader) emergencyLines() (out []Line, all int64, err error) {
	rows, err := r.emergencies(panelShown)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	for _, o := range rows {
		out = append(out, r.brief(o))
	}
	if all = int64(len(rows)); all == panelShown {
		if all, err = r.q.CountEmergencies(r.ctx, few(r.actor)); err != nil {
			return nil, 0, err
		}
	}
	return out, all, r.about(out)
}

// mostEmergencies is how many are looked at, those with the latest news first, and told one by one to whoever runs the
// installation. Of one beyond them nothing is known then: it is neither over nor told anew.
const mostEmergencies = 100

// emergencies are conditions of their own, one each: the second of a night is not told less than the first. It is over when
// the occurrence is closed.
func (l *alertLook) emergencies() error {
	rows, err := l.q.EmergencyNumbers(l.ctx, mostEmergencies)
	for _, o := range rows {
		l.see(desk.AlertEmergency, itoa(o.Number), 0, fromMillis(o.OpenedAt), "numero", itoa(o.Number),
			"unidade", o.DevelopmentName+" · "+o.BlockCode+" · "+o.UnitNumber)
	}
	l.unknown[desk.AlertEmergency] = len(rows) == mostEmergencies
	return err
}
