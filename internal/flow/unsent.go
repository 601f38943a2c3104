package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Unsent is what a person wrote in a form and has not sent. It is kept with their account, sealed, and not in the browser:
// others sit at the same machine, and what is written names people. It goes when the form is sent or thrown away, with the
// customer's erasure, and after KeepUnsent days.
type Unsent struct {
	Place  UnsentPlace
	At     time.Time
	Fields map[string]string
}

// KeepUnsent is for how many days.
const KeepUnsent = 7

// UnsentPlace is the form that it was written in.
type UnsentPlace string

// AtNew is the form for an occurrence of a customer at a unit; AtOccurrence is an occurrence's composer.
func AtNew(unit, customer int64) UnsentPlace {
	return UnsentPlace(fmt.Sprintf("nova:%d:%d", unit, customer))
}

func AtOccurrence(number int64) UnsentPlace { return UnsentPlace(fmt.Sprintf("ocorrencia:%d", number)) }

// unsentFields are those of each form that are kept; the first of them are what somebody wrote by themselves: without any
// of these there is nothing to keep.
var unsentFields = map[string]struct {
	written int
	names   []string
}{
	"nova":       {3, []string{"descricao", "assunto", "local", "nome_solicitante", "telefone_solicitante", "relacao", "emergencia", "item", "falha"}},
	"ocorrencia": {1, []string{"comentario", "interno"}},
}

// maxUnsent is how much of a field is kept, in characters: what may be sent, and a little more, so that somebody who wrote
// too much doesn't lose it.
const maxUnsent = 8000

// Split answers which form it is, and the ids in it.
func (p UnsentPlace) Split() (form string, ids []int64, ok bool) {
	parts := strings.Split(string(p), ":")
	for _, text := range parts[1:] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != text {
			return "", nil, false
		}
		ids = append(ids, n)
	}
	want := map[string]int{"nova": 2, "ocorrencia": 1}[parts[0]]
	return parts[0], ids, want > 0 && len(ids) == want
}

// KeepWriting keeps what is in a form now; a form in which nothing is written is forgotten.
func (f *Flow) KeepWriting(ctx context.Context, a desk.Actor, place UnsentPlace, field func(string) string) error {
	form, _, ok := place.Split()
	user, known := writer(a)
	if !known {
		return desk.Fail(desk.ErrForbidden)
	}
	if !ok {
		return desk.Fail(desk.ErrRoute)
	}
	customer, err := f.unsentAbout(ctx, a, place)
	if err != nil {
		return err
	}
	fields, written := map[string]string{}, false
	for i, name := range unsentFields[form].names {
		text := strings.ToValidUTF8(field(name), "")
		if utf8.RuneCountInString(text) > maxUnsent {
			text = string([]rune(text)[:maxUnsent])
		}
		fields[name] = text
		written = written || i < unsentFields[form].written && strings.TrimSpace(text) != ""
	}
	if !written {
		return f.DropWriting(ctx, a, place)
	}
	plain, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		ctx := context.WithoutCancel(ctx)
		return tx.PutUnsent(ctx, db.PutUnsentParams{UserID: user, Place: string(place), CustomerID: customer,
			Body: f.Keys.Seal(unsentSeal(user, place), plain), At: f.Now().UnixMilli()})
	})
}

func unsentSeal(user int64, place UnsentPlace) string {
	return fmt.Sprintf("unsent.body:%d/%s", user, place)
}

// writer is the user who writes: a person with an account who may open and move.
func writer(a desk.Actor) (int64, bool) {
	id, err := strconv.ParseInt(a.ID, 10, 64)
	return id, err == nil && a.Kind == "usuario" && a.Has(desk.Attendant, desk.Manager)
}

// unsentAbout answers whose data it is about, where the actor may write there at all.
func (f *Flow) unsentAbout(ctx context.Context, a desk.Actor, place UnsentPlace) (customer int64, err error) {
	form, ids, _ := place.Split()
	if form == "nova" {
		found, err := f.Chosen(ctx, a, ids[0], ids[1])
		return found.CustomerID, err
	}
	o, err := f.Store.Read().OccurrenceByNumber(ctx, ids[0])
	if store.NoRows(err) || err == nil && !visible(a, o) {
		return 0, desk.Fail(desk.ErrNotFound, "numero", ids[0])
	}
	return o.CustomerID, err
}

// Written answers what the actor wrote in a form and has not sent; nil: nothing.
func (f *Flow) Written(ctx context.Context, a desk.Actor, place UnsentPlace) (*Unsent, error) {
	user, known := writer(a)
	if !known {
		return nil, nil
	}
	row, err := f.Store.Read().Unsent(ctx, db.UnsentParams{UserID: user, Place: string(place)})
	if store.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	plain, err := f.Keys.Open(unsentSeal(user, place), row.Body)
	if err != nil { // its key is gone: no reason to withhold the page that it would stand on
		f.Log.WarnContext(ctx, "what somebody wrote and did not send can't be read", "place", place, "error", err)
		return nil, nil
	}
	u := &Unsent{Place: place, At: fromMillis(row.At)}
	return u, json.Unmarshal(plain, &u.Fields)
}

// UnsentNew is what the actor began to open and has not sent, the latest first, with who and where.
type UnsentNew struct {
	Found
	At time.Time
}

// BegunOccurrences answers them; what the actor may see no longer is left out.
func (f *Flow) BegunOccurrences(ctx context.Context, a desk.Actor) (out []UnsentNew, err error) {
	user, known := writer(a)
	if !known {
		return nil, nil
	}
	rows, err := f.Store.Read().UnsentOf(ctx, db.UnsentOfParams{UserID: user, Since: "nova:", Until: above("nova:")})
	for _, row := range rows {
		_, ids, ok := UnsentPlace(row.Place).Split()
		if !ok {
			continue
		}
		found, err := f.Chosen(ctx, a, ids[0], ids[1])
		if err == nil {
			out = append(out, UnsentNew{found, fromMillis(row.At)})
		}
	}
	return slices.Clip(out), err
}

// DropWriting forgets what the actor wrote there: it was sent, or thrown away.
func (f *Flow) DropWriting(ctx context.Context, a desk.Actor, place UnsentPlace) error {
	user, known := writer(a)
	if !known {
		return desk.Fail(desk.ErrForbidden)
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.DropUnsent(context.WithoutCancel(ctx), db.DropUnsentParams{UserID: user, Place: string(place)})
	})
}

// ForgetUnsent drops what nobody came back for.
func (f *Flow) ForgetUnsent(ctx context.Context, days int) (erased int64, err error) {
	return f.forget(ctx, days, KeepUnsent, forgetChunk, func(ctx context.Context, tx *store.Tx, before int64) (int64, error) {
		_, err := tx.ForgetUnsent(ctx, before)
		return 0, err // all of them at once: they are few
	})
}
