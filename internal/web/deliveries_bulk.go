package web

import (
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// sentBulk is where an act over the blocked deliveries of a question begins, and what was done before.
type sentBulk struct {
	sentAsk
	why, problem string
	waiting      flow.Count
	jobs         []*flow.BulkJob
}

// sentMany is an act over many: it goes on in the background, whoever watches.
type sentMany struct {
	*flow.BulkJob
	problem string
}

const bulkPath = deliveriesPath + "/lote"

// bulksShown is how many acts the page remembers.
const bulksShown = 10

func manyPath(id string) string { return bulkPath + "/" + url.PathEscape(id) }

// showSentBulk is GET /integracao/envios/lote, with the list's filters.
func (s *site) showSentBulk(r *request) error {
	v := sentBulk{sentAsk: sentAskOf(r.URL.Query())}
	v.after = ""
	return s.sentBulk(r, http.StatusOK, v)
}

func (s *site) sentBulk(r *request, status int, v sentBulk) error {
	var err error
	if v.jobs, err = s.flow.BulkJobs(r.Context(), r.actor(), bulksShown); err != nil {
		return err
	}
	if v.waiting, err = s.flow.CountBlocked(r.Context(), r.actor()); err != nil {
		return err
	}
	p := r.page(r.l.T("deliveries.bulk_title"), "envios")
	p.path = v.path("/lote")
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {p.T("deliveries.title"), deliveriesPath}, {label: p.title}}
	return r.show(status, sentBulkPage(p, v))
}

// startSentBulk is POST /integracao/envios/lote: a rehearsal, which writes nothing.
func (s *site) startSentBulk(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	v := sentBulk{sentAsk: sentAskOf(r.PostForm), why: r.typed("motivo")}
	id, err := s.flow.StartBulk(r.Context(), r.actor(), flow.BulkAct(r.PostFormValue("ato")), v.why, s.sentQuery(r, v.sentAsk))
	if e, ok := understood(err); ok && len(e.Fields) > 0 {
		v.problem = r.l.T("trouble.reason_missing")
		return s.sentBulk(r, statusOf[e.Kind], v)
	}
	if err != nil {
		return err
	}
	return r.redirect(manyPath(id))
}

// showMany is GET /integracao/envios/lote/{id}. With parte=1 it answers the live part alone, and nothing (204) while rev is
// still what the page has.
func (s *site) showMany(r *request) error { return s.many(r, http.StatusOK, "") }

func (s *site) many(r *request, status int, problem string) error {
	j, err := s.flow.BulkJob(r.Context(), r.actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := sentMany{BulkJob: j, problem: problem}
	p := r.page(r.l.T("deliveries.bulk_"+string(j.Act)), "envios")
	p.path = manyPath(j.ID)
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {p.T("deliveries.title"), deliveriesPath}, {p.T("deliveries.bulk_title"), bulkPath}, {label: p.title}}
	q := r.URL.Query()
	switch {
	case q.Get("parte") == "":
		return r.show(status, sentManyPage(p, v))
	case r.unchanged(v.rev()):
		return nil
	}
	return r.show(status, sentManyPart(p, v))
}

// actOnMany is POST /integracao/envios/lote/{id}/{ato}: fazer or parar.
func (s *site) actOnMany(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	var err error
	switch r.PathValue("ato") {
	case "fazer":
		err = s.flow.DoBulk(r.Context(), r.actor(), id)
	case "parar":
		err = s.flow.StopBulk(r.Context(), r.actor(), id)
	default:
		return notFound()
	}
	if e, ok := besideForm(err); ok && e.Kind == desk.Conflict {
		return s.many(r, statusOf[e.Kind], r.l.T("deliveries.bulk_overtaken"))
	}
	if err != nil {
		return err
	}
	return r.redirect(manyPath(id))
}

func (v sentMany) rev() string {
	h := fnv.New64a()
	fmt.Fprint(h, v.State, v.Done, v.Behind, v.Kept, v.Planned)
	return fmt.Sprintf("%x", h.Sum64())
}

func (v sentMany) partPath() string { return manyPath(v.ID) + "?parte=1&rev=" + v.rev() }

// rehearsal says that what is counted would be done.
func (v sentMany) rehearsal() bool {
	return v.State == flow.BulkToRehearse || v.State == flow.BulkRehearsed || v.Planned == 0 && v.State != flow.BulkToDo && v.State != flow.BulkOver
}

// mode is part of message ids: ensaio_reenviar, reenviar, ensaio_pular, pular.
func (v sentMany) mode() string {
	if v.rehearsal() {
		return "ensaio_" + string(v.Act)
	}
	return string(v.Act)
}

// walked is how many of those planned were looked at.
func (v sentMany) walked() int { return v.Done + v.KeptCount() }

func (v sentMany) reasons() []string { return slices.Sorted(maps.Keys(v.Kept)) }

// filters says in words what the question left.
func (v sentMany) filters(p *page) (out []string) {
	q := v.Asked
	add := func(label, value string) {
		if value != "" {
			out = append(out, p.T(label)+": "+value)
		}
	}
	add("deliveries.search", q.Text)
	for _, s := range q.States {
		add("deliveries.state", sentence(p.T("state."+string(s))))
	}
	if q.Point != "" {
		add("deliveries.point", p.T("point."+string(q.Point)))
	}
	if q.Environment != "" {
		add("calls.environment", sentence(p.T("environment."+string(q.Environment))))
	}
	if q.Version != 0 {
		add("deliveries.version", number(q.Version))
	}
	add("deliveries.reason", q.Reason)
	day := func(t time.Time, later int) string {
		if t.IsZero() {
			return ""
		}
		return p.Date(t.In(flow.Zone("")).AddDate(0, 0, later), p.now)
	}
	add("calls.since", day(q.Since, 0))
	add("calls.until", day(q.Until, -1))
	return out
}

// keptWords says why deliveries are kept from the walk.
func keptWords(p *page, why string) string {
	if id := "deliveries.kept_" + why; p.Has(id) {
		return p.T(id)
	}
	return why
}
