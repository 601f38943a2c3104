package flow

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// SavedView is a question to the list that somebody gave a name. What it shows is each reader's own: it is asked anew,
// with the rights of who asks.
type SavedView struct {
	ID     int64
	Name   string
	Query  string // as it stands in the list's URL, in its canonical form
	Shared bool   // the house's, for everybody; else it is nobody's but who reads it
	Start  bool   // where who reads it begins

	key   string
	place int64
}

// Limits of saved views: what a menu can hold, and a URL.
const (
	MaxViewName   = 60 // characters
	maxViewQuery  = 2000
	maxOwnViews   = 30
	maxHouseViews = 50
)

// MayShareViews says whether the actor keeps the views that everybody sees: those who answer for how the desk works.
func MayShareViews(a desk.Actor) bool { return a.Kind == "usuario" && a.Has(desk.Manager) }

// viewer is the account that has views: a person's.
func viewer(a desk.Actor) (int64, error) {
	id, err := strconv.ParseInt(a.ID, 10, 64)
	if err != nil || a.Kind != "usuario" {
		return 0, desk.Fail(desk.ErrForbidden)
	}
	return id, nil
}

// SavedViews answers the actor's own in their order, then the house's in theirs.
func (f *Flow) SavedViews(ctx context.Context, a desk.Actor) ([]SavedView, error) {
	user, err := viewer(a)
	if err != nil {
		return nil, nil //nolint:nilerr // who has no account has no views
	}
	return savedViews(ctx, f.Store.Read(), user)
}

func savedViews(ctx context.Context, q *db.Queries, user int64) (out []SavedView, err error) {
	own, err := q.OwnViews(ctx, user)
	if err != nil {
		return nil, err
	}
	for _, v := range own {
		out = append(out, SavedView{ID: v.ID, Name: v.Name, Query: v.Query, key: v.NameKey, place: v.Place})
	}
	shared, err := q.SharedViews(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range shared {
		out = append(out, SavedView{ID: v.ID, Name: v.Name, Query: v.Query, Shared: true, key: v.NameKey, place: v.Place})
	}
	start, err := q.StartView(ctx, user)
	for i := range out {
		out[i].Start = slices.Contains(start, out[i].ID)
	}
	return out, err
}

// viewWork is a transaction over somebody's views.
type viewWork struct {
	*work
	actor desk.Actor
	user  int64
	all   []SavedView
}

func (f *Flow) onViews(ctx context.Context, a desk.Actor, do func(*viewWork) error) error {
	user, err := viewer(a)
	if err != nil {
		return err
	}
	return f.write(ctx, func(w *work) error {
		all, err := savedViews(w.ctx, w.Queries, user)
		if err != nil {
			return err
		}
		return do(&viewWork{w, a, user, all})
	})
}

// onView does something to one that the actor sees; with change, to one that the actor may change.
func (f *Flow) onView(ctx context.Context, a desk.Actor, id int64, change bool, do func(*viewWork, SavedView) error) error {
	return f.onViews(ctx, a, func(w *viewWork) error {
		i := slices.IndexFunc(w.all, func(v SavedView) bool { return v.ID == id })
		if i < 0 {
			return desk.Fail(desk.ErrRoute)
		}
		if change && w.all[i].Shared && !MayShareViews(a) {
			return desk.Fail(desk.ErrForbidden)
		}
		held, err := w.HoldView(w.ctx, id)
		if err != nil {
			return err
		}
		if len(held) == 0 { // somebody took it away just now
			return desk.Fail(desk.ErrRoute)
		}
		return do(w, w.all[i])
	})
}

// SaveView keeps a question under a name and answers its id.
func (f *Flow) SaveView(ctx context.Context, a desk.Actor, v SavedView) (id int64, err error) {
	err = f.onViews(ctx, a, func(w *viewWork) error {
		if v.Shared && !MayShareViews(a) {
			return desk.Fail(desk.ErrForbidden)
		}
		if err := w.fits(&v, 0); err != nil {
			return err
		}
		owner := store.Null(w.user)
		owner.Valid = !v.Shared
		id, err = w.InsertView(w.ctx, db.InsertViewParams{UserID: owner, Name: v.Name, NameKey: v.key, Query: v.Query,
			Place: w.last(v.Shared) + 1, ChangedAt: w.now.UnixMilli(), ChangedBy: a.Name})
		if store.Taken(err) {
			return desk.BadField("nome", "visao_ja_existe")
		}
		if err != nil {
			return err
		}
		v.ID = id
		if v.Start {
			if err := w.PutStartView(w.ctx, db.PutStartViewParams{UserID: w.user, ViewID: id}); err != nil {
				return err
			}
		}
		return w.told("ocorrencia.visao.criar", v)
	})
	return id, err
}

// RenameView gives one another name.
func (f *Flow) RenameView(ctx context.Context, a desk.Actor, id int64, name string) error {
	return f.onView(ctx, a, id, true, func(w *viewWork, v SavedView) error {
		v.Name = name
		return w.change("ocorrencia.visao.renomear", v)
	})
}

// ReplaceView makes one ask something else.
func (f *Flow) ReplaceView(ctx context.Context, a desk.Actor, id int64, query string) error {
	return f.onView(ctx, a, id, true, func(w *viewWork, v SavedView) error {
		v.Query = query
		return w.change("ocorrencia.visao.trocar", v)
	})
}

// ShareView gives one's own to the house, or takes one of the house's as one's own.
func (f *Flow) ShareView(ctx context.Context, a desk.Actor, id int64, shared bool) error {
	if !MayShareViews(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	return f.onView(ctx, a, id, true, func(w *viewWork, v SavedView) error {
		if v.Shared == shared {
			return nil
		}
		last := w.last(shared)
		v.Shared = shared
		action := "ocorrencia.visao.compartilhar"
		if !shared {
			action = "ocorrencia.visao.recolher"
			if err := w.LeaveView(w.ctx, db.LeaveViewParams{View: id, But: w.user}); err != nil {
				return err
			}
		}
		if err := w.change(action, v); err != nil {
			return err
		}
		return w.PlaceView(w.ctx, db.PlaceViewParams{ID: id, Place: last + 1})
	})
}

// MoveView moves one a place up or down among those that stand with it.
func (f *Flow) MoveView(ctx context.Context, a desk.Actor, id int64, up bool) error {
	return f.onView(ctx, a, id, true, func(w *viewWork, v SavedView) error {
		all := slices.DeleteFunc(slices.Clone(w.all), func(x SavedView) bool { return x.Shared != v.Shared })
		i := slices.IndexFunc(all, func(x SavedView) bool { return x.ID == id })
		to := i + 1
		if up {
			to = i - 1
		}
		if to < 0 || to >= len(all) {
			return nil
		}
		all[i], all[to] = all[to], all[i]
		for place, x := range all {
			if err := w.PlaceView(w.ctx, db.PlaceViewParams{ID: x.ID, Place: int64(place) + 1}); err != nil {
				return err
			}
		}
		return w.told("ocorrencia.visao.ordenar", v)
	})
}

// StartView makes one the place where the actor begins, or no longer.
func (f *Flow) StartView(ctx context.Context, a desk.Actor, id int64, on bool) error {
	return f.onView(ctx, a, id, false, func(w *viewWork, v SavedView) error {
		if on {
			return w.PutStartView(w.ctx, db.PutStartViewParams{UserID: w.user, ViewID: id})
		}
		if !v.Start {
			return nil
		}
		return w.DropStartView(w.ctx, w.user)
	})
}

// DropView takes one away; who began there begins with the open ones again.
func (f *Flow) DropView(ctx context.Context, a desk.Actor, id int64) error {
	return f.onView(ctx, a, id, true, func(w *viewWork, v SavedView) error {
		if err := w.LeaveView(w.ctx, db.LeaveViewParams{View: id}); err != nil {
			return err
		}
		if err := w.Queries.DropView(w.ctx, id); err != nil {
			return err
		}
		return w.told("ocorrencia.visao.apagar", v)
	})
}

// change writes one that is there already.
func (w *viewWork) change(action string, v SavedView) error {
	if err := w.fits(&v, v.ID); err != nil {
		return err
	}
	owner := store.Null(w.user)
	owner.Valid = !v.Shared
	err := w.Queries.ChangeView(w.ctx, db.ChangeViewParams{ID: v.ID, UserID: owner, Name: v.Name, NameKey: v.key, Query: v.Query,
		ChangedAt: w.now.UnixMilli(), ChangedBy: w.actor.Name})
	if store.Taken(err) {
		return desk.BadField("nome", "visao_ja_existe")
	}
	if err != nil || !v.Shared && !w.wasShared(v) {
		return err
	}
	return w.tell(action, v)
}

func (w *viewWork) wasShared(v SavedView) bool {
	return slices.ContainsFunc(w.all, func(x SavedView) bool { return x.ID == v.ID && x.Shared })
}

// told audits what concerns others; one's own views are one's own business.
func (w *viewWork) told(action string, v SavedView) error {
	if !v.Shared {
		return nil
	}
	return w.tell(action, v)
}

// tell keeps no more than which view it was: what people search for names people.
func (w *viewWork) tell(action string, v SavedView) error {
	return w.audit(w.actor, action, "visao:"+itoa(v.ID), nil)
}

// fits checks a view as it is about to be; but is itself among the others.
func (w *viewWork) fits(v *SavedView, but int64) error {
	v.Name = strings.Join(strings.Fields(v.Name), " ")
	switch {
	case v.Name == "":
		return desk.BadField("nome", "obrigatorio")
	case utf8.RuneCountInString(v.Name) > MaxViewName:
		return desk.BadField("nome", "grande_demais", "maximo", MaxViewName)
	case !utf8.ValidString(v.Name) || strings.ContainsFunc(v.Name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		return desk.BadField("nome", "visao_nome")
	case desk.NamesDocument(v.Name):
		return desk.BadField("nome", "visao_documento")
	case v.Query == "" || len(v.Query) > maxViewQuery:
		return desk.BadField("consulta", "visao_grande_demais")
	}
	if v.key = strings.Join(desk.Words(v.Name), " "); v.key == "" {
		v.key = v.Name
	}
	return w.findsRoom(*v, but)
}

// findsRoom: no two that stand together have one name, and nobody takes the name of one that they see. One that the house took
// later leaves those that people had before alone.
func (w *viewWork) findsRoom(v SavedView, but int64) error {
	beside, most, named := 0, maxOwnViews, false
	if v.Shared {
		most = maxHouseViews
	}
	for _, x := range w.all {
		if x.ID == but {
			named = x.key == v.key
		}
	}
	for _, x := range w.all {
		if x.ID == but {
			continue
		}
		if x.Shared == v.Shared {
			beside++
		}
		if x.key == v.key && (x.Shared == v.Shared || !named) {
			return desk.BadField("nome", "visao_ja_existe")
		}
	}
	if beside >= most {
		return desk.BadField("nome", "visoes_demais", "maximo", most)
	}
	return nil
}

// last is the place of the last of one's own, or of the house's.
func (w *viewWork) last(shared bool) int64 {
	place := int64(0)
	for _, x := range w.all {
		if x.Shared == shared {
			place = max(place, x.place)
		}
	}
	return place
}

// dropOwnViews takes away what an account that is closed had for itself; what it gave to the house stays.
func dropOwnViews(ctx context.Context, tx *store.Tx, user int64) error {
	if err := tx.DropStartView(ctx, user); err != nil {
		return err
	}
	return tx.DropOwnViews(ctx, user)
}
