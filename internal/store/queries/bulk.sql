-- name: InsertBulkJob :exec
INSERT INTO bulk_job (id, act, state, asked, why, actor, actor_name, created_at, after, changed_at)
VALUES ($1, $2, 'ensaiar', $3, $4, $5, $6, $7, $8, $7);

-- name: BulkJob :one
SELECT * FROM bulk_job WHERE id = $1;

-- name: BulkJobs :many
SELECT * FROM bulk_job ORDER BY created_at DESC, id DESC LIMIT CAST($1 AS BIGINT);

-- name: NextBulkJob :one
SELECT * FROM bulk_job WHERE state IN ('ensaiar', 'fazer') ORDER BY created_at, id LIMIT 1;

-- name: BulkJobState :one
SELECT state FROM bulk_job WHERE id = $1;

-- name: MoveBulkJob :execrows
-- From one state to another: who was overtaken moves nothing.
UPDATE bulk_job SET state = CAST(@state AS TEXT), changed_at = @now, ended_at = CAST(sqlc.narg('ended_at') AS BIGINT)
WHERE id = @id AND state = @was;

-- name: BeginBulkJob :execrows
-- The act itself, from the beginning: what the rehearsal counted is the plan now.
UPDATE bulk_job SET state = 'fazer', after = @after, planned = done, done = 0, behind = 0, kept = '', actor = @actor, actor_name = @actor_name,
  changed_at = @now WHERE id = @id AND state = 'ensaiado';

-- name: AdvanceBulkJob :execrows
UPDATE bulk_job SET after = @after, done = done + @done, behind = behind + @behind, kept = @kept, changed_at = @now WHERE id = @id AND state = @was;

-- name: ForgetBulkJobs :execrows
DELETE FROM bulk_job WHERE id IN (SELECT x.id FROM bulk_job x WHERE x.state NOT IN ('ensaiar', 'fazer') AND x.created_at < CAST(@before AS BIGINT)
  AND x.changed_at < @before ORDER BY x.created_at LIMIT CAST(@most AS BIGINT));
