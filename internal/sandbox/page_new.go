package sandbox

import (
	"net/http"
	"strings"
)

// newOrder is GET /ordens/nova: a technician stands before something that nobody has reported.
func (g *pages) newOrder(q *pageRequest) error { return g.showNew(q, q.emptyForm(), http.StatusOK) }

func (g *pages) showNew(q *pageRequest, f *form, status int) error {
	p := g.page(q, q.T("act.abrir.title"))
	p.path = "/ordens/nova"
	var known []development
	err := g.read(func(st *state) int64 {
		known = st.developments()
		return 0
	})
	if err != nil {
		return err
	}
	return q.show(status, newPage(p, f, known))
}

// openNewOrder is POST /ordens/nova. Whether unit and customer are right is Ponte's to say: here it is only seen to that
// something was typed.
func (g *pages) openNewOrder(q *pageRequest) error {
	f, err := g.readForm(q)
	if err != nil {
		return err
	}
	a := &action{Acao: "abrir", Tecnico: fieldTechnician, at: q.now, Texto: f.text(true),
		Unidade: text(f.value("unidade")), CodEmpreendimento: text(strings.ToUpper(f.value("empreendimento"))),
		CodBloco: text(strings.ToUpper(f.value("bloco"))), CPFCNPJ: text(f.value("cpf_cnpj")), shots: f.shots}
	if a.Unidade == "" {
		f.fail("unidade", f.T("bad.unit"))
	}
	if n := len(document(f.value("cpf_cnpj"))); n != 0 && n != 11 && n != 14 {
		f.fail("cpf_cnpj", f.T("bad.document"))
	}
	if f.failed() {
		return g.showNew(q, f, http.StatusUnprocessableEntity)
	}
	for i := range a.shots {
		a.shots[i].At = a.at
	}
	o, err := g.openFromField(a)
	if err != nil {
		return err
	}
	return q.goTo("/ordens/"+o.IDMobuss, "abrir")
}

// developmentCodes are for a hint: "AUR, PDA".
func developmentCodes(known []development) string {
	codes := make([]string, len(known))
	for i, d := range known {
		codes[i] = d.ID
	}
	return strings.Join(codes[:min(6, len(codes))], ", ")
}
