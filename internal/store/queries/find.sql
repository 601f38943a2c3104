-- name: SetNews :exec
UPDATE occurrence SET news = $2, news_by = $3, news_at = $4 WHERE id = $1 AND news_at <= $4;

-- name: SetCustomerKeys :exec
UPDATE customer SET phone_key = $2 WHERE id = $1;

-- name: ForgetCustomerWords :exec
DELETE FROM customer_word WHERE customer_id = $1;

-- name: InsertCustomerWord :exec
INSERT INTO customer_word (word, customer_id) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: CustomersByWord :many
SELECT customer_id FROM customer_word WHERE word >= @from_word AND word < @to_word ORDER BY word, customer_id
LIMIT CAST(@most AS BIGINT);

-- name: CustomersByDocument :many
SELECT id FROM customer WHERE document_key >= CAST(@from_key AS TEXT) AND document_key < CAST(@to_key AS TEXT)
ORDER BY document_key LIMIT CAST(@most AS BIGINT);

-- name: CustomersByPhone :many
SELECT id FROM customer WHERE phone_key >= @from_key AND phone_key < @to_key ORDER BY phone_key LIMIT CAST(@most AS BIGINT);

-- name: ContractsByCode :many
SELECT code, unit_id, customer_id FROM contract WHERE code >= @from_code AND code < @to_code ORDER BY code LIMIT CAST(@most AS BIGINT);

-- name: UnitIDsByKey :many
SELECT id FROM unit WHERE number_key = @number_key ORDER BY id LIMIT CAST(@most AS BIGINT);

-- name: OpenOccurrencesOfUnit :many
SELECT o.number, o.subject, o.status_code, o.opened_at, o.news_at, o.news FROM occurrence o
WHERE o.unit_id = $1 AND o.closed_at IS NULL ORDER BY o.id DESC LIMIT CAST($2 AS BIGINT);

-- name: ListByStatus :many
-- One status, newest news first; the page begins below a news_at (and, at the same moment, below an id).
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.status_code = @status AND (o.news_at < @before OR (o.news_at = @before AND o.id < @before_id))
ORDER BY o.news_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: ListByStatusIn :many
-- One status of one development, newest news first; the page begins below a news_at (and, at the same moment, below an id).
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.development_id = @development AND o.status_code = @status AND (o.news_at < @before OR (o.news_at = @before AND o.id < @before_id))
ORDER BY o.news_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: ListByUnit :many
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.unit_id = $1 ORDER BY o.id DESC LIMIT CAST($2 AS BIGINT);

-- name: ListByCustomer :many
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.customer_id = $1 ORDER BY o.id DESC LIMIT CAST($2 AS BIGINT);

-- name: ListByNumber :many
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.number = $1 OR o.id IN (SELECT s.occurrence_id FROM service_order s WHERE s.mobuss_number = $2)
ORDER BY o.id DESC LIMIT 20;

-- name: LastOrderNumber :many
SELECT mobuss_number FROM service_order WHERE occurrence_id = $1 ORDER BY id DESC LIMIT 1;

-- name: CountStatus :one
-- Counts no further than a page can use.
SELECT COUNT(*) FROM (SELECT 1 FROM occurrence WHERE status_code = $1 LIMIT CAST($2 AS BIGINT)) AS counted;

-- name: CountStatusIn :one
SELECT COUNT(*) FROM (SELECT 1 FROM occurrence WHERE development_id = $1 AND status_code = $2 LIMIT CAST($3 AS BIGINT)) AS counted;

-- name: OldestOfStatus :many
SELECT number, subject, opened_at, news_at FROM occurrence WHERE status_code = $1 ORDER BY news_at LIMIT CAST($2 AS BIGINT);

-- name: OldestOfStatusIn :many
SELECT number, subject, opened_at, news_at FROM occurrence WHERE development_id = $1 AND status_code = $2
ORDER BY news_at LIMIT CAST($3 AS BIGINT);

-- name: WaitForPerson :many
-- few: ids of developments between commas, with one at each end; empty: all.
SELECT d.id, d.occurrence_id, d.point, d.state, d.reason_code, d.reason_args, d.created_at, o.number, o.subject
FROM delivery d JOIN occurrence o ON o.id = d.occurrence_id WHERE d.needs_person
  AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
ORDER BY d.created_at LIMIT CAST(@most AS BIGINT);

-- name: VisitsBetween :many
SELECT v.id, v.starts_at, v.ends_at, v.technician, v.state, o.number, o.subject, d.name AS development_name, d.zone,
  b.code AS block_code, u.number AS unit_number, o.development_id
FROM visit v JOIN occurrence o ON o.id = v.occurrence_id JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id
WHERE v.starts_at >= CAST(@since AS BIGINT) AND v.starts_at < CAST(@until AS BIGINT)
  AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
ORDER BY v.starts_at LIMIT CAST(@most AS BIGINT);
