package letter

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

// Compose puts a letter into the installation's words. from is the sender's own address, for calendars.
func Compose(words *i18n.Catalogues, j flow.LetterJob, from string) desk.Letter {
	c := composer{l: words.In(j.Settings.Language), job: j, kind: j.Kind, zone: flow.Zone(j.Facts.Zone)}
	if j.Kind == desk.LetterTrial {
		c.kind = desk.LetterKind(j.Facts.Sample)
	}
	out := desk.Letter{ID: j.ID, To: j.To, Language: c.l.Lang, From: j.Settings.SenderName, ReplyTo: j.Settings.ReplyTo, Unlinked: true,
		Subject: c.subject(), Text: strings.Join(c.paragraphs(), "\n\n") + "\n"}
	if j.Facts.Visit != nil {
		out.Files = []desk.LetterFile{c.calendar(from)}
	}
	return out
}

// composer writes one letter.
type composer struct {
	l    *i18n.Localizer
	job  flow.LetterJob
	kind desk.LetterKind
	zone *time.Location
}

// Limits of what somebody else wrote, in characters.
const (
	maxLine     = 200
	maxSolution = 2000
)

// oneLine makes what somebody wrote a part of a line: nothing in it begins another one, or turns its direction.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	return cut(strings.Join(strings.Fields(s), " "), maxLine)
}

// lines keeps the lines of what somebody wrote, and makes one paragraph of them.
func lines(s string) string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r", "\n"), "\n") {
		if line = oneLineLong(line); line != "" {
			out = append(out, line)
		}
	}
	return cut(strings.Join(out, "\n"), maxSolution)
}

func oneLineLong(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)), " ")
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func (c composer) values() map[string]string {
	f := c.job.Facts
	v := map[string]string{"numero": strconv.FormatInt(f.Number, 10), "assunto": oneLine(f.Subject), "cliente": oneLine(f.Name), "unidade": oneLine(f.Unit),
		"empreendimento": oneLine(f.Development)}
	if f.Visit != nil {
		v["data"], v["hora"] = c.day(f.Visit.Start), f.Visit.Start.In(c.zone).Format("15:04")
	}
	return v
}

func (c composer) args() []any {
	v := c.values()
	return []any{"numero", v["numero"], "assunto", v["assunto"], "cliente", v["cliente"], "unidade", v["unidade"], "empreendimento", v["empreendimento"],
		"data", v["data"], "hora", v["hora"]}
}

// message is the id of the words for what happened: protocolo, vistoria_alterada, encerramento_cancelada.
func (c composer) message() string {
	f := c.job.Facts
	switch {
	case f.Visit != nil:
		return string(c.kind) + "_" + f.Visit.Is
	case f.Cancelled:
		return string(c.kind) + "_cancelada"
	}
	return string(c.kind)
}

func (c composer) subject() string {
	s := c.l.T("letter.subject_"+c.message(), c.args()...)
	if c.job.Test {
		s = c.l.T("letter.test_mark") + " " + s
	}
	return oneLine(s)
}

func (c composer) paragraphs() (out []string) {
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	house := c.job.Settings.Text(c.kind)
	if c.job.Test {
		add(c.l.T("letter.test_"+c.testID(), "para", c.job.Shown))
	}
	add(c.l.T("letter.greeting", c.args()...))
	add(c.house(house.Intro))
	add(c.l.T("letter.says_"+c.message(), c.args()...))
	add(c.about())
	add(c.next())
	add(c.house(house.Footer))
	if c.job.Settings.ReplyTo != "" {
		add(c.l.T("letter.answer"))
	} else {
		add(c.l.T("letter.no_answer"))
	}
	return out
}

func (c composer) testID() string {
	if c.job.Kind == desk.LetterTrial {
		return "trial"
	}
	return "instead"
}

// house is the house's own text. What was taken when it was saved fits; a mark that a later release dropped stays out.
func (c composer) house(text string) string {
	filled, _, ok := desk.FillLetter(strings.ReplaceAll(text, "\r\n", "\n"), c.values())
	if !ok {
		return ""
	}
	return filled
}

// about are the facts, a line each.
func (c composer) about() string {
	f := c.job.Facts
	var out []string
	line := func(id, value string) {
		if value != "" {
			out = append(out, c.l.T("letter."+id)+": "+value)
		}
	}
	if v := f.Visit; v != nil {
		line("day", c.day(v.Start))
		line("time", c.span(v.Start, v.End))
	}
	line("subject", oneLine(f.Subject))
	line("unit", oneLine(f.Unit))
	if c.kind == desk.LetterOpened {
		line("opened", c.day(f.OpenedAt)+", "+f.OpenedAt.In(c.zone).Format("15:04"))
	}
	return strings.Join(out, "\n")
}

// next is what comes of it.
func (c composer) next() string {
	f := c.job.Facts
	var out []string
	switch c.kind {
	case desk.LetterOpened:
		out = append(out, c.l.T("letter.next_protocolo"))
		if c.job.Settings.Sends(desk.LetterVisit) {
			out = append(out, c.l.T("letter.next_visit"))
		}
		return strings.Join(out, " ")
	case desk.LetterClosed:
		if s := lines(f.Solution); s != "" {
			out = append(out, c.l.T("letter.solution")+"\n"+s)
		}
		out = append(out, c.l.T("letter.next_encerramento", c.args()...))
	case desk.LetterVisit:
		if len(f.Visit.Others) > 0 {
			var when []string
			for _, t := range f.Visit.Others {
				when = append(when, c.day(t)+", "+t.In(c.zone).Format("15:04"))
			}
			out = append(out, c.l.T("letter.others")+" "+strings.Join(when, "; ")+".")
		}
		out = append(out, c.l.T("letter.next_vistoria_"+f.Visit.Is))
	}
	return strings.Join(out, "\n\n")
}

// day is a date in full, for somebody who has no page to ask.
func (c composer) day(t time.Time) string {
	t = t.In(c.zone)
	if c.l.Lang == i18n.English {
		return t.Format("Monday, 2 January 2006")
	}
	return c.l.T("letter.weekday_"+strconv.Itoa(int(t.Weekday()))) + ", " + t.Format("02/01/2006")
}

// span is from when to when, with the zone's distance: the reader may be elsewhere.
func (c composer) span(start, end time.Time) string {
	s := start.In(c.zone).Format("15:04")
	if !end.IsZero() {
		s = c.l.T("letter.from_to", "de", s, "ate", end.In(c.zone).Format("15:04"))
	}
	zone := start.In(c.zone).Format("-07:00")
	return s + " (GMT" + strings.TrimSuffix(zone, ":00") + ")"
}
