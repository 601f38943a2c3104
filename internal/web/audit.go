package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ponte/internal/flow"
)

const auditPath = "/parametrizacoes/auditoria"

// auditAreas are the beginnings of actions that the trail can be narrowed to.
var auditAreas = []string{"entrada", "usuario", "documento", "pessoa", "ocorrencia", "envio", "recebimento", "conciliacao", "configuracao", "conexao", "integracao",
	"ambiente", "conformidade", "implantacao", "token", "resposta", "webservice", "cadastro", "itens", "unidade", "unidades", "alertas", "cartas", "auditoria", "instalacao"}

// auditAsk is the question as it stands in the URL.
type auditAsk struct{ who, action, subject, since, until, after string }

func (a *auditAsk) question() question {
	return question{{"quem", &a.who}, {"acao", &a.action}, {"objeto", &a.subject}, {"de", &a.since}, {"ate", &a.until}, {afterParam, &a.after}}
}

func auditAskOf(q url.Values) (a auditAsk) {
	a.question().read(q, nil)
	return a
}

func (a auditAsk) path(under string) string {
	return pathTo(auditPath+under, a.question().values(nil))
}

// next is the page behind this one.
func (a auditAsk) next(after string) string {
	a.after = after
	return a.path("")
}

func (a auditAsk) query() flow.AuditQuery {
	q := flow.AuditQuery{Action: a.action, Subject: auditSubject(a.subject), After: a.after, Most: listed}
	q.User, _ = strconv.ParseInt(a.who, 10, 64) // what is no number is anybody
	q.Since, q.Until = dayStart(a.since, 0), dayStart(a.until, 1)
	return q
}

// auditSubject takes an occurrence's number alone for the occurrence.
func auditSubject(text string) string {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return "ocorrencia:" + text
	}
	return text
}

type auditView struct {
	*flow.AuditPage
	auditAsk
	people []flow.User
}

// showAudit is GET /parametrizacoes/auditoria: who did what, when, to what, with what was before and after.
func (s *site) showAudit(r *request) error {
	v := auditView{auditAsk: auditAskOf(r.URL.Query())}
	var err error
	if v.AuditPage, err = s.flow.AuditTrail(r.Context(), r.actor(), v.query()); err != nil {
		return err
	}
	if v.people, err = s.flow.Users(r.Context()); err != nil {
		return err
	}
	p := r.page(r.l.T("audit.title"), "auditoria")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	return r.show(http.StatusOK, auditPage(p, v))
}

// downloadAudit is GET /parametrizacoes/auditoria/arquivo: the same question as a sheet.
func (s *site) downloadAudit(r *request) error {
	a := auditAskOf(r.URL.Query())
	a.after = ""
	lines, err := s.flow.ExportAudit(r.Context(), r.actor(), a.query())
	if err != nil {
		return err
	}
	asSheet(r.w.Header(), "auditoria-"+r.now.Format(time.DateOnly)+".csv")
	if _, err := r.w.Write([]byte("\ufeff")); err != nil {
		return ifBegun(r, err)
	}
	w := csv.NewWriter(r.w)
	w.Comma, w.UseCRLF = ';', true
	err = w.Write([]string{"quando", "quem", "tipo", "id", "acao", "objeto", "detalhes"})
	for _, l := range lines {
		if err == nil {
			err = w.Write([]string{l.At.Format(time.RFC3339), inert(l.Actor), l.ActorKind, inert(l.ActorID), l.Action, inert(l.Subject), inert(detailsText(l))})
		}
	}
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return ifBegun(r, err)
}

// inert keeps a spreadsheet from running what begins like a formula.
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func detailsText(l flow.AuditLine) string {
	all := make([]string, len(l.Details))
	for i, d := range l.Details {
		all[i] = d.Name + ": " + detailText(d)
	}
	return strings.Join(all, "; ")
}

func detailText(d flow.AuditDetail) string {
	if d.Before != "" || d.After != "" {
		return orDash(d.Before) + " → " + orDash(d.After)
	}
	return d.Value
}

func orDash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

// actionText is an act in words; one that has none is shown by its name.
func actionText(p *page, action string) string {
	if id := "audit_do." + strings.ReplaceAll(action, ".", "_"); p.Has(id) {
		return p.T(id)
	}
	return action
}

// subjectPath leads to what an act was about, where that has a page.
func subjectPath(subject string) string {
	kind, id, ok := strings.Cut(subject, ":")
	if !ok {
		return ""
	}
	at := map[string]string{"ocorrencia": "/ocorrencias/", "usuario": usersPath + "/", "recebimento": callsPath + "/", "pessoa": personsPath + "/", "mover": movesPath + "/"}[kind]
	if at == "" {
		return ""
	}
	return at + url.PathEscape(id)
}
