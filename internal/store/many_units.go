package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
)

// UnitPlace is a unit by what a person calls it.
type UnitPlace struct {
	ID                                          int64
	DevelopmentCode, DevelopmentName, BlockCode string
}

const (
	placeColumns = "SELECT u.id, d.code, d.name, b.code "
	placeOrder   = " ORDER BY d.code, b.code, u.id"
)

// UnitPlaces says where some units are, in the order of their developments and blocks.
func (m *Many) UnitPlaces(ctx context.Context, units []int64) ([]UnitPlace, error) {
	text := func(n int) string {
		return placeColumns + "FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id WHERE u.id IN (" + marks(n, "?") + ")" + placeOrder
	}
	return m.places(ctx, 1, anys(units), text)
}

// UnitsNumbered finds the units of some developments with a number as desk.UnitKey makes it: the first ones of the first
// developments, as they are given.
func (m *Many) UnitsNumbered(ctx context.Context, key string, developments []int64, most int) (found []UnitPlace, err error) {
	text := func(n int) string {
		return "WITH w (development, numero) AS (SELECT DISTINCT * FROM (VALUES " + rowsOf(n, "CAST(? AS BIGINT)", "CAST(? AS TEXT)") + ") AS v) " + placeColumns +
			"FROM w CROSS JOIN block b CROSS JOIN unit u CROSS JOIN development d WHERE b.development_id = w.development" +
			" AND u.block_id = b.id AND u.number_key = w.numero AND d.id = w.development" + placeOrder + " LIMIT " + strconv.Itoa(most)
	}
	for step := portions[2]; len(developments) > 0; step = portions[1] { // mostly the first few have enough
		some := developments[:min(step, len(developments))]
		developments = developments[len(some):]
		args := make([]any, 0, 2*len(some))
		for _, d := range some {
			args = append(args, d, key)
		}
		rows, err := m.places(ctx, 2, args, text)
		if err != nil {
			return nil, err
		}
		if found = append(found, rows...); len(found) >= most {
			return found[:most], nil
		}
	}
	return found, nil
}

// UnitsOfCustomers finds the units with a number as desk.UnitKey makes it that have to do with some customers.
func (m *Many) UnitsOfCustomers(ctx context.Context, key string, customers []int64) (found []UnitPlace, err error) {
	args := make([]any, 0, 2*len(customers))
	for _, c := range customers {
		args = append(args, c, key)
	}
	for _, by := range []string{"contract", "unit_party"} {
		text := func(n int) string {
			return "WITH w (customer, numero) AS (VALUES " + rowsOf(n, "CAST(? AS BIGINT)", "CAST(? AS TEXT)") + ") " + placeColumns +
				"FROM w CROSS JOIN " + by + " k CROSS JOIN unit u CROSS JOIN block b CROSS JOIN development d WHERE k.customer_id = w.customer" +
				" AND u.id = k.unit_id AND u.number_key = w.numero AND b.id = u.block_id AND d.id = u.development_id" + placeOrder
		}
		rows, err := m.places(ctx, 2, args, text)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	return distinct(found), nil
}

// places asks for a portion of keys at a time; a key that stands there twice finds nothing twice.
func (m *Many) places(ctx context.Context, width int, args []any, text func(n int) string) (found []UnitPlace, err error) {
	err = m.find(ctx, width, args, text, func(rows *sql.Rows) error {
		var u UnitPlace
		err := rows.Scan(&u.ID, &u.DevelopmentCode, &u.DevelopmentName, &u.BlockCode)
		found = append(found, u)
		return err
	})
	return distinct(found), err
}

// distinct sorts places by what they are called.
func distinct(found []UnitPlace) []UnitPlace {
	slices.SortFunc(found, func(a, b UnitPlace) int {
		return cmp.Or(cmp.Compare(a.DevelopmentCode, b.DevelopmentCode), cmp.Compare(a.BlockCode, b.BlockCode), cmp.Compare(a.ID, b.ID))
	})
	return slices.Compact(found)
}
