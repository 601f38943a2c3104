package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// SealedColumn is a column whose values are sealed, and where they are sealed for.
type SealedColumn struct {
	Table, Column string
	Key           []string // the primary key's columns
	Place         string   // for fmt, such as "attempt.exchange:%v/%v"
	PlaceOf       []string // the columns that fill it
}

// SealedValue is one of them.
type SealedValue struct {
	Key   []any
	Place string
	Value []byte
}

// SealedAfter answers up to limit values of a column that do not begin with prefix, in the order of the key, after a key;
// nil begins.
func (s *Store) SealedAfter(ctx context.Context, c SealedColumn, prefix []byte, after []any, limit int) (out []SealedValue, err error) {
	args := append([]any{prefix, limit}, after...)
	where := ""
	if len(after) > 0 {
		marks := make([]string, len(after))
		for i := range after {
			marks[i] = fmt.Sprintf("$%d", i+3)
		}
		where = fmt.Sprintf(" AND (%s) > (%s)", strings.Join(c.Key, ", "), strings.Join(marks, ", "))
	}
	key := strings.Join(c.Key, ", ")
	columns := strings.Join(append(append([]string{}, c.Key...), c.PlaceOf...), ", ")
	query := fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s IS NOT NULL AND SUBSTR(%s, 1, 5) <> $1%s ORDER BY %s LIMIT CAST($2 AS BIGINT)",
		columns, c.Column, c.Table, c.Column, c.Column, where, key)
	rows, err := s.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		v, err := c.scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func (c SealedColumn) scan(rows *sql.Rows) (v SealedValue, err error) {
	v.Key = make([]any, len(c.Key))
	place := make([]any, len(c.PlaceOf))
	var into []any
	for i := range v.Key {
		into = append(into, &v.Key[i])
	}
	for i := range place {
		into = append(into, &place[i])
	}
	if err := rows.Scan(append(into, &v.Value)...); err != nil {
		return v, err
	}
	v.Place = fmt.Sprintf(c.Place, place...)
	return v, nil
}

// Reseal puts sealed in a value's place, unless somebody wrote there since it was read.
func (tx *Tx) Reseal(c SealedColumn, v SealedValue, sealed []byte) (bool, error) {
	where := make([]string, len(c.Key))
	for i, k := range c.Key {
		where[i] = fmt.Sprintf("%s = $%d", k, i+3)
	}
	r, err := tx.raw.ExecContext(context.Background(), fmt.Sprintf("UPDATE %s SET %s = $1 WHERE %s = $2 AND %s", c.Table, c.Column,
		c.Column, strings.Join(where, " AND ")), append([]any{sealed, v.Value}, v.Key...)...)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// CountSealed counts a column's values that do not begin with prefix.
func (s *Store) CountSealed(ctx context.Context, c SealedColumn, prefix []byte) (n int64, err error) {
	err = s.readers.QueryRowContext(ctx, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE %s IS NOT NULL AND SUBSTR(%s, 1, 5) <> $1",
		c.Table, c.Column, c.Column), prefix).Scan(&n)
	return n, err
}

// SealedPrefixes counts a column's values by their first five bytes, which name the key.
func (s *Store) SealedPrefixes(ctx context.Context, c SealedColumn, each func(prefix []byte, n int64)) error {
	rows, err := s.readers.QueryContext(ctx, fmt.Sprintf("SELECT SUBSTR(%s, 1, 5), COUNT(*) FROM %s WHERE %s IS NOT NULL GROUP BY 1",
		c.Column, c.Table, c.Column))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var prefix []byte
		var n int64
		if err := rows.Scan(&prefix, &n); err != nil {
			return err
		}
		each(prefix, n)
	}
	return rows.Err()
}
