package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/alert"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

const alertsPath = alert.BoardPath

// alertsView is the page of alerts: what holds, who is told, when, and what was sent.
type alertsView struct {
	flow.AlertBoard
	receivers []flow.AlertReceiver
	is        desk.AlertSettings
	at        time.Time // of the last change of the settings; zero: never
	by        string
	mail      bool
	zone      *time.Location

	add      alertDraft
	problems map[string]string // of the form for another receiver
	limits   map[string]string // as they were typed, where they were not taken
	wrong    map[string]string // of the limits
	made     string            // a signing key that was just made, and whose it is
	owner    string
	tested   string // the name of a receiver that was sent a test
}

// alertDraft is a receiver as it was typed. A webhook's address and key are not shown again.
type alertDraft struct {
	name, channel, target, language string
	kinds                           []string
	private                         bool
}

// showAlerts is GET /parametrizacoes/alertas, for administrators; with parte=1, what changes by itself.
func (s *site) showAlerts(r *request) error {
	v := alertsView{add: alertDraft{language: r.l.Lang, channel: string(desk.AlertByMail)}}
	if r.htmx() && r.URL.Query().Get("parte") != "" {
		if err := s.alertBoard(r, &v); err != nil {
			return err
		}
		return r.show(http.StatusOK, alertBoardPart(s.alertsPage(r), v))
	}
	return s.alerts(r, http.StatusOK, v)
}

func (s *site) alertsPage(r *request) *page {
	p := r.page(r.l.T("alerts.title"), "alertas")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	p.path = alertsPath
	return p
}

// alertBoard reads what changes by itself.
func (s *site) alertBoard(r *request, v *alertsView) (err error) {
	if v.is, v.at, v.by, err = s.flow.AlertSettings(r.Context(), r.actor()); err != nil {
		return err
	}
	v.zone = flow.Zone(v.is.Zone)
	v.mail = s.reset.Post != nil
	v.AlertBoard, err = s.flow.Alerts(r.Context(), r.actor())
	return err
}

func (s *site) alerts(r *request, status int, v alertsView) error {
	err := s.alertBoard(r, &v)
	if err != nil {
		return err
	}
	if v.receivers, err = s.flow.AlertReceivers(r.Context(), r.actor()); err != nil {
		return err
	}
	if i := slices.IndexFunc(v.receivers, func(x flow.AlertReceiver) bool { return number(x.ID) == r.URL.Query().Get("testado") }); i >= 0 {
		v.tested = v.receivers[i].Name
	}
	return r.show(status, alertsPage(s.alertsPage(r), v))
}

// addReceiver is POST /parametrizacoes/alertas/destinos.
func (s *site) addReceiver(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	v := alertsView{add: alertDraft{name: r.typed("nome"), channel: r.typed("canal"), language: r.typed("idioma"), kinds: r.PostForm["aviso"], private: r.PostForm.Has("rede_interna")}}
	in := flow.AlertReceiver{Name: v.add.name, Channel: desk.AlertChannel(v.add.channel), AllowPrivate: v.add.private, Language: v.add.language}
	if !slices.Contains(i18n.Languages, in.Language) {
		in.Language = r.l.Lang
	}
	for _, k := range v.add.kinds {
		in.Kinds = append(in.Kinds, desk.AlertKind(k))
	}
	if in.Channel == desk.AlertByMail {
		in.Target, v.add.target = r.typed("endereco"), r.typed("endereco")
	} else {
		in.URL, in.Key = r.typed("endereco"), r.typed("chave")
	}
	made := in.Channel == desk.AlertByHook && in.Key == ""
	if made {
		in.Key = rand.Text()
	}
	_, err := s.flow.AddAlertReceiver(r.Context(), r.actor(), in)
	if e, ok := besideForm(err); ok && e.Code != desk.ErrForbidden {
		v.problems = problemsOf(r, e)
		return s.alerts(r, statusOf[e.Kind], v)
	}
	switch {
	case err != nil:
		return err
	case made: // shown in this answer and nowhere again
		return s.alerts(r, http.StatusOK, alertsView{made: in.Key, owner: in.Name, add: alertDraft{language: r.l.Lang, channel: string(desk.AlertByMail)}})
	}
	return r.redirect(alertsPath + "#destinos")
}

// changeReceiver is POST /parametrizacoes/alertas/destinos/{id}/{ato}: testar, ligar, desligar or retirar.
func (s *site) changeReceiver(r *request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	acts := map[string]func(context.Context, desk.Actor, int64) error{
		"testar":  s.flow.TestAlertReceiver,
		"retirar": s.flow.RemoveAlertReceiver,
		"ligar": func(ctx context.Context, a desk.Actor, id int64) error {
			return s.flow.EnableAlertReceiver(ctx, a, id, true)
		},
		"desligar": func(ctx context.Context, a desk.Actor, id int64) error {
			return s.flow.EnableAlertReceiver(ctx, a, id, false)
		},
	}
	act, known := acts[r.PathValue("ato")]
	if !known {
		return notFound()
	}
	if err := act(r.Context(), r.actor(), id); err != nil {
		return err
	}
	if r.PathValue("ato") == "testar" {
		return r.redirect(alertsPath + "?testado=" + number(id))
	}
	return r.redirect(alertsPath + "#destinos")
}

// saveAlerts is POST /parametrizacoes/alertas: limits and quiet hours.
func (s *site) saveAlerts(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	v := alertsView{limits: map[string]string{}, wrong: map[string]string{}, add: alertDraft{language: r.l.Lang, channel: string(desk.AlertByMail)}}
	for name := range r.PostForm {
		v.limits[name] = r.typed(name)
	}
	is := s.typedAlerts(r, &v)
	if len(v.wrong) == 0 {
		err := s.flow.SetAlertSettings(r.Context(), r.actor(), is)
		e, beside := besideForm(err)
		if err == nil {
			return r.redirect(alertsPath + "#limites")
		}
		if !beside || e.Code == desk.ErrForbidden {
			return err
		}
		v.wrong = problemsOf(r, e)
	}
	return s.alerts(r, http.StatusUnprocessableEntity, v)
}

// typedAlerts reads the form, and says which fields it can't read.
func (s *site) typedAlerts(r *request, v *alertsView) desk.AlertSettings {
	numberOf := func(name string) int {
		n, err := strconv.Atoi(r.typed(name))
		if err != nil {
			v.wrong[name] = r.l.T("field.numero_fora", "minimo", 0, "maximo", desk.MaxAlertLimit)
		}
		return n
	}
	minuteOf := func(name string) int {
		t, err := time.Parse("15:04", r.typed(name))
		if err != nil {
			v.wrong[name] = r.l.T("field.hora_invalida")
		}
		return t.Hour()*60 + t.Minute()
	}
	is := desk.AlertSettings{CalmMinutes: numberOf("calma"), RemindMinutes: numberOf("lembrar"), Quiet: r.PostForm.Has("silencio"),
		QuietFrom: minuteOf("das"), QuietUntil: minuteOf("ate"), QuietWeekend: r.PostForm.Has("fim_de_semana"), Zone: r.typed("fuso"), BreakThrough: r.PostForm.Has("critico")}
	for k, into := range map[desk.AlertKind]*int{desk.AlertDown: &is.DownMinutes, desk.AlertBacklog: &is.BacklogMinutes, desk.AlertFailure: &is.Failures,
		desk.AlertAnalysis: &is.Analysis, desk.AlertDisk: &is.DiskMiB, desk.AlertCertificate: &is.CertificateDays, desk.AlertToken: &is.TokenDays, desk.AlertBackup: &is.BackupHours,
		desk.AlertEmergency: &is.Emergencies} {
		*into = numberOf(string(k))
	}
	return is
}

// limit is what a number's field shows: what was typed and not taken, or what holds.
func (v alertsView) limit(name string, is int) string {
	if typed, ok := v.limits[name]; ok {
		return typed
	}
	return strconv.Itoa(is)
}

func (v alertsView) hour(name string, minute int) string {
	if typed, ok := v.limits[name]; ok {
		return typed
	}
	return fmt.Sprintf("%02d:%02d", minute/60, minute%60)
}

func (v alertsView) ticked(name string, is bool) bool {
	if v.limits != nil {
		_, on := v.limits[name]
		return on
	}
	return is
}

func (v alertsView) typedZone() string {
	if typed, ok := v.limits["fuso"]; ok {
		return typed
	}
	return v.is.Zone
}

// says puts a condition into the reader's words.
func (v alertsView) says(p *page, a flow.Alert) alert.Says {
	return alert.Say(p.Localizer, v.zone, a.Kind, a.Since, a.Args)
}

// gist is a message in a line: what it tells of.
func (v alertsView) gist(p *page, m flow.AlertMessage) string {
	var parts []string
	for _, n := range m.Notices {
		parts = append(parts, p.T("alerts.event_"+string(n.Event), "title", alert.Say(p.Localizer, v.zone, n.Kind, n.Since, n.Args).Title))
	}
	return strings.Join(parts, "; ")
}

// fate says in words what became of a message, and why.
func (v alertsView) fate(p *page, m flow.AlertMessage) string {
	out := []string{p.T("alerts.state_" + string(m.State))}
	if m.Reason != "" {
		status := ""
		if m.HTTPStatus != 0 {
			status = strconv.Itoa(m.HTTPStatus)
		}
		out = append(out, p.T("alerts.reason_"+m.Reason, "status", status))
	}
	if m.State == desk.AlertQueued {
		id := "alerts.again"
		if m.Attempts == 0 {
			id = "alerts.due"
		}
		out = append(out, p.T(id, "when", alert.Moment(p.Localizer, m.Due.In(v.zone))))
	}
	if m.Attempts > 1 {
		out = append(out, p.N("alerts.attempts", m.Attempts))
	}
	return strings.Join(out, " · ")
}

func fateIcon(s desk.AlertMessageState) string {
	switch s {
	case desk.AlertTaken:
		return "circle-check"
	case desk.AlertGivenUp:
		return "circle-x"
	}
	return "clock"
}

// wants is what a receiver is told of, in words.
func wants(p *page, r flow.AlertReceiver) string {
	if len(r.Kinds) == 0 {
		return p.T("alerts.all_kinds")
	}
	var parts []string
	for _, k := range r.Kinds {
		parts = append(parts, strings.ToLower(kindWord(p, k)))
	}
	return strings.Join(parts, ", ")
}

// kindWord is a condition's name without what it is of.
func kindWord(p *page, k desk.AlertKind) string { return p.T("alerts.kind_" + string(k)) }
