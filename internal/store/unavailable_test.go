package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"ponte/internal/store"
)

// What passes by itself is told apart from what would fail again.
func TestUnavailable(t *testing.T) {
	for _, c := range []struct {
		err  error
		away bool
	}{
		{nil, false}, {errors.New("anything"), false}, {sql.ErrNoRows, false},
		{&pgconn.PgError{Code: "23505"}, false}, {&pgconn.PgError{Code: "42601"}, false},
		{&pgconn.PgError{Code: "57P01"}, true}, {&pgconn.PgError{Code: "57P03"}, true}, {&pgconn.PgError{Code: "53100"}, true},
		{&pgconn.PgError{Code: "08006"}, true}, {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, true},
		{io.ErrUnexpectedEOF, true}, {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true}, {store.ErrClosed, true},
		{&writeError{syscall.ENOSPC}, true},
	} {
		for _, err := range []error{c.err, wrapped(c.err)} {
			if got := store.Unavailable(err); got != c.away {
				t.Errorf("%v: %t, want %t", err, got, c.away)
			}
		}
	}
}

type writeError struct{ cause error }

func (e *writeError) Error() string { return "write: " + e.cause.Error() }
func (e *writeError) Unwrap() error { return e.cause }

func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read the installation: %w", err)
}
