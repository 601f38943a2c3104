-- name: InsertBulkMove :exec
INSERT INTO bulk_move (id, state, user_id, user_name, reach, created_at, changed_at) VALUES ($1, 'juntar', $2, $3, $4, $5, $5);

-- name: BulkMove :one
SELECT * FROM bulk_move WHERE id = $1;

-- name: BulkMoves :many
-- A piece of them, the newest first; beginning below a moment and, at it, below an id.
SELECT * FROM bulk_move WHERE created_at <= CAST(@before AS BIGINT) AND (created_at < @before OR id < CAST(@before_id AS TEXT))
ORDER BY created_at DESC, id DESC LIMIT CAST(@most AS BIGINT);

-- name: NextBulkMove :one
SELECT * FROM bulk_move WHERE state IN ('ensaiar', 'fazer') ORDER BY created_at, id LIMIT 1;

-- name: HoldBulkMove :one
-- The no-op update is the row lock of both databases: who stops the act waits for the movement that is being made, or it for them.
UPDATE bulk_move SET state = state WHERE id = $1 RETURNING state;

-- name: GatheredBulkMove :execrows
UPDATE bulk_move SET state = 'escolher', chosen = $2, changed_at = $3 WHERE id = $1 AND state = 'juntar';

-- name: PlanBulkMove :execrows
UPDATE bulk_move SET state = 'ensaiar', to_status = $2, comment = $3, round = round + 1, changed_at = $4
WHERE id = $1 AND state IN ('escolher', 'ensaiado');

-- name: BeginBulkMove :execrows
-- What was planned, and no other plan.
UPDATE bulk_move SET state = 'fazer', changed_at = $3 WHERE id = $1 AND round = $2 AND state = 'ensaiado';

-- name: ShiftBulkMove :execrows
-- From one state to another: who was overtaken moves nothing.
UPDATE bulk_move SET state = CAST(@state AS TEXT), changed_at = @now, ended_at = CAST(sqlc.narg('ended_at') AS BIGINT)
WHERE id = @id AND state = @was;

-- name: BulkMoveUnplanned :many
-- The next that the plan knows nothing of.
SELECT seq, occurrence_id, status_code, status_movement_id FROM bulk_move_item
WHERE bulk_move_id = $1 AND round < @round AND seq > @after ORDER BY seq LIMIT CAST(@most AS BIGINT);

-- name: BulkMovePlanned :many
-- The next that are to be moved and were not, with what the plan said of them.
SELECT seq, occurrence_id, status_code, status_movement_id, tells, detail FROM bulk_move_item
WHERE bulk_move_id = $1 AND outcome = 'iria' AND seq > @after ORDER BY seq LIMIT CAST(@most AS BIGINT);

-- name: SetBulkMovePlan :exec
UPDATE bulk_move_item SET round = @round, outcome = @outcome, tells = @tells, why = @why, detail = @detail
WHERE bulk_move_id = $1 AND seq = $2 AND outcome <> 'movida';

-- name: SetBulkMoveDone :execrows
-- Once: what was moved, or stayed, is over.
UPDATE bulk_move_item SET outcome = @outcome, tells = @tells, why = @why, detail = @detail
WHERE bulk_move_id = $1 AND seq = $2 AND outcome = 'iria';

-- name: BulkMoveTally :many
SELECT round, outcome, tells, why, COUNT(*) AS n FROM bulk_move_item WHERE bulk_move_id = $1
GROUP BY round, outcome, tells, why ORDER BY round, outcome, tells, why;

-- name: BulkMoveFrom :many
-- How many were chosen in which status.
SELECT status_code, COUNT(*) AS n FROM bulk_move_item WHERE bulk_move_id = $1 GROUP BY status_code ORDER BY status_code;

-- name: BulkMoveItems :many
-- Of one plan, that came to one end, for one reason where one is asked for.
SELECT seq, occurrence_id, status_code, outcome, tells, why, detail FROM bulk_move_item
WHERE bulk_move_id = $1 AND round = @round AND outcome = @outcome AND (CAST(@any_why AS BOOLEAN) OR why = @why) AND seq > @after
ORDER BY seq LIMIT CAST(@most AS BIGINT);

-- name: BulkMoveUnmoved :many
-- All that was not moved, whatever the plan said, or never came to say.
SELECT seq, occurrence_id FROM bulk_move_item
WHERE bulk_move_id = $1 AND outcome <> 'movida' AND seq > @after ORDER BY seq LIMIT CAST(@most AS BIGINT);

-- name: ChosenByNumber :many
SELECT id, development_id, status_code, status_movement_id FROM occurrence WHERE number = $1;

-- name: OldBulkMoves :many
-- What is over, or was never begun and left alone.
SELECT id FROM bulk_move WHERE state NOT IN ('ensaiar', 'fazer') AND created_at < CAST(@unbegun AS BIGINT)
  AND changed_at < CASE WHEN state IN ('juntar', 'escolher', 'ensaiado') THEN CAST(@unbegun AS BIGINT) ELSE CAST(@before AS BIGINT) END
ORDER BY created_at LIMIT 1;

-- name: LeaveBulkMove :exec
-- What is being forgotten can't be begun any more, and is as old as can be: the next piece of it is found as well.
UPDATE bulk_move SET state = 'parado', changed_at = 0 WHERE id = $1 AND state IN ('juntar', 'escolher', 'ensaiado');

-- name: ForgetBulkMoveItems :execrows
DELETE FROM bulk_move_item WHERE bulk_move_item.bulk_move_id = $1 AND bulk_move_item.seq IN (SELECT x.seq FROM bulk_move_item x
  WHERE x.bulk_move_id = $1 ORDER BY x.seq LIMIT CAST(@most AS BIGINT));

-- name: ForgetBulkMove :execrows
DELETE FROM bulk_move WHERE id = $1;
