package flow

import (
	"cmp"
	"maps"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// particles stand in so many names that they tell nobody apart.
var particles = []string{"DE", "DA", "DO", "DAS", "DOS", "E"}

const (
	// wordSteps bounds the walk over the words that begin as one does, in search of one that is a typo away.
	wordSteps = 300
	maxNames  = 6 // words of a name that are looked up
)

// byName finds customers whose names have all the words that the call's has, in any order, one of them perhaps
// mistyped. Words that hundreds share are held against the names that the others found.
func (m *matcher) byName() error {
	words := slices.DeleteFunc(desk.Words(m.in["nome_cliente"]), func(w string) bool { return slices.Contains(particles, w) })
	if len(words) < 2 || len(words) > maxNames {
		return nil // one word alone is nobody's name
	}
	count := map[int64]int{}
	for _, w := range words {
		ids, err := m.named(w)
		if err != nil {
			return err
		}
		for _, id := range ids {
			count[id]++
		}
	}
	for _, c := range m.customers { // and those that something else speaks for
		count[c.id]++
	}
	ids := slices.SortedFunc(maps.Keys(count), func(a, b int64) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	for _, id := range ids[:min(len(ids), 2*nearCustomers)] {
		c, err := m.customer(id)
		if err != nil {
			return err
		}
		switch all, typos := sameName(words, desk.Words(c.Name)); {
		case all && typos == 0:
			m.customers.add(id, pointsName, desk.Because("perto_nome"))
		case all && typos == 1:
			m.customers.add(id, pointsNameTypo, desk.Because("perto_nome_errado"))
		}
	}
	return nil
}

// named are the customers with a word in their names, or where nobody has it, with one that is a typo away. A word
// of more than nearRows customers finds none: it tells too little.
func (m *matcher) named(word string) ([]int64, error) {
	ids, err := m.withWord(word)
	if err != nil || len(ids) > 0 || len(word) < 4 {
		return ids, err
	}
	prefix := string([]rune(word)[:2])
	at := prefix
	for range wordSteps {
		next, err := m.q.NextWord(m.ctx, db.NextWordParams{After: at, Below: above(prefix)})
		if store.NoRows(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		if desk.OneTypo(word, next) {
			more, err := m.withWord(next)
			if err != nil {
				return nil, err
			}
			ids = append(ids, more...)
		}
		at = next
	}
	return ids, nil
}

func (m *matcher) withWord(word string) ([]int64, error) {
	ids, err := m.q.CustomersByWord(m.ctx, db.CustomersByWordParams{FromWord: word, ToWord: word + " ", Most: nearRows + 1})
	if len(ids) > nearRows {
		ids = nil
	}
	return ids, err
}

// sameName says whether every word of one name is in another, and how many of them only with a typo.
func sameName(words, name []string) (all bool, typos int) {
	for _, w := range words {
		if slices.Contains(name, w) {
			continue
		}
		if !slices.ContainsFunc(name, func(n string) bool { return len(w) > 3 && desk.OneTypo(w, n) }) {
			return false, typos
		}
		typos++
	}
	return true, typos
}
