-- name: OpenPauses :many
-- Of every route; there is one for each at most.
SELECT * FROM route_pause WHERE ended_at IS NULL ORDER BY connection_id, environment;

-- name: BeginPause :execrows
INSERT INTO route_pause (connection_id, environment, cause, reason_code, reason_args, failing_since, began_at, ask_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (connection_id, environment) WHERE ended_at IS NULL DO NOTHING;

-- name: TakeAsk :execrows
-- The right to ask, until @until; nobody else has it meanwhile.
UPDATE route_pause SET ask_at = @until WHERE id = @id AND ended_at IS NULL AND ask_at <= @now;

-- name: StayPaused :execrows
-- What was asked had no good answer. Where somebody wanted it asked anew meanwhile (ask_at is no longer @taken), it is.
UPDATE route_pause SET cause = @cause, reason_code = @reason_code, reason_args = @reason_args,
  ask_at = CASE WHEN ask_at = @taken THEN CAST(@next AS BIGINT) ELSE ask_at END
WHERE id = @id AND ended_at IS NULL;

-- name: EndPause :execrows
UPDATE route_pause SET ended_at = @now WHERE id = @id AND ended_at IS NULL;

-- name: AskPausedNow :execrows
UPDATE route_pause SET ask_at = @now WHERE connection_id = @connection_id AND environment = @environment AND ended_at IS NULL AND ask_at > @now;

-- name: AskAllPausedNow :exec
UPDATE route_pause SET ask_at = @now WHERE ended_at IS NULL;

-- name: PausedSince :one
-- For how long a route was paused from @since on.
SELECT CAST(COALESCE(SUM(COALESCE(ended_at, CAST(@now AS BIGINT)) - CASE WHEN began_at < @since THEN CAST(@since AS BIGINT) ELSE began_at END), 0) AS BIGINT) AS paused
FROM route_pause WHERE connection_id = @connection_id AND environment = @environment
  AND (ended_at IS NULL OR ended_at > CAST(@since AS BIGINT)) AND began_at < CAST(@now AS BIGINT);

-- name: ForgetPauses :execrows
DELETE FROM route_pause WHERE ended_at < $1;

-- name: CountWaitingLanes :one
-- Occurrences whose next message waits for its turn; no further than a page can use.
SELECT COUNT(*) FROM (SELECT 1 FROM lane WHERE connection_id = $1 AND environment = $2 AND next_at IS NOT NULL LIMIT CAST($3 AS BIGINT)) AS counted;
