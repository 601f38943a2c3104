package web

import (
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/export"
	"ponte/internal/flow"
)

// moveView is one act: the choice, its plan, its progress, and what became of each.
type moveView struct {
	*flow.BulkMove
	from    []flow.BulkMoveFrom
	choices []flow.BulkMoveTo
	lines   *flow.BulkMoveLines
	end     flow.BulkMoveEnd
	why     string
	after   int64

	// what stands in the form, where it came back; typed says that it did
	typed       bool
	to, comment string
	problems    map[string]string
	problem     string
}

// showMove is GET /mover/{id}. With parte=1 it answers the live part alone, and nothing (204) while rev is still what the
// page has.
func (s *site) showMove(r *request) error { return s.bulkMove(r, http.StatusOK, moveView{}) }

func (s *site) bulkMove(r *request, status int, v moveView) error {
	ctx, a, id := r.Context(), r.actor(), r.PathValue("id")
	var err error
	if v.BulkMove, err = s.flow.BulkMove(ctx, a, id); err != nil {
		return err
	}
	v.ask(r.URL.Query())
	if v.from, v.choices, err = s.flow.BulkMoveChoices(ctx, a, id); err != nil {
		return err
	}
	if v.end != "" {
		if v.lines, err = s.flow.BulkMoveLines(ctx, a, id, flow.BulkMoveQuery{End: v.end, Why: v.why, After: v.after, Most: listed}); err != nil {
			return err
		}
	}
	p := r.page(r.l.N("moves.one_title", v.Chosen), "ocorrencias")
	p.path = movePath(id)
	p.crumbs = []crumb{{label: "CRM"}, {p.T("nav.occurrences"), "/ocorrencias"}, {p.T("moves.title"), movesPath}, {label: p.title}}
	switch {
	case r.URL.Query().Get("parte") == "":
		return r.show(status, movePage(p, v))
	case r.unchanged(v.rev()):
		return nil
	}
	return r.show(status, movePart(p, v))
}

// ask reads which of them are to be listed; unasked, those that most want to be seen.
func (v *moveView) ask(q url.Values) {
	if !v.listed() {
		return
	}
	v.end = flow.BulkMoveEnd(q.Get("ver"))
	if !slices.Contains(v.ends(), v.end) {
		v.end = v.ends()[0]
		if v.Tally[v.end] == 0 {
			v.end = flow.Stays
		}
		return
	}
	if _, there := v.Kept[q.Get("porque")]; there && v.end == flow.Stays {
		v.why = q.Get("porque")
	}
	v.after, _ = strconv.ParseInt(q.Get("depois"), 10, 64)
}

// listed says whether there is anything to tell of each.
func (v moveView) listed() bool {
	return v.State != flow.BulkGathering && v.State != flow.BulkChosen && v.State != flow.BulkToRehearse && !v.dropped()
}

// dropped: it was let go of before anything was moved or planned.
func (v moveView) dropped() bool {
	return v.State == flow.BulkStopped && v.Tally[flow.Moved] == 0 && v.Tally[flow.WouldMove]+v.Tally[flow.Stays] < v.Chosen
}

// doing says that it was begun, whatever came of it.
func (v moveView) doing() bool {
	return v.State == flow.BulkToDo || v.State == flow.BulkOver || v.State == flow.BulkStopped || v.State == flow.BulkFailed
}

// ends are those that can be listed, in the order of the page.
func (v moveView) ends() []flow.BulkMoveEnd {
	if v.doing() {
		return []flow.BulkMoveEnd{flow.Moved, flow.Stays, flow.WouldMove}
	}
	return []flow.BulkMoveEnd{flow.WouldMove, flow.Stays}
}

// tab is what a list of those is called: a message.
func (v moveView) tab(end flow.BulkMoveEnd) string {
	if end == flow.WouldMove && v.over() {
		return "tally_left"
	}
	return "list_" + string(end)
}

// over says that nothing more will be done.
func (v moveView) over() bool { return v.doing() && v.State != flow.BulkToDo }

// rest is how many can be tried again.
func (v moveView) rest() int { return v.Chosen - v.Tally[flow.Moved] }

func (v moveView) at(end flow.BulkMoveEnd, why string, after int64) url.Values {
	q := url.Values{}
	if end != "" {
		q.Set("ver", string(end))
	}
	if why != "" {
		q.Set("porque", why)
	}
	if after > 0 {
		q.Set("depois", number(after))
	}
	return q
}

func (v moveView) path(end flow.BulkMoveEnd, why string, after int64) string {
	return pathTo(movePath(v.ID), v.at(end, why, after))
}

// partPath is where the live part asks for itself.
func (v moveView) partPath() string {
	q := v.at(v.end, v.why, v.after)
	q.Set("parte", "1")
	q.Set("rev", v.rev())
	return pathTo(movePath(v.ID), q)
}

func (v moveView) rev() string {
	h := fnv.New64a()
	fmt.Fprint(h, v.State, v.Round, v.Tally, v.Tells, v.Kept, v.Quiet, v.end, v.why, v.after)
	if v.lines != nil {
		for _, l := range v.lines.Lines {
			fmt.Fprint(h, l.Number, l.Status.Code)
		}
	}
	return fmt.Sprintf("%x", h.Sum64())
}

// reasons why some stay, the most frequent first.
func (v moveView) reasons() []string {
	all := slices.Sorted(maps.Keys(v.Kept))
	slices.SortStableFunc(all, func(a, b string) int { return v.Kept[b] - v.Kept[a] })
	return all
}

func (v moveView) quiets() []string { return slices.Sorted(maps.Keys(v.Quiet)) }

// picked is the status that stands in the form.
func (v moveView) picked() string {
	if v.typed {
		return v.to
	}
	return v.To.Code
}

func (v moveView) text() string {
	if v.typed {
		return v.comment
	}
	return v.Comment
}

// stayWords says why occurrences are not moved.
func stayWords(p *page, code string) string {
	if id := "moves.stay_" + code; p.Has(id) {
		return p.T(id)
	}
	return p.T("moves.stay_other", "code", code)
}

// stayLine says it of one, with what it lacks.
func stayLine(p *page, why desk.Reason) string {
	if why.Code == desk.WhyMissingData {
		return p.Reason(why)
	}
	return sentence(stayWords(p, why.Code))
}

func quietWords(p *page, code string) string {
	if id := "moves.quiet_" + code; p.Has(id) {
		return p.T(id)
	}
	return p.T("moves.quiet")
}

// trigger: while something is under way the part asks by itself too; news may be missed.
func (v moveView) trigger() string {
	on := flow.TopicBulkMove(v.ID) + " from:body"
	if v.State.Working() {
		return on + ", every 3s"
	}
	return on
}

// moveColumns are the columns of the file; their headings are messages.
var moveColumns = []string{"list.x_number", "list.x_subject", "list.x_unit", "list.x_customer", "moves.x_was", "list.x_status", "moves.x_reason"}

// exportMove is GET /mover/{id}/arquivo: those that stayed, with why.
func (s *site) exportMove(r *request) error {
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		return errExports()
	}
	var w export.Writer
	begin := func() (err error) {
		if w != nil {
			return nil
		}
		asSheet(r.w.Header(), r.l.T("moves.file_name")+"-"+r.now.Format(time.DateOnly)+".csv")
		if w, err = export.New(export.CSV, patiently(r.w, stalled), []rune(r.l.T("list.export_comma"))[0], ""); err != nil {
			return err
		}
		head := make([]string, len(moveColumns))
		for i, id := range moveColumns {
			head[i] = r.l.T(id)
		}
		return w.Write(head)
	}
	p := r.page("", "")
	err := s.flow.ExportBulkMove(r.Context(), r.actor(), r.PathValue("id"), flow.Stays, func(l *flow.BulkMoveLine) error {
		if err := begin(); err != nil {
			return err
		}
		return w.Write([]string{number(l.Number), l.Subject, l.Unit, l.Customer, l.Was.Name, l.Status.Name, stayLine(p, l.Why)})
	})
	if err == nil {
		err = begin() // there was no row
	}
	if w == nil {
		return err
	}
	if err == nil {
		err = w.Close()
	}
	return ifBegun(r, err)
}
