package flow

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Choices are what a list can be narrowed to, in the order of a page.
type Choices struct {
	Developments      []PlaceName // those that the actor may see
	Blocks            []string    // codes, of the developments asked for
	Types, Priorities []string
}

// PlaceName is a development in a list of some.
type PlaceName struct{ Code, Name string }

// Situations are all of them, as ConsultarOcorrencia names them.
var Situations = []string{"aberta", "em_andamento", "falha", "encerrada"}

func (r *reader) choices(q ListQuery) (out Choices, err error) {
	out.Types, out.Priorities = r.cfg.Types, r.cfg.Priorities
	all, err := r.q.Developments(r.ctx)
	for i := 0; i < len(all) && err == nil; i++ {
		d := all[i]
		if !r.actor.MayTouch(d.ID) {
			continue
		}
		out.Developments = append(out.Developments, PlaceName{d.Code, d.Name})
		if !slices.Contains(q.Developments, d.Code) {
			continue
		}
		var codes []string
		codes, err = r.q.BlockCodes(r.ctx, d.ID)
		out.Blocks = append(out.Blocks, codes...)
	}
	slices.Sort(out.Blocks)
	out.Blocks = slices.Compact(out.Blocks)
	return out, err
}

// byIndex answers what the index knows, newest first; where the text is somebody's or something's number, what that is
// about.
func (f *Flow) byIndex(r *reader, q ListQuery, codes []string, out *List) error {
	out.Opened = true
	if q.After == "" {
		if found, err := f.byKey(r, q, codes, out); found || err != nil {
			return err
		}
	}
	d, err := f.ask(r, q, codes)
	if err != nil {
		return err
	}
	below, err := strconv.ParseInt(q.After, 10, 64)
	if err != nil {
		below = maxID
	}
	ids, err := d.find(below, q.Most)
	if err != nil {
		return err
	}
	if len(ids) > q.Most {
		ids = ids[:q.Most]
		out.Next = itoa(ids[q.Most-1])
	}
	if err := r.takeIDs(out, q, ids); err != nil {
		return err
	}
	out.Behind, err = f.indexBehind(r)
	return err
}

// indexBehind says whether more waits to be indexed than a question reads by itself.
func (f *Flow) indexBehind(r *reader) (bool, error) {
	n, err := r.q.CountUnfound(r.ctx, unfoundRead+1)
	if err != nil || n > unfoundRead {
		return n > unfoundRead, err
	}
	marks, err := r.q.SearchMarks(r.ctx)
	return len(marks) > 0, err
}

func (r *reader) takeIDs(out *List, q ListQuery, ids []int64) error {
	for _, id := range ids {
		rows, err := r.q.ListByID(r.ctx, id)
		if err != nil {
			return err
		}
		for _, o := range rows {
			r.take(out, q, row(o))
		}
	}
	return r.orderNumbers(out)
}

// byKey takes the text for the number of an occurrence or order, a CPF, a phone, or a contract's code. One that is found
// means that and nothing else.
func (f *Flow) byKey(r *reader, q ListQuery, codes []string, out *List) (bool, error) {
	text := strings.TrimSpace(q.Text)
	if !strings.ContainsAny(text, "0123456789") {
		return false, nil
	}
	rows, err := r.keyed(text, q.Most)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	q.Text = ""
	d, err := f.ask(r, q, codes)
	if err != nil {
		return false, err
	}
	for _, o := range rows {
		if len(out.Lines) == q.Most || !r.actor.MayTouch(o.DevelopmentID) || d.none {
			continue
		}
		one, err := readFindable(r.ctx, r.q, o.ID)
		if err != nil {
			return false, err
		}
		if d.meets(one) {
			r.take(out, q, o)
		}
	}
	return true, r.orderNumbers(out)
}

// keyed are the occurrences that a number is about.
func (r *reader) keyed(text string, most int) (out []listRow, err error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		rows, err := r.q.ListByNumber(r.ctx, db.ListByNumberParams{Number: n, MobussNumber: store.NullText(text)})
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			out = append(out, row(o))
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	s := &search{reader: *r, text: text, words: desk.Words(text), seen: map[pair]bool{}}
	if err := s.byContract(); err != nil {
		return nil, err
	}
	if !s.certain { // the beginning of a code may be anything
		s.pairs, s.seen = nil, map[pair]bool{}
	}
	if strings.Trim(text, "0123456789.-/()+ ") == "" {
		if err := errors.Join(s.byDocument(), s.byPhone()); err != nil {
			return nil, err
		}
	}
	for i, p := range s.pairs {
		if i == most {
			break
		}
		rows, err := r.q.ListByUnit(r.ctx, db.ListByUnitParams{UnitID: p.unit, Column2: int64(most)})
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			if !slices.ContainsFunc(out, func(x listRow) bool { return x.ID == o.ID }) {
				out = append(out, row(o))
			}
		}
	}
	return out, nil
}
