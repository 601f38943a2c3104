package store

import (
	"context"
	"fmt"
	"strings"

	"ponte/internal/store/db"
)

// Term is what the index of words is asked for: a token, or all those that begin with it.
type Term struct {
	Text   string
	Prefix bool
}

// SearchQuery asks the index: every group has to be met, each by one of its terms. The newest occurrences come first.
type SearchQuery struct {
	All   [][]Term
	Below int64 // ids under this one
	Most  int
}

// Indexed is an occurrence as the index has it: tokens of letters, digits and the low line, none twice. Words are those of
// them that people look for by their beginning.
type Indexed struct {
	ID            int64
	Tokens, Words []string
}

// PutSearch indexes occurrences anew. Many at a time: each transaction costs the index about as much as a hundred rows.
func (tx *Tx) PutSearch(ctx context.Context, rows []Indexed) error {
	words := map[string]bool{}
	for _, r := range rows {
		for _, w := range r.Words {
			words[w] = true
		}
		var err error
		if tx.dialect == Postgres {
			_, err = tx.raw.ExecContext(ctx, "INSERT INTO search (id, tokens) VALUES ($1, array_to_tsvector(string_to_array($2, ' '))) ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens",
				r.ID, strings.Join(r.Tokens, " "))
		} else if err = tx.ForgetSearch(ctx, r.ID); err == nil {
			_, err = tx.raw.ExecContext(ctx, "INSERT INTO search (rowid, tokens) VALUES ($1, $2)", r.ID, strings.Join(r.Tokens, " "))
		}
		if err != nil {
			return fmt.Errorf("index %d: %w", r.ID, err)
		}
	}
	args := make([]any, 0, len(words))
	for w := range words {
		args = append(args, w)
	}
	return tx.Many().put(ctx, 1, args, "INSERT INTO search_word (word) VALUES ", " ON CONFLICT DO NOTHING")
}

// ForgetSearch takes an occurrence out of the index.
func (tx *Tx) ForgetSearch(ctx context.Context, id int64) error {
	query := "DELETE FROM search WHERE rowid = $1"
	if tx.dialect == Postgres {
		query = "DELETE FROM search WHERE id = $1"
	}
	_, err := tx.raw.ExecContext(ctx, query, id)
	return err
}

// purgePages is how much of the index a step of a purge writes anew.
const purgePages = 250

// PurgeSearch writes a part of the index anew, so that what was taken out of it leaves its pages, and says whether there
// is more. PostgreSQL does so by itself.
func (tx *Tx) PurgeSearch(ctx context.Context, first bool) (more bool, err error) {
	if tx.dialect == Postgres {
		return false, nil
	}
	pages := purgePages
	if first { // a negative number begins: it takes all that is there together
		pages = -pages
	}
	before, err := tx.changes(ctx)
	if err != nil {
		return false, err
	}
	if _, err := tx.raw.ExecContext(ctx, "INSERT INTO search (search, rank) VALUES ('merge', $1)", pages); err != nil {
		return false, err
	}
	after, err := tx.changes(ctx)
	return after-before >= 2, err // so its documentation
}

func (tx *Tx) changes(ctx context.Context) (n int64, err error) {
	return n, tx.raw.QueryRowContext(ctx, "SELECT total_changes()").Scan(&n)
}

// Found answers the ids that the index has for a question, newest first.
func (s *Store) Found(ctx context.Context, q SearchQuery) ([]int64, error) {
	return found(ctx, s.readers, s.dialect, q)
}

// Finds says whether the index has any occurrence at all that one of some terms meets.
func (s *Store) Finds(ctx context.Context, terms ...Term) (bool, error) {
	query, asked := findsSQLite, matchSQLite([][]Term{terms})
	if s.dialect == Postgres {
		query, asked = findsPostgres, matchPostgres([][]Term{terms})
	}
	var id int64
	err := s.readers.QueryRowContext(ctx, query, asked).Scan(&id)
	if NoRows(err) {
		return false, nil
	}
	return err == nil, err
}

func found(ctx context.Context, raw db.DBTX, d Dialect, q SearchQuery) (ids []int64, err error) {
	query, asked := foundSQLite, matchSQLite(q.All)
	if d == Postgres {
		query, asked = foundPostgres, matchPostgres(q.All)
	}
	rows, err := raw.QueryContext(ctx, query, asked, q.Below, q.Most)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

const (
	foundSQLite   = `SELECT rowid FROM search WHERE search MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3`
	foundPostgres = `SELECT id FROM search WHERE tokens @@ CAST(CAST($1 AS TEXT) AS tsquery) AND id < $2 ORDER BY id DESC LIMIT $3`

	findsSQLite   = `SELECT rowid FROM search WHERE search MATCH $1 LIMIT 1`
	findsPostgres = `SELECT id FROM search WHERE tokens @@ CAST(CAST($1 AS TEXT) AS tsquery) LIMIT 1`
)

func matchSQLite(all [][]Term) string {
	return match(all, " AND ", " OR ", func(t Term) string {
		text := `"` + strings.ReplaceAll(t.Text, `"`, `""`) + `"`
		if t.Prefix {
			text += " *"
		}
		return text
	})
}

func matchPostgres(all [][]Term) string {
	return match(all, " & ", " | ", func(t Term) string {
		text := "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(t.Text) + "'"
		if t.Prefix {
			text += ":*"
		}
		return text
	})
}

func match(all [][]Term, and, or string, one func(Term) string) string {
	groups := make([]string, len(all))
	for i, group := range all {
		terms := make([]string, len(group))
		for j, t := range group {
			terms[j] = one(t)
		}
		groups[i] = "(" + strings.Join(terms, or) + ")"
	}
	return strings.Join(groups, and)
}
