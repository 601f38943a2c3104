-- name: ConfigHistory :many
SELECT id, number, created_at, created_by, note, restored_from FROM config_version WHERE connection_id = $1 ORDER BY number DESC;

-- name: ConfigVersionByNumber :one
SELECT * FROM config_version WHERE connection_id = $1 AND number = $2;

-- name: ConfigVersionByID :one
SELECT * FROM config_version WHERE id = $1;

-- name: AllDevelopments :many
SELECT * FROM development ORDER BY code;

-- name: BlocksOfDevelopment :many
SELECT * FROM block WHERE development_id = $1 ORDER BY code;

-- name: UnitsOfBlock :many
SELECT id, number FROM unit WHERE block_id = $1 AND number > $2 ORDER BY number LIMIT CAST($3 AS BIGINT);

-- name: CurrentContractsOfBlock :many
-- Those of the units from one number to another, as UnitsOfBlock pages through them.
SELECT c.id, c.code, u.number FROM unit u JOIN contract c ON c.unit_id = u.id
WHERE u.block_id = @block AND u.number > @above AND u.number <= @upto AND c.current ORDER BY u.number, c.id;

-- name: OccurrenceImported :one
-- Whether it came from the system that was used before.
SELECT COUNT(*) FROM movement WHERE occurrence_id = $1 AND reason_code = 'importada_do_sistema_anterior';
