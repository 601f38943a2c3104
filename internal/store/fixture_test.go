package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// world is the least that an occurrence refers to.
type world struct {
	connection, config, development, unit, customer int64
}

func seed(t testing.TB, s *store.Store) (w world) {
	t.Helper()
	write(t, s, func(tx *store.Tx) (err error) {
		ctx := t.Context()
		if w.connection, err = tx.InsertConnection(ctx, db.InsertConnectionParams{Code: "mobuss", Name: "Mobuss"}); err != nil {
			return err
		}
		version, err := tx.InsertConfigVersion(ctx, db.InsertConfigVersionParams{ConnectionID: w.connection, Document: "{}", CreatedBy: "teste"})
		if err != nil {
			return err
		}
		w.config = version.ID
		if err = tx.UpsertStatus(ctx, db.UpsertStatusParams{Code: "10", Name: "aberta", Kind: string(desk.KindNew)}); err != nil {
			return err
		}
		if w.development, err = tx.UpsertDevelopment(ctx, db.UpsertDevelopmentParams{Code: "AUR", Name: "Residencial Aurora", Zone: "America/Sao_Paulo"}); err != nil {
			return err
		}
		block, err := tx.UpsertBlock(ctx, db.UpsertBlockParams{DevelopmentID: w.development, Code: "A", Name: "A"})
		if err != nil {
			return err
		}
		if w.unit, err = tx.UpsertUnit(ctx, db.UpsertUnitParams{DevelopmentID: w.development, BlockID: block, Number: "101", NumberKey: "101"}); err != nil {
			return err
		}
		w.customer, err = tx.UpsertCustomer(ctx, db.UpsertCustomerParams{Name: "Ana", DocumentKey: store.NullText("52998224725")})
		return err
	})
	return w
}

// occurrence inserts one with a number of its own and answers its id.
func (w world) occurrence(t testing.TB, s *store.Store, number int64) (id int64) {
	t.Helper()
	write(t, s, func(tx *store.Tx) (err error) {
		id, err = tx.InsertOccurrence(t.Context(), db.InsertOccurrenceParams{Number: number, Environment: desk.Homologation,
			ConnectionID: w.connection, Origin: desk.House, Subject: "vazamento", Description: "vazamento na cozinha", Type: "reparo",
			Priority: "normal", StatusCode: "10", DevelopmentID: w.development, UnitID: w.unit, CustomerID: w.customer, CreatedBy: "teste"})
		return err
	})
	return id
}

// movement inserts one, for deliveries to refer to.
func (w world) movement(t testing.TB, s *store.Store, occurrence int64) (id int64) {
	t.Helper()
	write(t, s, func(tx *store.Tx) (err error) {
		id, err = tx.InsertMovement(t.Context(), db.InsertMovementParams{OccurrenceID: occurrence, Kind: "movimentacao", ToStatus: "10",
			Origin: desk.House, ActorKind: "usuario", ActorID: "1", ActorName: "Ana"})
		return err
	})
	return id
}

func write(t testing.TB, s *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func read[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var errRefused = errors.New("refused by the function")

// note writes one row that its subject finds again.
func note(tx *store.Tx, subject string) error {
	return tx.Audit(context.Background(), db.AuditParams{ActorKind: "sistema", Action: "teste", Subject: subject})
}

// notes counts the rows of a subject that others can see.
func notes(t testing.TB, s *store.Store, subject string) int {
	t.Helper()
	return len(read[[]db.Audit](t)(s.Read().AuditOf(context.Background(), subject)))
}

func wantNotes(t testing.TB, s *store.Store, want map[string]int) {
	t.Helper()
	for subject, n := range want {
		if got := notes(t, s, subject); got != n {
			t.Errorf("%d rows of %q, want %d", got, subject, n)
		}
	}
}

// each is storetest.Each with the world in it.
func each(t *testing.T, f func(t *testing.T, s *store.Store, w world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { f(t, s, seed(t, s)) })
}

func subjectOf(who, round int) string { return fmt.Sprintf("%d/%d", who, round) }
