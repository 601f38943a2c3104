package web

import "net/http"

// revealDocument is POST /ocorrencias/{numero}/documento: the customer's CPF, whole, for whoever may see it. It is in this
// answer and stays out of the page's next one.
func (s *site) revealDocument(r *request) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	document, err := s.flow.RevealDocument(r.Context(), r.actor(), number, occurrencePath(number))
	if err != nil {
		return err
	}
	if r.htmx() {
		return r.show(http.StatusOK, documentShown(r.page("", ""), number, document))
	}
	o, err := s.flow.Page(r.Context(), r.actor(), number)
	if err != nil {
		return err
	}
	o.Customer.Document = document
	return s.occurrencePage(r, http.StatusOK, o, draft{})
}
