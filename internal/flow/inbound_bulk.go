package flow

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
)

// OpenCalls answers a step of the open calls that a question finds, newest first, and where to go on; CallCursor
// says where to go on behind one of them.
func (f *Flow) OpenCalls(ctx context.Context, a desk.Actor, q CallsQuery) (lines []CallLine, next string, err error) {
	q.Open, q.Text = true, ""
	page, err := f.ListCalls(ctx, a, q)
	if err != nil {
		return nil, "", err
	}
	return page.Lines, page.Next, nil
}

// CallCursor is CallsQuery.After behind a line.
func CallCursor(l CallLine) string { return cursorOf(l.At.UnixMilli(), l.ID) }

// WouldPass says whether a kept call would be taken now, as far as identification goes; nothing is written. The
// reason is the refusal's.
func (f *Flow) WouldPass(ctx context.Context, a desk.Actor, id string) (bool, error) {
	if !MayReplay(a) {
		return false, desk.Fail(desk.ErrForbidden)
	}
	c, raw, err := f.openCall(ctx, a, id)
	if err != nil || c.Undecoded {
		return false, err
	}
	_, actor, err := f.tokenActor(ctx, c.TokenID)
	if err != nil {
		return false, err
	}
	actor.Environment, actor.Connection = c.Environment, c.ConnectionID
	in := paramsOf(raw)
	if len(parseFields(c.Fields)) > 0 && in["cpf_cnpj"] == "" || c.Code == desk.ErrUnknownParameter || !actor.MayCall(c.Operation) {
		return false, nil // what is wrong is in the call itself
	}
	w, err := f.rehearse(ctx)
	if err != nil {
		return false, err
	}
	err = w.wouldTake(actor, c.Operation, in)
	var refused *desk.Error
	if errors.As(err, &refused) {
		return false, nil
	}
	return err == nil, err
}

// rehearse is a transaction's view that can only read.
func (f *Flow) rehearse(ctx context.Context) (*work, error) {
	w := &work{Tx: &store.Tx{Queries: f.Store.Read()}, ctx: ctx, flow: f, now: f.Now(), rehearsal: true}
	var err error
	if w.inst, err = w.Installation(ctx); err != nil {
		return nil, err
	}
	w.cfg, err = f.config(ctx, w.Queries, w.inst.ConfigVersionID)
	return w, err
}

func (w *work) wouldTake(a desk.Actor, operation string, in map[string]string) error {
	field := a.Origin == desk.Field
	switch {
	case field && !w.cfg.Method.FieldMayReport(), field && operation == "IncluirOcorrencia" && !w.cfg.Method.FieldMayOpen():
		return desk.Fail(desk.ErrMethod)
	case operation != "IncluirOcorrencia":
		return w.wouldFind(a, in["numero_ocorrencia"])
	case in["bloqueio_incluir_cliente"] != "T" && w.cfg.Method.Integrated():
		return desk.Fail(desk.ErrBlock)
	}
	_, err := w.identify(a, a.Environment, OpenInput{Project: in["cod_projeto"], Development: in["cod_empreendimento"], Block: in["cod_bloco"],
		Document: in["cpf_cnpj"], CustomerName: in["nome_cliente"], BlockNewCustomer: in["bloqueio_incluir_cliente"]})
	return err
}

func (w *work) wouldFind(a desk.Actor, number string) error {
	n, ok := wholeNumber(number)
	if !ok {
		return desk.Fail(desk.ErrNotFound)
	}
	o, err := w.OccurrenceByNumber(w.ctx, n)
	if store.NoRows(err) || err == nil && !visible(a, o) {
		return desk.Fail(desk.ErrNotFound, "numero", n)
	}
	return err
}

func wholeNumber(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil
}
