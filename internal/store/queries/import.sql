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

-- name: UnitsOfBlockByKey :many
SELECT * FROM unit WHERE block_id = $1 AND number_key = $2 ORDER BY id;

-- name: UpdateUnit :exec
UPDATE unit SET number = $2, common_area = $3, id_mobuss_homologacao = $4, id_mobuss_producao = $5 WHERE id = $1;

-- name: OtherUnitWithMobussHomologation :many
SELECT u.number, b.code AS block_code, d.code AS development_code
FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id
WHERE u.id_mobuss_homologacao = $1 AND u.id <> $2 LIMIT 1;

-- name: OtherUnitWithMobussProduction :many
SELECT u.number, b.code AS block_code, d.code AS development_code
FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id
WHERE u.id_mobuss_producao = $1 AND u.id <> $2 LIMIT 1;

-- name: InsertCustomer :one
INSERT INTO customer (name, document_key, email, phone, phone_key) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (document_key) DO UPDATE SET name = excluded.name, email = excluded.email, phone = excluded.phone,
  phone_key = excluded.phone_key
RETURNING id;

-- name: UpdateCustomer :exec
UPDATE customer SET name = $2, email = $3, phone = $4, phone_key = $5 WHERE id = $1;

-- name: HasUnitParty :one
SELECT COUNT(*) FROM unit_party WHERE unit_id = $1 AND customer_id = $2 AND kind = $3;

-- name: UnitsOfBlock :many
SELECT id, number FROM unit WHERE block_id = $1 AND number > $2 ORDER BY number LIMIT CAST($3 AS BIGINT);

-- name: CurrentContractsOfBlock :many
-- Those of the units from one number to another, as UnitsOfBlock pages through them.
SELECT c.id, c.code, u.number FROM unit u JOIN contract c ON c.unit_id = u.id
WHERE u.block_id = @block AND u.number > @above AND u.number <= @upto AND c.current ORDER BY u.number, c.id;

-- name: EndContract :execrows
UPDATE contract SET current = FALSE WHERE id = $1 AND current;
