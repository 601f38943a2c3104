package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// rawCommits measures how many transactions with an opening's rows become durable in a second, from the same
// number of callers, with nothing around them: no rules, no HTTP, no reads. It has a database of its own, beside
// the one at url.
func rawCommits(ctx context.Context, url string, n int) (float64, error) {
	if strings.HasPrefix(url, "sqlite:") {
		url += ".raw"
	}
	b, err := newBench(ctx, url)
	if err != nil {
		return 0, err
	}
	defer b.close()
	var counter atomic.Int64
	_, all, err := parallel(n, callers, func(int) error {
		id := counter.Add(1)
		return b.app.RawWrite(ctx, func(tx *store.Tx) error { return rawRows(ctx, tx, id) })
	})
	return perSecond(n, all), err
}

// rawRows writes the rows that an opening by the house writes: number, occurrence, movement, audit, kept call and
// its key.
func rawRows(ctx context.Context, tx *store.Tx, n int64) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := tx.NextCount(ctx, db.NextCountParams{Name: "bench", First: 1}); err != nil {
		return err
	}
	o, err := tx.InsertOccurrence(ctx, db.InsertOccurrenceParams{Number: n, Environment: desk.Homologation, ConnectionID: 1,
		IsTest: true, Origin: desk.House, Subject: "Infiltração no teto", Description: "Mancha úmida no teto do banheiro da suíte; aumenta quando o apartamento de cima usa o chuveiro.",
		Type: "reparo", Priority: "normal", StatusCode: "10", DevelopmentID: 1, UnitID: 1, CustomerID: 1, OpenedAt: 1, CreatedAt: 1, CreatedBy: "bench"})
	if err != nil {
		return err
	}
	if _, err := tx.InsertMovement(ctx, db.InsertMovementParams{OccurrenceID: o, Kind: "abertura", ToStatus: "10", Origin: desk.House,
		ActorKind: "token", ActorID: "1", ActorName: "bench", At: 1, ArrivedAt: 1}); err != nil {
		return err
	}
	if err := tx.Audit(ctx, db.AuditParams{At: 1, ActorKind: "token", ActorID: "1", ActorName: "bench", Action: "bench", Subject: fmt.Sprint("ocorrencia:", n)}); err != nil {
		return err
	}
	id := fmt.Sprint("bench-", n)
	if err := tx.InsertInboundCall(ctx, db.InsertInboundCallParams{ID: id, ConnectionID: 1, Environment: desk.Homologation, TokenID: 1,
		Integration: "bench", Operation: "IncluirOcorrencia", Door: "rest", ReceivedAt: 1, Outcome: "aceito", OccurrenceID: store.Null(o),
		BodyHash: id, Call: make([]byte, 400)}); err != nil {
		return err
	}
	_, err = tx.Bind(ctx, db.BindParams{Integration: "bench", Environment: desk.Homologation, Operation: "IncluirOcorrencia", Key: id,
		OccurrenceID: o, BodyHash: id, InboundCallID: id, BoundAt: 1})
	return err
}
