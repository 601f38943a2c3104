package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// The headers by which a list of Mobuss's units says which is the id and which the name.
var (
	listIDs   = []string{"id_mobuss", "idmobuss", "id da unidade", "id unidade", "idunidade", "id", "codigo mobuss", "codigo"}
	listNames = []string{"nome", "nome da unidade", "descricao", "unidade", "identificacao"}
)

// MobussList is how a list of Mobuss's units was read.
type MobussList struct {
	Sheet *Sheet
	Rows  int // that say something
	Units int64
	Bad   []flow.RegistryTold // the first rows that say no id
	Wrong int                 // how many those are
}

// ImportMobussList takes over the list of the units that Mobuss has in an environment, in place of the former one: a sheet
// with a column of ids, and names if there are any; or nothing but ids, one a line.
func ImportMobussList(ctx context.Context, l *flow.MobussList, f File, o Options) (*MobussList, error) {
	s, id, name, err := openList(f)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	if o.Most == 0 {
		o.Most = 20
	}
	out := &MobussList{Sheet: s}
	refused := &refused{sheet: s, open: o.Errors, words: o.Words}
	units := make([]flow.MobussUnit, 0, flow.ChunkRows)
	for more := true; more; {
		rec, err := s.rows.next()
		if more = !errors.Is(err, io.EOF); more && err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if more && !(rec.bad == "" && blank(rec.fields)) {
			out.Rows++
			u, why := listed(rec, id, name)
			if why == nil {
				units = append(units, u)
			} else if err := out.refuse(refused, Row{RegistryRow: flow.RegistryRow{Line: rec.line}, Fields: rec.fields}, why, o.Most); err != nil {
				return nil, err
			}
		}
		if len(units) == cap(units) || !more {
			if err := l.Take(ctx, units); err != nil {
				return nil, err
			}
			units = units[:0]
			if o.Progress != nil {
				o.Progress(Progress{Sheet: s.Name, Rows: out.Rows, Bytes: s.read.n})
			}
		}
	}
	if err := refused.close(); err != nil {
		return nil, err
	}
	out.Units, err = l.Finish(ctx)
	return out, err
}

func (m *MobussList) refuse(to *refused, r Row, why []desk.FieldError, most int) error {
	if m.Wrong++; m.Wrong <= most {
		m.Bad = append(m.Bad, flow.RegistryTold{Sheet: m.Sheet.Name, RegistryOutcome: flow.RegistryOutcome{Line: r.Line, State: Broken, Reasons: why}})
	}
	return to.row(r, why)
}

// openList finds the columns; name is -1 where there is none.
func openList(f File) (s *Sheet, id, name int, err error) {
	if s, err = start(f); err != nil {
		return nil, 0, 0, err
	}
	fail := func(err error) (*Sheet, int, int, error) {
		_ = s.close()
		return nil, 0, 0, err
	}
	rec, err := s.rows.next()
	if errors.Is(err, io.EOF) {
		return fail(desk.BadField("arquivo", "arquivo_vazio", "arquivo", f.Name))
	}
	if err != nil {
		return fail(err)
	}
	s.settle()
	s.Headers, s.Line = rec.fields, rec.line
	if id = place(rec.fields, listIDs, -1); id >= 0 {
		return s, id, place(rec.fields, listNames, id), nil
	}
	if len(rec.fields) > 1 {
		return fail(desk.BadField("arquivo", "lista_sem_coluna_de_id", "arquivo", f.Name, "colunas", rec.fields))
	}
	s.rows.again(rec) // nothing but ids
	s.Headers = []string{"id_mobuss"}
	return s, 0, -1, nil
}

// place is where the first of the words stands among headers, but not at except.
func place(fields, words []string, except int) int {
	for _, w := range words {
		i := slices.IndexFunc(fields, func(f string) bool { return headerKey(f) == headerKey(w) })
		if i >= 0 && i != except {
			return i
		}
	}
	return -1
}

func listed(rec record, id, name int) (u flow.MobussUnit, why []desk.FieldError) {
	bad := func(code string, args ...any) (flow.MobussUnit, []desk.FieldError) {
		return u, desk.BadField("id_mobuss", code, args...).Fields
	}
	if rec.bad != "" {
		return bad(rec.bad)
	}
	at := func(i int) string {
		if i < 0 || i >= len(rec.fields) {
			return ""
		}
		return unescaped(rec.fields[i])
	}
	u = flow.MobussUnit{ID: at(id), Name: at(name)}
	switch {
	case u.ID == "":
		return bad("obrigatorio")
	case len(u.ID) > flow.MaxMobussID || len(u.Name) > maxCell:
		return bad("grande_demais", "maximo", flow.MaxMobussID)
	case hasControl(u.ID + u.Name):
		return bad("caractere_de_controle")
	}
	return u, nil
}

// list is the work on an upload that is one.
func (k *Worker) list(ctx context.Context, job *flow.RegistryWork) error {
	l, err := job.List(ctx)
	if err != nil {
		return err
	}
	files := k.files(ctx, job)
	if len(files) > 1 {
		return desk.BadField("arquivo", "planilhas_demais", "maximo", 1)
	}
	r, err := ImportMobussList(ctx, l, files[0], k.options(ctx, job, nil))
	if err != nil {
		return err
	}
	return job.Imported(ctx, &flow.RegistryReport{Sheets: []flow.RegistrySheet{toldSheet(r.Sheet)}, Rows: r.Rows, Units: int(r.Units), Told: r.Bad,
		States: map[flow.RowState]int{Broken: r.Wrong}})
}
