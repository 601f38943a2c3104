package web

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const personsPath = "/parametrizacoes/dados-pessoais"

func personPath(id int64) string { return personsPath + "/" + strconv.FormatInt(id, 10) }

// personsView finds whose data somebody asked about.
type personsView struct {
	text  string
	found []flow.FoundPerson
	more  bool // than these
}

// whoIs tells people of one name apart.
func whoIs(p *page, f flow.FoundPerson) string {
	where := p.T("person.no_unit")
	if f.Unit.ID != 0 {
		where = unitText(f.Unit)
	}
	return strings.TrimPrefix(maskedText(f.Document)+" · "+where, " · ")
}

// showPersons is GET /parametrizacoes/dados-pessoais: finds a person by name, document or telephone.
func (s *site) showPersons(r *request) error {
	if !flow.MayTreatPersons(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	v := personsView{text: strings.TrimSpace(r.URL.Query().Get("q"))}
	if len(v.text) > maxQuery {
		v.text = ""
	}
	var err error
	if v.found, v.more, err = s.flow.FindPersons(r.Context(), r.actor(), v.text, listed); err != nil {
		return err
	}
	p := r.page(r.l.T("person.title"), "pessoas")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	return r.show(http.StatusOK, personsPage(p, v))
}

type personView struct {
	flow.Person
	why      string
	problems map[string]string
	erased   bool // just now
}

// showPerson is GET /parametrizacoes/dados-pessoais/{id}: what is held, what would go, what would stay and why.
func (s *site) showPerson(r *request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	return s.personShown(r, http.StatusOK, id, personView{erased: r.URL.Query().Has("removida")})
}

func (s *site) personShown(r *request, status int, id int64, v personView) (err error) {
	if v.Person, err = s.flow.PersonData(r.Context(), r.actor(), id); err != nil {
		return err
	}
	p := r.page(v.Customer.Name, "pessoas")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("person.title"), href: personsPath}, {label: p.title}}
	p.path = personPath(id)
	return r.show(status, personPage(p, v))
}

// actOnPerson is POST /parametrizacoes/dados-pessoais/{id}/{ato}: exportar or remover.
func (s *site) actOnPerson(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	switch r.PathValue("ato") {
	case "exportar":
		return s.exportPerson(r, id)
	case "remover":
		why := r.typed("motivo")
		err := s.flow.ErasePerson(r.Context(), r.actor(), id, why)
		if e, ok := besideForm(err); ok && e.Kind != desk.Forbidden && e.Kind != desk.NotFound {
			return s.personShown(r, statusOf[e.Kind], id, personView{why: why, problems: problemsOf(r, e)})
		}
		if err != nil {
			return err
		}
		return r.redirect(personPath(id) + "?removida=1")
	}
	return notFound()
}

// exportPerson answers one file: the data for programs, and the same for people.
func (s *site) exportPerson(r *request, id int64) error {
	f, err := s.flow.ExportPerson(r.Context(), r.actor(), id)
	if err != nil {
		return err
	}
	doc := personDocument(f)
	data, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, of := range []struct {
		name string
		text []byte
	}{{"dados.json", data}, {"dados.txt", []byte("\ufeff" + personText(r, doc))}} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: of.name, Method: zip.Deflate, Modified: f.At})
		if err != nil {
			return err
		}
		if _, err := w.Write(of.text); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fmt.Sprintf("dados-pessoais-%d-%s.zip", id, f.At.Format(time.DateOnly))}))
	_, _ = r.w.Write(b.Bytes()) // whoever left doesn't miss it
	return nil
}
