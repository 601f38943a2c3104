package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

const versionsPath = "/parametrizacoes/versoes"

// versionsView is the list, and the comparison of two where it was asked for.
type versionsView struct {
	all      []flow.Version
	from, to int64
	changes  []mapping.Change
	compared bool
	done     bool
	notice   string
}

// showVersions is GET /parametrizacoes/versoes; de and ate compare two.
func (s *site) showVersions(r *request) error {
	return s.versions(r, http.StatusOK, versionsView{done: r.URL.Query().Get("salvo") != ""})
}

func (s *site) versions(r *request, status int, v versionsView) error {
	var err error
	if v.all, err = s.flow.Versions(r.Context(), r.actor()); err != nil {
		return err
	}
	q := r.URL.Query()
	v.compared = q.Has("de") && q.Has("ate")
	if v.from, v.to = lastTwo(v.all); v.compared {
		if v.from, err = versionNumber(q.Get("de")); err == nil {
			v.to, err = versionNumber(q.Get("ate"))
		}
		if err == nil {
			v.changes, err = s.flow.CompareVersions(r.Context(), r.actor(), v.from, v.to)
		}
		if e, ok := besideForm(err); ok {
			v.compared, v.notice, status = false, r.l.Error(e), statusOf[e.Kind]
		} else if err != nil {
			return err
		}
	}
	p := r.page(r.l.T("versions.title"), "versoes")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	if r.Method != http.MethodGet {
		p.path = versionsPath
	}
	return r.show(status, versionsPage(p, v))
}

// lastTwo are what one wants to compare first: the one that runs with the one before.
func lastTwo(all []flow.Version) (from, to int64) {
	if len(all) == 0 {
		return 0, 0
	}
	if len(all) == 1 {
		return all[0].Number, all[0].Number
	}
	return all[1].Number, all[0].Number
}

// versionNumber reads a version's number; parametro_invalido where it is none.
func versionNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 1 {
		return 0, desk.BadField("versao", "versao_desconhecida")
	}
	return n, nil
}

// restoreVersion is POST /parametrizacoes/versoes/{numero}/restaurar. The version that ran when the page was shown
// travels along.
func (s *site) restoreVersion(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if err := mayConfigure(r); err != nil {
		return err
	}
	n, err := versionNumber(r.PathValue("numero"))
	if err != nil {
		return notFound()
	}
	base, err := versionNumber(r.PostFormValue("versao"))
	if err == nil {
		_, err = s.flow.RestoreVersion(r.Context(), r.actor(), n, flow.Publication{Base: base, Note: r.l.T("versions.restored_note", "n", n)})
	}
	if e, ok := besideForm(err); ok {
		return s.versions(r, statusOf[e.Kind], versionsView{notice: placed(r, e, func(string) string { return "" })[""]})
	}
	if err != nil {
		return err
	}
	return r.redirect(versionsPath + "?salvo=1")
}

// downloadVersion is GET /parametrizacoes/versoes/{numero}/arquivo: the file that `ponte config import` takes. The one
// that runs has homologation's address with it; none has credentials.
func (s *site) downloadVersion(r *request) error {
	n, err := versionNumber(r.PathValue("numero"))
	if err != nil {
		return notFound()
	}
	one, err := s.flow.VersionByNumber(r.Context(), r.actor(), n)
	if err != nil {
		return err
	}
	d := &mapping.Document{Config: *one.Config}
	if one.Runs {
		if d, err = s.flow.ExportConfig(r.Context(), r.actor()); err != nil {
			return err
		}
	}
	b, err := d.YAML()
	if err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "application/yaml; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="ponte-v%d.yaml"`, n))
	_, _ = r.w.Write(b)
	return nil
}

func versionPath(n int64, act string) templ.SafeURL {
	return templ.SafeURL(fmt.Sprintf("%s/%d/%s", versionsPath, n, act))
}

func comparePath(from, to int64) templ.SafeURL {
	return templ.SafeURL(fmt.Sprintf("%s?de=%d&ate=%d#comparacao", versionsPath, from, to))
}

// secretHint stands in an empty field for a credential.
func secretHint(p *page, c flow.SecretState) string {
	if c.Set {
		return p.T("connection.secret_keep")
	}
	return p.T("connection.secret_type")
}
