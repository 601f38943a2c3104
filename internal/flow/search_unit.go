package flow

import (
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// byUnit takes each word with a digit for a unit's number, and wants the other words to be its block or
// development, or its people's names.
func (s *search) byUnit() error {
	for i, w := range s.words {
		if !strings.ContainsAny(w, "0123456789") && len(w) > 2 {
			continue
		}
		key := desk.UnitKey(w)
		rest := slices.DeleteFunc(slices.Concat(s.words[:i], s.words[i+1:]), func(w string) bool { return slices.Contains(unitNoise, w) })
		units, err := s.unitsNumbered(key, rest)
		if err != nil {
			return err
		}
		if err := s.unitsWith(units, rest); err != nil {
			return err
		}
	}
	return nil
}

// unitsNumbered are the units with a number. One that very many share ("101") is looked for where the other words say: in the
// developments that they begin, at the people who are called so; and where they say neither, in the first developments.
func (s *search) unitsNumbered(key string, rest []string) ([]store.UnitPlace, error) {
	ids, err := s.q.UnitIDsByKey(s.ctx, db.UnitIDsByKeyParams{NumberKey: key, Most: searchCandidates + 1})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	if len(ids) <= searchCandidates {
		return s.many.UnitPlaces(s.ctx, ids)
	}
	all, err := s.q.AllDevelopments(s.ctx)
	if err != nil {
		return nil, err
	}
	var within, named []int64
	for _, d := range all {
		if !s.actor.MayTouch(d.ID) {
			continue
		}
		within = append(within, d.ID)
		if words := append(desk.Words(d.Name), desk.Plain(d.Code)); slices.ContainsFunc(rest, func(w string) bool { return anyBegins(words, w) }) {
			named = append(named, d.ID)
		}
	}
	units, err := s.unitsOfNamesakes(key, rest)
	if err != nil {
		return nil, err
	}
	if len(named) > 0 {
		within = named
	}
	others, err := s.many.UnitsNumbered(s.ctx, key, within, numberedAlike+1)
	if len(units) == 0 {
		s.full(len(others), numberedAlike+1)
	}
	return append(units, others[:min(len(others), numberedAlike)]...), err
}

// numberedAlike is how many units are looked at of those that share a number with very many.
const numberedAlike = 200

// unitsOfNamesakes are the units with a number of whoever has one of the words in their name that few have.
func (s *search) unitsOfNamesakes(key string, words []string) ([]store.UnitPlace, error) {
	var ids []int64
	for _, w := range words {
		rows, err := s.withWord(w, rareWord+1)
		if err != nil {
			return nil, err
		}
		if len(rows) <= rareWord {
			ids = append(ids, rows...)
		}
	}
	slices.Sort(ids)
	return s.many.UnitsOfCustomers(s.ctx, key, slices.Compact(ids))
}

// unitsWith adds the people of units whose place or whose own names the other words begin. A number alone is that of very many
// units, so their people are read together.
func (s *search) unitsWith(units []store.UnitPlace, rest []string) error {
	ids := make([]int64, len(units))
	for i, u := range units {
		ids[i] = u.ID
	}
	people, err := s.peopleOfAll(ids)
	if err != nil {
		return err
	}
	wanted := make([][]string, len(units)) // of the people, because the place does not say it
	var asked []int64
	for i, u := range units {
		place := append(desk.Words(u.DevelopmentName), desk.Plain(u.DevelopmentCode), desk.Plain(u.BlockCode))
		wanted[i] = slices.DeleteFunc(slices.Clone(rest), func(w string) bool { return anyBegins(place, w) })
		if len(wanted[i]) > 0 {
			asked = append(asked, people[u.ID]...)
		}
	}
	names, err := s.namesOf(asked)
	if err != nil {
		return err
	}
	for i, u := range units {
		for _, customer := range people[u.ID] {
			if !slices.ContainsFunc(wanted[i], func(w string) bool { return !anyBegins(names[customer], w) }) {
				s.add(u.ID, customer)
			}
		}
	}
	return nil
}
