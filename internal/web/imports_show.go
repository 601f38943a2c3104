package web

import (
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// jobView is an upload: its plan, its progress or what became of it.
type jobView struct {
	*flow.RegistryJob
	columns  func(flow.RegistryKind) (needed, taken []string)
	problem  string
	mappings map[int]flow.RegistryMapping // as they stand in the form
	adjusted bool                         // the form is open
	only     flow.RowState                // the rows that are shown; empty: all
}

// showImport is GET /cadastros/importacao/{id}.
func (s *site) showImport(r *request) error {
	only := flow.RowState(r.URL.Query().Get("situacao"))
	if !slices.Contains(rowStates, only) {
		only = ""
	}
	return s.job(r, http.StatusOK, jobView{only: only})
}

func (s *site) job(r *request, status int, v jobView) error {
	var err error
	if v.RegistryJob, err = s.flow.RegistryJob(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	v.columns = s.columnsOf
	if v.mappings == nil {
		v.mappings = v.RegistryJob.Mappings
	}
	title := r.l.T("imports.one_of", "when", r.page("", "").moment(v.At))
	step := crumb{r.l.T("imports.title"), importsPath}
	if v.ListOf != "" {
		step = crumb{r.l.T("units.title"), unitsPath + "?ambiente=" + string(v.ListOf)}
	}
	p := r.registryPage(title, step)
	p.path = importPath(v.ID)
	if r.htmx() {
		return r.show(status, jobPart(p, v))
	}
	return r.show(status, jobPage(p, v))
}

// actOnImport is POST /cadastros/importacao/{id}/{ato}: importar, planejar, colunas, parar or descartar.
func (s *site) actOnImport(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	var err error
	switch r.PathValue("ato") {
	case "importar":
		err = s.flow.ImportPlanned(r.Context(), r.actor(), id, r.PostFormValue("plano"))
	case "planejar":
		return s.replan(r, id)
	case "parar":
		err = s.flow.StopImport(r.Context(), r.actor(), id)
	case "descartar":
		if err = s.flow.DiscardImport(r.Context(), r.actor(), id); err == nil {
			return r.redirect(importsPath)
		}
	default:
		return notFound()
	}
	return s.acted(r, id, jobView{}, err)
}

func (s *site) acted(r *request, id string, v jobView, err error) error {
	if e, ok := besideForm(err); ok && e.Kind != desk.Forbidden {
		v.problem = problemsOf(r, e)[""]
		for _, f := range e.Fields {
			v.problem = r.l.Field(f)
		}
		return s.job(r, statusOf[e.Kind], v)
	}
	if err != nil {
		return err
	}
	return r.redirect(importPath(id))
}

// replan plans anew: with the columns that the form says, or as before. What was said of a sheet's columns is
// remembered for the next one with its headers.
func (s *site) replan(r *request, id string) error {
	j, err := s.flow.RegistryJob(r.Context(), r.actor(), id)
	if err != nil {
		return err
	}
	complete, mappings := j.Complete, j.Mappings
	if r.PostForm.Has("completo_dito") {
		complete = r.PostFormValue("completo") != ""
	}
	if r.PostForm.Has("colunas") && j.Report != nil {
		mappings = map[int]flow.RegistryMapping{}
		for _, sheet := range j.Sheets {
			mappings[sheet.Seq] = s.mappingOf(r, sheet.Seq)
		}
	}
	if r.PostFormValue("colunas") == "mostrar" { // another kind takes other columns
		return s.job(r, http.StatusOK, jobView{mappings: mappings, adjusted: true})
	}
	err = s.flow.PlanAgain(r.Context(), r.actor(), id, complete, mappings)
	if err == nil && r.PostForm.Has("colunas") {
		for _, sheet := range j.Sheets {
			if headers := headersOf(j, sheet.Name); err == nil && len(headers) > 0 {
				err = s.flow.RememberMapping(r.Context(), r.actor(), headers, mappings[sheet.Seq])
			}
		}
	}
	return s.acted(r, id, jobView{mappings: mappings, adjusted: true}, err)
}

// columnsOf are the columns that a kind of sheet takes.
func (s *site) columnsOf(k flow.RegistryKind) (needed, taken []string) {
	if s.registry.Columns == nil {
		return nil, nil
	}
	return s.registry.Columns(k)
}

// mappingOf reads what the form says of a sheet; a column that its kind does not take is none.
func (s *site) mappingOf(r *request, i int) flow.RegistryMapping {
	m := flow.RegistryMapping{Kind: flow.RegistryKind(r.PostFormValue(fmt.Sprintf("tipo.%d", i))), Map: map[string]string{},
		Tab: r.PostFormValue(fmt.Sprintf("aba.%d", i))}
	if !slices.Contains(flow.RegistryKinds, m.Kind) {
		m.Kind = ""
	}
	header, fixed := fmt.Sprintf("coluna.%d.", i), fmt.Sprintf("valor.%d.", i)
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		text := strings.TrimSpace(r.PostFormValue(name))
		if text == "" {
			continue
		}
		if column, ok := strings.CutPrefix(name, header); ok && m.Map[column] == "" {
			m.Map[column] = text
		}
		if column, ok := strings.CutPrefix(name, fixed); ok {
			m.Map[column] = "=" + text
		}
	}
	if needed, taken := s.columnsOf(m.Kind); m.Kind != "" {
		maps.DeleteFunc(m.Map, func(column, _ string) bool {
			return !slices.Contains(needed, column) && !slices.Contains(taken, column)
		})
	}
	return m
}

func headersOf(j *flow.RegistryJob, name string) []string {
	if s := sheetOfJob(j, name); s != nil {
		return s.Headers
	}
	return nil
}

// sheetOfJob is how a sheet was understood; the report has them in the order in which they are taken.
func sheetOfJob(j *flow.RegistryJob, name string) *flow.RegistrySheet {
	if j.Report == nil {
		return nil
	}
	i := slices.IndexFunc(j.Report.Sheets, func(s flow.RegistrySheet) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &j.Report.Sheets[i]
}

// showRefused is GET /cadastros/importacao/{id}/recusadas/{n}: the rows that were not taken, to be mended and sent again.
func (s *site) showRefused(r *request) error {
	seq, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return notFound()
	}
	content, name, err := s.flow.RefusedRows(r.Context(), r.actor(), r.PathValue("id"), seq)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	asSheet(r.w.Header(), name)
	_, err = io.Copy(r.w, content)
	return ifBegun(r, err)
}

// asSheet makes an answer a file that is saved.
func asSheet(h http.Header, name string) {
	h.Set("Content-Type", "text/csv; charset=utf-8")
	if strings.HasSuffix(name, ".xlsx") {
		h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-store")
}

// ifBegun: of an answer that has begun only its end can say that it is not whole.
func ifBegun(r *request, err error) error {
	if err == nil || r.Context().Err() != nil {
		return nil
	}
	r.site.log.Error("web: a sheet broke off", "pedido", r.id, "erro", err)
	panic(http.ErrAbortHandler)
}

// tellsOf is how the things of the report are told: as done, or as what would be.
func (v jobView) tellsOf() string {
	if v.State == flow.JobDone {
		return "imports.made_and_changed"
	}
	return "imports.new_and_changed"
}

// mapped is what the form shows of a column of a sheet: its header, or the value of every row.
func (v jobView) mapped(seq int, name, column string) (header, fixed string) {
	text, said := v.mappings[seq].Map[column]
	if sheet := sheetOfJob(v.RegistryJob, name); !said && sheet != nil {
		text = sheet.Columns[column]
	}
	if value, ok := strings.CutPrefix(text, "="); ok {
		return "", value
	}
	return text, ""
}

// tabsOf are the sheets of a workbook; tabOf is the one that is read.
func (v jobView) tabsOf(_ int, name string) []string {
	if sheet := sheetOfJob(v.RegistryJob, name); sheet != nil {
		return sheet.Tabs
	}
	return nil
}

func (v jobView) tabOf(seq int, name string) string {
	if m := v.mappings[seq]; m.Tab != "" {
		return m.Tab
	}
	if sheet := sheetOfJob(v.RegistryJob, name); sheet != nil {
		return sheet.Tab
	}
	return ""
}

// samplesOf is what stands under the headers of a sheet in its first rows.
func (v jobView) samplesOf(name string) []string {
	if sheet := sheetOfJob(v.RegistryJob, name); sheet != nil {
		return sheet.Samples
	}
	return nil
}

func withSample(header string, samples []string, i int) string {
	if i >= len(samples) || samples[i] == "" {
		return header
	}
	return header + ": " + samples[i]
}

// kindOf is what a sheet is taken for.
func (v jobView) kindOf(seq int, name string) flow.RegistryKind {
	if m := v.mappings[seq]; m.Kind != "" {
		return m.Kind
	}
	if sheet := sheetOfJob(v.RegistryJob, name); sheet != nil && len(sheet.Columns) > 0 {
		return sheet.Kind
	}
	return flow.OfUnits
}

// at is the page's address with the rows of one state, or of all.
func (v jobView) at(only flow.RowState) string {
	if only == "" {
		return importPath(v.ID)
	}
	return importPath(v.ID) + "?situacao=" + string(only)
}

// told are the rows of one state, if it is shown.
func (v jobView) told(state flow.RowState) (out []flow.RegistryTold) {
	if v.only != "" && v.only != state {
		return nil
	}
	for _, t := range v.Report.Told {
		if t.State == state {
			out = append(out, t)
		}
	}
	return out
}

// rowStates in the order in which they are told: what needs a person first.
var rowStates = []flow.RowState{flow.RowBroken, flow.RowConflict, flow.RowNew, flow.RowChanged, flow.RowSame}

// things in the order in which they are told.
var registryThings = []string{"empreendimento", "bloco", "unidade", "cliente", "contrato", "vinculo", "ocorrencia"}

// goneNames are those that are missing of a thing: a contract with its unit where their codes differ.
func (v jobView) goneNames(p *page, thing string) string {
	var names []string
	for _, g := range v.Report.Missing {
		switch {
		case g.Thing != thing:
		case g.Unit == "" || g.Unit == g.Key:
			names = append(names, g.Key)
		default:
			names = append(names, g.Key+" ("+g.Unit+")")
		}
	}
	text := strings.Join(names, ", ")
	if more := v.Report.Gone[thing] - len(names); more > 0 {
		text += " " + p.N("imports.and_more", more)
	}
	return text
}

// goneText says what becomes of what the registry has and the sheets don't.
func (v jobView) goneText(p *page, thing string) string {
	n := v.Report.Gone[thing]
	switch {
	case thing == "contrato" && v.State == flow.JobDone && v.Complete && v.Report.Refused() == 0:
		return p.N("imports.gone_ended", n)
	case thing == "contrato" && v.Complete && v.Report.Refused() > 0:
		return p.N("imports.gone_held", n)
	case thing == "contrato" && v.Complete:
		return p.N("imports.gone_end", n)
	case thing == "contrato":
		return p.N("imports.gone_contracts", n)
	}
	return p.N("imports.gone_units", n)
}

// commaName is a separator as people call it.
func commaName(p *page, comma string) string {
	switch comma {
	case "\t":
		return p.T("imports.tab")
	case "":
		return "—"
	}
	return comma
}

// columnsText says which header was taken for which of our columns, where they differ.
func columnsText(s flow.RegistrySheet) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.Columns)) {
		if header := s.Columns[name]; header == name {
			out = append(out, name)
		} else {
			out = append(out, name+" ← "+header)
		}
	}
	return strings.Join(out, ", ")
}
