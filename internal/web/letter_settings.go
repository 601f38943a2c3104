package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/letter"
)

const letterSettingsPath = "/parametrizacoes/cartas"

// letterSettingsView is what customers are sent, as it holds or as it was typed.
type letterSettingsView struct {
	is       desk.LetterSettings
	at       time.Time // of the last change; zero: never
	by       string
	problems map[string]string
	places   []flow.Development
	mail     bool
	test     bool // the house works in homologation
	kind     desk.LetterKind
	preview  *desk.Letter
	trial    *flow.LetterFact // the latest; nil: there was none
	saved    bool
	tried    bool
}

// showLetterSettings is GET /parametrizacoes/cartas.
func (s *site) showLetterSettings(r *request) error {
	q := r.URL.Query()
	v := letterSettingsView{saved: q.Has("salvo"), tried: q.Has("testado"), kind: desk.LetterOpened}
	var err error
	if v.is, v.at, v.by, err = s.flow.LetterSettings(r.Context(), r.actor()); err != nil {
		return err
	}
	return s.letterSettings(r, http.StatusOK, v)
}

func (s *site) letterSettings(r *request, status int, v letterSettingsView) (err error) {
	if v.places, err = s.flow.Developments(r.Context(), r.actor()); err != nil {
		return err
	}
	if l, ok, err := s.flow.LastTrial(r.Context(), r.actor()); err != nil {
		return err
	} else if ok {
		v.trial = &l
	}
	p := r.page(r.l.T("letters.settings_title"), "cartas-config")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	p.path = letterSettingsPath
	v.mail, v.test = s.reset.Post != nil, p.env != desk.Production
	return r.show(status, letterSettingsPage(p, v))
}

// saveLetterSettings is POST /parametrizacoes/cartas: ato is salvar, previa (of what is typed) or testar (of what is saved).
func (s *site) saveLetterSettings(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	// Whether they may at all is asked before what they typed.
	_, at, by, err := s.flow.LetterSettings(r.Context(), r.actor())
	if err != nil {
		return err
	}
	v := letterSettingsView{is: typedLetters(r), at: at, by: by, kind: desk.LetterKind(r.typed("tipo"))}
	if !slices.Contains(desk.LetterKinds, v.kind) {
		v.kind = desk.LetterOpened
	}
	switch r.typed("ato") {
	case "previa":
		if wrong := v.is.Check(); wrong != nil {
			err = wrong
			break
		}
		l := letter.Compose(s.words, flow.LetterJob{Kind: v.kind, Created: r.now, Facts: sampleFacts(r, v.kind), Settings: v.is}, "")
		v.preview = &l
		return s.letterSettings(r, http.StatusOK, v)
	case "testar":
		if err = s.flow.TrialLetter(r.Context(), r.actor(), v.kind, sampleFacts(r, v.kind)); err == nil {
			return r.redirect(letterSettingsPath + "?testado=1#teste")
		}
	default:
		if err = s.flow.SetLetterSettings(r.Context(), r.actor(), v.is); err == nil {
			return r.redirect(letterSettingsPath + "?salvo=1")
		}
	}
	e, ok := besideForm(err)
	if !ok || e.Code == desk.ErrForbidden {
		return err
	}
	v.problems = problemsOf(r, e)
	return s.letterSettings(r, statusOf[e.Kind], v)
}

func typedLetters(r *request) desk.LetterSettings {
	s := desk.LetterSettings{Language: r.typed("idioma"), SenderName: r.typed("remetente"), ReplyTo: r.typed("responder_a"), TestAddress: r.typed("endereco_de_teste"),
		Solution: r.PostForm.Has("com_solucao"), Without: r.PostForm["sem_cartas"], Texts: map[desk.LetterKind]map[string]desk.LetterText{}}
	for _, k := range r.PostForm["ligadas"] {
		s.On = append(s.On, desk.LetterKind(k))
	}
	for _, k := range desk.LetterKinds {
		s.Texts[k] = map[string]desk.LetterText{}
		for _, lang := range desk.LetterLanguages {
			t := desk.LetterText{Intro: r.typed(k.TextField(lang, "abertura")), Footer: r.typed(k.TextField(lang, "rodape"))}
			if t != (desk.LetterText{}) {
				s.Texts[k][lang] = t
			}
		}
	}
	return s
}

// sampleFacts are those of an occurrence that there is not.
func sampleFacts(r *request, k desk.LetterKind) flow.LetterFacts {
	y, m, d := r.now.In(flow.Zone("")).Date()
	f := flow.LetterFacts{Name: r.l.T("letters.sample_name"), Number: 1234, Subject: r.l.T("letters.sample_subject"), Unit: "Residencial Aurora · A · 101",
		Development: "Residencial Aurora", OpenedAt: r.now}
	switch k {
	case desk.LetterVisit:
		start := time.Date(y, m, d+3, 14, 0, 0, 0, flow.Zone(""))
		f.Visit = &flow.LetterVisit{UID: "exemplo-" + flow.NewID(), Is: flow.VisitBooked, Start: start, End: start.Add(time.Hour)}
	case desk.LetterClosed:
		f.Solution = r.l.T("letters.sample_solution")
	}
	return f
}

// marksOf are the placeholders of a kind, as they are typed.
func marksOf(k desk.LetterKind) string {
	return "{" + strings.Join(desk.LetterMarks(k), "} {") + "}"
}

// textOf is a house's text in the form.
func (v letterSettingsView) textOf(k desk.LetterKind, lang, part string) string {
	t := v.is.Texts[k][lang]
	if part == "rodape" {
		return t.Footer
	}
	return t.Intro
}

// opened: the texts of a kind are shown where there are any, or something is wrong with one.
func (v letterSettingsView) opened(k desk.LetterKind) bool {
	for name := range v.problems {
		if strings.HasPrefix(name, "texto-"+string(k)+"-") {
			return true
		}
	}
	return len(v.is.Texts[k]) > 0
}
