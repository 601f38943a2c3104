package web

import (
	"net/url"
	"slices"
	"strings"
)

// question is what a list is asked, as it stands in the URL: its parameters in their order, and where each is kept. The
// view, the text and the cursor are asked for on every list; the others narrow it.
type question []struct {
	name  string
	value *string
}

// The parameters of every list's question.
const (
	viewParam  = "visao"
	textParam  = "q"
	afterParam = "apos"
)

// read takes what the URL says; what makes no sense is as good as absent. The first view is the usual one.
func (q question) read(from url.Values, views []string) {
	for _, p := range q {
		*p.value = strings.ToValidUTF8(strings.TrimSpace(from.Get(p.name)), "")
		if len(*p.value) > maxQuery {
			*p.value = ""
		}
		if p.name == viewParam && !slices.Contains(views, *p.value) {
			*p.value = views[0]
		}
	}
}

// values leaves out what is absent or usual.
func (q question) values(views []string) url.Values {
	out := url.Values{}
	for _, p := range q {
		if *p.value != "" && !(p.name == viewParam && *p.value == views[0]) {
			out.Set(p.name, *p.value)
		}
	}
	return out
}

// narrowed is how many filters hold beside the view and the text.
func (q question) narrowed() (n int) {
	for _, p := range q {
		if *p.value != "" && p.name != viewParam && p.name != textParam && p.name != afterParam {
			n++
		}
	}
	return n
}

// pathTo is the one URL of a question.
func pathTo(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
