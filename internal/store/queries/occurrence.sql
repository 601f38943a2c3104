-- name: InsertOccurrence :one
INSERT INTO occurrence (number, environment, connection_id, is_test, origin, subject, description, type, priority,
  emergency, place, status_code, development_id, unit_id, customer_id, contract_id, requester_name, requester_phone,
  relation, opened_at, created_at, created_by, news, news_by, news_at, item_code, failure_code)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)
RETURNING id;

-- name: OccurrenceByNumber :one
SELECT * FROM occurrence WHERE number = $1;

-- name: OccurrenceByID :one
SELECT * FROM occurrence WHERE id = $1;

-- name: OccurrenceForUpdate :one
-- The no-op update is the row lock of both databases.
UPDATE occurrence SET rev = rev + 1 WHERE number = $1 RETURNING *;

-- name: LockOccurrence :one
-- What a settlement needs of it, and its lock.
UPDATE occurrence SET rev = rev + 1 WHERE id = $1 RETURNING id, number, status_code, status_movement_id, closed_at;

-- name: SetOccurrenceStatus :exec
-- with the news that the movement is, unless later news arrived before it
UPDATE occurrence SET status_code = $2, status_movement_id = $3, closed_at = $4,
  news = CASE WHEN news_at <= @news_at THEN @news ELSE news END,
  news_by = CASE WHEN news_at <= @news_at THEN @news_by ELSE news_by END,
  news_at = CASE WHEN news_at <= @news_at THEN @news_at ELSE news_at END
WHERE id = $1;

-- name: SetOccurrenceSolution :exec
UPDATE occurrence SET solution = $2, founded = $3 WHERE id = $1;

-- name: InsertMovement :one
INSERT INTO movement (occurrence_id, kind, from_status, to_status, comment, internal, reason_code, reason_args,
  visit_id, origin, actor_kind, actor_id, actor_name, at, arrived_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id;

-- name: Movements :many
-- By the second, because dates from the field carry no more: within one, arrival tells the order.
SELECT * FROM movement WHERE occurrence_id = $1 ORDER BY at / 1000, id;

-- name: MovementByID :one
SELECT * FROM movement WHERE id = $1;

-- name: LastMoved :one
-- The last movement that changed the status and was not the system's own. A comment moves nothing.
SELECT id, to_status FROM movement
WHERE occurrence_id = $1 AND kind IN ('abertura', 'movimentacao') AND origin <> 'sistema' ORDER BY id DESC LIMIT 1;

-- name: InsertVisit :one
INSERT INTO visit (occurrence_id, starts_at, ends_at, technician, state, updated_at)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id;

-- name: UpdateVisit :exec
UPDATE visit SET starts_at = $2, ends_at = $3, technician = $4, state = $5, updated_at = $6 WHERE id = $1;

-- name: Visits :many
SELECT * FROM visit WHERE occurrence_id = $1 ORDER BY COALESCE(starts_at, updated_at), id;

-- name: RecentOccurrences :many
SELECT o.number, o.subject, o.status_code, o.opened_at, o.development_id, d.zone, u.number AS unit_number, b.code AS block_code,
  d.name AS development_name, c.name AS customer_name
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
ORDER BY o.id DESC LIMIT CAST($1 AS BIGINT);

-- name: OccurrencesOfUnit :many
SELECT number, subject, status_code, opened_at FROM occurrence WHERE unit_id = $1 ORDER BY id DESC LIMIT CAST($2 AS BIGINT);

-- name: InsertInboundCall :exec
INSERT INTO inbound_call (id, connection_id, environment, token_id, integration, operation, door, received_at, outcome,
  code, error, occurrence_id, body_hash, differs_from, call)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: InboundCall :one
SELECT * FROM inbound_call WHERE id = $1;

-- name: CountInboundCalls :one
SELECT COUNT(*) FROM inbound_call;

-- name: Bind :execrows
INSERT INTO idempotency (integration, environment, operation, key, occurrence_id, body_hash, inbound_call_id, bound_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING;

-- name: Binding :one
SELECT i.*, o.number FROM idempotency i JOIN occurrence o ON o.id = i.occurrence_id
WHERE i.integration = $1 AND i.environment = $2 AND i.operation = $3 AND i.key = $4;

-- name: InsertVisitWish :exec
INSERT INTO visit_wish (movement_id, starts_at, ends_at) VALUES ($1, $2, $3);

-- name: VisitWish :one
SELECT starts_at, ends_at FROM visit_wish WHERE movement_id = $1;

-- name: CorrectOccurrence :exec
UPDATE occurrence SET unit_id = $2, development_id = $3, customer_id = $4, contract_id = $5, requester_name = $6, requester_phone = $7
WHERE id = $1;
