-- name: LockInstallation :one
-- Two who switch, or who publish meanwhile, wait for one another, and read what the first one left.
UPDATE installation SET id = id WHERE id = 1 RETURNING *;

-- name: SetPhase :exec
UPDATE installation SET active_environment = $1, production_paused = $2 WHERE id = 1;

-- name: SetConfigVersion :exec
UPDATE installation SET config_version_id = $1 WHERE id = 1;

-- name: InsertSwitch :exec
INSERT INTO environment_switch (connection_id, act, at, by_name, note, config_version_id, run_id)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: Switches :many
SELECT s.id, s.act, s.at, s.by_name, s.note, s.run_id, v.number
FROM environment_switch s JOIN config_version v ON v.id = s.config_version_id
WHERE s.connection_id = $1 ORDER BY s.id DESC;

-- name: LastSwitch :one
SELECT s.id, s.act, s.at, s.by_name, s.note, s.run_id, v.number
FROM environment_switch s JOIN config_version v ON v.id = s.config_version_id
WHERE s.connection_id = $1 ORDER BY s.id DESC LIMIT 1;

-- name: CountFieldTokens :one
SELECT COUNT(*) FROM token
WHERE connection_id = $1 AND environment = $2 AND origin = 'mobuss' AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > $3);

-- name: UpsertProbe :exec
INSERT INTO endpoint_probe (connection_id, environment, at, by_name, config_version_id, http_status, duration_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (connection_id, environment) DO UPDATE SET at = excluded.at, by_name = excluded.by_name,
  config_version_id = excluded.config_version_id, http_status = excluded.http_status, duration_ms = excluded.duration_ms;

-- name: Probe :one
SELECT p.at, p.by_name, p.http_status, p.duration_ms, v.number
FROM endpoint_probe p JOIN config_version v ON v.id = p.config_version_id
WHERE p.connection_id = $1 AND p.environment = $2;

-- name: InsertImplementationNote :exec
INSERT INTO implementation_note (connection_id, step, done, at, by_name, note) VALUES ($1, $2, $3, $4, $5, $6);

-- name: ImplementationNote :one
SELECT * FROM implementation_note WHERE connection_id = $1 AND step = $2 ORDER BY id DESC LIMIT 1;

-- name: DeliveredInVersion :one
-- The latest delivery of a point that a version made in an environment and that arrived. Up to is the go-live: what lies
-- behind it is production's, and long.
SELECT d.id, d.settled_at, o.number FROM delivery d
JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
WHERE d.config_version_id = $1 AND d.created_at <= @up_to AND d.point = $2 AND d.state = 'entregue' AND l.environment = $3
ORDER BY d.created_at DESC, d.id DESC LIMIT 1;

-- name: FirstNews :one
-- The first call of the field that was taken in an environment; what a person tried out is none. Up to is the go-live, as above.
SELECT c.id, c.received_at, c.operation, c.door FROM inbound_call c JOIN token t ON t.id = c.token_id
WHERE c.connection_id = $1 AND c.environment = $2 AND t.origin = 'mobuss' AND c.outcome = 'aceito' AND NOT c.trial
  AND c.received_at <= @up_to
ORDER BY c.received_at LIMIT 1;

-- name: CountQueuedIn :one
-- What waits to be sent in an environment.
SELECT COUNT(*) FROM delivery d JOIN lane l ON l.id = d.lane_id
WHERE d.state IN ('fila', 'enviando', 'incerto') AND l.connection_id = $1 AND l.environment = $2;

-- name: LatestRun :one
-- The latest conformance run of a connection with a version; 0: with any.
SELECT r.id, r.state, r.beat, r.place, r.signed_at, r.config_version_id FROM conformance_run r
WHERE r.connection_id = $1 AND r.environment = 'homologacao' AND (r.config_version_id = $2 OR CAST($2 AS BIGINT) = 0)
ORDER BY r.started_at DESC, r.id DESC LIMIT 1;

-- name: FirstGoLive :one
-- When homologation's time was over; 0: it is not.
SELECT CAST(COALESCE(MIN(at), 0) AS BIGINT) AS at FROM environment_switch WHERE connection_id = $1 AND act = 'entrada';
