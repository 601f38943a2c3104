-- name: PutPasswordReset :exec
INSERT INTO password_reset (user_id, handed, key_hash, expires_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id, handed) DO UPDATE SET key_hash = excluded.key_hash, expires_at = excluded.expires_at;

-- name: PasswordReset :one
SELECT user_id, expires_at FROM password_reset WHERE key_hash = $1;

-- Of two who use a key at once, one gets the row.
-- name: TakePasswordReset :one
DELETE FROM password_reset WHERE key_hash = $1 RETURNING user_id, expires_at;

-- name: EndPasswordResets :exec
DELETE FROM password_reset WHERE user_id = $1;
