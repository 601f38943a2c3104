-- name: TermsOfUnit :many
SELECT t.*, c.name AS customer_name FROM unit_term t JOIN customer c ON c.id = t.customer_id WHERE t.unit_id = $1 ORDER BY t.id DESC LIMIT 100;

-- name: TermByID :one
SELECT * FROM unit_term WHERE id = $1;

-- name: InsertTerm :exec
INSERT INTO unit_term (unit_id, customer_id, kind, since, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6);

-- name: EndTerm :execrows
UPDATE unit_term SET until = $2, ended_by = $3 WHERE id = $1 AND until IS NULL;

-- name: DeleteUnitParty :exec
DELETE FROM unit_party WHERE unit_id = $1 AND customer_id = $2 AND kind = $3;
