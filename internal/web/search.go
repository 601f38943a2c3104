package web

import (
	"net/http"
	"net/url"

	"ponte/internal/flow"
)

// search is GET /busca, the box of every page: an occurrence's or order's number leads straight there, and whatever
// else is written to the customers and units that it may mean.
func (s *site) search(r *request) error {
	v := findView{text: searchText(r.URL.Query())}
	var err error
	if v.Finding, err = s.flow.Search(r.Context(), r.actor(), v.text, foundShown); err != nil {
		return err
	}
	if len(v.Occurrences) == 1 {
		return r.redirect(occurrencePath(v.Occurrences[0].Number))
	}
	p := r.page(r.l.T("search.title"), "")
	p.q = v.text
	return r.show(http.StatusOK, searchPage(p, v))
}

// unitPath lists everything of a unit's customer.
func unitPath(f flow.Found) string {
	text := f.Contract
	if text == "" {
		text = f.Unit.Number + " " + f.Unit.BlockCode + " " + f.Unit.DevelopmentCode
	}
	return "/ocorrencias?visao=todas&q=" + url.QueryEscape(text)
}
