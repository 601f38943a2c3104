-- name: CountUnitsByBlock :many
SELECT block_id, COUNT(*) AS n FROM unit GROUP BY block_id;

-- name: AllBlocks :many
SELECT * FROM block ORDER BY development_id, code;

-- name: DevelopmentByID :one
SELECT * FROM development WHERE id = $1;

-- name: BlockByID :one
SELECT b.id, b.code, b.name, d.id AS development_id, d.code AS development_code, d.name AS development_name
FROM block b JOIN development d ON d.id = b.development_id WHERE b.id = $1;

-- name: UnitsOfBlockPage :many
-- From a number on, with how many contracts are current.
SELECT u.id, u.number, u.common_area, u.id_mobuss_homologacao, u.id_mobuss_producao,
  (SELECT COUNT(*) FROM contract c WHERE c.unit_id = u.id AND c.current) AS contracts
FROM unit u WHERE u.block_id = $1 AND u.number > $2 ORDER BY u.number LIMIT CAST($3 AS BIGINT);

-- name: UnitsByKeyOrID :many
-- By how people write its number, or by an id in Mobuss, of either environment.
SELECT u.id, u.number, u.common_area, u.id_mobuss_homologacao, u.id_mobuss_producao, u.block_id, b.code AS block_code,
  d.code AS development_code, d.name AS development_name,
  (SELECT COUNT(*) FROM contract c WHERE c.unit_id = u.id AND c.current) AS contracts
FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id
WHERE u.number_key = @key OR u.id_mobuss_homologacao = @mobuss OR u.id_mobuss_producao = @mobuss
ORDER BY d.code, b.code, u.number LIMIT CAST(@most AS BIGINT);
