-- name: UpsertDevelopment :one
INSERT INTO development (code, name, zone) VALUES ($1, $2, $3)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, zone = excluded.zone RETURNING id;

-- name: UpsertBlock :one
INSERT INTO block (development_id, code, name) VALUES ($1, $2, $3)
ON CONFLICT (development_id, code) DO UPDATE SET name = excluded.name RETURNING id;

-- name: UpsertUnit :one
INSERT INTO unit (development_id, block_id, number, number_key, common_area, id_mobuss_homologacao, id_mobuss_producao)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (block_id, number) DO UPDATE SET number_key = excluded.number_key, common_area = excluded.common_area,
  id_mobuss_homologacao = excluded.id_mobuss_homologacao, id_mobuss_producao = excluded.id_mobuss_producao
RETURNING id;

-- name: UpsertCustomer :one
INSERT INTO customer (name, document_key, email, phone) VALUES ($1, $2, $3, $4)
ON CONFLICT (document_key) DO UPDATE SET name = excluded.name, email = excluded.email, phone = excluded.phone
RETURNING id;

-- name: InsertCustomerFromCall :one
INSERT INTO customer (name, document_key, email, phone, created_by_call) VALUES ($1, $2, $3, $4, TRUE) RETURNING id;

-- name: UpsertContract :one
INSERT INTO contract (code, unit_id, customer_id, current) VALUES ($1, $2, $3, $4)
ON CONFLICT (code) DO UPDATE SET unit_id = excluded.unit_id, customer_id = excluded.customer_id, current = excluded.current
RETURNING id;

-- name: UpsertUnitParty :exec
INSERT INTO unit_party (unit_id, customer_id, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: UnitsByKeyOrMobussHomologation :many
SELECT u.*, d.code AS development_code, b.code AS block_code
FROM unit u JOIN development d ON d.id = u.development_id JOIN block b ON b.id = u.block_id
WHERE u.number_key = $1 OR u.id_mobuss_homologacao = $2 ORDER BY u.id LIMIT 2000;

-- name: UnitsByKeyOrMobussProduction :many
SELECT u.*, d.code AS development_code, b.code AS block_code
FROM unit u JOIN development d ON d.id = u.development_id JOIN block b ON b.id = u.block_id
WHERE u.number_key = $1 OR u.id_mobuss_producao = $2 ORDER BY u.id LIMIT 2000;

-- name: ContractByCode :one
SELECT * FROM contract WHERE code = $1;

-- name: ContractsOfUnit :many
SELECT * FROM contract WHERE unit_id = $1 ORDER BY id;

-- name: ContractsOfCustomer :many
SELECT * FROM contract WHERE customer_id = $1 ORDER BY id;

-- name: PartiesOfUnit :many
SELECT * FROM unit_party WHERE unit_id = $1 ORDER BY customer_id, kind;

-- name: UnitIDsOfParty :many
SELECT unit_id FROM unit_party WHERE customer_id = $1;

-- name: CustomerByDocument :one
SELECT * FROM customer WHERE document_key = $1;

-- name: CustomerByID :one
SELECT * FROM customer WHERE id = $1;

-- name: Place :one
SELECT u.number, u.common_area, u.id_mobuss_homologacao, u.id_mobuss_producao, b.code AS block_code,
  b.name AS block_name, d.id AS development_id, d.code AS development_code, d.name AS development_name, d.zone
FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id WHERE u.id = $1;

-- name: CountUnits :one
SELECT COUNT(*) FROM unit;

-- name: ContractCode :one
SELECT code FROM contract WHERE id = $1;
