-- name: InsertToken :one
INSERT INTO token (name, integration, token_hash, hint, origin, connection_id, environment, ignores_unknown,
  sees_documents, operations, few_developments, calls_per_minute, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id;

-- name: TokenByHash :one
SELECT * FROM token WHERE token_hash = $1;

-- name: TokenByID :one
SELECT * FROM token WHERE id = $1;

-- name: Tokens :many
SELECT * FROM token ORDER BY id;

-- name: RevokeToken :execrows
UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL;

-- name: ReplaceToken :execrows
-- Only once: of two who replace the same token at the same time one finds no row.
UPDATE token SET replaced_by = $2, expires_at = $3 WHERE id = $1 AND replaced_by IS NULL AND revoked_at IS NULL;

-- name: TouchToken :exec
UPDATE token SET last_used_at = $2 WHERE id = $1;

-- name: InsertTokenDevelopment :exec
INSERT INTO token_development (token_id, development_id) VALUES ($1, $2);

-- name: TokenDevelopments :many
SELECT development_id FROM token_development WHERE token_id = $1 ORDER BY development_id;

-- name: DevelopmentsOfTokens :many
SELECT t.token_id, d.code FROM token_development t JOIN development d ON d.id = t.development_id ORDER BY t.token_id, d.code;

-- name: Developments :many
SELECT id, code, name FROM development ORDER BY code;

-- name: ResponseProfiles :many
SELECT * FROM response_profile ORDER BY operation, integration;

-- name: UpsertResponseProfile :exec
INSERT INTO response_profile (operation, integration, fields, form, always_ok) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operation, integration) DO UPDATE SET fields = excluded.fields, form = excluded.form,
  always_ok = excluded.always_ok;

-- name: DeleteResponseProfile :execrows
DELETE FROM response_profile WHERE operation = $1 AND integration = $2;
