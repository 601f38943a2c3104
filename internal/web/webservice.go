package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/sheet"
)

// Webservice is what the page of the webservices shows of the doors.
type Webservice struct {
	// BaseURL is what callers see, without a slash at its end; nil: what the request says.
	BaseURL func() string
	// CallsPerMinute is the limit of tokens that have none of their own; 0: none.
	CallsPerMinute int
	// Example is the body of an answer under a profile, with made-up values. Nil shows none.
	Example func(flow.Profile) string
	// Sheet describes the operations as they answer under profiles. Nil: there is no parameter sheet.
	Sheet func(profile func(operation string) flow.Profile) sheet.Sheet
	// Try makes a call of REST in a token's place. Nil: nothing can be tried.
	Try func(context.Context, Trial) (TrialAnswer, error)
}

const webservicePath = "/parametrizacoes/webservice"

// webserviceView is the addresses, the tokens with the form for another one, and how each operation answers.
type webserviceView struct {
	addresses    []address
	tokens       []flow.Token // that work
	ended        []flow.Token
	integrations []string // that tokens have
	developments []flow.Development
	operations   []flow.Operation
	house        int // calls per minute of tokens without a limit of their own

	form     tokenForm
	problems map[string]string
	secret   *shownSecret
	notice   string // why an act on a token was refused

	integration string // whose answers are shown; empty: of all
	answers     []answerView
	refused     *answerView // as it was sent
}

// address is where a door is.
type address struct{ id, label, url string }

// shownSecret is a key that was just made. It is shown in this answer and nowhere again.
type shownSecret struct {
	key, name string
	// until is when the key that it follows ends; zero where it follows none.
	until time.Time
}

// showWebservice is GET /parametrizacoes/webservice, for consultants and administrators.
func (s *site) showWebservice(r *request) error {
	return s.webservice(r, http.StatusOK, webserviceView{form: newTokenForm()})
}

func (s *site) webservice(r *request, status int, v webserviceView) error {
	if err := mayConfigure(r); err != nil {
		return err
	}
	all, err := s.flow.Tokens(r.Context())
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(all) { // the newest first
		if t.Works(r.now) {
			v.tokens = append(v.tokens, t)
		} else {
			v.ended = append(v.ended, t)
		}
		if !slices.Contains(v.integrations, t.Integration) {
			v.integrations = append(v.integrations, t.Integration)
		}
	}
	slices.Sort(v.integrations)
	if v.developments, err = s.flow.Developments(r.Context(), r.actor()); err != nil {
		return err
	}
	v.operations, v.house = s.flow.Operations, s.doors.CallsPerMinute
	v.addresses = s.addresses(r)
	if v.integration = r.URL.Query().Get("integracao"); v.refused != nil {
		v.integration = v.refused.profile.Integration
	}
	if !slices.Contains(v.integrations, v.integration) {
		v.integration = ""
	}
	if v.answers, err = s.answers(r, v.integration); err != nil {
		return err
	}
	for i := range v.answers {
		if v.refused != nil && v.answers[i].op.Name == v.refused.op.Name {
			v.answers[i] = *v.refused
		}
	}
	p := r.page(r.l.T("webservice.title"), "webservice")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("webservice.general")}, {label: p.title}}
	if r.Method != http.MethodGet {
		p.path = webservicePath
	}
	return r.show(status, webservicePage(p, v))
}

// refuseAct shows the page again with why an act on it was refused.
func (s *site) refuseAct(r *request, err error) error {
	e, ok := besideForm(err)
	if !ok {
		return err
	}
	v := webserviceView{form: newTokenForm(), notice: r.l.Error(e)}
	if len(e.Fields) > 0 {
		v.notice = r.l.Field(e.Fields[0])
	}
	return s.webservice(r, statusOf[e.Kind], v)
}

// mayConfigure lets consultants and administrators through.
func mayConfigure(r *request) error {
	if r.actor().Has(desk.Consultant) {
		return nil
	}
	return desk.Fail(desk.ErrForbidden)
}

// base is what callers see before the doors' paths.
func (s *site) base(r *request) string {
	base := ""
	if s.doors.BaseURL != nil {
		base = s.doors.BaseURL()
	}
	if base == "" {
		base = "http://" + r.Host
		if s.secure {
			base = "https://" + r.Host
		}
	}
	return base
}

func (s *site) addresses(r *request) []address {
	base := s.base(r)
	return []address{
		{"rest", "REST", base + "/ws/rest/v1"}, {"openapi", "OpenAPI 3.1", base + "/ws/rest/v1/openapi.json"},
		{"soap", "SOAP 1.1 / 1.2", base + "/ws/soap"}, {"wsdl", "WSDL", base + "/ws/soap?wsdl"},
	}
}

// scopeText is what a token reaches: names, or that it is everything.
func scopeText(p *page, names []string, all string) string {
	if len(names) == 0 {
		return p.T(all)
	}
	return strings.Join(names, ", ")
}

// limitText is how often a token may call.
func limitText(p *page, t flow.Token, house int) string {
	switch {
	case t.CallsPerMinute > 0:
		return p.N("webservice.per_minute", t.CallsPerMinute)
	case house > 0:
		return p.N("webservice.per_minute_house", house)
	}
	return p.T("webservice.no_limit")
}

// hintText is the end of a key, behind what is not known of it any more.
func hintText(t flow.Token) string {
	if t.Hint == "" {
		return "••••"
	}
	return "••••" + t.Hint
}

// stateIcon goes with the words of a token's state.
func stateIcon(s flow.TokenState) string {
	switch s {
	case flow.TokenGood:
		return "circle-check"
	case flow.TokenReplaced:
		return "hourglass"
	case flow.TokenExpired:
		return "clock"
	}
	return "ban"
}

// stateText says what a token is good for, and until when.
func stateText(p *page, t flow.Token) string {
	state := t.State(p.now)
	id := "webservice.state_" + string(state)
	switch {
	case state == flow.TokenRevoked:
		return p.T(id, "when", p.moment(t.RevokedAt))
	case state == flow.TokenGood:
		return p.T(id)
	}
	return p.T(id, "when", p.moment(t.ExpiresAt))
}

// moment is a day and a time in the zone of the house, as it stands inside a sentence.
func (p *page) moment(t time.Time) string {
	t = t.In(flow.Zone(""))
	day := p.Day(t, p.now)
	if day != p.Date(t, p.now) { // today and its neighbours are common words
		day = strings.ToLower(day)
	}
	return day + ", " + p.Clock(t)
}
