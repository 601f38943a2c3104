package conformance

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// doorCases are the cases of one of our doors, called as Mobuss would, with what the later ones need of the earlier.
type doorCases struct {
	*run
	area   string
	serve  Door
	token  flow.Token
	as     desk.Actor
	number int64 // of the occurrence that the news is about
	ids    int
}

// door makes all cases of a door of ours.
func (r *run) door(area string) error {
	d := &doorCases{run: r, area: area, serve: r.Doors[area]}
	why, err := d.getToken()
	if err != nil {
		return err
	}
	if why.result != "" {
		return r.do(area, "token", func(*kase) (outcome, error) { return why, nil })
	}
	all := []named{{"abertura", d.open}, {"repetida", d.openAgain}, {"recusa", d.stranger}}
	if !r.method().FieldMayOpen() {
		all = []named{{"abertura", d.mayNotOpen}}
	}
	all = append(all, []named{{"comentario", d.comment}, {"vistoria", d.visit}, {"anexo", d.file}, {"movimentacao", d.move},
		{"encerramento", d.close}, {"consulta", d.ask}}...)
	for _, c := range all {
		if err := r.do(area, c.name, c.try); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) method() desk.Method { return r.c.Rules.Catalogue().Method }

// getToken finds a token of Mobuss that works in homologation; the outcome says why there is none.
func (d *doorCases) getToken() (outcome, error) {
	if d.serve == nil {
		return notForUs("conf_sem_porta"), nil
	}
	all, err := d.Flow.Tokens(d.free())
	if err != nil {
		return outcome{}, err
	}
	i := slices.IndexFunc(all, func(t flow.Token) bool { return t.Origin == desk.Field && d.Flow.MayTryAs(t) })
	if i < 0 {
		return failed("conf_sem_token"), nil
	}
	d.token, d.as, err = d.Flow.TakeTrial(d.free(), d.c.By, all[i].ID)
	return outcome{}, err
}

// call makes one call through the door, recorded before and after.
func (d *doorCases) call(k *kase, operation string, params ...param) (DoorAnswer, error) {
	form := restCall
	if d.area == DoorSOAP {
		form = soapCall
	}
	c := form(operation, d.number, params)
	hidden := make([]param, len(params))
	for i, p := range params {
		hidden[i] = hideFile(p)
	}
	x, err := k.keep(flow.ConformanceExchange{Kind: flow.CallReceived, At: time.Now(), Request: form(operation, d.number, hidden).written()})
	if err != nil {
		return DoorAnswer{}, err
	}
	c.By, c.Token, c.As = d.c.By, d.token, d.as
	began := time.Now()
	a, err := d.serve(k.ctx, c)
	if err != nil {
		return a, err
	}
	x.DurationMS, x.HTTPStatus, x.Response, x.Outcome = time.Since(began).Milliseconds(), a.Status, a.written(), "aceito"
	if a.Refused != nil {
		x.Outcome = "recusado"
		x.SetReason(desk.Because("conf_codigo", "codigo", a.Refused.Code))
	}
	return a, k.kept()
}

// id is the caller's own of its next record.
func (d *doorCases) id() param {
	d.ids++
	return param{"id_externo", fmt.Sprintf("CONF-%s-%s-%d", d.c.Mark, strings.TrimPrefix(d.area, "entrada."), d.ids)}
}

// opening are the parameters of an order that Mobuss opened, by the unit's number (S5).
func (d *doorCases) opening(document string, id param) []param {
	f := d.c.Facts
	out := []param{id, {"cod_projeto", f.Unit.Number}, {"cod_empreendimento", f.Development.Code}, {"cod_bloco", f.Block.Code}}
	if document != "" {
		out = append(out, param{"cpf_cnpj", document})
	}
	return append(out, param{"bloqueio_incluir_cliente", "T"}, param{"assunto", subject}, param{"descricao", description})
}

var answered = regexp.MustCompile(`^\s*(\d+)\s*$|numero_ocorrencia\W+(\d+)`)

// numberIn is the occurrence's number in an answer of any form; 0 where there is none.
func numberIn(a DoorAnswer) int64 {
	m := answered.FindSubmatch(a.Body)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(m[1])+string(m[2]), 10, 64) // digits alone
	return n
}

func refusedBy(a DoorAnswer) outcome {
	return failed("conf_porta_recusou", "http", a.Status, "codigo", a.Refused.Code, "campos", fieldsOf(a.Refused))
}

func fieldsOf(e *desk.Error) string {
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = f.Field
	}
	return strings.Join(names, ", ")
}

func (d *doorCases) open(k *kase) (outcome, error) {
	a, err := d.call(k, "IncluirOcorrencia", d.opening(d.c.Facts.Customer.Document, d.id())...)
	switch {
	case err != nil:
		return outcome{}, err
	case a.Refused != nil:
		return refusedBy(a), nil
	}
	if d.number = numberIn(a); d.number == 0 {
		return failed("conf_sem_numero", "http", a.Status), nil
	}
	d.tests = append(d.tests, d.number)
	return passed("conf_aberta", "numero", d.number, "http", a.Status), nil
}

// openAgain sends the same request: the first number comes back, and nothing is done.
func (d *doorCases) openAgain(k *kase) (outcome, error) {
	if d.number == 0 {
		return failed("conf_sem_primeira"), nil
	}
	d.ids--
	a, err := d.call(k, "IncluirOcorrencia", d.opening(d.c.Facts.Customer.Document, d.id())...)
	switch {
	case err != nil:
		return outcome{}, err
	case a.Refused != nil:
		return refusedBy(a), nil
	case numberIn(a) != d.number:
		return failed("conf_outro_numero", "antes", d.number, "agora", numberIn(a)), nil
	}
	return passed("conf_mesmo_numero", "numero", d.number, "http", a.Status), nil
}

// stranger: whom the registry doesn't know is refused and kept for analysis (S9).
func (d *doorCases) stranger(k *kase) (outcome, error) {
	a, err := d.call(k, "IncluirOcorrencia", d.opening(nobody(), d.id())...)
	switch {
	case err != nil:
		return outcome{}, err
	case a.Refused == nil:
		d.tests = append(d.tests, numberIn(a))
		return failed("conf_aceitou_desconhecido", "numero", numberIn(a)), nil
	case a.Refused.Code != desk.ErrCustomer:
		return failed("conf_recusa_outra", "codigo", a.Refused.Code), nil
	case a.Refused.KeptCall == "":
		return failed("conf_recusa_nao_guardada"), nil
	}
	return passed("conf_recusada_e_guardada", "codigo", a.Refused.Code), nil
}

// nobody is a CPF that is right by its check digits.
func nobody() string {
	d := make([]int, 9, 11)
	for i := range d {
		d[i] = rand.IntN(10) //nolint:gosec // nothing depends on its being unforeseeable
	}
	for len(d) < 11 {
		sum := 0
		for i, n := range d {
			sum += n * (len(d) + 1 - i)
		}
		check := 11 - sum%11
		if check > 9 {
			check = 0
		}
		d = append(d, check)
	}
	var b strings.Builder
	for _, n := range d {
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// mayNotOpen: with method A an opening is refused, and says why.
func (d *doorCases) mayNotOpen(k *kase) (outcome, error) {
	a, err := d.call(k, "IncluirOcorrencia", d.opening(d.c.Facts.Customer.Document, d.id())...)
	switch {
	case err != nil:
		return outcome{}, err
	case a.Refused == nil:
		d.tests = append(d.tests, numberIn(a))
		return failed("conf_metodo_aceitou", "numero", numberIn(a)), nil
	case a.Refused.Code != desk.ErrMethod:
		return failed("conf_recusa_outra", "codigo", a.Refused.Code), nil
	}
	return passed("conf_metodo_recusou", "codigo", a.Refused.Code), nil
}

// news makes a call about an occurrence; where Mobuss opened none, about one more of ours.
func (d *doorCases) news(k *kase, operation string, params ...param) (outcome, error) {
	if d.number == 0 {
		n, err := d.Flow.OpenConformanceTest(d.free(), d.c, subject, description)
		if err != nil {
			return outcome{}, err
		}
		d.number, d.tests = n, append(d.tests, n)
	}
	a, err := d.call(k, operation, append([]param{d.id()}, params...)...)
	switch {
	case err != nil:
		return outcome{}, err
	case a.Refused != nil:
		return refusedBy(a), nil
	}
	return passed("conf_recebida", "http", a.Status), nil
}

func (d *doorCases) mark() string { return "CONF-" + d.c.Mark + "-" + d.area }

func (d *doorCases) comment(k *kase) (outcome, error) {
	return d.news(k, "IncluirComentario", param{"comentario", difficult(d.mark())}, param{"autor", "Técnico de teste"})
}

func (d *doorCases) visit(k *kase) (outcome, error) {
	start := time.Now().In(d.c.Facts.Zone).Add(48 * time.Hour).Truncate(time.Hour)
	return d.news(k, "InformarVistoria", param{"inicio", start.Format(time.RFC3339)}, param{"fim", start.Add(time.Hour).Format(time.RFC3339)},
		param{"tecnico", "Técnico de teste"}, param{"situacao", "agendada"})
}

func (d *doorCases) file(k *kase) (outcome, error) {
	return d.news(k, "IncluirAnexo", param{"nome", pictureName}, param{"tipo_conteudo", "image/png"},
		param{"conteudo", base64.StdEncoding.EncodeToString(picture())})
}

// move reports the repair: the status for it is 60, or else one in which an occurrence can be without anything sent.
func (d *doorCases) move(k *kase) (outcome, error) {
	c := d.c.Rules.Catalogue()
	fits := func(s desk.Status) bool {
		return s.Point == desk.NoPoint && !c.IsClosed(s.Code) && s.Code != c.Failure && s.Code != c.Initial && s.Code != c.FieldInitial
	}
	i := slices.IndexFunc(c.Statuses, func(s desk.Status) bool { return s.Code == "60" && fits(s) })
	if i < 0 {
		i = slices.IndexFunc(c.Statuses, fits)
	}
	if i < 0 {
		return notForUs("conf_sem_status"), nil
	}
	return d.news(k, "MovimentarOcorrencia", param{"cod_status", c.Statuses[i].Code}, param{"comentario", comment})
}

func (d *doorCases) close(k *kase) (outcome, error) {
	return d.news(k, "EncerrarOcorrencia", param{"solucao", comment}, param{"procedente", "T"})
}

// ask looks the occurrence up, and finds the difficult comment as it was sent.
func (d *doorCases) ask(k *kase) (outcome, error) {
	if d.number == 0 {
		return failed("conf_sem_primeira"), nil
	}
	a, err := d.call(k, "ConsultarOcorrencia")
	switch {
	case err != nil:
		return outcome{}, err
	case a.Refused != nil:
		return refusedBy(a), nil
	}
	text := difficult(d.mark())
	came, same := find(a.Body, d.mark(), text)
	switch {
	case same:
		return passed("conf_texto_igual", "caracteres", longText), nil
	case came == "": // the response profile leaves the movements out
		return passed("conf_consultada", "http", a.Status), nil
	}
	at, want, got := differs(text, came)
	return failed("conf_texto_outro", "posicao", at, "esperado", want, "veio", got), nil
}
