-- name: InsertConformanceRun :execrows
-- No row: another run of the connection is under way (conformance_run_live).
INSERT INTO conformance_run (id, connection_id, environment, config_version_id, state, unit_id, occurrence_id, started_at,
  started_by, beat, place)
VALUES ($1, $2, $3, $4, 'rodando', $5, $6, $7, $8, $7, $9)
ON CONFLICT DO NOTHING;

-- name: BeatConformance :execrows
-- Also the lock of the run in every write about it: no row means that it is over.
UPDATE conformance_run SET beat = $2 WHERE id = $1 AND state = 'rodando';

-- name: EndConformanceRun :execrows
UPDATE conformance_run SET state = $2, ended_at = $3, digest = $4 WHERE id = $1 AND state = 'rodando';

-- name: AbandonConformance :many
-- Runs that have not been heard of since: their process died.
UPDATE conformance_run SET state = 'interrompida', ended_at = $2
WHERE connection_id = $1 AND state = 'rodando' AND beat < $3
RETURNING id, occurrence_id;

-- name: SignConformanceRun :execrows
UPDATE conformance_run SET signed_at = $2, signed_by = $3, sign_note = $4
WHERE id = $1 AND state = 'passou' AND signed_at IS NULL AND digest = $5;

-- name: ConformanceRunByID :one
SELECT r.*, v.number AS version_number, o.number AS occurrence_number
FROM conformance_run r JOIN config_version v ON v.id = r.config_version_id LEFT JOIN occurrence o ON o.id = r.occurrence_id
WHERE r.id = $1;

-- name: LiveConformanceRun :one
SELECT id, beat, started_by, started_at FROM conformance_run WHERE connection_id = $1 AND state = 'rodando';

-- name: ConformanceRuns :many
SELECT r.*, v.number AS version_number
FROM conformance_run r JOIN config_version v ON v.id = r.config_version_id
WHERE r.connection_id = $1 ORDER BY r.started_at DESC, r.id DESC LIMIT CAST(@most AS BIGINT);

-- name: SignedConformanceRuns :many
SELECT id, place, digest, started_at, ended_at, signed_at, signed_by, sign_note FROM conformance_run
WHERE config_version_id = $1 AND environment = $2 AND state = 'passou' AND signed_at IS NOT NULL
ORDER BY signed_at DESC, id DESC;

-- name: InsertConformanceCase :exec
INSERT INTO conformance_case (run_id, seq, area, name, result, started_at) VALUES ($1, $2, $3, $4, 'rodando', $5);

-- name: KeepConformanceCase :execrows
UPDATE conformance_case SET exchanges = $3 WHERE run_id = $1 AND seq = $2 AND result = 'rodando';

-- name: EndConformanceCase :execrows
UPDATE conformance_case SET result = $3, reason_code = $4, reason_args = $5, duration_ms = $6, exchanges = $7
WHERE run_id = $1 AND seq = $2 AND result = 'rodando';

-- name: ConformanceCases :many
SELECT * FROM conformance_case WHERE run_id = $1 ORDER BY seq;

-- name: ConformanceCounts :many
SELECT run_id, result, COUNT(*) AS n FROM conformance_case WHERE run_id = $1 GROUP BY run_id, result;

-- name: ConformanceUnits :many
-- Units that a run can be made with: they have an id in homologation and a current contract.
SELECT u.id AS unit_id, c.customer_id FROM unit u JOIN contract c ON c.unit_id = u.id AND c.current
WHERE u.id_mobuss_homologacao IS NOT NULL AND u.id_mobuss_homologacao <> '' ORDER BY u.id, c.id LIMIT CAST($1 AS BIGINT);

-- name: AnyContractUnits :many
-- The same where nothing is sent, and no id is needed.
SELECT u.id AS unit_id, c.customer_id FROM unit u JOIN contract c ON c.unit_id = u.id AND c.current
ORDER BY u.id, c.id LIMIT CAST($1 AS BIGINT);

-- name: InsertTrialCall :exec
INSERT INTO trial_call (id, connection_id, environment, occurrence_id, point, at, by_name, call)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: SetTrialCall :exec
UPDATE trial_call SET call = $2 WHERE id = $1;

-- name: TrialCallByID :one
SELECT * FROM trial_call WHERE id = $1;

-- name: ForgetTrialCalls :execrows
DELETE FROM trial_call WHERE id IN (SELECT x.id FROM trial_call x WHERE x.at < CAST(@before AS BIGINT) ORDER BY x.at LIMIT CAST(@most AS BIGINT));

-- name: OldConformanceRuns :many
-- Those that nobody signed: what was signed is proof, and stays.
SELECT r.id FROM conformance_run r WHERE r.signed_at IS NULL AND r.state <> 'rodando' AND r.started_at < CAST(@before AS BIGINT)
ORDER BY r.started_at LIMIT CAST(@most AS BIGINT);

-- name: DeleteConformanceCases :exec
DELETE FROM conformance_case WHERE run_id = $1;

-- name: DeleteConformanceRun :execrows
DELETE FROM conformance_run WHERE id = $1 AND signed_at IS NULL AND state <> 'rodando';
