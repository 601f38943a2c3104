package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Kind is what a column holds, in words that both databases share.
type Kind string

const (
	Int   Kind = "int"
	Bool  Kind = "bool"
	Text  Kind = "text"
	Bytes Kind = "bytes"
	Real  Kind = "real"
)

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is a table with its columns in their order.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// kinds are the types that migrations use, as each database tells them back.
var kinds = map[string]Kind{"bigint": Int, "integer": Int, "boolean": Bool, "text": Text, "bytea": Bytes, "double precision": Real}

// reference is a foreign key of a table; name is PostgreSQL's only.
type reference struct{ name, from, to string }

// schema is the tables of ours, each after those that it refers to, as far as that is possible.
type schema struct {
	tables     []Table
	references []reference
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

const (
	// what the index of words consists of is made anew from the rows
	notSearch     = `m.name <> 'search' AND m.name NOT LIKE 'search!_%' ESCAPE '!'`
	columnsSQLite = `SELECT m.name, c.name, LOWER(c.type) FROM sqlite_master m, pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND ` + notSearch + ` AND ` + litestreamTables + ` ORDER BY m.name, c.cid`
	columnsPostgres = `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
WHERE c.table_schema = current_schema() AND c.table_name <> 'search' AND c.table_name NOT LIKE 'search!_%' ESCAPE '!' ORDER BY c.table_name COLLATE "C", c.ordinal_position`
	referencesSQLite = `SELECT '', m.name, f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' ORDER BY m.name, f.id`
	referencesPostgres = `SELECT c.conname, r.relname, f.relname FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
JOIN pg_class f ON f.oid = c.confrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE c.contype = 'f' AND n.nspname = current_schema() ORDER BY r.relname COLLATE "C", c.conname`
)

// gooseTable is the migrations' own; its content belongs to a database, not to an installation.
const gooseTable = "goose_db_version"

func readSchema(ctx context.Context, q querier, d Dialect) (schema, error) {
	columns, references := columnsSQLite, referencesSQLite
	if d == Postgres {
		columns, references = columnsPostgres, referencesPostgres
	}
	var out schema
	err := triples(ctx, q, columns, func(table, column, kind string) error {
		if table == gooseTable {
			return nil
		}
		k, known := kinds[kind]
		if !known {
			return fmt.Errorf("store: %s.%s is a %s, which backups don't know", table, column, kind)
		}
		if n := len(out.tables); n == 0 || out.tables[n-1].Name != table {
			out.tables = append(out.tables, Table{Name: table})
		}
		last := &out.tables[len(out.tables)-1]
		last.Columns = append(last.Columns, Column{column, k})
		return nil
	})
	if err != nil {
		return out, err
	}
	err = triples(ctx, q, references, func(name, from, to string) error {
		out.references = append(out.references, reference{name, from, to})
		return nil
	})
	out.order()
	return out, err
}

func triples(ctx context.Context, q querier, query string, each func(a, b, c string) error) error {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a, b, c string
		if err := rows.Scan(&a, &b, &c); err != nil {
			return err
		}
		if err := each(a, b, c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// order puts tables after those that they refer to; what is left in a circle follows by name.
func (s *schema) order() {
	left := slices.Clone(s.tables)
	s.tables = s.tables[:0:0]
	for len(left) > 0 {
		next := slices.IndexFunc(left, func(t Table) bool {
			return !slices.ContainsFunc(s.references, func(r reference) bool {
				return r.from == t.Name && r.to != t.Name && slices.ContainsFunc(left, func(o Table) bool { return o.Name == r.to })
			})
		})
		next = max(next, 0)
		s.tables = append(s.tables, left[next])
		left = slices.Delete(left, next, next+1)
	}
}

// ahead are the references to a table's own rows, or to a table that comes later: they hold only when everything is there.
func (s *schema) ahead() (out []reference) {
	at := func(name string) int { return slices.IndexFunc(s.tables, func(t Table) bool { return t.Name == name }) }
	for _, r := range s.references {
		if at(r.to) >= at(r.from) {
			out = append(out, r)
		}
	}
	return out
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// list is the columns' names for a statement.
func (t Table) list() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quoted(c.Name)
	}
	return strings.Join(names, ", ")
}
