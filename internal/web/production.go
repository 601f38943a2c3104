package web

import (
	"net/http"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// productionView is the page of production: its data, the switch, and what was typed into either.
type productionView struct {
	flow.ProductionForm
	flow.Readiness
	in       flow.ProductionInput // what was typed; secrets are never shown again
	problems map[string]string    // of the data
	refused  map[string]string    // of the switch
	note     string
	reason   string
	done     string // id of the message about what was just done
	history  []flow.Switched
	who      confirmation
}

// showProduction is GET /parametrizacoes/implantacao/producao, for consultants and administrators.
func (s *site) showProduction(r *request) error {
	v := productionView{}
	if done := r.URL.Query().Get("feito"); slices.Contains([]string{"dados", "entrada", "volta", "retomada"}, done) {
		v.done = "production.done_" + done
	}
	return s.production(r, http.StatusOK, v)
}

func (s *site) production(r *request, status int, v productionView) error {
	ctx, a := r.Context(), r.actor()
	var err error
	if v.ProductionForm, err = s.flow.ProductionForm(ctx, a); err != nil {
		return err
	}
	if v.Readiness, err = s.flow.Readiness(ctx, a); err != nil {
		return err
	}
	if v.history, err = s.flow.Switches(ctx, a); err != nil {
		return err
	}
	if v.problems == nil {
		v.in.Place = v.Place()
	}
	p := r.page(r.l.T("production.title"), "implantacao")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {p.T("nav.implementation"), implementationPath}, {label: p.title}}
	p.path = productionPath
	v.who = s.confirmation(r, p.path)
	return r.show(status, productionPage(p, v))
}

// saveProduction is POST /parametrizacoes/implantacao/producao: kept if production answers the probe, or not at all.
func (s *site) saveProduction(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	form, err := s.flow.ProductionForm(r.Context(), r.actor())
	if err != nil {
		return err
	}
	in := flow.ProductionInput{Secrets: map[string]string{}, Place: mapping.Place{URL: strings.TrimSuffix(r.typed("url"), "/"),
		AllowPrivate: r.PostFormValue("rede_privada") != "", TokenURL: r.typed("url_do_token"), URLs: map[string]string{}}}
	for _, action := range form.Actions {
		if address := r.typed("enderecos." + action); address != "" {
			in.Place.URLs[action] = address
		}
	}
	for _, c := range form.Secrets {
		value := r.PostFormValue("credencial." + c.Name)
		if c.PEM {
			value = strings.ReplaceAll(value, "\r\n", "\n")
		}
		if value != "" {
			in.Secrets[c.Name] = value
		} else if c.Optional && r.PostFormValue("limpar."+c.Name) != "" {
			in.Forget = append(in.Forget, c.Name)
		}
	}
	if _, err = s.flow.SetProduction(r.Context(), r.actor(), in); err == nil {
		return r.redirect(productionPath + "?feito=dados")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	return s.production(r, statusOf[e.Kind], productionView{in: in, problems: problemsOf(r, e)})
}

// switchEnvironment is POST /parametrizacoes/implantacao/producao/{ato}: entrada wants the person's password again, volta is
// one click, retomada too.
func (s *site) switchEnvironment(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if !flow.MaySwitch(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	base, err := versionNumber(r.typed("versao"))
	if err != nil {
		return err
	}
	in := flow.SwitchInput{Base: base, Note: r.typed("observacao"), UnitsReason: r.typed("motivo")}
	act := desk.Switch(r.PathValue("ato"))
	switch act {
	case desk.GoLive:
		if err = s.sameWhoSignedIn(r, "senha", r.PostFormValue("senha")); err == nil {
			err = s.flow.GoLive(r.Context(), r.actor(), in)
		}
	case desk.SwitchBack:
		in.Base = 0 // whatever was published meanwhile: a pause can't wait
		err = s.flow.SwitchBack(r.Context(), r.actor(), in)
	case desk.Resume:
		err = s.flow.Resume(r.Context(), r.actor(), in)
	default:
		return notFound()
	}
	if err == nil {
		return r.redirect(productionPath + "?feito=" + string(act))
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	r.retryAfter(e.RetryAfter)
	v := productionView{note: in.Note, reason: in.UnitsReason, refused: placed(r, e, switchField)}
	return s.production(r, statusOf[e.Kind], v)
}

// switchField is where on the page an error of a switch belongs.
func switchField(path string) string {
	switch path {
	case "senha", "observacao", "motivo":
		return path
	case desk.LacksReason:
		return "motivo"
	}
	return "falta." + path // said in the list of what is missing, which the page shows anyway
}

// willHappen are the sentences about what a go-live does, with the figures of this moment.
func (v productionView) willHappen(p *page) []string {
	out := []string{p.T("production.will_born")}
	if v.Stopping > 0 {
		out = append(out, p.N("production.will_tokens", v.Stopping))
	}
	if v.Method.Sends() {
		out = append(out, p.T("production.will_send", "url", v.mainAddress()))
		if v.Dropping > 0 {
			out = append(out, p.N("production.will_drop", int(v.Dropping)))
		}
	}
	return append(out, p.T("production.will_back"))
}

func (v productionView) mainAddress() string {
	if v.BaseURL != "" || len(v.URLs) == 0 {
		return v.BaseURL
	}
	all := make([]string, 0, len(v.URLs))
	for _, u := range v.URLs {
		all = append(all, u)
	}
	return slices.Min(all)
}

// lackWay is where something that a switch lacks is done.
func lackWay(code string) string {
	switch code {
	case "falta_" + desk.LacksMethod:
		return connectionPath
	case "falta_" + desk.LacksAddress:
		return "#dados"
	case "falta_" + desk.LacksUnits:
		return unitCheckAt + "?ambiente=" + string(desk.Production)
	case "falta_" + desk.LacksToken:
		return webservicePath
	}
	return conformancePath
}

// actionName is a call in words: a point, or its look-up.
func (p *page) actionName(action string) string {
	if point, ok := strings.CutSuffix(action, ".consulta"); ok {
		return p.T("production.look_up_of", "point", p.T("point."+point))
	}
	if action == "url_do_token" {
		return p.T("production.token_url")
	}
	return p.T("point." + action)
}

// badAddress says whether an address of a single action was refused.
func (v productionView) badAddress() bool {
	for field := range v.problems {
		if strings.HasPrefix(field, "enderecos.") {
			return true
		}
	}
	return false
}
