package web

import (
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/export"
	"ponte/internal/flow"
)

const exportPath = "/ocorrencias/exportar"

// exportColumns are the columns of the file, in their order; their headings are messages.
var exportColumns = []string{"number", "subject", "status", "situation", "development", "block", "unit", "customer", "document", "type", "priority", "emergency",
	"opened", "closed", "news_at", "news", "news_by", "order", "description"}

// exportOccurrences is GET /ocorrencias/exportar, with the list's filters: the list as a file. Documents are masked.
func (s *site) exportOccurrences(r *request) error {
	q := r.URL.Query()
	return s.export(r, listQuery(q), q.Get("formato"), false)
}

// exportDocuments is POST /ocorrencias/exportar: the same with whole documents, for who may see one, written down.
func (s *site) exportDocuments(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	return s.export(r, listQuery(r.PostForm), r.PostFormValue("formato"), true)
}

// exportsAtOnce is how many files are made at a time; who comes next is told to come again.
const (
	exportsAtOnce = 2
	exportWait    = 30 * time.Second
)

func errExports() error {
	return &desk.Error{Kind: desk.TooMany, Code: "exportacoes_em_curso", RetryAfter: exportWait}
}

func (s *site) export(r *request, ask flow.ListQuery, format string, reveal bool) error {
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		return errExports()
	}
	f := export.CSV
	if format == string(export.XLSX) {
		f = export.XLSX
	}
	ask.Most = 0 // not a page's
	var w export.Writer
	begin := func() (err error) {
		if w != nil {
			return nil
		}
		asSheet(r.w.Header(), r.l.T("list.export_file")+"-"+r.now.Format(time.DateOnly)+"."+string(f))
		if w, err = export.New(f, patiently(r.w, stalled), []rune(r.l.T("list.export_comma"))[0], r.l.T("nav.occurrences")); err != nil {
			return err
		}
		head := make([]string, len(exportColumns))
		for i, c := range exportColumns {
			head[i] = r.l.T("list.x_" + c)
		}
		return w.Write(head)
	}
	err := s.flow.Export(r.Context(), r.actor(), ask, reveal, string(f), func(x *flow.Exported) error {
		if err := begin(); err != nil {
			return err
		}
		return w.Write(r.exportRow(x))
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

func (r *request) exportRow(x *flow.Exported) []string {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(r.l.T("list.export_time"))
	}
	emergency := ""
	if x.Emergency {
		emergency = r.l.T("list.export_yes")
	}
	return []string{number(x.Number), x.Subject, x.Status.Name, r.l.T("list.situation_" + x.Status.Kind.Situation()), x.Development, x.Block, x.Unit, x.Customer, x.Document,
		codeName(x.Type), codeName(x.Priority), emergency, at(x.OpenedAt), at(x.ClosedAt), at(x.NewsAt), x.News, x.NewsBy, x.OrderNumber, x.Description}
}

// exportAs is where the list as it is asked stands as a file.
func (v listView) exportAs(format string) string {
	ask := v.ask
	ask.After = ""
	q := listValues(ask)
	q.Set("formato", format)
	return pathTo(exportPath, q)
}

// hidden are the values of the question for a form, each under its name.
func (v listView) hidden() (out []struct{ name, value string }) {
	ask := v.ask
	ask.After = ""
	for name, values := range listValues(ask) {
		for _, one := range values {
			out = append(out, struct{ name, value string }{name, one})
		}
	}
	return out
}

// exportWords is what a format is called.
func exportWords(format string) string { return strings.ToUpper(format) }
