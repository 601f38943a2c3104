-- name: InsertOrder :one
INSERT INTO service_order (occurrence_id, connection_id, environment, legacy_id, state, opened_by, mobuss_id,
  mobuss_number, former_number, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id;

-- name: OrderByID :one
SELECT * FROM service_order WHERE id = $1;

-- name: OrdersOf :many
SELECT * FROM service_order WHERE occurrence_id = $1 ORDER BY id;

-- name: LiveOrder :one
SELECT * FROM service_order WHERE occurrence_id = $1 AND connection_id = $2 AND environment = $3
  AND state IN ('abrindo', 'aberta');

-- name: CountOrders :one
SELECT COUNT(*) FROM service_order WHERE occurrence_id = $1 AND connection_id = $2 AND environment = $3;

-- name: SetOrderOpen :exec
-- The field may have closed it before the opening's answer came.
UPDATE service_order SET state = CASE WHEN state = 'encerrada' THEN 'encerrada' ELSE 'aberta' END, mobuss_id = $2,
  mobuss_number = $3 WHERE id = $1;

-- name: SetOrderState :exec
UPDATE service_order SET state = $2, closed_at = $3 WHERE id = $1;

-- name: EnqueueLane :one
INSERT INTO lane (occurrence_id, connection_id, environment, last_seq, pending, next_at)
VALUES ($1, $2, $3, 1, 1, @now)
ON CONFLICT (occurrence_id, connection_id, environment) DO UPDATE SET last_seq = lane.last_seq + 1,
  pending = lane.pending + 1, next_at = CASE WHEN lane.pending = 0 THEN excluded.next_at ELSE lane.next_at END
RETURNING *;

-- name: SkippedInLane :one
-- A place in the lane for a message that is Ignored from birth: it takes a number and is never pending.
INSERT INTO lane (occurrence_id, connection_id, environment, last_seq, pending, next_at)
VALUES ($1, $2, $3, 1, 0, NULL)
ON CONFLICT (occurrence_id, connection_id, environment) DO UPDATE SET last_seq = lane.last_seq + 1
RETURNING *;

-- name: InsertDelivery :exec
INSERT INTO delivery (id, lane_id, seq, occurrence_id, movement_id, order_id, point, state, config_version_id, frozen,
  reason_code, reason_args, created_at, settled_at, trace, environment)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, (SELECT l.environment FROM lane l WHERE l.id = $2));

-- name: LaneByID :one
SELECT * FROM lane WHERE id = $1;

-- name: LaneHead :one
SELECT * FROM delivery WHERE lane_id = $1 AND state IN ('fila', 'enviando', 'incerto', 'recusado') ORDER BY seq LIMIT 1;

-- name: DeliveryByID :one
SELECT * FROM delivery WHERE id = $1;

-- name: DeliveriesOf :many
SELECT * FROM delivery WHERE occurrence_id = $1 ORDER BY lane_id, seq;

-- name: OpeningOf :one
SELECT * FROM delivery WHERE order_id = $1 AND point = 'MOBUSS_ISA' ORDER BY seq LIMIT 1;

-- name: SetSending :exec
UPDATE delivery SET state = 'enviando', bound = $2, attempts = attempts + 1,
  first_sent_at = COALESCE(first_sent_at, @now), unknown_since = NULL, looks = 0 WHERE id = $1;

-- name: SetDelivered :exec
UPDATE delivery SET state = 'entregue', settled_at = $2, reason_code = '', reason_args = '', needs_person = FALSE
WHERE id = $1;

-- name: SetIgnored :exec
UPDATE delivery SET state = 'ignorado', settled_at = $2, reason_code = $3, reason_args = $4, needs_person = FALSE
WHERE id = $1;

-- name: SetRefused :exec
UPDATE delivery SET state = 'recusado', reason_code = $2, reason_args = $3, failure_movement_id = $4 WHERE id = $1;

-- name: SetRetry :exec
UPDATE delivery SET state = 'fila', reason_code = $2, reason_args = $3, paused_ms = paused_ms + $4, looks = 0,
  unknown_since = NULL WHERE id = $1;

-- name: SetUnknown :exec
UPDATE delivery SET state = 'incerto', reason_code = $2, reason_args = $3, unknown_since = $4, looks = $5, late = $6,
  paused_ms = paused_ms + @paused WHERE id = $1;

-- name: SetNeedsPerson :exec
UPDATE delivery SET state = 'incerto', needs_person = TRUE, reason_code = $2, reason_args = $3,
  failure_movement_id = $4 WHERE id = $1;

-- name: Refreeze :exec
UPDATE delivery SET state = 'fila', movement_id = $2, config_version_id = $3, frozen = $4, bound = NULL,
  first_sent_at = NULL, unknown_since = NULL, looks = 0, paused_ms = 0, needs_person = FALSE WHERE id = $1;

-- name: InsertFormer :exec
INSERT INTO delivery_former (delivery_id, config_version_id, frozen, bound, replaced_at)
SELECT d.id, d.config_version_id, d.frozen, d.bound, @now FROM delivery d WHERE d.id = @id;

-- name: FormersOf :many
SELECT * FROM delivery_former WHERE delivery_id = $1 ORDER BY id;

-- name: InsertAttempt :exec
INSERT INTO attempt (delivery_id, token, kind, started_at, duration_ms, outcome, http_status, reason_code, reason_args,
  exchange, rule, config_version_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: Attempts :many
SELECT * FROM attempt WHERE delivery_id = $1 ORDER BY token;

-- name: ReleaseLane :execrows
-- The one gate of every settlement: no row means that the lease was lost, and nothing else may be written.
-- A blocked lane, or an empty one, is not due.
UPDATE lane SET pending = pending - @done, lease_until = 0, lease_owner = '',
  next_at = CASE WHEN CAST(@blocked AS BIGINT) = 0 AND pending - @done > 0 THEN CAST(@next_at AS BIGINT) END
WHERE id = @id AND token = @token;

-- name: WakeLane :exec
UPDATE lane SET next_at = @now WHERE id = @id;

-- name: AdvanceLane :exec
UPDATE lane SET pending = pending - 1, next_at = CASE WHEN pending > 1 THEN CAST(@now AS BIGINT) END WHERE id = @id;

-- name: VoidLeases :execrows
UPDATE lane SET lease_until = 0, lease_owner = '', token = token + 1, next_at = CAST(@now AS BIGINT)
WHERE next_at IS NOT NULL AND lease_until > 0;

-- name: VoidLeasesOf :execrows
UPDATE lane SET lease_until = 0, lease_owner = '', token = token + 1, next_at = CAST(@now AS BIGINT)
WHERE next_at IS NOT NULL AND lease_owner = @owner;

-- name: NextDue :many
-- When the earliest lane is due, or its lease runs out. One row or none.
SELECT CAST(next_at AS BIGINT) AS due FROM lane
WHERE connection_id = $1 AND environment = $2 AND next_at IS NOT NULL ORDER BY next_at LIMIT 1;

-- name: CountDeliveries :many
SELECT state, COUNT(*) AS n FROM delivery GROUP BY state;

-- name: CountOpenDeliveries :many
SELECT state, COUNT(*) AS n FROM delivery WHERE state IN ('fila', 'enviando', 'incerto', 'recusado') GROUP BY state;

-- name: LockLane :one
-- The no-op update is the row lock of both databases: nobody claims meanwhile, and what was claimed before is seen.
UPDATE lane SET pending = pending WHERE occurrence_id = $1 AND connection_id = $2 AND environment = $3 RETURNING *;

-- name: FreezeAnew :exec
UPDATE delivery SET config_version_id = $2, frozen = $3 WHERE id = $1;
