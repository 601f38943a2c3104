package flow

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Preview is the request that a movement of an occurrence would send under a configuration that nobody has saved yet.
// A person's data in it is hidden from whoever may not see documents.
type Preview struct {
	Number int64 // of the occurrence
	// URL is complete where the environment's address is known, and begins with the path where it isn't.
	Method, URL string
	Header      []PreviewHeader
	Body        string
	Rows        []PreviewRow
	Masked      bool
	NoAddress   bool
	Environment desk.Environment
}

// PreviewHeader is a header of the request; Secret says that its value is a credential, and not shown.
type PreviewHeader struct {
	Name, Value string
	Secret      bool
}

// PreviewRow is a row of the mapping with the value that it gives.
type PreviewRow struct {
	Target, Source, Value string
	Code                  string // what is missing, as in mapping.MissingValue
	Later                 bool   // known only when the call is sent
}

// Missing says which rows keep the call from being made, the unit's id first of all.
func (p *Preview) Missing() (out []PreviewRow) {
	for _, r := range p.Rows {
		if r.Code != "" {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b PreviewRow) int {
		first := func(r PreviewRow) int {
			if r.Source == UnitIDField {
				return 0
			}
			return 1
		}
		return cmp.Compare(first(a), first(b))
	})
	return out
}

// UnitIDField is the fact without which the field doesn't know where to go (S7).
const UnitIDField = "unidade.id_mobuss"

// PreviewInput says which occurrence a preview is of: 0 is the latest one. Comment stands for the one of the movement
// where the occurrence has none yet.
type PreviewInput struct {
	Point desk.Point
	// Window is the code of a status whose window it is of; then Point says nothing.
	Window  string
	Number  int64
	Comment string
}

// PreviewCall shows the call of a point under a configuration for one occurrence. The error is ocorrencia_nao_encontrada
// where there is none, and configuracao_invalida where the configuration can't be used.
func (f *Flow) PreviewCall(ctx context.Context, a desk.Actor, c *mapping.Config, in PreviewInput) (*Preview, error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return nil, err
	}
	rules, err := mapping.Compile(c)
	if err != nil {
		return nil, err
	}
	q := f.Store.Read()
	o, err := previewed(ctx, q, a, in.Number)
	if err != nil {
		return nil, err
	}
	facts, refs, err := f.previewFacts(ctx, q, inst, a, o, in)
	if err != nil {
		return nil, err
	}
	hide := newRedactor(a, person{facts.Customer.Name, facts.Customer.Document, facts.Customer.Phone, facts.Customer.Email},
		person{name: facts.Requester.Name, phone: facts.Requester.Phone})
	trace, err := in.trace(rules, facts, refs)
	if err != nil {
		return nil, err
	}
	trace = trace.Masked(hide.field)
	base, complete, err := addressOf(ctx, q, o, in.action())
	if err != nil {
		return nil, err
	}
	out := &Preview{Number: o.Number, Method: trace.Request.Method, Body: trace.Request.Body, NoAddress: base == "" && complete == "",
		Masked: !a.SeesDocuments, Environment: o.Environment}
	if base == "" {
		base = "/" // the address begins with the path
	}
	out.URL = strings.ReplaceAll(trace.Address(base, complete), url.QueryEscape("•"), "•")
	if in.Window == "" {
		out.credentials(rules.Config().Integration.Auth)
		out.headers(trace.Request)
	}
	if strings.HasPrefix(trace.Request.ContentType, "application/json") {
		out.Body = hide.json(out.Body)
	}
	for _, t := range trace.Rows {
		out.Rows = append(out.Rows, PreviewRow{t.Target, t.Source(), t.Text(), t.Code, t.Later})
	}
	return out, nil
}

// action is what the call is called among the complete addresses of an environment.
func (in PreviewInput) action() string {
	if in.Window != "" {
		return mapping.WindowAddress(in.Window)
	}
	return mapping.CallAddress(in.Point, false)
}

func (in PreviewInput) trace(rules *mapping.Compiled, facts *mapping.Facts, refs mapping.Refs) (*mapping.Trace, error) {
	if in.Window != "" {
		return rules.Window(in.Window, facts, refs)
	}
	return rules.Trace(in.Point, facts, refs)
}

// previewed is the occurrence of a number, or the latest that the actor may see.
func previewed(ctx context.Context, q *db.Queries, a desk.Actor, number int64) (db.Occurrence, error) {
	const looked = 50
	wanted := []int64{number}
	if number == 0 {
		wanted = nil
		recent, err := q.RecentOccurrences(ctx, looked)
		if err != nil {
			return db.Occurrence{}, err
		}
		for _, r := range recent {
			wanted = append(wanted, r.Number)
		}
	}
	for _, n := range wanted {
		o, err := q.OccurrenceByNumber(ctx, n)
		if err == nil && visible(a, o) {
			return o, nil
		}
		if err != nil && !store.NoRows(err) {
			return db.Occurrence{}, err
		}
	}
	return db.Occurrence{}, desk.Fail(desk.ErrNotFound, "numero", number)
}

func (f *Flow) previewFacts(ctx context.Context, q *db.Queries, inst db.Installation, a desk.Actor, o db.Occurrence, in PreviewInput) (*mapping.Facts, mapping.Refs, error) {
	// facts is asked as a movement asks it, outside a transaction: it only reads.
	w := &work{Tx: &store.Tx{Queries: q}, ctx: ctx, flow: f, now: f.Now(), inst: inst, rehearsal: true}
	place, err := q.Place(ctx, o.UnitID)
	if err != nil {
		return nil, mapping.Refs{}, err
	}
	order, err := q.LiveOrder(ctx, db.LiveOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment})
	if err != nil && !store.NoRows(err) {
		return nil, mapping.Refs{}, err
	}
	legacy := order.LegacyID
	if legacy == "" {
		before, err := q.CountOrders(ctx, db.CountOrdersParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment})
		if err != nil {
			return nil, mapping.Refs{}, err
		}
		legacy = nextLegacyID(o.Number, before)
	}
	by := firedBy{m: movement{comment: in.Comment, at: w.now}, actor: a, place: place}
	said, err := q.Movements(ctx, o.ID)
	if err != nil {
		return nil, mapping.Refs{}, err
	}
	for _, m := range said {
		if m.Comment != "" && !m.Internal {
			by.m.comment = m.Comment
		}
	}
	facts, err := w.facts(o, legacy, by)
	return facts, mapping.Refs{OrderID: order.MobussID.String, OrderNumber: order.MobussNumber.String}, err
}

// dots stand for a credential.
const dots = "••••••••"

// credentials shows where they will stand, and never what they are.
func (p *Preview) credentials(auth mapping.Auth) {
	secret := func(name, value string) { p.Header = append(p.Header, PreviewHeader{name, value, true}) }
	switch auth.Kind {
	case mapping.AuthBearer, mapping.AuthOAuth:
		secret("Authorization", "Bearer "+dots)
	case mapping.AuthBasic:
		secret("Authorization", "Basic "+dots)
	case mapping.AuthHeader:
		for _, name := range auth.Headers {
			secret(name, dots)
		}
	case mapping.AuthQuery:
		for _, name := range auth.Params {
			between := "?"
			if strings.Contains(p.URL, "?") {
				between = "&"
			}
			p.URL += between + name + "=" + dots
		}
	}
}

// headers are those of the mapping.
func (p *Preview) headers(r *mapping.Request) {
	if r.ContentType != "" {
		p.Header = append(p.Header, PreviewHeader{Name: "Content-Type", Value: r.ContentType})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		p.Header = append(p.Header, PreviewHeader{Name: name, Value: r.Header[name]})
	}
}
