// Package store holds every query and the only way to write.
//
// It promises that what Write acknowledged is durable, that the function given to it is one transaction, and
// that a refused one leaves no trace, on both databases alike: SQLite (default) and PostgreSQL. It must not know
// rules: it answers rows and takes rows.
//
// The queries live in queries/*.sql and become package db by sqlc; one SQL text serves both databases, the claim
// of lanes aside (claim.go).
package store
