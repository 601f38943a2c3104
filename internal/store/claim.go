package store

import (
	"context"
	"database/sql"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// LaneClaim asks for lanes. Times are Unix milliseconds.
type LaneClaim struct {
	Connection  int64
	Environment desk.Environment
	After, Now  int64 // only lanes that became due between the two: after the one, by the other
	Until       int64 // when the lease ends
	Owner       string
	Limit       int
}

// ClaimLanes takes up to so many due lanes, those first that have been due for longest, giving each a new fencing token.
// Claim no more lanes than there are idle workers. A claimed lane is next due when its lease runs out, so that those who
// look for due lanes need not step over it.
//
// It is the one query that differs: PostgreSQL must pass over rows that another replica is claiming.
func (tx *Tx) ClaimLanes(c LaneClaim) ([]db.Lane, error) {
	query := claimSQLite
	if tx.dialect == Postgres {
		query = claimPostgres
	}
	rows, err := tx.raw.QueryContext(context.Background(), query, c.Connection, c.Environment, c.Now, c.Until, c.Owner, c.Limit, c.After)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var lanes []db.Lane
	for rows.Next() {
		var l db.Lane
		if err := rows.Scan(&l.ID, &l.OccurrenceID, &l.ConnectionID, &l.Environment, &l.LastSeq, &l.Pending, &l.NextAt,
			&l.LeaseUntil, &l.LeaseOwner, &l.Token); err != nil {
			return nil, err
		}
		lanes = append(lanes, l)
	}
	return lanes, rows.Err()
}

const (
	laneColumns = `id, occurrence_id, connection_id, environment, last_seq, pending, next_at, lease_until, lease_owner, token`

	claimSQLite = `UPDATE lane SET lease_until = $4, next_at = $4, lease_owner = $5, token = token + 1
WHERE id IN (SELECT id FROM lane WHERE connection_id = $1 AND environment = $2 AND next_at > $7 AND next_at <= $3 AND lease_until <= $3
  ORDER BY next_at LIMIT $6)
RETURNING ` + laneColumns

	claimPostgres = `WITH due AS MATERIALIZED (
  SELECT id AS due_id FROM lane WHERE connection_id = $1 AND environment = $2 AND next_at > $7 AND next_at <= $3 AND lease_until <= $3
  ORDER BY next_at LIMIT $6 FOR UPDATE SKIP LOCKED)
UPDATE lane SET lease_until = $4, next_at = $4, lease_owner = $5, token = token + 1 FROM due WHERE id = due_id
RETURNING ` + laneColumns
)

// Null wraps an id or time that may be absent: zero is absent.
func Null(v int64) sql.NullInt64 { return sql.NullInt64{Int64: v, Valid: v != 0} }

// NullText wraps a text that may be absent: empty is absent.
func NullText(v string) sql.NullString { return sql.NullString{String: v, Valid: v != ""} }
