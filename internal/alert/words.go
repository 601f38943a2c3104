package alert

import (
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

// Says is a condition in words: what happened, what it means, what to do, and where.
type Says struct{ Title, What, Means, Do, Path string }

// Say puts a condition into words; zone is in which times are told.
func Say(l *i18n.Localizer, zone *time.Location, k desk.AlertKind, since time.Time, args map[string]any) Says {
	if k == "" {
		return Says{l.T("alerts.test_title"), l.T("alerts.test_what"), l.T("alerts.test_means"), l.T("alerts.test_do"), BoardPath}
	}
	all := []any{"since", Moment(l, since.In(zone))}
	n := -1
	for name, v := range args {
		switch v := v.(type) {
		case float64:
			switch name {
			case "n":
				n = int(v)
			case "ate", "de":
				all = append(all, name, Moment(l, time.UnixMilli(int64(v)).In(zone)))
			default:
				all = append(all, name, l.Number(int64(v)))
			}
		case string:
			if name == "ambiente" {
				v = l.T("environment." + v)
			}
			all = append(all, name, v)
		case []any:
			names := make([]string, len(v))
			for i, x := range v {
				names[i], _ = x.(string)
			}
			all = append(all, name, strings.Join(names, ", "))
		}
	}
	id := string(k)
	s := Says{Title: l.T("alerts.title_"+id, all...), Means: l.T("alerts.means_" + id), Do: l.T("alerts.do_" + id), Path: paths[k]}
	if number, ok := args["numero"].(string); ok && k == desk.AlertEmergency {
		s.Path = "/ocorrencias/" + number
	}
	if n >= 0 {
		s.What = l.N("alerts.what_"+id, n, all...)
	} else {
		s.What = l.T("alerts.what_"+id, all...)
	}
	return s
}

// Moment is a time in the house's zone, as short as a line of a message wants it.
func Moment(l *i18n.Localizer, t time.Time) string {
	if l.Lang == i18n.English {
		return t.Format("2 Jan 2006, 15:04")
	}
	return t.Format("02/01/2006 15:04")
}

// BoardPath is the page of alerts.
const BoardPath = "/parametrizacoes/alertas"

// paths are where one does something about each condition.
var paths = map[desk.AlertKind]string{
	desk.AlertEmergency: "/painel", desk.AlertDown: "/integracao/envios", desk.AlertBacklog: "/integracao/envios", desk.AlertFailure: "/painel",
	desk.AlertAnalysis: "/integracao/recebimentos", desk.AlertDisk: BoardPath, desk.AlertCertificate: "/parametrizacoes/mobuss",
	desk.AlertToken: "/parametrizacoes/webservice", desk.AlertBackup: BoardPath,
}

// said is a notice in words.
type said struct{ title, what, means, do, link string }

// message is a message in words.
type message struct {
	l       *i18n.Localizer
	subject string
	intro   string // of a digest
	says    []said
	foot    []string
}

// compose puts a message into its receiver's language. What is over is told in one line.
func (k *Worker) compose(j flow.AlertJob) message {
	l := k.Words.In(j.Receiver.Language)
	public := strings.TrimRight(k.PublicURL(), "/")
	m := message{l: l, foot: []string{l.T("alerts.foot", "id", j.ID), public + BoardPath}}
	if j.Digest {
		m.intro = l.T("alerts.digest_intro")
	}
	var titles []string
	for _, n := range j.Notices {
		s := Say(l, j.Zone, n.Kind, n.Since, n.Args)
		title := l.T("alerts.event_"+string(n.Event), "title", s.Title)
		titles = append(titles, title)
		out := said{title: title, what: s.What, means: s.Means, do: s.Do, link: public + s.Path}
		if n.Event == desk.AlertResolved {
			out.what, out.means, out.do = l.T("alerts.resolved_what", "since", Moment(l, n.Since.In(j.Zone)), "until", Moment(l, n.At.In(j.Zone))), "", ""
		}
		m.says = append(m.says, out)
	}
	switch {
	case j.Digest:
		m.subject = l.N("alerts.subject_digest", len(titles), "titles", strings.Join(titles, "; "))
	case len(titles) > 1:
		m.subject = l.N("alerts.subject_many", len(titles), "titles", strings.Join(titles, "; "))
	default:
		m.subject = l.T("alerts.subject_one", "title", strings.Join(titles, ""))
	}
	return m
}

// lines are a notice's paragraphs, without its title; the link stands alone.
func (s said) lines() (out []string) {
	for _, line := range []string{s.what, s.means, s.do, s.link} {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// plain is the message as text; bold marks titles.
func (m message) plain(bold string) string {
	paragraphs := []string{}
	if m.intro != "" {
		paragraphs = append(paragraphs, m.intro)
	}
	for _, s := range m.says {
		paragraphs = append(paragraphs, bold+s.title+bold)
		paragraphs = append(paragraphs, s.lines()...)
	}
	return strings.Join(paragraphs, "\n\n")
}

// maxSubject is what mail programs show of one.
const maxSubject = 150

// letter is the message as mail, under the message's own id, so that a mail program shows it once.
func (m message) letter(j flow.AlertJob) desk.Letter {
	subject := []rune(strings.Join(strings.Fields(m.subject), " "))
	if len(subject) > maxSubject {
		subject = append(subject[:maxSubject-1], '…')
	}
	return desk.Letter{ID: j.ID, To: j.Receiver.Target, Language: j.Receiver.Language, Subject: string(subject),
		Text: m.plain("") + "\n\n" + strings.Join(m.foot, "\n\n") + "\n"}
}
