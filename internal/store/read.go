package store

import (
	"context"
	"errors"

	"database/sql"

	"ponte/internal/store/db"
)

// ReadMany reads rows by the hundred outside a transaction.
func (s *Store) ReadMany() *Many { return &Many{s.Read(), s.readers, s.dialect} }

// Reading answers queries for a long walk of point reads outside a transaction: one connection, on which SQLite
// prepares each text once (two to three times faster). end lets go of it. It is for one goroutine.
func (s *Store) Reading(ctx context.Context) (q *Many, end func(), err error) {
	if s.dialect != SQLite {
		return s.ReadMany(), func() {}, nil // pgx keeps prepared statements by itself
	}
	conn, err := s.readers.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	st := &statements{conn: conn, by: map[string]*sql.Stmt{}}
	return &Many{db.New(reading{st}), reading{st}, s.dialect}, func() {
		st.close()
		_ = conn.Close()
	}, nil
}

// reading is statements as the queries want them.
type reading struct{ *statements }

func (reading) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, errors.New("store: statements are prepared already")
}

// InStatuses gives the ids of all the occurrences that are in some statuses, in one statement along an index: as they are at
// one moment.
func (s *Store) InStatuses(ctx context.Context, codes []string, each func(id, development int64)) error {
	if len(codes) == 0 {
		return nil
	}
	m := s.ReadMany()
	text := "SELECT id, development_id FROM occurrence WHERE status_code IN (" + marks(len(codes), "?") + ")"
	return m.query(ctx, m.marked(text), anys(codes), func(rows *sql.Rows) error {
		var id, development int64
		err := rows.Scan(&id, &development)
		each(id, development)
		return err
	})
}
