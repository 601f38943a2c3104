-- name: AlertSettings :one
SELECT * FROM alert_settings WHERE id = 1;

-- name: PutAlertSettings :exec
INSERT INTO alert_settings (id, document, updated_at, updated_by) VALUES (1, $1, $2, $3)
ON CONFLICT (id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at, updated_by = excluded.updated_by;

-- name: AlertReceivers :many
SELECT * FROM alert_receiver WHERE removed_at IS NULL ORDER BY id;

-- name: AlertReceiver :one
SELECT * FROM alert_receiver WHERE id = $1;

-- name: InsertAlertReceiver :one
INSERT INTO alert_receiver (name, channel, target, allow_private, language, kinds, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id;

-- name: SealAlertReceiver :exec
UPDATE alert_receiver SET secret = $2 WHERE id = $1;

-- name: SetAlertReceiverDisabled :execrows
UPDATE alert_receiver SET disabled = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: RemoveAlertReceiver :execrows
-- What was sent to it stays to be read; its secrets don't.
UPDATE alert_receiver SET removed_at = $2, secret = NULL WHERE id = $1 AND removed_at IS NULL;

-- name: ForgetAlertReceivers :exec
-- A copy for trying must not wake anybody.
UPDATE alert_receiver SET removed_at = $1, secret = NULL WHERE removed_at IS NULL;

-- name: EndAlertMessages :exec
-- Of receivers that are no more.
UPDATE alert_message SET state = 'desistiu', settled_at = $1, reason_code = 'destino_retirado'
WHERE state IN ('fila', 'enviando') AND receiver_id IN (SELECT r.id FROM alert_receiver r WHERE r.removed_at IS NOT NULL);

-- name: GiveUpAlertMessages :exec
-- After a restore: that trouble is another's, or over.
UPDATE alert_message SET state = 'desistiu', settled_at = $1, reason_code = 'restaurado' WHERE state IN ('fila', 'enviando');

-- name: ForgetSightings :exec
DELETE FROM alert_sighting WHERE source = $1 OR seen_at < $2;

-- name: PutSighting :exec
INSERT INTO alert_sighting (source, kind, subject, value, since, seen_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (source, kind, subject) DO UPDATE SET value = excluded.value, since = excluded.since, seen_at = excluded.seen_at;

-- name: Sightings :many
SELECT kind, subject, CAST(MIN(value) AS BIGINT) AS value, CAST(MIN(since) AS BIGINT) AS since FROM alert_sighting
WHERE seen_at >= CAST(@fresh AS BIGINT) GROUP BY kind, subject ORDER BY kind, subject;

-- name: Alerts :many
SELECT * FROM alert ORDER BY kind, subject;

-- name: PutAlert :exec
INSERT INTO alert (kind, subject, phase, episode, since, changed_at, ended_at, value, args, told_at, told_value, reminded, flaps)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (kind, subject) DO UPDATE SET phase = excluded.phase, episode = excluded.episode, since = excluded.since,
  changed_at = excluded.changed_at, ended_at = excluded.ended_at, value = excluded.value, args = excluded.args, told_at = excluded.told_at,
  told_value = excluded.told_value, reminded = excluded.reminded, flaps = excluded.flaps;

-- name: ForgetAlerts :exec
-- What has been quiet for long, and begins anew when it begins.
DELETE FROM alert WHERE phase = 'quieto' AND ended_at < CAST(@before AS BIGINT);

-- name: NextNoticeSeq :one
SELECT COUNT(*) FROM alert_notice WHERE episode = $1;

-- name: InsertAlertNotice :exec
INSERT INTO alert_notice (id, kind, subject, episode, seq, event, at, since, value, args)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: HeldAlertMessage :one
-- What waits for a receiver's digest.
SELECT id FROM alert_message WHERE receiver_id = $1 AND state = 'fila' AND digest AND attempts = 0 AND due_at > CAST(@now AS BIGINT) ORDER BY id LIMIT 1;

-- name: InsertAlertMessage :exec
INSERT INTO alert_message (id, receiver_id, state, digest, created_at, due_at) VALUES ($1, $2, 'fila', $3, $4, $5);

-- name: AddToAlertMessage :exec
INSERT INTO alert_message_notice (message_id, notice_id) VALUES ($1, $2);

-- name: DueAlertMessages :many
SELECT * FROM alert_message WHERE state IN ('fila', 'enviando') AND due_at <= CAST(@now AS BIGINT) ORDER BY due_at, id LIMIT CAST(@most AS BIGINT);

-- name: NextAlertMessage :many
SELECT due_at FROM alert_message WHERE state IN ('fila', 'enviando') ORDER BY due_at, id LIMIT 1;

-- name: TryAlertMessage :exec
UPDATE alert_message SET state = 'enviando', attempts = attempts + 1, tried_at = $2, due_at = $3 WHERE id = $1;

-- name: SettleAlertMessage :exec
UPDATE alert_message SET state = $2, due_at = $3, settled_at = $4, reason_code = $5, http_status = $6 WHERE id = $1;

-- name: AlertMessages :many
SELECT m.*, r.name, r.channel, r.target FROM alert_message m JOIN alert_receiver r ON r.id = m.receiver_id
ORDER BY m.created_at DESC, m.id DESC LIMIT CAST(@most AS BIGINT);

-- name: NoticesOfMessage :many
SELECT n.* FROM alert_message_notice m JOIN alert_notice n ON n.id = m.notice_id WHERE m.message_id = $1 ORDER BY n.at, n.id;

-- name: OldAlertMessages :many
SELECT id FROM alert_message WHERE created_at < CAST(@before AS BIGINT) AND state IN ('entregue', 'desistiu') ORDER BY created_at, id LIMIT 200;

-- name: ForgetAlertMessageNotices :exec
DELETE FROM alert_message_notice WHERE message_id = $1;

-- name: ForgetAlertMessage :exec
DELETE FROM alert_message WHERE id = $1;

-- name: ForgetAlertNotices :exec
DELETE FROM alert_notice WHERE at < CAST(@before AS BIGINT)
  AND NOT EXISTS (SELECT 1 FROM alert_message_notice m WHERE m.notice_id = alert_notice.id);

-- name: NoteBackup :exec
INSERT INTO backup_taken (taken_at, bytes) VALUES ($1, $2);

-- name: LastBackup :many
SELECT taken_at FROM backup_taken ORDER BY taken_at DESC, id DESC LIMIT 1;
