package web

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/sheet"
)

const tryPath = webservicePath + "/experimentar"

// Trial is a call of REST that a person tries; the body is JSON.
type Trial struct {
	By          desk.Actor
	Token       flow.Token
	As          desk.Actor
	Method, URL string
	Body        []byte
}

// TrialAnswer is what the program would have got. Refused is the same in the house's own words; nil where the call was
// accepted.
type TrialAnswer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Refused *desk.Error
}

// tryView is the form of one operation, and what came of the last try.
type tryView struct {
	sheet.Sheet
	op       *sheet.Operation
	tokens   []flow.Token // that can be stood in for
	token    int64
	values   map[string]string
	file     string // the name of the one that was sent
	problems map[string]string
	curl     string
	answer   *TrialAnswer
	number   int64 // the occurrence that it wrote to
}

// showTry is GET /parametrizacoes/webservice/experimentar. exemplo=1 fills the form with the sheet's examples.
func (s *site) showTry(r *request) error {
	q := r.URL.Query()
	v, err := s.trying(r, q.Get("operacao"), q.Get("token"))
	if err != nil {
		return err
	}
	v.values = map[string]string{}
	if q.Get("exemplo") != "" {
		for _, a := range v.op.Params {
			if a.Kind != sheet.File && (len(a.OneOf) == 0 || a.OneOf[0] == a.Name) {
				v.values[a.Name] = a.Example
			}
		}
	}
	return s.showTried(r, http.StatusOK, v)
}

func (s *site) showTried(r *request, status int, v tryView) error {
	p := s.webservicePage(r, r.l.T("try.title"))
	if r.Method != http.MethodGet {
		p.path = v.path(v.op.Name)
	}
	return r.show(status, tryPage(p, v))
}

// trying is the page of an operation; none named is the first.
func (s *site) trying(r *request, operation, token string) (tryView, error) {
	v := tryView{}
	if !flow.MayTry(r.actor()) {
		return v, desk.Fail(desk.ErrForbidden)
	}
	if s.doors.Sheet == nil || s.doors.Try == nil {
		return v, notFound()
	}
	all, err := s.flow.Tokens(r.Context())
	if err != nil {
		return v, err
	}
	v.tokens = slices.DeleteFunc(all, func(t flow.Token) bool { return !s.flow.MayTryAs(t) })
	v.token, _ = strconv.ParseInt(token, 10, 64)
	chosen := slices.IndexFunc(v.tokens, func(t flow.Token) bool { return t.ID == v.token })
	if chosen < 0 {
		chosen = slices.IndexFunc(v.tokens, func(t flow.Token) bool { return t.Origin == desk.Field })
	}
	integration := ""
	if chosen >= 0 {
		if token == "" {
			v.token = v.tokens[chosen].ID
		}
		integration = v.tokens[chosen].Integration
	}
	if v.Sheet, err = s.described(r, integration); err != nil {
		return v, err
	}
	op, known := v.Find(operation)
	switch {
	case known:
		v.op = op
	case operation != "" || len(v.Operations) == 0:
		return v, notFound()
	default:
		v.op = &v.Operations[0]
	}
	return v, nil
}

// tryOut is POST /parametrizacoes/webservice/experimentar: makes the call and shows what came of it.
func (s *site) tryOut(r *request) error {
	if err := r.formWithOne(); err != nil {
		return err
	}
	v, err := s.trying(r, r.PostFormValue("operacao"), r.PostFormValue("token"))
	if err != nil {
		return err
	}
	values, shown, err := v.read(r)
	if err != nil {
		return err
	}
	token, as, err := s.flow.TakeTrial(r.Context(), r.actor(), v.token)
	if e, ok := besideForm(err); ok && e.Code == desk.ErrParameter {
		v.problems = problemsOf(r, e)
		return s.showTried(r, statusOf[e.Kind], v)
	}
	if err != nil {
		return err
	}
	call, printed := v.Request(v.op, values), v.Request(v.op, shown)
	if v.curl = printed.Curl(); v.file != "" {
		v.curl = v.ByName(v.op, shown).CurlForm()
	}
	t := Trial{By: r.actor(), Token: token, As: as, Method: call.Method, URL: call.URL}
	if call.Method != http.MethodGet {
		t.Body = []byte(call.JSON())
	}
	answer, err := s.doors.Try(r.Context(), t)
	if err != nil {
		return err
	}
	v.answer = &answer
	if answer.Refused != nil {
		v.problems = problemsOf(r, answer.Refused)
	} else {
		v.number = numberIn(answer.Body)
	}
	return s.showTried(r, http.StatusOK, v) // the page's own: the try took place, whatever came of it
}

// formWithOne reads a form that may bring one file, as small as forms are.
func (r *request) formWithOne() error {
	err := r.ParseMultipartForm(maxForm)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return desk.Fail(desk.ErrTooLarge, "limite", maxForm)
	case errors.Is(err, http.ErrNotMultipart):
		return r.form()
	case err != nil:
		return desk.Fail(desk.ErrContent)
	}
	return nil
}

// read takes the values from the form: those that are sent, and the same as they are printed, a file by its name. What
// is left empty is not sent.
func (v *tryView) read(r *request) (values, shown []sheet.Value, err error) {
	v.values = map[string]string{}
	for _, a := range v.op.Params {
		text := r.typed("p." + a.Name)
		if a.Kind == sheet.File {
			if text, err = v.readFile(r, a.Name); err != nil {
				return nil, nil, err
			}
		} else {
			v.values[a.Name] = text
		}
		if text == "" {
			continue
		}
		values = append(values, sheet.Value{Param: a, Text: text})
		if a.Kind == sheet.File {
			text = v.file
		}
		shown = append(shown, sheet.Value{Param: a, Text: text})
	}
	return values, shown, nil
}

func (v *tryView) readFile(r *request, name string) (string, error) {
	f, head, err := r.FormFile("p." + name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return "", nil
	}
	if err != nil {
		return "", desk.Fail(desk.ErrContent)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	v.file = head.Filename
	return base64.StdEncoding.EncodeToString(b), err
}

var answeredNumber = regexp.MustCompile(`^\s*(\d+)\s*$|numero_ocorrencia\W+(\d+)`)

// numberIn is the occurrence's number in an answer of any form; 0 where there is none.
func numberIn(body []byte) int64 {
	m := answeredNumber.FindSubmatch(body)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(m[1])+string(m[2]), 10, 64)
	return n
}

func (v tryView) path(operation string) string {
	return tryPath + "?" + url.Values{"operacao": {operation}, "token": {strconv.FormatInt(v.token, 10)}}.Encode()
}

// first are the parameters that stand in sight: those that must be sent, those in question, and those with something in
// them.
func (v tryView) first(a *sheet.Param) bool {
	return a.Mandatory || len(a.OneOf) > 0 || a.Name == "id_externo" || v.problems[a.Name] != "" || v.values[a.Name] != ""
}

func (v tryView) hasFile() bool {
	return slices.ContainsFunc(v.op.Params, func(a sheet.Param) bool { return a.Kind == sheet.File })
}

// headers are the answer's, in order, as they stand on the wire.
func (v tryView) headers() string {
	var lines []string
	for name, values := range v.answer.Header {
		for _, text := range values {
			lines = append(lines, name+": "+text)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (v tryView) body() string {
	return sheet.Pretty(v.answer.Header.Get("Content-Type"), string(v.answer.Body))
}

// tokenText tells a token's integration, name and origin.
func tokenText(p *page, t flow.Token) string {
	return t.Integration + " · " + t.Name + " · " + p.T("webservice.origin_"+string(t.Origin))
}
