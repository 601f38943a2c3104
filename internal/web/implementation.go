package web

import (
	"net/http"
	"net/url"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const (
	implementationPath = "/parametrizacoes/implantacao"
	productionPath     = implementationPath + "/producao"
	unitCheckAt        = "/cadastros/unidades-no-mobuss" // and ?ambiente=
)

// implementationView is the consultant's way, with what was typed into a confirmation that was refused.
type implementationView struct {
	flow.ImplementationPage
	at       flow.StepName
	note     string
	problems map[string]string
}

// showImplementation is GET /parametrizacoes/implantacao, for consultants and administrators.
func (s *site) showImplementation(r *request) error {
	return s.implementation(r, http.StatusOK, implementationView{})
}

func (s *site) implementation(r *request, status int, v implementationView) error {
	var err error
	if v.ImplementationPage, err = s.flow.Implementation(r.Context(), r.actor()); err != nil {
		return err
	}
	p := r.page(r.l.T("nav.implementation"), "implantacao")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	p.path = implementationPath
	return r.show(status, implementationPage(p, v))
}

// confirmStep is POST /parametrizacoes/implantacao/passos/{passo}: somebody says that it is done, or takes that back.
func (s *site) confirmStep(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	step := flow.StepName(r.PathValue("passo"))
	err := s.flow.ConfirmStep(r.Context(), r.actor(), step, r.PostFormValue("ato") != "desfazer", r.typed("nota"))
	if err == nil {
		return r.redirect(implementationPath + "#passo-" + url.PathEscape(string(step)))
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	if len(e.Fields) > 0 && e.Fields[0].Field == "passo" {
		return notFound()
	}
	return s.implementation(r, statusOf[e.Kind], implementationView{at: step, note: r.typed("nota"), problems: problemsOf(r, e)})
}

// stepWay is where a step is done.
func stepWay(s flow.StepName) string {
	switch s {
	case flow.StepPoints:
		return statusesPath
	case flow.StepUnits:
		return unitCheckAt + "?ambiente=" + string(desk.Homologation)
	case flow.StepSheet:
		return webservicePath
	case flow.StepProven, flow.StepReport:
		return conformancePath
	case flow.StepInbound:
		return callsPath
	case flow.StepData, flow.StepGoLive:
		return productionPath
	}
	return connectionPath
}

// proofWay is where evidence can be looked at; empty: nowhere.
func proofWay(f flow.StepProof) string {
	switch f.Code {
	case "versao":
		return versionsPath
	case "status", "ponto":
		return statusesPath + "/" + url.PathEscape(f.Ref)
	case "unidades", "unidades_sem_conferir":
		return unitCheckAt + "?ambiente=" + string(desk.Homologation)
	case "token", "token_usado":
		return webservicePath
	case "envio":
		return sentPath(f.Ref)
	case "rodada", "rodada_porta", "relatorio":
		return runPath(f.Ref)
	case "recebimento":
		return callPath(f.Ref)
	case "sondagem":
		return productionPath
	}
	return ""
}

// told fills a message with arguments that come as a map; codes among them become words.
func (p *page) told(prefix, code string, args map[string]any) string {
	list := make([]any, 0, 2*len(args))
	n, counted := 0, false
	for name, v := range args {
		switch name {
		case "count":
			n, counted = v.(int)
			continue
		case "ponto":
			v = p.T("point." + v.(string))
		case "acao":
			v = p.actionName(v.(string))
		case "ambiente":
			v = p.T("environment." + v.(string))
		}
		list = append(list, name, v)
	}
	if counted {
		return p.N(prefix+code, n, list...)
	}
	return p.T(prefix+code, list...)
}
