package flow_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// TestErasePerson: nothing that names the person or that was written about them is left in any table, whichever way it
// came; what the law has the house keep is as it was, and nobody else lost anything.
func TestErasePerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx, admin := t.Context(), flowtest.Admin()
		found, err := in.Search(ctx, admin, "AUR-A-101", 5)
		must(t, err)
		marina := found.People[0].CustomerID
		letters := desk.DefaultLetters()
		letters.On, letters.TestAddress = desk.LetterKinds, "teste@empresa.com.br"
		must(t, in.SetLetterSettings(ctx, admin, letters))
		number := erasable(t, in)
		written, err := in.OpenByHand(ctx, flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-102", BlockNewCustomer: "T", Description: "SEGREDO que ela mesma pede"})
		must(t, err)
		must(t, in.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: written, Status: "90"}))
		other, err := in.OpenByHand(ctx, flowtest.Attendant(), flow.OpenInput{Project: "AUR-B-101", BlockNewCustomer: "T", Description: "Porta do Otávio"})
		must(t, err)

		if err := in.ErasePerson(ctx, admin, marina, "carta de 3/11"); codeOf(err) != desk.ErrPersonInUse {
			t.Fatalf("with an open occurrence: %v", err)
		}
		together(t, in, number, "SEGREDO de muitas")
		must(t, in.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: number, Status: "90", Comment: "SEGREDO no fim"}))
		if left := words(t, s, "segredo", "marina"); len(left) < 6 {
			t.Errorf("before it, the words stand in %v alone", left)
		}
		if sealed := kept(t, s); !slices.Contains(sealed, "letter.facts") || len(sealed) < 4 {
			t.Errorf("before it, calls are kept in %v alone", sealed)
		}
		before, err := in.Show(ctx, admin, number)
		must(t, err)
		for who, a := range map[string]desk.Actor{"attendant": flowtest.Attendant(), "nobody": {}} {
			if err := in.ErasePerson(ctx, a, marina, "x"); codeOf(err) != desk.ErrForbidden {
				t.Errorf("by %s: %v", who, err)
			}
		}
		if err := in.ErasePerson(ctx, admin, marina, " "); fieldOf(err) != "motivo" {
			t.Errorf("without a reason: %v", err)
		}
		must(t, in.ErasePerson(ctx, admin, marina, "carta de 3/11"))

		if left := words(t, s, "segredo", "marina", "52998224725", "98765"); len(left) > 0 {
			t.Errorf("left in %v", left)
		}
		if sealed := kept(t, s); len(sealed) > 0 {
			t.Errorf("calls are still kept in %v", sealed)
		}
		after, err := in.Show(ctx, admin, number)
		must(t, err)
		if after.Description != flow.Gone || after.Customer.Document != "" || after.Customer.Phone != "" || !strings.HasPrefix(after.Customer.Name, "Pessoa removida") {
			t.Errorf("shown is %+v of %+v", after.Description, after.Customer)
		}
		if after.Number != before.Number || !after.OpenedAt.Equal(before.OpenedAt) || !after.ClosedAt.Equal(before.ClosedAt) || after.Unit != before.Unit ||
			after.Contract != before.Contract || !slices.Equal(after.Orders, before.Orders) || len(after.Movements) != len(before.Movements) || len(after.Deliveries) != len(before.Deliveries) {
			t.Error("what has to stay has changed")
		}
		for i, m := range after.Movements {
			if was := before.Movements[i]; m.To != was.To || !m.At.Equal(was.At) || m.Actor != was.Actor {
				t.Errorf("movement %d was %+v and is %+v", i, was, m)
			}
		}
		if l, err := in.ListLetters(ctx, admin, flow.LettersQuery{Most: 10}); err != nil || len(l.Lines) != 2 || l.Lines[0].To != "" || l.Lines[0].Reason != desk.NoLetterErased {
			t.Errorf("of the letters is left: %+v, %v", l.Lines, err)
		}
		if o, err := in.Show(ctx, admin, other); err != nil || o.Description != "Porta do Otávio" || o.Customer.Name != "Otávio Sá" {
			t.Errorf("somebody else's: %+v, %v", o, err)
		}
		if found, err := in.Search(ctx, admin, "marina", 5); err != nil || len(found.People) != 0 {
			t.Errorf("still found: %+v, %v", found.People, err)
		}
		if err := in.ErasePerson(ctx, admin, marina, "outra vez"); codeOf(err) != desk.ErrPersonInUse {
			t.Errorf("twice: %v", err)
		}
		if _, err := in.PersonData(ctx, admin, 99999); codeOf(err) != desk.ErrNoPerson {
			t.Errorf("nobody: %v", err)
		}
		must(t, in.PutRegistry(ctx, admin, flowtest.Registry())) // the ERP still has her: a new row, and the old one stays empty
		if p, err := in.PersonData(ctx, admin, marina); err != nil || p.Customer.Document != "" {
			t.Errorf("after the next import the erased row is %+v, %v", p, err)
		}
	})
}

// erasable opens an occurrence that has words of the person in every way that they come, and answers its number.
func erasable(t *testing.T, in *flowtest.Installation) int64 {
	t.Helper()
	ctx := t.Context()
	r, err := in.Flow.Open(ctx, in.Call("IncluirOcorrencia", "E-1", `{"descricao": "SEGREDO"}`, in.House), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T",
		Subject: "SEGREDO assunto", Description: "SEGREDO descrição", Place: "SEGREDO lugar", RequesterName: "Marina mãe", RequesterPhone: "11 98765-0000"})
	must(t, err)
	must(t, in.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: r.Number, Status: "20", Comment: "SEGREDO ao campo"}))
	settleAll(t, in, flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-1", "numero_os": "88214"}})
	must(t, in.CommentByHand(ctx, flowtest.Attendant(), flow.CommentInput{Number: r.Number, Private: true, Text: "SEGREDO interno"}))
	_, err = in.Comment(ctx, in.Call("IncluirComentario", "C-1", `{"comentario": "SEGREDO"}`, in.Field), flow.CommentInput{Number: r.Number, Text: "SEGREDO do técnico", Author: "Jorge"})
	must(t, err)
	_, err = in.Attach(ctx, in.Call("IncluirAnexo", "A-1", "a", in.Field), flow.AttachInput{Number: r.Number, Name: "segredo.txt", Content: []byte("mancha")})
	must(t, err)
	return r.Number
}

func settleAll(t *testing.T, in *flowtest.Installation, out flow.Outcome) {
	t.Helper()
	routes, err := in.Routes(t.Context())
	must(t, err)
	jobs, err := in.Claim(t.Context(), flow.ClaimRequest{Owner: "teste", Connection: routes[0].Connection, Environment: desk.Homologation, Lease: 60e9, Limit: 10})
	must(t, err)
	for _, j := range jobs {
		must(t, in.Settle(t.Context(), j, out))
	}
}

// cells are the columns of the whole database, as table.column, in which a value is found to be such.
func cells(t *testing.T, s *store.Store, such func(column string, value any) bool) (where []string) {
	t.Helper()
	must(t, s.Snapshot(t.Context(), func(v *store.Snapshot) error {
		for _, table := range v.Tables {
			must(t, v.Rows(t.Context(), table, func(values []any) error {
				for i, value := range values {
					if name := table.Name + "." + table.Columns[i].Name; value != nil && such(name, value) {
						where = append(where, name)
					}
				}
				return nil
			}))
		}
		return nil
	}))
	slices.Sort(where)
	return slices.Compact(where)
}

// words are the columns in which any of the texts stands, in small letters. Hashes are left out: those that tests give
// their calls are the very bodies.
func words(t *testing.T, s *store.Store, texts ...string) []string {
	return cells(t, s, func(column string, value any) bool {
		text, _ := value.(string)
		return !strings.HasSuffix(column, ".body_hash") && slices.ContainsFunc(texts, func(x string) bool { return strings.Contains(strings.ToLower(text), x) })
	})
}

// kept are the sealed columns of calls that hold anything.
func kept(t *testing.T, s *store.Store) []string {
	return cells(t, s, func(column string, _ any) bool {
		return slices.Contains([]string{"delivery.frozen", "delivery.bound", "delivery_former.frozen", "attempt.exchange", "inbound_call.call", "letter.facts"}, column)
	})
}

// together has an occurrence planned to be moved with others.
func together(t *testing.T, in *flowtest.Installation, number int64, comment string) {
	t.Helper()
	id, err := in.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "reune@demo", Name: "Bruna Reis", PasswordHash: "x", Roles: []desk.Role{desk.Attendant}})
	must(t, err)
	a := flow.User{ID: id, Name: "Bruna Reis", Roles: []desk.Role{desk.Attendant}}.Actor()
	act, err := in.ChooseBulkMove(t.Context(), a, flow.BulkChoice{Numbers: []int64{number}})
	must(t, err)
	must(t, in.PlanBulkMove(t.Context(), a, act, "90", comment))
}

// TestFindPersons: whoever is in the registry is found, also a customer of no unit, whom the one search box has no place for; each
// stands there once.
func TestFindPersons(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		ctx, name := t.Context(), "Zulmira Sem Teto"
		err := s.Write(ctx, func(tx *store.Tx) error {
			var words []db.CustomerWord
			for _, w := range desk.Words(name) {
				words = append(words, db.CustomerWord{Word: w, CustomerID: 900})
			}
			c, many := context.WithoutCancel(ctx), tx.Many()
			return errors.Join(many.PutCustomers(c, []db.Customer{{ID: 900, Name: name, DocumentKey: store.NullText("39053344705")}}), many.PutCustomerWords(c, words))
		})
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]string{"zulmira": name, "390.533.447-05": name, "marina figueiredo": "Marina Figueiredo Prado", "ninguém": "", "": ""} {
			people, more, err := in.FindPersons(ctx, flowtest.Admin(), text, 5)
			var got []string
			for _, p := range people {
				got = append(got, p.Name)
			}
			if err != nil || more || strings.Join(got, "|") != want {
				t.Errorf("%q: %q, more %t, %v", text, got, more, err)
			}
		}
		if people, more, err := in.FindPersons(ctx, flowtest.Admin(), "101", 1); err != nil || len(people) != 1 || !more {
			t.Errorf("one of several: %+v, more %t, %v", people, more, err)
		}
		if found, err := in.Search(ctx, flowtest.Admin(), "zulmira", 5); err != nil || len(found.People) != 0 {
			t.Errorf("an occurrence could be opened for nowhere: %+v, %v", found.People, err)
		}
		if _, _, err := in.FindPersons(ctx, flowtest.Attendant(), "zulmira", 5); codeOf(err) != desk.ErrForbidden {
			t.Errorf("an attendant: %v", err)
		}
	})
}
