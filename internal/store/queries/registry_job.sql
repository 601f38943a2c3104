-- name: InsertRegistryJob :exec
INSERT INTO registry_job (id, state, list_of, created_at, actor_kind, actor_id, actor_name, complete, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $4);

-- name: RegistryJob :one
SELECT * FROM registry_job WHERE id = $1;

-- name: RegistryJobs :many
-- The latest, without their reports.
SELECT id, state, list_of, created_at, actor_name, done, total, reason_code, ended_at FROM registry_job
WHERE state <> 'recebendo' ORDER BY created_at DESC, id DESC LIMIT CAST($1 AS BIGINT);

-- name: NextRegistryJob :one
SELECT id FROM registry_job WHERE state IN ('planejar', 'conferir', 'importar') ORDER BY created_at, id LIMIT 1;

-- name: MoveRegistryJob :execrows
-- From one state to another: who was overtaken moves nothing.
UPDATE registry_job SET state = CAST(@state AS TEXT), reason_code = @reason_code, reason_args = @reason_args, done = 0, changed_at = @now,
  ended_at = CAST(sqlc.narg('ended_at') AS BIGINT) WHERE id = @id AND state = @was;

-- name: SetRegistryJobActor :exec
UPDATE registry_job SET actor_kind = $2, actor_id = $3, actor_name = $4 WHERE id = $1;

-- name: SetRegistryJobOptions :exec
UPDATE registry_job SET complete = $2, mappings = $3, tries = 0 WHERE id = $1;

-- name: SetRegistryJobReport :exec
UPDATE registry_job SET report = $2, print = $3 WHERE id = $1;

-- name: BeginRegistryImport :exec
UPDATE registry_job SET tries = tries + 1 WHERE id = $1;

-- name: SetRegistryJobProgress :execrows
UPDATE registry_job SET done = $2, total = $3, changed_at = $4 WHERE id = $1 AND state = $5;

-- name: RegistryJobState :one
SELECT state FROM registry_job WHERE id = $1;

-- name: SweepableRegistryJobs :many
SELECT id, state FROM registry_job WHERE NOT swept AND (state IN ('planejada', 'recusada', 'parada', 'falhou', 'importada', 'descartada') AND changed_at < @idle_since
  OR state = 'recebendo' AND changed_at < @broken_since) ORDER BY created_at LIMIT 100;

-- name: MarkRegistryJobSwept :exec
UPDATE registry_job SET swept = TRUE, report = NULL WHERE id = $1;

-- name: PutRegistryFile :exec
INSERT INTO registry_job_file (job_id, seq, name, size) VALUES ($1, $2, $3, $4)
ON CONFLICT (job_id, seq) DO UPDATE SET name = excluded.name, size = excluded.size;

-- name: RegistryFiles :many
SELECT * FROM registry_job_file WHERE job_id = $1 ORDER BY seq;

-- name: ForgetRegistryFile :exec
DELETE FROM registry_job_file WHERE job_id = $1 AND seq = $2;

-- name: PutRegistryPiece :exec
INSERT INTO registry_job_piece (job_id, seq, piece, bytes) VALUES ($1, $2, $3, $4);

-- name: RegistryPiece :one
SELECT bytes FROM registry_job_piece WHERE job_id = $1 AND seq = $2 AND piece = $3;

-- name: RegistryPieces :many
SELECT seq, piece FROM registry_job_piece WHERE job_id = @job AND seq >= @from_seq AND seq < @to_seq ORDER BY seq, piece LIMIT CAST(@most AS BIGINT);

-- name: ForgetRegistryPiece :exec
DELETE FROM registry_job_piece WHERE job_id = $1 AND seq = $2 AND piece = $3;

-- name: TakeWorkLease :one
UPDATE work_lease SET owner = $2, token = token + 1, until = $3 WHERE name = $1 AND until <= $4 RETURNING token;

-- name: HoldWorkLease :execrows
UPDATE work_lease SET until = $3 WHERE name = $1 AND token = $2;

-- name: LeaveWorkLease :exec
UPDATE work_lease SET until = 0 WHERE name = $1 AND token = $2;

-- name: VoidWorkLeases :exec
UPDATE work_lease SET until = 0, token = token + 1;

-- name: PutRegistryMapping :exec
INSERT INTO registry_mapping (headers, mapping, at) VALUES ($1, $2, $3)
ON CONFLICT (headers) DO UPDATE SET mapping = excluded.mapping, at = excluded.at;

-- name: RegistryMapping :one
SELECT mapping FROM registry_mapping WHERE headers = $1;

-- name: DeleteRegistryJob :exec
DELETE FROM registry_job WHERE id = $1;
