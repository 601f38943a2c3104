package flow

import (
	"cmp"
	"context"
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
	Point   desk.Point
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
	trace, err := rules.Trace(in.Point, facts, refs)
	if err != nil {
		return nil, err
	}
	row, err := q.Endpoint(ctx, db.EndpointParams{ConnectionID: o.ConnectionID, Environment: o.Environment})
	if err != nil && !store.NoRows(err) {
		return nil, err
	}
	hide := newRedactor(a, person{facts.Customer.Name, facts.Customer.Document, facts.Customer.Phone, facts.Customer.Email},
		person{name: facts.Requester.Name, phone: facts.Requester.Phone})
	r := trace.Request
	place, err := addressesOf(row)
	if err != nil {
		return nil, err
	}
	auth := rules.Config().Integration.Auth
	out := &Preview{Number: o.Number, Method: r.Method, NoAddress: place.AddressOf(mapping.CallAddress(in.Point, false)) == "",
		Masked: !a.SeesDocuments, Environment: o.Environment, Header: previewHeaders(auth, r, hide)}
	out.URL = hide.text(previewURL(place, in.Point, r)) + previewKeys(auth, previewURL(place, in.Point, r))
	if out.Body = r.Body; strings.HasPrefix(r.ContentType, "application/json") {
		out.Body = hide.json(r.Body)
	} else {
		out.Body = hide.text(r.Body)
	}
	for _, t := range trace.Rows {
		out.Rows = append(out.Rows, PreviewRow{t.Target, t.Source(), hide.field(t.Target, t.Text()), t.Code, t.Later})
	}
	return out, nil
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

// hiddenValue stands for a credential.
const hiddenValue = "••••••••"

// previewURL is where the call would go; its path alone where there is no address.
func previewURL(place mapping.Place, p desk.Point, r *mapping.Request) string {
	to := place.URLs[mapping.CallAddress(p, false)]
	if to == "" {
		to = strings.TrimSuffix(place.URL, "/") + r.Path
	}
	if r.Query == "" {
		return to
	}
	return to + queryMark(to) + r.Query
}

func queryMark(to string) string {
	if strings.Contains(to, "?") {
		return "&"
	}
	return "?"
}

// previewKeys are the parameters that the credentials will fill.
func previewKeys(auth mapping.Auth, to string) (out string) {
	for _, name := range auth.Params {
		out += queryMark(to+out) + name + "=" + hiddenValue
	}
	return out
}

// previewHeaders are those of the mapping, and the one that the credentials will fill.
func previewHeaders(auth mapping.Auth, r *mapping.Request, hide *redactor) (out []PreviewHeader) {
	const dots = hiddenValue
	switch auth.Kind {
	case mapping.AuthBearer, mapping.AuthOAuth:
		out = append(out, PreviewHeader{"Authorization", "Bearer " + dots, true})
	case mapping.AuthBasic:
		out = append(out, PreviewHeader{"Authorization", "Basic " + dots, true})
	case mapping.AuthHeader:
		for _, name := range auth.Headers {
			out = append(out, PreviewHeader{name, dots, true})
		}
	}
	if r.ContentType != "" {
		out = append(out, PreviewHeader{Name: "Content-Type", Value: r.ContentType})
	}
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, PreviewHeader{Name: name, Value: hide.field(name, r.Header[name])})
	}
	return out
}
