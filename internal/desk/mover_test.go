package desk

import "testing"

func TestWhoMayMove(t *testing.T) {
	person := func(roles ...Role) Actor { return Actor{Kind: "usuario", Origin: House, Roles: roles} }
	token := Actor{Kind: "token", Origin: House}
	field := Actor{Kind: "token", Origin: Field}
	for _, c := range []struct {
		name   string
		movers []Mover
		who    Actor
		may    bool
	}{
		{"kept for nobody: an attendant", nil, person(Attendant), true},
		{"kept for nobody: a program", nil, token, true},
		{"kept for managers: an attendant", []Mover{MoverManager}, person(Attendant), false},
		{"kept for managers: a manager", []Mover{MoverManager}, person(Manager), true},
		{"kept for managers: both roles", []Mover{MoverManager}, person(Attendant, Manager), true},
		{"kept for managers: an administrator has every role", []Mover{MoverManager}, person(Admin), true},
		{"kept for managers: a program", []Mover{MoverManager}, token, false},
		{"kept for administrators: a manager", []Mover{MoverAdmin}, person(Manager), false},
		{"kept for programs: a program", []Mover{MoverProgram}, token, true},
		{"kept for programs: an administrator is none", []Mover{MoverProgram}, person(Admin), false},
		{"kept for managers and programs: a program", []Mover{MoverManager, MoverProgram}, token, true},
		{"kept for managers: Mobuss", []Mover{MoverManager}, field, true},
		{"kept for managers: the system", []Mover{MoverManager}, Ponte(), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := twoStatuses()
			k.Statuses[1].Movers = c.movers
			refused := k.CheckMove(c.who, "1", "2")
			if (refused == nil) != c.may {
				t.Errorf("refused: %v", refused)
			}
			if refused != nil && (refused.Code != ErrForbidden || refused.Reason() != "status_restrito") {
				t.Errorf("refused with %v", refused)
			}
		})
	}
}

func TestTheCommentThatAStatusAsksFor(t *testing.T) {
	k := twoStatuses()
	k.Statuses[1].CommentRequired = true
	house, field := Actor{Kind: "usuario", Origin: House}, Actor{Kind: "token", Origin: Field}
	for _, c := range []struct {
		who     Actor
		to      string
		comment string
		fine    bool
	}{
		{house, "2", "Vazou de novo.", true}, {house, "2", "", false}, {house, "2", " \n\t", false}, {house, "1", "", true},
		{Actor{Kind: "token", Origin: House}, "2", "", false}, {field, "2", "", true}, {Ponte(), "2", "", true},
	} {
		e := k.CheckComment(c.who, c.to, c.comment)
		if (e == nil) != c.fine {
			t.Errorf("%s to %s with %q: %v", c.who.Origin, c.to, c.comment, e)
		}
		if e != nil && (len(e.Fields) != 1 || e.Fields[0].Field != "comentario" || e.Fields[0].Code != "exigido_pelo_status") {
			t.Errorf("said as %+v", e)
		}
	}
}

// TestAStatusThatIsGone: what is in it goes on as if it had just begun.
func TestAStatusThatIsGone(t *testing.T) {
	k, who := twoStatuses(), Actor{Kind: "usuario", Origin: House, Roles: []Role{Attendant}}
	for _, to := range []string{"1", "2"} {
		if refused := k.CheckMove(who, "gone", to); refused != nil {
			t.Errorf("to %s: %v", to, refused)
		}
	}
	if k.CheckMove(who, "gone", "9") == nil || k.CheckMove(who, "1", "1") == nil {
		t.Error("a way that the catalogue hasn't")
	}
}

func TestACatalogueThatCantBe(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Catalogue)
		field  string
		code   string
	}{
		"a slash in a code":             {func(k *Catalogue) { k.Statuses[0].Code, k.Initial = "a/b", "a/b" }, "status.a/b", "codigo_de_status_invalido"},
		"a code that is too long":       {func(k *Catalogue) { k.Statuses[1].Code = "123456789012345678901" }, "status.123456789012345678901", "codigo_de_status_invalido"},
		"a mover that nobody is":        {func(k *Catalogue) { k.Statuses[1].Movers = []Mover{"consultor"} }, "status.2.quem_move", "quem_move_desconhecido"},
		"a closing that closes nothing": {func(k *Catalogue) { k.Closed = "2" }, "status_encerrada", "status_nao_encerra"},
		"a beginning that is the end":   {func(k *Catalogue) { k.Initial = "9" }, "status_inicial", "status_ja_encerrado"},
	} {
		t.Run(name, func(t *testing.T) {
			k := twoStatuses()
			k.Statuses = append(k.Statuses, Status{Code: "9", Name: "fim", Kind: KindClosed})
			k.Closed = "9"
			if e := k.Check(); e != nil {
				t.Fatal("before:", e.Fields)
			}
			c.change(k)
			e := k.Check()
			if e == nil {
				t.Fatal("taken")
			}
			for _, f := range e.Fields {
				if f.Field == c.field && f.Code == c.code {
					return
				}
			}
			t.Errorf("said %+v", e.Fields)
		})
	}
}

func twoStatuses() *Catalogue {
	return &Catalogue{Method: NoMethod, Initial: "1", FieldInitial: "1", Types: []string{"a"}, Priorities: []string{"b"}, FirstNumber: 1,
		Statuses: []Status{{Code: "1", Name: "um", Kind: KindNew, Next: []string{"2"}}, {Code: "2", Name: "dois", Kind: KindField}}}
}
