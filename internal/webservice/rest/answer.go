package rest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

// forms are the forms of an answer, in the order that settles a draw after the profile's own.
var forms = []struct {
	name, mime string
	accept     []string // what an Accept header may call it
}{
	{"json", "application/json", []string{"application/json", "application/problem+json", "application/*"}},
	{"text", "text/plain; charset=utf-8", []string{"text/plain", "text/*"}},
	{"xml", "application/xml; charset=utf-8", []string{"application/xml", "text/xml", "application/*", "text/*"}},
}

// formOf picks a form: the Accept header's favourite; the profile's where the header likes it as much as any
// other, as "*/*", axios's and Java's default headers do. A header that accepts nothing we have is disregarded.
func formOf(accept string, profile webservice.Profile) string {
	own := profile.Form
	if own == "" {
		own = "json"
	}
	best, bestQ := own, quality(accept, own)
	for _, f := range forms {
		if q := quality(accept, f.name); q > bestQ {
			best, bestQ = f.name, q
		}
	}
	return best
}

// quality is how much an Accept header likes a form; exact names count before wildcards.
func quality(accept, form string) float64 {
	if strings.TrimSpace(accept) == "" {
		return 1
	}
	var names []string
	for _, f := range forms {
		if f.name == form {
			names = f.accept
		}
	}
	rank, q := -1, 0.0
	for item := range strings.SplitSeq(accept, ",") {
		kind, options, err := mime.ParseMediaType(item)
		if err != nil && kind == "" {
			continue
		}
		r := acceptRank(kind, names)
		if r < 0 || r < rank {
			continue
		}
		weight := 1.0
		if text, ok := options["q"]; ok {
			if weight, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		if r > rank || weight > q {
			rank, q = r, weight
		}
	}
	return q
}

// acceptRank is 2 for the form's name, 1 for half a wildcard, 0 for a whole one, -1 for something else.
func acceptRank(kind string, names []string) int {
	if kind == "*/*" || kind == "*" {
		return 0
	}
	for _, n := range names {
		if n == kind && strings.HasSuffix(n, "/*") {
			return 1
		}
		if n == kind {
			return 2
		}
	}
	return -1
}

// success answers 201 for something new, 200 for a repeat, for what only reads, and where the profile says so.
func success(x *exchange, a webservice.Answer) door.Reply {
	status := http.StatusCreated
	if a.Repeated || x.Entry.Reads || x.Profile.AlwaysOK {
		status = http.StatusOK
	}
	out := door.Reply{Status: status}
	out.Mime, out.Body = x.Profile.Rendered(x.Entry, formOf(x.R.Header.Get("Accept"), x.Profile), a.Nodes)
	return out
}
