-- name: Classes :many
-- All of them: a house has some hundred.
SELECT * FROM class ORDER BY kind, code;

-- name: PutClass :exec
INSERT INTO class (kind, code, parent, name, priority, emergency, active, updated_at, updated_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (kind, code) DO UPDATE SET parent = excluded.parent, name = excluded.name, priority = excluded.priority,
  emergency = excluded.emergency, active = excluded.active, updated_at = excluded.updated_at, updated_by = excluded.updated_by;

-- name: OpenEmergencies :many
-- few: ids of developments between commas, with one at each end; empty: all.
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.emergency AND o.closed_at IS NULL
  AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%')
ORDER BY o.news_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: CountEmergencies :one
SELECT COUNT(*) FROM occurrence o WHERE o.emergency AND o.closed_at IS NULL
  AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%');

-- name: EmergencyNumbers :many
-- What is told to whoever runs the installation: nobody waits for a test.
SELECT o.number, o.opened_at, u.number AS unit_number, b.code AS block_code, d.name AS development_name
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id JOIN development d ON d.id = o.development_id
WHERE o.emergency AND o.closed_at IS NULL AND NOT o.is_test ORDER BY o.news_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);
