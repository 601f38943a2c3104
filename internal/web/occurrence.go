package web

import (
	"net/http"
	"net/url"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// occurrenceView is the live part of an occurrence's page.
type occurrenceView struct {
	*flow.OccurrencePage
	filter  string // what the timeline shows: everything, or one of timelineFilters
	draft   draft
	trouble *troubleView
	days    []dayView
	tally   []tallyView
}

// partPath is where the live part asks for itself.
func (v occurrenceView) partPath() string {
	path := occurrencePath(v.Number) + "?parte=1&mostrar=" + v.filter + "&rev=" + v.Rev
	if v.draft.aim == "" {
		return path
	}
	return path + "&" + url.Values{"para": {v.draft.aim}}.Encode()
}

// draft is what a person was writing when something was refused, and what was said about it.
type draft struct {
	comment            string
	private            bool
	files              []flow.Upload
	filesPrivate       bool    // what is attached is for the house only, though the comment may not be
	send               []int64 // attachments of the occurrence that are to go along
	visitFrom, visitTo string
	status             string
	aim                string   // the status that somebody came for
	arrived            bool     // just now: their cursor belongs into the comment
	problems           []string // what is wrong, in words
	badComment         bool     // one of them is about the comment
	badFiles           bool     // one of them is about the files
	skip               skipDraft
	unsent             *flow.Unsent // what the composer holds from last time
}

// showOccurrence is GET /ocorrencias/{numero}. With parte=1 it answers the live part alone, and nothing (204) while
// rev is still what the page has.
func (s *site) showOccurrence(r *request) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	o, err := s.flow.Page(r.Context(), r.actor(), number)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if q.Get("parte") == "" {
		kept, err := s.flow.Written(r.Context(), r.actor(), flow.AtOccurrence(number))
		if err != nil {
			return err
		}
		d := draft{unsent: kept, aim: q.Get("para"), arrived: true}
		if kept != nil {
			d.comment, d.private = kept.Fields["comentario"], kept.Fields["interno"] != ""
		}
		return s.occurrencePage(r, http.StatusOK, o, d)
	}
	if r.unchanged(o.Rev) {
		return nil
	}
	p := r.page("", "ocorrencias")
	return r.show(http.StatusOK, occurrencePart(p, viewOf(p, o, q.Get("mostrar"), draft{aim: q.Get("para")})))
}

func (s *site) occurrencePage(r *request, status int, o *flow.OccurrencePage, d draft) error {
	p := r.page(strconv.FormatInt(o.Number, 10)+" · "+o.Subject, "ocorrencias")
	filter := r.URL.Query().Get("mostrar")
	p.path = occurrencePath(o.Number)
	p.crumbs = []crumb{{label: "CRM"}, {p.T("nav.occurrences"), "/ocorrencias"}, {label: strconv.FormatInt(o.Number, 10)}}
	return r.show(status, occurrence(p, viewOf(p, o, filter, d)))
}

// again answers a form about an occurrence: the page after it, or the form with what is wrong beside it and what
// was typed still in it. Without JavaScript the page is opened anew, so that reloading it sends nothing twice.
func (s *site) again(r *request, number int64, d draft, failed error) error {
	e, beside := besideForm(failed)
	if failed != nil && !beside {
		return failed
	}
	status := http.StatusOK
	if failed != nil {
		status, d.aim = statusOf[e.Kind], d.status
	} else if !r.htmx() {
		return r.redirect(occurrencePath(number))
	}
	o, err := s.flow.Page(r.Context(), r.actor(), number)
	if err != nil {
		return err
	}
	if !r.htmx() {
		return s.occurrencePage(r, status, o, d)
	}
	if failed == nil {
		r.w.Header().Set("HX-Trigger", "limpar")
	}
	// The browser keeps what was typed; sending it back would fight with what is being typed now.
	d.comment, d.private, d.visitFrom, d.visitTo, d.skip.reason = "", false, "", "", ""
	d.filesPrivate, d.send = false, nil
	p := r.page("", "ocorrencias")
	return r.show(status, occurrencePart(p, viewOf(p, o, filterOfPage(r), d)))
}

// filterOfPage is what the page's timeline shows while a form of it is sent.
func filterOfPage(r *request) string {
	u, err := url.Parse(r.Header.Get("HX-Current-URL"))
	if err != nil {
		return ""
	}
	return u.Query().Get("mostrar")
}

// explain puts an error where the composer shows it: what is wrong with its fields, or else with the whole.
func (d *draft) explain(r *request, err error) {
	e, ok := besideForm(err)
	if !ok {
		return
	}
	for _, f := range e.Fields {
		text := r.l.Field(f)
		if id := "composer.field_" + f.Field; r.l.Has(id) {
			text = r.l.T(id) + " " + text
		}
		d.problems = append(d.problems, text)
		d.badComment = d.badComment || f.Field == "comentario"
		d.badFiles = d.badFiles || f.Field == filesField
	}
	if len(e.Fields) == 0 {
		d.problems = []string{r.l.Error(e)}
	}
}

func numberOf(r *request) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("numero"), 10, 64)
	if err != nil || n <= 0 {
		return 0, desk.Fail(desk.ErrNotFound)
	}
	return n, nil
}

func occurrencePath(number int64) string { return "/ocorrencias/" + strconv.FormatInt(number, 10) }
