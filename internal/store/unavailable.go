package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Unavailable says whether an error is the world's and not ours: the database can't be reached, its connection broke,
// it stops or starts, or the disk has no room. The same call may pass later; whether this one did anything, its
// repetition finds out by its key.
func Unavailable(err error) bool {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case err == nil:
		return false
	case errors.As(err, &pg):
		return awayPostgres(pg.Code)
	case errors.As(err, &lite):
		return awaySQLite(lite.Code() & 0xff)
	}
	var refused *pgconn.ConnectError
	var network *net.OpError
	if errors.As(err, &refused) || errors.As(err, &network) || pgconn.SafeToRetry(err) {
		return true
	}
	for _, known := range []error{ErrClosed, driver.ErrBadConn, sql.ErrConnDone, io.ErrUnexpectedEOF, net.ErrClosed, pgx.ErrTxClosed,
		syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// awayPostgres knows the classes 08 (connection), 53 (no resources: disk, memory, connections), 57P (the server stops
// or starts) and 58 (its own input and output).
func awayPostgres(code string) bool {
	for _, class := range []string{"08", "53", "57P", "58"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return false
}

func awaySQLite(code int) bool {
	switch code {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}
