-- name: SetFirstVisit :exec
UPDATE occurrence SET first_visit_at = (SELECT MIN(v.starts_at) FROM visit v WHERE v.occurrence_id = @id AND v.state = 'realizada')
WHERE occurrence.id = @id;

-- name: FactsOpened :many
SELECT development_id, type, unit_id, opened_at FROM occurrence
WHERE opened_at >= @since AND opened_at < @until AND NOT is_test;

-- name: FactsClosed :many
SELECT development_id, type, opened_at, CAST(closed_at AS BIGINT) AS done_at FROM occurrence
WHERE closed_at >= CAST(@since AS BIGINT) AND closed_at < CAST(@until AS BIGINT) AND NOT is_test;

-- name: FactsVisited :many
SELECT development_id, type, opened_at, CAST(first_visit_at AS BIGINT) AS done_at FROM occurrence
WHERE first_visit_at >= CAST(@since AS BIGINT) AND first_visit_at < CAST(@until AS BIGINT) AND NOT is_test;

-- name: FactsFailed :many
-- statuses: codes between commas, with one at each end.
SELECT o.development_id, o.type, m.occurrence_id, m.at FROM movement m JOIN occurrence o ON o.id = m.occurrence_id
WHERE m.origin = 'sistema' AND m.kind = 'movimentacao' AND m.reason_code <> '' AND m.at >= @since AND m.at < @until
  AND CAST(@statuses AS TEXT) LIKE '%,' || m.to_status || ',%' AND NOT o.is_test;

-- name: FactsBacklog :many
-- One status by age: how many of its boundaries an opening lies before.
SELECT o.development_id, o.type, CAST(CASE WHEN o.opened_at >= CAST(@b1 AS BIGINT) THEN 0 WHEN o.opened_at >= CAST(@b2 AS BIGINT) THEN 1
  WHEN o.opened_at >= CAST(@b3 AS BIGINT) THEN 2 WHEN o.opened_at >= CAST(@b4 AS BIGINT) THEN 3 ELSE 4 END AS BIGINT) AS band, COUNT(*) AS n
FROM occurrence o WHERE o.status_code = @status AND NOT o.is_test GROUP BY 1, 2, 3;

-- name: VisitsOverdue :many
-- Booked, past, and nobody said what became of it; since bounds how far back that matters, as a visit may stay booked for
-- ever once its occurrence is closed.
SELECT v.id, v.starts_at, v.ends_at, v.technician, v.state, o.number, o.subject, d.name AS development_name, d.zone,
  b.code AS block_code, u.number AS unit_number, o.development_id
FROM visit v JOIN occurrence o ON o.id = v.occurrence_id JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id
WHERE v.state = 'agendada' AND v.starts_at >= CAST(@since AS BIGINT) AND v.starts_at < CAST(@before AS BIGINT) AND o.closed_at IS NULL
  AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
ORDER BY v.starts_at DESC LIMIT CAST(@most AS BIGINT);

-- name: ListClosed :many
-- Those closed in a stretch of time, the latest first. few, statuses: between commas, with one at each end.
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, CAST(o.closed_at AS BIGINT) AS at
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.closed_at >= CAST(@since AS BIGINT) AND o.closed_at < CAST(@until AS BIGINT) AND NOT o.is_test
  AND (CAST(@type AS TEXT) = '' OR o.type = CAST(@type AS TEXT)) AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
  AND CAST(@statuses AS TEXT) LIKE '%,' || o.status_code || ',%'
  AND (o.closed_at < @before OR (o.closed_at = @before AND o.id < @before_id))
ORDER BY o.closed_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: ListVisited :many
-- Those visited for the first time in a stretch of time, the latest first. few, statuses: between commas, with one at each end.
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, CAST(o.first_visit_at AS BIGINT) AS at
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.first_visit_at >= CAST(@since AS BIGINT) AND o.first_visit_at < CAST(@until AS BIGINT) AND NOT o.is_test
  AND (CAST(@type AS TEXT) = '' OR o.type = CAST(@type AS TEXT)) AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
  AND CAST(@statuses AS TEXT) LIKE '%,' || o.status_code || ',%'
  AND (o.first_visit_at < @before OR (o.first_visit_at = @before AND o.id < @before_id))
ORDER BY o.first_visit_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: ListOpened :many
-- Those of a status that were opened in a stretch of time, the latest first.
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.opened_at AS at
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.status_code = @status AND o.opened_at >= @since AND o.opened_at < @until AND NOT o.is_test
  AND (CAST(@type AS TEXT) = '' OR o.type = CAST(@type AS TEXT)) AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
  AND (o.opened_at < @before OR (o.opened_at = @before AND o.id < @before_id))
ORDER BY o.opened_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: ListFailed :many
-- Those whose integration failed in a stretch of time, the latest opened first. failures: like statuses.
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.opened_at AS at
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.id IN (SELECT m.occurrence_id FROM movement m
  WHERE m.origin = 'sistema' AND m.kind = 'movimentacao' AND m.reason_code <> '' AND m.at >= @since AND m.at < @until
    AND CAST(@failures AS TEXT) LIKE '%,' || m.to_status || ',%')
  AND NOT o.is_test
  AND (CAST(@type AS TEXT) = '' OR o.type = CAST(@type AS TEXT)) AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
  AND CAST(@statuses AS TEXT) LIKE '%,' || o.status_code || ',%'
  AND (o.opened_at < @before OR (o.opened_at = @before AND o.id < @before_id))
ORDER BY o.opened_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: ListOpenedOfUnit :many
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.opened_at AS at
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.unit_id = @unit AND o.opened_at >= @since AND o.opened_at < @until AND NOT o.is_test
  AND (CAST(@type AS TEXT) = '' OR o.type = CAST(@type AS TEXT)) AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
  AND CAST(@statuses AS TEXT) LIKE '%,' || o.status_code || ',%'
  AND (o.opened_at < @before OR (o.opened_at = @before AND o.id < @before_id))
ORDER BY o.opened_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: UnitNames :one
SELECT u.id, d.code AS development_code, d.name AS development_name, b.code AS block_code, u.number, u.development_id
FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id WHERE u.id = $1;
