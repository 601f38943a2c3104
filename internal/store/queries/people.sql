-- name: InsertUser :one
INSERT INTO app_user (login, name, password_hash, roles, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: UserByLogin :one
SELECT * FROM app_user WHERE login = $1;

-- name: UserByID :one
SELECT * FROM app_user WHERE id = $1;

-- name: Users :many
SELECT * FROM app_user ORDER BY login;

-- name: SetPassword :execrows
UPDATE app_user SET password_hash = $2 WHERE id = $1;

-- name: SetUserDisabled :execrows
UPDATE app_user SET disabled = $2 WHERE id = $1;

-- name: SetUserLook :execrows
UPDATE app_user SET language = $2, theme = $3 WHERE id = $1;

-- name: Session :one
SELECT data FROM session WHERE token_hash = $1 AND expires_at > $2;

-- name: UpsertSession :exec
INSERT INTO session (token_hash, data, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at;

-- name: DeleteSession :exec
DELETE FROM session WHERE token_hash = $1;

-- name: DeleteOldSessions :exec
DELETE FROM session WHERE expires_at <= $1;
