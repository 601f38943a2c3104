-- name: DoubtOpen :execrows
-- After a restore. The time since the backup does not count against the policy's limit.
UPDATE delivery SET doubt = TRUE, paused_ms = paused_ms + CAST(@lost_ms AS BIGINT) WHERE state IN ('fila', 'recusado');

-- name: LookAnew :execrows
-- After a restore: what was looked for before the backup is looked for as if for the first time.
UPDATE delivery SET looks = 0, paused_ms = paused_ms + CAST(@lost_ms AS BIGINT),
  unknown_since = CASE WHEN unknown_since IS NULL THEN NULL ELSE CAST(@now AS BIGINT) END WHERE state IN ('enviando', 'incerto');

-- name: FreeLanes :exec
-- After a restore: whoever held leases is another installation's.
UPDATE lane SET lease_until = 0, lease_owner = '', token = token + 1,
  next_at = CASE WHEN next_at IS NULL THEN NULL ELSE CAST(@now AS BIGINT) END;

-- name: SkipCounts :exec
UPDATE counter SET value = value + CAST(@skip AS BIGINT);

-- name: ForgetSessions :exec
DELETE FROM session;

-- name: ForgetResets :exec
DELETE FROM password_reset;

-- name: ForgetNamelessBlobs :exec
-- A backup holds the bytes of what is named, and no others.
DELETE FROM blob WHERE NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = blob.sha256);

-- name: ForgetGoneBlobs :exec
DELETE FROM blob_gone;

-- name: ForgetEndpoints :exec
-- A copy for trying must not be able to reach the field's tool.
UPDATE endpoint SET base_url = '', urls = '', token_url = '', credentials = NULL, credentials_at = NULL, credentials_by = '';

-- name: UnfinishedRestoration :one
SELECT * FROM restoration WHERE restored_at = 0 ORDER BY id DESC LIMIT 1;

-- name: FinishRestorations :execrows
UPDATE restoration SET restored_at = CAST(@now AS BIGINT) WHERE restored_at = 0;

-- name: OlderThanRestore :one
-- Whether something of that moment was in a backup that this installation was restored from.
SELECT COUNT(*) FROM restoration WHERE taken_at >= CAST(@at AS BIGINT);

-- name: DoubtDelivery :exec
UPDATE delivery SET doubt = TRUE WHERE id = $1;

-- name: LookFirst :exec
UPDATE delivery SET state = 'incerto', doubt = FALSE, bound = $2, unknown_since = $3, looks = 0, reason_code = $4, reason_args = ''
WHERE id = $1;

-- name: AttachmentHashes :many
SELECT DISTINCT sha256 FROM attachment ORDER BY sha256;

-- name: LatestAudit :many
SELECT at FROM audit ORDER BY id DESC LIMIT 1;

-- name: BlockedBacklog :one
SELECT COUNT(*) AS n, CAST(COALESCE(MIN(created_at), 0) AS BIGINT) AS oldest FROM delivery
WHERE state = 'recusado' OR needs_person;

-- name: MovingBacklog :one
-- What is on its way by itself, and since when; what waits behind a blocked message is not.
SELECT COUNT(*) AS n, CAST(COALESCE(MIN(d.created_at), 0) AS BIGINT) AS oldest FROM delivery d JOIN lane l ON l.id = d.lane_id
WHERE d.state IN ('fila', 'enviando', 'incerto', 'recusado') AND d.state <> 'recusado' AND NOT d.needs_person AND l.next_at IS NOT NULL;

-- name: LatestMoment :one
-- The latest moment that open deliveries tell of: the clock that they were written by had come that far.
SELECT CAST(COALESCE(MAX(created_at), 0) AS BIGINT) AS created, CAST(COALESCE(MAX(first_sent_at), 0) AS BIGINT) AS sent,
  CAST(COALESCE(MAX(unknown_since), 0) AS BIGINT) AS unknown FROM delivery WHERE state IN ('fila', 'enviando', 'incerto', 'recusado');

-- name: OverdueLanes :one
SELECT COUNT(*) FROM lane WHERE next_at IS NOT NULL AND next_at < CAST(@before AS BIGINT);

-- name: AttachmentsBefore :many
-- Newest first, for a look at their bytes.
SELECT a.id, a.sha256, a.size, b.stored_at, o.number FROM attachment a JOIN blob b ON b.sha256 = a.sha256
JOIN occurrence o ON o.id = a.occurrence_id WHERE a.id < CAST(@before AS BIGINT) ORDER BY a.id DESC LIMIT CAST(@most AS BIGINT);

-- name: OpenAnalysis :one
SELECT COUNT(*) AS n, CAST(COALESCE(MIN(received_at), 0) AS BIGINT) AS oldest FROM inbound_call
WHERE outcome = 'recusado' AND ended IS NULL;

-- name: OldDeliveries :many
-- In the order of time, from where the last look ended.
SELECT id, created_at, state, settled_at FROM delivery WHERE (created_at, id) > (CAST(@after AS BIGINT), CAST(@after_id AS TEXT))
  AND created_at < CAST(@before AS BIGINT) ORDER BY created_at, id LIMIT CAST(@most AS BIGINT);

-- name: ForgetPayload :execrows
-- What was said; that it was, when and with what outcome, stays. Never of what is not done.
UPDATE delivery SET frozen = NULL, bound = NULL WHERE id = $1 AND state IN ('entregue', 'ignorado')
  AND (frozen IS NOT NULL OR bound IS NOT NULL);

-- name: ForgetExchanges :execrows
UPDATE attempt SET exchange = NULL WHERE delivery_id = $1 AND exchange IS NOT NULL;

-- name: ForgetFormer :execrows
UPDATE delivery_former SET frozen = NULL, bound = NULL WHERE delivery_id = $1 AND (frozen IS NOT NULL OR bound IS NOT NULL);

-- name: AuditByTime :many
-- One walk per question: the newest first, below a moment (and, at the same moment, below an id).
SELECT id, at, actor_kind, actor_id, actor_name, action, subject, detail FROM audit
WHERE at <= CAST(@before AS BIGINT) AND (at < @before OR id < @before_id)
ORDER BY at DESC, id DESC LIMIT CAST(@most AS BIGINT);

-- name: AuditByActor :many
SELECT id, at, actor_kind, actor_id, actor_name, action, subject, detail FROM audit
WHERE actor_kind = @actor_kind AND actor_id = @actor_id AND at <= CAST(@before AS BIGINT) AND (at < @before OR id < @before_id)
ORDER BY at DESC, id DESC LIMIT CAST(@most AS BIGINT);

-- name: AuditByAction :many
SELECT id, at, actor_kind, actor_id, actor_name, action, subject, detail FROM audit
WHERE action = @action AND at <= CAST(@before AS BIGINT) AND (at < @before OR id < @before_id)
ORDER BY at DESC, id DESC LIMIT CAST(@most AS BIGINT);

-- name: AuditBySubject :many
SELECT id, at, actor_kind, actor_id, actor_name, action, subject, detail FROM audit
WHERE subject = @subject AND at <= CAST(@before AS BIGINT) AND (at < @before OR id < @before_id)
ORDER BY at DESC, id DESC LIMIT CAST(@most AS BIGINT);
