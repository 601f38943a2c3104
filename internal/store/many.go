package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"ponte/internal/store/db"
)

// Many reads and writes rows of the registry by the hundred: a statement for many rows instead of one for each, which
// on PostgreSQL is a round trip less a row and on SQLite a third of the time. sqlc knows no statement whose number of
// rows is not known, so these few texts are made here; they are the same on both databases but for where ids come from.
type Many struct {
	*db.Queries
	raw     db.DBTX
	dialect Dialect
}

// Many answers them for a transaction.
func (tx *Tx) Many() *Many { return &Many{tx.Queries, tx.raw, tx.dialect} }

// CountRegistry lets PostgreSQL count anew what lies in the registry's tables. It does so by itself about once a minute, and
// until then goes by plans that it made while they were nearly empty: it reads them whole for each statement. SQLite plans
// by the indexes that there are.
func (s *Store) CountRegistry(ctx context.Context) error {
	if s.dialect != Postgres {
		return nil
	}
	_, err := s.writer.ExecContext(ctx, "ANALYZE development, block, unit, customer, customer_word, contract, unit_party")
	return err
}

// at most this many rows stand in a statement; few texts, because each is prepared once and kept.
var portions = []int{500, 100, 10, 1}

// UnitAt is where a unit is looked for: a block, and a number as desk.UnitKey makes it.
type UnitAt struct {
	Block int64
	Key   string
}

const unitColumns = "u.id, u.development_id, u.block_id, u.number, u.number_key, u.common_area, u.id_mobuss_homologacao, u.id_mobuss_producao"

// Units finds those at some places, by their ids.
func (m *Many) Units(ctx context.Context, at []UnitAt, each func(db.Unit)) error {
	args := make([]any, 0, 2*len(at))
	for _, a := range at {
		args = append(args, a.Block, a.Key)
	}
	text := func(n int) string {
		return "WITH w (block, numero) AS (VALUES " + rowsOf(n, "CAST(? AS BIGINT)", "CAST(? AS TEXT)") +
			") SELECT " + unitColumns + " FROM w CROSS JOIN unit u WHERE u.block_id = w.block AND u.number_key = w.numero ORDER BY u.id"
	}
	return m.find(ctx, 2, args, text, func(rows *sql.Rows) error {
		var u db.Unit
		err := rows.Scan(&u.ID, &u.DevelopmentID, &u.BlockID, &u.Number, &u.NumberKey, &u.CommonArea, &u.IDMobussHomologacao, &u.IDMobussProducao)
		each(u)
		return err
	})
}

// Customers finds those with some documents.
func (m *Many) Customers(ctx context.Context, documents []string, each func(db.Customer)) error {
	text := func(n int) string {
		return "SELECT id, name, document_key, email, phone, created_by_call, phone_key FROM customer WHERE document_key IN (" + marks(n, "?") + ")"
	}
	return m.find(ctx, 1, anys(documents), text, func(rows *sql.Rows) error {
		var c db.Customer
		err := rows.Scan(&c.ID, &c.Name, &c.DocumentKey, &c.Email, &c.Phone, &c.CreatedByCall, &c.PhoneKey)
		each(c)
		return err
	})
}

// Contracts finds those with some codes.
func (m *Many) Contracts(ctx context.Context, codes []string, each func(db.Contract)) error {
	text := func(n int) string {
		return "SELECT id, code, unit_id, customer_id, current FROM contract WHERE code IN (" + marks(n, "?") + ")"
	}
	return m.find(ctx, 1, anys(codes), text, func(rows *sql.Rows) error {
		var c db.Contract
		err := rows.Scan(&c.ID, &c.Code, &c.UnitID, &c.CustomerID, &c.Current)
		each(c)
		return err
	})
}

// Parties finds those of some units.
func (m *Many) Parties(ctx context.Context, units []int64, each func(db.UnitParty)) error {
	text := func(n int) string {
		return "SELECT unit_id, customer_id, kind FROM unit_party WHERE unit_id IN (" + marks(n, "?") + ")"
	}
	return m.find(ctx, 1, anys(units), text, func(rows *sql.Rows) error {
		var p db.UnitParty
		err := rows.Scan(&p.UnitID, &p.CustomerID, &p.Kind)
		each(p)
		return err
	})
}

// ContractsOfUnits finds those of some units, the former ones too.
func (m *Many) ContractsOfUnits(ctx context.Context, units []int64, each func(db.Contract)) error {
	text := func(n int) string {
		return "SELECT id, code, unit_id, customer_id, current FROM contract WHERE unit_id IN (" + marks(n, "?") + ") ORDER BY id"
	}
	return m.find(ctx, 1, anys(units), text, func(rows *sql.Rows) error {
		var c db.Contract
		err := rows.Scan(&c.ID, &c.Code, &c.UnitID, &c.CustomerID, &c.Current)
		each(c)
		return err
	})
}

// CustomerNames answers what some customers are called.
func (m *Many) CustomerNames(ctx context.Context, customers []int64, each func(id int64, name string)) error {
	text := func(n int) string { return "SELECT id, name FROM customer WHERE id IN (" + marks(n, "?") + ")" }
	return m.find(ctx, 1, anys(customers), text, func(rows *sql.Rows) error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		each(id, name)
		return err
	})
}

// UnitsOfMobuss finds the units that have some ids in one of Mobuss's environments.
func (m *Many) UnitsOfMobuss(ctx context.Context, production bool, ids []string, each func(db.Unit)) error {
	column := "id_mobuss_homologacao"
	if production {
		column = "id_mobuss_producao"
	}
	text := func(n int) string {
		return "SELECT " + unitColumns + " FROM unit u WHERE u." + column + " IN (" + marks(n, "?") + ")"
	}
	return m.find(ctx, 1, anys(ids), text, func(rows *sql.Rows) error {
		var u db.Unit
		err := rows.Scan(&u.ID, &u.DevelopmentID, &u.BlockID, &u.Number, &u.NumberKey, &u.CommonArea, &u.IDMobussHomologacao, &u.IDMobussProducao)
		each(u)
		return err
	})
}

// NewIDs answers n ids of a table that nobody has and nobody will be given: on SQLite within this transaction alone,
// which is the only one.
func (m *Many) NewIDs(ctx context.Context, table string, n int) ([]int64, error) {
	ids := make([]int64, 0, n)
	if n == 0 {
		return ids, nil
	}
	if m.dialect == SQLite {
		var last int64
		err := m.raw.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM "+quoted(table)).Scan(&last)
		for i := range int64(n) {
			ids = append(ids, last+i+1)
		}
		return ids, err
	}
	rows, err := m.raw.QueryContext(ctx, "SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, CAST($2 AS INTEGER))", table, n)
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

// PutUnits inserts units with their ids; of one that is there it changes what the ERP owns.
func (m *Many) PutUnits(ctx context.Context, units []db.Unit) error {
	args := make([]any, 0, 8*len(units))
	for i := range units {
		u := &units[i]
		args = append(args, u.ID, u.DevelopmentID, u.BlockID, u.Number, u.NumberKey, u.CommonArea, u.IDMobussHomologacao, u.IDMobussProducao)
	}
	return m.put(ctx, 8, args, "INSERT INTO unit (id, development_id, block_id, number, number_key, common_area, id_mobuss_homologacao, id_mobuss_producao) VALUES ",
		" ON CONFLICT (id) DO UPDATE SET number = excluded.number, number_key = excluded.number_key, common_area = excluded.common_area, "+
			"id_mobuss_homologacao = excluded.id_mobuss_homologacao, id_mobuss_producao = excluded.id_mobuss_producao")
}

// PutCustomers inserts customers with their ids; of one that is there it changes what the ERP owns.
func (m *Many) PutCustomers(ctx context.Context, customers []db.Customer) error {
	args := make([]any, 0, 6*len(customers))
	for i := range customers {
		c := &customers[i]
		args = append(args, c.ID, c.Name, c.DocumentKey, c.Email, c.Phone, c.PhoneKey)
	}
	return m.put(ctx, 6, args, "INSERT INTO customer (id, name, document_key, email, phone, phone_key) VALUES ",
		" ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, phone = excluded.phone, phone_key = excluded.phone_key")
}

// PutCustomerWords inserts words by which customers are found; those that are there stay.
func (m *Many) PutCustomerWords(ctx context.Context, words []db.CustomerWord) error {
	args := make([]any, 0, 2*len(words))
	for _, w := range words {
		args = append(args, w.Word, w.CustomerID)
	}
	return m.put(ctx, 2, args, "INSERT INTO customer_word (word, customer_id) VALUES ", " ON CONFLICT DO NOTHING")
}

// PutContracts inserts contracts with their ids, or changes those that are there.
func (m *Many) PutContracts(ctx context.Context, contracts []db.Contract) error {
	args := make([]any, 0, 5*len(contracts))
	for i := range contracts {
		c := &contracts[i]
		args = append(args, c.ID, c.Code, c.UnitID, c.CustomerID, c.Current)
	}
	return m.put(ctx, 5, args, "INSERT INTO contract (id, code, unit_id, customer_id, current) VALUES ",
		" ON CONFLICT (id) DO UPDATE SET unit_id = excluded.unit_id, customer_id = excluded.customer_id, current = excluded.current")
}

// PutParties inserts parties; those that are there stay.
func (m *Many) PutParties(ctx context.Context, parties []db.UnitParty) error {
	args := make([]any, 0, 3*len(parties))
	for _, p := range parties {
		args = append(args, p.UnitID, p.CustomerID, p.Kind)
	}
	return m.put(ctx, 3, args, "INSERT INTO unit_party (unit_id, customer_id, kind) VALUES ", " ON CONFLICT DO NOTHING")
}

// PutBulkMoveItems inserts the occurrences that were chosen to be moved together, as they were.
func (m *Many) PutBulkMoveItems(ctx context.Context, items []db.BulkMoveItem) error {
	args := make([]any, 0, 5*len(items))
	for i := range items {
		x := &items[i]
		args = append(args, x.BulkMoveID, x.Seq, x.OccurrenceID, x.StatusCode, x.StatusMovementID)
	}
	return m.put(ctx, 5, args, "INSERT INTO bulk_move_item (bulk_move_id, seq, occurrence_id, status_code, status_movement_id) VALUES ", "")
}

// Chosen finds occurrences by their ids, as they stand.
func (m *Many) Chosen(ctx context.Context, ids []int64, each func(db.ChosenByNumberRow)) error {
	text := func(n int) string {
		return "SELECT id, development_id, status_code, status_movement_id FROM occurrence WHERE id IN (" + marks(n, "?") + ")"
	}
	return m.find(ctx, 1, anys(ids), text, func(rows *sql.Rows) error {
		var o db.ChosenByNumberRow
		err := rows.Scan(&o.ID, &o.DevelopmentID, &o.StatusCode, &o.StatusMovementID)
		each(o)
		return err
	})
}

// ForgetWords takes away the words by which some customers are found.
func (m *Many) ForgetWords(ctx context.Context, customers []int64) error {
	_, err := m.exec(ctx, anys(customers), "DELETE FROM customer_word WHERE customer_id IN (")
	return err
}

// Unfind lets the occurrences of some customers be indexed again: their names stand in what is indexed.
func (m *Many) Unfind(ctx context.Context, customers []int64) error {
	_, err := m.exec(ctx, anys(customers), "UPDATE occurrence SET rev = rev + 1 WHERE customer_id IN (")
	return err
}

// ForgetFound takes words away that occurrences were found by.
func (m *Many) ForgetFound(ctx context.Context, words []string) error {
	_, err := m.exec(ctx, anys(words), "DELETE FROM search_word WHERE word IN (")
	return err
}

// EndContracts makes some contracts former ones, and answers how many were not yet.
func (m *Many) EndContracts(ctx context.Context, ids []int64) (ended int64, err error) {
	return m.exec(ctx, anys(ids), "UPDATE contract SET current = FALSE WHERE current AND id IN (")
}

// exec does something with a portion of keys at a time, filled up as find's are; begin ends where their list is open.
func (m *Many) exec(ctx context.Context, keys []any, begin string) (done int64, err error) {
	for len(keys) > 0 {
		var part []any
		part, keys = portion(keys, 1)
		r, err := m.raw.ExecContext(ctx, m.marked(begin+marks(len(part), "?")+")"), part...)
		if err != nil {
			return done, err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// portion cuts as many keys off as the smallest text takes that takes all that is left, or the largest there is; where
// there are fewer, the last is there again.
func portion(args []any, width int) (part, rest []any) {
	n := portions[0]
	for _, p := range portions {
		if p*width >= len(args) {
			n = p
		}
	}
	part = make([]any, 0, n*width)
	part = append(part, args[:min(len(args), n*width)]...)
	rest = args[len(part):]
	for len(part) < n*width {
		part = append(part, part[len(part)-width])
	}
	return part, rest
}

// find asks for a portion of keys at a time; one that is not full is filled with its last key, which finds nothing new.
func (m *Many) find(ctx context.Context, width int, args []any, text func(n int) string, scan func(*sql.Rows) error) error {
	for len(args) > 0 {
		var part []any
		part, args = portion(args, width)
		if err := m.query(ctx, m.marked(text(len(part)/width)), part, scan); err != nil {
			return err
		}
	}
	return nil
}

func (m *Many) query(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) error {
	rows, err := m.raw.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// put inserts a portion of rows at a time.
func (m *Many) put(ctx context.Context, width int, args []any, begin, end string) error {
	row := make([]string, width)
	for i := range row {
		row[i] = "?"
	}
	for len(args) > 0 {
		n := portions[len(portions)-1]
		for _, p := range portions {
			if p*width <= len(args) {
				n = p
				break
			}
		}
		if _, err := m.raw.ExecContext(ctx, m.marked(begin+rowsOf(n, row...)+end), args[:n*width]...); err != nil {
			return fmt.Errorf("%d rows: %w", n, err)
		}
		args = args[n*width:]
	}
	return nil
}

// rowsOf is n rows of values.
func rowsOf(n int, values ...string) string {
	return marks(n, "("+strings.Join(values, ", ")+")")
}

func marks(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") }

// marked gives each ? its number, as PostgreSQL wants it. To SQLite $1 would be a name, which is looked for among all that
// came before: a fifth of an import.
func (m *Many) marked(text string) string {
	if m.dialect == SQLite {
		return text
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(text, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

func anys[T any](all []T) []any {
	out := make([]any, len(all))
	for i, one := range all {
		out[i] = one
	}
	return out
}
