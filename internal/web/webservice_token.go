package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// tokenForm is what was typed for another token.
type tokenForm struct {
	name, integration, origin, environment string
	operations, developments               []string
	limit, days                            string
	ignoresUnknown, seesDocuments          bool
}

func newTokenForm() tokenForm {
	return tokenForm{origin: string(desk.Field), environment: string(desk.Homologation)}
}

// lifetimes and overlaps are the days that can be chosen; the empty lifetime is for ever.
var (
	lifetimes = []string{"", "30", "90", "180", "365"}
	overlaps  = []string{"0", "1", "7", "30"}
)

const (
	oneDay = 24 * time.Hour
	// mostDays bounds a token's life: ten years.
	mostDays = 3650
)

// addToken is POST /parametrizacoes/webservice/tokens.
func (s *site) addToken(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if err := mayConfigure(r); err != nil {
		return err
	}
	v := tokenForm{name: r.typed("nome"), integration: r.typed("integracao"), origin: r.typed("origem"),
		environment: r.typed("ambiente"), operations: r.PostForm["operacao"], developments: r.PostForm["empreendimento"],
		limit: r.typed("limite"), days: r.typed("validade"),
		ignoresUnknown: r.PostFormValue("ignora_desconhecidos") != "", seesDocuments: r.PostFormValue("ve_documentos") != ""}
	t, err := v.token(s.flow.Now())
	key := auth.NewKey()
	if err == nil {
		t.Hash, t.Hint = auth.HashKey(key), auth.KeyHint(key)
		_, err = s.flow.AddToken(r.Context(), r.actor(), t)
	}
	if e, ok := besideForm(err); ok {
		return s.webservice(r, statusOf[e.Kind], webserviceView{form: v, problems: problemsOf(r, e)})
	}
	if err != nil {
		return err
	}
	return s.webservice(r, http.StatusOK, webserviceView{form: newTokenForm(), secret: &shownSecret{key: key, name: t.Name}})
}

// token reads the numbers of the form; everything else is for the use case to check.
func (v tokenForm) token(now time.Time) (flow.Token, error) {
	t := flow.Token{Name: v.name, Integration: v.integration, Origin: desk.Origin(v.origin), Environment: desk.Environment(v.environment),
		Operations: v.operations, Developments: v.developments, IgnoresUnknown: v.ignoresUnknown, SeesDocuments: v.seesDocuments}
	var err error
	if v.limit != "" {
		if t.CallsPerMinute, err = strconv.Atoi(v.limit); err != nil {
			return t, desk.BadField("limite", "nao_e_numero")
		}
	}
	if v.days != "" {
		days, err := strconv.Atoi(v.days)
		if err != nil || days < 1 || days > mostDays {
			return t, desk.BadField("validade", "fora_da_faixa", "minimo", 1, "maximo", mostDays)
		}
		t.ExpiresAt = now.Add(time.Duration(days) * oneDay)
	}
	return t, nil
}

// changeToken is POST /parametrizacoes/webservice/tokens/{id}/{ato}: trocar or revogar.
func (s *site) changeToken(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if err := mayConfigure(r); err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	switch r.PathValue("ato") {
	case "trocar":
		return s.rotateToken(r, id)
	case "revogar":
		if err := s.flow.RevokeToken(r.Context(), r.actor(), id); err != nil {
			return s.refuseAct(r, err)
		}
		return r.redirect(webservicePath + "#tokens")
	}
	return notFound()
}

func (s *site) rotateToken(r *request, id int64) error {
	days, err := strconv.Atoi(r.PostFormValue("prazo"))
	if err != nil || days < 0 || days > mostDays {
		days = -1 // the use case names the bounds
	}
	key := auth.NewKey()
	next, err := s.flow.RotateToken(r.Context(), r.actor(), flow.Rotation{Token: id, Hash: auth.HashKey(key), Hint: auth.KeyHint(key),
		Overlap: time.Duration(days) * oneDay})
	if err != nil {
		return s.refuseAct(r, err)
	}
	tokens, err := s.flow.Tokens(r.Context())
	if err != nil {
		return err
	}
	shown := &shownSecret{key: key}
	for _, t := range tokens {
		if t.ReplacedBy == next {
			shown.name, shown.until = t.Name, t.ExpiresAt
		}
	}
	return s.webservice(r, http.StatusOK, webserviceView{form: newTokenForm(), secret: shown})
}

func tokenPath(t flow.Token, act string) templ.SafeURL {
	return templ.SafeURL(fmt.Sprintf("%s/tokens/%d/%s", webservicePath, t.ID, act))
}

// daysText names a number of days; none has words of its own.
func daysText(p *page, days, none string) string {
	n, err := strconv.Atoi(days)
	if err != nil || n == 0 {
		return p.T(none)
	}
	return p.N("webservice.days", n)
}
