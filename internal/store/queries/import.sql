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

-- The next insert one row each, without RETURNING and by the keys that people know: on SQLite a statement that returns
-- keeps a journal of its own, whose end is found by walking all that the transaction has written before (measured: 40 %
-- of an import).

-- name: ImportUnit :exec
INSERT INTO unit (development_id, block_id, number, number_key, common_area, id_mobuss_homologacao, id_mobuss_producao)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: ImportCustomer :exec
INSERT INTO customer (name, document_key, email, phone, phone_key) VALUES ($1, $2, $3, $4, $5);

-- name: ImportCustomerWord :exec
INSERT INTO customer_word (word, customer_id) VALUES (@word, (SELECT c.id FROM customer c WHERE c.document_key = @document))
ON CONFLICT DO NOTHING;

-- name: ImportContract :exec
INSERT INTO contract (code, unit_id, customer_id, current)
VALUES (@code, (SELECT u.id FROM unit u WHERE u.block_id = @block_id AND u.number = @number),
  (SELECT c.id FROM customer c WHERE c.document_key = @document), @current);

-- name: UpdateContract :exec
UPDATE contract SET unit_id = (SELECT u.id FROM unit u WHERE u.block_id = @block_id AND u.number = @number),
  customer_id = (SELECT c.id FROM customer c WHERE c.document_key = @document), current = @current WHERE code = @code;

-- name: ImportParty :exec
INSERT INTO unit_party (unit_id, customer_id, kind)
VALUES ((SELECT u.id FROM unit u WHERE u.block_id = @block_id AND u.number = @number),
  (SELECT c.id FROM customer c WHERE c.document_key = @document), @kind) ON CONFLICT DO NOTHING;

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
