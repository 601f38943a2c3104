package flow

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// Operation is a webservice's operation as far as the use cases need to know it: what it is called and what it can
// answer. The webservices supply them; here nobody knows what they do.
type Operation struct {
	Name    string
	Summary string // in Portuguese
	Reads   bool
	// Fields are the names of what it answers, dotted inside objects and lists.
	Fields []string
	// Always are the fields that no profile can take away.
	Always []string
}

func (f *Flow) operation(name string) (Operation, bool) {
	i := slices.IndexFunc(f.Operations, func(o Operation) bool { return o.Name == name })
	if i < 0 {
		return Operation{}, false
	}
	return f.Operations[i], true
}

// Forms of an answer, the preset's first.
var Forms = []string{"json", "text", "xml"}

// Profile is how an operation answers an integration (S10).
type Profile struct {
	Operation   string
	Integration string // empty: every one without a profile of its own
	// Fields are names of the operation's; an object's name means all of it. Empty: everything.
	Fields []string
	Form   string
	// AlwaysOK answers 200 also where something new was made.
	AlwaysOK bool
}

// Preset is how an operation answers where nobody chose otherwise: a write the number alone, which is the only field
// that it has to give, a read everything.
func Preset(operation, integration string) Profile {
	return Profile{Operation: operation, Integration: integration, Form: Forms[0]}
}

// Profile answers the profile that holds for an integration's call. A change holds from the next call on in the process
// in which it was made, and within profilesAge in the others.
func (f *Flow) Profile(ctx context.Context, operation, integration string) (Profile, error) {
	chosen, err := f.answers.read(f.Now(), func() ([]Profile, error) { return f.Profiles(ctx) })
	if err != nil {
		return Profile{}, err
	}
	for _, of := range []string{integration, ""} {
		if p, ok := chosen[answerKey{operation, of}]; ok {
			return p, nil
		}
	}
	return Preset(operation, integration), nil
}

// profilesAge is how long what was chosen is believed without looking again.
const profilesAge = 2 * time.Second

type answerKey struct{ operation, integration string }

// answers remembers what was chosen, because every call asks for it and hardly anybody ever changes it: a read of
// the database would be a tenth of a call's cost, and a round trip more on PostgreSQL.
type answers struct {
	mu     sync.Mutex
	chosen map[answerKey]Profile // nil: not known
	at     time.Time
	turn   int // counts what was forgotten, so that a read that began before doesn't bring it back
}

func (a *answers) read(now time.Time, ask func() ([]Profile, error)) (map[answerKey]Profile, error) {
	a.mu.Lock()
	chosen, age, turn := a.chosen, now.Sub(a.at), a.turn
	a.mu.Unlock()
	if chosen != nil && age >= 0 && age < profilesAge {
		return chosen, nil
	}
	all, err := ask()
	if err != nil {
		return nil, err
	}
	chosen = make(map[answerKey]Profile, len(all))
	for _, p := range all {
		chosen[answerKey{p.Operation, p.Integration}] = p
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if turn == a.turn {
		a.chosen, a.at = chosen, now
	}
	return chosen, nil
}

func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.chosen, a.turn = nil, a.turn+1
}

func profile(r db.ResponseProfile) Profile {
	return Profile{Operation: r.Operation, Integration: r.Integration, Fields: strings.Fields(r.Fields), Form: r.Form, AlwaysOK: r.AlwaysOk}
}

// Profiles lists those that somebody chose.
func (f *Flow) Profiles(ctx context.Context) ([]Profile, error) {
	rows, err := f.Store.Read().ResponseProfiles(ctx)
	out := make([]Profile, len(rows))
	for i, r := range rows {
		out[i] = profile(r)
	}
	return out, err
}

// CheckProfile answers the profile as it would be kept: fields in the operation's order, those that are always there
// among them, none where all are meant. Unknown operations, fields and forms are refused by name.
func (f *Flow) CheckProfile(p Profile) (Profile, error) {
	op, known := f.operation(p.Operation)
	if !known {
		return p, desk.BadField("operacao", "operacao_desconhecida", "nome", p.Operation)
	}
	e := desk.Fail(desk.ErrParameter)
	bad := func(field, code, name string) {
		e.Fields = append(e.Fields, desk.FieldError{Field: field, Code: code, Args: map[string]any{"nome": name}})
	}
	if p.Form == "" {
		p.Form = Forms[0]
	}
	if !slices.Contains(Forms, p.Form) {
		bad("forma", "forma_desconhecida", p.Form)
	}
	for _, name := range p.Fields {
		if !slices.Contains(op.Fields, name) {
			bad("campos", "campo_fora_da_resposta", name)
		}
	}
	if len(e.Fields) > 0 {
		return p, e
	}
	p.Integration = strings.TrimSpace(p.Integration)
	p.Fields = op.keep(p.Fields)
	return p, nil
}

// keep is the canonical list: an object of which everything is kept is named itself, and nothing inside it.
func (o Operation) keep(fields []string) []string {
	if len(fields) == 0 {
		return nil
	}
	kept, all := o.within("", fields)
	if all {
		return nil
	}
	return kept
}

// within keeps the fields directly inside a parent, and says whether that is all of them.
func (o Operation) within(parent string, fields []string) (kept []string, all bool) {
	all = true
	for _, name := range o.Fields {
		rest, inside := strings.CutPrefix(name, parent)
		if !inside || strings.Contains(rest, ".") {
			continue
		}
		whole := slices.Contains(fields, name) || slices.Contains(o.Always, name)
		var part []string
		if !whole && o.holds(name) {
			part, whole = o.within(name+".", fields)
		}
		if whole {
			part = []string{name}
		}
		kept, all = append(kept, part...), all && whole
	}
	return kept, all
}

// holds says whether a field has fields inside.
func (o Operation) holds(name string) bool {
	return slices.ContainsFunc(o.Fields, func(f string) bool { return strings.HasPrefix(f, name+".") })
}

// Leaves are the fields that hold no others: those that a person ticks.
func (o Operation) Leaves() []string {
	return slices.DeleteFunc(slices.Clone(o.Fields), o.holds)
}

// Answers says whether a field that holds no others is answered under the profile.
func (p Profile) Answers(leaf string) bool {
	return len(p.Fields) == 0 || slices.ContainsFunc(p.Fields, func(f string) bool { return f == leaf || strings.HasPrefix(leaf, f+".") })
}

// SetProfile chooses how an operation answers.
func (f *Flow) SetProfile(ctx context.Context, a desk.Actor, p Profile) error {
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Admin, desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		p, err := f.CheckProfile(p)
		if err != nil {
			return err
		}
		err = w.UpsertResponseProfile(w.ctx, db.UpsertResponseProfileParams{Operation: p.Operation, Integration: p.Integration,
			Fields: strings.Join(p.Fields, " "), Form: p.Form, AlwaysOk: p.AlwaysOK})
		if err != nil {
			return err
		}
		w.AfterCommit(f.answers.forget)
		return w.audit(a, "resposta.configurar", p.subject(), map[string]any{"campos": p.Fields, "forma": p.Form, "sempre_200": p.AlwaysOK})
	})
}

// DropProfile goes back to what holds without it: the profile of all integrations, or the preset. Where there is
// none, nothing happens.
func (f *Flow) DropProfile(ctx context.Context, a desk.Actor, operation, integration string) error {
	return f.write(ctx, func(w *work) error {
		if !a.Has(desk.Admin, desk.Consultant) {
			return desk.Fail(desk.ErrForbidden)
		}
		n, err := w.DeleteResponseProfile(w.ctx, db.DeleteResponseProfileParams{Operation: operation, Integration: integration})
		if err != nil || n == 0 {
			return err
		}
		w.AfterCommit(f.answers.forget)
		return w.audit(a, "resposta.padrao", Profile{Operation: operation, Integration: integration}.subject(), nil)
	})
}

func (p Profile) subject() string { return "resposta:" + p.Operation + ":" + p.Integration }
