package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Registry is what the pages of the registry need of those who read and write sheets, which doors must not know.
type Registry struct {
	// Columns are the names that a kind of sheet takes, those it needs first.
	Columns func(flow.RegistryKind) (needed, taken []string)
	// Units writes what is wrong with the units' ids as a sheet.
	Units func(context.Context, desk.Actor, desk.Environment, flow.UnitFlaw, io.Writer) error
}

const (
	registryPath = "/cadastros"
	importsPath  = registryPath + "/importacao"
	// maxSheetForm is what a form with sheets is read to, so that one that is somewhat too large is answered like
	// anything else: a browser hears an answer only after it has sent everything.
	maxSheetForm = 2*flow.MaxSheetBytes + maxForm
)

// importsView is the form for sheets, and the latest uploads.
type importsView struct {
	jobs     []flow.RegistryJobLine
	kind     string
	complete bool
	problems map[string]string
}

// latestImports is how many stand on the page.
const latestImports = 20

// showImports is GET /cadastros/importacao.
func (s *site) showImports(r *request) error { return s.imports(r, http.StatusOK, importsView{}) }

func (s *site) imports(r *request, status int, v importsView) error {
	var err error
	if v.jobs, err = s.flow.RegistryJobs(r.Context(), r.actor(), latestImports); err != nil {
		return err
	}
	p := r.registryPage(r.l.T("imports.title"))
	p.path = importsPath
	if r.htmx() {
		return r.show(status, importsPart(p, v))
	}
	return r.show(status, importsPage(p, v))
}

// registryPage begins a page of the registry; steps are those between it and the page.
func (r *request) registryPage(title string, steps ...crumb) *page {
	p := r.page(title, "cadastros")
	p.crumbs = append([]crumb{{p.T("places.registry"), registryPath}}, append(steps, crumb{label: title})...)
	return p
}

// takeSheets is POST /cadastros/importacao: sheets of the registry.
func (s *site) takeSheets(r *request) error {
	id, values, err := r.sheets("")
	if e, ok := besideForm(err); ok && e.Kind != desk.Forbidden {
		v := importsView{kind: values.Get("tipo"), complete: values.Get("completo") != "", problems: problemsOf(r, e)}
		return s.imports(r, statusOf[e.Kind], v)
	}
	if err != nil {
		return err
	}
	return r.redirect(importPath(id))
}

func importPath(id string) string { return importsPath + "/" + url.PathEscape(id) }

// sheets reads a form with sheets in its field "planilhas". They go to where they are kept as they arrive, so their size
// costs no memory. What was typed beside them is answered whatever is wrong.
func (r *request) sheets(listOf desk.Environment) (id string, values url.Values, err error) {
	values = url.Values{}
	kind, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return "", values, desk.BadField(sheetsField, "sem_planilha")
	}
	up, err := r.site.flow.ReceiveSheets(r.Context(), r.actor(), listOf)
	if err != nil {
		return "", values, err
	}
	parts := multipart.NewReader(http.MaxBytesReader(r.w, r.whole, maxSheetForm), options["boundary"])
	refused, err := r.sheetParts(up, parts, values)
	if err == nil {
		err = refused
	}
	if err == nil {
		id, err = up.Done(r.Context(), values.Get("completo") != "", flow.RegistryKind(values.Get("tipo")))
	}
	if err != nil {
		return "", values, errors.Join(inForm(err), up.Drop(r.Context()))
	}
	return id, values, nil
}

// sheetParts reads to the form's end; refused is what is wrong with the first sheet that is.
func (r *request) sheetParts(up *flow.RegistryUpload, parts *multipart.Reader, values url.Values) (refused, err error) {
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return refused, nil
		case err != nil:
			return nil, unreadableSheets(err)
		case n == maxParts:
			return nil, desk.Fail(desk.ErrContent)
		case part.FormName() != sheetsField:
			text, err := io.ReadAll(io.LimitReader(part, maxQuery))
			if err != nil {
				return nil, unreadableSheets(err)
			}
			values.Add(part.FormName(), string(text))
		case part.FileName() == "" || refused != nil: // nothing was chosen, or nothing is taken any more
		default:
			content := &heard{Reader: part}
			err := up.Sheet(r.Context(), desk.FileName(part.FileName()), content)
			if content.err != nil {
				return nil, unreadableSheets(content.err)
			}
			if _, ok := understood(err); err != nil && !ok {
				return nil, err
			}
			refused = err
		}
	}
}

const sheetsField = "planilhas"

// inForm puts what flow says of a file beside the field that it came in.
func inForm(err error) error {
	var e *desk.Error
	if !errors.As(err, &e) {
		return err
	}
	for i := range e.Fields {
		if e.Fields[i].Field == "arquivo" {
			e.Fields[i].Field = sheetsField
		}
	}
	return e
}

func unreadableSheets(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return desk.BadField(sheetsField, "planilhas_grandes", "megabytes", flow.MaxSheetBytes>>20)
	}
	return desk.Fail(desk.ErrContent)
}

// jobState is a state's look: its class and icon.
func jobState(s flow.JobState) (class, name string) {
	switch s {
	case flow.JobDone:
		return "done", "circle-check"
	case flow.JobRefused, flow.JobFailed:
		return "fail", "alert-triangle"
	case flow.JobPlanned:
		return "new", "clipboard-list"
	case flow.JobStopped:
		return "wait", "hourglass"
	case flow.JobDiscarded:
		return "closed", "archive"
	}
	return "send", "progress-check"
}

// jobTitle says what an upload is.
func jobTitle(p *page, listOf desk.Environment) string {
	if listOf == "" {
		return p.T("imports.of_registry")
	}
	return p.T("imports.of_list", "environment", p.T("environment."+string(listOf)))
}

// percent is how far something is, from 0 to 100; below 0: nobody knows.
func percent(done, total int64) int {
	if total <= 0 {
		return -1
	}
	return int(min(100, done*100/total))
}

// changeText is a change as people read it: what became new, or what a field was and is.
func changeText(p *page, c flow.RegistryChange) string {
	thing := p.T("imports.thing_"+c.Thing) + " " + c.Key
	if c.Field == "" {
		if c.New == "" || c.New == c.Key {
			return p.T("imports.new_thing", "thing", thing)
		}
		return p.T("imports.new_thing", "thing", thing) + ": " + c.New
	}
	show := func(s string) string {
		if s == "" {
			return p.T("imports.empty")
		}
		return s
	}
	return strings.TrimSpace(thing) + ", " + c.Field + ": " + show(c.Old) + " → " + show(c.New)
}
