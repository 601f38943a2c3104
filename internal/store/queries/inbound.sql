-- name: KeepInboundCall :exec
INSERT INTO inbound_call (id, connection_id, environment, token_id, integration, operation, door, received_at, outcome,
  code, error, occurrence_id, body_hash, differs_from, call, external_id, undecoded, fields, ended, ended_at, replay_of,
  replayed_by, trial)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23);

-- name: LockOpenInbound :execrows
-- The no-op update is the row lock of both databases. No row: somebody settled it meanwhile.
UPDATE inbound_call SET ended = NULL WHERE id = $1 AND outcome = 'recusado' AND ended IS NULL;

-- name: LockSameInbound :exec
-- Before anything else of a write is locked: what it will end once it is accepted. Who ends them and who sends one of
-- them again meet here, and not the one at the numbering and the other here.
UPDATE inbound_call SET ended = NULL WHERE outcome = 'recusado' AND ended IS NULL AND integration = @integration AND environment = @environment
  AND operation = @operation AND external_id = @external_id AND external_id <> '';

-- name: LockSameBody :exec
UPDATE inbound_call SET ended = NULL WHERE outcome = 'recusado' AND ended IS NULL AND integration = @integration AND environment = @environment
  AND operation = @operation AND body_hash = @body_hash AND received_at >= 0;

-- name: EndInbound :execrows
UPDATE inbound_call SET ended = $2, ended_at = $3, ended_by = $4, ended_why = $5,
  occurrence_id = COALESCE($6, occurrence_id), answered_by = $7
WHERE id = $1 AND outcome = 'recusado' AND ended IS NULL;

-- name: ReopenInbound :execrows
UPDATE inbound_call SET ended = NULL, ended_at = NULL, ended_by = '', ended_why = '' WHERE id = $1 AND ended = 'descartado';

-- name: AssignInbound :execrows
UPDATE inbound_call SET assignee_id = $2 WHERE id = $1 AND outcome = 'recusado' AND ended IS NULL;

-- name: CountOpenInbound :one
-- Counts no further than a page can use.
SELECT COUNT(*) FROM (SELECT 1 FROM inbound_call WHERE outcome = 'recusado' AND ended IS NULL AND received_at >= 0
  LIMIT CAST($1 AS BIGINT)) AS counted;

-- name: CountOpenInboundIn :one
-- As CountOpenInbound, of the developments whose ids stand between the commas.
SELECT COUNT(*) FROM (SELECT 1 FROM inbound_call c JOIN occurrence o ON o.id = c.occurrence_id
  WHERE c.outcome = 'recusado' AND c.ended IS NULL AND c.received_at >= 0
  AND CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%' LIMIT CAST(@most AS BIGINT)) AS counted;

-- name: InboundOpen :many
-- One walk per question: the newest first, below a moment (and, at the same moment, below an id).
SELECT c.id, c.environment, c.token_id, c.integration, c.operation, c.door, c.received_at, c.outcome, c.code, c.error, c.occurrence_id,
  c.external_id, c.undecoded, c.ended, c.assignee_id, c.replay_of, c.replayed_by, c.trial, o.number, o.development_id
FROM inbound_call c LEFT JOIN occurrence o ON o.id = c.occurrence_id
WHERE c.outcome = 'recusado' AND c.ended IS NULL AND c.received_at >= CAST(@since AS BIGINT)
  AND (c.received_at < @before OR (c.received_at = @before AND c.id < @before_id))
ORDER BY c.received_at DESC, c.id DESC LIMIT CAST(@most AS BIGINT);

-- name: InboundByCode :many
SELECT c.id, c.environment, c.token_id, c.integration, c.operation, c.door, c.received_at, c.outcome, c.code, c.error, c.occurrence_id,
  c.external_id, c.undecoded, c.ended, c.assignee_id, c.replay_of, c.replayed_by, c.trial, o.number, o.development_id
FROM inbound_call c LEFT JOIN occurrence o ON o.id = c.occurrence_id
WHERE c.outcome = 'recusado' AND c.code = @code AND c.received_at >= CAST(@since AS BIGINT)
  AND (c.received_at < @before OR (c.received_at = @before AND c.id < @before_id))
ORDER BY c.received_at DESC, c.id DESC LIMIT CAST(@most AS BIGINT);

-- name: InboundByOutcome :many
-- Refused and repeated ones have an index; of accepted ones there are so many that time alone finds them.
SELECT c.id, c.environment, c.token_id, c.integration, c.operation, c.door, c.received_at, c.outcome, c.code, c.error, c.occurrence_id,
  c.external_id, c.undecoded, c.ended, c.assignee_id, c.replay_of, c.replayed_by, c.trial, o.number, o.development_id
FROM inbound_call c LEFT JOIN occurrence o ON o.id = c.occurrence_id
WHERE c.outcome IN ('recusado', 'repetido') AND c.outcome = @outcome AND c.received_at >= CAST(@since AS BIGINT)
  AND (c.received_at < @before OR (c.received_at = @before AND c.id < @before_id))
ORDER BY c.received_at DESC, c.id DESC LIMIT CAST(@most AS BIGINT);

-- name: InboundByTime :many
SELECT c.id, c.environment, c.token_id, c.integration, c.operation, c.door, c.received_at, c.outcome, c.code, c.error, c.occurrence_id,
  c.external_id, c.undecoded, c.ended, c.assignee_id, c.replay_of, c.replayed_by, c.trial, o.number, o.development_id
FROM inbound_call c LEFT JOIN occurrence o ON o.id = c.occurrence_id
WHERE c.received_at >= CAST(@since AS BIGINT) AND c.received_at <= CAST(@before AS BIGINT)
  AND (c.received_at < @before OR c.id < @before_id)
ORDER BY c.received_at DESC, c.id DESC LIMIT CAST(@most AS BIGINT);

-- name: InboundByExternal :many
SELECT c.id, c.environment, c.token_id, c.integration, c.operation, c.door, c.received_at, c.outcome, c.code, c.error, c.occurrence_id,
  c.external_id, c.undecoded, c.ended, c.assignee_id, c.replay_of, c.replayed_by, c.trial, o.number, o.development_id
FROM inbound_call c LEFT JOIN occurrence o ON o.id = c.occurrence_id
WHERE c.external_id = @external_id AND c.external_id <> '' ORDER BY c.received_at DESC LIMIT CAST(@most AS BIGINT);

-- name: InboundOfOccurrence :many
SELECT c.id, c.environment, c.token_id, c.integration, c.operation, c.door, c.received_at, c.outcome, c.code, c.error, c.occurrence_id,
  c.external_id, c.undecoded, c.ended, c.assignee_id, c.replay_of, c.replayed_by, c.trial, o.number, o.development_id
FROM inbound_call c LEFT JOIN occurrence o ON o.id = c.occurrence_id
WHERE c.occurrence_id = @occurrence_id ORDER BY c.received_at DESC LIMIT CAST(@most AS BIGINT);

-- name: InboundByID :many
SELECT c.id, c.environment, c.token_id, c.integration, c.operation, c.door, c.received_at, c.outcome, c.code, c.error, c.occurrence_id,
  c.external_id, c.undecoded, c.ended, c.assignee_id, c.replay_of, c.replayed_by, c.trial, o.number, o.development_id
FROM inbound_call c LEFT JOIN occurrence o ON o.id = c.occurrence_id WHERE c.id = $1;

-- name: ForgetInbound :execrows
-- A refused call that nobody settled is kept, however old; a settled one counts from its settling.
DELETE FROM inbound_call WHERE id IN (
  SELECT old.id FROM inbound_call old WHERE old.received_at < CAST(@before AS BIGINT)
    AND (old.outcome <> 'recusado' OR old.ended IS NOT NULL AND COALESCE(old.ended_at, old.received_at) < CAST(@before AS BIGINT))
  ORDER BY old.received_at LIMIT CAST(@most AS BIGINT));

-- name: Integrations :many
SELECT DISTINCT integration FROM token ORDER BY integration;

-- name: UnitsWritten :many
-- The units of a number, with all that people call their places.
SELECT u.id, u.development_id, u.number, u.number_key, u.common_area, d.code AS development_code, d.name AS development_name,
  b.code AS block_code, b.name AS block_name
FROM unit u JOIN development d ON d.id = u.development_id JOIN block b ON b.id = u.block_id
WHERE u.number_key = $1 ORDER BY u.id LIMIT 2000;

-- name: UnitsByMobussHomologation :many
SELECT u.id FROM unit u WHERE u.id_mobuss_homologacao = $1 LIMIT 5;

-- name: UnitsByMobussProduction :many
SELECT u.id FROM unit u WHERE u.id_mobuss_producao = $1 LIMIT 5;

-- name: NextWord :one
-- The next word of customers' names behind one: a step of a walk over words, however many customers share each.
SELECT word FROM customer_word WHERE word > @after AND word < @below ORDER BY word LIMIT 1;

-- name: EndSameInbound :execrows
-- Earlier refusals of what has now been accepted are no work any more.
UPDATE inbound_call SET ended = 'resolvido', ended_at = @ended_at, ended_by = @ended_by, occurrence_id = @occurrence_id, answered_by = @answered_by
WHERE external_id = @external_id AND external_id <> '' AND outcome = 'recusado' AND ended IS NULL
  AND integration = @integration AND environment = @environment AND operation = @operation;

-- name: EndSameBody :execrows
UPDATE inbound_call SET ended = 'resolvido', ended_at = @ended_at, ended_by = @ended_by, occurrence_id = @occurrence_id, answered_by = @answered_by
WHERE body_hash = @body_hash AND outcome = 'recusado' AND ended IS NULL AND received_at >= 0
  AND integration = @integration AND environment = @environment AND operation = @operation;
