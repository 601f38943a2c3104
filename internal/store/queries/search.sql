-- What is not indexed yet, and what there is to index. The index itself is in store/search.go.

-- name: UnfoundOccurrences :many
-- newest first
SELECT id, rev FROM occurrence WHERE found_rev <> rev ORDER BY id DESC LIMIT CAST($1 AS BIGINT);

-- name: CountUnfound :one
SELECT COUNT(*) FROM (SELECT 1 FROM occurrence WHERE found_rev <> rev LIMIT CAST($1 AS BIGINT)) AS counted;

-- name: FindableOccurrence :one
SELECT o.id, o.rev, o.number, o.subject, o.description, o.place, o.solution, o.requester_name, o.type, o.priority, o.emergency, o.is_test,
  o.status_code, o.development_id, o.opened_at, u.block_id, u.number AS unit_number, u.number_key, b.code AS block_code, b.name AS block_name,
  d.code AS development_code, d.name AS development_name, d.zone, c.name AS customer_name
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.id = $1;

-- name: FindableMovements :many
SELECT kind, comment, internal, actor_kind, actor_id FROM movement WHERE occurrence_id = $1 AND (comment <> '' OR kind = 'abertura') ORDER BY at, id LIMIT 1000;

-- name: OrderNumbers :many
SELECT mobuss_number FROM service_order WHERE occurrence_id = $1 AND mobuss_number IS NOT NULL;

-- name: TroubleOfOccurrence :one
SELECT COUNT(*) FROM delivery WHERE occurrence_id = $1 AND state IN ('incerto', 'recusado');

-- name: SetFound :execrows
-- unless it changed since it was read
UPDATE occurrence SET found_rev = rev WHERE id = $1 AND rev = $2;

-- name: SearchPurge :one
SELECT state FROM search_purge WHERE id = 1;

-- name: SetSearchPurge :exec
UPDATE search_purge SET state = $1 WHERE id = 1;

-- name: MoveSearchMark :execrows
-- unless it was set anew since it was read
UPDATE search_purge SET state = @next WHERE id = @id AND state = @was;

-- name: SetSearchMark :exec
-- a development's has the number below 0 of its id: from which of its occurrences down all are to be indexed again
INSERT INTO search_purge (id, state) VALUES (@id, @state) ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: SearchMarks :many
SELECT id, state FROM search_purge WHERE id < 0 ORDER BY id LIMIT 1;

-- name: DropSearchMark :exec
DELETE FROM search_purge WHERE id = @id AND state = @was;

-- name: LastOccurrence :one
SELECT CAST(COALESCE(MAX(id), 0) AS BIGINT) FROM occurrence;

-- name: OccurrencesOfPlace :many
-- along the ids, not along an index of the development, which would have to be sorted
SELECT id, rev FROM occurrence WHERE development_id + 0 = CAST(@development AS BIGINT) AND id >= @since AND id < @below ORDER BY id DESC LIMIT CAST(@most AS BIGINT);

-- name: UnfindCustomer :exec
-- what is indexed of their occurrences has their name in it, and what is just being indexed has the former
UPDATE occurrence SET rev = rev + 1 WHERE customer_id = $1;

-- name: WordsBeginning :many
SELECT word FROM search_word WHERE word >= CAST(@from_word AS TEXT) AND word < CAST(@to_word AS TEXT) ORDER BY word LIMIT CAST(@most AS BIGINT);

-- name: WordsAfter :many
SELECT word FROM search_word WHERE word > CAST(@after AS TEXT) ORDER BY word LIMIT CAST(@most AS BIGINT);

-- name: ListByID :many
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.id = $1;

-- name: BlockOf :many
SELECT id FROM block WHERE development_id = $1 AND code = $2;

-- name: BlockCodes :many
-- for a filter to choose from
SELECT DISTINCT code FROM block WHERE development_id = $1 ORDER BY code LIMIT 500;

-- name: ExportedOccurrence :one
SELECT o.number, o.subject, o.description, o.status_code, o.type, o.priority, o.emergency, o.opened_at, o.closed_at, o.news, o.news_by, o.news_at,
  o.development_id, d.name AS development_name, d.zone, b.code AS block_code, u.number AS unit_number, c.name AS customer_name, c.document_key
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
WHERE o.id = $1;
